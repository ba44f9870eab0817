// Package mail carries notices about duties to people by e-mail: one submission
// server (SMTP, RFC 5321 and 6409), one message for each notice.
//
// It decides neither what is told nor when. Invariant: nothing is said to the server,
// a password least of all, before TLS has shown who it is, and no text of a notice
// becomes a header or a command.
package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/egress"
	"entente/internal/fault"
	"entente/obligation"
)

// Setup is the file in which an operator says where notices go.
type Setup struct {
	Server     string   `json:"server"`        // host:port of the submission server
	TLS        string   `json:"tls,omitempty"` // "starttls", the default, or "implicit"
	CAFile     string   `json:"ca_file,omitempty"`
	User       string   `json:"user,omitempty"`
	Password   string   `json:"password_file,omitempty"` // a file, so that no secret is in this one
	From       string   `json:"from"`
	To         []string `json:"to"`
	EscalateTo []string `json:"escalate_to,omitempty"` // who is told too when a duty is escalated
}

const (
	startTLS = "starttls"
	implicit = "implicit"
	// timeout is for one message.
	timeout = 30 * time.Second
	// longest bounds the files: they are written by hand.
	longest = 64 << 10
)

// Client sends to one server. It implements [exchange.Mailer], is safe for
// concurrent use and keeps nothing between messages.
type Client struct {
	setup    Setup
	host     string
	password string
	roots    *x509.CertPool
	guard    egress.Guard
}

// Open reads a setup. Names of files in it are relative to its folder. It returns an
// invalid fault "mail.invalid" that names every mistake.
func Open(file string, allowLoopback bool) (*Client, error) {
	b, err := read(file)
	if err != nil {
		return nil, err
	}
	c := &Client{guard: egress.Guard{AllowLoopback: allowLoopback}}
	bad := fault.New(fault.Invalid, "mail.invalid", "The setup of e-mail cannot be used as it is.")
	if err := json.Unmarshal(b, &c.setup, json.RejectUnknownMembers(true)); err != nil {
		return nil, bad.Try("Compare it with the guide of obligations.").Because(err)
	}
	c.check(bad)
	c.secrets(bad, filepath.Dir(file))
	if len(bad.Fields) > 0 {
		return nil, bad.Try("Compare it with the guide of obligations.")
	}
	return c, nil
}

func read(file string) ([]byte, error) {
	b, err := os.ReadFile(file) //nolint:gosec // G304: reading the file the operator names is the task
	if err != nil || len(b) > longest {
		return nil, fault.New(fault.Invalid, "mail.invalid", "The setup of e-mail cannot be used as it is.").
			At("/", "the file cannot be read").Try("Check its name and that this user may read it.").Because(err)
	}
	return b, nil
}

func (c *Client) check(bad *fault.Error) {
	host, _, err := net.SplitHostPort(c.setup.Server)
	if err != nil || host == "" {
		_ = bad.At("/server", "is not host:port")
	}
	c.host = host
	c.setup.TLS = cmp.Or(c.setup.TLS, startTLS)
	if c.setup.TLS != startTLS && c.setup.TLS != implicit {
		_ = bad.At("/tls", "is neither starttls nor implicit; nothing is sent in the clear")
	}
	if len(c.setup.To) == 0 {
		_ = bad.At("/to", "names nobody")
	}
	for at, addresses := range map[string][]string{"/from": {c.setup.From}, "/to": c.setup.To, "/escalate_to": c.setup.EscalateTo} {
		for n, address := range addresses {
			a, err := mail.ParseAddress(address)
			if err != nil || a.Name != "" || strings.ContainsFunc(a.Address, unprintable) {
				_ = bad.At(at, "is not an address like soc@example.org")
				continue
			}
			addresses[n] = a.Address
		}
	}
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

func (c *Client) secrets(bad *fault.Error, folder string) {
	if (c.setup.User == "") != (c.setup.Password == "") {
		_ = bad.At("/user", "and password_file go together")
		return
	}
	if c.setup.Password != "" {
		b, err := read(beside(folder, c.setup.Password))
		if c.password = strings.TrimRight(string(b), "\r\n"); err != nil || c.password == "" {
			_ = bad.At("/password_file", "cannot be read, or is empty")
		}
	}
	if c.setup.CAFile != "" {
		b, err := read(beside(folder, c.setup.CAFile))
		c.roots = x509.NewCertPool()
		if err != nil || !c.roots.AppendCertsFromPEM(b) {
			_ = bad.At("/ca_file", "holds no certificate in PEM")
		}
	}
}

func beside(folder, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, name)
}

// Mail implements [exchange.Mailer].
func (c *Client) Mail(ctx context.Context, m exchange.DutyMail) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return c.unreachable(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends whatever is waited for
	defer stop()
	defer conn.Close() //nolint:errcheck // what counts was answered before
	server, err := c.greet(conn)
	if err != nil {
		return err
	}
	to := slices.Clone(c.setup.To)
	if m.Notice.Duty != nil && m.Notice.Duty.News == obligation.Escalated {
		to = append(to, c.setup.EscalateTo...)
	}
	if err := c.send(server, to, c.write(m, to)); err != nil {
		return c.refused(err)
	}
	_ = server.Quit() // it took the message already
	return nil
}

func (c *Client) tls() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.host, RootCAs: c.roots}
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	conn, err := c.guard.Dialer().DialContext(ctx, "tcp", c.setup.Server)
	if err != nil {
		return nil, err
	}
	conn = &bounded{conn, mostSaid}
	if c.setup.TLS != implicit {
		return conn, nil
	}
	secured := tls.Client(conn, c.tls())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secured, nil
}

// mostSaid is how much a server may say about one message.
const mostSaid = 256 << 10

// bounded is a connection on which a server that talks without end is cut off.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the server says too much")
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// greet says who this is, once TLS is there.
func (c *Client) greet(conn net.Conn) (*smtp.Client, error) {
	server, err := smtp.NewClient(conn, c.host)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if c.setup.TLS == startTLS {
		if offered, _ := server.Extension("STARTTLS"); !offered {
			return nil, fault.New(fault.Unavailable, "mail.starttls", "The mail server %s does not offer STARTTLS.", c.host).
				Try("Use its port for submission over TLS with \"tls\": \"implicit\". Nothing is sent in the clear.")
		}
		if err := server.StartTLS(c.tls()); err != nil {
			return nil, c.unreachable(err)
		}
	}
	if c.setup.User == "" {
		return server, nil
	}
	if err := server.Auth(smtp.PlainAuth("", c.setup.User, c.password, c.host)); err != nil {
		return nil, fault.New(fault.Unavailable, "mail.login", "The mail server %s does not accept the user or the password.", c.host).
			Try("Check both in the setup, and start the node again.").Because(err)
	}
	return server, nil
}

func (c *Client) send(server *smtp.Client, to []string, message []byte) error {
	if err := server.Mail(c.setup.From); err != nil {
		return err
	}
	for _, address := range to {
		if err := server.Rcpt(address); err != nil {
			return err
		}
	}
	w, err := server.Data()
	if err != nil {
		return err
	}
	_, err = w.Write(message)
	return errors.Join(err, w.Close())
}

func (c *Client) unreachable(err error) error {
	message, next := egress.Explain(c.host, "setup of e-mail", err)
	return fault.New(fault.Unavailable, "mail.unreachable", "%s", message).Try("%s", next).Because(err)
}

func (c *Client) refused(err error) error {
	if _, answered := errors.AsType[*textproto.Error](err); !answered {
		return c.unreachable(err)
	}
	return fault.New(fault.Unavailable, "mail.refused", "The mail server %s does not take the message.", c.host).
		Try("Check the sender and the recipients in the setup; the cause says what the server answered. It is tried again by itself.").Because(err)
}
