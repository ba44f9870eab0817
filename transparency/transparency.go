// Package transparency is the tamper-evident log of a node: append, prove,
// verify.
//
// It does not know what an event means and does not store anything. Invariant:
// the log holds salted commitments only; who lacks the salt learns nothing of
// an event but its type.
package transparency

import "entente/internal/ident"

// Entry is one event before it is in the log. Leaf commits to it:
// record = "entente-leaf-v1\n" ‖ type ‖ "\n" ‖ SHA-256(salt ‖ body).
type Entry struct {
	Type string   // closed vocabulary, see the Event… constants
	Salt [32]byte // random; destroying salt and body erases the event, the tree stays whole
	Body []byte   // canonical JSON of the event
}

// The event types.
const (
	EventObject     = "object"     // an object version was accepted
	EventDecision   = "decision"   // an object was decided for one recipient
	EventRelease    = "release"    // objects left for one recipient
	EventReceipt    = "receipt"    // a partner acknowledged, with its own log's proof
	EventReceive    = "receive"    // a partner's envelope was taken in
	EventRecall     = "recall"     // a recall was requested, or carried out
	EventLaw        = "law"        // a party, instrument or fact changed: a new legal epoch
	EventQuarantine = "quarantine" // something was refused or set aside
	EventDuty       = "duty"       // a duty was taken on by hand, moved, met or missed

	EventFetch       = "fetch"       // a party fetched what was released to it
	EventPublication = "publication" // a text and the acts on it left for one recipient
	EventCase        = "case"        // an event of a case was signed, taken in, ordered or sent
)

// Logged is an entry with its place in the log.
type Logged struct {
	Index int64
	Entry
}

// Head is the tree at one size.
type Head struct {
	Size int64
	Root ident.Digest
}
