package console

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/exchange"
	"entente/instrument"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

type fake struct {
	decided  []exchange.DecisionRecord
	parties  []party.Party
	objects  []exchange.Stored
	texts    []exchange.InstrumentView
	acts     []exchange.ActView
	found    string // what a search finds in every object
	sources  []exchange.Source
	webhooks []exchange.Webhook
	duties   []exchange.DutyView
	cases    []exchange.CaseView
	err      error
}

func (f fake) Duties(context.Context, exchange.DutyFilter) ([]exchange.DutyView, error) {
	return f.duties, f.err
}

func (f fake) Duty(_ context.Context, id string) (exchange.DutyView, error) {
	for _, d := range f.duties {
		if d.ID == id {
			return d, f.err
		}
	}
	return exchange.DutyView{}, fault.New(fault.NotFound, "duty.unknown", "There is no duty %s.", id)
}

func (f fake) Sources(context.Context) ([]exchange.Source, error) { return f.sources, f.err }

func (f fake) Webhooks(context.Context) ([]exchange.Webhook, error) { return f.webhooks, f.err }

func (f fake) Cases(context.Context, exchange.CaseFilter) ([]exchange.CaseSummary, error) {
	var list []exchange.CaseSummary
	for _, v := range f.cases {
		list = append(list, v.CaseSummary)
	}
	return list, f.err
}

func (f fake) Case(_ context.Context, id string) (exchange.CaseView, error) {
	for _, v := range f.cases {
		if v.ID == id {
			return v, f.err
		}
	}
	return exchange.CaseView{}, fault.New(fault.NotFound, "case.unknown", "There is no case %s.", id)
}

func (f fake) Instruments(context.Context) ([]exchange.InstrumentView, error) { return f.texts, f.err }

func (f fake) Instrument(_ context.Context, id string) (exchange.InstrumentView, error) {
	for _, v := range f.texts {
		if v.ID == id {
			return v, f.err
		}
	}
	return exchange.InstrumentView{}, fault.New(fault.NotFound, "instrument.unknown", "There is no instrument %q.", id)
}

func (f fake) InstrumentText(_ context.Context, name string) (exchange.TextView, error) {
	parties := []exchange.PartyView{{Party: "csirt-aurelia", Basis: "asserted and signed", Bound: true}}
	return exchange.TextView{ID: name, Phase: instrument.PhaseInForce, Why: "It is in force between two of its parties.", Parties: parties, Acts: f.acts}, f.err
}

func (f fake) Decisions(_ context.Context, before int64, limit int) ([]exchange.DecisionRecord, error) {
	var out []exchange.DecisionRecord
	for _, d := range f.decided {
		if (before == 0 || d.Seq < before) && len(out) < limit {
			out = append(out, d)
		}
	}
	return out, f.err
}

func (f fake) Releases(context.Context, exchange.ReleaseFilter) ([]exchange.Release, error) {
	return nil, f.err
}

func (f fake) Objects(context.Context, exchange.ObjectFilter) ([]exchange.Stored, error) {
	return f.objects, f.err
}

func (f fake) Claims(context.Context) ([]exchange.Claim, error) {
	others := []exchange.Maker{{Party: "isac-<north>", Objects: 3}}
	return []exchange.Claim{{Party: "ncsc-cordova", Identity: "identity--1", Others: others}}, f.err
}

func (f fake) Intakes(context.Context) ([]exchange.Intake, error) {
	return []exchange.Intake{{Usage: exchange.Usage{Party: "ncsc-cordova", DayObjects: 12, Objects: 345}, Full: 6}}, f.err
}

func (f fake) Parties(context.Context) ([]party.Party, error) { return f.parties, f.err }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // read only

// sample is a decision that uses every part of the page.
func sample(t *testing.T) exchange.DecisionRecord {
	t.Helper()
	clause := decision.ClauseRef{Instrument: "mou-aa-xx", Clause: "s3", Cite: "Section 3(1)"}
	d := decision.Decision{
		Request: decision.Request{
			Subject: decision.Subject{ID: "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", Type: "indicator", TLP: intel.AmberStrict, Categories: []privacy.Category{privacy.PersonalIdentifier}},
			Sender:  decision.Actor{ID: "csirt-aurelia"}, Recipient: decision.Actor{ID: "ncsc-cordova"}, Act: "share", Purpose: "incident-response", At: noon,
		},
		Outcome: decision.Transform, Transforms: []string{"generalise-address", "pseudonymise"},
		Needs:         []decision.Need{{Transform: "pseudonymise", Reason: decision.Reason{ClauseRef: clause, Text: "requires at least pseudonymise of personal-identifier"}}},
		Because:       []decision.Reason{{Text: "no clause of the cooperation regime permits this transfer"}},
		Basis:         []decision.Basis{{ClauseRef: clause, Effect: "permits", Text: "Technical indicators may be shared for incident response."}, {ClauseRef: clause, Effect: "defeated", DefeatedBy: "art49"}},
		Duties:        []decision.DutyRef{{ClauseRef: clause, ID: "delete", What: "delete", Bearer: "recipient", Within: "P180D", After: "receipt"}},
		NotUsed:       []decision.NotUsed{{Instrument: "eu-nis", Why: "not a party"}},
		Unknowns:      []string{"victim_consent"},
		WhatIf:        []decision.WhatIf{{Change: "victim_consent were true", Outcome: decision.Permit}},
		Warnings:      []decision.Reason{{ClauseRef: clause, Text: "UN norm 13(c)"}},
		Preconditions: []decision.Precondition{{ClauseRef: clause, Safeguard: "encryption", ApprovalBy: "dpo"}},
		Dilemma:       &decision.Dilemma{Text: "A duty to report remains.", Duties: []decision.DutyRef{{ClauseRef: clause, What: "report", Bearer: "sender"}}},
		LawApplied:    []decision.LawRef{{Instrument: "mou-aa-xx", Version: "1.0", Illustrative: true, Hash: ident.Sum([]byte("law"))}},
		Conflicts: []decision.Conflict{
			{Kind: decision.PermitDeny, Winner: clause, Loser: decision.ClauseRef{Instrument: "tlp", Clause: "amber"}, By: "superior"},
		},
		Engine: "1",
	}
	body, err := json.Marshal(d, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return exchange.DecisionRecord{
		Seq: 41, Digest: ident.Sum(body), ObjectID: d.Request.Subject.ID, Object: ident.Sum([]byte("object")),
		Recipient: "ncsc-cordova", Outcome: d.Outcome, Body: body, Epoch: 7, At: noon, Release: "0198f3a2", Leaf: 1234,
	}
}

type browser struct {
	t      *testing.T
	h      http.Handler
	cookie *http.Cookie
}

func (b browser) do(r *http.Request) *httptest.ResponseRecorder {
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

func (b browser) get(path string) *httptest.ResponseRecorder {
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// enter goes through a fresh link.
func enter(t *testing.T, c *Console) browser {
	t.Helper()
	b := browser{t: t, h: c.Handler()}
	w := b.do(httptest.NewRequest(http.MethodPost, c.EnterPath(), nil))
	if w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 1 {
		t.Fatalf("could not enter: %d %s", w.Code, w.Body)
	}
	b.cookie = w.Result().Cookies()[0]
	return b
}

func newConsole(f fake, now func() time.Time) *Console {
	return New(Config{Exchange: f, Party: "CSIRT Aurelia", Now: now})
}

func fixed() time.Time { return noon }

func TestNobodySeesAPageWithoutALink(t *testing.T) {
	t.Parallel()
	b := browser{h: newConsole(fake{}, fixed).Handler()}
	for _, path := range []string{"/", "/releases", "/objects", "/parties", "/sources", "/webhooks", "/duties", "/duties/d1", "/instruments", "/instruments/eu-nis2", "/why/" + ident.Sum(nil).String(), "/nope"} {
		w := b.get(path)
		if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "<nav") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestH7ALinkLetsOneBrowserInOnceWithinHalfAnHour(t *testing.T) {
	t.Parallel()
	now := noon
	c := newConsole(fake{}, func() time.Time { return now })
	b := browser{h: c.Handler()}
	link := c.EnterPath()
	if w := b.get(link); w.Code != http.StatusOK || len(w.Result().Cookies()) != 0 {
		t.Fatalf("looking at the link used it up: %d", w.Code)
	}
	w := b.do(httptest.NewRequest(http.MethodPost, link, nil))
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("cookies %v", cookies)
	}
	if w := b.do(httptest.NewRequest(http.MethodPost, link, nil)); w.Code != http.StatusUnauthorized {
		t.Errorf("a used link lets in: %d", w.Code)
	}
	late := c.EnterPath()
	now = now.Add(inviteLife)
	if w := b.do(httptest.NewRequest(http.MethodPost, late, nil)); w.Code != http.StatusUnauthorized {
		t.Errorf("a link of half an hour ago lets in: %d", w.Code)
	}
	b.cookie = cookies[0]
	if w := b.get("/"); w.Code != http.StatusOK {
		t.Errorf("session: %d", w.Code)
	}
	now = now.Add(sessionLife)
	if w := b.get("/"); w.Code != http.StatusUnauthorized {
		t.Errorf("a session does not end: %d", w.Code)
	}
}

func TestH6EnteringFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	c := newConsole(fake{}, fixed)
	r := httptest.NewRequest(http.MethodPost, c.EnterPath(), nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := (browser{h: c.Handler()}).do(r); w.Code != http.StatusForbidden {
		t.Errorf("got %d", w.Code)
	}
}

func TestInvitationsAndSessionsAreBounded(t *testing.T) {
	t.Parallel()
	c := newConsole(fake{}, fixed)
	for range 10 * maxInvites {
		c.EnterPath()
	}
	if n := len(c.sessions.invites); n != maxInvites {
		t.Errorf("%d invitations are kept", n)
	}
	enter(t, c)
}

func TestH10EveryResponseHasTheHeaders(t *testing.T) {
	t.Parallel()
	b := enter(t, newConsole(fake{}, fixed))
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types entente",
		"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
	}
	for _, path := range []string{"/", "/nope", "/style.css", "/favicon.svg", "/enter/x"} {
		h := b.get(path).Header()
		for name, value := range want {
			if h.Get(name) != value {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
	}
}

// TestP30EveryPageOfAnExerciseSaysSo: the title too, which a printed page or a
// row of tabs shows.
func TestP30EveryPageOfAnExerciseSaysSo(t *testing.T) {
	t.Parallel()
	played := New(Config{Exchange: fake{}, Party: "CSIRT Aurelia", Exercise: "lantern-26", Now: fixed})
	earnest := enter(t, newConsole(fake{}, fixed))
	b := enter(t, played)
	for _, path := range []string{"/", "/releases", "/objects", "/parties", "/instruments", "/nope"} {
		page := b.get(path).Body.String()
		if !strings.Contains(page, "<title>Exercise") || !strings.Contains(page, "<bdi>lantern-26</bdi>") {
			t.Errorf("%s does not name the exercise", path)
		}
		if strings.Contains(earnest.get(path).Body.String(), "xercise") {
			t.Errorf("%s in earnest speaks of an exercise", path)
		}
	}
}

// TestPagesAsReviewed keeps the pages under review as files.
func TestPagesAsReviewed(t *testing.T) {
	t.Parallel()
	d := sample(t)
	full := enter(t, newConsole(fake{
		found:   "update.helio-cdn.example",
		decided: []exchange.DecisionRecord{d},
		parties: []party.Party{{ID: "ncsc-cordova", Name: "NCSC Cordova", Kind: "csirt", Jurisdiction: "XX", Endpoint: "https://cordova.example:8421"}},
		sources: []exchange.Source{
			{ID: "s1", Name: "Feed <1>", URL: "https://feed.example/taxii2/", From: "ncsc-cordova", Under: []string{"mou-abc"}, Licence: "CC BY 4.0", State: exchange.SourceState{Succeeded: noon, Due: noon.Add(time.Hour), New: 7}},
			{ID: "s2", Name: "Gone", URL: "https://gone.example/", From: "csirt-aurelia", State: exchange.SourceState{Failures: 3, Code: "source.unreachable", Fault: "The server gone.example does not answer."}},
			{ID: "s3", Name: "Resting", Paused: true},
		},
		webhooks: []exchange.Webhook{
			{ID: "w1", Party: "ncsc-cordova", URL: "https://soar.cordova.example/hook", Label: "SOAR <1>", State: exchange.WebhookState{Upto: noon, Told: 7}},
			{ID: "w2", Party: "ncsc-cordova", URL: "https://gone.example/", State: exchange.WebhookState{Upto: noon, Due: noon.Add(time.Hour), Failures: 3, Code: "webhook.unreachable", Fault: "The server gone.example does not answer."}},
			{ID: "w3", Party: "ncsc-cordova", URL: "https://moved.example/", Paused: true, State: exchange.WebhookState{Upto: noon, Failures: 1, Code: "webhook.gone", Fault: "The receiver moved.example wants no more calls (status 410)."}},
		},
		duties:  sampleDuties(),
		cases:   sampleCases(),
		objects: []exchange.Stored{{ID: d.ObjectID, Type: "indicator", Raw: []byte(`{"type":"indicator"}`), Version: "2026-11-20T10:00:00.000Z", Provenance: exchange.Provenance{From: "csirt-aurelia", At: noon}, ReleasedTo: []party.ID{"ncsc-cordova"}}},
	}, fixed))
	empty := enter(t, newConsole(fake{}, fixed))
	for name, w := range map[string]*httptest.ResponseRecorder{
		"decisions": full.get("/"), "objects": full.get("/objects"), "parties": full.get("/parties"), "sources": full.get("/sources"), "webhooks": full.get("/webhooks"),
		"duties": full.get("/duties"), "duty": full.get("/duties/d1"),
		"cases": full.get("/cases"), "case": full.get("/cases/c1"), "case-findings": full.get("/cases/c2"),
		"found": full.get("/search?q=lantern"), "object": full.get("/objects/" + d.ObjectID),
		"why": full.get("/why/" + d.Digest.String() + "?at=41"), "empty": empty.get("/"), "unknown": empty.get("/nope"),
	} {
		golden := filepath.Join("testdata", name+".html")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(golden, w.Body.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), w.Body.String()); diff != "" {
			t.Errorf("%s changed; look at the difference and run with UPDATE=1:\n%s", name, diff)
		}
	}
}

func TestADecisionIsFoundWithAndWithoutItsPlace(t *testing.T) {
	t.Parallel()
	d := sample(t)
	b := enter(t, newConsole(fake{decided: []exchange.DecisionRecord{{Seq: 99}, d, {Seq: 12}}}, fixed))
	digest := d.Digest.String()
	for path, status := range map[string]int{
		"/why/" + digest: 200, "/why/" + digest + "?at=41": 200, "/why/" + digest + "?at=12": 404, "/why/" + digest + "?at=x": 422,
		"/why/" + ident.Sum(nil).String(): 404, "/why/nonsense": 422, "/?before=-1": 422,
	} {
		if w := b.get(path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}

// TestP5PagesEscapeAndHide: a hostile name stays text, and an error nobody can
// act on keeps its text to the log.
func TestP5PagesEscapeAndHide(t *testing.T) {
	t.Parallel()
	b := enter(t, newConsole(fake{parties: []party.Party{{ID: "x", Name: `<script>alert(1)</script>" onload="x`, Endpoint: "javascript:alert(1)"}}}, fixed))
	page := b.get("/parties").Body.String()
	if strings.Contains(page, "<script") || strings.Contains(page, `" onload=`) || strings.Contains(page, `href="javascript`) {
		t.Errorf("not escaped: %s", page)
	}
	broken := enter(t, newConsole(fake{err: errors.New("canary: no such table")}, fixed))
	if w := broken.get("/parties"); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestPagesAreAccessible checks what a machine can: one h1, a language, a skip
// link to an existing target, captions and scopes in every table, verdicts in
// words, and nothing that needs a script or an inline style.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	d := sample(t)
	shows := finds("Lantern", "indicator--1")
	shows.decided, shows.duties, shows.cases = []exchange.DecisionRecord{d}, sampleDuties(), sampleCases()
	b := enter(t, newConsole(shows, fixed))
	bareHeader := regexp.MustCompile(`<th>|<th [^s]`)
	for _, path := range []string{"/", "/releases", "/objects", "/objects/indicator--1", "/search?q=x", "/parties", "/sources", "/webhooks", "/duties", "/duties/d1", "/duties/d2", "/cases", "/cases/c1", "/cases/c2", "/why/" + d.Digest.String(), "/nope"} {
		s := b.get(path).Body.String()
		if strings.Count(s, "<h1>") != 1 || !strings.Contains(s, `<html lang="en" dir="ltr">`) || !strings.Contains(s, `href="#main"`) || !strings.Contains(s, `id="main"`) {
			t.Errorf("%s: heading, language or skip link", path)
		}
		if strings.Count(s, "<table") != strings.Count(s, "<caption>") || bareHeader.MatchString(s) {
			t.Errorf("%s: a table without caption or a header without scope", path)
		}
		if strings.Contains(s, " style=") || strings.Contains(s, "<script") || regexp.MustCompile(` on[a-z]+=`).MatchString(s) {
			t.Errorf("%s: inline style or script", path)
		}
	}
	css, err := files.ReadFile("pages/style.css")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(margin|padding|border)-(left|right|top|bottom)|text-align: *(left|right)|[^-](left|right|width|height):`).FindString(string(css)); m != "" {
		t.Errorf("a physical property, which breaks right-to-left pages: %q", m)
	}
}

// TestColoursContrast holds every text colour to WCAG 2.2, 1.4.3 (4.5 to 1), on
// both grounds, in light and in dark.
func TestColoursContrast(t *testing.T) {
	t.Parallel()
	css, err := files.ReadFile("pages/style.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][]string{}
	for _, m := range regexp.MustCompile(`--([a-z]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(css), -1) {
		colours[m[1]] = m[2:]
	}
	for _, text := range []string{"ink", "quiet", "link", "focus", "permit", "transform", "deny", "refer"} {
		for _, ground := range []string{"ground", "raised"} {
			for scheme, name := range []string{"light", "dark"} {
				a, b := luminance(t, colours[text][scheme]), luminance(t, colours[ground][scheme])
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
					t.Errorf("%s on %s, %s: %.1f to 1", text, ground, name, ratio)
				}
			}
		}
	}
}

// luminance is the relative luminance of WCAG 2.2 of a colour like #1b2226.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
			continue
		}
		sum += weight * math.Pow((c+0.055)/1.055, 2.4)
	}
	return sum
}

// TestJ5AddressesAreText: a page is not asked for by bytes that are no text.
func TestJ5AddressesAreText(t *testing.T) {
	t.Parallel()
	b := enter(t, newConsole(fake{}, fixed))
	for _, path := range []string{"/objects/%ff", "/instruments/a%00", "/search?q=%ff", "/why/%ff"} {
		if w := b.get(path); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
