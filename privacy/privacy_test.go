package privacy_test

import (
	"os"
	"slices"
	"testing"

	"entente/intel"
	"entente/intel/stix"
	"entente/privacy"
)

const (
	ours      = "identity--0c3a1fd0-9c4d-4c8f-8a7e-3f5be65a1f10"
	stampText = `"created":"2026-03-02T08:00:00.123Z","modified":"2026-03-02T08:00:00.123Z"`
	sdoHead   = `"spec_version":"2.1",` + stampText + `,`
)

func key(n byte) []byte {
	k := make([]byte, 32)
	k[0], k[31] = n, 7
	return k
}

func scope(n byte) privacy.Scope { return privacy.Scope{Key: key(n), Publisher: ours} }

func parse(t testing.TB, raw string) *intel.Object {
	t.Helper()
	o, _, err := stix.ParseObject([]byte(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return o
}

func parseAll(t testing.TB, raws ...string) []*intel.Object {
	t.Helper()
	var out []*intel.Object
	for _, r := range raws {
		out = append(out, parse(t, r))
	}
	return out
}

func bundle(t testing.TB, file string) []*intel.Object {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return objectsOf(t, raw)
}

func objectsOf(t testing.TB, raw []byte) []*intel.Object {
	t.Helper()
	b, err := stix.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out []*intel.Object
	seen := map[string]bool{}
	for _, a := range b.Accepted {
		if !seen[a.Object.ID] {
			out = append(out, a.Object)
		}
		seen[a.Object.ID] = true
	}
	return out
}

func all() (ids []string) {
	for _, t := range privacy.Catalogue() {
		ids = append(ids, t.ID)
	}
	return ids
}

func items(objs []*intel.Object, transforms ...string) []privacy.Item {
	c := privacy.ContextOf(objs)
	var out []privacy.Item
	for _, o := range objs {
		out = append(out, privacy.Item{Object: o, Findings: c.Find(o), Transforms: transforms})
	}
	return out
}

func build(t testing.TB, its []privacy.Item, sc privacy.Scope) privacy.Form {
	t.Helper()
	f, err := privacy.Build(its, sc)
	if err != nil {
		t.Fatal(err)
	}
	checkForm(t, its, f, sc)
	return f
}

func sent(f privacy.Form) (out []*intel.Object) {
	for _, i := range f.Items {
		if i.Sent != nil {
			out = append(out, i.Sent)
		}
	}
	return out
}

// checkForm asserts what holds of every form: each item is accounted for, what
// leaves is valid, unchanged objects keep their bytes, ids are unique, and no
// reference leads outside the form. The exceptions are the rule of Build:
// well-known markings, the publisher, and ids the scope lists as absent.
func checkForm(t testing.TB, its []privacy.Item, f privacy.Form, sc privacy.Scope) {
	t.Helper()
	if len(f.Items) != len(its) {
		t.Fatalf("%d items became %d", len(its), len(f.Items))
	}
	ids := map[string]bool{}
	for i, it := range f.Items {
		switch {
		case it.Original != its[i].Object:
			t.Fatalf("item %d is another object", i)
		case (it.Sent == nil) == (it.Left == ""):
			t.Errorf("%s: sent %v, left %q", it.Original.ID, it.Sent != nil, it.Left)
		case it.Sent == nil:
			continue
		}
		if it.Sent != it.Original && len(it.Changes) == 0 {
			t.Errorf("%s changed without a change", it.Original.ID)
		}
		if it.Sent == it.Original && len(it.Changes) > 0 {
			t.Errorf("%s has changes and is the same: %v", it.Original.ID, it.Changes)
		}
		if ids[it.Sent.ID] {
			t.Errorf("%s leaves twice", it.Sent.ID)
		}
		ids[it.Sent.ID] = true
		if again, _, err := stix.ParseObject(it.Sent.Raw); err != nil || again.Hash != it.Sent.Hash {
			t.Errorf("%s is not what its bytes say: %v", it.Sent.ID, err)
		}
	}
	for _, o := range sent(f) {
		for _, r := range o.Refs {
			if !ids[r.ID] && r.ID != sc.Publisher && !stix.WellKnownMarking(r.ID) && !slices.Contains(sc.Absent, r.ID) {
				t.Errorf("%s: %s leads to %s, which does not leave", o.ID, r.Path, r.ID)
			}
		}
	}
}

func categoriesIn(objs []*intel.Object) []privacy.Category {
	c := privacy.ContextOf(objs)
	var fs []privacy.Finding
	for _, o := range objs {
		fs = append(fs, c.Find(o)...)
	}
	return privacy.Categories(fs)
}

func placesOf(objs []*intel.Object, cat privacy.Category) (out []string) {
	c := privacy.ContextOf(objs)
	for _, o := range objs {
		for _, f := range c.Find(o) {
			if f.Category == cat {
				out = append(out, o.ID+" "+f.Path+" "+f.Rule)
			}
		}
	}
	return out
}
