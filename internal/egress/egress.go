// Package egress makes the connections by which a node reaches other machines.
//
// It knows no protocol above TCP and no party: who is at the other end is for
// TLS to prove. Invariant: the address that is dialled is the address that was
// checked, whatever a name resolves to in between, and no environment variable,
// proxy or redirect leads anywhere else.
package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrAddress is in the error of a connection to an address that no partner and
// no foreign server can have.
var ErrAddress = errors.New("the address is not one another party can have")

// ErrRedirect is in the error of a request that was sent on to another origin.
var ErrRedirect = errors.New("the answer leads to another server")

// Guard says where connections may go.
type Guard struct {
	// AllowLoopback permits this machine: demonstrations and tests only.
	AllowLoopback bool
}

// Dialer returns a dialer that reaches only what the guard permits.
func (g Guard) Dialer() *net.Dialer {
	return &net.Dialer{Timeout: 10 * time.Second, ControlContext: g.control}
}

// Transport returns a transport that dials only what the guard permits, speaks
// HTTP/1.1 and uses no proxy. The caller may narrow it further.
func (g Guard) Transport(conf *tls.Config) *http.Transport {
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil, // a proxy would resolve names by itself, out of reach of the guard
		DialContext:            g.Dialer().DialContext,
		TLSClientConfig:        conf,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		IdleConnTimeout:        30 * time.Second,
		DisableCompression:     true,
		Protocols:              http1,
	}
}

// control runs after name resolution, on the address that is really dialled, so
// that no name can lead to this machine, its neighbours on the link or a cloud's
// metadata service.
func (g Guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return g.Check(ap.Addr())
}

// Check returns an error when an address must not be dialled. Private ranges
// (RFC 1918, RFC 4193) are permitted: government networks use them.
func (g Guard) Check(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	if ip.IsLoopback() && g.AllowLoopback {
		return nil
	}
	if inner, ok := embedded(ip); ok {
		ip = inner
	}
	if !ip.IsGlobalUnicast() {
		return fmt.Errorf("%w: %s", ErrAddress, ip)
	}
	for _, p := range blocked {
		if p.Contains(ip) {
			return fmt.Errorf("%w: %s", ErrAddress, ip)
		}
	}
	return nil
}

// CheckHost returns an error when a name or an address leads to what must not be
// dialled. A name that cannot be resolved is no error: what it leads to later is
// checked when it is dialled.
func (g Guard) CheckHost(ctx context.Context, host string) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		return g.Check(ip)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil // no answer is no address
	}
	for _, ip := range ips {
		if err := g.Check(ip); err != nil {
			return err
		}
	}
	return nil
}

// The addresses that are unicast and still nobody's, or a cloud's metadata
// service outside the link-local ranges.
var blocked = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),          // RFC 1122: this network
	netip.MustParsePrefix("192.0.0.0/24"),       // RFC 6890: protocol assignments, metadata of one cloud
	netip.MustParsePrefix("100.100.100.200/32"), // metadata of one cloud
	netip.MustParsePrefix("240.0.0.0/4"),        // RFC 1112: reserved
	netip.MustParsePrefix("fd00:ec2::254/128"),  // metadata of one cloud
	netip.MustParsePrefix("2001::/32"),          // RFC 4380: Teredo, whose inner address is the client's
	netip.MustParsePrefix("fec0::/10"),          // RFC 3879: site-local, given up
	netip.MustParsePrefix("::/96"),              // RFC 4291: IPv4-compatible, given up
	netip.MustParsePrefix("100::/64"),           // RFC 6666: discard
}

// The ranges in which an IPv4 address hides, and where in the address it is.
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")   // RFC 6052
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48") // RFC 8215, used with a prefix of 96 bits
	sixToFour  = netip.MustParsePrefix("2002::/16")      // RFC 3056
)

// embedded returns the IPv4 address a translator or tunnel would connect to.
func embedded(ip netip.Addr) (netip.Addr, bool) {
	b := ip.As16()
	switch {
	case nat64.Contains(ip), nat64Local.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixToFour.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return ip, false
}

// maxRedirects is how often a server may send on to another place of its own.
const maxRedirects = 3

// SameOrigin is a CheckRedirect that stays with the server that was asked:
// credentials and questions are for nobody else.
func SameOrigin(next *http.Request, via []*http.Request) error {
	if Origin(next.URL) != Origin(via[0].URL) || len(via) > maxRedirects {
		return ErrRedirect
	}
	return nil
}

// Origin is the scheme, host and port of a URL, in one spelling.
func Origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme) + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
