package casework_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/casework"
	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

// pact has one procedure of each kind: a request that may be refused, a vote and
// a proposal adopted by silence.
const pact = `
entente: 1
kind: Instrument
id: pact
title: A pact for tests
version: 1.0.0
nature: mou
binding: true
rank: 40
regime: cooperation
default: prohibit
illustrative: true
parties:
  - party: aa
    events: [{signature: 2026-01-01}]
  - party: bb
    events: [{signature: 2026-01-01}]
  - party: cc
    events: [{signature: 2026-01-01}]
in_force: {from: 2026-01-01}
procedures:
  - id: help
    cite: Art. 9
    title: Asking for help
    roles: [asking, asked]
    initial: draft
    states: [{id: draft}, {id: sent}, {id: accepted}, {id: done, final: true}, {id: refused, final: true}]
    transitions:
      - {id: send, from: [draft], to: sent, by: asking, requires: [what, contact.desk]}
      - {id: accept, from: [sent], to: accepted, by: asked, within: PT24H, after: send}
      - {id: extend, from: [sent], to: sent, by: asked, within: PT12H, after: send, preclusive: true}
      - {id: refuse, from: [sent], to: refused, by: asked, requires: [reason_code, reason_text], refusal: [no-means, essential-interests]}
      - {id: finish, from: [accepted], to: done, by: asking, not_before: PT1H, after: accept}
    refusal: {closed: true, grounds: [{code: no-means, cite: Art. 9(2)}, {code: essential-interests, cite: Art. 9(3)}, {code: own-incident, cite: Art. 9(4)}]}
  - id: decide
    cite: Art. 12
    title: A decision by vote
    roles: [chair, member]
    initial: proposed
    states: [{id: proposed}, {id: adopted, final: true}, {id: dropped, final: true}]
    transitions:
      - {id: propose, from: [proposed], to: proposed, by: chair}
      - {id: adopt, from: [proposed], to: adopted, by: chair, quorum: two-thirds, votes: member, within: P2D, after: propose}
      - {id: drop, from: [proposed], to: dropped, by: chair}
  - id: silent
    cite: Art. 13
    title: Adoption by silence
    roles: [chair, member]
    initial: draft
    states: [{id: draft}, {id: tabled}, {id: adopted, final: true}, {id: broken, final: true}]
    transitions:
      - {id: table, from: [draft], to: tabled, by: chair}
      - {id: adopt, from: [tabled], to: adopted, by: chair, silence: P3D, after: table}
      - {id: object, from: [tabled], to: broken, by: member, within: P3D, after: table, preclusive: true}
clauses:
  - {id: art4, cite: Art. 4, text: They tell each other., modality: permission, act: share, when: {type: [incident]}}
`

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// table is a case with everybody's keys, played by its home.
type table struct {
	t     testing.TB
	keys  map[party.ID]ed25519.PrivateKey
	law   casework.Law
	rec   casework.Record
	now   time.Time
	count int
}

func newTable(t testing.TB) *table {
	t.Helper()
	doc, err := instrument.Load("pact.yaml", []byte(pact))
	if err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	tb := &table{t: t, keys: map[party.ID]ed25519.PrivateKey{}, now: start}
	for _, id := range []party.ID{"aa", "bb", "cc", "zz"} {
		tb.keys[id] = ed25519.NewKeyFromSeed(bytes.Repeat([]byte(id)[:1], ed25519.SeedSize))
	}
	tb.law = casework.Law{Procedure: casework.InText(doc), Keys: func(p party.ID, keyID string, _ time.Time) (ed25519.PublicKey, bool) {
		k, ok := tb.keys[p]
		if !ok || keyID != "k1" {
			return nil, false
		}
		return k.Public().(ed25519.PublicKey), true
	}}
	tb.rec = casework.Record{Case: "case-1", Events: map[ident.Digest][]byte{}}
	return tb
}

func fieldsOf(err error) string {
	var b strings.Builder
	if f, ok := errors.AsType[*fault.Error](err); ok {
		for _, x := range f.Fields {
			fmt.Fprintf(&b, "%s %s; ", x.Pointer, x.Detail)
		}
	}
	return b.String()
}

func (tb *table) state() *casework.Case {
	return casework.Replay(tb.rec, tb.law, casework.EachSignature)
}

// event fills in what an author's node would.
func (tb *table) event(by party.ID, e casework.Event) casework.Event {
	tb.count++
	e.By, e.Case, e.At, e.ID = by, tb.rec.Case, tb.now, "e"+strconv.Itoa(tb.count)
	if e.Act != casework.Open {
		c := tb.state()
		e.BasedOn, e.Previous = c.Head, c.Last(by)
	}
	return e
}

func (tb *table) opening(procedure string, roles map[string][]party.ID) casework.Event {
	doc, _ := instrument.Load("pact.yaml", []byte(pact))
	return casework.Event{Act: casework.Open, Opening: &casework.Opening{
		Hash: doc.Hash, Home: "aa", Instrument: "pact", Procedure: procedure, Purpose: "incident-response",
		Roles: roles, Title: "For tests", TLP: "amber", Version: "1.0.0",
	}}
}

// try lets the home order an event unless the procedure refuses it.
func (tb *table) try(by party.ID, e casework.Event) error {
	tb.t.Helper()
	raw := tb.sign(tb.event(by, e))
	o, err := casework.OpenEvent(raw)
	if err != nil {
		return err
	}
	c := casework.Record{Case: tb.rec.Case}
	state := casework.Replay(tb.rec, tb.law, casework.Chained)
	if len(tb.rec.Orders) == 0 {
		state = casework.Replay(c, tb.law, casework.Chained)
	}
	place := state.Place(o.Digest, tb.now)
	if err := state.Permits(o.Event, place.At, tb.law); err != nil {
		return err
	}
	tb.place(place, raw)
	return nil
}

func (tb *table) place(o casework.Order, raw []byte) {
	tb.rec.Orders = append(slices.Clone(tb.rec.Orders), o)
	tb.rec.Events[o.Event] = raw
	tb.rec.Head = tb.head(tb.rec.Orders)
}

func (tb *table) head(orders []casework.Order) []byte {
	tb.t.Helper()
	last := orders[len(orders)-1]
	raw, err := casework.Head{At: last.At, By: "aa", Case: tb.rec.Case, Order: last.Digest(tb.rec.Case), Seq: len(orders)}.Sign("k1", tb.keys["aa"])
	if err != nil {
		tb.t.Fatal(err)
	}
	return raw
}

func (tb *table) sign(e casework.Event) []byte {
	tb.t.Helper()
	raw, err := e.Sign("k1", tb.keys[e.By])
	if err != nil {
		tb.t.Fatal(err, fieldsOf(err))
	}
	return raw
}

func (tb *table) must(by party.ID, e casework.Event) {
	tb.t.Helper()
	if err := tb.try(by, e); err != nil {
		tb.t.Fatal(err, fieldsOf(err))
	}
}

func step(id string, fields ...string) casework.Event {
	e := casework.Event{Act: casework.Step, Step: id}
	for n := 0; n+1 < len(fields); n += 2 {
		if e.Fields == nil {
			e.Fields = map[string]string{}
		}
		e.Fields[fields[n]] = fields[n+1]
	}
	return e
}

func helpRoles() map[string][]party.ID {
	return map[string][]party.ID{"asking": {"aa"}, "asked": {"bb", "cc"}}
}

func askedHelp(t testing.TB) *table {
	tb := newTable(t)
	tb.must("aa", tb.opening("help", helpRoles()))
	tb.must("aa", step("send", "what", "two analysts", "contact.desk", "duty desk"))
	return tb
}

func refused(e casework.Event, ground string) casework.Event {
	e.Ground = ground
	return e
}

// What the procedure does not permit is refused with a code of its own (CP-2,
// CP-4, DECISION.md "procedures").
func TestStepsAreRefusedWithTheirReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by    party.ID
		event casework.Event
		after time.Duration
		want  string
	}{
		"right":                         {"bb", step("accept"), time.Hour, ""},
		"wrong role":                    {"aa", step("accept"), 0, "case.role"},
		"no participant":                {"zz", step("accept"), 0, "case.participant"},
		"wrong state":                   {"aa", step("finish"), 0, "case.state"},
		"no such step":                  {"aa", step("celebrate"), 0, "case.step"},
		"field missing":                 {"bb", refused(step("refuse"), "no-means"), 0, "case.fields"},
		"no ground (CP-4)":              {"bb", step("refuse", "reason_text", "no"), 0, "case.ground"},
		"a ground of other steps":       {"bb", refused(step("refuse", "reason_text", "no"), "own-incident"), 0, "case.ground"},
		"a ground without refusal":      {"bb", refused(step("accept"), "no-means"), 0, "case.ground"},
		"refused as it should":          {"bb", refused(step("refuse", "reason_text", "no"), "no-means"), 0, ""},
		"on the last instant":           {"bb", step("extend"), 12 * time.Hour, ""},
		"a preclusive time is over":     {"bb", step("extend"), 12*time.Hour + time.Second, "case.too-late"},
		"late is late, and is not lost": {"bb", step("accept"), 30 * time.Hour, ""},
		"a note":                        {"cc", casework.Event{Act: casework.Note, Text: "we look into it"}, 0, ""},
		"a note by others":              {"zz", casework.Event{Act: casework.Note, Text: "hello"}, 0, "case.participant"},
		"a vote where there is none":    {"bb", casework.Event{Act: casework.Vote, Step: "accept", Ballot: casework.Yes}, 0, "case.step"},
		"correcting nothing":            {"bb", casework.Event{Act: casework.Correction, Corrects: ident.Sum(nil), Text: "x"}, 0, "case.corrects"},
		"opened twice":                  {"aa", newTable(t).opening("help", helpRoles()), 0, "case.open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := askedHelp(t)
			tb.now = tb.now.Add(c.after)
			err := tb.try(c.by, c.event)
			if got := fault.CodeOf(err); err != nil && got != c.want || err == nil && c.want != "" {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if state := tb.state(); len(state.Findings) > 0 {
				t.Errorf("the record of an honest home has findings: %v", state.Findings)
			}
		})
	}
}

func TestOpeningNamesEveryRole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		procedure string
		roles     map[string][]party.ID
		want      string
	}{
		"a role is empty":    {"help", map[string][]party.ID{"asking": {"aa"}}, "case.roles"},
		"a role too many":    {"help", map[string][]party.ID{"asking": {"aa"}, "asked": {"bb"}, "king": {"cc"}}, "case.roles"},
		"no such procedure":  {"dance", helpRoles(), "case.procedure"},
		"somebody's opening": {"help", map[string][]party.ID{"asking": {"aa"}, "asked": {"bb"}}, "case.roles"},
	} {
		tb := newTable(t)
		by := party.ID("aa")
		if name == "somebody's opening" {
			by = "cc"
		}
		if err := tb.try(by, tb.opening(c.procedure, c.roles)); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestNextSaysWhoMayDoWhatByWhen(t *testing.T) {
	t.Parallel()
	tb := askedHelp(t)
	var lines []string
	for _, n := range tb.state().Next(start.Add(13 * time.Hour)) {
		lines = append(lines, fmt.Sprintf("%s by %v to %s needs %v %v due %s overdue %t", n.Step, n.Parties, n.To, n.Requires, n.Grounds, n.Due.Format("02T15"), n.Overdue))
	}
	want := "accept by [bb cc] to accepted needs [] [] due 03T09 overdue false\n" +
		"refuse by [bb cc] to refused needs [reason_text] [no-means essential-interests] due 01T00 overdue false"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	tb.now = start.Add(25 * time.Hour)
	tb.must("bb", step("accept"))
	h := tb.state().History
	if last := h[len(h)-1]; !last.Late || last.State != "accepted" {
		t.Errorf("the step after its time is shown as %+v", last)
	}
	if err := tb.try("aa", step("finish")); fault.CodeOf(err) != "case.too-early" {
		t.Errorf("finished at once: %v", err)
	}
	tb.now = tb.now.Add(time.Hour)
	tb.must("aa", step("finish"))
	if s := tb.state(); !s.Final || s.State != "done" || s.Next(tb.now) != nil {
		t.Errorf("the case is %s", s.State)
	}
	tb.must("cc", casework.Event{Act: casework.Note, Text: "thank you"})
}

// SS-3: the outcome follows from the signed ballots; late ones are shown and
// excluded.
func TestVotesAreRecomputable_SS3(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	tb.must("aa", tb.opening("decide", map[string][]party.ID{"chair": {"aa"}, "member": {"aa", "bb", "cc"}}))
	tb.must("aa", step("propose"))
	vote := func(c casework.Choice) casework.Event {
		return casework.Event{Act: casework.Vote, Step: "adopt", Ballot: c}
	}
	tb.must("aa", vote(casework.Yes))
	tb.must("bb", vote(casework.No))
	if err := tb.try("aa", step("adopt")); fault.CodeOf(err) != "case.quorum" {
		t.Errorf("adopted with one vote: %v", err)
	}
	tb.must("bb", vote(casework.Yes)) // it changed its mind in time
	tb.now = tb.now.Add(49 * time.Hour)
	tb.must("cc", vote(casework.No))
	tally, _ := tb.state().Tally("adopt")
	var lines []string
	for _, b := range tally.Ballots {
		lines = append(lines, fmt.Sprintf("%s %s %s", b.By, b.Choice, b.Excluded))
	}
	if got, want := strings.Join(lines, ", "), "aa yes , bb no replaced, bb yes , cc no late"; got != want {
		t.Errorf("ballots are %q, want %q", got, want)
	}
	if tally.Yes != 2 || tally.No != 0 || !tally.Met {
		t.Errorf("the tally is %+v", tally)
	}
	tb.must("aa", step("adopt"))
	if s := tb.state(); s.State != "adopted" {
		t.Errorf("the case is %s", s.State)
	}
}

func TestQuorum(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quorum string
		votes  string // of three voters: y, n, a
		met    bool
	}{
		{"1", "y", true},
		{"1", "n", false},
		{"3", "yy", false},
		{"majority", "yy", true},
		{"majority", "yn", false},
		{"two-thirds", "yyn", true},
		{"two-thirds", "yna", false},
		{"consensus", "yy", false},
		{"consensus", "yya", true},
		{"consensus", "yyn", false},
		{"consensus", "aaa", false},
	} {
		tb := newTable(t)
		text := strings.Replace(pact, "quorum: two-thirds", "quorum: \""+c.quorum+"\"", 1)
		doc, err := instrument.Load("pact.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		tb.law.Procedure = casework.InText(doc)
		e := tb.opening("decide", map[string][]party.ID{"chair": {"aa"}, "member": {"aa", "bb", "cc"}})
		e.Opening.Hash = doc.Hash
		tb.must("aa", e)
		for n, v := range c.votes {
			choice := map[rune]casework.Choice{'y': casework.Yes, 'n': casework.No, 'a': casework.Abstain}[v]
			tb.must([]party.ID{"aa", "bb", "cc"}[n], casework.Event{Act: casework.Vote, Step: "adopt", Ballot: choice})
		}
		if tally, _ := tb.state().Tally("adopt"); tally.Met != c.met {
			t.Errorf("%s with %s: met is %t", c.quorum, c.votes, tally.Met)
		}
	}
}

// receipt is what the node of a party answers when it took an event in.
func (tb *table) receipt(by party.ID, event ident.Digest, result string) string {
	tb.t.Helper()
	to := party.ID("aa")
	if by == to {
		to = "bb"
	}
	b, err := envelope.Seal(envelope.Message{
		Kind: envelope.KindReceipt, ID: ident.New(), From: by, To: to, At: tb.now,
		Receipt: &envelope.Receipt{Message: "m", Envelope: ident.Sum([]byte("m")), Outcome: "accepted", Items: []envelope.ItemReceipt{{ID: "x", Hash: event, Result: result}}},
	}, nil, "k1", tb.keys[by])
	if err != nil {
		tb.t.Fatal(err)
	}
	return string(b.Envelope)
}

// SS-4: no objection by the deadline is adoption, with proof of notice to each.
func TestSilenceNeedsNotice_SS4(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		play func(tb *table, about ident.Digest) error
		want string
	}{
		"adopted": {func(tb *table, about ident.Digest) error {
			n := []string{tb.receipt("bb", about, "stored"), tb.receipt("cc", about, "stored")}
			tb.now = tb.now.Add(72 * time.Hour)
			return tb.try("aa", casework.Event{Act: casework.Step, Step: "adopt", Notices: n})
		}, ""},
		"a second too early": {func(tb *table, about ident.Digest) error {
			n := []string{tb.receipt("bb", about, "stored"), tb.receipt("cc", about, "stored")}
			tb.now = tb.now.Add(72*time.Hour - time.Second)
			return tb.try("aa", casework.Event{Act: casework.Step, Step: "adopt", Notices: n})
		}, "case.too-early"},
		"one was not told": {func(tb *table, about ident.Digest) error {
			n := []string{tb.receipt("bb", about, "stored")}
			tb.now = tb.now.Add(100 * time.Hour)
			return tb.try("aa", casework.Event{Act: casework.Step, Step: "adopt", Notices: n})
		}, "case.notice"},
		"one was told late": {func(tb *table, about ident.Digest) error {
			n := []string{tb.receipt("bb", about, "stored")}
			tb.now = tb.now.Add(71 * time.Hour)
			n = append(n, tb.receipt("cc", about, "stored"))
			tb.now = tb.now.Add(time.Hour)
			return tb.try("aa", casework.Event{Act: casework.Step, Step: "adopt", Notices: n})
		}, "case.notice"},
		"it was set aside there": {func(tb *table, about ident.Digest) error {
			n := []string{tb.receipt("bb", about, "stored"), tb.receipt("cc", about, "quarantined")}
			tb.now = tb.now.Add(72 * time.Hour)
			return tb.try("aa", casework.Event{Act: casework.Step, Step: "adopt", Notices: n})
		}, "case.notice"},
		"a receipt for something else": {func(tb *table, _ ident.Digest) error {
			n := []string{tb.receipt("bb", ident.Sum(nil), "stored"), tb.receipt("cc", ident.Sum(nil), "stored")}
			tb.now = tb.now.Add(72 * time.Hour)
			return tb.try("aa", casework.Event{Act: casework.Step, Step: "adopt", Notices: n})
		}, "case.notice"},
		"somebody objected": {func(tb *table, about ident.Digest) error {
			n := []string{tb.receipt("bb", about, "stored"), tb.receipt("cc", about, "stored")}
			tb.must("cc", step("object"))
			tb.now = tb.now.Add(72 * time.Hour)
			return tb.try("aa", casework.Event{Act: casework.Step, Step: "adopt", Notices: n})
		}, "case.state"},
		"objected too late": {func(tb *table, _ ident.Digest) error {
			tb.now = tb.now.Add(73 * time.Hour)
			return tb.try("cc", step("object"))
		}, "case.too-late"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := newTable(t)
			tb.must("aa", tb.opening("silent", map[string][]party.ID{"chair": {"aa"}, "member": {"bb", "cc"}}))
			tb.must("aa", step("table"))
			h := tb.state().History
			err := c.play(tb, h[len(h)-1].Digest)
			if got := fault.CodeOf(err); err != nil && got != c.want || err == nil && c.want != "" {
				t.Errorf("got %v %s, want %q", err, fieldsOf(err), c.want)
			}
			if f := tb.state().Findings; len(f) > 0 {
				t.Errorf("findings: %v", f)
			}
		})
	}
}

func TestCorrectionStaysBesideWhatItCorrects(t *testing.T) {
	t.Parallel()
	tb := askedHelp(t)
	h := tb.state().History
	tb.must("aa", casework.Event{Act: casework.Correction, Corrects: h[1].Digest, Fields: map[string]string{"what": "three analysts"}})
	s := tb.state()
	if e, _ := s.Event(h[1].Digest); len(e.Corrected) != 1 || e.Event.Fields["what"] != "two analysts" || s.State != "sent" {
		t.Errorf("after the correction the step is %+v", e)
	}
	if err := tb.try("bb", casework.Event{Act: casework.Correction, Corrects: h[1].Digest, Text: "no"}); fault.CodeOf(err) != "case.corrects" {
		t.Errorf("corrected somebody else: %v", err)
	}
}

// The members are declared in the order of RFC 8785, so that encoding is
// canonical without a second pass.
func TestEventsAreCanonical(t *testing.T) {
	t.Parallel()
	tb := askedHelp(t)
	for d, raw := range tb.rec.Events {
		o, err := casework.OpenEvent(raw)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := o.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := strictjson.Canonical(payload)
		if err != nil || !bytes.Equal(again, payload) || o.Digest != d {
			t.Errorf("%s is not canonical: %v", payload, err)
		}
	}
}

func TestMalformedEventsAreRefused(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	good := tb.event("aa", tb.opening("help", helpRoles()))
	payload, err := good.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(s string) string{
		"null":           func(s string) string { return strings.Replace(s, `"by":"aa"`, `"by":null`, 1) },
		"unknown member": func(s string) string { return strings.Replace(s, `{"act"`, `{"aaa":1,"act"`, 1) },
		"twice":          func(s string) string { return strings.Replace(s, `"by":"aa"`, `"by":"aa","by":"aa"`, 1) },
		"space":          func(s string) string { return " " + s },
		"other zone":     func(s string) string { return strings.Replace(s, "09:00:00Z", "10:00:00+01:00", 1) },
		"other version":  func(s string) string { return strings.Replace(s, `"entente":1`, `"entente":2`, 1) },
		"another act":    func(s string) string { return strings.Replace(s, `"act":"open"`, `"act":"note"`, 1) },
		"wildcard home":  func(s string) string { return strings.Replace(s, `"home":"aa"`, `"home":"*"`, 1) },
		"home outside":   func(s string) string { return strings.Replace(s, `"home":"aa"`, `"home":"zz"`, 1) },
		"roles unsorted": func(s string) string { return strings.Replace(s, `["bb","cc"]`, `["cc","bb"]`, 1) },
		"a party twice":  func(s string) string { return strings.Replace(s, `["bb","cc"]`, `["bb","bb"]`, 1) },
		"nanoseconds":    func(s string) string { return strings.Replace(s, "09:00:00Z", "09:00:00.000000001Z", 1) },
	} {
		s := change(string(payload))
		if s == string(payload) {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := casework.ParseEvent([]byte(s)); fault.CodeOf(err) != "case.malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBundleProvesTheCaseOffline(t *testing.T) {
	t.Parallel()
	tb := askedHelp(t)
	tb.must("bb", step("accept"))
	b := casework.Bundle{Record: tb.rec, Text: []byte(pact), File: "pact.yaml", By: "bb", At: tb.now}
	data, err := b.Encode("k1", tb.keys["bb"])
	if err != nil {
		t.Fatal(err)
	}
	read, err := casework.OpenBundle(data, tb.law.Keys)
	if err != nil {
		t.Fatal(err)
	}
	c, err := read.Verify(tb.law.Keys)
	if err != nil || c.State != "accepted" || c.Seq() != 3 {
		t.Errorf("the bundle says %v, %v", c, err)
	}
	if !casework.IsBundle(data) || casework.IsBundle([]byte("{}")) {
		t.Error("a bundle is not told from other files")
	}
	for n := 0; n < len(data); n += 7 {
		bad := slices.Clone(data)
		bad[n] ^= 1
		got, err := casework.OpenBundle(bad, tb.law.Keys)
		if err == nil {
			_, err = got.Verify(tb.law.Keys)
		}
		if err == nil {
			t.Fatalf("byte %d was changed, and nobody noticed", n)
		}
	}
}
