// Package envelope is the signed message between two nodes.
//
// It checks form and signatures and gives no meaning to what is inside.
// Invariant: a signature is made and checked over the payload bytes exactly as
// they travel (DSSE), and every object is bound to it by its digest.
//
// On the wire a [Body] is a length-prefixed frame (see [EncodeBody]): it is taken
// apart without parsing anything, the envelope is verified, and only then does
// anyone look into the objects.
package envelope

import (
	"time"

	"entente/internal/ident"
	"entente/party"
)

// PayloadType is the DSSE payload type of every message between nodes.
const PayloadType = "application/vnd.entente.message+json;version=1"

// Message is the signed payload. It carries digests; object bytes travel
// beside it in [Body].
type Message struct {
	Entente int          `json:"entente"` // 1
	Kind    string       `json:"kind"`    // release, recall, instrument, case, receipt
	ID      string       `json:"id"`      // unique per sender
	From    party.ID     `json:"from"`
	To      party.ID     `json:"to"`
	At      time.Time    `json:"at"`
	Purpose string       `json:"purpose,omitempty"`
	Under   []string     `json:"under,omitempty"` // instruments relied on
	Terms   []Term       `json:"terms,omitempty"`
	Objects []Item       `json:"objects,omitempty"`
	Root    ident.Digest `json:"root,omitzero"` // RFC 6962 Merkle root over the object digests, in order
	Recall  *Recall      `json:"recall,omitempty"`
	Receipt *Receipt     `json:"receipt,omitempty"`
	// Publication belongs to a message of kind instrument, whose first object is
	// the file of the text and whose others are acts of its parties.
	Publication *Publication `json:"publication,omitempty"`
	// Case is the case that a message of kind case is about. Its objects are events
	// of it and, from the home of the case, their orders and the head over them.
	Case string `json:"case,omitempty"`
	// Exercise is that of the sender's card: a message of an exercise says so itself.
	Exercise string `json:"exercise,omitempty"`
}

// Publication names the text of an instrument that a message brings.
type Publication struct {
	Instrument string       `json:"instrument"`
	Version    string       `json:"version"`
	Hash       ident.Digest `json:"hash"` // of the canonical text, which the acts are about
	File       string       `json:"file"` // base name; its ending says whether the text is YAML or JSON
}

// Term is one condition the recipient takes on with the objects.
type Term struct {
	Instrument string `json:"instrument"`
	Clause     string `json:"clause"`
	Cite       string `json:"cite"`
	Duty       string `json:"duty"`
	What       string `json:"what"`
	Bearer     string `json:"bearer"`
	Within     string `json:"within,omitempty"`
	After      string `json:"after,omitempty"`
}

// Item is one object of a release.
type Item struct {
	ID   string       `json:"id"`
	Hash ident.Digest `json:"hash"`
	TLP  string       `json:"tlp"`
	// Through names the instruments under whose terms the object came to the
	// sender: passing it on passes them on, so that they bind the next one too.
	Through []string `json:"through,omitempty"`
	Hops    int      `json:"hops,omitzero"` // how often it has been passed on, this time included
}

// Recall asks the recipient to purge what a release brought.
type Recall struct {
	Release string    `json:"release"`
	Reason  string    `json:"reason"`
	Due     time.Time `json:"due"`
}

// Receipt answers a message.
type Receipt struct {
	Message  string        `json:"message"`  // id of the message answered
	Envelope ident.Digest  `json:"envelope"` // digest of the envelope bytes answered
	Outcome  string        `json:"outcome"`  // accepted, purged, refused
	Code     string        `json:"code,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Items    []ItemReceipt `json:"items,omitempty"`
}

// ItemReceipt is what became of one object.
type ItemReceipt struct {
	ID     string       `json:"id"`
	Hash   ident.Digest `json:"hash"`
	Result string       `json:"result"` // stored, unchanged, quarantined; of a recall: purged, held, absent
	Code   string       `json:"code,omitempty"`
}

// Body is what travels: the envelope and the objects it binds.
type Body struct {
	Envelope []byte   // DSSE JSON, exactly as signed
	Objects  [][]byte // exact bytes, in the order of Message.Objects
	// Proof shows the act in the sender's own log: the log entry with its salt
	// and a tlog-proof. It travels beside the envelope because the entry commits
	// to the envelope's digest. It proves itself and is not covered by the
	// envelope's signature. May be empty.
	Proof []byte
}
