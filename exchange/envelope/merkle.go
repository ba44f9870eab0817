package envelope

import (
	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/internal/ident"
)

// leafOf is the leaf of one object: its 32-byte digest as an RFC 6962 record.
func leafOf(d ident.Digest) tlog.Hash { return tlog.RecordHash(d[:]) }

// rootOf is the RFC 6962 tree hash over the digests, in order; zero for none.
func rootOf(items []Item) ident.Digest {
	if len(items) == 0 {
		return ident.Digest{}
	}
	return ident.Digest(treeHash(items))
}

// treeHash follows RFC 6962, section 2.1: the left side is the largest power of
// two smaller than the number of leaves.
func treeHash(items []Item) tlog.Hash {
	if len(items) == 1 {
		return leafOf(items[0].Hash)
	}
	k := split(len(items))
	return tlog.NodeHash(treeHash(items[:k]), treeHash(items[k:]))
}

func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

// PathOf returns the audit path of object i (RFC 6962, section 2.1.1), with which
// that object alone can be verified against the signed root.
func PathOf(m Message, i int) ([]tlog.Hash, error) {
	if i < 0 || i >= len(m.Objects) {
		return nil, fault.New(fault.NotFound, "envelope.object", "The message has %d objects and none at %d.", len(m.Objects), i)
	}
	return path(m.Objects, i), nil
}

func path(items []Item, i int) []tlog.Hash {
	if len(items) == 1 {
		return nil
	}
	k := split(len(items))
	if i < k {
		return append(path(items[:k], i), treeHash(items[k:]))
	}
	return append(path(items[k:], i-k), treeHash(items[:k]))
}

// VerifyObject checks that raw is object i of the n under a signed root.
func VerifyObject(root ident.Digest, n, i int, raw []byte, proof []tlog.Hash) error {
	leaf := leafOf(ident.Sum(raw))
	if i < 0 || i >= n || tlog.CheckRecord(proof, int64(n), tlog.Hash(root), int64(i), leaf) != nil {
		return unverified("envelope.object-digest", "The object is not number %d of the %d that were signed.", i, n)
	}
	return nil
}

// Match compares objects with the items of m, one error per place, nil where
// they agree, so that one bad object holds up no other. A missing object and one
// that nobody signed are errors at their place.
func Match(m Message, objects [][]byte) []error {
	errs := make([]error, max(len(m.Objects), len(objects)))
	for i := range errs {
		switch {
		case i >= len(objects):
			errs[i] = unverified("envelope.object-missing", "The message lists %q, which did not come with it.", m.Objects[i].ID)
		case i >= len(m.Objects):
			errs[i] = unverified("envelope.object-unsigned", "The message came with an object it does not list.")
		case ident.Sum(objects[i]) != m.Objects[i].Hash:
			errs[i] = unverified("envelope.object-digest", "The bytes of %q are not the ones that were signed.", m.Objects[i].ID)
		}
	}
	return errs
}
