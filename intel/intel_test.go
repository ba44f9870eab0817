package intel_test

import (
	"testing"

	"entente/intel"
)

func TestLabelsReadWhatTheyWrite(t *testing.T) {
	t.Parallel()
	for l := intel.Clear; l <= intel.Red; l++ {
		if got, ok := intel.ParseTLP(l.String()); !ok || got != l {
			t.Errorf("%v reads as %v, %v", l, got, ok)
		}
	}
	for p := intel.PAPClear; p <= intel.PAPRed; p++ {
		if got, ok := intel.ParsePAP(p.String()); !ok || got != p {
			t.Errorf("%v reads as %v, %v", p, got, ok)
		}
	}
}

// TestUnreadableLabelsAreRed checks that a caller who forgets ok stays closed.
func TestUnreadableLabelsAreRed(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "white", "RED", "amber-strict", "clear ", "gr\u0435en"} {
		if got, ok := intel.ParseTLP(s); ok || got != intel.Red {
			t.Errorf("%q reads as TLP %v, %v", s, got, ok)
		}
		if got, ok := intel.ParsePAP(s); ok || got != intel.PAPRed {
			t.Errorf("%q reads as PAP %v, %v", s, got, ok)
		}
	}
}
