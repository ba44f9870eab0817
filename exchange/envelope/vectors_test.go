package envelope_test

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/party"
)

// vectors is testdata/vectors/envelopes.json, for other implementations to
// replay: which envelopes a reader with these keys accepts, and what is wrong with
// the others. An empty code means that the envelope opens.
type vectors struct {
	Keys  []vectorKey `json:"keys"`
	Cases []vector    `json:"cases"`
}

type vectorKey struct {
	Party party.ID  `json:"party"`
	Key   party.Key `json:"key"`
}

type vector struct {
	Name     string `json:"name"`
	Envelope []byte `json:"envelope"`
	Code     string `json:"code"`
}

func TestVectors(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "vectors", "envelopes.json")
	if os.Getenv("UPDATE") == "1" {
		writeVectors(t, file)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	find := func(from party.ID, id string, when time.Time) (ed25519.PublicKey, bool) {
		for _, k := range v.Keys {
			if key, ok := (party.Party{SigningKeys: []party.Key{k.Key}}).VerifyKey(id, when); k.Party == from && ok {
				return key, true
			}
		}
		return nil, false
	}
	for _, c := range v.Cases {
		_, err := envelope.Open(c.Envelope, find)
		if err == nil != (c.Code == "") || err != nil && fault.CodeOf(err) != c.Code {
			t.Errorf("%s: %v, want %q", c.Name, err, c.Code)
		}
	}
}

func writeVectors(t *testing.T, file string) {
	t.Helper()
	var v vectors
	for _, a := range []actor{aurelia, borealis} {
		for _, k := range a.card.SigningKeys {
			v.Keys = append(v.Keys, vectorKey{a.card.ID, k})
		}
	}
	objs := objects(3)
	v.Cases = []vector{
		{"release of three objects", seal(t, release(objs), objs).Envelope, ""},
		{"recall", seal(t, recall(), nil).Envelope, ""},
		{"receipt", seal(t, receipt(), nil).Envelope, ""},
	}
	for _, f := range forgeries(t) {
		if len(f.env) < 1<<16 {
			v.Cases = append(v.Cases, vector{f.name, f.env, f.code})
		}
	}
	raw, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(raw, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
