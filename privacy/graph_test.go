package privacy_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"entente/intel"
	"entente/privacy"

	"pgregory.net/rapid"
)

// without builds the form of objs when one of them may not leave.
func without(t testing.TB, id string, objs []*intel.Object) map[string]privacy.Formed {
	t.Helper()
	var its []privacy.Item
	for _, it := range items(objs) {
		if it.Object.ID != id {
			its = append(its, it)
		}
	}
	out := map[string]privacy.Formed{}
	for _, i := range build(t, its, scope(1)).Items {
		out[i.Original.ID] = i
	}
	return out
}

// TestJ17ReferencesToWhatDoesNotLeave: an object that may leave does not show
// one that may not, and what quotes it goes with it (S19).
func TestJ17ReferencesToWhatDoesNotLeave(t *testing.T) {
	t.Parallel()
	const secret = "malware--33333333-3333-4333-8333-333333333333"
	objs := append(parseAll(t, incident()...), parseAll(t,
		`{"type":"note","id":"note--aaaaaaaa-0000-4000-8000-000000000001",`+sdoHead+`"content":"about both","object_refs":["`+secret+`","indicator--44444444-4444-4444-8444-444444444444"]}`,
		`{"type":"opinion","id":"opinion--aaaaaaaa-0000-4000-8000-000000000002",`+sdoHead+`"opinion":"agree","object_refs":["`+secret+`"]}`,
		`{"type":"language-content","id":"language-content--aaaaaaaa-0000-4000-8000-000000000003",`+sdoHead+`"object_ref":"`+secret+`","contents":{"de":{"name":"Gift"}}}`,
		`{"type":"report","id":"report--aaaaaaaa-0000-4000-8000-000000000004",`+sdoHead+`"name":"only that","published":"2026-03-02T08:00:00Z","object_refs":["`+secret+`"]}`,
		`{"type":"tool","id":"tool--aaaaaaaa-0000-4000-8000-000000000005",`+sdoHead+`"name":"see `+secret+`"}`,
		`{"type":"tool","id":"tool--aaaaaaaa-0000-4000-8000-000000000006",`+sdoHead+`"name":"bare 33333333-3333-4333-8333-333333333333"}`,
	)...)
	got := without(t, secret, objs)
	for id, f := range got {
		if f.Sent != nil && strings.Contains(string(f.Sent.Raw), secret) {
			t.Errorf("%s shows it: %s", id, f.Sent.Raw)
		}
	}
	for _, id := range []string{
		"relationship--55555555-5555-4555-8555-555555555555", "sighting--88888888-8888-4888-8888-888888888888", "note--aaaaaaaa-0000-4000-8000-000000000001",
		"opinion--aaaaaaaa-0000-4000-8000-000000000002", "language-content--aaaaaaaa-0000-4000-8000-000000000003", "report--aaaaaaaa-0000-4000-8000-000000000004",
	} {
		if got[id].Sent != nil {
			t.Errorf("%s leaves", id)
		}
	}
	report := got["report--99999999-9999-4999-8999-999999999999"].Sent
	if report == nil || report.ID == "report--99999999-9999-4999-8999-999999999999" || report.CreatedBy != ours {
		t.Fatalf("report: %v", report)
	}
	// S14: the third item is now the second.
	if want := `"selectors":["object_refs.[1]","name"]`; !strings.Contains(string(report.Raw), want) {
		t.Errorf("no %s in %s", want, report.Raw)
	}
}

func TestCustomMarkingMustTravel(t *testing.T) {
	t.Parallel()
	marked := `{"type":"tool","id":"tool--aaaaaaaa-0000-4000-8000-000000000005",` + sdoHead + `"name":"t","object_marking_refs":["marking-definition--aaaaaaaa-0000-4000-8000-000000000009"]}`
	f := build(t, items(parseAll(t, marked)), scope(1))
	if f.Items[0].Sent != nil {
		t.Errorf("leaves without its marking: %s", f.Items[0].Sent.Raw)
	}
	definition := `{"type":"marking-definition","id":"marking-definition--aaaaaaaa-0000-4000-8000-000000000009","spec_version":"2.1","created":"2026-03-02T08:00:00.000Z","definition_type":"statement","definition":{"statement":"ours"}}`
	f = build(t, items(parseAll(t, marked, definition)), scope(1))
	if f.Items[0].Sent != f.Items[0].Original {
		t.Error("changed although its marking travels")
	}
}

func TestAbsentReferencesStay(t *testing.T) {
	t.Parallel()
	o := `{"type":"tool","id":"tool--aaaaaaaa-0000-4000-8000-000000000005","created_by_ref":"identity--aaaaaaaa-0000-4000-8000-000000000009",` + sdoHead + `"name":"t"}`
	sc := scope(1)
	if f := build(t, items(parseAll(t, o)), sc); f.Items[0].Sent.CreatedBy != ours {
		t.Errorf("still by %s", f.Items[0].Sent.CreatedBy)
	}
	sc.Absent = []string{"identity--aaaaaaaa-0000-4000-8000-000000000009"}
	if f := build(t, items(parseAll(t, o)), sc); f.Items[0].Sent != f.Items[0].Original {
		t.Error("changed for a reference that hides nothing")
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	o := parse(t, incident()[5])
	for name, c := range map[string]struct {
		items []privacy.Item
		scope privacy.Scope
	}{
		"no key":            {nil, privacy.Scope{}},
		"unknown transform": {[]privacy.Item{{Object: o, Transforms: []string{"blur"}}}, scope(1)},
		"given twice":       {[]privacy.Item{{Object: o}, {Object: o}}, scope(1)},
	} {
		if _, err := privacy.Build(c.items, c.scope); err == nil {
			t.Errorf("%s: built", name)
		}
	}
	// A finding that points at nothing costs the object.
	f, err := privacy.Build([]privacy.Item{{Object: o, Findings: []privacy.Finding{{Path: "nowhere.[3]", Category: privacy.PersonalIdentifier, Rule: "custom"}}, Transforms: []string{privacy.Pseudonymise}}}, scope(1))
	if err != nil || f.Items[0].Sent != nil {
		t.Errorf("%v %v", f, err)
	}
}

// TestJ18GraphsAreWalkedOnce: long chains, cycles and wide fans end.
func TestJ18GraphsAreWalkedOnce(t *testing.T) {
	t.Parallel()
	const n = 3000
	var raws []string
	id := func(i int) string { return fmt.Sprintf("note--%08d-0000-4000-8000-000000000000", i) }
	var refs []string
	for i := range n {
		raws = append(raws, `{"type":"note","id":"`+id(i)+`",`+sdoHead+`"content":"c","object_refs":["`+id((i+1)%n)+`","`+id(i)+`"]}`)
		refs = append(refs, `"`+id(i)+`"`)
	}
	raws = append(raws, `{"type":"grouping","id":"grouping--aaaaaaaa-0000-4000-8000-000000000004",`+sdoHead+`"context":"x","object_refs":[`+strings.Join(refs, ",")+`]}`,
		`{"type":"directory","id":"directory--aaaaaaaa-0000-5000-8000-000000000004","path":"C:\\Users\\janedoe","contains_refs":["file--aaaaaaaa-0000-5000-8000-000000000004"]}`,
		`{"type":"file","id":"file--aaaaaaaa-0000-5000-8000-000000000004","name":"a","parent_directory_ref":"directory--aaaaaaaa-0000-5000-8000-000000000004"}`)
	objs := parseAll(t, raws...)
	f := build(t, items(objs, privacy.Pseudonymise), scope(1))
	if len(sent(f)) != len(objs) {
		t.Errorf("%d of %d left", len(sent(f)), len(objs))
	}
	gone := without(t, id(0), objs)
	for i := 1; i < n; i++ {
		if gone[id(i)].Sent != nil {
			t.Fatalf("%s leaves", id(i))
		}
	}
}

// TestFormsAreClosedAndOrderFree takes away any objects, applies any
// transformations to any of the others, in any order.
func TestFormsAreClosedAndOrderFree(t *testing.T) {
	t.Parallel()
	objs := append(parseAll(t, incident()...), bundle(t, "incident_pii_report.json")...)
	objs = append(objs, bundle(t, "individual_contact_example.json")...)
	rapid.Check(t, func(r *rapid.T) {
		c := privacy.ContextOf(objs)
		var its []privacy.Item
		for _, o := range objs {
			if rapid.IntRange(0, 9).Draw(r, "gone") == 0 {
				continue
			}
			its = append(its, privacy.Item{Object: o, Findings: c.Find(o), Transforms: rapid.SliceOfDistinct(rapid.SampledFrom(all()), rapid.ID).Draw(r, "transforms")})
		}
		f := build(t, its, scope(3))
		shuffled := append([]privacy.Item(nil), its...)
		rand.New(rand.NewPCG(1, uint64(rapid.IntRange(0, 1000).Draw(r, "seed")))).Shuffle(len(its), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		g := build(t, shuffled, scope(3))
		want := map[string]string{}
		for _, i := range f.Items {
			want[i.Original.ID] = i.Left
			if i.Sent != nil {
				want[i.Original.ID] = string(i.Sent.Raw)
			}
		}
		for _, i := range g.Items {
			got := i.Left
			if i.Sent != nil {
				got = string(i.Sent.Raw)
			}
			if got != want[i.Original.ID] {
				r.Fatalf("%s depends on the order:\n%s\n%s", i.Original.ID, got, want[i.Original.ID])
			}
		}
	})
}
