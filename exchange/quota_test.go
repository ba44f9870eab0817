package exchange_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"entente/exchange"
	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/party"
)

// brings lets a party deliver a release and returns what it is refused with.
func (f *federation) brings(from party.ID, message string, objects ...string) error {
	f.t.Helper()
	m, raws := releaseOf(from, aurelia, f.now, message, objects...)
	_, err := f.nodes[aurelia].Receive(f.t.Context(), from, f.nodes[from].signed(f.t, m, raws))
	return err
}

// allows sets the quota of Borealis.
func (f *federation) allows(q exchange.Quota) {
	f.t.Helper()
	_, err := f.nodes[aurelia].SetQuota(f.t.Context(), exchange.QuotaRequest{Party: borealis, Quota: &q})
	must(f.t, err)
}

// intake is what Borealis brought.
func (n *testNode) intake(t *testing.T) exchange.Intake {
	t.Helper()
	all, err := n.Intakes(t.Context())
	must(t, err)
	for _, in := range all {
		if in.Party == borealis {
			return in
		}
	}
	t.Fatal("no intake of Borealis")
	return exchange.Intake{}
}

func ofDay(objects int64) exchange.Quota {
	q := exchange.DefaultQuota()
	q.DayObjects = objects
	return q
}

// TestQuotaEndsAFlood: what goes beyond is refused whole, with how long to wait,
// and leaves nothing behind; the others go on, a restart forgets nothing, a recall
// is still heard, and the next day is another day.
func TestQuotaEndsAFlood(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	f.allows(ofDay(3))
	must(t, f.brings(borealis, "m1", indicator("0001", tlpAmber), indicator("0002", tlpAmber)))
	f.restart(a, wire{f, a})
	before := a.state(t)
	for n := range 3 {
		err := f.brings(borealis, fmt.Sprint("flood", n), indicator("0003", tlpAmber), indicator("0004", tlpAmber))
		wantCode(t, err, "quota.day")
		want := f.now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(f.now)
		if w, ok := errors.AsType[*fault.Error](err); !ok || w.Kind != fault.Unavailable || w.Retry != want {
			t.Errorf("%+v, want to wait %s", w, want)
		}
	}
	must(t, f.brings(borealis, "m1", indicator("0001", tlpAmber), indicator("0002", tlpAmber))) // again, which brings nothing
	if got := a.state(t); got != before {
		t.Errorf("what was refused left %+v, before %+v", got, before)
	}
	must(t, f.brings(cordova, "m1", indicator("0005", tlpAmber), indicator("0006", tlpAmber)))
	must(t, f.brings(borealis, "m2", indicator("0007", tlpAmber)))
	if in := a.intake(t); in.DayObjects != 3 || in.Objects != 3 || in.Full != 100 || !in.Own {
		t.Errorf("intake %+v", in)
	}
	must(t, f.recalls("recall-m1", "m1"))
	wantCode(t, f.recalls("again", "m1"), "quota.day")
	if got := a.state(t).objects; got != 3 {
		t.Errorf("%d objects after the recall", got)
	}
	f.now = f.now.Add(24 * time.Hour)
	must(t, f.brings(borealis, "m3", indicator("0003", tlpAmber), indicator("0004", tlpAmber)))
	if in := a.intake(t); in.DayObjects != 2 || in.Objects != 5 {
		t.Errorf("the day after: %+v", in)
	}
}

// recalls lets Borealis take back what a message brought.
func (f *federation) recalls(id, message string) error {
	f.t.Helper()
	m := envelope.Message{
		Entente: 1, Kind: envelope.KindRecall, ID: id, From: borealis, To: aurelia, At: f.now,
		Recall: &envelope.Recall{Release: message, Reason: "x", Due: f.now.Add(time.Hour)},
	}
	_, err := f.nodes[aurelia].Receive(f.t.Context(), borealis, f.nodes[borealis].signed(f.t, m, nil))
	return err
}

// TestQuotaCountsEveryWay: through a node and through tools, good and bad, texts
// and recalls of nothing, all count together.
func TestQuotaCountsEveryWay(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	must(t, f.brings(borealis, "m1", indicator("0001", tlpAmber)))
	list := "[" + indicator("0002", tlpAmber) + `,{"type":"indicator","id":"indicator--no"}]`
	_, err := a.Contribute(t.Context(), borealis, []byte(list), "TAXII")
	must(t, err)
	must(t, f.recalls("recall-nothing", "nothing"))
	in := a.intake(t)
	if in.Objects != 4 || in.Bytes < int64(len(indicator("0001", tlpAmber)+indicator("0002", tlpAmber))) {
		t.Errorf("intake %+v", in)
	}
	f.allows(ofDay(5))
	_, err = a.Contribute(t.Context(), borealis, []byte(list), "TAXII")
	wantCode(t, err, "quota.day")
	must(t, f.brings(borealis, "m2", indicator("0001", tlpAmber))) // held already, and counts: a new message is kept
	wantCode(t, f.brings(borealis, "m3", indicator("0001", tlpAmber)), "quota.day")
}

// TestQuotaInAll: it stays shut until somebody here opens it.
func TestQuotaInAll(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	must(t, f.brings(borealis, "m1", indicator("0001", tlpAmber)))
	for name, q := range map[string]exchange.Quota{
		"objects": {DayObjects: 100, DayBytes: 1 << 30, Objects: 1, Bytes: 1 << 30},
		"bytes":   {DayObjects: 100, DayBytes: 1 << 30, Objects: 100, Bytes: 1_000},
		"closed":  {},
	} {
		f.allows(q)
		f.now = f.now.Add(24 * time.Hour)
		if err := f.brings(borealis, "m2", indicator("0002", tlpAmber)); fault.CodeOf(err) != "quota.total" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := a.SetQuota(t.Context(), exchange.QuotaRequest{Party: borealis})
	must(t, err)
	must(t, f.brings(borealis, "m2", indicator("0002", tlpAmber)))
	if in := a.intake(t); in.Own || in.Quota != exchange.DefaultQuota() {
		t.Errorf("intake %+v", in)
	}
	_, err = a.SetQuota(t.Context(), exchange.QuotaRequest{Party: borealis, Quota: &exchange.Quota{Bytes: -1}})
	wantCode(t, err, "quota.invalid")
	_, err = a.SetQuota(t.Context(), exchange.QuotaRequest{Party: aurelia})
	wantCode(t, err, "quota.self")
	_, err = a.SetQuota(t.Context(), exchange.QuotaRequest{Party: "csirt-nobody"})
	wantCode(t, err, "party.unknown")
}

// TestQuotaForgeriesDoNotGrowTheLog: each leaves a commitment in the log, as many
// as its carrier may leave.
func TestQuotaForgeriesDoNotGrowTheLog(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	f.allows(ofDay(3))
	before := a.state(t).size
	for n := range 6 {
		if _, err := a.Receive(t.Context(), borealis, []byte(fmt.Sprint("no message ", n))); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v", err)
		}
	}
	if got := a.state(t).size - before; got != 3 {
		t.Errorf("6 forgeries left %d entries", got)
	}
}

// TestQuotaTellsNothingOfOthers: what counts against a party does not depend on
// what this node has from others (decision 017).
func TestQuotaTellsNothingOfOthers(t *testing.T) {
	t.Parallel()
	var seen []exchange.Usage
	for _, known := range []bool{false, true} {
		f := newFederation(t, aurelia, borealis, cordova)
		if known {
			must(t, f.brings(cordova, "m1", indicator("0001", tlpAmber)))
		}
		must(t, f.brings(borealis, "m1", indicator("0001", tlpAmber), indicator("0002", tlpAmber)))
		seen = append(seen, f.nodes[aurelia].intake(t).Usage)
	}
	if seen[0].Objects != seen[1].Objects {
		t.Errorf("%+v", seen)
	}
}

// TestQuotaSourceWaits: what a source brings and is new counts, and it is not
// asked while there is no room.
func TestQuotaSourceWaits(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	f.allows(ofDay(2))
	server := shelves(4)
	s := f.collecting(a, server, a.store)
	src := addSource(t, s, feedOf("https://feed.example/taxii2/"))
	rep, err := s.PollSource(t.Context(), src.ID, false)
	wantCode(t, err, "quota.day")
	if rep.New != 2 || server.asked != 2 {
		t.Errorf("%d new, asked %d times", rep.New, server.asked)
	}
	src, err = s.Source(t.Context(), src.ID)
	must(t, err)
	tomorrow := f.now.Truncate(24 * time.Hour).Add(24 * time.Hour)
	if src.State.Due.Before(tomorrow) || src.State.Code != "quota.day" {
		t.Errorf("state %+v", src.State)
	}
	f.now = tomorrow.Add(time.Hour)
	rep, err = s.PollSource(t.Context(), src.ID, false)
	must(t, err)
	if in := a.intake(t); rep.New != 2 || in.DayObjects != 2 || in.Objects != 4 {
		t.Errorf("%d new, intake %+v", rep.New, in)
	}
}

// TestQuotaSenderWaits: a delivery that was refused for that is tried again when
// the recipient said, and arrives.
func TestQuotaSenderWaits(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	_, err := b.SetQuota(t.Context(), exchange.QuotaRequest{Party: aurelia, Quota: &exchange.Quota{DayBytes: 1 << 30, Objects: 100, Bytes: 1 << 30}})
	must(t, err)
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	_, err = a.DeliverDue(t.Context())
	must(t, err)
	out, err := a.Outbox(t.Context())
	must(t, err)
	if len(out) != 1 || out[0].State != exchange.DeliveryRetrying || out[0].NextAt.Before(f.now.Truncate(24*time.Hour).Add(24*time.Hour)) {
		t.Fatalf("outbox %+v", out)
	}
	_, err = b.SetQuota(t.Context(), exchange.QuotaRequest{Party: aurelia})
	must(t, err)
	f.now = out[0].NextAt
	f.deliver(a)
	if got := a.releaseState(t, rep.Releases[0].Release); got != exchange.Delivered {
		t.Errorf("the release is %s", got)
	}
}
