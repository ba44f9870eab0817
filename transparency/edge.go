package transparency

import (
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/internal/ident"
)

const tileWidth = 1 << TileHeight

// Edge is the right edge of the tree: all that is needed to append. It is a
// value: appending to a copy leaves the original as it was, so a store keeps the
// last committed Edge and throws the new one away when a transaction fails.
// The zero Edge is the empty tree.
type Edge struct { //nolint:recvcheck // a value to callers; add and put change the copy Integrate makes
	size  int64
	peaks []tlog.Hash   // roots of the perfect subtrees, largest first: one per bit set in size
	tiles [][]tlog.Hash // by level, the hashes of the rightmost tile that is not full
}

// Head is the tree the edge belongs to.
func (e Edge) Head() Head { return Head{Size: e.size, Root: e.root()} }

// EmptyHead is the tree without leaves (RFC 6962, section 2.1: the hash of
// nothing).
func EmptyHead() Head { return Edge{}.Head() }

func (e Edge) root() ident.Digest {
	if e.size == 0 {
		return ident.Sum(nil)
	}
	h := e.peaks[len(e.peaks)-1]
	for i := len(e.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e.peaks[i], h)
	}
	return ident.Digest(h)
}

func (e Edge) clone() Edge {
	e.peaks = slices.Clone(e.peaks)
	e.tiles = slices.Clone(e.tiles)
	for l := range e.tiles {
		// Room for a whole tile, so that appending never reallocates.
		e.tiles[l] = append(make([]tlog.Hash, 0, tileWidth), e.tiles[l]...)
	}
	return e
}

// add appends one leaf in place and calls full with each tile it completes.
func (e *Edge) add(leaf tlog.Hash, full func(TileRow)) {
	e.put(0, leaf, full)
	h := leaf
	// The new leaf merges with one peak per trailing one bit of the old size.
	for height := 1; height <= bits.TrailingZeros64(uint64(e.size+1)); height++ { //nolint:gosec // G115: a size is never negative
		last := len(e.peaks) - 1
		h = tlog.NodeHash(e.peaks[last], h)
		e.peaks = e.peaks[:last]
		if height%TileHeight == 0 {
			// A perfect subtree of this height is exactly a full tile below,
			// so its root comes for free.
			e.put(height/TileHeight, h, full)
		}
	}
	e.peaks = append(e.peaks, h)
	e.size++
}

func (e *Edge) put(level int, h tlog.Hash, full func(TileRow)) {
	if level == len(e.tiles) {
		e.tiles = append(e.tiles, make([]tlog.Hash, 0, tileWidth))
	}
	e.tiles[level] = append(e.tiles[level], h)
	if len(e.tiles[level]) < tileWidth {
		return
	}
	// e.size is still the size before this leaf, so its tile number is the one
	// being completed.
	full(row(level, e.size>>(TileHeight*(level+1)), e.tiles[level]))
	e.tiles[level] = e.tiles[level][:0]
}

func row(level int, index int64, hashes []tlog.Hash) TileRow {
	data := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		data = append(data, hashes[i][:]...)
	}
	return TileRow{Level: level, Index: index, Width: len(hashes), Data: data}
}

// LoadEdge rebuilds the edge of a tree from its tiles and returns an unverified
// fault (code "log.tiles") when they do not hash to head.Root.
func LoadEdge(head Head, tiles TileReader) (Edge, error) {
	e := Edge{size: head.Size}
	if head.Size < 0 {
		return Edge{}, fault.New(fault.Invalid, "log.size", "A tree has no negative size.")
	}
	for level := 0; head.Size>>(TileHeight*level) > 0; level++ {
		count := head.Size >> (TileHeight * level)
		e.tiles = append(e.tiles, make([]tlog.Hash, 0, tileWidth))
		width := int(count % tileWidth)
		if width == 0 {
			continue
		}
		data, err := readTile(tiles, tlog.Tile{H: TileHeight, L: level, N: count / tileWidth, W: width})
		if err != nil {
			return Edge{}, err
		}
		for i := range width {
			e.tiles[level] = append(e.tiles[level], tlog.Hash(data[i*tlog.HashSize:]))
		}
	}
	e.peaks = peaks(e.tiles)
	if head.Size > 0 && e.root() != head.Root {
		return Edge{}, fault.New(fault.Unverified, "log.tiles", "The stored log tiles do not belong to the signed tree of %d entries.", head.Size).
			Try("Stop writing, and restore the log from a backup that a partner's checkpoint confirms.")
	}
	return e, nil
}

// peaks folds the partial tiles into one root per perfect subtree, largest
// first. Tile level l with width w holds the subtrees of the bits of w.
func peaks(tiles [][]tlog.Hash) []tlog.Hash {
	var out []tlog.Hash
	for _, hashes := range slices.Backward(tiles) {
		for len(hashes) > 0 {
			n := 1 << (bits.Len(uint(len(hashes))) - 1)
			out = append(out, perfect(hashes[:n]))
			hashes = hashes[n:]
		}
	}
	return out
}

func perfect(h []tlog.Hash) tlog.Hash {
	if len(h) == 1 {
		return h[0]
	}
	return tlog.NodeHash(perfect(h[:len(h)/2]), perfect(h[len(h)/2:]))
}

func readTile(tiles TileReader, t tlog.Tile) ([]byte, error) {
	data, err := tiles.ReadTiles([]tlog.Tile{t})
	if err != nil {
		return nil, err
	}
	if len(data) != 1 || len(data[0]) != t.W*tlog.HashSize {
		return nil, fault.New(fault.Unverified, "log.tiles", "The stored log tile %s is cut short.", t.Path())
	}
	return data[0], nil
}
