package keyring_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"golang.org/x/mod/sumdb/note"

	"entente/internal/fault"
	"entente/internal/keyring"
	"entente/party"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)

func create(t *testing.T) (*keyring.Ring, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	r, err := keyring.Create(dir, "csirt-aurelia", now)
	if err != nil {
		t.Fatal(err)
	}
	return r, filepath.Join(dir, "keyring.json")
}

func TestLoadGivesWhatCreateMade(t *testing.T) {
	t.Parallel()
	made, file := create(t)
	loaded, err := keyring.Load(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	if made.Party() != loaded.Party() || made.LogKey() != loaded.LogKey() || made.TrustBundle() != loaded.TrustBundle() {
		t.Error("public halves differ")
	}
	if diff := cmp.Diff(made.SigningKeys(), loaded.SigningKeys()); diff != "" {
		t.Error(diff)
	}
	if string(made.Secret()) != string(loaded.Secret()) || len(made.Secret()) != 32 {
		t.Error("secrets differ")
	}
	id, key := loaded.Signing()
	card := party.Party{
		ID: made.Party(), Name: "CSIRT Aurelia", Kind: "csirt", Jurisdiction: "XA",
		SigningKeys: made.SigningKeys(), LogKey: made.LogKey(), TrustBundle: made.TrustBundle(),
	}
	if err := card.Check(); err != nil {
		t.Errorf("a card made of the ring: %v", err)
	}
	public, ok := card.VerifyKey(id, now)
	if !ok || !ed25519.Verify(public, []byte("m"), ed25519.Sign(key, []byte("m"))) {
		t.Error("the card's key does not verify")
	}
	verifier, err := note.NewVerifier(made.LogKey())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: "x\n"}, loaded.LogSigner())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil || verifier.Name() != keyring.Origin("csirt-aurelia") {
		t.Error(verifier.Name(), err)
	}
}

func TestKeysAreForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	_, file := create(t)
	for path, want := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o666} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Load(filepath.Dir(file)); fault.CodeOf(err) != "keyring.permissions" {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	t.Parallel()
	_, file := create(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Create(filepath.Dir(file), "csirt-aurelia", now); fault.CodeOf(err) != "keyring.exists" {
		t.Error(err)
	}
	after, err := os.ReadFile(file)
	if err != nil || string(before) != string(after) {
		t.Error("the file changed", err)
	}
}

func TestCreateRefusesPartiesThatAreNoTrustDomain(t *testing.T) {
	t.Parallel()
	for _, id := range []party.ID{"", "CSIRT", "a b", "a/b", "a+b", "spiffe://a", "ä"} {
		if _, err := keyring.Create(t.TempDir(), id, now); fault.CodeOf(err) != "keyring.party" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestLoadRefusesDamage(t *testing.T) {
	t.Parallel()
	if _, err := keyring.Load(t.TempDir()); fault.CodeOf(err) != "keyring.missing" {
		t.Error(err)
	}
	_, file := create(t)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, otherFile := create(t)
	other, err := os.ReadFile(otherFile)
	if err != nil {
		t.Fatal(err)
	}
	line := func(raw []byte, name string) string {
		for l := range strings.Lines(string(raw)) {
			if strings.Contains(l, `"`+name+`"`) {
				return l
			}
		}
		t.Fatalf("no %s", name)
		return ""
	}
	swap := func(name string) string { return strings.Replace(string(good), line(good, name), line(other, name), 1) }
	for name, content := range map[string]string{
		"empty": "", "truncated": string(good[:len(good)/2]), "null": "null", "unknown member": strings.Replace(string(good), `"entente"`, `"x": 1, "entente"`, 1),
		"version": strings.Replace(string(good), `"entente": 1`, `"entente": 2`, 1), "other key id": swap("id"), "other authority key": swap("ca_key"),
		"other party's log": strings.Replace(string(good), "csirt-aurelia/log", "csirt-borealis/log", 1), "duplicate": strings.Replace(string(good), `"entente": 1,`, `"entente": 1, "entente": 1,`, 1),
		"no log key": strings.Replace(string(good), line(good, "log"), "\"log\": \"PRIVATE+KEY+x\",\n", 1), "not a key": strings.Replace(string(good), line(good, "ca_key"), "\"ca_key\": \"AAAA\",\n", 1),
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Load(filepath.Dir(file)); fault.CodeOf(err) != "keyring.malformed" || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(good), `"csirt-aurelia"`, `"A B"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Load(filepath.Dir(file)); fault.CodeOf(err) != "keyring.party" {
		t.Error(err)
	}
}

// F17: both keys count in the overlap only; what the old one signed stays good.
func TestF17RotationKeepsWhatWasSigned(t *testing.T) {
	t.Parallel()
	r, file := create(t)
	oldID, _ := r.Signing()
	later := now.Add(48 * time.Hour)
	if err := r.RotateSigning(later, time.Hour); err != nil {
		t.Fatal(err)
	}
	newID, _ := r.Signing()
	if newID == oldID {
		t.Fatal("the key did not change")
	}
	loaded, err := keyring.Load(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	card := party.Party{SigningKeys: loaded.SigningKeys()}
	for _, test := range []struct {
		id   string
		at   time.Time
		want bool
	}{
		{oldID, now, true},
		{oldID, later.Add(59 * time.Minute), true},
		{oldID, later.Add(time.Hour), false},
		{newID, now, false},
		{newID, later, true},
		{newID, later.Add(1000 * time.Hour), true},
	} {
		if _, ok := card.VerifyKey(test.id, test.at); ok != test.want {
			t.Errorf("%s at %v: %v", test.id, test.at, ok)
		}
	}
	if err := os.RemoveAll(filepath.Dir(file)); err != nil {
		t.Fatal(err)
	}
	if err := r.RotateSigning(later, time.Hour); err == nil {
		t.Error("a rotation that was not stored succeeds")
	}
	if id, _ := r.Signing(); id != newID {
		t.Error("a rotation that was not stored is used")
	}
}

// F16: certificates are renewed in time and chain to the party's bundle only.
func TestF16CertificateIsRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	r, _ := create(t)
	td := spiffeid.RequireTrustDomainFromString("csirt-aurelia")
	block, _ := pem.Decode([]byte(r.TrustBundle()))
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	bundle := x509bundle.FromX509Authorities(td, []*x509.Certificate{root})
	var last []byte
	renewals := 0
	for at := now; at.Before(now.Add(60 * 24 * time.Hour)); at = at.Add(time.Hour) {
		cert, err := r.Certificate(at)
		if err != nil {
			t.Fatal(err)
		}
		if string(cert.Leaf.Raw) != string(last) {
			renewals++
			last = cert.Leaf.Raw
		}
		id, _, err := x509svid.Verify([]*x509.Certificate{cert.Leaf}, bundle, x509svid.WithTime(at.Add(24*time.Hour)))
		if err != nil || id.String() != "spiffe://csirt-aurelia/node" {
			t.Fatalf("%v: %v, %v", at, id, err)
		}
	}
	if renewals < 12 || renewals > 15 {
		t.Errorf("%d certificates in 60 days", renewals)
	}
	// A clock that jumps back gets a certificate that is valid there.
	cert, err := r.Certificate(now)
	if err != nil || now.Before(cert.Leaf.NotBefore) {
		t.Error(cert.Leaf.NotBefore, err)
	}
}

func TestRingIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	r, _ := create(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := r.Certificate(now.Add(time.Duration(i) * 100 * time.Hour)); err != nil {
				t.Error(err)
			}
			if err := r.RotateSigning(now.Add(time.Hour), 0); err != nil {
				t.Error(err)
			}
			r.Signing()
			r.SigningKeys()
		})
	}
	wg.Wait()
	if n := len(r.SigningKeys()); n != 9 {
		t.Errorf("%d keys", n)
	}
}
