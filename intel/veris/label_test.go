package veris

import (
	"testing"

	"entente/intel"
	"entente/intel/stix"
)

// TestM6LabelsInTheTextHoldForTheIncident and all that is made of it, and for no
// other incident of the document.
func TestM6LabelsInTheTextHoldForTheIncident(t *testing.T) {
	t.Parallel()
	const rest = `,"action":{"malware":{"variety":["Ransomware"]}},"actor":{"external":{"variety":["Activist"]}},"victim":{"country":["NL"],"victim_id":"X"}}`
	for notes, want := range map[string]intel.Markings{
		"TLP:AMBER":           {TLP: intel.Red, Labelled: true},
		"Handle as TLP:RED":   {TLP: intel.Red, Labelled: true},
		"Handle as TLP:GREEN": {TLP: intel.Red, Least: intel.Green},
	} {
		all := parse(t, []byte(`[{"incident_id":"1","notes":"`+notes+`"`+rest+`,{"incident_id":"2"`+rest+`]`))
		if len(all) != 20 {
			t.Fatalf("%d objects", len(all))
		}
		for i, o := range all {
			m, is := stix.Mark(o, nil), want
			if i >= 10 {
				is = intel.Markings{TLP: intel.Red}
			}
			if m.TLP != is.TLP || m.Labelled != is.Labelled || !m.Labelled && m.Least != is.Least {
				t.Errorf("%s: %+v of %s", notes, m, o.Raw)
			}
		}
	}
}
