package exchange_test

import (
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/party"
)

// send releases one object to one party and delivers it.
func (f *federation) send(from, to party.ID, object string) string {
	f.t.Helper()
	rep, err := f.nodes[from].Send(f.t.Context(), exchange.SendRequest{
		PreviewRequest: exchange.PreviewRequest{Objects: []string{object}, To: []party.ID{to}},
	})
	must(f.t, err)
	f.deliver(f.nodes[from])
	return rep.Releases[0].Release
}

// TestRecallPurges: the recipient erases, answers, and a copy does not come back.
func TestRecallPurges(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))

	_, err := a.Recall(t.Context(), exchange.RecallRequest{Release: release})
	wantCode(t, err, "recall.reason")
	planned, err := a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "wrong address", DryRun: true})
	must(t, err)
	if len(planned) != 1 {
		t.Fatalf("dry run planned %d recalls", len(planned))
	}
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "wrong address"})
	must(t, err)
	f.deliver(a)

	duties, err := b.Duties(t.Context(), exchange.DutyFilter{Open: true})
	must(t, err)
	if len(duties) != 0 {
		t.Errorf("duties of a recalled release stay open: %+v", duties)
	}
	recalls, err := a.Recalls(t.Context(), release)
	must(t, err)
	if len(recalls) != 1 || recalls[0].State != "purged" || len(recalls[0].Receipt) == 0 {
		t.Errorf("recalls %+v", recalls)
	}
	_, err = b.Object(t.Context(), idOf("indicator", "0001"))
	wantCode(t, err, "object.unknown")
	v, err := a.Release(t.Context(), release)
	must(t, err)
	if v.State != exchange.Recalled {
		t.Errorf("release is %s", v.State)
	}
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "again"})
	wantCode(t, err, "recall.nothing")
	if rep := b.imports(t, bundleOf(indicator("0001", tlpAmber))); rep.Quarantined != 1 || rep.Objects[0].Code != "object.tombstone" {
		t.Errorf("J19 a copy came back: %+v", rep)
	}
}

// TestRecallTakesOnlyWhatItBrought: an object that another standing release also
// brought stays, and one that was recalled can be released again.
func TestRecallTakesOnlyWhatItBrought(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	one, two := idOf("indicator", "0001"), idOf("indicator", "0002")
	a.imports(t, bundleOf(indicator("0001", tlpAmber), indicator("0002", tlpAmber)))
	f.send(aurelia, borealis, one)
	f.now = f.now.Add(time.Second)
	both, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{one, two}}})
	must(t, err)
	f.deliver(a)
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: both.Releases[0].Release, Reason: "too much"})
	must(t, err)
	f.deliver(a)
	if _, err := b.Object(t.Context(), one); err != nil {
		t.Errorf("what the first release brought is gone: %v", err)
	}
	_, err = b.Object(t.Context(), two)
	wantCode(t, err, "object.unknown")
	f.send(aurelia, borealis, two)
	if _, err := b.Object(t.Context(), two); err != nil {
		t.Errorf("what was released again did not come back: %v", err)
	}
}

// TestWhoRefusedIsRecalledToo: a partner that answers with a refusal may have
// kept what it refused, so a change of law and a recall reach it as well.
func TestWhoRefusedIsRecalledToo(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	release := rep.Releases[0].Release
	must(t, a.store.Write(t.Context(), func(tx exchange.Tx) error {
		return tx.SetReleaseState(t.Context(), release, exchange.Refused, nil, f.now)
	}))
	recalls, err := a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "to be sure"})
	must(t, err)
	if len(recalls) != 1 {
		t.Errorf("recalls %+v", recalls)
	}
}

// TestRecallOvertakesItsRelease: a recall that arrives first keeps the release out.
func TestRecallOvertakesItsRelease(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: rep.Releases[0].Release, Reason: "too early"})
	must(t, err)
	f.deliver(a)
	objects, err := b.Objects(t.Context(), exchange.ObjectFilter{})
	must(t, err)
	if len(objects) != 0 {
		t.Errorf("%d objects arrived", len(objects))
	}
}

// TestWithdrawnConsentRecalls (LG-5): what relied on a consent is recalled when
// it is withdrawn, what did not stays, and later sends take the victim out.
func TestWithdrawnConsentRecalls(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, gridshare, borealis)
	a := f.nodes[aurelia]
	report := f.importHelioGrid()
	without := f.send(aurelia, gridshare, report)
	consent, err := a.RecordFact(t.Context(), exchange.Fact{Name: "victim_consent", Value: true, About: report, Issuer: "HelioGrid", Evidence: "letter"})
	must(t, err)
	with := f.send(aurelia, gridshare, report)
	if !f.knows(gridshare, "heliogrid") {
		t.Fatal("the victim did not arrive under consent")
	}
	w, err := a.WithdrawFact(t.Context(), consent.ID)
	must(t, err)
	if len(w.Recalls) != 1 || w.Recalls[0].Release != with {
		t.Fatalf("withdrawal %+v", w)
	}
	f.deliver(a)
	if f.knows(gridshare, "heliogrid") {
		t.Error("the victim is still known after the recall")
	}
	v, err := a.Release(t.Context(), without)
	must(t, err)
	if v.State != exchange.Delivered {
		t.Errorf("the release that did not rely on consent is %s", v.State)
	}
	_, err = a.WithdrawFact(t.Context(), consent.ID)
	wantCode(t, err, "fact.unknown")
}

func (f *federation) knows(id party.ID, word string) bool {
	f.t.Helper()
	objects, err := f.nodes[id].Objects(f.t.Context(), exchange.ObjectFilter{Limit: 10_000})
	must(f.t, err)
	for _, o := range objects {
		if strings.Contains(strings.ToLower(string(o.Raw)), word) {
			return true
		}
	}
	return false
}

// TestF18LawChangesBetweenDecideAndSend: what is no longer lawful at the door
// does not leave, and the decision that says so is on record.
func TestF18LawChangesBetweenDecideAndSend(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	f.now = f.now.AddDate(3, 0, 0) // the memorandum lapsed on 2028-06-01
	f.deliver(a)
	v, err := a.Release(t.Context(), rep.Releases[0].Release)
	must(t, err)
	if v.State != exchange.Withheld || len(f.sent) != 0 {
		t.Errorf("release is %s and %d messages left", v.State, len(f.sent))
	}
	latest, err := a.Decisions(t.Context(), 0, 1)
	must(t, err)
	if len(latest) != 1 || latest[0].Outcome != "deny" {
		t.Errorf("latest decision %+v", latest)
	}
}
