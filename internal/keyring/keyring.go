// Package keyring makes and keeps a node's private keys: one signs messages, one
// signs the log, one issues the node's TLS certificates.
//
// It neither signs nor decides who is trusted. Invariant: private keys are in one
// file that only its owner can read; a ring whose file others can read is not
// loaded, because it may already be known.
package keyring

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"golang.org/x/mod/sumdb/note"

	"entente/internal/fault"
	"entente/party"
)

// fileName is the only file of a ring.
const fileName = "keyring.json"

const secretSize = 32

// Ring is a node's keys. It is safe for concurrent use.
type Ring struct {
	id        party.ID
	dir       string
	node      spiffeid.ID
	logSigner note.Signer
	logKey    string
	authority authority

	mu     sync.Mutex
	stored stored
	leaf   leaf
}

// stored is the file.
type stored struct {
	Entente int          `json:"entente"` // 1
	Party   party.ID     `json:"party"`
	Signing []signingKey `json:"signing"` // newest last
	Log     string       `json:"log"`     // signer key, C2SP signed-note form
	CAKey   []byte       `json:"ca_key"`  // PKCS #8
	CACert  []byte       `json:"ca_cert"` // DER
	Secret  []byte       `json:"secret"`
}

type signingKey struct {
	ID    string    `json:"id"`
	Seed  []byte    `json:"seed"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
}

func (k signingKey) private() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Seed) }

// Create makes the keys of a party in dir, which it makes if need be. It returns
// a conflict fault (code "keyring.exists") when dir has keys already and an
// invalid one ("keyring.party") for an id that cannot name a trust domain.
func Create(dir string, id party.ID, now time.Time) (*Ring, error) {
	if _, err := nodeID(id); err != nil {
		return nil, err
	}
	key, err := newSigningKey(now)
	if err != nil {
		return nil, err
	}
	logKey, _, err := note.GenerateKey(rand.Reader, Origin(id))
	if err != nil {
		return nil, fmt.Errorf("generate log key: %w", err)
	}
	caKey, caCert, err := newAuthority(id, now)
	if err != nil {
		return nil, err
	}
	s := stored{Entente: 1, Party: id, Signing: []signingKey{key}, Log: logKey, CAKey: caKey, CACert: caCert, Secret: make([]byte, secretSize)}
	if _, err := rand.Read(s.Secret); err != nil {
		return nil, fmt.Errorf("generate secret: %w", err)
	}
	r, err := open(dir, s)
	if err != nil {
		return nil, err
	}
	return r, writeNew(filepath.Join(dir, fileName), s)
}

// Load reads the keys in dir. It returns a not-found fault when there are none,
// an invalid one with code "keyring.permissions" when others can read them, and
// with code "keyring.malformed" when the file is not a ring.
func Load(dir string) (*Ring, error) {
	s, err := read(filepath.Join(dir, fileName))
	if err != nil {
		return nil, err
	}
	return open(dir, s)
}

// open turns the stored form into usable keys and checks each of them.
func open(dir string, s stored) (*Ring, error) {
	if s.Entente != 1 || len(s.Signing) == 0 || len(s.Secret) != secretSize {
		return nil, malformed(nil)
	}
	node, err := nodeID(s.Party)
	if err != nil {
		return nil, err
	}
	for _, k := range s.Signing {
		if len(k.Seed) != ed25519.SeedSize || k.ID != keyID(k.private()) || k.From.IsZero() {
			return nil, malformed(nil)
		}
	}
	signer, err := note.NewSigner(s.Log)
	if err != nil || signer.Name() != Origin(s.Party) {
		return nil, malformed(err)
	}
	logKey, err := verifierKey(s.Log)
	if err != nil {
		return nil, malformed(err)
	}
	ca, err := openAuthority(s.CAKey, s.CACert)
	if err != nil {
		return nil, malformed(err)
	}
	return &Ring{id: s.Party, dir: dir, node: node, logSigner: signer, logKey: logKey, authority: ca, stored: s}, nil
}

func malformed(cause error) error {
	return fault.New(fault.Invalid, "keyring.malformed", "The key file is damaged or not a key file.").
		Try("Restore it from a backup; new keys would need a new card at every partner.").Because(cause)
}

// nodeID is the SPIFFE id of a party's node: the party is the trust domain.
func nodeID(id party.ID) (spiffeid.ID, error) {
	td, err := spiffeid.TrustDomainFromString(string(id))
	if err == nil && td.Name() == string(id) {
		var node spiffeid.ID
		if node, err = spiffeid.FromSegments(td, "node"); err == nil {
			return node, nil
		}
	}
	return spiffeid.ID{}, fault.New(fault.Invalid, "keyring.party", "The party id cannot name a trust domain.").
		At("/party", "is not lower-case letters, digits, dots and hyphens").Because(err)
}

// Origin is the name of a party's log: the first line of its checkpoints.
func Origin(id party.ID) string { return string(id) + "/log" }

// Party is whose keys these are.
func (r *Ring) Party() party.ID { return r.id }

// LogSigner signs the node's checkpoints.
func (r *Ring) LogSigner() note.Signer { return r.logSigner }

// LogKey is what others verify checkpoints with: the log_key of a party card.
func (r *Ring) LogKey() string { return r.logKey }

// TrustBundle is the certificate of the party's own authority in PEM: the
// trust_bundle of a party card.
func (r *Ring) TrustBundle() string { return r.authority.pem() }

// Secret is 32 random bytes for deriving pseudonyms; it never changes.
func (r *Ring) Secret() []byte { return append([]byte(nil), r.stored.Secret...) }

// Signing is the newest message signing key and its id.
func (r *Ring) Signing() (id string, key ed25519.PrivateKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.stored.Signing[len(r.stored.Signing)-1]
	return k.ID, k.private()
}

// SigningKeys is the signing_keys of a party card: every key there ever was,
// newest last, so that what an old key signed in its time can still be verified.
func (r *Ring) SigningKeys() []party.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := make([]party.Key, 0, len(r.stored.Signing))
	for _, k := range r.stored.Signing {
		public, _ := k.private().Public().(ed25519.PublicKey)
		keys = append(keys, party.Key{ID: k.ID, PublicKey: public, From: k.From, Until: k.Until})
	}
	return keys
}

// RotateSigning makes a new signing key that counts from now on and ends the
// time of the one before after the overlap, in which messages signed before may
// still arrive. The party's card changes, and partners need the new one.
func (r *Ring) RotateSigning(now time.Time, overlap time.Duration) error {
	key, err := newSigningKey(now)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.stored
	next.Signing = append([]signingKey(nil), r.stored.Signing...)
	last := &next.Signing[len(next.Signing)-1]
	if last.Until.IsZero() || last.Until.After(now.Add(overlap)) {
		last.Until = key.From.Add(max(overlap, time.Second))
	}
	next.Signing = append(next.Signing, key)
	if err := replace(filepath.Join(r.dir, fileName), next); err != nil {
		return err
	}
	r.stored = next
	return nil
}

func newSigningKey(now time.Time) (signingKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signingKey{}, fmt.Errorf("generate signing key: %w", err)
	}
	// Whole seconds, downwards: the first message is never older than its key.
	return signingKey{ID: keyID(private), Seed: private.Seed(), From: now.UTC().Truncate(time.Second)}, nil
}
