package instrument_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"entente/instrument"
)

// BenchmarkLoad reads an instrument of 1 000 clauses, far more than any real
// one; the law as a whole is loaded once, when a node starts.
func BenchmarkLoad(b *testing.B) {
	head, _, _ := bytes.Cut(source(b, "testdata/base.yaml"), []byte("clauses:\n"))
	var src bytes.Buffer
	src.Write(bytes.Replace(bytes.Replace(head, []byte(", survival: [art5]"), nil, 1), []byte("excludes: [art4]"), []byte("excludes: [c4]"), 1))
	src.WriteString("clauses:\n")
	for n := range 1000 {
		fmt.Fprintf(&src, "  - id: c%d\n    cite: Art. %d\n    text: The Parties may exchange information on incidents.\n    modality: permission\n    act: share\n"+
			"    when:\n      type: [incident, t%d]\n      tlp: {max: amber}\n      purpose: [incident-response]\n", n, n, n)
	}
	b.SetBytes(int64(src.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := instrument.Load("b.yaml", src.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStatus(b *testing.B) {
	i := load(b, "../examples/instruments/mou-aa-xx.yaml")
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		if !i.Status(instrument.Seat{"csirt-aa", "AA"}, instrument.Seat{"csirt-xx", "XX"}, at).InForce {
			b.Fatal("not in force")
		}
	}
}
