package decision_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/instrument"
	"entente/privacy"
)

// published is a file of vectors that another implementation can replay: the
// law as its files, the catalogue, and for each case the request and the whole
// decision it must lead to, both in the JSON they are logged in.
type published struct {
	About      string              `json:"about"`
	Law        map[string]string   `json:"law"` // file name → content
	Transforms []privacy.Transform `json:"transforms"`
	Cases      []publishedCase     `json:"cases"`
}

type publishedCase struct {
	Name     string            `json:"name"`
	Request  decision.Request  `json:"request"`
	Decision decision.Decision `json:"decision"`
	Digest   string            `json:"digest"` // of the decision's canonical JSON
}

// TestPublishedVectors replays testdata/vectors from the file alone. UPDATE=1
// writes it anew from the acceptance example.
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "vectors", "example.json")
	if os.Getenv("UPDATE") != "" {
		writeVectors(t, file)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v published
	if err := json.Unmarshal(src, &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	law := decision.Law{Transforms: v.Transforms}
	for name, text := range v.Law {
		i, err := instrument.Load(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		law.Instruments = append(law.Instruments, i)
	}
	e := compile(t, law)
	if len(v.Cases) != len(scenarios()) {
		t.Errorf("%d cases are published", len(v.Cases))
	}
	for _, c := range v.Cases {
		got := e.Decide(c.Request)
		if d := cmp.Diff(string(canonical(t, c.Decision)), string(canonical(t, got))); d != "" {
			t.Errorf("%s: %s", c.Name, d)
		}
		if digest, err := got.Digest(); err != nil || digest.String() != c.Digest {
			t.Errorf("%s: digest %s, published %s (%v)", c.Name, digest, c.Digest, err)
		}
	}
}

func writeVectors(t *testing.T, file string) {
	t.Helper()
	law := exampleLaw(t)
	e := compile(t, law)
	v := published{About: "The acceptance example of the decision engine: four illustrative instruments, six questions.", Law: map[string]string{}, Transforms: law.Transforms}
	for _, i := range law.Instruments {
		v.Law[i.ID+".yaml"] = string(i.Source)
	}
	for _, s := range scenarios() {
		d := e.Decide(s.req)
		digest, err := d.Digest()
		if err != nil {
			t.Fatal(err)
		}
		v.Cases = append(v.Cases, publishedCase{s.name, d.Request, d, digest.String()})
	}
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
