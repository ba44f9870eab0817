package mail_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/obligation"
	"entente/wire/mail"
)

// postOffice is a submission server. It takes what is sent to it over TLS, by
// whoever knows the password.
type postOffice struct {
	addr   string
	ca     string
	conf   *tls.Config
	direct bool            // TLS from the first byte
	bare   bool            // it offers no STARTTLS
	refuse map[string]bool // recipients

	mu    sync.Mutex
	clear []string // commands that came in the clear
	mails []string // envelope line and message
}

func open(t *testing.T, set func(*postOffice)) *postOffice {
	t.Helper()
	srv := httptest.NewTLSServer(nil)
	t.Cleanup(srv.Close)
	p := &postOffice{conf: srv.TLS, refuse: map[string]bool{}, ca: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))}
	p.conf.NextProtos = nil
	if set != nil {
		set(p)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	p.addr = l.Addr().String()
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(conn) })
		}
	})
	return p
}

func (p *postOffice) serve(conn net.Conn) {
	defer conn.Close()
	secured := p.direct
	if secured {
		conn = tls.Server(conn, p.conf)
	}
	r := bufio.NewReader(conn)
	say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
	say("220 post.example")
	var from string
	var to []string
	known := false
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		p.mu.Lock()
		if !secured {
			p.clear = append(p.clear, line)
		}
		p.mu.Unlock()
		verb, rest, _ := strings.Cut(line, " ")
		switch {
		case verb == "EHLO" && !secured && !p.bare:
			say("250-post.example\r\n250 STARTTLS")
		case verb == "EHLO":
			say("250-post.example\r\n250 AUTH PLAIN")
		case verb == "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, p.conf)
			r, secured = bufio.NewReader(conn), true
		case verb == "AUTH":
			known = rest == "PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00entente\x00canary-password"))
			say(map[bool]string{true: "235 welcome", false: "535 no"}[known])
		case verb == "MAIL":
			from, to = rest, nil
			say("250 ok")
		case verb == "RCPT" && p.refuse[rest]:
			say("550 nobody of that name")
		case verb == "RCPT":
			to = append(to, rest)
			say("250 ok")
		case verb == "DATA":
			say("354 go on")
			var message strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil || l == ".\r\n" {
					break
				}
				message.WriteString(strings.TrimPrefix(l, "."))
			}
			p.mu.Lock()
			p.mails = append(p.mails, fmt.Sprintf("%s %v %v\r\n%s", from, to, known, message.String()))
			p.mu.Unlock()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("500 what")
		}
	}
}

// setup writes the files of an operator and opens them.
func setup(t *testing.T, p *postOffice, more string) (*mail.Client, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ca.pem": p.ca, "password": "canary-password\n",
		"mail.json": fmt.Sprintf(`{"server":%q,"ca_file":"ca.pem","user":"entente","password_file":"password","from":"node@aa.example","to":["soc@aa.example"],"escalate_to":["head@aa.example"]%s}`, p.addr, more),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return mail.Open(filepath.Join(dir, "mail.json"), true)
}

func ready(t *testing.T, p *postOffice, more string) *mail.Client {
	t.Helper()
	c, err := setup(t, p, more)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func news(kind obligation.Kind) exchange.DutyMail {
	return exchange.DutyMail{Name: "duty-7", Node: "csirt-aa", Notice: exchange.Notice{
		Kind: exchange.NoticeDuty, At: noon, Due: noon.Add(time.Hour), Duty: &exchange.DutyNews{
			ID: "d1", News: kind, What: "alerte précoce\r\nBcc: canary@evil.example", Instrument: "eu-nis2", Cite: "Art. 23(4)(a)",
			Bearer: "csirt-aa", About: "INC-7", LocalDue: "2026-03-02 14:00:00 Europe/Madrid",
		},
	}}
}

// TestANoticeArrivesAsItIsMeant over STARTTLS and over TLS from the first byte:
// who it is to, what it says, and that it says one thing only.
func TestANoticeArrivesAsItIsMeant(t *testing.T) {
	t.Parallel()
	for name, direct := range map[string]bool{"starttls": false, "implicit": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, func(p *postOffice) { p.direct = direct })
			c := ready(t, p, fmt.Sprintf(`,"tls":%q`, name))
			for _, kind := range []obligation.Kind{obligation.Warned, obligation.Escalated} {
				if err := c.Mail(t.Context(), news(kind)); err != nil {
					t.Fatal(err)
				}
			}
			if len(p.mails) != 2 || strings.Contains(strings.Join(p.clear, " "), "AUTH") || strings.Contains(strings.Join(p.clear, " "), "MAIL") {
				t.Fatalf("%d messages; in the clear %q", len(p.mails), p.clear)
			}
			envelope, message, _ := strings.Cut(p.mails[0], "\r\n")
			if envelope != "FROM:<node@aa.example> [TO:<soc@aa.example>] true" || !strings.Contains(p.mails[1], "[TO:<soc@aa.example> TO:<head@aa.example>]") {
				t.Errorf("envelope %q; escalated %q", envelope, p.mails[1])
			}
			m, err := netmail.ReadMessage(strings.NewReader(message))
			if err != nil {
				t.Fatal(err)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if err != nil || subject != "Due soon: alerte précoce Bcc: canary@evil.example (eu-nis2 Art. 23(4)(a))" || m.Header.Get("Bcc") != "" || len(m.Header) != 9 {
				t.Errorf("headers %v %v", m.Header, err)
			}
			if m.Header.Get("Message-Id") != "<duty-7@csirt-aa.entente.invalid>" {
				t.Errorf("id %s", m.Header.Get("Message-Id"))
			}
			body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			if err != nil || !strings.Contains(string(body), "Due:      2026-03-02 13:00:00 UTC\r\n          2026-03-02 14:00:00 Europe/Madrid") || !strings.Contains(string(body), "entente duty done d1") {
				t.Errorf("%v\n%s", err, body)
			}
		})
	}
}

func TestNothingIsSaidInTheClear(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set  func(*postOffice)
		code string
	}{
		"no STARTTLS":          {func(p *postOffice) { p.bare = true }, "mail.starttls"},
		"another's name":       {func(p *postOffice) { p.ca = otherAuthority(t) }, "mail.unreachable"},
		"the recipient is not": {func(p *postOffice) { p.refuse["TO:<soc@aa.example>"] = true }, "mail.refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, tc.set)
			err := ready(t, p, "").Mail(t.Context(), news(obligation.Warned))
			if fault.CodeOf(err) != tc.code || len(p.mails) != 0 || strings.Contains(err.Error(), "canary-password") {
				t.Errorf("%v, %d messages", err, len(p.mails))
			}
			for _, said := range p.clear {
				if !strings.HasPrefix(said, "EHLO ") && said != "STARTTLS" {
					t.Errorf("said in the clear: %q", said)
				}
			}
		})
	}
}

// otherAuthority vouches for nobody here.
func otherAuthority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: noon, NotAfter: noon.AddDate(50, 0, 0), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestSetupsThatCannotBe(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	for more, at := range map[string]string{
		`,"tls":"none"`:                        "/tls",
		`,"to":[]`:                             "", // twice: a document has one meaning
		`,"bcc":["x@aa.example"]`:              "",
		`,"tls":"implicit","ca_file":"absent"`: "",
	} {
		_, err := setup(t, p, more)
		if fault.CodeOf(err) != "mail.invalid" || !strings.Contains(fields(err), at) {
			t.Errorf("%s: %v", more, err)
		}
	}
	dir := t.TempDir()
	for text, at := range map[string]string{
		`{"server":"post","from":"a@b.example","to":["a@b.example"]}`:                                        "/server",
		`{"server":"post:25","from":"A <a@b.example>","to":["a@b.example"]}`:                                 "/from",
		`{"server":"post:25","from":"a@b.example","to":["a@b.example>\r\nRCPT TO:<x@y.example"]}`:            "/to",
		`{"server":"post:25","from":"a@b.example","to":[]}`:                                                  "/to",
		`{"server":"post:25","from":"a@b.example","to":["a@b.example"],"user":"u"}`:                          "/user",
		`{"server":"post:25","from":"a@b.example","to":["a@b.example"],"user":"u","password_file":"absent"}`: "/password_file",
		`{"server":"post:25","from":"a@b.example","to":["a@b.example"],"ca_file":"absent"}`:                  "/ca_file",
	} {
		file := filepath.Join(dir, "mail.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := mail.Open(file, false)
		if fault.CodeOf(err) != "mail.invalid" || !strings.Contains(fields(err), at+" ") {
			t.Errorf("%s: %v (%s)", text, err, fields(err))
		}
	}
	if _, err := mail.Open(filepath.Join(dir, "absent"), false); fault.CodeOf(err) != "mail.invalid" {
		t.Errorf("no file: %v", err)
	}
}

// fields are the places an error names.
func fields(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, field := range f.Fields {
		b.WriteString(field.Pointer + " ")
	}
	return b.String()
}

// TestASilentServerCostsOneTurn: the context ends whatever is waited for.
func TestASilentServerCostsOneTurn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := open(t, nil)
	p.addr = l.Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := ready(t, p, "").Mail(ctx, news(obligation.Warned)); fault.CodeOf(err) != "mail.unreachable" {
		t.Errorf("%v", err)
	}
}

// TestAServerThatTalksWithoutEndIsCutOff.
func TestAServerThatTalksWithoutEndIsCutOff(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		total := 0
		for err == nil && total < 100<<20 {
			var n int
			n, err = conn.Write([]byte(strings.Repeat("220-hello\r\n", 1000)))
			total += n
		}
		said <- total
	}()
	p := open(t, nil)
	p.addr = l.Addr().String()
	if err := ready(t, p, "").Mail(t.Context(), news(obligation.Warned)); fault.CodeOf(err) != "mail.unreachable" {
		t.Errorf("%v", err)
	}
	if total := <-said; total >= 100<<20 {
		t.Error("all of it was read")
	}
}

// TestTheGuardHolds: the mail server cannot be on this machine, nor what a name of
// it leads to, unless that was permitted.
func TestTheGuardHolds(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.json")
	text := `{"server":"127.0.0.1:25","from":"a@b.example","to":["a@b.example"]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := mail.Open(file, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Mail(t.Context(), news(obligation.Warned)); fault.CodeOf(err) != "mail.unreachable" || !strings.Contains(err.Error(), "does not connect to") {
		t.Errorf("%v", err)
	}
}
