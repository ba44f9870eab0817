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
	"net/netip"
	"net/url"
	"sync"
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
	return r.leaf.current(now, func() (*tls.Certificate, error) { return r.authority.issue(r.node, nil, now) })
}

// ServerCertificate returns what [Ring.Certificate] does, for clients that go by
// host names: the certificates name the hosts too, which are DNS names or IP
// addresses. Such clients trust the party's authority ([Ring.TrustBundle]).
func (r *Ring) ServerCertificate(hosts []string) func(now time.Time) (*tls.Certificate, error) {
	var mu sync.Mutex
	var last leaf
	return func(now time.Time) (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		return last.current(now, func() (*tls.Certificate, error) { return r.authority.issue(r.node, hosts, now) })
	}
}

// current returns the certificate, a new one when the last runs out.
func (l *leaf) current(now time.Time, issue func() (*tls.Certificate, error)) (*tls.Certificate, error) {
	if l.cert != nil && now.Before(l.until.Add(-renewBefore)) && !now.Before(l.cert.Leaf.NotBefore) {
		return l.cert, nil
	}
	cert, err := issue()
	if err != nil {
		return nil, err
	}
	*l = leaf{cert: cert, until: cert.Leaf.NotAfter}
	return cert, nil
}

func (a authority) issue(node spiffeid.ID, hosts []string, now time.Time) (*tls.Certificate, error) {
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
	for _, host := range hosts {
		if ip, err := netip.ParseAddr(host); err == nil {
			template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
			continue
		}
		template.DNSNames = append(template.DNSNames, host)
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
