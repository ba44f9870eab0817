// Package peer is the door between nodes: mutually authenticated TLS 1.3 in
// which each party vouches for its own node and for no other.
//
// It does not look into messages (package exchange) and knows no law. Invariant:
// who a request comes from is read from the TLS connection and from nothing a
// peer can write, and only certificates of registered parties get so far as to
// send a byte of HTTP.
package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"golang.org/x/mod/sumdb/tlog"

	"entente/party"
)

// The media types of what is posted and answered.
const (
	MediaBody       = "application/vnd.entente.body"
	mediaCheckpoint = "text/plain; charset=utf-8"
)

// The paths, below the endpoint of a party's card.
const (
	pathMessages    = "/peer/v1/messages"
	pathCheckpoint  = "/peer/v1/checkpoint"
	pathConsistency = "/peer/v1/consistency/"
)

const (
	maxBody    = 64 << 20 // of a message
	maxReceipt = 8 << 20
	maxText    = 256 << 10
)

// Door is what a node does for its partners.
type Door interface {
	// Receive takes in a message from an authenticated partner and returns the
	// receipt. It gives the same receipt for the same bytes.
	Receive(ctx context.Context, from party.ID, body []byte) ([]byte, error)
	// Checkpoint returns the newest signed checkpoint of the node's log.
	Checkpoint(ctx context.Context) ([]byte, error)
	// Consistency proves that the log at one size extends the log at a smaller one.
	Consistency(ctx context.Context, from, to int64) ([]tlog.Hash, error)
}

// Directory finds a registered party; it returns a not-found fault for any other.
// It is asked at every handshake and request, so a new card counts at once and a
// removed party is out at once.
type Directory func(ctx context.Context, id party.ID) (party.Party, error)

// Certificate returns the node's TLS certificate, valid at that time.
type Certificate func(now time.Time) (*tls.Certificate, error)

// lookup is how long a handshake may wait for the directory.
const lookup = 5 * time.Second

// trust answers go-spiffe from the directory: one bundle per trust domain, and
// a trust domain is a party. A party's authority can therefore never vouch for
// another party, whatever its certificates say.
type trust struct {
	parties Directory
}

var errNoBundle = errors.New("the party has no trust bundle")

// GetX509BundleForTrustDomain implements [x509bundle.Source].
func (t trust) GetX509BundleForTrustDomain(td spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	// The TLS callbacks carry no context.
	ctx, cancel := context.WithTimeout(context.Background(), lookup)
	defer cancel()
	p, err := t.parties(ctx, party.ID(td.Name()))
	if err != nil {
		return nil, err
	}
	return bundleOf(p)
}

func bundleOf(p party.Party) (*x509bundle.Bundle, error) {
	td, err := spiffeid.TrustDomainFromString(string(p.ID))
	if err != nil {
		return nil, err
	}
	if p.TrustBundle == "" {
		return nil, errNoBundle
	}
	b, err := x509bundle.Parse(td, []byte(p.TrustBundle))
	if err != nil {
		return nil, err
	}
	if b.Empty() {
		return nil, errNoBundle
	}
	return b, nil
}

// nodeOf is the only identity a party's node has.
func nodeOf(id party.ID) (spiffeid.ID, error) {
	td, err := spiffeid.TrustDomainFromString(string(id))
	if err != nil {
		return spiffeid.ID{}, err
	}
	return spiffeid.FromSegments(td, "node")
}

// identify verifies a connection's certificates against a bundle source and
// returns the party whose node they are.
func identify(state tls.ConnectionState, bundles x509bundle.Source, now time.Time) (party.ID, error) {
	id, _, err := x509svid.Verify(state.PeerCertificates, bundles, x509svid.WithTime(now))
	if err != nil {
		return "", err
	}
	from := party.ID(id.TrustDomain().Name())
	node, err := nodeOf(from)
	if err != nil {
		return "", err
	}
	if id != node {
		return "", fmt.Errorf("%s is not a node", id)
	}
	return from, nil
}

// Identify returns a function that names the party whose node the client of a
// TLS connection is, for other doors that know parties by their certificates. It
// asks the directory each time and trusts nothing but the certificates.
func Identify(parties Directory, now func() time.Time) func(tls.ConnectionState) (party.ID, error) {
	return func(state tls.ConnectionState) (party.ID, error) { return identify(state, trust{parties}, now()) }
}

// base is what both ends insist on. Sessions are never resumed: a resumed one
// would skip the certificate check. The key exchange is Go's default, which is
// the hybrid X25519MLKEM768 whenever both ends have it.
func base() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		NextProtos:             []string{"http/1.1"},
	}
}
