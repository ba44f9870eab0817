package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"entente/internal/fault"
	"entente/internal/keyring"
	"entente/party"
)

// Files of a data folder.
const (
	keysFolder = "keys"
	selfFile   = "self.json" // who this node is, without its keys
	tokenFile  = "token"     // what callers of the API show
	guardFile  = "log-head"  // the last signed tree head, outside the database
	lockFile   = "lock"
)

// InitOptions says whose node is made, and where.
type InitOptions struct {
	Dir   string
	Party party.Party // keys are added; the rest is as given
	// Database is where the node keeps what it remembers, for good: a database
	// URL, or empty for SQLite in Dir. A URL with a password belongs in a
	// PostgreSQL service or password file, not here.
	Database string
	Now      func() time.Time
}

// self is the content of [selfFile].
type self struct {
	Entente   int         `json:"entente"` // 1
	Party     party.Party `json:"party"`
	Publisher string      `json:"publisher"` // STIX identity id under which derived objects appear
	Database  string      `json:"database,omitempty"`
}

// Init makes a data folder with fresh keys and an empty database, and returns
// the party's card. It returns a conflict fault (code "node.exists") when the
// folder holds a node already, and an invalid one when the party is not right.
func Init(ctx context.Context, o InitOptions) (party.Party, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if _, err := os.Stat(filepath.Join(o.Dir, selfFile)); err == nil {
		return party.Party{}, fault.New(fault.Conflict, "node.exists", "There is a node in %s already.", o.Dir).
			Try("Choose another folder with --data.")
	}
	if u, err := url.Parse(o.Database); err != nil || hasPassword(u) {
		return party.Party{}, fault.New(fault.Invalid, "node.database", "The database URL cannot be used as it is.").
			At("/database", "is malformed or holds a password").Try("Put the password in a PostgreSQL password file and leave it out of the URL.")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return party.Party{}, fmt.Errorf("make the data folder: %w", err)
	}
	ring, err := keyring.Create(filepath.Join(o.Dir, keysFolder), o.Party.ID, o.Now())
	if err != nil {
		return party.Party{}, err
	}
	me := self{Entente: 1, Party: o.Party, Publisher: "identity--" + uuid.NewString(), Database: o.Database}
	card := cardOf(me.Party, me.Publisher, ring)
	if err := checkCard(card); err != nil {
		return card, errors.Join(err, os.RemoveAll(filepath.Join(o.Dir, keysFolder)))
	}
	b, err := json.Marshal(me, jsontext.WithIndent("  "))
	if err != nil {
		return card, err
	}
	if err := os.WriteFile(filepath.Join(o.Dir, tokenFile), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return card, fmt.Errorf("write the API token: %w", err)
	}
	// Written last: a folder without it is not a node, and Init can be repeated.
	if err := os.WriteFile(filepath.Join(o.Dir, selfFile), append(b, '\n'), 0o600); err != nil {
		return card, fmt.Errorf("write who the node is: %w", err)
	}
	n, err := Open(ctx, Config{Dir: o.Dir, Now: o.Now})
	if err != nil {
		return card, err
	}
	return card, n.Close()
}

func hasPassword(u *url.URL) bool {
	_, has := u.User.Password()
	return has || u.Query().Has("password")
}

// database is the URL of the node's database.
func (me self) database(dir string) string {
	if me.Database == "" {
		return "sqlite:" + filepath.Join(dir, "entente.db")
	}
	return me.Database
}

// cardOf completes a party with the public half of its keys.
func cardOf(p party.Party, publisher string, ring *keyring.Ring) party.Party {
	p.Identity = publisher
	p.SigningKeys, p.LogKey, p.TrustBundle = ring.SigningKeys(), ring.LogKey(), ring.TrustBundle()
	return p
}

// checkCard holds our own card to what we demand of others'.
func checkCard(p party.Party) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = party.ParseCard(b)
	return err
}

func readSelf(dir string) (self, error) {
	var me self
	b, err := os.ReadFile(filepath.Join(dir, selfFile)) //nolint:gosec // the operator names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return me, fault.New(fault.NotFound, "node.absent", "There is no node in %s.", dir).
			Try("Make one with entente init, or name its folder with --data.")
	}
	if err != nil {
		return me, fmt.Errorf("read who the node is: %w", err)
	}
	if err := json.Unmarshal(b, &me, json.RejectUnknownMembers(true)); err != nil || me.Entente != 1 {
		return me, fault.New(fault.Invalid, "node.damaged", "The file %s of the data folder cannot be read.", selfFile).
			Try("Restore it from a backup.").Because(err)
	}
	return me, nil
}
