package taxii_test

import (
	"context"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"entente/exchange"
	"entente/internal/ident"
	"entente/party"
)

// fill puts n indicators into the feed of a party without deciding on them, in
// releases of a hundred: what is measured here is reading.
func (w *world) fill(to party.ID, n int) {
	w.t.Helper()
	epoch := w.epoch()
	const chunk = 100
	for from := 0; from < n; from += chunk {
		must(w.t, w.db.Write(w.t.Context(), func(tx exchange.Tx) error { return w.fillOne(tx, to, epoch, from, min(from+chunk, n), true) }))
	}
}

func (w *world) epoch() (epoch int64) {
	w.t.Helper()
	must(w.t, w.db.Read(w.t.Context(), func(r exchange.Reader) (err error) {
		epoch, err = r.Epoch(w.t.Context())
		return err
	}))
	return epoch
}

// fillOne releases indicators from..upto to a party, and stores them when they
// are fresh.
func (w *world) fillOne(tx exchange.Tx, to party.ID, epoch int64, from, upto int, fresh bool) error {
	ctx := context.WithoutCancel(w.t.Context())
	rel := exchange.Release{ID: ident.New(), Recipient: to, Purpose: "incident-response", At: w.now, Epoch: epoch, State: exchange.Queued, StateAt: w.now}
	var items []exchange.ReleaseItem
	var entries []exchange.FeedEntry
	for n := from; n < upto; n++ {
		raw := []byte(indicator(n, 0))
		id, hash := indicatorID(n), ident.Sum(raw)
		o := exchange.Stored{ID: id, Type: "indicator", SpecVersion: "2.1", Version: "2026-01-01T00:00:00.000Z", Hash: hash, Raw: raw, State: exchange.Live, Provenance: exchange.Provenance{From: aurelia, At: w.now}}
		if fresh {
			if _, err := tx.AddObject(ctx, o, nil); err != nil {
				return err
			}
		}
		items = append(items, exchange.ReleaseItem{ObjectID: id, Original: hash, SentID: id, SentHash: hash, Sent: raw})
		entries = append(entries, exchange.FeedEntry{ID: id, Type: "indicator", Version: o.Version, Moment: exchange.Moment(o.Version), Hash: hash})
	}
	if err := tx.AddRelease(ctx, rel, items); err != nil {
		return err
	}
	return tx.AddToFeed(ctx, rel.ID, w.now, entries)
}

// stored is how many objects the benchmarks read from; ENTENTE_OBJECTS changes it.
func stored(b *testing.B) int {
	b.Helper()
	if n, err := strconv.Atoi(os.Getenv("ENTENTE_OBJECTS")); err == nil {
		return n
	}
	return 10_000
}

// BenchmarkDoor measures the time in the server from the routed request to the
// written answer, authentication included and the network excluded.
func BenchmarkDoor(b *testing.B) {
	w := newWorld(b)
	n := stored(b)
	w.fill(borealis, n)
	w.fill(cordova, 0)
	middle, _ := w.page(borealis, objects+"?limit=1&match[id]="+indicatorID(n/2))
	_, r := w.page(borealis, manifest+"?match[id]="+indicatorID(n/2))
	if len(middle.Objects) != 1 {
		b.Fatal("the feed is not filled")
	}
	half := "&added_after=" + r.header.Get("X-TAXII-Date-Added-Last")
	for _, c := range []struct{ name, path string }{
		{"page of 100", objects + "?limit=100" + half},
		{"page of 1000", objects + "?limit=1000" + half},
		{"page of 100 by type", objects + "?limit=100&match[type]=indicator" + half},
		{"manifest of 100", manifest + "?limit=100" + half},
		{"match by id", objects + "?match[id]=" + indicatorID(n/3)},
		{"one object", objects + indicatorID(n/3) + "/"},
		{"absent object", objects + indicatorID(n+1) + "/"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, c.path, nil)
			must(b, err)
			r.Header.Set("Authorization", "Bearer "+w.secrets[borealis])
			for b.Loop() {
				rec := &recorder{header: http.Header{}}
				w.door.ServeHTTP(rec, r)
				if rec.status != 200 && rec.status != 404 {
					b.Fatal(rec.status)
				}
			}
		})
	}
	b.Run("drain", func(b *testing.B) {
		for b.Loop() {
			got, next := 0, ""
			for {
				body := w.get(borealis, objects+"?limit=1000"+next).body // decoding it is the client's work
				got += strings.Count(body, `"type":"indicator"`)
				rest, more := strings.CutPrefix(body, `{"more":true,"next":"`)
				if !more {
					break
				}
				token, _, _ := strings.Cut(rest, `"`)
				next = "&next=" + token
			}
			if got != n {
				b.Fatalf("%d of %d", got, n)
			}
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
	})
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("%d objects, %d MiB of heap in use", n, m.HeapInuse>>20)
}

// BenchmarkAdd measures POST of a thousand new objects, durable when answered.
func BenchmarkAdd(b *testing.B) {
	w := newWorld(b)
	const size = 1000
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		body := []byte(`{"objects":[` + strings.Join(many(n*size, (n+1)*size), ",") + `]}`)
		b.StartTimer()
		if r := w.add(string(body)); !strings.Contains(r.body, `"success_count":1000`) {
			b.Fatal(r.body[:200])
		}
	}
	b.ReportMetric(size*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}
