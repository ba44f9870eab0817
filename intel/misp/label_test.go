package misp

import (
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"
)

// TestM6WhatAnEventStatesHoldsForItsParts: its info and its tags for all of it,
// a comment for what is made of its part.
func TestM6WhatAnEventStatesHoldsForItsParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		info, tag, comment string
		tlp, commented     intel.TLP
	}{
		{"TLP:RED do not share", "tlp:clear", "", intel.Red, intel.Red},
		{"x", "tlp:amber strict", "", intel.Red, intel.Red},
		{"x TLP:AMBER", "tlp:green", "", intel.Amber, intel.Amber},
		{"x", "tlp:green", "as TLP:AMBER", intel.Green, intel.Amber},
	} {
		b, err := Parse([]byte(`{"Event":{"uuid":"0b1f6a4e-3d52-4c1e-9a77-2f6d8c3b5a10","info":"` + c.info + `","timestamp":"1795168800","Tag":[{"name":"` + c.tag + `"}],"Attribute":[` +
			`{"uuid":"40000000-0000-4000-8000-000000000001","type":"domain","value":"a.example"},` +
			`{"uuid":"40000000-0000-4000-8000-000000000002","type":"domain","to_ids":true,"value":"b.example","comment":"` + c.comment + `"}]}}`))
		if err != nil || len(b.Rejected) > 0 || len(b.Accepted) < 3 {
			t.Fatal(err, b.Rejected, len(b.Accepted))
		}
		for _, a := range b.Accepted {
			want := c.tlp
			if strings.Contains(string(a.Object.Raw), "b.example") || strings.HasSuffix(a.Object.ID, "02") {
				want = c.commented
			}
			if m := stix.Mark(a.Object, func(string) (*intel.Object, bool) { return nil, false }); m.TLP != want || !m.Labelled {
				t.Errorf("%+v: %+v of %s", c, m, a.Object.Raw)
			}
		}
	}
}
