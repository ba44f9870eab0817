package casework_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/casework"
	"entente/internal/ident"
	"entente/party"
)

// playAtRandom lets honest parties play a case by the rules.
func playAtRandom(rt *rapid.T, tb *table) {
	tb.must("aa", tb.opening("help", helpRoles()))
	acts := []func(){
		func() { _ = tb.try("aa", step("send", "what", "x", "contact.desk", "y")) },
		func() { _ = tb.try("bb", step("accept")) },
		func() { _ = tb.try("cc", step("extend")) },
		func() { _ = tb.try("cc", refused(step("refuse", "reason_text", "no"), "no-means")) },
		func() { _ = tb.try("aa", step("finish")) },
	}
	for _, p := range []party.ID{"aa", "bb", "cc"} {
		acts = append(acts, func() { _ = tb.try(p, casework.Event{Act: casework.Note, Text: "note"}) })
	}
	for range rapid.IntRange(0, 12).Draw(rt, "acts") {
		tb.now = tb.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "minutes")) * time.Minute)
		acts[rapid.IntRange(0, len(acts)-1).Draw(rt, "act")]()
	}
}

// hostile is the record a home makes that breaks the rules as it likes and signs
// what comes of it. It has its own key and nobody else's.
func hostile(rt *rapid.T, tb *table) casework.Record {
	orders := slices.Clone(tb.rec.Orders)
	r := casework.Record{Case: tb.rec.Case, Events: map[ident.Digest][]byte{}}
	maps.Copy(r.Events, tb.rec.Events)
	sign := true
	for range rapid.IntRange(0, 3).Draw(rt, "tricks") {
		n := rapid.IntRange(0, len(orders)-1).Draw(rt, "place")
		m := rapid.IntRange(0, len(orders)-1).Draw(rt, "other")
		switch rapid.IntRange(0, 9).Draw(rt, "trick") {
		case 0: // lags behind, which is no offence
			orders = orders[:n+1]
		case 1:
			orders[n].Event, orders[m].Event = orders[m].Event, orders[n].Event
		case 2:
			if len(orders) > 1 {
				orders = slices.Delete(orders, n, n+1)
			}
		case 3:
			orders = slices.Insert(orders, m, orders[n])
		case 4: // forges an event of somebody else
			e := tb.event("bb", casework.Event{Act: casework.Note, Text: "forged"})
			forged, _ := e.Sign("k1", tb.keys["aa"])
			d := ident.Sum(forged)
			r.Events[d] = forged
			orders = slices.Insert(orders, n, casework.Order{Event: d, At: orders[n].At})
		case 5: // changes a byte of one
			raw := slices.Clone(r.Events[orders[n].Event])
			if len(raw) == 0 {
				continue
			}
			raw[rapid.IntRange(0, len(raw)-1).Draw(rt, "byte")] ^= 1
			orders[n].Event = ident.Sum(raw)
			r.Events[orders[n].Event] = raw
		case 6:
			delete(r.Events, orders[n].Event)
		case 7:
			orders[n].At = orders[n].At.Add(time.Duration(rapid.IntRange(-3600, 3600).Draw(rt, "seconds")) * time.Second)
		case 8: // a real event of its own, in place of another
			e := tb.event("aa", casework.Event{Act: casework.Note, Text: "another history"})
			if n > 0 {
				e.BasedOn = orders[n-1].Digest(r.Case)
			}
			raw := tb.sign(e)
			orders[n].Event = ident.Sum(raw)
			r.Events[ident.Sum(raw)] = raw
		case 9: // does not sign what it says
			sign = false
		}
	}
	var prev ident.Digest
	for n := range orders {
		orders[n].Seq, orders[n].Prev = n+1, prev
		prev = orders[n].Digest(r.Case)
	}
	r.Orders, r.Head = orders, tb.rec.Head
	if sign {
		r.Head = tb.head(orders)
	}
	return r
}

func history(c *casework.Case) []ident.Digest {
	var out []ident.Digest
	for _, e := range c.History {
		out = append(out, e.Digest)
	}
	return out
}

func prefix(a, b []ident.Digest) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// A lost or hostile participant cannot block, reorder or forge
// a case. Whatever a home shows to two participants, either one history begins
// the other or comparing their heads gives a finding; and nobody is said to have
// done what it did not sign.
func TestHostileHomeIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tb := newTable(t)
		playAtRandom(rt, tb)
		a, b := hostile(rt, tb), hostile(rt, tb)
		a.Others, b.Others = [][]byte{b.Head}, [][]byte{a.Head}
		x, y := casework.Replay(a, tb.law, casework.EachSignature), casework.Replay(b, tb.law, casework.EachSignature)
		if len(x.Findings)+len(y.Findings) == 0 && !prefix(history(x), history(y)) {
			rt.Fatalf("two histories and no finding:\n%v\n%v", history(x), history(y))
		}
		for _, c := range []*casework.Case{x, y} {
			for _, e := range c.History {
				if _, signed := tb.rec.Events[e.Digest]; !signed && e.Event.By != "aa" {
					rt.Fatalf("%s is said to have done what it did not: %+v", e.Event.By, e.Event)
				}
			}
		}
		// The same record gives the same case, everywhere and again.
		if again := casework.Replay(a, tb.law, casework.EachSignature); !slices.Equal(history(again), history(x)) || again.State != x.State || len(again.Findings) != len(x.Findings) {
			rt.Fatal("one record, two outcomes")
		}
	})
}

// Verifying the newest signature of each author accepts what verifying all of
// them does.
func TestChainedSignaturesAcceptTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tb := newTable(t)
		playAtRandom(rt, tb)
		r := hostile(rt, tb)
		each, chained := casework.Replay(r, tb.law, casework.EachSignature), casework.Replay(r, tb.law, casework.Chained)
		if !slices.Equal(history(each), history(chained)) || each.State != chained.State || (len(each.Findings) == 0) != (len(chained.Findings) == 0) {
			rt.Fatalf("each signature: %d events, %v\nchained: %d events, %v", each.Seq(), each.Findings, chained.Seq(), chained.Findings)
		}
	})
}

// Extending a record step by step, with repetitions, comes to the same as having
// it at once; a gap and a second history are refused.
func TestRecordsGrow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tb := newTable(t)
		playAtRandom(rt, tb)
		got := casework.Record{Case: tb.rec.Case}
		for len(got.Orders) < len(tb.rec.Orders) {
			from := rapid.IntRange(0, len(got.Orders)).Draw(rt, "from")
			to := rapid.IntRange(from+1, len(tb.rec.Orders)).Draw(rt, "to")
			if to < len(got.Orders) {
				continue
			}
			next, err := got.Extend(casework.Record{Orders: tb.rec.Orders[from:to], Events: tb.rec.Events, Head: tb.head(tb.rec.Orders[:to])})
			if err != nil {
				rt.Fatal(err)
			}
			got = next
		}
		want := tb.state()
		if c := casework.Replay(got, tb.law, casework.EachSignature); !slices.Equal(history(c), history(want)) || len(c.Findings) > 0 {
			rt.Fatalf("grew to %v, want %v", history(c), history(want))
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	tb := askedHelp(f)
	tb.must("bb", refused(step("refuse", "reason_text", "no"), "no-means"))
	for _, raw := range tb.rec.Events {
		o, err := casework.OpenEvent(raw)
		if err != nil {
			f.Fatal(err)
		}
		payload, err := o.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Add([]byte(`{"act":"note"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := casework.ParseEvent(payload)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil || string(again) != string(payload) {
			t.Errorf("read %q, wrote %q, %v", payload, again, err)
		}
	})
}

func FuzzParseOrders(f *testing.F) {
	tb := askedHelp(f)
	f.Add(casework.EncodeOrders(tb.rec.Case, tb.rec.Orders))
	f.Add([]byte("entente-case-orders-v1 c\n1 x y z\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		id, orders, err := casework.ParseOrders(data)
		if err == nil && string(casework.EncodeOrders(id, orders)) != string(data) {
			t.Errorf("read %q in a second form", data)
		}
	})
}

// FuzzBundle: no file makes the check panic, and one that holds was signed.
func FuzzBundle(f *testing.F) {
	tb := newTable(f)
	tb.must("aa", tb.opening("help", helpRoles()))
	tb.must("aa", step("send", "what", "x", "contact.desk", "y"))
	raw, err := casework.Bundle{Record: tb.rec, Text: []byte(pact), File: "pact.yaml", By: "bb", At: tb.now}.Encode("k1", tb.keys["bb"])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := casework.OpenBundle(data, tb.law.Keys)
		if err != nil {
			return
		}
		c, err := b.Verify(tb.law.Keys)
		if err == nil && !bytes.Equal(data, raw) && c.Seq() == 0 {
			t.Fatal("a file without a case holds")
		}
	})
}

// BenchmarkVerify checks cases of 100 events from nothing, as after a restore:
// the head, every link, every rule, and the newest signature of each author. The
// goal is 10 000 of them in ten seconds on two cores, which is 20 µs an event
// with both.
func BenchmarkVerify(b *testing.B) {
	const events = 100
	tb := newTable(b)
	tb.must("aa", tb.opening("help", helpRoles()))
	tb.must("aa", step("send", "what", "logs of the gateway", "contact.desk", "desk@aa"))
	for n := 2; n < events; n++ {
		tb.now = tb.now.Add(time.Minute)
		tb.must([]party.ID{"aa", "bb", "cc"}[n%3], casework.Event{Act: casework.Note, Text: "We looked at the logs and go on."})
	}
	for name, check := range map[string]casework.Check{"chained": casework.Chained, "each": casework.EachSignature} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if c := casework.Replay(tb.rec, tb.law, check); c.Seq() != events || len(c.Findings) > 0 {
						b.Errorf("%d events, %v", c.Seq(), c.Findings)
					}
				}
			})
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
		})
	}
}
