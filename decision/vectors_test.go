package decision_test

import (
	"strings"
	"testing"

	"entente/decision"
	"entente/examples"
	"entente/instrument"
	"entente/privacy"
)

// TestLanternVectors (LG-2): every vector of the demonstration's law holds, and
// a vector that does not is told with its difference.
func TestLanternVectors(t *testing.T) {
	t.Parallel()
	files, err := examples.LanternInstruments()
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, f := range files {
		i, err := instrument.Load(f.Name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		results, err := decision.TestInstrument(i, privacy.Catalogue())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			ran++
			if !r.OK() {
				t.Errorf("%s: %s: %s", f.Name, r.Name, r.Diff)
			}
		}
		i.Vectors[0].Expect.Outcome, i.Vectors[0].Expect.Duties = "refer", []string{"no-such-duty"}
		results, err = decision.TestInstrument(i, privacy.Catalogue())
		if err != nil {
			t.Fatal(err)
		}
		if d := results[0].Diff; !strings.Contains(d, "agreed is refer") || !strings.Contains(d, "no-such-duty") {
			t.Errorf("%s: a wrong vector says %q", f.Name, d)
		}
	}
	if ran < 30 {
		t.Errorf("only %d vectors ran", ran)
	}
}
