package transparency

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TileReader reads hash tiles of height [TileHeight]; package store implements
// it. A reader that holds a wider tile than asked for returns its first W hashes.
type TileReader = tlog.TileReader

// TileHeight is the height of a tile in the C2SP tlog-tiles layout (256 hashes).
const TileHeight = 8

// TileRow is one hash tile as stored: one row per level and index holding the
// widest data so far, so that writing is an upsert. A partial tile is a prefix of
// the same tile at any later size, hence older partial tiles need no rows.
type TileRow struct {
	Level int   // 0 holds leaf hashes
	Index int64 // position within the level
	Width int   // 1 to 256 hashes
	Data  []byte
}

// MemTiles is a set of tiles in memory, for tests and for whoever audits a copy
// of a log. The zero value is not usable; make one with make(MemTiles).
type MemTiles map[TileKey][]byte

// TileKey places a tile.
type TileKey struct {
	Level int
	Index int64
}

// Put stores rows, each replacing the narrower one before it.
func (m MemTiles) Put(rows []TileRow) {
	for _, r := range rows {
		m[TileKey{r.Level, r.Index}] = r.Data
	}
}

// Height implements [TileReader].
func (MemTiles) Height() int { return TileHeight }

// ReadTiles implements [TileReader].
func (m MemTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		d := m[TileKey{t.L, t.N}]
		if len(d) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %s is missing", t.Path())
		}
		data[i] = d[:t.W*tlog.HashSize]
	}
	return data, nil
}

// SaveTiles implements [TileReader]; there is no cache to fill.
func (MemTiles) SaveTiles([]tlog.Tile, [][]byte) {}
