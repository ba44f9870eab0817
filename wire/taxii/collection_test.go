package taxii_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/serve/servetest"
	"entente/party"
)

// agree activates an agreement between this node and another party, under which
// malware alone is shared.
func (w *world) agree(id, title string, with party.ID) {
	w.t.Helper()
	text := strings.NewReplacer("mou-abc", id, "Memorandum of three (illustrative)", title, "tlp: {max: green}", "type: [malware], tlp: {max: green}").Replace(memorandum)
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
		return strings.Contains(line, "{party: ") && !strings.Contains(line, string(aurelia)) && !strings.Contains(line, string(with))
	})
	_, err := w.node.AddInstrument(w.t.Context(), exchange.AddInstrumentRequest{File: id + ".yaml", Source: []byte(strings.Join(lines, "\n")), By: "test"})
	must(w.t, err)
}

// collection is what a list of collections says of one.
type collection struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Alias string `json:"alias"`
	Read  bool   `json:"can_read"`
	Write bool   `json:"can_write"`
}

// collections lists those of a party, by alias.
func (w *world) collections(of party.ID) map[string]collection {
	w.t.Helper()
	var l struct {
		Collections []collection `json:"collections"`
	}
	must(w.t, json.Unmarshal([]byte(w.get(of, "/entente/collections/").plain(w.t)), &l))
	all := map[string]collection{}
	for i, c := range l.Collections {
		if all[c.Alias] = c; i > 0 && l.Collections[i-1].ID >= c.ID {
			w.t.Errorf("S12 %s is out of order", c.ID)
		}
	}
	return all
}

const (
	underAll  = "/entente/collections/under-mou-abc/"
	underPact = "/entente/collections/under-pact-ab/"
	malwareID = "malware--00000000-0000-4000-8000-000000000001"
)

// TestS12CollectionsAreViewsOverReleases: beside everything there is a collection
// for each instrument under which something was released; what relied on several
// is in each. Filters, pages and the newest version are those of the collection
// (3.4), dates those of the feed.
func TestS12CollectionsAreViewsOverReleases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.collections(borealis); len(got) != 2 {
		t.Errorf("before anything was released: %v", got)
	}
	w.release(borealis, append(many(0, 5), malware(1))...)
	w.agree("pact-ab", "Pact on malware", borealis)
	second := w.release(borealis, malware(1), malware(2), indicator(1, 3))
	got := w.collections(borealis)
	if c := got["under-pact-ab"]; len(got) != 4 || c.Title != "Pact on malware" || !c.Read || c.Write {
		t.Fatalf("%v", got)
	}
	w.wantStatus(w.get(borealis, "/entente/collections/"+got["under-pact-ab"].ID+"/objects/"), 200, "by id")
	ids := func(path string) []string {
		e, _ := w.page(borealis, path)
		return e.ids()
	}
	other := strings.Replace(malwareID, "0001", "0002", 1)
	for path, want := range map[string][]string{
		underAll + "objects/":                        {indicatorID(0), indicatorID(2), indicatorID(3), indicatorID(4), malwareID, indicatorID(1), other},
		underPact + "objects/":                       {malwareID, other}, // the first released again, under it for the first time
		underPact + "manifest/":                      {malwareID, other},
		underPact + "objects/?match[type]=indicator": nil,
		underPact + "objects/?limit=1":               {malwareID},
		underAll + "objects/?match[type]=malware":    {malwareID, other},
		underPact + "objects/" + other + "/":         {other},
	} {
		if got := ids(path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	w.wantStatus(w.get(borealis, underPact+"objects/"+indicatorID(1)+"/"), 404, "S22: in another collection only")
	w.wantStatus(w.get(borealis, underPact+"objects/"+other+"/?match[version]=first"), 200, "S22: in the collection")
	e, _ := w.page(borealis, underPact+"objects/?limit=1")
	if rest := ids(underPact + "objects/?limit=1&next=" + e.Next); !e.More || !slices.Equal(rest, []string{other}) {
		t.Errorf("S16: %v after %v", rest, e)
	}
	for _, path := range []string{objects, underAll + "objects/"} {
		w.wantStatus(w.get(borealis, path+"?next="+e.Next), 400, "J22: next of another collection")
	}
	w.wantStatus(w.ask(borealis, http.MethodPost, underPact+"objects/", []byte(`{"objects":[]}`)), 403, "S26: added to")
	w.wantStatus(w.ask(borealis, http.MethodDelete, underPact+"objects/"+other+"/", nil), 403, "S25: deleted from")

	w.start()
	if after := w.collections(borealis); !maps.Equal(got, after) {
		t.Errorf("a restart changes %v into %v", got, after)
	}
	w.recall(second)
	if r := w.get(borealis, underPact+"objects/"); r.body != "{}" {
		t.Errorf("after the recall: %s", r.body)
	}
	if after := w.collections(borealis); !maps.Equal(got, after) {
		t.Errorf("a recall changes %v into %v", got, after) // a client that asks goes on
	}
}

// TestP20AgreementsOfOthersAreNotSeen: what this node agreed with somebody else,
// and released to him under it, is in no list, and his collection is one that does
// not exist, whatever is asked of it (J23).
func TestP20AgreementsOfOthersAreNotSeen(t *testing.T) {
	t.Parallel()
	plain, secret := newWorld(t), newWorld(t)
	for _, w := range []*world{plain, secret} {
		w.release(borealis, malware(1))
	}
	secret.agree("pact-ac", "Pact nobody knows of", cordova)
	secret.release(cordova, malware(1), malware(2))
	theirs, ok := secret.collections(cordova)["under-pact-ac"]
	if !ok {
		t.Fatal("Cordova has no collection")
	}
	aliases := func(w *world) []string { return slices.Sorted(maps.Keys(w.collections(borealis))) }
	if got, want := aliases(secret), aliases(plain); !slices.Equal(got, want) {
		t.Errorf("Borealis sees %v, want %v", got, want)
	}
	for _, rest := range []string{"", "objects/", "manifest/", "objects/" + malwareID + "/", "objects/" + malwareID + "/versions/", "objects/?limit=1"} {
		absent := secret.get(borealis, "/entente/collections/00000000-0000-4000-8000-000000000000/"+rest)
		for _, name := range []string{theirs.ID, theirs.Alias, "under-no-such", "under-"} {
			got := secret.get(borealis, "/entente/collections/"+name+"/"+rest)
			if got.status != 404 || got.body != absent.body || !sameHeader(got.header, absent.header) {
				t.Errorf("%s %s: %d %s", name, rest, got.status, got.body)
			}
		}
	}
}

// TestPR9CollectionsOfOthersTakeTheSameTime: asking for the collection of somebody
// else's agreement takes as long as asking for none.
func TestPR9CollectionsOfOthersTakeTheSameTime(t *testing.T) {
	w := newWorld(t)
	w.agree("pact-ac", "Pact nobody knows of", cordova)
	w.release(borealis, malware(1))
	w.release(cordova, malware(1))
	theirs := w.collections(cordova)["under-pact-ac"]
	for what, path := range map[string][2]string{
		"id":    {theirs.ID, "00000000-0000-4000-8000-000000000000"},
		"alias": {theirs.Alias, "under-pact-zz"},
	} {
		ask := func(name string) func(int) {
			return func(int) {
				if r := w.get(borealis, "/entente/collections/"+name+"/objects/"); r.status != http.StatusNotFound {
					t.Fatalf("%s: %d", name, r.status)
				}
			}
		}
		servetest.SameTime(t, what, ask(path[0]), ask(path[1]))
	}
}

// TestJ22CursorsRunOut: a next is good for 24 hours; after that it is refused in
// the words in which one that was made up is, and added_after goes on where the
// last page ended.
func TestJ22CursorsRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, many(0, 5)...)
	first, r := w.page(borealis, objects+"?limit=2")
	path := objects + "?limit=2&next=" + first.Next
	w.now = w.now.Add(24*time.Hour - time.Microsecond)
	w.start()
	w.wantStatus(w.get(borealis, path), 200, "a moment before")
	w.now = w.now.Add(time.Microsecond)
	expired := w.get(borealis, path)
	w.wantStatus(expired, 400, "then")
	flipped := []byte(first.Next)
	flipped[20] ^= 1
	for name, other := range map[string]reply{
		"made up": w.get(borealis, objects+"?limit=2&next="+strings.Repeat("A", len(first.Next))), "tampered": w.get(borealis, objects+"?limit=2&next="+string(flipped)),
		"short": w.get(borealis, objects+"?next=A"), "of another party": w.get(cordova, path),
	} {
		if other.status != expired.status || other.body != expired.body || !sameHeader(other.header, expired.header) {
			t.Errorf("%s: %d %s, expired: %d %s", name, other.status, other.body, expired.status, expired.body)
		}
	}
	e, _ := w.page(borealis, objects+"?limit=2&added_after="+r.header.Get("X-TAXII-Date-Added-Last"))
	if !slices.Equal(e.ids(), []string{indicatorID(2), indicatorID(3)}) {
		t.Errorf("by added_after: %v", e.ids())
	}
}

// TestS15DatesOfAnotherServerAreKept: a party whose client has read another server
// up to some date goes on from there, and gets what it has not read and what is
// made here; nothing comes in behind a place that was given out.
func TestS15DatesOfAnotherServerAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.importAll(append(many(0, 4), malware(1), address)...))
	const line = `{"id":%q,"date_added":"2026-10-0%dT00:00:00.123456Z","version":%q,"media_type":"application/stix+json;version=2.1"}`
	var lines []string
	for n := range 4 {
		lines = append(lines, fmt.Sprintf(line, indicatorID(n), n+1, "2026-01-01T00:00:00Z"))
	}
	lines = append(lines, fmt.Sprintf(line, addressID, 5, "2020-05-05T00:00:00.000Z"), fmt.Sprintf(line, indicatorID(3), 9, "2027-01-01T00:00:00Z"))
	rep, err := w.node.DateObjects(t.Context(), []byte(`{"more":false,"objects":[`+strings.Join(lines, ",")+`]}`))
	must(t, err)
	if rep.Dated != 5 || !slices.Equal(rep.Missing, []string{indicatorID(3)}) { // a version that is not here
		t.Errorf("%+v", rep)
	}
	w.release(borealis, append(many(2, 4), malware(1))...)
	e, _ := w.page(borealis, manifest+"?added_after=2026-10-03T00:00:00.123456Z") // as the client stood with the other server
	if !slices.Equal(e.ids(), []string{indicatorID(3), "malware--00000000-0000-4000-8000-000000000001"}) || e.Objects[0]["date_added"] != "2026-10-04T00:00:00.123456Z" {
		t.Errorf("%v", e.Objects)
	}
	last, _ := w.page(borealis, manifest)
	place := last.Objects[len(last.Objects)-1]["date_added"].(string)
	w.release(borealis, append(many(0, 2), address)...)
	if e, _ := w.page(borealis, manifest+"?added_after="+place); !slices.Equal(e.ids(), []string{indicatorID(0), indicatorID(1), addressID}) {
		t.Errorf("after what was given out: %v", e.ids())
	}
	w.release(cordova, append(many(0, 1), address)...)
	if e, _ := w.page(cordova, manifest); e.Objects[0]["date_added"] != "2026-10-01T00:00:00.123456Z" || e.Objects[1]["date_added"] != "2026-10-05T00:00:00.123456Z" {
		t.Errorf("another party's feed: %v", e.Objects)
	}
}

func (w *world) importAll(objects ...string) error {
	_, err := w.node.Import(w.t.Context(), exchange.ImportRequest{Data: []byte("[" + strings.Join(objects, ",") + "]")})
	return err
}
