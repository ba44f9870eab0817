package transparency

import (
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
)

// Log signs trees under one origin. It keeps no state: what was signed last is
// in the store, in the same transaction as the leaves.
type Log struct {
	signer note.Signer
}

// NewLog returns the log whose origin is the signer's name (C2SP
// tlog-checkpoint, "Signatures": the key name matches the origin line).
func NewLog(signer note.Signer) *Log { return &Log{signer: signer} }

// Origin is the first line of every checkpoint of the log.
func (l *Log) Origin() string { return l.signer.Name() }

// Update is what one batch of leaves adds to the store.
type Update struct {
	Head       Head
	Tiles      []TileRow // changed ones only, to be upserted
	Checkpoint []byte    // signed note of Head
	Edge       Edge      // for the next batch, once this one is committed
}

// Integrate appends leaves to the tree at edge and signs the result. last is the
// head the store signed last, read in the same transaction: when it is not the
// edge's, another sequencer has written or an older database was restored, and
// nothing is signed (conflict fault, code "log.moved").
//
// The checkpoint must not leave the process before the transaction is
// committed. When the commit fails or its outcome is unknown, call [LoadEdge]
// again: the old edge may be behind what is on disk.
func (l *Log) Integrate(last Head, edge Edge, leaves []tlog.Hash) (Update, error) {
	if !sameHead(last, edge.Head()) {
		return Update{}, fault.New(fault.Conflict, "log.moved",
			"The log stands at %d entries, not at the %d this writer last saw.", last.Size, edge.size).
			Try("Load the right edge again; if the log got smaller, a restored backup is in use.")
	}
	next := edge.clone()
	u := Update{}
	for _, leaf := range leaves {
		next.add(leaf, func(r TileRow) { u.Tiles = append(u.Tiles, r) })
	}
	for level, hashes := range next.tiles {
		changed := edge.size>>(TileHeight*level) != next.size>>(TileHeight*level)
		if changed && len(hashes) > 0 {
			u.Tiles = append(u.Tiles, row(level, next.size>>(TileHeight*(level+1)), hashes))
		}
	}
	u.Edge, u.Head = next, next.Head()
	signed, err := l.sign(u.Head)
	if err != nil {
		return Update{}, err
	}
	u.Checkpoint = signed
	return u, nil
}

func sameHead(a, b Head) bool {
	// A store that has signed nothing yet may hold the zero Head.
	return a.Size == b.Size && (a.Size == 0 || a.Root == b.Root)
}

// sign is unexported on purpose: the only trees that get a signature are the
// empty one and those Integrate has built on the last signed one.
func (l *Log) sign(h Head) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: checkpointText(l.Origin(), h)}, l.signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// Resume loads the right edge for writing, after checking that the stored tree
// extends every checkpoint of this log that is known from elsewhere: a guard
// file beside the database, or what partners hold. It returns an unverified fault
// with code "log.rolled-back" when the store is older than one of them and
// "log.inconsistent" when it does not extend it. A node that gets either must
// not sign, or it would show two histories.
func (l *Log) Resume(head Head, tiles TileReader, verifier note.Verifier, seen ...[]byte) (Edge, error) {
	for _, signed := range seen {
		c, err := OpenCheckpoint(signed, verifier)
		if err != nil {
			return Edge{}, err
		}
		if err := Extends(head, tiles, c.Head); err != nil {
			return Edge{}, err
		}
	}
	return LoadEdge(head, tiles)
}

// Extends checks that the stored tree at head contains the tree old as a prefix.
func Extends(head Head, tiles TileReader, old Head) error {
	if old.Size > head.Size {
		return fault.New(fault.Unverified, "log.rolled-back",
			"The log holds %d entries, but a checkpoint over %d was signed before.", head.Size, old.Size).
			Try("An older copy of the database is in use. Restore the newest one, or start a new log under a new key and tell your partners.")
	}
	proof, err := ProveConsistency(tiles, old, head)
	if err != nil {
		return err
	}
	return CheckConsistency(old, head, proof)
}
