package envelope

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/internal/fault"
	"entente/party"
)

const (
	version   = 1
	maxDepth  = 8 // a receipt's items are at 4
	maxTokens = 500_000
	maxID     = 256
)

// check is what every message satisfies, whoever made it. Open calls it after the
// signature was verified, so its words may quote the message.
func (m Message) check() error {
	if m.Entente != version {
		return bad("/entente", "is not %d", version)
	}
	for _, id := range []struct{ at, value string }{{"/id", m.ID}, {"/from", string(m.From)}, {"/to", string(m.To)}} {
		if !isID(id.value) {
			return bad(id.at, "is empty, too long or has characters an id cannot have")
		}
	}
	if m.From == m.To {
		return bad("/to", "is the sender")
	}
	if m.At.IsZero() {
		return bad("/at", "is missing")
	}
	if err := m.checkKind(); err != nil {
		return err
	}
	return m.checkObjects()
}

// checkKind makes sure that a message of one kind carries nothing of another: a
// part that no rule reads is a part that a later reader may trust.
func (m Message) checkKind() error {
	if (m.Recall != nil) != (m.Kind == KindRecall) {
		return bad("/recall", "belongs to a recall, and to nothing else")
	}
	if (m.Receipt != nil) != (m.Kind == KindReceipt) {
		return bad("/receipt", "belongs to a receipt, and to nothing else")
	}
	if (m.Publication != nil) != (m.Kind == KindInstrument) {
		return bad("/publication", "belongs to an instrument, and to nothing else")
	}
	if (m.Case != "") != (m.Kind == KindCase) {
		return bad("/case", "belongs to a message of kind case, and to nothing else")
	}
	if (len(m.Objects) > 0) != (m.Kind == KindRelease || m.Kind == KindInstrument || m.Kind == KindCase) {
		return bad("/objects", "belong to a release, an instrument or a case, and to nothing else")
	}
	if len(m.Terms) > 0 && m.Kind != KindRelease {
		return bad("/terms", "belong to a release, and to nothing else")
	}
	switch m.Kind {
	case KindRelease:
		return nil
	case KindRecall:
		if !isID(m.Recall.Release) {
			return bad("/recall/release", "is not the id of a release")
		}
		return nil
	case KindInstrument:
		return m.Publication.check()
	case KindCase:
		if !isID(m.Case) {
			return bad("/case", "is not the id of a case")
		}
		return nil
	case KindReceipt:
		return m.Receipt.check()
	}
	return bad("/kind", "is not release, recall, instrument, case or receipt")
}

func (p *Publication) check() error {
	if !isID(p.Instrument) || !isID(p.Version) || p.Hash.IsZero() {
		return bad("/publication", "does not name a text by id, version and hash")
	}
	if !isID(p.File) || strings.ContainsAny(p.File, `/\`) {
		return bad("/publication/file", "is not the base name of a file")
	}
	return nil
}

func (r *Receipt) check() error {
	if !isID(r.Message) {
		return bad("/receipt/message", "is not the id of a message")
	}
	if r.Envelope.IsZero() {
		return bad("/receipt/envelope", "is missing, so the receipt is bound to nothing")
	}
	switch r.Outcome {
	case "accepted", "purged", "refused":
		return nil
	}
	return bad("/receipt/outcome", "is not accepted, purged or refused")
}

func (m Message) checkObjects() error {
	if len(m.Objects) > MaxObjects {
		return bad("/objects", "are more than %d", MaxObjects)
	}
	seen := make(map[string]bool, len(m.Objects))
	for i, item := range m.Objects {
		at := fmt.Sprintf("/objects/%d", i)
		if !isID(item.ID) || item.Hash.IsZero() {
			return bad(at, "has no id or no hash")
		}
		if seen[item.ID] {
			return bad(at, "has the id of another object")
		}
		seen[item.ID] = true
		if err := item.check(at); err != nil {
			return err
		}
	}
	if m.Root != rootOf(m.Objects) {
		return bad("/root", "is not the Merkle root of the object digests")
	}
	return nil
}

// Bounds on what travels along with an object.
const (
	maxThrough = 64
	maxHops    = 1000
)

func (it *Item) check(at string) error {
	if len(it.Through) > maxThrough {
		return bad(at+"/through", "names more than %d instruments", maxThrough)
	}
	for i, id := range it.Through {
		if !isID(id) || i > 0 && id <= it.Through[i-1] {
			return bad(at+"/through", "is not a sorted list of instruments")
		}
	}
	if it.Hops < 0 || it.Hops > maxHops || it.Hops == 0 && len(it.Through) > 0 {
		return bad(at+"/hops", "is not how often something under terms was passed on")
	}
	return nil
}

func isID(s string) bool {
	if s == "" || len(s) > maxID || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func bad(pointer, format string, args ...any) error {
	return fault.New(fault.Invalid, "envelope.content", "The message does not have the form its kind requires.").
		At(pointer, fmt.Sprintf(format, args...))
}

// Check compares the verified message with what the caller knows from elsewhere:
// the peer that the connection was authenticated as, and the party this node is.
// A message for someone else, or forwarded by someone else, is refused.
func (m Message) Check(peer, self party.ID) error {
	if m.From != peer {
		return unverified("envelope.sender", "The message is signed by %q but was brought by %q.", m.From, peer)
	}
	if m.To != self {
		return unverified("envelope.recipient", "The message is addressed to %q, not to this node.", m.To)
	}
	return nil
}
