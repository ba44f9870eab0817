package misp

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/internal/strictjson"
)

// foreignPair is a bundle that never was MISP, and the event the reference makes
// of it.
type foreignPair struct {
	doc    []byte
	golden strictjson.Value
	// rejected are the uuids of objects that break a rule of STIX and are set
	// aside before anything is converted.
	rejected map[string]bool
	// folded are the uuids of indicators that the reference adds to what was
	// observed: as to_ids of its attributes, and nothing else of them.
	folded map[string]bool
}

// compare converts the bundle and returns what differs in normal form.
func (p *foreignPair) compare(t *testing.T) []string {
	t.Helper()
	b := parseStix(t, p.doc)
	p.rejected, p.folded = map[string]bool{}, map[string]bool{}
	for _, r := range b.Rejected {
		p.rejected[suffix(r.ID)] = true
	}
	made := string(strictjson.Append(nil, &p.golden))
	for _, a := range b.Accepted {
		if uuid := suffix(a.Object.ID); a.Object.Type == "indicator" && !strings.Contains(made, `"uuid":"`+uuid+`"`) {
			p.folded[uuid] = true
		}
	}
	got, want := map[string]bool{}, p.essence(&p.golden)
	events := Write(objects(b)).Events
	ours := string(bytes.Join(events, nil))
	for _, e := range events {
		v := tree(t, e)
		maps.Copy(got, p.essence(&v))
	}
	for uuid := range p.folded {
		if !strings.Contains(ours, `"uuid":"`+uuid+`"`) {
			t.Errorf("the indicator %s is nowhere", uuid)
		}
	}
	var diff []string
	for k := range want {
		if !got[k] {
			diff = append(diff, "- "+k)
		}
	}
	for k := range got {
		if !want[k] {
			diff = append(diff, "+ "+k)
		}
	}
	slices.Sort(diff)
	return diff
}

// essence is an event in the normal form for bundles of others, see
// docs/guide/misp.md.
func (p *foreignPair) essence(doc *strictjson.Value) map[string]bool {
	out := map[string]bool{}
	for _, e := range eventsOf(*doc) {
		if inner := e.Get("Event"); inner != nil {
			e = *inner
		}
		e = e.Clone()
		names := map[string]string{} // of objects with a uuid that was made up
		for _, o := range e.GetList("Object") {
			if uuid := o.GetText("uuid"); !strings.Contains(string(p.doc), uuid) {
				names[uuid] = "a " + o.GetText("name")
			}
		}
		each(&e, func(part *strictjson.Value) { part.Drop("comment"); part.Drop("timestamp") })
		p.tidy(e.Get("Attribute"), names)
		p.tidy(e.Get("Object"), names)
		for k := range essence(e) {
			for uuid, name := range names {
				k = strings.ReplaceAll(k, uuid, name)
			}
			out[k] = true
		}
	}
	return out
}

// tidy brings attributes or objects into the normal form.
func (p *foreignPair) tidy(parts *strictjson.Value, names map[string]string) {
	if parts == nil {
		return
	}
	parts.Items = slices.DeleteFunc(parts.Items, func(v strictjson.Value) bool {
		return p.rejected[v.GetText("uuid")] || p.folded[v.GetText("uuid")]
	})
	for i := range parts.Items {
		v := &parts.Items[i]
		if refs := v.Get("ObjectReference"); refs != nil {
			refs.Items = slices.DeleteFunc(refs.Items, func(r strictjson.Value) bool { return p.rejected[r.GetText("referenced_uuid")] })
		}
		if len(p.folded) > 0 {
			v.Set("to_ids", truth(false))
		}
		if uuid := v.GetText("uuid"); len(p.folded) > 0 && v.Get("type") != nil || !strings.Contains(string(p.doc), uuid) && names[uuid] == "" {
			v.Set("uuid", str("any"))
		}
		for k := range v.GetList("Attribute") {
			a := &v.Get("Attribute").Items[k]
			switch a.GetText("object_relation") {
			case "protocol":
				a.Set("value", str(strings.ToLower(a.GetText("value"))))
			case "src_byte_count", "dst_byte_count":
				a.Set("object_relation", str(strings.Replace(a.GetText("object_relation"), "byte", "bytes", 1)))
			}
		}
	}
}

// explained is why a bundle does not come out equal, and in how many entries.
type explained struct {
	differences int
	why         string
}

const (
	twoUUIDs   = "the reference makes up a uuid for an address that has a display name; here the address keeps its own"
	headerSize = "the reference drops the size of the optional header, for which the template has a relation"
	inArchive  = "the reference drops what an archive contains when it is itself in another observable"
)

// explainedForeign are the bundles of others that do not come out equal, and why.
var explainedForeign = map[string]explained{
	"acs_marking":                    {11, "ACS markings are terms and no content: instruments read them; they are named as left"},
	"analyst_data":                   {6, "the reference drops the comparisons of a pattern that its template has no place for; here the pattern stays whole"},
	"email_address_indicator":        {3, "the reference drops the display name and takes whose address it is for its recipient"},
	"email_address_observables":      {2, twoUUIDs},
	"file_observables_and_indicator": {1, headerSize},
	"oasis-infrastructure":           {2, "the reference drops infrastructure, which is a cluster here"},
	"registry_key_indicator":         {12, "the reference drops the number of subkeys from the pattern; here the pattern stays whole"},
	"wrapped_objects":                {6, twoUUIDs + "; " + headerSize + "; " + inArchive},
	"wrapped_objects_and_indicator":  {2, headerSize + "; " + inArchive},
	"wrapped_observables":            {5, twoUUIDs + "; " + headerSize},
}

// sound fails the test when a bundle differs otherwise than explained: more, less
// or no longer.
func (p *foreignPair) sound(t *testing.T, name string) bool {
	t.Helper()
	diff := p.compare(t)
	if known := explainedForeign[name]; len(diff) != known.differences || (known.why == "") != (len(diff) == 0) {
		t.Errorf("%s: %d differences, explained: %d, %q", name, len(diff), known.differences, known.why)
		for _, d := range diff[:min(60, len(diff))] {
			t.Logf("%.250s", d)
		}
	}
	return len(diff) == 0
}

// TestGoldenForeign is TestCorpusGoldenForeign over the published bundles that
// are here.
func TestGoldenForeign(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"oasis-indicator-for-c2-ip-address", "oasis-indicators-for-C2-with-COA", "oasis-infrastructure"} {
		p := &foreignPair{doc: read(t, filepath.Join("testdata", name+".stix21.json")), golden: tree(t, read(t, filepath.Join("testdata", name+".misp.json")))}
		p.sound(t, name)
	}
}

// TestCorpusGoldenForeign writes the bundles of the reference's own tests that
// were not made from MISP, and published bundles, as MISP.
func TestCorpusGoldenForeign(t *testing.T) {
	t.Parallel()
	pairs := map[string]*foreignPair{}
	for _, line := range lines(read(t, filepath.Join(corpus(t), "golden-stix21-to-misp.jsonl.gz"))) {
		pair := tree(t, line)
		if pair.GetText("kind") != "internal" {
			pairs[strings.TrimPrefix(pair.GetText("name"), "external-test__")] = &foreignPair{doc: strictjson.Append(nil, pair.Get("stix21")), golden: *pair.Get("misp")}
		}
	}
	dir := filepath.Join(corpus(t), "golden-external")
	published, _ := filepath.Glob(filepath.Join(dir, "*.misp.json"))
	for _, f := range published {
		name := strings.TrimSuffix(filepath.Base(f), ".misp.json")
		source, _ := filepath.Glob(filepath.Join(dir, "..", "..", "stix21", "bundles", name+"*"))
		if len(source) != 1 {
			t.Fatalf("%s: made of %v", name, source)
		}
		pairs[name] = &foreignPair{doc: read(t, source[0]), golden: tree(t, read(t, f))}
	}
	equal := 0
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		if pairs[name].sound(t, name) {
			equal++
		}
	}
	if equal+len(explainedForeign) != len(pairs) {
		t.Errorf("%d equal and %d explained", equal, len(explainedForeign))
	}
	if len(published) != 6 || len(pairs) != 57+6 {
		t.Errorf("%d published of %d pairs", len(published), len(pairs))
	}
	t.Logf("%d equal of %d", equal, len(pairs))
}
