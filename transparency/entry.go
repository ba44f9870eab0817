package transparency

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
)

const leafDomain = "entente-leaf-v1\n"

// known is the closed vocabulary; a type outside it could carry content into
// the one part of a record that is not salted.
func known(typ string) bool {
	switch typ {
	case EventObject, EventDecision, EventRelease, EventReceipt, EventReceive,
		EventRecall, EventLaw, EventQuarantine, EventDuty, EventFetch, EventPublication, EventCase:
		return true
	}
	return false
}

// NewEntry returns an entry with a fresh salt read from rand. It returns an
// invalid fault for a type outside the vocabulary or a body that is not one
// JSON object with a single meaning.
func NewEntry(typ string, body []byte, rand io.Reader) (Entry, error) {
	e := Entry{Type: typ, Body: body}
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	if _, err := io.ReadFull(rand, e.Salt[:]); err != nil {
		return Entry{}, fmt.Errorf("read salt: %w", err)
	}
	return e, nil
}

func (e Entry) check() error {
	if !known(e.Type) {
		return fault.New(fault.Invalid, "log.event-type", "A log entry has one of the known event types.").
			At("/type", fmt.Sprintf("%.40q is not an event type", e.Type))
	}
	if v := jsontext.Value(e.Body); !v.IsValid() || v.Kind() != jsontext.KindBeginObject {
		return fault.New(fault.Invalid, "log.event-body", "The body of a log entry is one JSON object without duplicate names.").
			At("/body", "is not such an object")
	}
	return nil
}

// Record is what the leaf hash covers: type and commitment, no content.
func (e Entry) Record() []byte {
	h := sha256.New()
	h.Write(e.Salt[:])
	h.Write(e.Body)
	record := make([]byte, 0, len(leafDomain)+len(e.Type)+1+sha256.Size)
	record = append(record, leafDomain...)
	record = append(record, e.Type...)
	record = append(record, '\n')
	return h.Sum(record)
}

// Leaf is the hash of the entry in the tree (RFC 6962, section 2.1).
func (e Entry) Leaf() tlog.Hash { return tlog.RecordHash(e.Record()) }

// Opening is everything needed to recompute the leaf: type ‖ "\n" ‖ salt ‖
// body. It goes only to the parties of the exchange the entry is about.
func (e Entry) Opening() []byte {
	b := make([]byte, 0, len(e.Type)+1+len(e.Salt)+len(e.Body))
	b = append(b, e.Type...)
	b = append(b, '\n')
	b = append(b, e.Salt[:]...)
	return append(b, e.Body...)
}

// ParseOpening reads what [Entry.Opening] wrote.
func ParseOpening(b []byte) (Entry, error) {
	var e Entry
	typ, rest, ok := bytes.Cut(b, []byte("\n"))
	if !ok || len(rest) < len(e.Salt) {
		return e, fault.New(fault.Invalid, "log.opening", "An opened log entry is its type, a line break, 32 bytes of salt and its body.")
	}
	e.Type = string(typ)
	e.Body = rest[copy(e.Salt[:], rest):]
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	return e, nil
}
