package taxii_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"entente/internal/serve/servetest"
)

// TestP20TwoPartiesLearnNothingOfEachOther: of two nodes that are alike but for
// what one of them released to Cordova, Borealis gets the same bytes: pages,
// counts, cursors as long as they are, newest versions, absences, and what it is
// told of objects it adds (H11).
func TestP20TwoPartiesLearnNothingOfEachOther(t *testing.T) {
	t.Parallel()
	plain, secret := newWorld(t), newWorld(t)
	for _, w := range []*world{plain, secret} {
		w.release(borealis, append(many(0, 20), malware(1))...)
	}
	secret.release(cordova, append(many(100, 140), indicator(1, 9), malware(7))...) // among them a newer version of what Borealis has
	plain.now = secret.now
	for _, ask := range []struct{ method, path, body string }{
		{"GET", objects, ""},
		{"GET", objects + "?limit=7", ""},
		{"GET", objects + "?match[version]=all", ""},
		{"GET", objects + "?match[type]=malware", ""},
		{"GET", objects + "?match[id]=" + indicatorID(1), ""},
		{"GET", objects + indicatorID(1) + "/", ""},
		{"GET", objects + indicatorID(1) + "/versions/", ""},
		{"GET", objects + indicatorID(101) + "/", ""},
		{"GET", objects + indicatorID(101) + "/versions/", ""},
		{"GET", manifest, ""},
		{"GET", manifest + "?limit=3&match[version]=first", ""},
		{"GET", objects + "?added_after=2026-11-24T12:00:00Z", ""},
		{"DELETE", objects + indicatorID(101) + "/", ""},
		{"POST", contribs + "objects/", `{"objects":[` + indicator(101, 3) + `,` + indicator(200, 0) + `]}`},
		{"GET", objects, ""},
	} {
		var got [2]string
		for i, w := range []*world{plain, secret} {
			var body []byte
			if ask.body != "" {
				body = []byte(ask.body)
			}
			r := w.ask(borealis, ask.method, ask.path, body)
			got[i] = fmt.Sprint(r.status, r.header, masked(r.plain(t)))
		}
		if got[0] != got[1] {
			t.Errorf("%s %s\n%.400s\n%.400s", ask.method, ask.path, got[0], got[1])
		}
	}
}

// masked hides what differs between any two nodes: ids that hang on their keys,
// and cursors, which are sealed and of one length.
func masked(body string) string {
	e := envelope{}
	if _, after, ok := strings.Cut(body, `"next":"`); ok {
		e.Next, _, _ = strings.Cut(after, `"`)
		body = strings.Replace(body, e.Next, strings.Repeat("N", len(e.Next)), 1)
	}
	for _, mark := range []string{`"id":"`} {
		parts := strings.Split(body, mark)
		for i := 1; i < len(parts); i++ {
			if id, rest, ok := strings.Cut(parts[i], `"`); ok && len(id) == 36 && !strings.Contains(id, "--") {
				parts[i] = "I" + `"` + rest
			}
		}
		body = strings.Join(parts, mark)
	}
	return body
}

// TestPR9AbsentAndForbiddenTakeTheSameTime: an object that was released to
// somebody else and one that does not exist are not told apart by time.
func TestPR9AbsentAndForbiddenTakeTheSameTime(t *testing.T) {
	w := newWorld(t)
	w.release(cordova, many(0, 200)...)
	w.release(borealis, many(1_000, 1_200)...)
	for _, path := range []string{objects + "%s/", objects + "%s/versions/", manifest + "?match[id]=%s"} {
		ask := func(from int) func(int) {
			return func(n int) {
				r := w.get(borealis, strings.ReplaceAll(path, "%s", indicatorID(from+n%200)))
				if r.status != http.StatusNotFound && r.plain(t) != "{}" {
					t.Fatalf("%s: %d %s", path, r.status, r.body)
				}
			}
		}
		servetest.SameTime(t, path, ask(0), ask(5_000))
	}
}
