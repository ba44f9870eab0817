package taxii_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/keyring"
	"entente/party"
	"entente/store"
	"entente/transparency"
	"entente/wire/taxii"
)

const (
	aurelia  party.ID = "csirt-aurelia" // the node
	borealis party.ID = "csirt-borealis"
	cordova  party.ID = "ncsc-cordova"
)

const green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"

const memorandum = `
entente: 1
kind: Instrument
id: mou-abc
title: Memorandum of three (illustrative)
nature: mou
binding: true
regime: cooperation
default: prohibit
version: 1.0.0
parties:
  - {party: csirt-aurelia, events: [{signature: 2025-01-10}, {in-force: 2025-02-01}]}
  - {party: csirt-borealis, events: [{signature: 2025-01-12}, {in-force: 2025-02-01}]}
  - {party: ncsc-cordova, events: [{signature: 2025-01-12}, {in-force: 2025-02-01}]}
in_force: {from: 2025-02-01}
clauses:
  - id: art3
    cite: "Art. 3"
    text: The Parties may exchange information up to TLP:GREEN.
    modality: permission
    act: share
    when: {tlp: {max: green}}
`

// world is a node with two partners, reached through its TAXII door.
type world struct {
	t       testing.TB
	now     time.Time
	ring    *keyring.Ring
	db      *store.Store
	node    *exchange.Service
	door    *taxii.Server
	file    string
	secrets map[party.ID]string
	change  func(*taxii.Config)
}

func newWorld(t testing.TB, change ...func(*taxii.Config)) *world {
	t.Helper()
	return openWorld(t, t.TempDir(), change...)
}

// openWorld is the world kept in a folder; it is made when there is none.
func openWorld(t testing.TB, dir string, change ...func(*taxii.Config)) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), secrets: map[party.ID]string{}}
	w.change = func(c *taxii.Config) {
		for _, f := range change {
			f(c)
		}
	}
	keys := filepath.Join(dir, "keys")
	_, err := os.Stat(keys)
	fresh := err != nil
	if fresh {
		w.ring, err = keyring.Create(keys, aurelia, w.now)
	} else {
		w.ring, err = keyring.Load(keys)
	}
	must(t, err)
	w.file = filepath.Join(dir, "node.db")
	w.db, err = store.Open(t.Context(), "sqlite:"+w.file, store.Options{Log: transparency.NewLog(w.ring.LogSigner())})
	must(t, err)
	t.Cleanup(func() { must(t, w.db.Close()) })
	w.start()
	must(t, w.node.KeepSelf(t.Context(), party.Party{
		ID: aurelia, Name: "CSIRT Aurelia", Kind: "csirt", Jurisdiction: "AA", Contact: "24/7: +00 1", SigningKeys: w.ring.SigningKeys(),
		LogKey: w.ring.LogKey(), TrustBundle: w.ring.TrustBundle(), Endpoint: "https://aurelia.example",
	}))
	for id, name := range map[party.ID]string{borealis: "CSIRT Borealis", cordova: "NCSC Cordova"} {
		if fresh {
			w.meet(party.Party{ID: id, Name: name, Kind: "csirt", Jurisdiction: "BB"})
		}
		g, err := w.node.Grant(t.Context(), exchange.GrantRequest{Party: id})
		must(t, err)
		w.secrets[id] = g.Secret
	}
	if fresh {
		_, err = w.node.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "mou.yaml", Source: []byte(memorandum), By: "test"})
		must(t, err)
	}
	return w
}

// start makes the service and the door anew on what is stored, as a restart does.
func (w *world) start() {
	w.t.Helper()
	keyID, key := w.ring.Signing()
	w.node = exchange.New(exchange.Config{
		Self: aurelia, Publisher: "identity--00000000-0000-4000-8000-000000000001",
		Keys: exchange.SigningKey{ID: keyID, Private: key}, LogKey: w.ring.LogKey(), Secret: w.ring.Secret(),
		Store: w.db, Transport: nowhere{}, Now: func() time.Time { return w.now }, Rand: rand.Reader,
	})
	c := taxii.Config{
		Exchange: w.node, Secret: w.ring.Secret(), Now: func() time.Time { return w.now },
		Identify: func(tls.ConnectionState) (party.ID, error) { return "", errors.New("not here") },
	}
	w.change(&c)
	var err error
	w.door, err = taxii.New(c)
	must(w.t, err)
}

// nowhere carries no messages: the partners run no nodes, everything is fetched.
type nowhere struct{}

func (nowhere) Post(_ context.Context, to party.Party, _ []byte) ([]byte, error) {
	return nil, fault.New(fault.Invalid, "peer.endpoint", "The card of %s has no https endpoint.", to.ID)
}

func (w *world) meet(p party.Party) {
	w.t.Helper()
	card, err := json.Marshal(p)
	must(w.t, err)
	_, err = w.node.AddParty(w.t.Context(), exchange.AddPartyRequest{Card: card, Fingerprint: p.Fingerprint().String(), Identity: p.Identity, Contested: true})
	must(w.t, err)
}

// release imports objects and releases them to a party, all in one.
func (w *world) release(to party.ID, objects ...string) string {
	w.t.Helper()
	rep, err := w.node.Import(w.t.Context(), exchange.ImportRequest{Data: []byte("[" + strings.Join(objects, ",") + "]")})
	must(w.t, err)
	var ids []string
	for _, l := range rep.Objects {
		if l.Result == exchange.ResultQuarantined {
			w.t.Fatalf("%s is quarantined: %s %s", l.ID, l.Code, l.Detail)
		}
		ids = append(ids, l.ID)
	}
	w.now = w.now.Add(time.Second)
	sent, err := w.node.Send(w.t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: ids, To: []party.ID{to}, Alone: true}})
	must(w.t, err)
	if sent.Releases[0].Items != len(objects) {
		w.t.Fatalf("%d of %d objects were released", sent.Releases[0].Items, len(objects))
	}
	return sent.Releases[0].Release
}

func indicatorID(n int) string { return fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", n) }

// indicator is indicator n in its version of a second.
func indicator(n, second int) string {
	return indicatorAt(n, fmt.Sprintf("2026-01-01T00:00:%02d.000Z", second))
}

func indicatorAt(n int, modified string) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":%q,"created":"2026-01-01T00:00:00.000Z","modified":%q,`+
		`"name":"canary %d","pattern":"[ipv4-addr:value = '10.%d.%d.%d']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","object_marking_refs":[%q]}`,
		indicatorID(n), modified, n, n>>16&255, n>>8&255, n&255, green)
}

func malware(n int) string {
	return fmt.Sprintf(`{"type":"malware","spec_version":"2.1","id":"malware--00000000-0000-4000-8000-%012d","created":"2026-01-01T00:00:00.000Z",`+
		`"modified":"2026-01-01T00:00:00.000Z","is_family":false,"object_marking_refs":[%q]}`, n, green)
}

const (
	addressID = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
	address   = `{"type":"ipv4-addr","spec_version":"2.1","id":"` + addressID + `","value":"198.51.100.3","object_marking_refs":["` + green + `"]}`
)

// many is indicators from..to, of one version.
func many(from, to int) []string {
	var all []string
	for n := from; n < to; n++ {
		all = append(all, indicator(n, 0))
	}
	return all
}

// reply is an answer of the door.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request of a party; edit changes it.
func (w *world) ask(of party.ID, method, path string, body []byte, edit ...func(*http.Request)) reply {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(body))
	r.Header.Set("Accept", "application/taxii+json;version=2.1")
	if of != "" {
		r.Header.Set("Authorization", "Bearer "+w.secrets[of])
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	for _, f := range edit {
		f(r)
	}
	rec := httptest.NewRecorder()
	w.door.ServeHTTP(rec, r)
	out := reply{rec.Code, rec.Header(), rec.Body.String()}
	if out.header.Get("Content-Type") != taxii.MediaType {
		w.t.Errorf("S2 %s %s: Content-Type %q", method, path, out.header.Get("Content-Type"))
	}
	if out.status >= 400 {
		var e struct {
			Title  string `json:"title"`
			Status string `json:"http_status"`
		}
		if err := json.Unmarshal([]byte(out.plain(w.t)), &e); err != nil || e.Title == "" || e.Status != strconv.Itoa(out.status) {
			w.t.Errorf("S11 %s %s: error body %s (%v)", method, path, out.body, err)
		}
	}
	return out
}

func (w *world) get(of party.ID, path string) reply {
	w.t.Helper()
	return w.ask(of, http.MethodGet, path, nil)
}

// plain is the body without compression.
func (r reply) plain(t testing.TB) string {
	t.Helper()
	if r.header.Get("Content-Encoding") != "gzip" {
		return r.body
	}
	gz, err := gzip.NewReader(strings.NewReader(r.body))
	must(t, err)
	b, err := io.ReadAll(gz)
	must(t, err)
	return string(b)
}

// envelope is any page.
type envelope struct {
	More     bool             `json:"more"`
	Next     string           `json:"next"`
	Objects  []map[string]any `json:"objects"`
	Versions []string         `json:"versions"`
}

func (w *world) page(of party.ID, path string) (envelope, reply) {
	w.t.Helper()
	r := w.get(of, path)
	if r.status != http.StatusOK {
		w.t.Fatalf("%s: %d %s", path, r.status, r.body)
	}
	var e envelope
	must(w.t, json.Unmarshal([]byte(r.plain(w.t)), &e))
	return e, r
}

func (e envelope) ids() []string {
	var ids []string
	for _, o := range e.Objects {
		ids = append(ids, o["id"].(string))
	}
	return ids
}

const (
	released  = "/entente/collections/released/"
	contribs  = "/entente/collections/contributions/"
	objects   = released + "objects/"
	manifest  = released + "manifest/"
	timeStamp = "2006-01-02T15:04:05.000000Z"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) wantStatus(r reply, want int, what string) {
	w.t.Helper()
	if r.status != want {
		w.t.Errorf("%s: status %d, want %d (%s)", what, r.status, want, r.body)
	}
}
