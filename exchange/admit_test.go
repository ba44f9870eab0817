package exchange

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/internal/ident"
	"entente/party"
)

const me party.ID = "csirt-us"

// at is an object version with a digest that follows from its content word.
func at(version, content string) *intel.Object {
	return &intel.Object{ID: "indicator--1", Type: "indicator", Version: version, Hash: ident.Sum([]byte(content))}
}

func held(seq int64, version, content string, from party.ID, state ObjectState) Head {
	return Head{Seq: seq, Version: version, Hash: ident.Sum([]byte(content)), From: from, Type: "indicator", State: state}
}

// TestAdmission is the whole of what may happen to an arriving version. Each
// line cites the rule it comes from.
func TestAdmission(t *testing.T) {
	t.Parallel()
	const t1, t1long, t2, t3 = "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"
	revoked := at(t2, "b")
	revoked.Revoked = true
	definition := at(t1, "other")
	definition.Type = "marking-definition"
	mine := at(t2, "b")
	mine.CreatedBy = "identity--y"
	for _, c := range []struct {
		name    string
		object  *intel.Object
		from    party.ID
		creator party.ID // of the identity the object names
		held    string   // the identity the first version names
		heads   []Head
		same    bool // what the content comparison answers
		want    string
		code    string
		state   ObjectState
		setBack []int64
		back    ObjectState
		discard bool
	}{
		{name: "first seen", object: at(t1, "a"), from: me, want: ResultNew, state: Live},
		{name: "same bytes again", object: at(t1, "a"), from: me, heads: []Head{held(1, t1, "a", me, Live)}, want: ResultUnchanged},
		{name: "same bytes from anybody", object: at(t1, "a"), from: "x", heads: []Head{held(1, t1, "a", me, Live)}, want: ResultUnchanged},
		{name: "same content in another form", object: at(t1, "a "), from: me, heads: []Head{held(1, t1long, "a", me, Live)}, same: true, want: ResultUnchanged},
		{name: "newer version from its creator, STIX 3.6", object: at(t2, "b"), from: "x", heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultUpdated, state: Live, setBack: []int64{1}},
		{name: "F12 an older version never overtakes", object: at(t1, "a"), from: "x", heads: []Head{held(1, t2, "b", "x", Live)}, want: ResultUpdated, code: "object.older", state: Overtaken},
		{name: "J9 same id and version, other content", object: at(t1, "b"), from: "x", heads: []Head{held(7, t1, "a", "x", Live)}, want: ResultQuarantined, code: "object.equivocation", state: SetAside, setBack: []int64{7}, back: SetAside},
		{name: "J9 the same instant written differently", object: at(t1long, "b"), from: "x", heads: []Head{held(7, t1, "a", "x", Live)}, want: ResultQuarantined, code: "object.equivocation", state: SetAside, setBack: []int64{7}, back: SetAside},
		{name: "J9 a third content leaves the two set aside", object: at(t1, "c"), from: "x", heads: []Head{held(7, t1, "a", "x", SetAside)}, want: ResultQuarantined, code: "object.equivocation", state: SetAside, back: SetAside},
		{name: "J10 a partner changes our object", object: at(t2, "b"), from: "x", heads: []Head{held(1, t1, "a", me, Live)}, want: ResultQuarantined, code: "object.ours", state: SetAside},
		{name: "J11 a newer version from another than its creator", object: at(t2, "b"), from: "y", heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultQuarantined, code: "object.not-creator", state: SetAside},
		{name: "J15 a marking definition never changes", object: definition, from: "x", heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultQuarantined, code: "object.marking-altered", state: SetAside},
		{name: "an id goes back to its creator", object: mine, from: "y", creator: "y", held: "identity--y", heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultUpdated, state: Live, setBack: []int64{1}, back: Returned},
		{name: "whatever version the other sent", object: mine, from: "y", creator: "y", held: "identity--y", heads: []Head{held(1, t3, "a", "x", Live), held(2, t1, "c", "x", Overtaken)}, want: ResultUpdated, state: Live, setBack: []int64{1, 2}, back: Returned},
		{name: "not when the first names another creator", object: mine, from: "y", creator: "y", held: "identity--x", heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultQuarantined, code: "object.not-creator", state: SetAside},
		{name: "not to another than the creator", object: mine, from: "z", creator: "y", held: "identity--y", heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultQuarantined, code: "object.not-creator", state: SetAside},
		{name: "not when it is ours", object: mine, from: "y", creator: "y", held: "identity--y", heads: []Head{held(1, t1, "a", me, Live)}, want: ResultQuarantined, code: "object.ours", state: SetAside},
		{name: "once given back it stays", object: at(t3, "c"), from: "x", heads: []Head{held(1, t1, "a", "x", Returned), held(2, t2, "b", "y", Live)}, want: ResultQuarantined, code: "object.not-creator", state: SetAside},
		{name: "and its creator goes on", object: at(t3, "c"), from: "y", heads: []Head{held(1, t1, "a", "x", Returned), held(2, t2, "b", "y", Live)}, want: ResultUpdated, state: Live, setBack: []int64{2}},
		{name: "J9 of the creator, after it was given back", object: at(t2, "c"), from: "y", heads: []Head{held(1, t2, "a", "x", Returned), held(2, t2, "b", "y", Live)}, want: ResultQuarantined, code: "object.equivocation", state: SetAside, setBack: []int64{2}, back: SetAside},
		{name: "J15 the operator's definition stands against a partner's", object: definition, from: me, heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultUpdated, state: Live, setBack: []int64{1}, back: Returned},
		{name: "S20 an observable's id with other content", object: at("", "b"), from: "x", heads: []Head{held(1, "", "a", "x", Live)}, want: ResultQuarantined, code: "object.observable-conflict", state: SetAside},
		{name: "its creator revokes it", object: revoked, from: "x", heads: []Head{held(1, t1, "a", "x", Live)}, want: ResultUpdated, state: Live, setBack: []int64{1}},
		{name: "J19 revoked is permanent", object: at(t3, "c"), from: "x", heads: []Head{{Seq: 1, Version: t2, Hash: ident.Sum([]byte("b")), From: "x", Revoked: true, State: Live}}, want: ResultQuarantined, code: "object.revoked", state: SetAside},
		{name: "J19 erased here, resent by another", object: at(t1, "a"), from: "y", heads: []Head{held(1, t1, "a", "x", Erased)}, want: ResultQuarantined, code: "object.tombstone", state: SetAside, discard: true},
		{name: "erased here, sent again by whom it was recalled", object: at(t1, "a"), from: "x", heads: []Head{held(1, t1, "a", "x", Erased)}, want: ResultUpdated, state: Live},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := admit(arrival{
				object: c.object, from: c.from, creator: c.creator, sameContent: func(Head) (bool, error) { return c.same, nil },
				createdBy: func(Head) (string, error) { return c.held, nil },
			}, me, c.heads)
			if err != nil {
				t.Fatal(err)
			}
			if unchanged := got.result == ResultUnchanged; unchanged != (got.twin != ident.Digest{}) {
				t.Errorf("the version that stands in its place is %s", got.twin)
			}
			got.twin = ident.Digest{}
			want := admission{result: c.want, code: c.code, state: c.state, setBack: c.setBack, back: c.back, discard: c.discard}
			got.detail, got.next = "", ""
			if d := cmp.Diff(want, got, cmp.AllowUnexported(admission{})); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestAdmissionExplainsEveryQuarantine: who is refused learns why and what to do.
func TestAdmissionExplainsEveryQuarantine(t *testing.T) {
	t.Parallel()
	heads := []Head{held(1, "2026-01-01T00:00:00Z", "a", "x", Live)}
	for _, from := range []party.ID{"x", "y", me} {
		got, err := admit(arrival{object: at("2026-01-01T00:00:00Z", "b"), from: from, sameContent: func(Head) (bool, error) { return false, nil }}, me, heads)
		if err != nil {
			t.Fatal(err)
		}
		if got.result == ResultQuarantined && (got.code == "" || got.detail == "" || got.next == "") {
			t.Errorf("from %s: %+v does not explain itself", from, got)
		}
	}
}
