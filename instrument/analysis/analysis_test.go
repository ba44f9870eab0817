package analysis

import (
	"testing"
	"time"

	"entente/decision"
	"entente/examples"
	"entente/instrument"
	"entente/privacy"
)

func lantern(t testing.TB) decision.Law {
	t.Helper()
	files, err := examples.LanternInstruments()
	if err != nil {
		t.Fatal(err)
	}
	l := decision.Law{Transforms: privacy.Catalogue()}
	for _, f := range files {
		i, err := instrument.Load(f.Name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		l.Instruments = append(l.Instruments, i)
	}
	return l
}

func TestAnalyseLantern(t *testing.T) {
	start := time.Now()
	r, err := Analyse(lantern(t), Options{At: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start), r.Totals, r.Limits)
	for _, c := range r.Contradictions {
		t.Log(c.Kind, c.A, "|", c.B, c.By, c.Winner, c.Unresolved, c.Answer)
	}
	for _, c := range r.Idle {
		t.Log(c)
	}
	for _, c := range r.Retention {
		t.Log(c)
	}
	for _, c := range r.Duties {
		t.Log(c)
	}
	for _, c := range r.Leaks {
		t.Log(c.Text)
	}
	for _, c := range r.Gaps {
		t.Log(c)
	}
}
