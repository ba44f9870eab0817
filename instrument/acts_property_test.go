package instrument_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/instrument"
	"entente/internal/ident"
	"entente/party"
)

// drawActs draws a history of two texts and a third that amends the first.
func drawActs(t testing.TB, rt *rapid.T) ([]*instrument.Instrument, []instrument.Signed) {
	rule := rapid.SampledFrom([]string{"", "consensus", "majority", "two-thirds", "tacit", "depositary"}).Draw(rt, "rule")
	amendment := ""
	if rule != "" {
		amendment = fmt.Sprintf("amendment: {rule: %s, tacit_after: P30D, binds: %s}\n", rule, rapid.SampledFrom([]string{"all", "accepting"}).Draw(rt, "binds"))
	}
	old := pact(t, "depositary: d\n"+amendment, "a", "b", "c")
	next := pact(t, fmt.Sprintf("version: 1.1.0\nsupersedes: %s\ndepositary: d\n", old.Hash), "a", "b", "c")
	docs := []*instrument.Instrument{old, next}
	desks := []*desk{deskOf(old), deskOf(next)}
	if rapid.Bool().Draw(rt, "bound") {
		desks[0].bind(t, "a", "b", "c")
	}
	for range rapid.IntRange(0, 14).Draw(rt, "acts") {
		d := desks[rapid.IntRange(0, 1).Draw(rt, "text")]
		p := party.ID(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "party"))
		day := fmt.Sprintf("2026-%02d-01", rapid.IntRange(2, 6).Draw(rt, "month"))
		k := rapid.SampledFrom(instrument.ActKinds()).Draw(rt, "kind")
		var more func(*instrument.Act)
		switch k {
		case instrument.ActReservation:
			more = excludes("r"+rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "id"), rapid.SampledFrom([]string{"art1", "art2"}).Draw(rt, "clause"))
		case instrument.ActReservationWithdrawal:
			more = withdrawsR1
		case instrument.ActObjection:
			more = objects(map[party.ID]party.ID{"a": "b", "b": "c", "c": "a", "d": "a"}[p], "r1")
		case instrument.ActDeclaration:
			more = func(a *instrument.Act) { a.Declaration = &instrument.DeclarationAct{ID: "d", Text: "t"} }
		case instrument.ActNotification:
			more = func(a *instrument.Act) { a.Notified = &instrument.NotificationAct{Act: ident.Sum(nil), At: a.At} }
		default:
			more = func(*instrument.Act) {}
		}
		d.does(t, p, day, k, more)
	}
	return docs, append(desks[0].acts, desks[1].acts...)
}

// statuses is what a set of acts comes to between every two parties.
func statuses(docs []*instrument.Instrument, acts []instrument.Signed) map[string]instrument.Standing {
	out := map[string]instrument.Standing{}
	derived := instrument.Derive(docs, acts)
	for _, doc := range docs {
		for month := 1; month <= 12; month++ {
			for _, p := range [][2]party.ID{{"a", "b"}, {"b", "c"}, {"a", "c"}} {
				at := time.Date(2026, time.Month(month), 15, 0, 0, 0, 0, time.UTC)
				out[fmt.Sprint(doc.Version, " ", p, " ", month)] = between(derived[doc.Hash].Doc, p[0], p[1], at)
			}
		}
	}
	return out
}

// TestT5TheSameActsGiveTheSameStatus: whatever the order in which acts and texts
// come, and however often.
func TestT5TheSameActsGiveTheSameStatus(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		docs, acts := drawActs(t, rt)
		want := statuses(docs, acts)
		mixed := rapid.Permutation(append(acts, acts...)).Draw(rt, "order")
		if diff := cmp.Diff(want, statuses([]*instrument.Instrument{docs[1], docs[0]}, mixed)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// TestP4HoldingAnActBackPermitsNoMore: a node that did not get an act of a party,
// but did get a later one, never finds more in force between that party and
// others on one text than a node that has both. Acts that nothing follows cannot
// be missed; that they may be outstanding is a matter of freshness.
func TestP4HoldingAnActBackPermitsNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		doc := pact(t, "", "a", "b", "c")
		d := deskOf(doc)
		d.does(t, "a", "2026-01-02", instrument.ActSignature)
		d.does(t, "a", "2026-01-03", instrument.ActReservation, excludes("r1", "art1"))
		d.does(t, "a", "2026-01-04", instrument.ActRatification)
		d.does(t, "a", "2026-02-01", instrument.ActSuspension)
		d.does(t, "a", "2026-03-01", instrument.ActResumption)
		d.bind(t, "b", "c")
		gone := rapid.IntRange(0, 3).Draw(rt, "withheld")
		partial := append(append([]instrument.Signed{}, d.acts[:gone]...), d.acts[gone+1:]...)
		full, less := instrument.WithActs(doc, d.acts), instrument.WithActs(doc, partial)
		at := time.Date(2026, time.Month(rapid.IntRange(1, 6).Draw(rt, "month")), 28, 0, 0, 0, 0, time.UTC)
		f, l := between(full, "a", "b", at), between(less, "a", "b", at)
		if gone == 3 && at.Before(date(t, "2026-03-01")) {
			rt.Skip("the suspension itself: nothing has followed it yet")
		}
		if l.InForce && (!f.InForce || len(f.Excluded) > len(l.Excluded)) {
			rt.Fatalf("without act %d: %+v, with it %+v", gone, l, f)
		}
	})
}

// TestThePhaseIsASummaryOfTheStatus: a text is in force or provisional exactly
// when it is so between some two parties that no later version has taken over.
func TestThePhaseIsASummaryOfTheStatus(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		docs, acts := drawActs(t, rt)
		derived := instrument.Derive(docs, acts)
		for month := 1; month <= 12; month++ {
			at := time.Date(2026, time.Month(month), 15, 0, 0, 0, 0, time.UTC)
			for n, doc := range docs {
				var later []*instrument.Instrument
				if n == 0 {
					later = append(later, derived[docs[1].Hash].Doc)
				}
				d := derived[doc.Hash]
				alive := false
				for _, p := range [][2]party.ID{{"a", "b"}, {"b", "c"}, {"a", "c"}} {
					replaced := len(later) > 0 && between(later[0], p[0], p[1], at).InForce
					alive = alive || between(d.Doc, p[0], p[1], at).InForce && !replaced
				}
				phase, why := instrument.PhaseAt(d.Doc, d.Acts, later, at)
				if says := phase == instrument.PhaseInForce || phase == instrument.PhaseProvisional; says != alive || why == "" {
					rt.Fatalf("%s in month %d is %s (%s)", doc.Ref(), month, phase, why)
				}
			}
		}
	})
}

// TestP4AnActThatNarrowsPermitsNoMore: whatever happened before, one more
// reservation, objection, suspension or departure of a party brings nothing into
// force between it and anybody, and no reserved clause back.
func TestP4AnActThatNarrowsPermitsNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		docs, acts := drawActs(t, rt)
		doc := docs[0]
		d := deskOf(doc)
		for _, a := range acts {
			if a.Hash == doc.Hash {
				d.acts, d.last[a.Party] = append(d.acts, a), a.Digest
			}
		}
		before := instrument.WithActs(doc, d.acts)
		p := party.ID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "by"))
		day := fmt.Sprintf("2026-%02d-02", rapid.IntRange(1, 7).Draw(rt, "on"))
		switch k := rapid.SampledFrom([]instrument.ActKind{
			instrument.ActReservation, instrument.ActObjection, instrument.ActSuspension, instrument.ActDenunciation, instrument.ActWithdrawal,
		}).Draw(rt, "narrows"); k {
		case instrument.ActReservation:
			d.does(t, p, day, k, excludes("r3", "art3"))
		case instrument.ActObjection:
			d.does(t, p, day, k, objects(map[party.ID]party.ID{"a": "b", "b": "c", "c": "a"}[p], "r1"))
		default:
			d.does(t, p, day, k)
		}
		after := instrument.WithActs(doc, d.acts)
		for month := 1; month <= 12; month++ {
			at := time.Date(2026, time.Month(month), 15, 0, 0, 0, 0, time.UTC)
			for _, other := range []party.ID{"a", "b", "c"} {
				b, a := between(before, p, other, at), between(after, p, other, at)
				if a.InForce && !b.InForce || a.InForce && len(a.Excluded) < len(b.Excluded) {
					rt.Fatalf("%s and %s in month %d: %+v, then %+v", p, other, month, b, a)
				}
			}
		}
	})
}
