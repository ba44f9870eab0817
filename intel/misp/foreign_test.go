package misp

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/internal/strictjson"
)

// TestCorpusForeign writes published bundles that never were MISP: everything is
// in an event, is what events are made of, or is named as left.
func TestCorpusForeign(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(corpus(t)), "stix21", "bundles", "*"))
	if len(files) == 0 {
		t.Fatal("no bundles")
	}
	for _, f := range files {
		b := parseStix(t, read(t, f))
		w := Write(objects(b))
		attributes, parts, clusters := 0, 0, 0
		for _, e := range w.Events {
			ev := tree(t, e)
			inner := ev.Get("Event")
			attributes += len(inner.GetList("Attribute"))
			parts += len(inner.GetList("Object"))
			for _, g := range inner.GetList("Galaxy") {
				clusters += len(clustersOf(&g))
			}
		}
		left := map[string]int{}
		for _, id := range w.Left {
			left[prefix(id)]++
		}
		t.Logf("%s: %d objects, %d events, %d attributes, %d objects, %d clusters, left %v", filepath.Base(f), len(b.Accepted), len(w.Events), attributes, parts, clusters, left)
		for typ := range left {
			if typ == "indicator" || typ == "note" {
				t.Errorf("%s: %d of type %s are left", f, left[typ], typ)
			}
		}
	}
}

// TestWritingNeverWidens: whatever an object is under, the event says so, on the
// part where MISP has tags for it and on the whole where it has none.
func TestWritingNeverWidens(t *testing.T) {
	t.Parallel()
	const head = `"spec_version":"2.1","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z","object_marking_refs":["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"],`
	for _, raw := range []string{
		`{"type":"malware","id":"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head + `"name":"Nightjar","is_family":true}`,
		`{"type":"note","id":"note--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head + `"content":"x","object_refs":["malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd30"]}`,
		`{"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head + `"pattern":"[domain-name:value = 'a.example']","pattern_type":"stix","valid_from":"2026-11-20T10:00:00Z"}`,
		`{"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head + `"pattern":"[file:name = 'a' AND file:hashes.MD5 = '7fa3abc229fd3cb9a0a6f07d9da15e35']","pattern_type":"stix","valid_from":"2026-11-20T10:00:00Z"}`,
		`{"type":"location","id":"location--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head + `"city":"Fort Meade","street_address":"1","country":"US"}`,
	} {
		w := Write(objects(parseStix(t, []byte("["+raw+"]"))))
		if len(w.Events) != 1 || !strings.Contains(string(w.Events[0]), `"tlp:red"`) || !strings.Contains(string(w.Events[0]), `"distribution":"0"`) {
			t.Errorf("%s\n became %s", raw, w.Events)
		}
	}
}

// TestStricterMarkingSurvives: a marking that was added here after the event
// came in is on the event that goes out.
func TestStricterMarkingSurvives(t *testing.T) {
	t.Parallel()
	var raws []string
	for _, a := range parsed(t, "event.misp.json").Accepted {
		o := a.Object.Tree.Clone()
		if a.Object.ID == "observed-data--60000000-0000-4000-8000-000000000001" {
			refs := o.Get("object_marking_refs")
			refs.Items = append(refs.Items, str("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"))
		}
		raws = append(raws, string(strictjson.Append(nil, &o)))
	}
	w := Write(objects(parseStix(t, []byte("["+strings.Join(raws, ",")+"]"))))
	ev := tree(t, w.Events[0])
	if tags := tagNames(ev.Get("Event")); !slices.Contains(tags, "tlp:red") {
		t.Errorf("tags %v", tags)
	}
}
