package exchange_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"entente/exchange/envelope"
	"entente/party"
)

// act is something that somebody does to a node.
type act struct {
	kind  string // release, recall, add, add-event, import
	by    party.ID
	n     int    // the number of the message, or of the one that is recalled
	parts []byte // which of the few contents there are
}

// contents are versions of a few ids that clash in every way there is. Another
// round has other ids.
func contents(round int) []string {
	number := func(n int) string { return fmt.Sprintf("%03x%d", round, n) }
	var all []string
	for _, n := range []string{number(1), number(2)} {
		for _, at := range []string{jan, feb} {
			for _, name := range []string{"one", "two"} {
				all = append(all, variant(n, at, tlpAmber, name, ""))
			}
		}
		all = append(all, variant(n, mar, tlpAmber, "gone", `,"revoked":true`))
	}
	return append(all,
		markingDef(number(3), jan, "weak"), markingDef(number(3), jan, "strong"),
		`{"type":"domain-name","spec_version":"2.1","id":"`+idOf("domain-name", number(4))+`","value":"a.example"}`,
		`{"type":"domain-name","spec_version":"2.1","id":"`+idOf("domain-name", number(4))+`","value":"b.example"}`,
		`{"type":"indicator","spec_version":"2.1","id":"`+idOf("indicator", number(5))+`"}`,
	)
}

func drawAct(by ...party.ID) *rapid.Generator[act] {
	return rapid.Custom(func(t *rapid.T) act {
		a := act{by: rapid.SampledFrom(by).Draw(t, "by")}
		kinds := []string{"release", "release", "recall", "add", "add-event"}
		if a.by == aurelia {
			kinds = []string{"import"}
		}
		a.kind = rapid.SampledFrom(kinds).Draw(t, "kind")
		a.n = rapid.IntRange(0, 9).Draw(t, "n")
		a.parts = rapid.SliceOfN(rapid.ByteRange(0, byte(len(contents(0))-1)), 1, 3).Draw(t, "parts")
		return a
	})
}

// happens lets a partner or the operator act on Aurelia and returns what the
// partner is told, without what differs from one act to the next: ids and times.
func (f *federation) happens(round int, a act) string {
	f.t.Helper()
	n := f.nodes[aurelia]
	var objects []string
	for _, p := range a.parts {
		if o := contents(round)[p]; !slices.ContainsFunc(objects, func(other string) bool { return idIn([]byte(o)) == idIn([]byte(other)) }) {
			objects = append(objects, o)
		}
	}
	switch a.kind {
	case "import":
		n.imports(f.t, bundleOf(objects...))
		return ""
	case "add":
		c, err := n.Contribute(f.t.Context(), a.by, []byte(bundleOf(objects...)), "TAXII")
		return toldOf(c.Lines, err)
	case "add-event":
		doc := addedEvent(fmt.Sprintf("%08x-0000-4000-8000-00000000000%d", 0x78000000+round, a.n%3), fmt.Sprintf("%c.example", 'a'+a.parts[0]%3))
		c, err := n.ContributeEvent(f.t.Context(), a.by, doc, "MISP")
		return toldOf(c.Lines, err)
	}
	id := fmt.Sprintf("message-%d-%d", round, a.n)
	m, raws := releaseOf(a.by, aurelia, f.now, id, objects...)
	if a.kind == "recall" {
		m = envelope.Message{
			Entente: 1, Kind: envelope.KindRecall, ID: "recall-" + id, From: a.by, To: aurelia, At: f.now,
			Recall: &envelope.Recall{Release: id, Reason: "x", Due: f.now.Add(time.Hour)},
		}
		raws = nil
	}
	answer, err := n.Receive(f.t.Context(), a.by, f.nodes[a.by].signed(f.t, m, raws))
	if err != nil {
		return err.Error()
	}
	b, err := envelope.DecodeBody(answer)
	must(f.t, err)
	r, err := envelope.Open(b.Envelope, keysFor(n.card(f.t, aurelia)))
	must(f.t, err)
	return r.Receipt.Outcome + " " + r.Receipt.Code + " " + r.Receipt.Detail + toldOf(r.Receipt.Items, nil)
}

func toldOf(v any, err error) string {
	b, merr := json.Marshal(v)
	return fmt.Sprint(string(b), err, merr)
}

// TestPR9ReceiptsTellNothingOfOthers (P20, PR9): two nodes that differ only in what
// others sent them, and in what their operator imported, answer a partner with the
// same bytes, whatever it sends, adds or recalls.
func TestPR9ReceiptsTellNothingOfOthers(t *testing.T) {
	t.Parallel()
	one, two := newFederation(t, aurelia, borealis, cordova), newFederation(t, aurelia, borealis, cordova)
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		for i, a := range rapid.SliceOfN(drawAct(aurelia, borealis, cordova), 2, 25).Draw(r, "acts") {
			told := one.happens(round, a)
			if a.by != borealis {
				continue
			}
			if got := two.happens(round, a); got != told {
				r.Fatalf("act %d %+v: a node others sent to says\n%s\nand one that heard from this partner only\n%s", i, a, told, got)
			}
		}
	})
}

// TestPR9AskingWhetherAnObjectIsHeld: what a partner would do to find out.
func TestPR9AskingWhetherAnObjectIsHeld(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	secret := variant("0001", jan, tlpRed, "known to few", "")
	a.imports(t, bundleOf(secret))
	wantItems(t, "the very bytes", f.takes(borealis, aurelia, "m1", secret), "stored")
	wantItems(t, "the very bytes again", f.takes(borealis, aurelia, "m2", secret), "unchanged")
	f.setAside("other bytes", borealis, aurelia, "m3", "object.ours", variant("0001", feb, tlpRed, "a guess", ""))
	wantItems(t, "its own, changed", f.takes(borealis, aurelia, "m4", variant("0001", feb, tlpRed, "another guess", "")), "quarantined object.equivocation")
	rows, err := a.Quarantined(t.Context(), 0, 100)
	must(t, err)
	if last := rows[len(rows)-1]; last.Code != "object.ours" || last.From != borealis {
		t.Errorf("people are told %+v", last)
	}
	if v, err := a.Object(t.Context(), idOf("indicator", "0001")); err != nil || v.Provenance.From != aurelia {
		t.Errorf("%+v %v", v.Provenance, err)
	}
}

// TestSetAsideBytesDoNotStopAnImport: what a partner had set aside, and what clashes
// with it, is judged when the operator imports the same bytes; the rest comes in.
func TestSetAsideBytesDoNotStopAnImport(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	ours, theirs := variant("0001", jan, tlpAmber, "one", ""), variant("0001", jan, tlpAmber, "two", "")
	a.imports(t, bundleOf(ours, variant("0002", jan, tlpAmber, "x", `,"revoked":true`)))
	f.takes(borealis, aurelia, "m1", theirs, variant("0002", feb, tlpAmber, "back", ""))
	rep := a.imports(t, bundleOf(theirs, variant("0002", feb, tlpAmber, "back", ""), indicator("0003", tlpAmber)))
	if rep.New != 1 || lineOf(t, rep, idOf("indicator", "0001")).Code != "object.equivocation" || lineOf(t, rep, idOf("indicator", "0002")).Code != "object.revoked" {
		t.Errorf("%+v", rep)
	}
}
