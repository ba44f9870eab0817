package mail

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"

	"entente/exchange"
	"entente/obligation"
)

// write is the message of a notice (RFC 5322). Its id is the same however often it
// is sent, so that a mailbox shows it once.
func (c *Client) write(m exchange.DutyMail, to []string) []byte {
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", c.setup.From},
		{"To", strings.Join(to, ", ")},
		{"Subject", mime.QEncoding.Encode("utf-8", subject(m.Notice))},
		{"Date", m.Notice.At.UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.Name + "@" + string(m.Node) + ".entente.invalid>"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: no absence note answers it
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(strings.ReplaceAll(body(m.Notice), "\n", "\r\n"))) // a buffer takes all
	_ = w.Close()
	return b.Bytes()
}

func subject(n exchange.Notice) string {
	d := n.Duty
	if d == nil {
		return mark(n) + "Test: notices about duties arrive"
	}
	word := map[obligation.Kind]string{
		obligation.Warned: "Due soon", obligation.FellDue: "Due now", obligation.WasMissed: "OVERDUE", obligation.Escalated: "ESCALATED",
	}[d.News]
	return fmt.Sprintf("%s%s: %s (%s %s)", mark(n), word, oneLine(d.What), d.Instrument, oneLine(d.Cite))
}

func mark(n exchange.Notice) string {
	switch {
	case n.Exercise == "":
		return ""
	case n.Duty != nil && n.Duty.Factor > 1:
		return fmt.Sprintf("EXERCISE %s ×%d: ", n.Exercise, n.Duty.Factor)
	}
	return "EXERCISE " + n.Exercise + ": "
}

// oneLine makes a text one line: what is written over several would look like
// lines of ours.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func body(n exchange.Notice) string {
	d := n.Duty
	if d == nil {
		return subject(n) + ".\n"
	}
	due := n.Due.UTC().Format("2006-01-02 15:04:05 UTC")
	if d.LocalDue != "" {
		due += "\n          " + d.LocalDue
	}
	var b strings.Builder
	for _, row := range [][2]string{
		{"", subject(n) + "\n"},
		{"Due:      ", due},
		{"Owed by:  ", string(d.Bearer)},
		{"Owed to:  ", string(d.Beneficiary)},
		{"About:    ", oneLine(d.About)},
		{"Duty:     ", d.ID},
	} {
		if row[1] != "" {
			b.WriteString(row[0] + row[1] + "\n")
		}
	}
	b.WriteString("\nWhen it was done, or need not be:\n  entente duty done " + d.ID + "\n  entente duty cancel " + d.ID + " --reason …\n")
	return b.String()
}
