package exchange_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"entente/decision"
	"entente/examples"
	"entente/exchange"
	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

const (
	aurelia   party.ID = "csirt-aurelia"
	borealis  party.ID = "csirt-borealis"
	cordova   party.ID = "ncsc-cordova"
	gridshare party.ID = "gridshare-isac"
	vendor    party.ID = "vendor-x"
)

// TestImportAccountsForEveryObject: one bad object never blocks the others, and
// importing again changes nothing.
func TestImportAccountsForEveryObject(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	bad := strings.Replace(indicator("0002", tlpAmber), `"name"`, `"name":"twice","name"`, 1)
	in := bundleOf(indicator("0001", tlpAmber), bad, indicator("0003", tlpAmber))

	first := a.imports(t, in)
	if first.New != 2 || first.Quarantined != 1 {
		t.Fatalf("first import counted %+v", first)
	}
	i := slices.IndexFunc(first.Objects, func(l exchange.ImportLine) bool { return l.Result == exchange.ResultQuarantined })
	if l := first.Objects[i]; l.Code != "json.duplicate" || l.Pointer != "/objects/1" || l.Next == "" {
		t.Errorf("J2 quarantine line %+v", l)
	}
	if second := a.imports(t, in); second.Unchanged != 2 || second.New != 0 {
		t.Errorf("second import counted %+v", second)
	}
	q, err := a.Quarantined(t.Context(), 0, 10)
	must(t, err)
	if len(q) == 0 || q[0].Code != "json.duplicate" || len(q[0].Raw) == 0 {
		t.Errorf("quarantine %+v", q)
	}
}

// TestP1NothingLeavesWithoutARecordedDecision taps everything that leaves and
// finds, for every object in it, one decision for that recipient with its leaf.
func TestP1NothingLeavesWithoutARecordedDecision(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova, gridshare)
	a := f.nodes[aurelia]
	report := f.importHelioGrid()
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{report}}})
	must(t, err)
	f.deliver(a)
	for _, line := range rep.Releases {
		v, err := a.Release(t.Context(), line.Release)
		must(t, err)
		if v.State != exchange.Delivered {
			t.Errorf("release to %s is %s", line.Recipient, v.State)
		}
		for i, it := range v.ItemList {
			d := v.Decisions[i]
			if d.Digest != it.Decision || d.Object != it.Original || d.Recipient != line.Recipient || d.Release != line.Release {
				t.Fatalf("item %s has decision %+v", it.SentID, d)
			}
			if d.Outcome != decision.Permit && d.Outcome != decision.Transform {
				t.Errorf("%s left on the decision %s", it.SentID, d.Outcome)
			}
		}
	}
	decided := f.decidedHashes(a)
	tapped := 0
	for to, body := range f.sent {
		b, err := envelope.DecodeBody(body)
		must(t, err)
		recipient, _, _ := strings.Cut(to, "/")
		for _, o := range b.Objects {
			tapped++
			if !decided[recipient+" "+ident.Sum(o).String()] {
				t.Errorf("bytes of %s left for %s without a decision", ident.Sum(o).Short(), recipient)
			}
		}
	}
	if tapped < 300 {
		t.Errorf("only %d objects were tapped", tapped)
	}
}

// importHelioGrid brings the breach report in and returns its report's id.
func (f *federation) importHelioGrid() string {
	f.t.Helper()
	data, err := examples.HelioGrid()
	must(f.t, err)
	rep := f.nodes[aurelia].imports(f.t, string(data))
	for _, l := range rep.Objects {
		if strings.HasPrefix(l.ID, "report--") {
			return l.ID
		}
	}
	f.t.Fatal("no report in the bundle")
	return ""
}

// decidedHashes maps "recipient sent-digest" to whether a release item with a
// logged decision covers it.
func (f *federation) decidedHashes(n *testNode) map[string]bool {
	f.t.Helper()
	out := map[string]bool{}
	releases, err := n.Releases(f.t.Context(), exchange.ReleaseFilter{})
	must(f.t, err)
	for _, rel := range releases {
		v, err := n.Release(f.t.Context(), rel.ID)
		must(f.t, err)
		for _, it := range v.ItemList {
			out[string(rel.Recipient)+" "+it.SentHash.String()] = true
		}
	}
	return out
}

// TestP1ManyRecipientsEqualOne: deciding for all at once is deciding for each alone.
func TestP1ManyRecipientsEqualOne(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova, gridshare, vendor)
	a := f.nodes[aurelia]
	report := f.importHelioGrid()
	all, err := a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{report}})
	must(t, err)
	for _, r := range all.Recipients {
		alone, err := a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{report}, To: []party.ID{r.Party}})
		must(t, err)
		for i, item := range alone.Recipients[0].Items {
			together := r.Items[i]
			if item.SentHash != together.SentHash || item.Decision.Outcome != together.Decision.Outcome {
				t.Fatalf("%s for %s: alone %s %s, together %s %s", item.ObjectID, r.Party,
					item.Decision.Outcome, item.SentHash.Short(), together.Decision.Outcome, together.SentHash.Short())
			}
		}
	}
}

// TestP2FailsClosed: what a node does not know denies.
func TestP2FailsClosed(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	const unknown = "marking-definition--11111111-1111-4111-8111-111111111111"
	a.imports(t, bundleOf(indicator("0001", tlpAmber), indicator("0002", ""), indicator("0003", unknown), indicator("0004", tlpRed)))
	for n, want := range map[string]decision.Outcome{"0001": decision.Permit, "0002": decision.Deny, "0003": decision.Deny, "0004": decision.Deny} {
		d, err := a.Why(t.Context(), exchange.WhyRequest{Object: idOf("indicator", n), Recipient: borealis})
		must(t, err)
		if d.Outcome != want {
			t.Errorf("indicator %s: %s, want %s", n, d.Outcome, want)
		}
	}
	_, err := a.Why(t.Context(), exchange.WhyRequest{Object: idOf("indicator", "0001"), Recipient: "nobody"})
	wantCode(t, err, "party.unknown")
	_, err = a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0003")}}})
	wantCode(t, err, "release.denied")
	if fault.KindOf(err) != fault.Denied {
		t.Errorf("kind %v", fault.KindOf(err))
	}
}

// TestDeniedDecisionsAreOnRecord (OA-5): a denial leaves a decision and a leaf.
func TestDeniedDecisionsAreOnRecord(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpRed)))
	_, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	wantCode(t, err, "release.denied")
	got, err := a.Decisions(t.Context(), 0, 10)
	must(t, err)
	if len(got) != 1 || got[0].Outcome != decision.Deny || got[0].Leaf == 0 {
		t.Errorf("decisions %+v", got)
	}
}

// TestPreviewIsTheDecision (AN-3, AN-5): sending an old preview is refused, and
// what arrives is what the preview showed.
func TestPreviewIsTheDecision(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	ask := exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}, To: []party.ID{borealis}}
	p, err := a.Preview(t.Context(), ask)
	must(t, err)
	a.imports(t, bundleOf(sdo("indicator", "0001", "2026-02-01T00:00:00.000Z", tlpAmber,
		`"pattern":"[file:name = 'b']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)))
	_, err = a.Send(t.Context(), exchange.SendRequest{PreviewRequest: ask, Preview: p.Digest})
	wantCode(t, err, "release.stale")

	p, err = a.Preview(t.Context(), ask)
	must(t, err)
	_, err = a.Send(t.Context(), exchange.SendRequest{PreviewRequest: ask, Preview: p.Digest})
	must(t, err)
	f.deliver(a)
	got, err := f.nodes[borealis].Object(t.Context(), idOf("indicator", "0001"))
	must(t, err)
	if got.Hash != p.Recipients[0].Items[0].SentHash {
		t.Error("other bytes arrived than were previewed")
	}
	if got.Provenance.From != aurelia || len(got.Provenance.Under) == 0 {
		t.Errorf("provenance %+v", got.Provenance)
	}
}

// TestUnreleasedIsInvisible (AN-2): an import alone reaches nobody.
func TestUnreleasedIsInvisible(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	f.nodes[aurelia].imports(t, bundleOf(indicator("0001", tlpClear)))
	f.deliver(f.nodes[aurelia])
	if len(f.sent) != 0 {
		t.Errorf("%d messages left", len(f.sent))
	}
}

// TestP8RedeliveryHasOneEffect: a lost answer is asked for again; the second
// time nothing is stored twice and the receipt is the same.
func TestP8RedeliveryHasOneEffect(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	_, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	f.lost = 2
	f.deliver(a)
	inbox, err := b.Inbox(t.Context(), 10)
	must(t, err)
	if len(inbox) != 1 || inbox[0].Accepted != 1 {
		t.Errorf("inbox %+v", inbox)
	}
	var body []byte
	for _, v := range f.sent {
		body = v
	}
	again, err := b.Receive(t.Context(), aurelia, body)
	must(t, err)
	if !bytes.Equal(again, inbox[0].Receipt) {
		t.Error("the same message got another receipt")
	}
	heads, err := b.Objects(t.Context(), exchange.ObjectFilter{})
	must(t, err)
	if len(heads) != 1 {
		t.Errorf("%d objects after three deliveries", len(heads))
	}
}

// TestRetryAfterOutage (NO-5, IH-7): what cannot be delivered waits with its age.
func TestRetryAfterOutage(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	f.down[borealis] = true
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	_, err = a.DeliverDue(t.Context())
	must(t, err)
	out, err := a.Outbox(t.Context())
	must(t, err)
	if len(out) != 1 || out[0].State != exchange.DeliveryRetrying || out[0].Attempts != 1 || !out[0].NextAt.After(f.now) ||
		!strings.Contains(out[0].LastError, "peer.unreachable") {
		t.Fatalf("outbox %+v", out)
	}
	f.down[borealis] = false
	f.deliver(a)
	v, err := a.Release(t.Context(), rep.Releases[0].Release)
	must(t, err)
	if v.State != exchange.Delivered {
		t.Errorf("release is %s", v.State)
	}
}

// TestTheSenderLearnsWhatBecameOfEachObject (P9): an object the recipient set
// aside is not silently lost; the receipt names it with the reason.
func TestTheSenderLearnsWhatBecameOfEachObject(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	f.takes(aurelia, borealis, "earlier", variant("0002", jan, tlpAmber, "x", `,"revoked":true`))
	a.imports(t, bundleOf(indicator("0001", tlpAmber), indicator("0002", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001"), idOf("indicator", "0002")}}})
	must(t, err)
	f.deliver(a)
	v, err := a.Release(t.Context(), rep.Releases[0].Release)
	must(t, err)
	if got := []string{v.ItemList[0].Answer, v.ItemList[1].Answer}; got[0] != "stored" || got[1] != "quarantined object.revoked" {
		t.Errorf("the receipt says %q", got)
	}
}
