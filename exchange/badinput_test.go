package exchange_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/decision"
	"entente/exchange"
	"entente/exchange/envelope"
	"entente/party"
)

// variant is an indicator with its own pattern and version.
func variant(n, modified, marking, name, more string) string {
	return sdo("indicator", n, modified, marking,
		fmt.Sprintf(`"name":%q,"pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"%s`, name, more))
}

const (
	jan = "2026-01-01T00:00:00.000Z"
	feb = "2026-02-01T00:00:00.000Z"
	mar = "2026-03-01T00:00:00.000Z"
)

// lineOf finds what became of an object.
func lineOf(t testing.TB, rep exchange.ImportReport, id string) exchange.ImportLine {
	t.Helper()
	for _, l := range rep.Objects {
		if l.ID == id {
			return l
		}
	}
	t.Fatalf("no line for %s", id)
	return exchange.ImportLine{}
}

// takes brings a partner's objects to n and returns its receipt.
func (f *federation) takes(from, to party.ID, message string, objects ...string) envelope.Receipt {
	f.t.Helper()
	sender, n := f.nodes[from], f.nodes[to]
	m, raws := releaseOf(from, to, f.now, message, objects...)
	answer, err := n.Receive(f.t.Context(), from, sender.signed(f.t, m, raws))
	must(f.t, err)
	b, err := envelope.DecodeBody(answer)
	must(f.t, err)
	got, err := envelope.Open(b.Envelope, keysFor(n.card(f.t, to)))
	must(f.t, err)
	return *got.Receipt
}

func wantItems(t testing.TB, what string, r envelope.Receipt, want ...string) {
	t.Helper()
	for i, it := range r.Items {
		if got := strings.TrimSpace(it.Result + " " + it.Code); got != want[i] {
			t.Errorf("%s: item %d is %q, want %q", what, i, got, want[i])
		}
	}
	if len(r.Items) != len(want) {
		t.Errorf("%s: %d items answered, want %d", what, len(r.Items), len(want))
	}
}

// setAside brings an object that is set aside because of what others sent or this
// node has. People here are told why; the receipt does not tell (PR9).
func (f *federation) setAside(what string, from, to party.ID, message, code, object string) {
	f.t.Helper()
	wantItems(f.t, what, f.takes(from, to, message, object), "stored")
	rows, err := f.nodes[to].Quarantined(f.t.Context(), 0, 1_000)
	must(f.t, err)
	rows = slices.DeleteFunc(rows, func(q exchange.Quarantine) bool { return q.From != from })
	if n := len(rows); n == 0 || rows[n-1].Code != code || rows[n-1].Next == "" {
		f.t.Errorf("%s: people are told %+v, want %s", what, rows, code)
	}
}

// held reports the live version's name, "" when there is none.
func (n *testNode) held(t testing.TB, id string) string {
	t.Helper()
	o, err := n.Object(t.Context(), id)
	if err != nil {
		wantCode(t, err, "object.unknown")
		return ""
	}
	return string(o.Raw)
}

// TestJ9EquivocationThroughImport: two contents under one id and version, in one
// bundle and across two; nobody wins by being last.
func TestJ9EquivocationThroughImport(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	one, two := variant("0001", jan, tlpAmber, "one", ""), variant("0001", jan, tlpAmber, "two", "")
	rep := a.imports(t, bundleOf(one, two, indicator("0002", tlpAmber)))
	if rep.New != 2 || rep.Quarantined != 1 {
		t.Errorf("one bundle: %+v", rep)
	}
	third, fourth := variant("0003", jan, tlpAmber, "three", ""), variant("0003", jan, tlpAmber, "four", "")
	a.imports(t, bundleOf(third))
	line := lineOf(t, a.imports(t, bundleOf(fourth)), idOf("indicator", "0003"))
	if line.Code != "object.equivocation" || line.Pointer != "/objects/0" || line.Next == "" {
		t.Errorf("second bundle: %+v", line)
	}
	// Neither is live, neither can be sent, and sending them again changes nothing.
	for _, n := range []string{"0001", "0003"} {
		if got := a.held(t, idOf("indicator", n)); got != "" {
			t.Errorf("%s is live: %s", n, got)
		}
	}
	a.imports(t, bundleOf(third, one))
	if a.held(t, idOf("indicator", "0003"))+a.held(t, idOf("indicator", "0001")) != "" {
		t.Error("a copy brought one of the two back")
	}
	// Reordered members and white space are no other content.
	again := strings.Replace(indicator("0002", tlpAmber), `,"name"`, ` , "name"`, 1)
	if got := lineOf(t, a.imports(t, bundleOf(again)), idOf("indicator", "0002")); got.Result != exchange.ResultUnchanged {
		t.Errorf("another form of the same content: %+v", got)
	}
	// The creator settles it with a new version.
	a.imports(t, bundleOf(variant("0001", feb, tlpAmber, "settled", "")))
	if !strings.Contains(a.held(t, idOf("indicator", "0001")), "settled") {
		t.Error("the creator's new version does not stand")
	}
}

// TestJ9EquivocationThroughReceive: one partner sends two contents under one id
// and version; another partner sends its own under the same id.
func TestJ9EquivocationThroughReceive(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	b := f.nodes[borealis]
	id := idOf("indicator", "0001")
	wantItems(t, "first", f.takes(aurelia, borealis, "m1", variant("0001", jan, tlpAmber, "one", "")), "stored")
	wantItems(t, "second", f.takes(aurelia, borealis, "m2", variant("0001", jan, tlpAmber, "two", "")), "quarantined object.equivocation")
	if b.held(t, id) != "" {
		t.Error("one of two contents is live")
	}
	f.setAside("another's", cordova, borealis, "m3", "object.not-creator", variant("0001", jan, tlpAmber, "three", ""))
	from := map[party.ID]int{}
	aside, err := b.Quarantined(t.Context(), 0, 10)
	must(t, err)
	for _, q := range aside {
		from[q.From]++
		if q.ObjectID != id || q.Code == "" || q.Next == "" || q.Hash.IsZero() {
			t.Errorf("quarantine %+v", q)
		}
	}
	if from[aurelia] != 1 || from[cordova] != 1 {
		t.Errorf("quarantine by sender: %v", from)
	}
	// Both signed messages are kept, so either partner can be held to its own.
	for _, m := range b.inbox(t) {
		if len(m.Envelope) == 0 || len(m.Receipt) == 0 {
			t.Errorf("no evidence of %s", m.ID)
		}
	}
}

// TestJ10OurIDFromAPartner: an id of ours under another content, an id with
// another type, an observable whose id does not follow from it.
func TestJ10OurIDFromAPartner(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	b := f.nodes[borealis]
	b.imports(t, bundleOf(variant("0001", jan, tlpAmber, "ours", "")))
	f.setAside("ours", aurelia, borealis, "m1", "object.ours", variant("0001", feb, tlpClear, "theirs", ""))
	if got := b.held(t, idOf("indicator", "0001")); !strings.Contains(got, "ours") {
		t.Errorf("our object became %s", got)
	}
	other := strings.Replace(variant("0002", jan, tlpAmber, "x", ""), `"type":"indicator"`, `"type":"malware"`, 1)
	got := f.takes(aurelia, borealis, "m2", other)
	if got.Items[0].Result != "quarantined" || got.Items[0].Code == "" {
		t.Errorf("another type than its id: %+v", got.Items)
	}
	word := strings.Replace(variant("0003", jan, tlpAmber, "x", ""), idOf("indicator", "0003"), "indicator--not-a-uuid", 1)
	if got := f.takes(aurelia, borealis, "m3", word); got.Items[0].Result != "quarantined" {
		t.Errorf("no UUID: %+v", got.Items)
	}
	// Announced under one id, brought under another.
	m, raws := releaseOf(aurelia, borealis, f.now, "m4", variant("0004", jan, tlpAmber, "x", ""))
	m.Objects[0].ID = idOf("indicator", "0001")
	_, err := b.Receive(t.Context(), aurelia, f.nodes[aurelia].signed(t, m, raws))
	must(t, err)
	if b.held(t, idOf("indicator", "0004")) != "" || !strings.Contains(b.held(t, idOf("indicator", "0001")), "ours") {
		t.Error("an object came in under another's announcement")
	}
}

// TestJ11OnlyTheCreatorMakesVersions: who sent it first is its creator, whatever
// created_by_ref says; and created_by_ref makes nothing ours.
func TestJ11OnlyTheCreatorMakesVersions(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	b := f.nodes[borealis]
	id := idOf("indicator", "0001")
	wantItems(t, "creator", f.takes(aurelia, borealis, "m1", variant("0001", jan, tlpAmber, "first", "")), "stored")
	f.setAside("another", cordova, borealis, "m2", "object.not-creator", variant("0001", feb, tlpClear, "second", ""))
	if !strings.Contains(b.held(t, id), "first") {
		t.Error("another party's version replaced the creator's")
	}
	revoke := variant("0001", mar, tlpAmber, "gone", `,"revoked":true`)
	f.setAside("revoked by another", cordova, borealis, "m3", "object.not-creator", revoke)
	wantItems(t, "creator again", f.takes(aurelia, borealis, "m4", variant("0001", feb, tlpAmber, "newer", "")), "stored")
	if !strings.Contains(b.held(t, id), "newer") {
		t.Error("the creator's newer version is not live")
	}
	// An older version arrives late: history, not news.
	wantItems(t, "late", f.takes(aurelia, borealis, "m5", variant("0001", "2026-01-15T00:00:00.000Z", tlpAmber, "late", "")), "stored object.older")
	if !strings.Contains(b.held(t, id), "newer") {
		t.Error("an older version overwrote the newer")
	}

	// Another party's copy that came first does not keep the creator's out, and
	// the creator can recall it.
	v2 := variant("0001", mar, tlpAmber, "newest", "")
	wantItems(t, "copy", f.takes(cordova, borealis, "m6", v2), "quarantined object.revoked") // by cordova itself
	wantItems(t, "original", f.takes(aurelia, borealis, "m7", v2), "stored")
	o, err := b.Object(t.Context(), id)
	must(t, err)
	if !strings.Contains(string(o.Raw), "newest") || o.Provenance.From != aurelia || o.Provenance.Release != "m7" {
		t.Errorf("live is %s from %+v", o.Raw, o.Provenance)
	}
	wantItems(t, "original again", f.takes(aurelia, borealis, "m8", v2), "unchanged")

	ours := `,"created_by_ref":"identity--00000000-0000-4000-8000-000000000000"`
	for n := range 4 { // the publishers the harness gives its nodes
		ours := strings.Replace(ours, "0000-000000000000", fmt.Sprintf("0000-0000000000%02x", n), 1)
		number := fmt.Sprintf("001%d", n)
		wantItems(t, "spoofed", f.takes(aurelia, borealis, "spoof"+number, variant(number, jan, tlpAmber, "spoofed", ours)), "stored")
		o, err := b.Object(t.Context(), idOf("indicator", number))
		must(t, err)
		if o.Provenance.From != aurelia {
			t.Errorf("%s counts as from %s", number, o.Provenance.From)
		}
		// TLP:AMBER of somebody else stays: it is not our own object.
		d, err := b.Why(t.Context(), exchange.WhyRequest{Object: o.ID, Recipient: aurelia})
		must(t, err)
		if d.Outcome != decision.Deny || d.Request.Facts["own_object"] {
			t.Errorf("%s may go on as if it were ours: %s", number, d.Outcome)
		}
	}
}

func markingDef(n, created, statement string) string {
	return fmt.Sprintf(`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--00000000-0000-4000-8000-00000000%s","created":%q,"definition_type":"statement","definition":{"statement":%q}}`, n, created, statement)
}

// TestJ15MarkingsDoNotWeaken: a definition resent with a weaker body, with the
// same or another date, in the bundle of the objects it marks or before them, by
// its creator or by another; and a well-known one with another body.
func TestJ15MarkingsDoNotWeaken(t *testing.T) {
	t.Parallel()
	const def = "marking-definition--00000000-0000-4000-8000-000000000009"
	strict, weak := markingDef("0009", jan, "TLP:RED"), markingDef("0009", jan, "TLP:CLEAR")
	later := markingDef("0009", feb, "TLP:CLEAR")
	outcome := func(t *testing.T, n *testNode, number string) decision.Outcome {
		t.Helper()
		d, err := n.Why(t.Context(), exchange.WhyRequest{Object: idOf("indicator", number), Recipient: borealis})
		must(t, err)
		return d.Outcome
	}
	for name, second := range map[string]string{"same date": weak, "later date": later} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederation(t, aurelia, borealis)
			a := f.nodes[aurelia]
			a.imports(t, bundleOf(strict, variant("0001", jan, def, "marked", "")))
			line := lineOf(t, a.imports(t, bundleOf(second, variant("0002", jan, def, "marked too", ""))), def)
			if line.Code != "object.marking-altered" {
				t.Errorf("line %+v", line)
			}
			for _, n := range []string{"0001", "0002"} {
				if got := outcome(t, a, n); got != decision.Deny {
					t.Errorf("indicator %s: %s", n, got)
				}
			}
			// What the log says each party could have got follows the definition held, too.
			if got := a.outlookOf(t, idOf("indicator", "0002")); got != `"deny"` {
				t.Errorf("the log's outlook for Borealis is %s", got)
			}
		})
	}
	t.Run("by another party", func(t *testing.T) {
		t.Parallel()
		f := newFederation(t, aurelia, borealis)
		f.nodes[aurelia].imports(t, bundleOf(strict, variant("0001", jan, def, "marked", "")))
		f.setAside("resent", borealis, aurelia, "m", "object.ours", later)
		if got := outcome(t, f.nodes[aurelia], "0001"); got != decision.Deny {
			t.Errorf("indicator: %s", got)
		}
	})
	t.Run("twice in one bundle", func(t *testing.T) {
		t.Parallel()
		a := newFederation(t, aurelia, borealis).nodes[aurelia]
		a.imports(t, bundleOf(strict, weak, variant("0001", jan, def, "marked", "")))
		if got := outcome(t, a, "0001"); got != decision.Deny {
			t.Errorf("indicator: %s", got)
		}
		if got := a.outlookOf(t, idOf("indicator", "0001")); got != `"deny"` {
			t.Errorf("the log's outlook for Borealis is %s", got)
		}
	})
	t.Run("well-known", func(t *testing.T) {
		t.Parallel()
		f := newFederation(t, aurelia, borealis)
		forged := strings.Replace(markingDef("0009", jan, "everybody may have it"), def, tlpRed, 1)
		rep := f.nodes[aurelia].imports(t, bundleOf(forged, indicator("0001", tlpRed)))
		if l := lineOf(t, rep, tlpRed); l.Code != "stix.tlp-forged" {
			t.Errorf("line %+v", l)
		}
		if got := outcome(t, f.nodes[aurelia], "0001"); got != decision.Deny {
			t.Errorf("indicator: %s", got)
		}
	})
}

// outlookOf reads from the log what Borealis could have got of an object when it
// came in.
func (n *testNode) outlookOf(t testing.TB, id string) string {
	t.Helper()
	ctx := t.Context()
	found := ""
	must(t, n.store.Read(ctx, func(r exchange.Reader) error {
		o, err := r.Object(ctx, id)
		if err != nil {
			return err
		}
		e, err := r.LogEntry(ctx, o.Leaf)
		_, rest, _ := strings.Cut(string(e.Body), `"outlook":{`)
		_, rest, _ = strings.Cut(rest, `"`+string(borealis)+`":`)
		found, _, _ = strings.Cut(strings.NewReplacer("}", ",").Replace(rest), ",")
		return err
	}))
	return found
}

// TestJ19TombstonesStay: what was revoked stays so, and what was erased comes
// back only by a new release of who sent it.
func TestJ19TombstonesStay(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(variant("0001", jan, tlpAmber, "x", "")))
	a.imports(t, bundleOf(variant("0001", feb, tlpAmber, "x", `,"revoked":true`)))
	line := lineOf(t, a.imports(t, bundleOf(variant("0001", mar, tlpAmber, "back", ""))), idOf("indicator", "0001"))
	if line.Code != "object.revoked" {
		t.Errorf("unrevoked by import: %+v", line)
	}
	wantItems(t, "revoked", f.takes(aurelia, borealis, "m1", variant("0002", jan, tlpAmber, "x", `,"revoked":true`)), "stored")
	wantItems(t, "unrevoked", f.takes(aurelia, borealis, "m2", variant("0002", feb, tlpAmber, "x", "")), "quarantined object.revoked")

	a.imports(t, bundleOf(variant("0003", jan, tlpAmber, "secret-token-0003", "")))
	release := f.send(aurelia, borealis, idOf("indicator", "0003"))
	_, err := a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "mistake"})
	must(t, err)
	f.deliver(a)
	f.setAside("a copy by another", cordova, borealis, "m3", "object.tombstone", variant("0003", jan, tlpAmber, "secret-token-0003", ""))
	if lineOf(t, b.imports(t, bundleOf(variant("0003", feb, tlpAmber, "x", ""))), idOf("indicator", "0003")).Code != "object.tombstone" {
		t.Error("our own people brought back what was recalled")
	}
	if b.held(t, idOf("indicator", "0003")) != "" {
		t.Error("what was erased is live again")
	}
}
