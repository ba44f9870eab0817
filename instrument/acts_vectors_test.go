package instrument_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// actVectors is testdata/vectors/acts.json, for other implementations to replay:
// which acts a node with these cards accepts, and what those it accepts come to.
// An empty code means that the act is accepted.
type actVectors struct {
	Cards  []party.Party  `json:"cards"`
	Text   string         `json:"text"`
	Hash   ident.Digest   `json:"hash"`
	Acts   []actVector    `json:"acts"`
	Status []statusVector `json:"status"`
}

type actVector struct {
	Name     string `json:"name"`
	Envelope string `json:"envelope"` // as it travels
	Code     string `json:"code,omitempty"`
	Why      string `json:"why,omitempty"` // accepted, and does not count
}

type statusVector struct {
	At       time.Time        `json:"at"`
	Phase    instrument.Phase `json:"phase"`
	InForce  bool             `json:"in_force"`
	Excluded []string         `json:"excluded,omitempty"`
}

func TestActVectors(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "vectors", "acts.json")
	if os.Getenv("UPDATE") == "1" {
		writeActVectors(t, file)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v actVectors
	if err := json.Unmarshal(raw, &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	doc, err := instrument.Load("pact.yaml", []byte(v.Text))
	if err != nil || doc.Hash != v.Hash {
		t.Fatalf("%v, %v", doc, err)
	}
	var acts []instrument.Signed
	why := map[ident.Digest]string{}
	for _, c := range v.Acts {
		a, err := v.open([]byte(c.Envelope))
		if err == nil != (c.Code == "") || err != nil && fault.CodeOf(err) != c.Code {
			t.Errorf("%s: %v, want %q", c.Name, err, c.Code)
		}
		if err == nil {
			acts = append(acts, a)
			why[a.Digest] = c.Why
		}
	}
	judged := instrument.Judge(doc, acts)
	for _, j := range judged {
		if j.Why != why[j.Digest] {
			t.Errorf("%s of %s: %q, want %q", j.Act.Act, j.Party, j.Why, why[j.Digest])
		}
	}
	if diff := cmp.Diff(v.Status, statusOf(instrument.WithActs(doc, acts), judged)); diff != "" {
		t.Error(diff)
	}
}

// open is what docs/reference/act.md tells an implementer to do.
func (v *actVectors) open(raw []byte) (instrument.Signed, error) {
	st, err := envelope.OpenStatement(raw, instrument.ActPayloadType)
	if err != nil {
		return instrument.Signed{}, err
	}
	a, err := instrument.ParseAct(st.Payload)
	if err != nil {
		return instrument.Signed{}, err
	}
	for _, p := range v.Cards {
		if key, ok := p.VerifyKey(st.KeyID, a.At); ok && p.ID == a.Party {
			return instrument.Signed{Act: a, Digest: ident.Sum(raw)}, st.Verify(key)
		}
	}
	return instrument.Signed{}, fault.New(fault.Unverified, "act.key", "No key.")
}

func statusOf(doc *instrument.Instrument, acts []instrument.Judged) []statusVector {
	var out []statusVector
	for month := time.January; month <= time.June; month++ {
		at := time.Date(2026, month, 15, 0, 0, 0, 0, time.UTC)
		s := between(doc, "csirt-a", "csirt-b", at)
		phase, _ := instrument.PhaseAt(doc, acts, nil, at)
		out = append(out, statusVector{At: at, Phase: phase, InForce: s.InForce, Excluded: sortedKeys(s.Excluded)})
	}
	return out
}

func writeActVectors(t *testing.T, file string) {
	t.Helper()
	key := func(name string) ed25519.PrivateKey {
		seed := sha256.Sum256([]byte("act vector " + name))
		return ed25519.NewKeyFromSeed(seed[:])
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v := actVectors{Text: string(pact(t, "term: {withdrawal_notice: P1M}\n", "csirt-a", "csirt-b").Source)}
	doc := pact(t, "term: {withdrawal_notice: P1M}\n", "csirt-a", "csirt-b")
	v.Hash = doc.Hash
	for _, id := range []party.ID{"csirt-a", "csirt-b"} {
		public, _ := key(string(id)).Public().(ed25519.PublicKey)
		v.Cards = append(v.Cards, party.Party{
			ID: id, Name: string(id), Kind: "csirt", Jurisdiction: "XX",
			SigningKeys: []party.Key{{ID: "k1", PublicKey: public, From: from, Until: from.AddDate(0, 5, 0)}},
		})
	}
	last := map[party.ID]ident.Digest{}
	add := func(name string, by party.ID, day string, k instrument.ActKind, code, why string, more ...func(*instrument.Act)) {
		a := instrument.Act{Act: k, Instrument: doc.ID, Version: doc.Version, Hash: doc.Hash, Party: by, At: date(t, day), Previous: last[by]}
		signer := string(by)
		for _, f := range more {
			f(&a)
		}
		if code == "envelope.signature" {
			signer = "stranger"
		}
		raw, err := envelope.SignStatement(instrument.ActPayloadType, encodeAct(t, a), "k1", key(signer))
		if err != nil {
			t.Fatal(err)
		}
		if code == "" && why == "" {
			last[by] = ident.Sum(raw)
		}
		v.Acts = append(v.Acts, actVector{name, string(raw), code, why})
	}
	add("a signs", "csirt-a", "2026-01-10", instrument.ActSignature, "", "")
	add("a ratifies", "csirt-a", "2026-01-11", instrument.ActRatification, "", "")
	add("b ratifies what it has not signed", "csirt-b", "2026-01-12", instrument.ActRatification, "", "ratifies what the party has not signed (Vienna Convention Art. 14(1)); accession needs no signature")
	add("b signs", "csirt-b", "2026-02-01", instrument.ActSignature, "", "")
	add("b reserves", "csirt-b", "2026-02-02", instrument.ActReservation, "", "", excludes("r1", "art2"))
	add("b ratifies, the reservation left out of the chain", "csirt-b", "2026-02-02", instrument.ActAcceptance, "", "waits for an act that csirt-b did before and that has not come",
		func(a *instrument.Act) { a.Previous = ident.Sum([]byte("never sent")) })
	add("b ratifies", "csirt-b", "2026-02-02", instrument.ActRatification, "", "")
	add("a forged suspension", "csirt-a", "2026-03-01", instrument.ActSuspension, "envelope.signature", "")
	add("a suspends after its key was revoked", "csirt-a", "2026-07-01", instrument.ActSuspension, "act.key", "")
	add("a suspends", "csirt-a", "2026-03-01", instrument.ActSuspension, "", "")
	add("a resumes", "csirt-a", "2026-04-01", instrument.ActResumption, "", "")
	add("b leaves", "csirt-b", "2026-04-20", instrument.ActWithdrawal, "", "")
	add("another text", "csirt-b", "2026-04-21", instrument.ActSuspension, "", "is about another text", func(a *instrument.Act) { a.Version = "9.0.0" })
	v.Acts = append(v.Acts, actVector{"no act", `{"payload":"e30=","payloadType":"application/json","signatures":[]}`, "envelope.malformed", ""})
	var acts []instrument.Signed
	for _, c := range v.Acts {
		if a, err := v.open([]byte(c.Envelope)); err == nil {
			acts = append(acts, a)
		}
	}
	v.Status = statusOf(instrument.WithActs(doc, acts), instrument.Judge(doc, acts))
	raw, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(raw, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
