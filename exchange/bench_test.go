package exchange_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"entente/exchange"
	"entente/internal/ident"
	"entente/internal/keyring"
	"entente/party"
)

// BenchmarkIngest measures what an acknowledged object costs: parse, markings,
// data categories, the outlook for 20 parties, log leaf, commit and flush. Each
// submission is a bundle of one object of about 1.2 kB, and is answered only
// when it is on disk. The figure to read is objects/s.
func BenchmarkIngest(b *testing.B) {
	for _, submitters := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("submitters=%d", submitters), func(b *testing.B) {
			f := newFederation(b, aurelia)
			a := f.nodes[aurelia]
			for i := range 20 {
				a.meet(b, strangerCard(b, f, i))
			}
			b.ResetTimer()
			submit(b, a, submitters)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

// submit imports b.N objects, each on its own, from so many callers at once.
func submit(b *testing.B, n *testNode, callers int) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				rep, err := n.Import(b.Context(), exchange.ImportRequest{Data: []byte(bundleOf(sizeable(i)))})
				if err != nil || rep.New != 1 {
					b.Errorf("object %d: %+v %v", i, rep, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// sizeable is an indicator of about 1.2 kB that exists once.
func sizeable(i int64) string {
	o := sdo("indicator", "0000", "2026-01-01T00:00:00.000Z", tlpAmber, fmt.Sprintf(
		`"name":"command and control address %d","description":%q,"pattern":"[ipv4-addr:value = '203.0.113.%d' AND file:hashes.'SHA-256' = '%064x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","labels":["malicious-activity","%d"],"external_references":[{"source_name":"feed","external_id":"item-%d"}]`,
		i, strings.Repeat("Seen in traffic of the loader. ", 20), i%256, i, i, i))
	id := ident.Sum([]byte(o))
	return strings.Replace(o, "00000000-0000-4000-8000-000000000000", uuidOf(id), 1)
}

func uuidOf(d ident.Digest) string {
	u := uuid.UUID(d[:16])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// strangerCard is the card of one more party that nobody has an agreement with,
// or has: kinds and jurisdictions vary so that recipients fall into classes.
func strangerCard(b *testing.B, f *federation, i int) []byte {
	b.Helper()
	id := party.ID(fmt.Sprintf("party-%02d", i))
	ring, err := keyring.Create(b.TempDir(), id, f.now)
	must(b, err)
	card, err := json.Marshal(party.Party{
		ID: id, Name: fmt.Sprintf("Party number %d", i), Kind: []string{"csirt", "isac", "regulator", "company"}[i%4],
		Jurisdiction: []string{"AA", "BB", "CC"}[i%3], Endpoint: "https://party.example",
		SigningKeys: ring.SigningKeys(), LogKey: ring.LogKey(), TrustBundle: ring.TrustBundle(),
	})
	must(b, err)
	return card
}

// BenchmarkPreview measures the desk's question: 120 objects of a breach report
// for 25 parties, every cell decided and explained, every form built.
func BenchmarkPreview(b *testing.B) {
	f := newFederation(b, aurelia, borealis, cordova, gridshare, vendor)
	a := f.nodes[aurelia]
	for i := range 21 {
		a.meet(b, strangerCard(b, f, i))
	}
	report := f.importHelioGrid()
	b.ResetTimer()
	for b.Loop() {
		p, err := a.Preview(b.Context(), exchange.PreviewRequest{Objects: []string{report}})
		must(b, err)
		if len(p.Recipients) != 25 || len(p.Objects) != 120 {
			b.Fatalf("%d recipients, %d objects", len(p.Recipients), len(p.Objects))
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(25*120)*1e6, "µs/cell")
}
