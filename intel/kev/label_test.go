package kev

import (
	"testing"

	"entente/intel"
	"entente/intel/stix"
)

// TestM6LabelsInTheText: the format has none, so one that is stated all the same
// holds for its entry, and one of the catalogue for all of it.
func TestM6LabelsInTheText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit      [2]string
		publisher intel.Markings
		first     intel.Markings
		second    intel.Markings
	}{
		{[2]string{"https://helio.example/cve-2026-31337", "TLP:AMBER"}, intel.Markings{}, intel.Markings{TLP: intel.Red, Labelled: true}, intel.Markings{}},
		{[2]string{"https://helio.example/cve-2026-31337", "Handle as TLP:RED"}, intel.Markings{}, intel.Markings{TLP: intel.Red, Labelled: true}, intel.Markings{}},
		{[2]string{`"catalogVersion":`, `"title":"TLP\u003aAMBER","catalogVersion":`}, intel.Markings{TLP: intel.Red, Labelled: true}, intel.Markings{TLP: intel.Red, Labelled: true}, intel.Markings{TLP: intel.Red, Labelled: true}},
	} {
		b := parsed(t, example(t, `"title"`, `"name"`, c.edit[0], c.edit[1]))
		for i, want := range []intel.Markings{c.publisher, c.first, c.second} {
			if !want.Labelled {
				want.TLP = intel.Red
			}
			if m := stix.Mark(b.Accepted[i].Object, nil); m.TLP != want.TLP || m.Labelled != want.Labelled {
				t.Errorf("%s, object %d: %+v", c.edit[1], i, m)
			}
		}
	}
}
