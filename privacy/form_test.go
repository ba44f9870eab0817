package privacy_test

import (
	"os"
	"strings"
	"testing"

	"entente/intel"
	"entente/privacy"
)

// incident is a small closure with a victim, its contact, an attacker and what
// was seen at the victim's.
func incident() []string {
	return []string{
		`{"type":"identity","id":"identity--11111111-1111-4111-8111-111111111111",` + sdoHead + `"name":"Gotham National Bank","identity_class":"organization","sectors":["financial-services"],"roles":["victim"],"description":"The bank of Gotham.","contact_information":"soc@gothamnational.example / +44 20 7946 0123"}`,
		`{"type":"identity","id":"identity--22222222-2222-4222-8222-222222222222",` + sdoHead + `"name":"Bruce Wayne","identity_class":"individual","roles":["security-contact"],"contact_information":"bruce.wayne@wayne.example"}`,
		`{"type":"malware","id":"malware--33333333-3333-4333-8333-333333333333",` + sdoHead + `"name":"Poison","is_family":false,"description":"Sent to Gotham National Bank from 203.0.113.66; mail j.doe@gothamnational.example was opened in C:\\Users\\jdoe\\x.exe. See ipv4-addr--cccccccc-cccc-5ccc-8ccc-cccccccccccc"}`,
		`{"type":"indicator","id":"indicator--44444444-4444-4444-8444-444444444444",` + sdoHead + `"pattern":"[ipv4-addr:value = '203.0.113.66']","pattern_type":"stix","valid_from":"2026-03-02T08:00:00Z"}`,
		`{"type":"relationship","id":"relationship--55555555-5555-4555-8555-555555555555",` + sdoHead + `"relationship_type":"targets","source_ref":"malware--33333333-3333-4333-8333-333333333333","target_ref":"identity--11111111-1111-4111-8111-111111111111"}`,
		`{"type":"ipv4-addr","id":"ipv4-addr--cccccccc-cccc-5ccc-8ccc-cccccccccccc","value":"198.51.100.77"}`,
		`{"type":"email-addr","id":"email-addr--66666666-6666-5666-8666-666666666666","value":"j.doe@gothamnational.example","display_name":"Jane Doe"}`,
		`{"type":"observed-data","id":"observed-data--77777777-7777-4777-8777-777777777777",` + sdoHead + `"first_observed":"2026-03-01T22:14:31.5Z","last_observed":"2026-03-01T22:14:35Z","number_observed":2,"object_refs":["ipv4-addr--cccccccc-cccc-5ccc-8ccc-cccccccccccc","email-addr--66666666-6666-5666-8666-666666666666"]}`,
		`{"type":"sighting","id":"sighting--88888888-8888-4888-8888-888888888888",` + sdoHead + `"sighting_of_ref":"malware--33333333-3333-4333-8333-333333333333","observed_data_refs":["observed-data--77777777-7777-4777-8777-777777777777"],"where_sighted_refs":["identity--11111111-1111-4111-8111-111111111111"]}`,
		`{"type":"report","id":"report--99999999-9999-4999-8999-999999999999",` + sdoHead + `"name":"Bank hit","published":"2026-03-02T08:00:00Z","object_refs":["identity--22222222-2222-4222-8222-222222222222","malware--33333333-3333-4333-8333-333333333333","indicator--44444444-4444-4444-8444-444444444444"],"granular_markings":[{"marking_ref":"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb","selectors":["object_refs.[2]","name"]}]}`,
	}
}

func TestUnchangedObjectsLeaveByteForByte(t *testing.T) {
	t.Parallel()
	f := build(t, items(parseAll(t, incident()...)), scope(1))
	for _, i := range f.Items {
		if i.Sent != i.Original {
			t.Errorf("%s changed: %+v %s", i.Original.ID, i.Changes, i.Left)
		}
	}
}

func TestEverythingPersonalGoes(t *testing.T) {
	t.Parallel()
	f := build(t, items(parseAll(t, incident()...), privacy.GeneraliseIP, privacy.RedactContact, privacy.RedactVictim), scope(1))
	var wire strings.Builder
	for _, o := range sent(f) {
		wire.Write(o.Raw)
	}
	for _, bad := range []string{"Gotham National", "Bruce", "j.doe@", "jdoe", "198.51.100.77", "7946", "cccc-cccc", "22:14"} {
		if strings.Contains(wire.String(), bad) {
			t.Errorf("%q survives in\n%s", bad, wire.String())
		}
	}
	for _, good := range []string{"203.0.113.66", "financial-services", "security-contact", "198.51.100.0/24", "2026-03-01T00:00:00Z"} {
		if !strings.Contains(wire.String(), good) {
			t.Errorf("%q is lost in\n%s", good, wire.String())
		}
	}
	if got := categoriesIn(sent(f)); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
}

// The mapping of every transformation is what it really does: afterwards there
// is nothing but the images of the categories, and doing it again changes
// nothing (DECISION.md: a transformed object satisfies the decision again).
func TestTransformationsKeepTheirPromise(t *testing.T) {
	t.Parallel()
	corpora := map[string][]*intel.Object{"incident": parseAll(t, incident()...)}
	for _, f := range []string{"oasis-apt1.json", "incident_pii_report.json", "using-granular-markings.json", "individual_contact_example.json"} {
		corpora[f] = bundle(t, f)
	}
	for name, objs := range corpora {
		for _, tr := range privacy.Catalogue() {
			f := build(t, items(objs, tr.ID), scope(1))
			before, after := categoriesIn(objs), categoriesIn(sent(f))
			allowed := map[privacy.Category]bool{}
			for _, c := range before {
				if to, ok := tr.Maps[c]; ok {
					c = to
				}
				allowed[c] = true
			}
			for _, c := range after {
				if !allowed[c] {
					t.Errorf("%s after %s: %s is left of %v: %v", name, tr.ID, c, before, placesOf(sent(f), c))
				}
			}
			again := build(t, items(sent(f)), scope(1))
			for _, i := range again.Items {
				if i.Sent != i.Original {
					t.Errorf("%s after %s: %s changes again: %v %s", name, tr.ID, i.Original.ID, i.Changes, i.Left)
				}
			}
		}
	}
}

func TestRealBundlesLeaveClean(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"oasis-apt1.json", "incident_pii_report.json", "using-granular-markings.json", "individual_contact_example.json"} {
		objs := bundle(t, file)
		f := build(t, items(objs, all()...), scope(1))
		if got := categoriesIn(sent(f)); len(got) != 1 {
			t.Errorf("%s: %v left", file, got)
		}
		lost := 0
		for _, i := range f.Items {
			if i.Sent == nil {
				lost++
				t.Logf("%s: %s: %s", file, i.Original.ID, i.Left)
			}
		}
		if os.Getenv("PRINT") != "" {
			for _, o := range sent(f) {
				t.Logf("%s", o.Raw)
			}
		}
		t.Logf("%s: %d of %d do not leave", file, lost, len(objs))
	}
}
