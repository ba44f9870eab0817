package egress

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Explain says for people why a server gave no answer, and what to do. What is
// how they call that for which it was asked, such as "source".
func Explain(host, what string, err error) (message, next string) {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, misnamed := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, lookup := errors.AsType[*net.DNSError](err)
	next = "It is tried again by itself. If it lasts, ask its operator."
	switch {
	case errors.Is(err, ErrAddress):
		return "The address of " + host + " is one this node does not connect to.",
			"Servers on this machine need entente serve --allow-loopback, which is for demonstrations and tests."
	case unknown || misnamed || invalid:
		return "The certificate of " + host + " cannot be trusted.",
			"Add the " + what + " again with --ca-file and the certificate of the server's authority."
	case lookup:
		return "The name " + host + " cannot be found.", next
	}
	return "The server " + host + " does not answer.", next
}

// RetryAfter is how long a server asks to be left alone, in seconds or until a
// date (RFC 9110, section 10.2.3); 0 when it does not ask.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, time.Duration(n)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
