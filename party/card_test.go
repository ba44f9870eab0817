package party_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/party"
)

const card = `{
  "id": "csirt-aurelia", "name": "CSIRT Aurelia", "kind": "csirt", "jurisdiction": "AA", "roles": ["cvd-coordinator"],
  "endpoint": "https://csirt.aurelia.example:8443/peer", "contact": "24/7: +00 000 000",
  "signing_keys": [
    {"id": "k1", "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "from": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"},
    {"id": "k2", "public_key": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "from": "2026-06-01T00:00:00Z"}
  ]
}`

func parse(t *testing.T, s string) party.Party {
	t.Helper()
	p, err := party.ParseCard([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseCardReadsEveryPart(t *testing.T) {
	t.Parallel()
	p := parse(t, card)
	if p.ID != "csirt-aurelia" || p.Roles[0] != "cvd-coordinator" || len(p.SigningKeys) != 2 || p.SigningKeys[0].Until.Month() != time.July {
		t.Errorf("%+v", p)
	}
}

func TestParseCardRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, from, to, pointer string }{
		{"unknown member", `"kind": "csirt"`, `"kind": "csirt", "admin": true`, "/admin"},
		{"member in another case", `"kind": "csirt"`, `"Kind": "csirt"`, "/Kind"},
		{"duplicate member", `"kind": "csirt"`, `"kind": "csirt", "kind": "regulator"`, "/kind"},
		{"number for text", `"AA"`, `7`, "/jurisdiction"},
		{"two cards", card, card + card, ""},
		{"no card", card, ``, ""},
		{"id in capitals", `"csirt-aurelia"`, `"CSIRT-Aurelia"`, "/id"},
		{"id with a look-alike", `"csirt-aurelia"`, `"csirt-аurelia"`, "/id"},
		{"wildcard", `"csirt-aurelia"`, `"*"`, "/id"},
		{"id that ends in a dot", `"csirt-aurelia"`, `"csirt."`, "/id"},
		{"long id", `"csirt-aurelia"`, `"` + strings.Repeat("a", 64) + `"`, "/id"},
		{"no name", `"CSIRT Aurelia"`, `""`, "/name"},
		{"unknown kind", `"kind": "csirt"`, `"kind": "friend"`, "/kind"},
		{"jurisdiction in words", `"AA"`, `"Aurelia"`, "/jurisdiction"},
		{"role twice", `["cvd-coordinator"]`, `["cvd-coordinator", "cvd-coordinator"]`, "/roles/1"},
		{"plain http", `https://`, `http://`, "/endpoint"},
		{"credentials in the URL", `https://csirt`, `https://root:root@csirt`, "/endpoint"},
		{"query in the URL", `/peer"`, `/peer?x=1"`, "/endpoint"},
		{"short key", `"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="`, `"AQEB"`, "/signing_keys/1/public_key"},
		{"key id twice", `"k2"`, `"k1"`, "/signing_keys/1/id"},
		{"key twice", `"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="`, `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`, "/signing_keys/1/public_key"},
		{"key without start", `"from": "2026-06-01T00:00:00Z"`, `"until": "2027-06-01T00:00:00Z"`, "/signing_keys/1/from"},
		{"key that ends before it starts", `"from": "2026-06-01T00:00:00Z"`, `"from": "2026-06-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"`, "/signing_keys/1/until"},
		{"bundle that is no PEM", `"contact"`, `"trust_bundle": "secret", "contact"`, "/trust_bundle"},
		{"bundle with a private key", `"contact"`, `"trust_bundle": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "contact"`, "/trust_bundle"},
		{"invisible contact", `24/7`, `24\u200b/7`, "/contact"},
		{"log key of two lines", `"contact"`, `"log_key": "a\nb", "contact"`, "/log_key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(card, tc.from) {
				t.Fatalf("the card has no %q", tc.from)
			}
			_, err := party.ParseCard([]byte(strings.Replace(card, tc.from, tc.to, 1)))
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != "party.card" || f.Kind != fault.Invalid {
				t.Fatalf("not refused: %v", err)
			}
			for _, field := range f.Fields {
				if field.Pointer == tc.pointer {
					return
				}
			}
			t.Errorf("no field %q in %v", tc.pointer, f.Fields)
		})
	}
	if _, err := party.ParseCard(bytes.Repeat([]byte(" "), 65<<10)); fault.CodeOf(err) != "party.card" {
		t.Errorf("a long card: %v", err)
	}
}

// TestT2Names: homoglyphs, bidirectional overrides, zero width, mixed script
// and decomposed forms (ASSURANCE.md T2).
func TestT2Names(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"CSIRT Aurelia":                         true,
		"Zentrum für Cybersicherheit":           true,
		"Єдиний центр":                          true,
		"CERT Ελλάδας":                          true, // two alphabets, not in one word
		"国家互联网应急中心":                             true,
		"JPCERT コーディネーションセンター":                  true,
		"Ｅstonia":                               false, // full width
		"Еstonia":                               false, // Cyrillic Е
		"Estоnia":                               false, // Cyrillic о
		"Αurelia":                               false, // Greek Α
		"CSIRT \u202eailerua":                   false,
		"CSIRT\u200b Aurelia":                   false,
		"CSIRT\u00ad Aurelia":                   false,
		"CSIRT \u2066Aurelia\u2069":             false,
		"CSIRT\u00a0Aurelia":                    false,
		"CSIRT  Aurelia":                        false,
		" CSIRT":                                false,
		"Zentrum fu\u0308r Cyber":               false, // NFD
		"CSIRT\nAurelia":                        false,
		"𝐂𝐒𝐈𝐑𝐓":                                 false,
		"\xff":                                  false,
		"":                                      false,
		"CSIRT\ufe0f":                           false,
		"Tag \U000e0041":                        false,
		strings.Repeat("Zentrum für Cyber ", 9): false,
	} {
		if wrong := party.CheckName(name); (wrong == "") != ok {
			t.Errorf("%+q: %q", name, wrong)
		}
	}
}

func TestT2Confusable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"Estonia", "Ｅstonia", true},
		{"Estonia", "Еstоnіа", true}, // Cyrillic
		{"CSIRT Aurelia", "csirt aurelia", true},
		{"CSIRT Aurelia", "CSlRT Aurelia", true}, // l for I
		{"CSIRT Aurelia", "CS1RT Aurelia", true},
		{"CSIRT Aurelia", "CSIRT\u200b Aurelia", true},
		{"CSIRT Aurelia", "CSIRTAurelia", true},
		{"CERT Bonn", "CERT B0nn", true},
		{"Cordova", "Corclova", true},
		{"Armenia", "Arrnenia", true},
		{"ΑΒΕΖ", "ABEZ", true}, // Greek
		{"ncsc-cordova", "ncsc–cordova", true},
		{"für", "fu\u0308r", true},
		{"CSIRT Aurelia", "CSIRT Borealis", false},
		{"Austria", "Australia", false},
		{"für", "fur", false},
		{"CERT 1", "CERT 2", false},
	} {
		if got := party.Confusable(tc.a, tc.b); got != tc.same || party.Confusable(tc.b, tc.a) != got || !party.Confusable(tc.a, tc.a) {
			t.Errorf("%+q and %+q: %v, want %v", tc.a, tc.b, got, tc.same)
		}
	}
}

func TestFingerprintIsOfTheCardNotItsFormatting(t *testing.T) {
	t.Parallel()
	p := parse(t, card)
	again, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if got := parse(t, string(again)).Fingerprint(); got != p.Fingerprint() || got.IsZero() {
		t.Errorf("fingerprints %v and %v", got, p.Fingerprint())
	}
	seen := map[string]string{p.Fingerprint().String(): "the card itself"}
	for _, edit := range [][2]string{
		{`"csirt-aurelia"`, `"csirt-aurelja"`},
		{"CSIRT Aurelia", "CSIRT Aurelja"},
		{`"csirt"`, `"isac"`},
		{`"AA"`, `"AB"`},
		{"8443", "8444"},
		{"AQEBAQ", "AQEBAA"},
		{"2026-06-01", "2026-06-02"},
		{"2026-07-01", "2026-07-02"},
		{`"k2"`, `"k3"`},
	} {
		f := parse(t, strings.Replace(card, edit[0], edit[1], 1)).Fingerprint().String()
		if was, taken := seen[f]; taken {
			t.Errorf("%s has the fingerprint of %s", edit[1], was)
		}
		seen[f] = edit[1]
	}
}

func TestVerifyKeyCountsInItsWindow(t *testing.T) {
	t.Parallel()
	p := parse(t, card)
	from, until := p.SigningKeys[0].From, p.SigningKeys[0].Until
	for _, tc := range []struct {
		id string
		at time.Time
		ok bool
	}{
		{"k1", from.Add(-time.Nanosecond), false},
		{"k1", from, true},
		{"k1", until.Add(-time.Nanosecond), true},
		{"k1", until, false},
		{"k2", until, true},
		{"k2", until.AddDate(100, 0, 0), true},
		{"k3", until, false},
		{"", until, false},
	} {
		key, ok := p.VerifyKey(tc.id, tc.at)
		if ok != tc.ok || ok != (len(key) == ed25519.PublicKeySize) {
			t.Errorf("key %q at %v: %v", tc.id, tc.at, ok)
		}
	}
}

func FuzzParseCard(f *testing.F) {
	f.Add([]byte(card))
	f.Add([]byte(`{"id":"a","name":"Ａ","kind":"csirt","jurisdiction":"AA"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := party.ParseCard(b)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("not an invalid fault: %v", err)
			}
			return
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		q, err := party.ParseCard(again)
		if err != nil || q.Fingerprint() != p.Fingerprint() || p.Fingerprint().IsZero() {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}
