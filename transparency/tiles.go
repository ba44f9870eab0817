package transparency

import "golang.org/x/mod/sumdb/tlog"

// TileReader reads hash tiles of height [TileHeight]; package store implements it.
type TileReader = tlog.TileReader

// TileHeight is the height of a tile in the C2SP tlog-tiles layout (256 hashes).
const TileHeight = 8
