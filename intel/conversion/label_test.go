package conversion

import (
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

func nothing(string) (*intel.Object, bool) { return nil, false }

// TestJ16WhatADocumentStatesOnlyMakesStricter: a tag is a label, a mention never
// permits anything, and the strictest of all wins.
func TestJ16WhatADocumentStatesOnlyMakesStricter(t *testing.T) {
	t.Parallel()
	const sdo = `{"type":"tool","spec_version":"2.1","id":"tool--` + uuid + `1","created":"1970-01-01T00:00:00.000Z","modified":"1970-01-01T00:00:00.000Z","name":"x"`
	const sco = `{"type":"domain-name","spec_version":"2.1","id":"domain-name--` + uuid + `1","value":"x.example"`
	clear := `,"object_marking_refs":["` + stix.TLPMarking(2, "clear") + `"]`
	red := `,"object_marking_refs":["` + stix.TLPMarking(1, "red") + `"]`
	for _, c := range []struct {
		object, said string // separated by |
		tlp          intel.TLP
		labelled     bool
		least        intel.TLP
	}{
		{sdo, "nothing", intel.Red, false, intel.Clear},
		{sdo, "TLP:CLEAR", intel.Clear, true, intel.Clear},
		{sdo, "tlp:green|TLP:CLEAR", intel.Green, true, intel.Clear},
		{sdo, "as TLP:CLEAR", intel.Red, false, intel.Clear},
		{sdo, "as TLP:GREEN", intel.Red, false, intel.Green},
		{sdo, "as TLP:AMBER", intel.Red, true, intel.Clear},
		{sdo, "TLP:GREEN|as ТLР:АMBER", intel.Amber, true, intel.Clear},
		{sdo + clear, "as TLP:RED", intel.Red, true, intel.Clear},
		{sdo + clear, "as TLP:AMBER+STRICT", intel.AmberStrict, true, intel.Clear},
		{sdo + red, "TLP:GREEN|as TLP:AMBER", intel.Red, true, intel.Clear},
		{sdo + clear, "TLP:CLEAR", intel.Clear, true, intel.Clear},
		{sco, "nothing", intel.Red, false, intel.Clear},
		{sco, "as TLP:CLEAR", intel.Red, false, intel.Clear},
		{sco, "as TLP:GREEN", intel.Red, true, intel.Clear},
		{sco, "TLP:GREEN", intel.Green, true, intel.Clear},
		{sco + clear, "as TLP:GREEN", intel.Green, true, intel.Clear},
	} {
		var s Stated
		for said := range strings.SplitSeq(c.said, "|") {
			s.Read(said)
		}
		tree, err := strictjson.Parse([]byte(c.object+"}"), strictjson.Default())
		if err != nil {
			t.Fatal(err)
		}
		s.Mark(&tree)
		o, warnings, err := stix.ParseObject(strictjson.Append(nil, &tree))
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%s: %v %v", c.said, err, warnings)
		}
		if m := stix.Mark(o, nothing); m.TLP != c.tlp || m.Labelled != c.labelled || !m.Labelled && m.Least != c.least {
			t.Errorf("%s under %s: %+v", c.object, c.said, m)
		}
	}
}

// TestStated reads all text of a tree, and tells apart what differs.
func TestStated(t *testing.T) {
	t.Parallel()
	for in, key := range map[string]string{
		`{"a":[{"b":"TLP:RED"}]}`:            " reads like TLP:red",
		`{"a":{"Handle as TLP:AMBER":1}}`:    " reads like TLP:amber",
		`["TLP:GREEN","no TLP:RED in here"]`: " reads like TLP:red",
		`["as TLP:CLEAR",null,1,true]`:       "",
	} {
		tree, err := strictjson.Parse([]byte(in), strictjson.Default())
		if err != nil {
			t.Fatal(err)
		}
		var s Stated
		s.HearTree(&tree)
		s.HearTree(nil)
		var sum Stated
		sum.Add(s)
		s.Add(Stated{})
		s.Read("see TLP:CLEAR")
		if got := s.Key(); got != key || sum.Key() != key {
			t.Errorf("%s: %q, want %q", in, got, key)
		}
	}
	var s Stated
	s.Read("tlp:green")
	s.Hear("TLP:AMBER")
	if got := s.Key(); got != " TLP:green reads like TLP:amber" {
		t.Error(got)
	}
}
