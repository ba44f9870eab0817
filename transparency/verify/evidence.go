// Package verify checks evidence files: what a party's node did, shown to
// someone who trusts neither the node nor its database and may be offline.
//
// It opens no connection, reads no clock and trusts nothing in a file: keys come
// from the caller. Invariant: a file has exactly one accepted encoding and every
// part of it is bound to a signature, so a file with any byte changed fails; what
// is empty or unknown fails too.
//
// This package may be imported by other programs; its API and the file format are
// kept stable.
package verify

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
	"entente/transparency"
)

// Version is the version of the file format.
const Version = 1

// The kinds of evidence: what a file proves when it passes.
const (
	KindEntries  = "entries"  // these events are in the log
	KindRelease  = "release"  // these objects were decided, logged and signed for this recipient
	KindDelivery = "delivery" // and the recipient acknowledged them, signed and logged
	KindRecall   = "recall"   // a recall was logged and signed
	KindPurge    = "purge"    // and the recipient acknowledged the purge, signed and logged
)

// maxFile holds a whole release with its objects in base64.
const maxFile = 128 << 20

// Evidence is the content of a file, which is its RFC 8785 form and nothing else.
type Evidence struct {
	Entente int      `json:"entente"`
	Kind    string   `json:"kind"`
	Subject string   `json:"subject,omitempty"` // id of the message; none for entries
	Log     party.ID `json:"log"`               // whose log
	// Checkpoint is the signed tree that Entries are in, with the log's own
	// signature and no other.
	Checkpoint string `json:"checkpoint"`
	// Since ties the checkpoint to an older one.
	Since   *Since  `json:"since,omitempty"`
	Entries []Entry `json:"entries"` // by index
	// Decisions are the decision documents, byte for byte, that decision
	// entries commit to. Any of them may be left out.
	Decisions []string `json:"decisions,omitempty"`
	// Message is the signed envelope.
	Message string `json:"message,omitempty"`
	// Objects are some or all of the objects as they left, in order.
	Objects []Object `json:"objects,omitempty"`
	Receipt *Receipt `json:"receipt,omitempty"`
}

// Entry is one opened log entry with its audit path.
type Entry struct {
	Index int64    `json:"index"`
	Type  string   `json:"type"`
	Salt  []byte   `json:"salt"`
	Body  string   `json:"body"`  // exact bytes
	Proof [][]byte `json:"proof"` // RFC 6962, section 2.1.1
}

// Object is one object as it left.
type Object struct {
	Hash ident.Digest `json:"hash"`
	Raw  []byte       `json:"raw"`
}

// Receipt is the recipient's signed answer and the proof from its own log.
type Receipt struct {
	Message string `json:"message"`
	Proof   string `json:"proof"` // C2SP tlog-proof that discloses the recipient's entry
}

// Since is an older tree of the same log and the proof that it is a prefix.
type Since struct {
	Size  int64        `json:"size"`
	Root  ident.Digest `json:"root"`
	Proof [][]byte     `json:"proof"` // RFC 6962, section 2.1.2
}

// Log is where [Build] takes proofs from: one consistent state of a log.
type Log struct {
	Party      party.ID
	Head       transparency.Head
	Checkpoint []byte
	Tiles      transparency.TileReader
}

// Build starts evidence of a kind from entries of a log, with their proofs, and
// optionally a tie to an older head that the reader has seen. The caller adds
// decisions, message, objects and receipt.
func Build(kind, subject string, log Log, entries []transparency.Logged, since *transparency.Head) (Evidence, error) {
	ev := Evidence{Entente: Version, Kind: kind, Subject: subject, Log: log.Party, Checkpoint: string(log.Checkpoint)}
	for _, e := range entries {
		proof, err := transparency.ProveInclusion(log.Head, log.Tiles, e.Index)
		if err != nil {
			return Evidence{}, err
		}
		ev.Entries = append(ev.Entries, Entry{
			Index: e.Index, Type: e.Type, Salt: bytes.Clone(e.Salt[:]), Body: string(e.Body), Proof: toBytes(proof),
		})
	}
	if since == nil {
		return ev, nil
	}
	proof, err := transparency.ProveConsistency(log.Tiles, *since, log.Head)
	if err != nil {
		return Evidence{}, err
	}
	ev.Since = &Since{Size: since.Size, Root: since.Root, Proof: toBytes(proof)}
	return ev, nil
}

// Encode writes the file.
func (ev Evidence) Encode() ([]byte, error) {
	raw, err := json.Marshal(ev)
	if err != nil {
		return nil, fmt.Errorf("encode evidence: %w", err)
	}
	v, err := strictjson.Parse(raw, limits())
	if err != nil {
		return nil, err
	}
	return strictjson.AppendCanonical(make([]byte, 0, len(raw)), &v), nil
}

func decode(data []byte) (Evidence, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return Evidence{}, unverified("empty", "The file is empty, which proves nothing.")
	}
	var ev Evidence
	if _, err := strictjson.Parse(data, limits()); err != nil {
		return ev, unverified("encoding", "The file is not strict JSON.").Because(err)
	}
	if err := json.Unmarshal(data, &ev, json.RejectUnknownMembers(true)); err != nil {
		return ev, unverified("encoding", "The file is not an evidence file as it was written: a byte was changed, or it is another kind of file.").
			Try("Use the file as the node wrote it; do not open and save it in an editor.").Because(err)
	}
	again, err := ev.Encode()
	if err != nil || !bytes.Equal(again, data) {
		return ev, unverified("encoding", "The file is not in the one accepted encoding (RFC 8785), so it was changed.").Because(err)
	}
	return ev, nil
}

func limits() strictjson.Limits {
	return strictjson.Limits{Bytes: maxFile, Depth: 8, Tokens: 4_000_000}
}

func (e Entry) logged() (transparency.Logged, bool) {
	l := transparency.Logged{Index: e.Index, Entry: transparency.Entry{Type: e.Type, Body: []byte(e.Body)}}
	return l, copy(l.Salt[:], e.Salt) == len(l.Salt) && len(e.Salt) == len(l.Salt)
}

func toBytes(hashes []tlog.Hash) [][]byte {
	out := make([][]byte, 0, len(hashes))
	for _, h := range hashes {
		out = append(out, bytes.Clone(h[:]))
	}
	return out
}

func toHashes(raw [][]byte) ([]tlog.Hash, bool) {
	out := make([]tlog.Hash, 0, len(raw))
	for _, b := range raw {
		if len(b) != tlog.HashSize {
			return nil, false
		}
		out = append(out, tlog.Hash(b))
	}
	return out, true
}

func unverified(word, format string, args ...any) *fault.Error {
	return fault.New(fault.Unverified, "evidence."+word, format, args...)
}
