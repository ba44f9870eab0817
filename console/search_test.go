package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"entente/exchange"
	"entente/intel"
	"entente/intel/atom"
	"entente/intel/decay"
	"entente/intel/search"
	"entente/internal/fault"
	"entente/party"
)

func (f fake) Search(_ context.Context, r exchange.SearchRequest) (exchange.Found, error) {
	q, err := search.Parse(r.Query)
	if err != nil {
		return exchange.Found{}, err
	}
	out := exchange.Found{Query: q.String(), Total: len(f.objects), Facets: []exchange.Facet{
		{Field: "type", Values: []exchange.FacetValue{{Value: "indicator", Count: len(f.objects), Query: q.Narrowed("type", "indicator")}}}, {Field: "year"},
	}}
	for _, o := range f.objects {
		excerpt := []search.Fragment{{Text: "The loader of "}, {Text: f.found, Hit: true}, {Text: " again"}}
		out.Hits = append(out.Hits, exchange.Hit{Stored: o, TLP: "amber", Excerpt: excerpt, Remarks: []exchange.Remark{{Value: o.ID, List: "Popular"}}})
		out.Next = 41
	}
	return out, f.err
}

func (f fake) Object(_ context.Context, id string) (exchange.ObjectView, error) {
	for _, o := range f.objects {
		if o.ID == id {
			return exchange.ObjectView{
				Stored: o, Markings: intel.Markings{TLP: intel.Amber, Labelled: true}, Decisions: f.decided,
				Atoms:      []atom.Atom{{Kind: atom.Domain, Value: f.found}, {Kind: atom.Registry, Value: "hkey_local_machine\\a b"}},
				Confidence: &decay.Assessment{Score: 40, Why: "It fades."},
				Remarks:    []exchange.Remark{{Value: f.found, List: f.found, ID: "x"}},
				Reports: []exchange.Report{
					{ID: "sighting--00000000-0000-4000-8000-000000000001", Type: "sighting", From: "ncsc-cordova", At: "2026-02-01T00:00:00Z", Text: "seen <twice>", Under: "indicator--00000000-0000-4000-8000-000000000009"},
				},
				Same: []exchange.Holder{{Kind: "domain", Value: f.found, ID: "indicator--2", Type: "indicator", From: "ncsc-cordova", TLP: "green"}},
			}, f.err
		}
	}
	return exchange.ObjectView{}, fault.New(fault.NotFound, "object.unknown", "There is no object %s.", id)
}

func finds(name, id string) fake {
	return fake{found: name, objects: []exchange.Stored{{
		ID: id, Type: "indicator", Raw: []byte(`{"name":"` + name + `"}`),
		Provenance: exchange.Provenance{From: "csirt-aurelia", At: noon, Source: name}, ReleasedTo: []party.ID{"ncsc-cordova"},
	}}}
}

func TestSearchFindsAndNarrows(t *testing.T) {
	t.Parallel()
	b := enter(t, newConsole(finds("Lantern", "indicator--1"), fixed))
	w := b.get("/search?q=" + url.QueryEscape(`lantern tlp:amber`))
	s := w.Body.String()
	for _, want := range []string{
		`<mark>Lantern</mark>`, `value="lantern tlp:amber"`, `href="/search?q=lantern%20tlp%3aamber%20type%3aindicator"`,
		`entente object search &#39;lantern tlp:amber&#39;`, `href="/objects/indicator--1"`, `href="/search?q=lantern&#43;tlp%3Aamber&amp;after=41"`,
	} {
		if !strings.Contains(s, want) {
			t.Errorf("the page lacks %s:\n%s", want, s)
		}
	}
	for path, status := range map[string]int{
		"/search": 200, "/search?q=%22open": 422, "/search?q=colour%3Ared": 422, "/search?after=x": 422, "/objects/indicator--1": 200, "/objects/none": 404,
	} {
		if w := b.get(path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
	if w := (browser{t: t, h: newConsole(finds("x", "y"), fixed).Handler()}).get("/search?q=x"); w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger may search: %d", w.Code)
	}
}

// TestH8WhatIsFoundIsEscaped puts the canary of the threat model into every
// field of what is found, and into the query.
func TestH8WhatIsFoundIsEscaped(t *testing.T) {
	t.Parallel()
	const canary = `"><img src=x onerror=alert(1)>'--></script><svg onload=alert(2)>`
	f := finds(canary, "indicator--1")
	f.objects[0].ID, f.objects[0].Type, f.objects[0].Version = canary, canary, canary
	f.objects[0].Provenance.From = canary
	f.objects[0].ReleasedTo = []party.ID{canary}
	b := enter(t, newConsole(f, fixed))
	for _, path := range []string{"/search?q=label:" + url.QueryEscape(`x`+strings.ReplaceAll(canary[1:], " ", "_")), "/search", "/objects", "/objects/" + url.PathEscape(canary)} {
		w := b.get(path)
		s := w.Body.String()
		if w.Code != http.StatusOK || strings.Contains(s, "<img") || strings.Contains(s, "<svg") || strings.Contains(s, "</script") || strings.Contains(s, `"">`) {
			t.Errorf("%s: %d\n%s", path, w.Code, s)
		}
		if !strings.Contains(s, "&lt;img") {
			t.Errorf("%s does not show the canary", path)
		}
	}
}
