package misp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/keyring"
	"entente/party"
	"entente/store"
	"entente/transparency"
	"entente/wire/misp"
)

const (
	aurelia  party.ID = "csirt-aurelia" // the node
	borealis party.ID = "csirt-borealis"
	cordova  party.ID = "ncsc-cordova"
	delphi   party.ID = "isac-delphi"
)

const green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"

const memorandum = `
entente: 1
kind: Instrument
id: mou-abcd
title: Memorandum of four (illustrative)
nature: mou
binding: true
regime: cooperation
default: prohibit
version: 1.0.0
parties:
  - {party: csirt-aurelia, events: [{signature: 2025-01-10}, {in-force: 2025-02-01}]}
  - {party: csirt-borealis, events: [{signature: 2025-01-12}, {in-force: 2025-02-01}]}
  - {party: ncsc-cordova, events: [{signature: 2025-01-12}, {in-force: 2025-02-01}]}
  - {party: isac-delphi, events: [{signature: 2025-01-12}, {in-force: 2025-02-01}]}
in_force: {from: 2025-02-01}
clauses:
  - id: art3
    cite: "Art. 3"
    text: The Parties may exchange information up to TLP:GREEN.
    modality: permission
    act: share
    when: {tlp: {max: green}}
`

// world is a node with three partners, reached through its MISP door.
type world struct {
	t       testing.TB
	now     time.Time
	node    *exchange.Service
	door    *misp.Server
	secrets map[party.ID]string
}

func newWorld(t testing.TB, change ...func(*misp.Config)) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), secrets: map[party.ID]string{}}
	dir := t.TempDir()
	ring, err := keyring.Create(filepath.Join(dir, "keys"), aurelia, w.now)
	must(t, err)
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "node.db"), store.Options{Log: transparency.NewLog(ring.LogSigner())})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	keyID, key := ring.Signing()
	w.node = exchange.New(exchange.Config{
		Self: aurelia, Publisher: "identity--00000000-0000-4000-8000-000000000001",
		Keys: exchange.SigningKey{ID: keyID, Private: key}, LogKey: ring.LogKey(), Secret: ring.Secret(),
		Store: db, Transport: nowhere{}, Now: func() time.Time { return w.now }, Rand: rand.Reader,
	})
	must(t, w.node.KeepSelf(t.Context(), party.Party{
		ID: aurelia, Name: "CSIRT Aurelia", Kind: "csirt", Jurisdiction: "AA", Contact: "24/7: +00 1", SigningKeys: ring.SigningKeys(),
		LogKey: ring.LogKey(), TrustBundle: ring.TrustBundle(), Endpoint: "https://aurelia.example",
	}))
	for _, id := range []party.ID{borealis, cordova, delphi} {
		p := party.Party{ID: id, Name: "Partner " + string(id), Kind: "csirt", Jurisdiction: "BB"}
		card, err := json.Marshal(p)
		must(t, err)
		_, err = w.node.AddParty(t.Context(), exchange.AddPartyRequest{Card: card, Fingerprint: p.Fingerprint().String(), Identity: p.Identity, Contested: true})
		must(t, err)
		g, err := w.node.Grant(t.Context(), exchange.GrantRequest{Party: id})
		must(t, err)
		w.secrets[id] = g.Secret
	}
	_, err = w.node.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "mou.yaml", Source: []byte(memorandum), By: "test"})
	must(t, err)
	c := misp.Config{Exchange: w.node, Now: func() time.Time { return w.now }, NewID: uuid.NewString}
	for _, f := range change {
		f(&c)
	}
	w.door = misp.New(c)
	return w
}

// nowhere carries no messages: the partners run no nodes, everything is fetched.
type nowhere struct{}

func (nowhere) Post(_ context.Context, to party.Party, _ []byte) ([]byte, error) {
	return nil, fault.New(fault.Invalid, "peer.endpoint", "The card of %s has no https endpoint.", to.ID)
}

// imports takes a document in at the node.
func (w *world) imports(doc string) {
	w.t.Helper()
	rep, err := w.node.Import(w.t.Context(), exchange.ImportRequest{Data: []byte(doc)})
	must(w.t, err)
	for _, l := range rep.Objects {
		if l.Result == exchange.ResultQuarantined {
			w.t.Fatalf("%s is quarantined: %s %s", l.ID, l.Code, l.Detail)
		}
	}
}

// release sends objects to a party, alone or with what they refer to.
func (w *world) release(to party.ID, alone bool, ids ...string) string {
	w.t.Helper()
	w.now = w.now.Add(2 * time.Second)
	sent, err := w.node.Send(w.t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: ids, To: []party.ID{to}, Alone: alone}})
	must(w.t, err)
	if sent.Releases[0].Release == "" {
		w.t.Fatalf("nothing was released: %+v", sent.Releases[0])
	}
	w.now = w.now.Add(time.Second) // the index has what happened up to the last second that is over
	return sent.Releases[0].Release
}

func id(kind string, n int) string {
	return fmt.Sprintf("%s--%08x-0000-4000-8000-000000000000", kind, n)
}

func uuidOf(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", n) }

// indicator is indicator n in its version of a second, for an address of its own.
func indicator(n, second int) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":%q,"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:%02d.000Z",`+
		`"name":"seen","pattern":"[ipv4-addr:value = '198.51.100.%d']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","object_marking_refs":[%q]}`,
		id("indicator", n), second, n, green)
}

// report is report n about indicators.
func report(n int, about ...int) string {
	refs := make([]string, len(about))
	for i, a := range about {
		refs[i] = `"` + id("indicator", a) + `"`
	}
	return fmt.Sprintf(`{"type":"report","spec_version":"2.1","id":%q,"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",`+
		`"name":"Report %d","published":"2026-01-01T00:00:00Z","object_refs":[%s],"object_marking_refs":[%q]}`, id("report", n), n, strings.Join(refs, ","), green)
}

func bundle(objects ...string) string { return "[" + strings.Join(objects, ",") + "]" }

// reply is an answer of the door.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request of a party as MISP and PyMISP do; edit changes it.
func (w *world) ask(of party.ID, method, path, body string, edit ...func(*http.Request)) reply {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	if of != "" {
		r.Header.Set("Authorization", w.secrets[of])
	}
	for _, f := range edit {
		f(r)
	}
	rec := httptest.NewRecorder()
	w.door.ServeHTTP(rec, r)
	out := reply{rec.Code, rec.Header(), rec.Body.String()}
	if out.header.Get("Content-Encoding") == "gzip" {
		gz, err := gzip.NewReader(strings.NewReader(out.body))
		must(w.t, err)
		b, err := io.ReadAll(gz)
		must(w.t, err)
		out.body = string(b)
	}
	if out.status >= 400 && method != http.MethodHead {
		var e struct {
			Name    string `json:"name"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal([]byte(out.body), &e); err != nil || e.Message == "" || e.Name == "" {
			w.t.Errorf("%s %s: error body %s (%v)", method, path, out.body, err)
		}
	}
	return out
}

// event is an event as clients read it.
type event struct {
	UUID         string `json:"uuid"`
	Info         string `json:"info"`
	Timestamp    string `json:"timestamp"`
	Distribution string `json:"distribution"`
	Published    bool   `json:"published"`
	OrgcUUID     string `json:"orgc_uuid"`
	Attribute    []attribute
	Object       []struct {
		UUID      string `json:"uuid"`
		Attribute []attribute
	}
	Tag []struct {
		Name string `json:"name"`
	}
}

type attribute struct {
	UUID         string `json:"uuid"`
	Value        string `json:"value"`
	Type         string `json:"type"`
	Distribution string `json:"distribution"`
	Deleted      bool   `json:"deleted"`
}

func decode[T any](w *world, r reply) (v T) {
	w.t.Helper()
	if r.status != http.StatusOK {
		w.t.Fatalf("status %d: %s", r.status, r.body)
	}
	must(w.t, json.Unmarshal([]byte(r.body), &v))
	return v
}

func (w *world) index(of party.ID, query string) []event {
	w.t.Helper()
	return decode[[]event](w, w.ask(of, http.MethodPost, "/events/index", query))
}

func (w *world) view(of party.ID, id string) event {
	w.t.Helper()
	return decode[struct{ Event event }](w, w.ask(of, http.MethodGet, "/events/view/"+id, "")).Event
}

func (e event) values() (all []string) {
	for _, a := range e.Attribute {
		all = append(all, a.Value)
	}
	return all
}

func packed(b string) string {
	var out bytes.Buffer
	gz := gzip.NewWriter(&out)
	_, _ = gz.Write([]byte(b))
	_ = gz.Close()
	return out.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) want(got, want any, what string) {
	w.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
