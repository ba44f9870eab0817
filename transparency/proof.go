package transparency

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/internal/ident"
)

// ProveInclusion returns the audit path of the entry at index in the tree at head
// (RFC 6962, section 2.1.1). The tiles it reads are checked against head first.
func ProveInclusion(head Head, tiles TileReader, index int64) ([]tlog.Hash, error) {
	if index < 0 || index >= head.Size {
		return nil, fault.New(fault.NotFound, "log.index", "The log holds %d entries and none at index %d.", head.Size, index)
	}
	proof, err := tlog.ProveRecord(head.Size, index, hashes(head, tiles))
	if err != nil {
		return nil, unreadable(err)
	}
	return proof, nil
}

// ProveConsistency returns the proof that the tree to extends the tree from (RFC
// 6962, section 2.1.2). Only from.Size is used: whether from.Root is right is for
// [CheckConsistency] to say.
func ProveConsistency(tiles TileReader, from, to Head) ([]tlog.Hash, error) {
	if from.Size < 0 || from.Size > to.Size {
		return nil, fault.New(fault.Invalid, "log.range", "A consistency proof leads from a smaller tree to a larger one.")
	}
	if from.Size == 0 || from.Size == to.Size {
		return nil, nil
	}
	proof, err := tlog.ProveTree(to.Size, from.Size, hashes(to, tiles))
	if err != nil {
		return nil, unreadable(err)
	}
	return proof, nil
}

// RootAt returns the head the log had at an earlier size.
func RootAt(head Head, tiles TileReader, size int64) (Head, error) {
	if size < 0 || size > head.Size {
		return Head{}, fault.New(fault.NotFound, "log.index", "The log holds %d entries; it never had %d.", head.Size, size)
	}
	if size == 0 {
		return EmptyHead(), nil
	}
	root, err := tlog.TreeHash(size, hashes(head, tiles))
	if err != nil {
		return Head{}, unreadable(err)
	}
	return Head{Size: size, Root: ident.Digest(root)}, nil
}

func hashes(head Head, tiles TileReader) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: head.Size, Hash: tlog.Hash(head.Root)}, tiles)
}

func unreadable(err error) error {
	return fault.New(fault.Unverified, "log.tiles", "The stored log tiles do not belong to the signed tree.").
		Try("Check the log, and stop writing until it is repaired.").Because(err)
}

// CheckInclusion verifies that leaf is the entry at index of the tree at head.
func CheckInclusion(head Head, index int64, leaf tlog.Hash, proof []tlog.Hash) error {
	if index < 0 || index >= head.Size {
		return fault.New(fault.Unverified, "log.inclusion", "Index %d is outside the tree of %d entries.", index, head.Size)
	}
	if err := tlog.CheckRecord(proof, head.Size, tlog.Hash(head.Root), index, leaf); err != nil {
		return fault.New(fault.Unverified, "log.inclusion", "Entry %d is not in the signed tree of %d entries.", index, head.Size).Because(err)
	}
	return nil
}

// CheckConsistency verifies that the tree to extends the tree from without
// changing any of its entries. The empty tree is extended by every tree.
func CheckConsistency(from, to Head, proof []tlog.Hash) error {
	switch {
	case from.Size < 0 || from.Size > to.Size:
		return fault.New(fault.Unverified, "log.rolled-back", "The tree of %d entries is older than the one of %d seen before.", to.Size, from.Size)
	case from.Size == 0 || from.Size == to.Size:
		if len(proof) != 0 || !sameHead(from, to) && from.Size != 0 {
			return inconsistent(from, to, nil)
		}
		return nil
	}
	err := tlog.CheckTree(proof, to.Size, tlog.Hash(to.Root), from.Size, tlog.Hash(from.Root))
	if err != nil {
		return inconsistent(from, to, err)
	}
	return nil
}

func inconsistent(from, to Head, cause error) error {
	return fault.New(fault.Unverified, "log.inconsistent",
		"The tree of %d entries does not extend the tree of %d entries.", to.Size, from.Size).
		Try("Keep both signed checkpoints: together they show that the log has two histories.").Because(cause)
}

// Audit compares every entry with the signed tree, in order, and returns the
// index of the first that is not the one that was logged, or -1. leaf returns the
// leaf of the entry as stored now. The error says what is wrong; it is nil exactly
// when the index is -1.
func Audit(head Head, tiles TileReader, leaf func(index int64) (tlog.Hash, error)) (int64, error) {
	reader := hashes(head, tiles)
	for start := int64(0); start < head.Size; start += tileWidth {
		end := min(start+tileWidth, head.Size)
		indexes := make([]int64, 0, tileWidth)
		for i := start; i < end; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, i))
		}
		logged, err := reader.ReadHashes(indexes)
		if err != nil {
			return start, unreadable(fmt.Errorf("entries %d to %d: %w", start, end-1, err))
		}
		for i := start; i < end; i++ {
			got, err := leaf(i)
			if err != nil {
				return i, err
			}
			if got != logged[i-start] {
				return i, fault.New(fault.Unverified, "log.entry", "Entry %d is not the one that was logged.", i)
			}
		}
	}
	if head.Size == 0 && head.Root != EmptyHead().Root {
		return 0, fault.New(fault.Unverified, "log.tiles", "An empty log has the hash of nothing as its root.")
	}
	return -1, nil
}
