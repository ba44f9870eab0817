package keyring

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"entente/party"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 7 * 24 * time.Hour
	// A certificate is renewed in its last third, so that a node that was off
	// for a weekend never shows an expired one.
	renewBefore = leafLife / 3
	// skew is how far behind a partner's clock may be.
	skew = time.Hour
)

// authority is the party's own certificate authority. It issues for this node
// alone; partners trust it for this party's trust domain alone.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

func newAuthority(id party.ID, now time.Time) (key, cert []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate authority key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: string(id) + " authority"},
		URIs:                  []*url.URL{{Scheme: "spiffe", Host: string(id)}},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(authorityLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	cert, err = x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, fmt.Errorf("create authority: %w", err)
	}
	key, err = x509.MarshalPKCS8PrivateKey(private)
	return key, cert, err
}

var errAuthority = errors.New("the authority's key and certificate do not belong together")

func openAuthority(key, cert []byte) (authority, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return authority{}, err
	}
	c, err := x509.ParseCertificate(cert)
	if err != nil {
		return authority{}, err
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !private.PublicKey.Equal(c.PublicKey) {
		return authority{}, errAuthority
	}
	return authority{key: private, cert: c}, nil
}

// leaf is the newest TLS certificate. It is never on disk: the authority's key
// is there anyway, and a fresh one costs a tenth of a millisecond.
type leaf struct {
	cert  *tls.Certificate
	until time.Time
}

// Certificate returns a TLS certificate for the node, spiffe://<party>/node, that
// is valid now. A new one is issued when the last runs out.
func (r *Ring) Certificate(now time.Time) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := r.leaf.cert != nil && now.Before(r.leaf.until.Add(-renewBefore)) && !now.Before(r.leaf.cert.Leaf.NotBefore)
	if fresh {
		return r.leaf.cert, nil
	}
	cert, err := r.authority.issue(r.node, now)
	if err != nil {
		return nil, err
	}
	r.leaf = leaf{cert: cert, until: cert.Leaf.NotAfter}
	return cert, nil
}

func (a authority) issue(node spiffeid.ID, now time.Time) (*tls.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate TLS key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		URIs:                  []*url.URL{node.URL()},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(leafLife),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("issue TLS certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back TLS certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: cert}, nil
}

// newSerial is 128 random bits (RFC 5280, section 4.1.2.2 allows 20 octets).
func newSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("generate serial number: %w", err)
	}
	if bytes.Equal(b, make([]byte, 16)) {
		b[0] = 1 // a serial number is positive
	}
	return new(big.Int).SetBytes(b), nil
}
