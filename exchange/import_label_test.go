package exchange_test

import (
	"testing"

	"entente/exchange"
	"entente/intel"
)

// TestM6AssigningNeverOpensWhatADocumentRestricts: what is assigned holds for
// objects without a label, not for those whose label stands elsewhere (J16).
func TestM6AssigningNeverOpensWhatADocumentRestricts(t *testing.T) {
	t.Parallel()
	const (
		red      = `marking-tlp--e828b379-4e03-4974-9ac4-e53a884c97c1`
		playbook = `{"type":"playbook","spec_version":"cacao-2.0","id":"playbook--00000000-0000-4000-8000-000000000001","name":"p","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","workflow":{},"workflow_start":"x"`
	)
	node := newFederation(t, aurelia).nodes[aurelia]
	least := intel.Clear
	for doc, want := range map[string]string{
		playbook + `,"markings":"` + red + `"}`:                  "red",
		"value,tlp,tlp_label\na.example,clear,red\n":             "red",
		"value,type,tlp \nb.example,domain,red\n":                "red",
		"# TLP:RED\nc.example\n":                                 "red",
		"# ours, TLP:GREEN\nd.example\n":                         "green",
		"value,marking\ne.example,TLP:RED\n":                     "red",
		"value,category,attribute_tag\nf.example,x,tlp:red\n":    "red",
		`{"incident_id":"1","victim":{},"notes":"as TLP:AMBER"}`: "red",
		"# nothing\ng.example\n":                                 "clear",
		bundleOf(variant("0001", jan, "", "of TLP:GREEN", "")):   "green",
	} {
		rep, err := node.Import(t.Context(), exchange.ImportRequest{Data: []byte(doc), Assign: &least})
		must(t, err)
		if len(rep.Objects) != 1 || rep.New != 1 {
			t.Fatalf("%s: %+v", doc, rep)
		}
		found, err := node.Search(t.Context(), exchange.SearchRequest{Query: "id:" + rep.Objects[0].ID})
		must(t, err)
		if len(found.Hits) != 1 || found.Hits[0].TLP != want {
			t.Errorf("%s: %+v, want %s", doc, found.Hits, want)
		}
	}
}
