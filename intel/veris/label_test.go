package veris

import (
	"strconv"
	"testing"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
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

// TestM9WordsAreReadOnce: were each looked for among all, so many would take
// longer than a test may.
func TestM9WordsAreReadOnce(t *testing.T) {
	t.Parallel()
	list := strictjson.NewStrings("a", "b", "", "a")
	if got := words(&list); len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Error(got)
	}
	const n = 600_000
	list = strictjson.NewList()
	for i := range n {
		list.Items = append(list.Items, strictjson.NewString("w"+strconv.Itoa(i)))
	}
	if got := words(&list); len(got) != n {
		t.Errorf("%d words", len(got))
	}
}
