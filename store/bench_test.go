package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/exchange"
	"entente/intel"
	"entente/intel/atom"
	"entente/intel/search"
	"entente/internal/ident"
	"entente/obligation"
	"entente/party"
	"entente/store"
	"entente/store/storetest"
	"entente/transparency"
)

// BenchmarkWrite keeps one object of 1.2 KB with its references, two values it
// is found by and one log leaf per act, from 1, 8 and 64 submitters, on the disk of the temporary directory
// (set TMPDIR when that is memory).
func BenchmarkWrite(b *testing.B) {
	for _, submitters := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("sqlite/%d", submitters), func(b *testing.B) {
			benchmarkWrite(b, open(b, "sqlite:"+b.TempDir()+"/node.db", nil), submitters)
		})
	}
	for _, submitters := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("postgres/%d", submitters), func(b *testing.B) {
			benchmarkWrite(b, open(b, storetest.FreshSchema(b, postgresURL(b)), nil), submitters)
		})
	}
}

// BenchmarkBundle keeps 100 objects with a leaf each per act.
func BenchmarkBundle(b *testing.B) {
	for _, url := range []func() string{
		func() string { return "sqlite:" + b.TempDir() + "/node.db" },
		func() string { return storetest.FreshSchema(b, postgresURL(b)) },
	} {
		s := open(b, url(), nil)
		b.Run("", func(b *testing.B) {
			const size = 100
			n := benchStart.Add(int64(b.N) * size)
			for i := range b.N {
				err := s.Write(b.Context(), func(tx exchange.Tx) error {
					for k := range size {
						if err := keep(b, tx, n+int64(i*size+k)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*size/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

var benchStart atomic.Int64 //nolint:gochecknoglobals // numbers objects across benchmark runs

func benchmarkWrite(b *testing.B, s *store.Store, submitters int) {
	var next atomic.Int64
	next.Store(benchStart.Add(int64(b.N)))
	done := make(chan error, submitters)
	share := max(1, b.N/submitters)
	b.ResetTimer()
	for range submitters {
		go func() {
			for range share {
				n := next.Add(1)
				if err := s.Write(b.Context(), func(tx exchange.Tx) error { return keep(b, tx, n) }); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range submitters {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(share*submitters)/b.Elapsed().Seconds(), "acts/s")
}

func keep(b *testing.B, tx exchange.Tx, n int64) error {
	seed := sha256.Sum256(fmt.Appendf(nil, "%s %d", b.Name(), n)) // random ids, as real ones are
	kind := "indicator"
	var refs []intel.Ref
	if n%4 == 0 { // a quarter of real objects are relationships
		kind = "relationship"
		refs = []intel.Ref{{Path: "source_ref", ID: "malware--" + uuidOf(seed)}, {Path: "target_ref", ID: "tool--" + uuidOf(seed)}}
	}
	o := storetest.Object(0)
	o.ID, o.Type = kind+"--"+uuidOf(seed), kind
	o.Raw = fmt.Appendf(nil, `{"type":%q,"id":%q,"description":%q}`, kind, o.ID, strings.Repeat("x", 1100))
	o.Hash = ident.Sum(o.Raw)
	o.Entry = &search.Entry{TLP: "amber", Year: "2026", Atoms: []atom.Atom{
		{Kind: atom.Hash, Value: hex.EncodeToString(seed[:])}, {Kind: atom.Address, Value: fmt.Sprintf("203.0.%d.%d", seed[0], seed[1])},
	}}
	if _, err := tx.AddObject(b.Context(), o, refs); err != nil {
		return err
	}
	body := fmt.Appendf(nil, `{"object":%q,"id":%q,"from":"csirt-aurelia","at":"2026-01-02T03:04:05Z"}`, o.Hash, o.ID)
	_, err := tx.Append(b.Context(), transparency.Entry{Type: transparency.EventObject, Salt: seed, Body: body})
	return err
}

func uuidOf(seed [32]byte) string {
	return fmt.Sprintf("%x-%x-4%03x-8%03x-%x", seed[:4], seed[4:6], int(seed[6])<<4|int(seed[7])>>4, int(seed[8])<<4|int(seed[9])>>4, seed[10:16])
}

// BenchmarkSearch looks through 100 000 indexed objects: for a value that few
// have, for a word that few have and one that all have, and for one of a few
// types with its facets.
func BenchmarkSearch(b *testing.B) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + b.TempDir() + "/node.db" },
		"postgres": func() string { return storetest.FreshSchema(b, postgresURL(b)) },
	} {
		b.Run(name, func(b *testing.B) {
			s := open(b, url(), nil)
			fillSearch(b, s, 100_000)
			for query, most := range map[string]int{
				"203.0.113.77": 100, "rare777": 100, "loader": 100, `"seen in"`: 100, "type:malware rare775": 100, "loader type:malware": 10_001, "after:2026-01-01": 10_001,
			} {
				q, err := search.Parse(query)
				if err != nil {
					b.Fatal(err)
				}
				b.Run(query, func(b *testing.B) {
					for b.Loop() {
						err := s.Read(b.Context(), func(r exchange.Reader) error {
							rows, err := r.Search(b.Context(), exchange.SearchFilter{Query: q, Most: most})
							if len(rows) == 0 {
								b.Fatal("nothing was found")
							}
							return err
						})
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("duplicates", func(b *testing.B) {
				for b.Loop() {
					err := s.Read(b.Context(), func(r exchange.Reader) error {
						_, err := r.Duplicates(b.Context(), exchange.DuplicateFilter{Parties: true})
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func fillSearch(b *testing.B, s *store.Store, n int) {
	b.Helper()
	for from := 0; from < n; from += 1000 {
		err := s.Write(b.Context(), func(tx exchange.Tx) error {
			for i := from; i < from+1000; i++ {
				o := storetest.Object(i)
				if i%5 == 0 {
					o.Type = "malware"
				}
				o.Provenance.From = party.ID(fmt.Sprintf("party-%d", i%7))
				e := search.Entry{
					Type: o.Type, TLP: "amber", From: string(o.Provenance.From), Year: "2026", At: o.Provenance.At,
					Words: strings.Fields(fmt.Sprintf("seen in traffic of the loader rare%d common%d and %s", i%10_000, i%100, strings.Repeat("some more text ", 15))),
					Atoms: []atom.Atom{{Kind: atom.Address, Value: fmt.Sprintf("203.0.113.%d", i%60_000)}, {Kind: atom.Hash, Value: fmt.Sprintf("%064x", i*7919)}},
				}
				o.Entry = &e
				seq, err := tx.AddObject(b.Context(), o, nil)
				if err != nil {
					return err
				}
				if err := tx.Index(b.Context(), seq, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDuties lists what is due and looks at the clocks among 100 000 open
// duties, of which 102 are due within a day.
func BenchmarkDuties(b *testing.B) {
	const total = 100_000
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + b.TempDir() + "/node.db" },
		"postgres": func() string { return storetest.FreshSchema(b, postgresURL(b)) },
	} {
		b.Run(name, func(b *testing.B) {
			s := open(b, url(), nil)
			now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
			fillDuties(b, s, now, total)
			b.Run("due", func(b *testing.B) {
				for b.Loop() {
					err := s.Read(b.Context(), func(r exchange.Reader) error {
						ds, err := r.Duties(b.Context(), exchange.DutyFilter{Open: true, DueBy: now.AddDate(0, 0, 1)})
						if len(ds) != 100 {
							b.Fatalf("%d duties", len(ds))
						}
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("waking", func(b *testing.B) {
				for b.Loop() {
					err := s.Read(b.Context(), func(r exchange.Reader) error {
						_, err := r.WakingDuties(b.Context(), now, 200)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func fillDuties(b *testing.B, s *store.Store, now time.Time, total int) {
	b.Helper()
	const some = 1_000
	for from := 0; from < total; from += some {
		err := s.Write(b.Context(), func(tx exchange.Tx) error {
			for n := from; n < from+some; n++ {
				due := now.Add(time.Duration(n+1) * 14 * time.Minute)
				d := obligation.Duty{ID: fmt.Sprintf("duty-%06d", n), Bearer: "csirt-aa", Matter: fmt.Sprintf("INC-%d", n/5), Started: now.AddDate(0, 0, -1), Due: due}
				if err := tx.AddDuty(b.Context(), d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
