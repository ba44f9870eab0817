package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

func decisions(t *testing.T, s exchange.Store) {
	d := func(n int, to party.ID) exchange.DecisionRecord {
		body := fmt.Appendf(nil, `{"outcome":"permit","n":%d}`, n)
		return exchange.DecisionRecord{
			Digest: ident.Sum(body), ObjectID: Object(1).ID, Object: Object(1).Hash, Recipient: to,
			Outcome: decision.Permit, Body: body, Epoch: 7, At: instant, Release: "r1", Leaf: int64(n),
		}
	}
	all := []exchange.DecisionRecord{d(0, "a"), d(1, "b"), d(2, "a"), d(3, "B")}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, d := range all {
			must(t, tx.AddDecision(ctx, d))
		}
		bad := d(4, "a")
		bad.Body = append(bad.Body, ' ')
		wantKind(t, tx.AddDecision(ctx, bad), fault.Unverified)
		return nil
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		page, err := r.ListDecisions(ctx, 0, 3)
		must(t, err)
		rest, err := r.ListDecisions(ctx, page[2].Seq, 3)
		must(t, err)
		for i, got := range append(page, rest...) {
			all[3-i].Seq = got.Seq
			equal(t, got, all[3-i]) // newest first
		}
		latest, err := r.LatestDecisions(ctx, Object(1).ID)
		equal(t, latest, []exchange.DecisionRecord{all[3], all[2], all[1]})
		got, err2 := r.DecisionByDigest(ctx, all[1].Digest)
		must(t, err2)
		equal(t, got, all[1])
		_, err2 = r.DecisionByDigest(ctx, ident.Sum(nil))
		wantKind(t, err2, fault.NotFound)
		return err
	})
}

func release(n int, to party.ID) exchange.Release {
	return exchange.Release{
		ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Recipient: to, Purpose: "incident-response", At: instant, Epoch: 3,
		Preview: ident.Sum([]byte("preview")), Envelope: fmt.Appendf(nil, "{\"payload\":%d}\xff", n), State: exchange.Queued,
		StateAt: instant, Leaf: int64(n),
	}
}

// item sends an object as it is, or in a form that says so.
func item(o exchange.Stored, form string) exchange.ReleaseItem {
	i := exchange.ReleaseItem{
		ObjectID: o.ID, Original: o.Hash, SentID: o.ID, SentHash: o.Hash, Sent: o.Raw, Decision: ident.Sum([]byte(form)),
	}
	if form != "" {
		i.SentID, i.Sent = "indicator--00000000-0000-5000-8000-00000000ffff", []byte(form)
		i.SentHash = ident.Sum(i.Sent)
	}
	return i
}

func releaseFields(t *testing.T, s exchange.Store) {
	a, b := add(t, s, Object(1)), add(t, s, Object(2))
	r1, r2 := release(1, "a"), release(2, "b")
	items := []exchange.ReleaseItem{item(b, "canary form"), item(a, "")}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddRelease(ctx, r1, items))
		wantKind(t, tx.AddRelease(ctx, r1, nil), fault.Conflict)
		return tx.AddRelease(ctx, r2, items[:1]) // the same form to another recipient
	})
	r1.Items = 2
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Release(ctx, r1.ID)
		equal(t, got, r1)
		sent, err2 := r.ReleaseItems(ctx, r1.ID)
		must(t, err2)
		equal(t, sent, items)
		_, err2 = r.Release(ctx, "none")
		wantKind(t, err2, fault.NotFound)
		return err
	})
	later := instant.Add(time.Hour)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.SetReleaseState(ctx, r1.ID, exchange.Delivered, []byte("receipt"), later))
		must(t, tx.SetReleaseState(ctx, r1.ID, exchange.Recalled, nil, later))
		must(t, tx.SetReleaseEpoch(ctx, r1.ID, 9))
		wantKind(t, tx.SetReleaseEpoch(ctx, "none", 9), fault.NotFound)
		wantKind(t, tx.SetReleaseState(ctx, "none", exchange.Refused, nil, later), fault.NotFound)
		return nil
	})
	r1.State, r1.StateAt, r1.Epoch, r1.Receipt = exchange.Recalled, later, 9, []byte("receipt")
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.Release, error) { return r.Release(ctx, r1.ID) }), r1)

	// Erasing an object takes what was sent of it along.
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.SetObjectState(ctx, a.Seq, exchange.Erased))
		return tx.SetObjectState(ctx, b.Seq, exchange.Erased)
	})
	for _, i := range get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.ReleaseItem, error) {
		return r.ReleaseItems(ctx, r1.ID)
	}) {
		if i.Sent != nil || i.SentHash.IsZero() {
			t.Errorf("an erased item reads as %+v", i)
		}
	}
}

func releaseLists(t *testing.T, s exchange.Store) {
	a := add(t, s, Object(1))
	var ids []string
	for n := range 6 {
		r := release(n, party.ID([]string{"a", "b"}[n%2]))
		r.Epoch = int64(n)
		ids = append(ids, r.ID)
		write(t, s, func(ctx context.Context, tx exchange.Tx) error {
			var items []exchange.ReleaseItem
			if n < 3 {
				items = append(items, item(a, ""))
			}
			return tx.AddRelease(ctx, r, items)
		})
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.SetReleaseState(ctx, ids[0], exchange.Recalled, nil, instant))
		return tx.SetReleaseState(ctx, ids[1], exchange.Refused, nil, instant)
	})
	for name, c := range map[string]struct {
		f    exchange.ReleaseFilter
		want []int
	}{
		"all":              {exchange.ReleaseFilter{}, []int{5, 4, 3, 2, 1, 0}},
		"limit":            {exchange.ReleaseFilter{Limit: 2}, []int{5, 4}},
		"before":           {exchange.ReleaseFilter{Before: ids[4], Limit: 2}, []int{3, 2}},
		"recipient":        {exchange.ReleaseFilter{Recipient: "b"}, []int{5, 3, 1}},
		"object":           {exchange.ReleaseFilter{Object: a.ID}, []int{2, 1, 0}},
		"object and party": {exchange.ReleaseFilter{Object: a.ID, Recipient: "a", Before: ids[2]}, []int{0}},
		"decided before":   {exchange.ReleaseFilter{DecidedBefore: 4}, []int{3, 2, 1}},
		"nobody":           {exchange.ReleaseFilter{Recipient: "B"}, nil},
	} {
		var got []string
		for _, r := range get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Release, error) {
			return r.ListReleases(ctx, c.f)
		}) {
			got = append(got, r.ID)
		}
		var want []string
		for _, n := range c.want {
			want = append(want, ids[n])
		}
		t.Log(name)
		equal(t, got, want)
	}
	err := s.Read(t.Context(), func(r exchange.Reader) error {
		_, err := r.ListReleases(t.Context(), exchange.ReleaseFilter{Before: "none"})
		return err
	})
	wantKind(t, err, fault.NotFound)
}

func releasedTo(t *testing.T, s exchange.Store) {
	a := add(t, s, Object(1))
	newer := add(t, s, version(a.ID, "indicator", "2027-01-01T00:00:00Z", 7))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for n, to := range []party.ID{"c", "b", "a", "b"} {
			must(t, tx.AddRelease(ctx, release(n, to), []exchange.ReleaseItem{item(a, []string{"", "form"}[n%2])}))
		}
		must(t, tx.SetReleaseState(ctx, release(0, "").ID, exchange.Recalled, nil, instant))
		return tx.SetReleaseState(ctx, release(1, "").ID, exchange.Refused, nil, instant)
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Version(ctx, a.Seq)
		must(t, err)
		equal(t, got.ReleasedTo, []party.ID{"a", "b"})
		got, err = r.Object(ctx, a.ID)
		must(t, err)
		equal(t, got, newer) // this version went to nobody
		list, err := r.ListObjects(ctx, exchange.ObjectFilter{Unreleased: true})
		equal(t, list, []exchange.Stored{newer})
		return err
	})
}

func deliveries(t *testing.T, s exchange.Store) {
	d := func(n int) exchange.Delivery {
		return exchange.Delivery{
			ID: fmt.Sprintf("d%d", n), Kind: "release", Ref: fmt.Sprintf("r%d", n%2), To: "csirt-aurelia", State: "queued",
			NextAt: instant.Add(time.Duration(5-n) * time.Microsecond),
		}
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for n := range 4 {
			must(t, tx.Enqueue(ctx, d(n)))
		}
		wantKind(t, tx.Enqueue(ctx, d(1)), fault.Conflict)
		wantKind(t, tx.UpdateDelivery(ctx, d(9)), fault.NotFound)
		return nil
	})
	retried, done := d(3), d(2)
	retried.State, retried.Attempts, retried.LastError, retried.NextAt = "retrying", 2, "timeout", instant.Add(time.Second)
	done.State = "delivered"
	due := func(at time.Time, n int) []exchange.Delivery {
		return get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Delivery, error) {
			return r.DueDeliveries(ctx, at, n)
		})
	}
	equal(t, due(instant.Add(4*time.Microsecond), 10), []exchange.Delivery{d(3), d(2), d(1)}) // by time, exact to the microsecond
	equal(t, due(instant.Add(time.Hour), 1), []exchange.Delivery{d(3)})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.UpdateDelivery(ctx, retried))
		return tx.UpdateDelivery(ctx, done)
	})
	equal(t, due(instant.Add(time.Hour), 10), []exchange.Delivery{d(1), d(0), retried})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		open, err := r.Deliveries(ctx, "")
		must(t, err)
		equal(t, open, []exchange.Delivery{d(0), d(1), retried})
		of, err := r.Deliveries(ctx, "r0")
		equal(t, of, []exchange.Delivery{d(0), done})
		return err
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.MarkHandedOut(ctx, "d2", instant))
		must(t, tx.MarkHandedOut(ctx, "d2", instant.Add(time.Hour)))
		wantKind(t, tx.MarkHandedOut(ctx, "d9", instant), fault.NotFound)
		return tx.UpdateDelivery(ctx, done) // which knows nothing of it
	})
	done.HandedOut = instant
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Delivery, error) {
		return r.Deliveries(ctx, "r0")
	}), []exchange.Delivery{d(0), done})
}

func recalls(t *testing.T, s exchange.Store) {
	c := exchange.Recall{
		ID: "c1", Release: "r1", To: "csirt-aurelia", Reason: "consent withdrawn", State: "requested", At: instant,
		Due: instant.Add(24 * time.Hour), StateAt: instant, Envelope: []byte("env"), Leaf: 4,
	}
	other := exchange.Recall{ID: "c0", Release: "r2", At: instant, StateAt: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutRecall(ctx, c))
		return tx.PutRecall(ctx, other)
	})
	c.State, c.Receipt, c.StateAt = "purged", []byte("receipt"), instant.Add(time.Minute)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutRecall(ctx, c) })
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		all, err := r.Recalls(ctx, "")
		must(t, err)
		equal(t, all, []exchange.Recall{c, other})
		some, err := r.Recalls(ctx, "r2")
		equal(t, some, []exchange.Recall{other})
		return err
	})
}

// heldUnder: a digest is held under another release until that one is recalled.
func heldUnder(t *testing.T, s exchange.Store) {
	one, two := ident.Sum([]byte("1")), ident.Sum([]byte("2"))
	ask := func(want ...ident.Digest) {
		t.Helper()
		read(t, s, func(ctx context.Context, r exchange.Reader) error {
			got, err := r.HeldUnder(ctx, "csirt-aurelia", "a", []ident.Digest{one, two})
			equal(t, got, want)
			return err
		})
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddReceived(ctx, exchange.Received{ID: "a", From: "csirt-aurelia", At: instant}, []ident.Digest{one, two}))
		must(t, tx.AddReceived(ctx, exchange.Received{ID: "b", From: "csirt-aurelia", At: instant}, []ident.Digest{two}))
		return tx.AddReceived(ctx, exchange.Received{ID: "c", From: "ncsc-cordova", At: instant}, []ident.Digest{one})
	})
	ask(two)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		wantKind(t, tx.RecallReceived(ctx, "none", instant), fault.NotFound)
		return tx.RecallReceived(ctx, "b", instant)
	})
	ask()
}

func received(t *testing.T, s exchange.Store) {
	one, two := ident.Sum([]byte("1")), ident.Sum([]byte("2"))
	v := exchange.Received{
		ID: "e1", Kind: "release", From: "csirt-aurelia", At: instant, Hash: ident.Sum([]byte("body")), Envelope: []byte("env"),
		Leaf: 3, Accepted: 2, Refused: 1,
	}
	w := exchange.Received{ID: "E1", Kind: "recall", At: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddReceived(ctx, v, []ident.Digest{one, two, two}))
		wantKind(t, tx.AddReceived(ctx, v, nil), fault.Conflict)
		must(t, tx.AddReceived(ctx, w, []ident.Digest{two}))
		wantKind(t, tx.SetReceipt(ctx, "none", nil), fault.NotFound)
		return tx.SetReceipt(ctx, "e1", []byte("receipt"))
	})
	v.Receipt = []byte("receipt")
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Received(ctx, "e1")
		must(t, err)
		equal(t, got, v)
		_, err = r.Received(ctx, "e2")
		wantKind(t, err, fault.NotFound)
		list, err := r.ListReceived(ctx, 5)
		equal(t, list, []exchange.Received{w, v})
		return err
	})
}

// derivations: an id of its own leads back to the object for each party that has
// it under that, and an id that stands for itself to none.
func derivations(t *testing.T, s exchange.Store) {
	a, b := add(t, s, Object(1)), add(t, s, Object(2))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddRelease(ctx, release(1, "a"), []exchange.ReleaseItem{item(a, "form"), item(b, "")}))
		must(t, tx.AddRelease(ctx, release(2, "a"), []exchange.ReleaseItem{item(a, "form again")}))
		return tx.AddRelease(ctx, release(3, "b"), []exchange.ReleaseItem{item(a, "")})
	})
	id := item(a, "form").SentID
	got := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Derivation, error) {
		return r.Derivations(ctx, []string{id, a.ID, b.ID, id})
	})
	equal(t, got, []exchange.Derivation{{ID: id, To: "a", Original: a.ID}})
}
