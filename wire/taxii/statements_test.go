package taxii_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"entente/party"
	"entente/wire/taxii"
)

// The tests are named after the statements of TAXII 2.1 that implementations
// get wrong, in the order in which they were collected.

func TestS01AcceptIsNegotiated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for accept, want := range map[string]int{
		"application/taxii+json":                                           200,
		"application/taxii+json; version=2.1":                              200,
		`application/taxii+json;version="2.1"`:                             200,
		"text/html, application/taxii+json;version=2.1;q=0.5":              200,
		"application/taxii+json;version=2.0, application/taxii+json;q=0.1": 200,
		"application/json, text/plain, */*":                                200, // OpenCTI
		"*/*;q=0.8":                                                        200,
		"application/*":                                                    200,
		"":                                                                 200,
		"application/taxii+json;version=2.0":                               406,
		"application/taxii+json;version=2.1;q=0":                           406,
		"application/json":                                                 406,
		"application/vnd.oasis.stix+json; version=2.0":                     406,
	} {
		for _, path := range []string{"/taxii2/", "/entente/", "/entente/collections/", objects, manifest} {
			r := w.ask(borealis, http.MethodGet, path, nil, func(r *http.Request) {
				r.Header.Del("Accept")
				if accept != "" {
					r.Header.Set("Accept", accept)
				}
			})
			w.wantStatus(r, want, path+" accepting "+accept)
		}
	}
}

func TestS02ContentTypeIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := []byte(`{"objects":[` + indicator(1, 0) + `]}`)
	for media, want := range map[string]int{
		"application/taxii+json":              202,
		"application/taxii+json; version=2.1": 202,
		"application/taxii+json;version=2.1":  202,
		"application/taxii+json;version=2.0":  415,
		"application/json":                    415,
		"":                                    415,
	} {
		r := w.ask(borealis, http.MethodPost, contribs+"objects/", body, func(r *http.Request) { r.Header.Set("Content-Type", media) })
		w.wantStatus(r, want, "Content-Type "+media)
	}
	// Every answer has the media type; ask checks it. Here the errors.
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", []byte("{")), 422, "bad JSON")
	w.wantStatus(w.ask("", http.MethodGet, objects, nil), 401, "nobody")
}

func TestS03PathsEndInASlashOrNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicator(1, 0))
	for _, path := range []string{"/taxii2/", "/entente/", "/entente/collections/", released, objects, manifest, objects + indicatorID(1) + "/", objects + indicatorID(1) + "/versions/"} {
		with, without := w.get(borealis, path), w.get(borealis, strings.TrimSuffix(path, "/"))
		if with.status != 200 || without.status != 200 || with.body != without.body {
			t.Errorf("%s: %d with, %d without", path, with.status, without.status)
		}
	}
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects", []byte(`{"objects":[`+indicator(2, 0)+`]}`)), 202, "POST without slash")
	for _, path := range []string{"/", "//taxii2/", "/taxii2//", "/entente//collections/", "/entente/collections/../", "/entente/collections%2freleased/", "/entente/collections/released/objects%00/", "/taxii/", "/entente/status/"} {
		w.wantStatus(w.ask(borealis, http.MethodGet, "/", nil, func(r *http.Request) {
			u, err := url.Parse("https://x" + path)
			must(t, err)
			r.URL = u
		}), 404, "H4 "+path)
	}
}

func TestS04MalformedQueriesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicator(1, 0))
	for _, path := range []string{objects, manifest} {
		for _, query := range []string{
			"added_after=yesterday", "added_after=2026-13-01T00:00:00Z", "added_after=", "added_after=2026-01-01T00:00:00,5Z", "added_after=1700000000",
			"limit=0", "limit=-1", "limit=1.5", "limit=x", "limit=", "limit=%2B5", "limit=1e3", "limit=000",
			"next=", "next=abc", "next=1", "next=" + strings.Repeat("A", 64),
			"added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z", "limit=1&limit=1", "next=a&next=b",
			"match[id]=a&match[id]=b", "match[type]=a&match[type]=b", "match[version]=last&match[version]=last", "match%5Bversion%5D=last&match[version]=last",
			"match[version]=newest", "match[version]=all,first", "match[version]=all,2026-01-01T00:00:00Z", "match[version]=first,first", "match[version]=last,,first",
			"match[version]=", "match[id]=", "match[type]=indicator,", "match[spec_version]=", "match[version]=2026-01-01", "limit=%zz", "limit=5;next=3", "match[id]=%ff", "match[type]=a%00",
		} {
			r := w.get(borealis, path+"?"+query)
			w.wantStatus(r, 400, path+"?"+query)
		}
		for _, query := range []string{"match[confidence]=3", "match[foo]=1&match[foo]=2", "x=1", "limit=1000000000", "limit=007", "limit=99999999999999999999999"} {
			w.wantStatus(w.get(borealis, path+"?"+query), 200, path+"?"+query)
		}
	}
	// J22: who tampers learns nothing of what was wrong.
	for _, path := range []string{objects + "?next=abc", objects + "?next=" + strings.Repeat("A", 48)} {
		if got, want := w.get(borealis, path).body, w.get(borealis, objects+"?next=zzz").body; got != want {
			t.Errorf("J22 %s: %s instead of %s", path, got, want)
		}
	}
}

func TestS05TimestampsAreStrictOutAndLiberalIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicator(1, 0))
	e, r := w.page(borealis, manifest)
	six := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)
	for _, s := range []string{e.Objects[0]["date_added"].(string), r.header.Get("X-TAXII-Date-Added-First"), r.header.Get("X-TAXII-Date-Added-Last")} {
		if !six.MatchString(s) {
			t.Errorf("%q has not six digits and Z", s)
		}
	}
	for _, in := range []string{"2026-11-24T12:00:00Z", "2026-11-24T12:00:00.1Z", "2026-11-24T12:00:00.123Z", "2026-11-24T12:00:00.123456Z", "2026-11-24T12:00:00.123456789Z", "2026-11-24T13:00:00%2B01:00"} {
		e, _ := w.page(borealis, objects+"?added_after="+in)
		if len(e.Objects) != 1 {
			t.Errorf("added_after=%s: %d objects", in, len(e.Objects))
		}
	}
}

func TestS06EmptyListsAreLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{objects, manifest, objects + "?match[type]=malware"} {
		if r := w.get(borealis, path); r.status != 200 || r.body != "{}" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	w.release(borealis, indicator(1, 0))
	for _, path := range []string{objects + indicatorID(1) + "/?added_after=2030-01-01T00:00:00Z", objects + indicatorID(1) + "/versions/?match[spec_version]=2.0"} {
		if r := w.get(borealis, path); r.status != 200 || r.body != "{}" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

func TestS07DiscoveryNamesTheRoot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var d struct {
		Title    string   `json:"title"`
		Default  string   `json:"default"`
		APIRoots []string `json:"api_roots"`
	}
	must(t, json.Unmarshal([]byte(w.get(borealis, "/taxii2/").body), &d))
	if d.Title != "CSIRT Aurelia" || !slices.Contains(d.APIRoots, d.Default) {
		t.Errorf("%+v", d)
	}
	for _, root := range d.APIRoots {
		if !regexp.MustCompile(`^/[a-z]+/$`).MatchString(root) {
			t.Errorf("root %q", root)
		}
		w.wantStatus(w.get(borealis, root), 200, root)
	}
}

func TestS08BodiesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *taxii.Config) { c.MaxBody = 2000 })
	var root struct {
		Title    string   `json:"title"`
		Versions []string `json:"versions"`
		Max      int64    `json:"max_content_length"`
	}
	must(t, json.Unmarshal([]byte(w.get(borealis, "/entente/").body), &root))
	if root.Title == "" || !slices.Equal(root.Versions, []string{"application/taxii+json;version=2.1"}) || root.Max != 2000 {
		t.Errorf("%+v", root)
	}
	fill := func(size int) []byte {
		b := `{"objects":[` + indicator(1, 0) + `]}`
		return []byte(b + strings.Repeat(" ", size-len(b)))
	}
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", fill(2000)), 202, "as large as allowed")
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", fill(2001)), 413, "announced")
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", fill(2000), chunked), 202, "chunked")
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", fill(2001), chunked), 413, "chunked, too large")
	zipped := func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", pack(t, fill(2000)), zipped), 202, "gzip")
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", pack(t, fill(2001)), zipped), 413, "gzip, too large inside")
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", fill(2000), zipped), 422, "gzip that is none")
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", pack(t, pack(t, fill(2000))), zipped), 422, "J8 gzip twice")
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", fill(2000), func(r *http.Request) { r.Header.Set("Content-Encoding", "br") }), 415, "J8 another encoding")
}

func TestS09StatusSaysWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := strings.Replace(indicatorAt(2, "2026-01-01T00:00:00.100000Z"), `"pattern_type":"stix",`, "", 1)
	r := w.ask(borealis, http.MethodPost, contribs+"objects/", []byte(`{"objects":[`+indicatorAt(1, "2026-01-01T00:00:00.120000Z")+`,`+bad+`,`+address+`]}`))
	w.wantStatus(r, 202, "POST")
	type detail struct{ ID, Version, Message string }
	var s struct {
		ID        string   `json:"id"`
		Status    string   `json:"status"`
		Requested string   `json:"request_timestamp"`
		Total     *int     `json:"total_count"`
		Success   *int     `json:"success_count"`
		Failure   *int     `json:"failure_count"`
		Pending   *int     `json:"pending_count"`
		Successes []detail `json:"successes"`
		Failures  []detail `json:"failures"`
	}
	must(t, json.Unmarshal([]byte(r.body), &s, json.MatchCaseInsensitiveNames(true)))
	id, err := uuid.Parse(s.ID)
	if err != nil || id.Version() != 4 || s.Status != "complete" || *s.Total != 3 || *s.Success != 2 || *s.Failure != 1 || *s.Pending != 0 || strings.Contains(r.body, "pendings") {
		t.Errorf("%s", r.body)
	}
	want := []detail{{indicatorID(1), "2026-01-01T00:00:00.120000Z", ""}, {addressID, "1970-01-01T00:00:00.000Z", ""}}
	if !slices.Equal(s.Successes, want) {
		t.Errorf("successes %v", s.Successes)
	}
	if s.Failures[0].ID != indicatorID(2) || s.Failures[0].Version != "2026-01-01T00:00:00.100000Z" || s.Failures[0].Message == "" {
		t.Errorf("failures %v", s.Failures)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.start()
	if again := w.get(borealis, "/entente/status/"+s.ID+"/"); again.status != 200 || again.body != r.body {
		t.Errorf("a day later: %d %s", again.status, again.body)
	}
	for _, id := range []string{uuid.NewString(), "1", "x"} {
		w.wantStatus(w.get(borealis, "/entente/status/"+id+"/"), 404, "status "+id)
	}
	other, none := w.get(cordova, "/entente/status/"+s.ID+"/"), w.get(cordova, "/entente/status/"+uuid.NewString()+"/")
	if other.status != 404 || none.status != 404 {
		t.Errorf("another party's: %d", other.status)
	}
}

func TestS10NobodyIsAskedToAuthenticate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	basic := func(user, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, secret) }
	}
	header := func(v ...string) func(*http.Request) { return func(r *http.Request) { r.Header["Authorization"] = v } }
	secret := w.secrets[borealis]
	for name, edit := range map[string]func(*http.Request){
		"none": func(r *http.Request) { r.Header.Del("Authorization") }, "empty": header(""), "bearer without token": header("Bearer "),
		"another secret": header("Bearer entente_x"), "another scheme": header("Digest " + secret), "two": header("Bearer "+secret, "Bearer "+secret),
		"password of another": basic(string(cordova), secret), "no user": basic("", secret), "bad base64": header("Basic !"),
		"identity in a header": func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("X-Client-Cert", "csirt-borealis") }, // H13
	} {
		var bodies []string
		for _, path := range []string{"/taxii2/", "/entente/", objects, "/entente/collections/none/objects/", "/nowhere/", "/entente/status/x/"} {
			r := w.ask("", http.MethodGet, path, nil, edit)
			w.wantStatus(r, 401, name+" "+path)
			if got := r.header.Values("Www-Authenticate"); len(got) != 2 {
				t.Errorf("%s: WWW-Authenticate %v", name, got)
			}
			bodies = append(bodies, r.body)
		}
		if len(slices.Compact(bodies)) != 1 {
			t.Errorf("%s: the answers differ", name)
		}
	}
	w.wantStatus(w.ask("", http.MethodGet, "/taxii2/", nil, basic(string(borealis), secret)), 200, "Basic")
	w.wantStatus(w.ask("", http.MethodGet, "/taxii2/", nil, header("bearer "+secret)), 200, "bearer in lower case")
	all, err := w.node.Credentials(t.Context())
	must(t, err)
	for _, c := range all {
		must(t, w.node.RevokeCredential(t.Context(), c.ID))
	}
	w.wantStatus(w.ask("", http.MethodGet, "/taxii2/", nil, basic(string(borealis), secret)), 401, "revoked")
}

func TestS11ErrorsSayTheirStatusAsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // ask checks every error; here one of each
	for path, want := range map[string]int{"/x/": 404, objects + "?limit=0": 400, contribs + "objects/": 403, objects + indicatorID(1) + "/": 404} {
		w.wantStatus(w.get(borealis, path), want, path)
	}
}

func TestS12OrderIsThatOfArrival(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicatorAt(1, "2026-03-01T00:00:00.000Z"))
	w.release(borealis, indicatorAt(2, "2026-02-01T00:00:00.000Z"), malware(9))
	w.release(borealis, indicatorAt(3, "2026-01-01T00:00:00.000Z"))
	want := []string{indicatorID(1), indicatorID(2), "malware--00000000-0000-4000-8000-000000000009", indicatorID(3)}
	for _, path := range []string{objects, manifest, objects + "?match[type]=malware,indicator", objects + "?match[id]=" + strings.Join([]string{want[3], want[1], want[2], want[0]}, ",")} {
		if e, _ := w.page(borealis, path); !slices.Equal(e.ids(), want) {
			t.Errorf("%s: %v", path, e.ids())
		}
	}
	var c struct {
		Collections []struct{ ID, Alias string } `json:"collections"`
	}
	must(t, json.Unmarshal([]byte(w.get(borealis, "/entente/collections/").body), &c, json.MatchCaseInsensitiveNames(true)))
	if len(c.Collections) != 3 || c.Collections[0].ID >= c.Collections[1].ID || c.Collections[1].ID >= c.Collections[2].ID {
		t.Errorf("collections %+v", c)
	}
	for _, one := range c.Collections {
		id, err := uuid.Parse(one.ID)
		if err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 {
			t.Errorf("id %s", one.ID)
		}
		if w.get(borealis, "/entente/collections/"+one.ID+"/").body != w.get(borealis, "/entente/collections/"+one.Alias+"/").body {
			t.Errorf("%s and %s are not one", one.ID, one.Alias)
		}
		w.wantStatus(w.get(cordova, "/entente/collections/"+one.ID+"/"), 404, "the collection of another party")
	}
	before := w.get(borealis, "/entente/collections/").body
	w.start()
	if w.get(borealis, "/entente/collections/").body != before {
		t.Error("the ids change with a restart")
	}
}

func TestS13DateAddedHeadersAreOfThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, many(1, 6)...)
	e, _ := w.page(borealis, manifest)
	added := func(i int) string { return e.Objects[i]["date_added"].(string) }
	for _, path := range []string{manifest, objects} {
		first, r := w.page(borealis, path+"?limit=2")
		if r.header.Get("X-TAXII-Date-Added-First") != added(0) || r.header.Get("X-TAXII-Date-Added-Last") != added(1) {
			t.Errorf("%s: %v", path, r.header)
		}
		_, r = w.page(borealis, path+"?limit=2&next="+first.Next)
		if r.header.Get("X-TAXII-Date-Added-First") != added(2) || r.header.Get("X-TAXII-Date-Added-Last") != added(3) {
			t.Errorf("%s, second page: %v", path, r.header)
		}
	}
	for _, path := range []string{objects + indicatorID(3) + "/", objects + indicatorID(3) + "/versions/"} {
		if _, r := w.page(borealis, path); r.header.Get("X-TAXII-Date-Added-First") != added(2) || r.header.Get("X-TAXII-Date-Added-Last") != added(2) {
			t.Errorf("%s: %v", path, r.header)
		}
	}
	_, r := w.page(borealis, objects+"?added_after=2030-01-01T00:00:00Z")
	if _, there := r.header["X-Taxii-Date-Added-First"]; there {
		t.Error("an empty page has a date")
	}
}

func TestS14AddedAfterIsExclusiveAndOfArrival(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicatorAt(1, "2026-11-25T00:00:00.000Z"), indicatorAt(2, "2026-01-01T00:00:00.000Z"))
	e, r := w.page(borealis, manifest)
	got, _ := w.page(borealis, objects+"?added_after="+e.Objects[0]["date_added"].(string))
	if !slices.Equal(got.ids(), []string{indicatorID(2)}) {
		t.Errorf("after the first: %v", got.ids())
	}
	if got, _ := w.page(borealis, objects+"?added_after="+r.header.Get("X-TAXII-Date-Added-Last")); len(got.Objects) != 0 {
		t.Errorf("after the last: %v", got.ids())
	}
}

func TestS15EveryRecordHasAnInstantOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, many(0, 34)...)
	w.now = w.now.Add(-time.Hour) // a clock that was set back
	w.release(borealis, many(34, 40)...)
	// A client that pages by the header alone, one at a time, misses nothing.
	var got []string
	last := "2000-01-01T00:00:00Z"
	for {
		e, r := w.page(borealis, objects+"?limit=3&added_after="+last)
		got = append(got, e.ids()...)
		if !e.More {
			break
		}
		if next := r.header.Get("X-TAXII-Date-Added-Last"); next <= last {
			t.Fatalf("%s after %s", next, last)
		} else {
			last = next
		}
	}
	if len(got) != 40 || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 40 {
		t.Errorf("%d objects", len(got))
	}
}

func TestS16CursorsSurvive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, many(0, 10)...)
	gone := w.release(borealis, many(10, 14)...)
	w.release(cordova, many(0, 10)...)
	first, _ := w.page(borealis, objects+"?limit=11&match[type]=indicator") // ends at a record that will go
	path := objects + "?limit=11&match[type]=indicator&next=" + first.Next
	second, r := w.page(borealis, path)
	if len(second.Objects) != 3 || second.More {
		t.Fatalf("second page %v", second.ids())
	}
	if again := w.get(borealis, path); again.body != r.body {
		t.Error("the same token gives another page")
	}
	w.recall(gone)
	w.release(borealis, many(20, 22)...)
	w.start()
	if e, _ := w.page(borealis, path); !slices.Equal(e.ids(), []string{indicatorID(20), indicatorID(21)}) {
		t.Errorf("after recall, release and restart: %v", e.ids())
	}
	w.wantStatus(w.get(borealis, objects+"?limit=2&match[type]=indicator&next="+first.Next), 200, "another limit")
	for name, path := range map[string]string{
		"other filters": objects + "?match[type]=malware&next=", "no filters": objects + "?next=", "another resource": manifest + "?match[type]=indicator&next=",
		"more filters": objects + "?match[type]=indicator&added_after=2020-01-01T00:00:00Z&next=",
	} {
		w.wantStatus(w.get(borealis, path+first.Next), 400, name)
	}
	w.wantStatus(w.get(cordova, objects+"?match[type]=indicator&next="+first.Next), 400, "another party")
	flipped := []byte(first.Next)
	flipped[20] ^= 1
	w.wantStatus(w.get(borealis, objects+"?match[type]=indicator&next="+string(flipped)), 400, "tampered")
}

func (w *world) recall(release string) {
	w.t.Helper()
	_, err := w.node.Recall(w.t.Context(), recallOf(release))
	must(w.t, err)
}

func TestS17MoreNeverComesWithoutNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for v := range 5 {
		w.release(borealis, indicator(1, v), indicator(2+v, 0))
	}
	for _, path := range []string{objects, manifest, objects + indicatorID(1) + "/", objects + indicatorID(1) + "/versions/"} {
		query, total := "?limit=2", 6
		if strings.Contains(path, indicatorID(1)) {
			total = 5
			if !strings.Contains(path, "versions") {
				query += "&match[version]=all"
			}
		}
		next, n, pages := "", 0, 0
		for {
			e, _ := w.page(borealis, path+query+next)
			n, pages = n+len(e.Objects)+len(e.Versions), pages+1
			if e.More != (e.Next != "") {
				t.Fatalf("%s: more %v with next %q", path, e.More, e.Next)
			}
			if !e.More {
				break
			}
			next = "&next=" + e.Next
		}
		if n != total || pages != (total+1)/2 {
			t.Errorf("%s: %d records in %d pages", path, n, pages)
		}
	}
}

func TestS18LimitIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *taxii.Config) { c.MaxPage = 7 })
	w.release(borealis, many(0, 10)...)
	for limit, want := range map[string]int{"1": 1, "6": 6, "7": 7, "8": 7, "1000000": 7, "": 7} {
		path := objects
		if limit != "" {
			path += "?limit=" + limit
		}
		if e, _ := w.page(borealis, path); len(e.Objects) != want || !e.More {
			t.Errorf("limit %s: %d objects, more %v", limit, len(e.Objects), e.More)
		}
	}
	// All that match and fit are there, and nothing says that there is more.
	for _, query := range []string{"?match[id]=" + indicatorID(9) + "&limit=1", "?limit=5&added_after=" + w.dateAdded(4), "?limit=7&match[type]=indicator&added_after=" + w.dateAdded(4)} {
		if e, r := w.page(borealis, objects+query); e.More || len(e.Objects) == 0 || strings.Contains(r.body, `"more"`) {
			t.Errorf("%s: %d objects, more %v", query, len(e.Objects), e.More)
		}
	}
}

// dateAdded is when the n-th record of Borealis came.
func (w *world) dateAdded(n int) string {
	w.t.Helper()
	e, _ := w.page(borealis, manifest)
	return e.Objects[n]["date_added"].(string)
}

func TestS19VersionsAreChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicatorAt(1, "2026-01-01T00:00:20.000Z"))
	w.release(borealis, indicatorAt(1, "2026-01-01T00:00:30.000Z"), address)
	w.release(borealis, indicatorAt(1, "2026-01-01T00:00:40.500Z"))
	for query, want := range map[string][]string{
		"":                                    {"1970", "40.5"},
		"last":                                {"1970", "40.5"},
		"first":                               {"20", "1970"},
		"all":                                 {"20", "30", "1970", "40.5"},
		"2026-01-01T00:00:30Z":                {"30"}, // the instant, not the text
		"2026-01-01T00:00:40.50Z":             {"40.5"},
		"first,2026-01-01T00:00:30.000Z,last": {"20", "30", "1970", "40.5"},
		"last,first":                          {"20", "1970", "40.5"},
		"1970-01-01T00:00:00.000Z":            {"1970"}, // the version of what has none
		"2031-01-01T00:00:00Z":                nil,
	} {
		path := manifest
		if query != "" {
			path += "?match[version]=" + query
		}
		e, _ := w.page(borealis, path)
		var got []string
		for _, o := range e.Objects {
			v := strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(o["version"].(string), "00Z"), ".0"), "2026-01-01T00:00:")
			if strings.HasPrefix(v, "1970") {
				v = "1970"
			}
			got = append(got, v)
		}
		if !slices.Equal(got, want) {
			t.Errorf("match[version]=%s: %v, want %v", query, got, want)
		}
	}
	e, _ := w.page(borealis, objects+indicatorID(1)+"/versions/")
	if !slices.Equal(e.Versions, []string{"2026-01-01T00:00:20.000Z", "2026-01-01T00:00:30.000Z", "2026-01-01T00:00:40.500Z"}) {
		t.Errorf("versions %v", e.Versions)
	}
}

func TestS20FiltersAreOrWithinAndAcross(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicator(1, 0), indicator(2, 0), malware(3), address)
	for query, want := range map[string]int{
		"match[type]=indicator": 2, "match[type]=indicator,malware": 3, "match%5Btype%5D=indicator%2Cmalware": 3, "match[type]=attack-pattern": 0, "match[type]=x-no-such": 0,
		"match[spec_version]=2.1": 4, "match[spec_version]=2.0": 0, "match[spec_version]=2.0,2.1": 4, "match[spec_version]=3.0": 0,
		"match[id]=" + indicatorID(1) + "," + indicatorID(2):                       2,
		"match[id]=" + indicatorID(1) + "," + indicatorID(1):                       1,
		"match[id]=" + indicatorID(1) + "&match[type]=malware":                     0,
		"match[id]=" + indicatorID(1) + "," + addressID + "&match[type]=ipv4-addr": 1,
		"match[type]=malware&match[version]=first&match[spec_version]=2.1":         1,
		"match[id]=' OR 1=1 --": 0, "match[type]=%25": 0,
	} {
		for _, path := range []string{objects, manifest} {
			if e, _ := w.page(borealis, path+"?"+strings.ReplaceAll(query, " ", "%20")); len(e.Objects) != want {
				t.Errorf("%s: %d objects, want %d", query, len(e.Objects), want)
			}
		}
	}
}

func TestS21ManifestMirrorsObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicatorAt(1, "2026-01-01T00:00:00.100000Z"), malware(2), address)
	var c struct {
		MediaTypes []string `json:"media_types"`
	}
	must(t, json.Unmarshal([]byte(w.get(borealis, released).body), &c))
	for _, query := range []string{"", "?match[type]=malware", "?limit=2", "?match[version]=2026-01-01T00:00:00.1Z"} {
		m, _ := w.page(borealis, manifest+query)
		o, _ := w.page(borealis, objects+query)
		if !slices.Equal(m.ids(), o.ids()) || len(m.Objects) == 0 {
			t.Errorf("%s: %v and %v", query, m.ids(), o.ids())
		}
		for _, line := range m.Objects {
			if len(line) != 4 || !slices.Contains(c.MediaTypes, line["media_type"].(string)) {
				t.Errorf("line %v", line)
			}
		}
	}
	m, _ := w.page(borealis, manifest)
	if m.Objects[0]["version"] != "2026-01-01T00:00:00.100000Z" {
		t.Errorf("version %v is not the modified of the object", m.Objects[0]["version"])
	}
}

func TestS22AbsentIsNotFilteredOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicator(1, 0))
	for path, want := range map[string]int{
		objects + indicatorID(1) + "/": 200, objects + indicatorID(1) + "/?match[version]=2031-01-01T00:00:00Z": 200,
		objects + indicatorID(2) + "/": 404, objects + indicatorID(2) + "/versions/": 404, objects + "x/": 404, objects + "x/versions/": 404,
	} {
		w.wantStatus(w.get(borealis, path), want, path)
	}
	w.wantStatus(w.get(borealis, objects+"?match[id]="+indicatorID(2)), 200, "no match is no error")
}

func TestS23DuplicatesAreNoError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"objects":[` + indicator(1, 0) + `,` + indicator(2, 0) + `]}`
	for range 2 {
		if r := w.add(body); !strings.Contains(r.body, `"success_count":2`) || !strings.Contains(r.body, `"failure_count":0`) {
			t.Errorf("%s", r.body)
		}
	}
	bundle := `{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[` + indicator(3, 0) + `]}`
	w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", []byte(bundle)), 422, "a bundle is no envelope")
	if r := w.add(`{"objects":[` + bundle + `,` + indicator(4, 0) + `]}`); !strings.Contains(r.body, `"failure_count":1`) || !strings.Contains(r.body, `"success_count":1`) {
		t.Errorf("a bundle among objects: %s", r.body)
	}
	if _, err := w.node.Object(t.Context(), indicatorID(3)); err == nil {
		t.Error("an object of a refused body is there")
	}
}

func (w *world) add(body string) reply {
	w.t.Helper()
	r := w.ask(borealis, http.MethodPost, contribs+"objects/", []byte(body))
	w.wantStatus(r, 202, "POST")
	return r
}

func TestS24OneBadObjectFailsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	twice := strings.Replace(indicator(2, 0), `"name"`, `"name":"x","name"`, 1) // J2
	spoofed := strings.Replace(indicator(3, 0), `"type"`, `"Type":"x","type"`, 1)
	if r := w.add(`{"objects":[` + indicator(1, 0) + `,` + twice + `,7,` + spoofed + "," + malware(4) + `]}`); !strings.Contains(r.body, `"success_count":2`) || !strings.Contains(r.body, `"failure_count":3`) {
		t.Errorf("%s", r.body)
	}
	for _, body := range []string{"", "[]", "7", `{"objects":{}}`, `{"objects":[` + indicator(5, 0), `{"objects":[]}x`, `{"objects":[],"objects":[]}`, `{"objects":[}]}`} {
		w.wantStatus(w.ask(borealis, http.MethodPost, contribs+"objects/", []byte(body)), 422, body)
	}
	if r := w.add(`{}`); !strings.Contains(r.body, `"total_count":0`) {
		t.Errorf("nothing at all: %s", r.body)
	}
	if r := w.add(`{"objects":[],"more":false,"x_new":[1]}`); !strings.Contains(r.body, `"total_count":0`) {
		t.Errorf("7.1 unknown properties: %s", r.body)
	}
}

func TestS25DeletingIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicator(1, 0))
	for path, want := range map[string]int{
		objects + indicatorID(1) + "/": 403, contribs + "objects/" + indicatorID(1) + "/": 403, "/entente/collections/none/objects/" + indicatorID(1) + "/": 404,
		objects + indicatorID(2) + "/": 403, objects + indicatorID(1) + "/?match[version]=all": 403,
	} {
		w.wantStatus(w.ask(borealis, http.MethodDelete, path, nil), want, path)
	}
	w.wantStatus(w.get(borealis, objects+indicatorID(1)+"/"), 200, "still there")
}

func TestS26RightsArePerRequester(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]int{objects: 200, manifest: 200, contribs + "objects/": 403, contribs + "manifest/": 403, contribs + "objects/" + indicatorID(1) + "/versions/": 403, contribs: 200} {
		w.wantStatus(w.get(borealis, path), want, path)
	}
	w.wantStatus(w.ask(borealis, http.MethodPost, objects, []byte(`{"objects":[`+indicator(1, 0)+`]}`)), 403, "POST to what is read only")
	body := w.get(borealis, "/entente/collections/").body
	if !strings.Contains(body, `"can_read":true,"can_write":false`) || !strings.Contains(body, `"can_read":false,"can_write":true`) {
		t.Errorf("%s", body)
	}
}

// What one party may see changes nothing in what another gets: no page, count,
// cursor, version or absence.
func TestS27FilteringComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, indicator(1, 1))
	w.release(borealis, indicator(2, 0), indicator(3, 0))
	type view struct{ objects, manifest, page, versions, absent string }
	look := func(of party.ID) view {
		return view{
			w.get(of, objects).body, w.get(of, manifest).body, w.get(of, objects+"?limit=2").body,
			w.get(of, objects+indicatorID(1)+"/versions/").body, w.get(of, objects+indicatorID(8)+"/").body,
		}
	}
	before, now := look(borealis), w.now
	w.release(cordova, indicator(1, 2), indicator(8, 0)) // a newer version, for Cordova alone
	w.release(cordova, many(10, 20)...)
	w.now = now // cursors say until when they are good
	if after := look(borealis); after != before {
		t.Errorf("Borealis sees what Cordova got:\n%+v\n%+v", before, after)
	}
	if e, _ := w.page(borealis, manifest+"?match[id]="+indicatorID(1)); len(e.Objects) != 1 || e.Objects[0]["version"] != "2026-01-01T00:00:01.000Z" {
		t.Errorf("the newest version for Borealis: %v", e.Objects)
	}
	if e, _ := w.page(cordova, manifest); len(e.Objects) != 12 {
		t.Errorf("Cordova sees %v", e.ids())
	}
	// P20, PR9: forbidden and absent are the same bytes.
	forbidden, absent := w.get(borealis, objects+indicatorID(8)+"/"), w.get(borealis, objects+indicatorID(99)+"/")
	if forbidden.status != absent.status || forbidden.body != absent.body || !sameHeader(forbidden.header, absent.header) {
		t.Errorf("forbidden %v, absent %v", forbidden, absent)
	}
}

// TestS29MalformedIdsAreNotFound, and no method gets round what another may not (H15).
func TestS29MalformedIdsAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/entente/collections/x/", "/entente/collections/" + strings.Repeat("a", 5000) + "/objects/", "/entente/status/not-a-uuid/", "/other/", "/other/collections/", objects + "not--an--id/", objects + "x/y/", objects + "x/versions/y/"} {
		w.wantStatus(w.get(borealis, path), 404, path)
	}
	for path, methods := range map[string][]string{
		"/taxii2/": {"POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"}, "/entente/collections/": {"POST", "PUT", "DELETE"}, manifest: {"POST", "DELETE"}, objects: {"PUT", "DELETE", "HEAD"},
		objects + indicatorID(1) + "/": {"POST", "PUT"}, objects + indicatorID(1) + "/versions/": {"DELETE"}, "/entente/status/x/": {"DELETE"},
	} {
		for _, method := range methods {
			if r := w.ask(borealis, method, path, nil); r.status != 405 || r.header.Get("Allow") == "" {
				t.Errorf("%s %s: %d, Allow %q", method, path, r.status, r.header.Get("Allow"))
			}
		}
	}
}
