package exchange_test

import (
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

// addedID is the event of these tests.
const addedID = "00000077-0000-4000-8000-000000000000"

// addedEvent is that event with one domain.
func addedEvent(attribute, value string) []byte {
	return []byte(`{"Event":{"uuid":"` + addedID + `","info":"x","date":"2026-03-01","timestamp":"1772442000","Attribute":[{"uuid":"` + attribute +
		`","type":"domain","category":"Network activity","value":"` + value + `","timestamp":"1772442000","to_ids":true}]}}`)
}

// readsBack reports whether a party may read that event back.
func (n *testNode) readsBack(t *testing.T, from party.ID) bool {
	t.Helper()
	_, err := n.FeedEvent(t.Context(), from, addedID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	all, lerr := n.FeedEvents(t.Context(), from)
	must(t, lerr)
	listed := false
	for _, e := range all {
		listed = listed || e.UUID == addedID
	}
	if listed != (err == nil) {
		t.Errorf("listed: %v, readable: %v", listed, err)
	}
	return err == nil
}

// TestP14ErasedDataLeavesTheEventsItCameWith: an event that a party added is its
// own copy of what it brought, and goes with it; that of another party which only
// has its name stays.
func TestP14ErasedDataLeavesTheEventsItCameWith(t *testing.T) {
	t.Parallel()
	const attribute, other = "00000078-0000-4000-8000-000000000000", "00000079-0000-4000-8000-000000000000"
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	for from, doc := range map[party.ID][]byte{borealis: addedEvent(attribute, "canary-person.example"), cordova: addedEvent(other, "else.example")} {
		_, err := a.ContributeEvent(t.Context(), from, doc, "MISP")
		must(t, err)
	}
	must(t, a.store.Write(t.Context(), func(tx exchange.Tx) error {
		id := "indicator--" + attribute
		h, err := tx.Heads(t.Context(), []string{id})
		if err != nil {
			return err
		}
		return tx.SetObjectState(t.Context(), h[id][0].Seq, exchange.Erased)
	}))
	if a.readsBack(t, borealis) {
		t.Error("what was erased is still served")
	}
	if !a.readsBack(t, cordova) {
		t.Error("another party's event is gone")
	}
}

// TestReadingBackEnds: after seven days an event and a report are gone, for who
// asks and, after some background work, from the disk.
func TestReadingBackEnds(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	c, err := a.ContributeEvent(t.Context(), borealis, addedEvent("00000078-0000-4000-8000-000000000000", "a.example"), "MISP")
	must(t, err)
	kept := func() (n int) {
		must(t, a.store.Read(t.Context(), func(r exchange.Reader) error {
			all, err := r.ContributedEvents(t.Context(), borealis, "", time.Time{}, true)
			n = len(all)
			return err
		}))
		return n
	}
	must(t, a.ForgetContributions(t.Context()))
	f.now = f.now.Add(7 * 24 * time.Hour)
	_, err = a.Contribution(t.Context(), borealis, c.ID)
	must(t, err)
	if !a.readsBack(t, borealis) {
		t.Error("gone too early")
	}
	f.now = f.now.Add(time.Second)
	if a.readsBack(t, borealis) {
		t.Error("an event is there after seven days")
	}
	_, err = a.Contribution(t.Context(), borealis, c.ID)
	wantCode(t, err, "contribution.unknown")
	if kept() != 1 {
		t.Error("there is nothing left to forget, so the test says little")
	}
	must(t, a.ForgetContributions(t.Context()))
	if kept() != 0 {
		t.Error("it is still kept")
	}
}

// TestLookingIsNotFetching: an event is read for a search or a sighting without a
// trace until somebody says that it is handed out.
func TestLookingIsNotFetching(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	e, err := a.FeedEvent(t.Context(), borealis, release)
	must(t, err)
	fetched := func() bool {
		r, err := a.Release(t.Context(), release)
		must(t, err)
		return !r.Fetched.IsZero()
	}
	_, uuid, _ := strings.Cut(idOf("indicator", "0001"), "--")
	_, err = a.ContributeSightings(t.Context(), borealis, uuid, []byte(`[{"type":"0"}]`), "MISP")
	must(t, err)
	if fetched() || len(e.Fetches) != 1 || e.Fetches[0] != release {
		t.Errorf("fetched: %v, to be noted: %v", fetched(), e.Fetches)
	}
	must(t, a.NoteFetched(t.Context(), borealis, e.Fetches))
	if !fetched() {
		t.Error("a fetch left no trace")
	}
	e, err = a.FeedEvent(t.Context(), borealis, release)
	must(t, err)
	if len(e.Fetches) != 0 {
		t.Errorf("fetched twice for the first time: %v", e.Fetches)
	}
}
