package misp

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// facts are what must survive: of each attribute its uuid, type and value, and
// what people said about it.
func facts(events ...strictjson.Value) map[string]string {
	out := map[string]string{}
	add := func(a *strictjson.Value, within string) {
		k := fmt.Sprintf("%s %s %s %s=%s", within, scalar(a, "uuid"), a.GetText("type"), a.GetText("object_relation"), scalar(a, "value"))
		is, given := flag(a, "to_ids")
		if !given {
			is = attributeTypes[a.GetText("type")].toIDs
		}
		out[k] = fmt.Sprintf("%s|%s|%t|%s|%s|%s|%s|%d", cmp.Or(a.GetText("category"), attributeTypes[a.GetText("type")].category), a.GetText("comment"), is,
			scalar(a, "timestamp"), a.GetText("first_seen"), a.GetText("last_seen"), strings.Join(tagNames(a), ","), len(a.GetText("data")))
	}
	for _, e := range events {
		ev := e
		if inner := e.Get("Event"); inner != nil {
			ev = *inner
		}
		for _, a := range oneOrMany(ev.Get("Attribute")) {
			add(&a, "")
		}
		for _, o := range oneOrMany(ev.Get("Object")) {
			for _, a := range oneOrMany(o.Get("Attribute")) {
				add(&a, scalar(&o, "uuid")+" "+o.GetText("name"))
			}
			for _, r := range o.GetList("ObjectReference") {
				out["ref "+scalar(&o, "uuid")+" "+r.GetText("relationship_type")+" "+scalar(&r, "referenced_uuid")] = ""
			}
		}
	}
	return out
}

func tagNames(a *strictjson.Value) []string {
	var names []string
	for _, t := range a.GetList("Tag") {
		names = append(names, t.GetText("name"))
	}
	slices.Sort(names)
	return names
}

func oneOrMany(v *strictjson.Value) []strictjson.Value {
	switch {
	case v == nil:
		return nil
	case v.Kind == strictjson.Array:
		return v.Items
	}
	return []strictjson.Value{*v}
}

// eventsOf finds the events of a document in all its wrappings.
func eventsOf(v strictjson.Value) []strictjson.Value {
	if v.Kind == strictjson.Array {
		var out []strictjson.Value
		for _, it := range v.Items {
			out = append(out, eventsOf(it)...)
		}
		return out
	}
	if r := v.Get("response"); r != nil {
		return eventsOf(*r)
	}
	return []strictjson.Value{v}
}

func objects(b stix.Bundle) []*intel.Object {
	out := make([]*intel.Object, len(b.Accepted))
	for i, a := range b.Accepted {
		out[i] = a.Object
	}
	return out
}

// TestCorpusRoundTrip takes every event there is to STIX and back. Nothing of
// the original but the STIX objects is used on the way back.
func TestCorpusRoundTrip(t *testing.T) {
	t.Parallel()
	dir := corpus(t)
	var files []string
	for _, p := range []string{"events/*", "pymisp-tests/*", "misp-stix-tests/*_[12].json"} {
		found, _ := filepath.Glob(filepath.Join(dir, p))
		files = append(files, found...)
	}
	whole, events, attributes, other := 0, 0, 0, 0
	for _, f := range files {
		src := read(t, f)
		if strings.Contains(f, "pypi_backdoor") {
			continue // not JSON; TestCorpusBrokenEvent
		}
		if !Is(src) {
			t.Errorf("%s: not recognised", f)
		}
		b, err := Parse(src)
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		for _, r := range b.Rejected {
			t.Errorf("%s: rejected %s %s %s %.100s", filepath.Base(f), r.Pointer, r.Code, r.Detail, r.Raw)
		}
		want := facts(eventsOf(tree(t, src))...)
		var back []strictjson.Value
		w := Write(objects(b))
		for _, e := range w.Events {
			back = append(back, tree(t, e))
		}
		if len(w.Left) > 0 {
			t.Errorf("%s: left %v", filepath.Base(f), w.Left)
		}
		got := facts(back...)
		lost := 0
		for _, k := range slices.Sorted(maps.Keys(want)) {
			g, ok := got[k]
			switch {
			case !ok:
				if lost++; lost < 4 {
					t.Errorf("%s: lost %.200s", filepath.Base(f), k)
				}
			case g != want[k]:
				if other++; other < 12 {
					t.Errorf("%s: %.100s\n got  %.200s\n want %.200s", filepath.Base(f), k, g, want[k])
				}
			}
		}
		events += len(eventsOf(tree(t, src)))
		attributes += len(want)
		if lost == 0 {
			whole += len(eventsOf(tree(t, src)))
		}
	}
	t.Logf("%d of %d events keep every uuid, type, value and reference; %d facts, %d with another detail", whole, events, attributes, other)
}

// TestCorpusBrokenEvent reads the one published event that is not JSON: a comma
// too many in its tags. The tags are lost, with them the knowledge who may have
// it, so everything is RED; the rest is all there.
func TestCorpusBrokenEvent(t *testing.T) {
	t.Parallel()
	src := read(t, filepath.Join(corpus(t), "events", "pypi_backdoor__malicious_pypi_packages.misp-event.json.gz"))
	b, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Rejected) != 1 || b.Rejected[0].Pointer != "/response/0/Event/Tag" || !strings.HasPrefix(b.Rejected[0].Code, "json.") {
		t.Errorf("rejected: %+v", b.Rejected)
	}
	repaired := src
	for _, r := range b.Rejected {
		repaired = []byte(strings.Replace(string(src), string(r.Raw), "[]", 1))
	}
	want := facts(eventsOf(tree(t, repaired))...)
	got := facts(tree(t, Write(objects(b)).Events[0]))
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%.200s: got %.200q, want %.200q", k, got[k], v)
		}
	}
	for _, o := range objects(b) {
		if m := stix.Mark(o, func(string) (*intel.Object, bool) { return nil, false }); m.TLP != intel.Red || !m.Labelled {
			t.Errorf("%s is %v", o.ID, m.TLP)
		}
	}
}
