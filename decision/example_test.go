package decision_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/privacy"
)

// The scenario of the acceptance example: one incident of csirt-aa, six
// questions (design/instrument/examples/scenario.yaml).
var (
	csirtAA = decision.Actor{ID: "csirt-aa", Kind: "csirt", Jurisdiction: "AA"}
	csirtBB = decision.Actor{ID: "csirt-bb", Kind: "csirt", Jurisdiction: "BB"}
	csirtXX = decision.Actor{ID: "csirt-xx", Kind: "csirt", Jurisdiction: "XX"}
	isacXX  = decision.Actor{ID: "isac-xx", Kind: "isac", Jurisdiction: "XX"}
)

var catalogue = []privacy.Transform{
	{ID: "pseudonymise", Maps: map[privacy.Category]privacy.Category{"personal-identifier": "personal-pseudonymous"}, Cost: 1},
	{ID: "generalise-ip", Maps: map[privacy.Category]privacy.Category{"personal-identifier": "technical", "personal-pseudonymous": "technical"}, Cost: 3},
	{ID: "redact-contact", Maps: map[privacy.Category]privacy.Category{"personal-contact": ""}, Cost: 2},
	{ID: "redact-victim", Maps: map[privacy.Category]privacy.Category{"victim-identity": ""}, Cost: 4},
}

type scenario struct {
	name string
	req  decision.Request
}

func scenarios() []scenario {
	known := func(emergency, consent bool) map[string]bool {
		return map[string]bool{"own_object": true, "significant": true, "cross_border": true, "emergency": emergency, "victim_consent": consent}
	}
	unsaid := known(false, false)
	delete(unsaid, "victim_consent")
	ask := func(to decision.Actor, at string, facts map[string]bool) decision.Request {
		return decision.Request{
			Subject: decision.Subject{
				ID: "incident--7f3a", Type: "incident", TLP: intel.Amber,
				Categories: []privacy.Category{"technical", "personal-contact", "personal-identifier", "victim-identity"},
			},
			Sender: csirtAA, Recipient: to, Act: "share", Purpose: "incident-response", At: day(at), Facts: facts,
		}
	}
	return []scenario{
		{"1 EU peer, duty to inform", ask(csirtBB, "2026-03-02", known(false, false))},
		{"2 third country under the MoU", ask(csirtXX, "2026-03-02", known(false, false))},
		{"3 as 2, emergency declared and the victim consents", ask(csirtXX, "2026-03-02", known(true, true))},
		{"4 ISAC in the third country, no instrument in force", ask(isacXX, "2026-03-02", known(false, false))},
		{"5 as 2 after the sunset of the MoU", ask(csirtXX, "2028-03-02", known(false, false))},
		{"6 as 2, but nobody has said whether the victim consents (unknown fact)", ask(csirtXX, "2026-03-02", unsaid)},
	}
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func exampleLaw(t testing.TB) decision.Law {
	t.Helper()
	law := decision.Law{Transforms: catalogue}
	for _, name := range []string{"eu-dp", "eu-nis", "mou-aa-xx", "tlp"} {
		file := filepath.Join("..", "examples", "instruments", name+".yaml")
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		i, err := instrument.Load(file, src)
		if err != nil {
			t.Fatal(err)
		}
		law.Instruments = append(law.Instruments, i)
	}
	return law
}

func compile(t testing.TB, l decision.Law) *decision.Engine {
	t.Helper()
	e, err := decision.Compile(l)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestExampleOutput is the acceptance example of DECISION.md, byte for byte.
func TestExampleOutput(t *testing.T) {
	t.Parallel()
	e := compile(t, exampleLaw(t))
	var got strings.Builder
	for _, s := range scenarios() {
		got.WriteString("== " + s.name + ": " + e.Decide(s.req).Text())
	}
	want, err := os.ReadFile(filepath.Join("testdata", "example-output.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the example reads otherwise (-want +got):\n%s", diff)
	}
}
