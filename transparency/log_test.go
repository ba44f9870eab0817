package transparency_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"strconv"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/transparency"
)

// seeded is a deterministic source of "random" bytes.
type seeded struct{ state [32]byte }

func newSeeded(seed string) *seeded { return &seeded{sha256.Sum256([]byte(seed))} }

func (s *seeded) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		s.state = sha256.Sum256(s.state[:])
		n += copy(p[n:], s.state[:])
	}
	return n, nil
}

func newKeys(t testing.TB, origin string) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(newSeeded(origin), origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func numberedLeaf(i int64) tlog.Hash {
	return tlog.RecordHash(binary.BigEndian.AppendUint64(nil, uint64(i)))
}

func numberedLeaves(from, to int64) []tlog.Hash {
	out := make([]tlog.Hash, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, numberedLeaf(i))
	}
	return out
}

// oracle is the tree as golang.org/x/mod/sumdb/tlog computes it.
type oracle struct{ stored []tlog.Hash }

func (o *oracle) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = o.stored[x]
	}
	return out, nil
}

func (o *oracle) add(t testing.TB, n int64, leaf tlog.Hash) {
	t.Helper()
	h, err := tlog.StoredHashesForRecordHash(n, leaf, o)
	if err != nil {
		t.Fatal(err)
	}
	o.stored = append(o.stored, h...)
}

// grow integrates leaves numbered by position until the log has size entries.
func grow(t testing.TB, l *transparency.Log, tiles transparency.MemTiles, edge transparency.Edge, size int64) transparency.Update {
	t.Helper()
	u, err := l.Integrate(edge.Head(), edge, numberedLeaves(edge.Head().Size, size))
	if err != nil {
		t.Fatal(err)
	}
	tiles.Put(u.Tiles)
	return u
}

// RFC 6962, sections 2.1, 2.1.1 and 2.1.2; C2SP tlog-tiles, "Merkle Tree".
func TestBatchesAgreeWithTlog(t *testing.T) {
	t.Parallel()
	signer, verifier := newKeys(t, "csirt-aurelia/log")
	rapid.Check(t, func(rt *rapid.T) {
		l := transparency.NewLog(signer)
		tiles, ref := transparency.MemTiles{}, &oracle{}
		var edge transparency.Edge
		heads := []transparency.Head{edge.Head()}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 700), 1, 6).Draw(rt, "batches") {
			before := edge.Head()
			u := grow(t, l, tiles, edge, before.Size+int64(n))
			for i := before.Size; i < u.Head.Size; i++ {
				ref.add(t, i, numberedLeaf(i))
			}
			checkTiles(rt, u, before.Size, ref)
			checkRoot(rt, u.Head, ref)
			c, err := transparency.OpenCheckpoint(u.Checkpoint, verifier)
			if err != nil || c.Head != u.Head || c.Origin != l.Origin() {
				rt.Fatalf("checkpoint = %+v, %v", c, err)
			}
			reloaded, err := transparency.LoadEdge(u.Head, tiles)
			if err != nil || reloaded.Head() != u.Head {
				rt.Fatalf("LoadEdge = %v, %v", reloaded.Head(), err)
			}
			if edge.Head() != before {
				rt.Fatal("Integrate changed the edge it was given")
			}
			edge = reloaded
			heads = append(heads, u.Head)
		}
		checkProofs(rt, heads, tiles)
	})
}

func checkRoot(rt *rapid.T, head transparency.Head, ref *oracle) {
	if head.Size == 0 {
		return
	}
	want, err := tlog.TreeHash(head.Size, ref)
	if err != nil || tlog.Hash(head.Root) != want {
		rt.Fatalf("root of %d = %v, want %v, %v", head.Size, head.Root, want, err)
	}
}

// checkTiles compares the rows with what tlog says must be published.
func checkTiles(rt *rapid.T, u transparency.Update, old int64, ref *oracle) {
	want := tlog.NewTiles(transparency.TileHeight, old, u.Head.Size)
	if len(u.Tiles) != len(want) {
		rt.Fatalf("%d to %d writes %d tiles, want %d", old, u.Head.Size, len(u.Tiles), len(want))
	}
	rows := map[transparency.TileKey]transparency.TileRow{}
	for _, r := range u.Tiles {
		rows[transparency.TileKey{Level: r.Level, Index: r.Index}] = r
	}
	for _, tile := range want {
		data, err := tlog.ReadTileData(tile, ref)
		if err != nil {
			rt.Fatal(err)
		}
		r := rows[transparency.TileKey{Level: tile.L, Index: tile.N}]
		if r.Width != tile.W || !bytes.Equal(r.Data, data) {
			rt.Fatalf("tile %s differs", tile.Path())
		}
	}
}

func checkProofs(rt *rapid.T, heads []transparency.Head, tiles transparency.MemTiles) {
	newest := heads[len(heads)-1]
	for _, old := range heads {
		proof, err := transparency.ProveConsistency(tiles, old, newest)
		if err != nil {
			rt.Fatal(err)
		}
		if err := transparency.CheckConsistency(old, newest, proof); err != nil {
			rt.Fatal(err)
		}
		if err := transparency.Extends(newest, tiles, old); err != nil {
			rt.Fatal(err)
		}
		if at, err := transparency.RootAt(newest, tiles, old.Size); err != nil || at != old {
			rt.Fatalf("RootAt(%d) = %v, %v", old.Size, at, err)
		}
		forged := old
		forged.Root[3] ^= 1
		if err := transparency.CheckConsistency(forged, newest, proof); old.Size > 0 && fault.KindOf(err) != fault.Unverified {
			rt.Fatalf("a forged root of %d passes: %v", old.Size, err)
		}
	}
	if newest.Size == 0 {
		return
	}
	i := rapid.Int64Range(0, newest.Size-1).Draw(rt, "index")
	path, err := transparency.ProveInclusion(newest, tiles, i)
	if err != nil {
		rt.Fatal(err)
	}
	if err := transparency.CheckInclusion(newest, i, numberedLeaf(i), path); err != nil {
		rt.Fatal(err)
	}
	if err := transparency.CheckInclusion(newest, i, numberedLeaf(i+1), path); fault.CodeOf(err) != "log.inclusion" {
		rt.Fatalf("another leaf passes: %v", err)
	}
	if i+1 < newest.Size {
		if err := transparency.CheckInclusion(newest, i+1, numberedLeaf(i), path); fault.CodeOf(err) != "log.inclusion" {
			rt.Fatalf("another index passes: %v", err)
		}
	}
}

// F8: a database restored from an old backup, or written by a second sequencer.
func TestF8NothingIsSignedOnAnotherTree(t *testing.T) {
	t.Parallel()
	signer, verifier := newKeys(t, "csirt-aurelia/log")
	l := transparency.NewLog(signer)
	tiles := transparency.MemTiles{}
	old := grow(t, l, tiles, transparency.Edge{}, 300)
	backup := maps.Clone(tiles)
	newest := grow(t, l, tiles, old.Edge, 1000)

	if _, err := l.Integrate(newest.Head, old.Edge, numberedLeaves(300, 301)); fault.CodeOf(err) != "log.moved" {
		t.Errorf("a stale edge signs: %v", err)
	}
	if _, err := l.Integrate(old.Head, newest.Edge, nil); fault.CodeOf(err) != "log.moved" {
		t.Errorf("a restored head signs: %v", err)
	}
	if _, err := l.Resume(old.Head, backup, verifier, newest.Checkpoint); fault.CodeOf(err) != "log.rolled-back" {
		t.Errorf("a restored backup resumes: %v", err)
	}
	other := transparency.MemTiles{}
	fork, err := l.Integrate(transparency.EmptyHead(), transparency.Edge{}, numberedLeaves(1, 1200))
	if err != nil {
		t.Fatal(err)
	}
	other.Put(fork.Tiles)
	if _, err := l.Resume(fork.Head, other, verifier, newest.Checkpoint); fault.CodeOf(err) != "log.inconsistent" {
		t.Errorf("a fork resumes: %v", err)
	}
	if edge, err := l.Resume(newest.Head, tiles, verifier, old.Checkpoint, newest.Checkpoint); err != nil || edge.Head() != newest.Head {
		t.Errorf("the right tree does not resume: %v", err)
	}
	_, stranger := newKeys(t, "csirt-borealis/log")
	if _, err := l.Resume(newest.Head, tiles, stranger, old.Checkpoint); fault.CodeOf(err) != "checkpoint.invalid" {
		t.Errorf("a stranger's checkpoint counts: %v", err)
	}
}

func TestLoadEdgeRefusesWrongTiles(t *testing.T) {
	t.Parallel()
	signer, _ := newKeys(t, "csirt-aurelia/log")
	for _, level := range []int{0, 1} {
		tiles := transparency.MemTiles{}
		u := grow(t, transparency.NewLog(signer), tiles, transparency.Edge{}, 70_000)
		key := transparency.TileKey{Level: level, Index: u.Head.Size >> (8 * (level + 1))}
		tiles[key] = bytes.Clone(tiles[key])
		tiles[key][5] ^= 1
		if _, err := transparency.LoadEdge(u.Head, tiles); fault.CodeOf(err) != "log.tiles" {
			t.Errorf("level %d: %v", level, err)
		}
		delete(tiles, key)
		if _, err := transparency.LoadEdge(u.Head, tiles); err == nil {
			t.Errorf("level %d: a missing tile is not noticed", level)
		}
	}
	if _, err := transparency.LoadEdge(transparency.Head{Size: -1}, transparency.MemTiles{}); fault.CodeOf(err) != "log.size" {
		t.Error(err)
	}
}

// P10: whoever edits the database is found, and the first changed entry named.
func TestP10AuditNamesTheFirstBadEntry(t *testing.T) {
	t.Parallel()
	signer, verifier := newKeys(t, "csirt-aurelia/log")
	l := transparency.NewLog(signer)
	const size = 1500
	tests := []struct {
		name  string
		edit  func(tiles transparency.MemTiles, rows []tlog.Hash)
		first int64
		code  string
	}{
		{"nothing", func(transparency.MemTiles, []tlog.Hash) {}, -1, ""},
		{"a row", func(_ transparency.MemTiles, rows []tlog.Hash) { rows[700][0] ^= 1 }, 700, "log.entry"},
		{"two rows", func(_ transparency.MemTiles, rows []tlog.Hash) { rows[1400][0] ^= 1; rows[3][0] ^= 1 }, 3, "log.entry"},
		{"the last row", func(_ transparency.MemTiles, rows []tlog.Hash) { rows[size-1][31] ^= 1 }, size - 1, "log.entry"},
		{"a row and its tile", func(tiles transparency.MemTiles, rows []tlog.Hash) {
			rows[700][0] ^= 1
			tiles[transparency.TileKey{Index: 2}][(700-512)*32] ^= 1
		}, 512, "log.tiles"},
		{"an upper tile", func(tiles transparency.MemTiles, _ []tlog.Hash) {
			tiles[transparency.TileKey{Level: 1}][4] ^= 1
		}, 0, "log.tiles"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tiles := transparency.MemTiles{}
			u := grow(t, l, tiles, transparency.Edge{}, size)
			rows := numberedLeaves(0, size)
			test.edit(tiles, rows)
			first, err := transparency.Audit(u.Head, tiles, func(i int64) (tlog.Hash, error) { return rows[i], nil })
			if first != test.first || (err == nil) != (test.code == "") || err != nil && fault.CodeOf(err) != test.code {
				t.Errorf("Audit = %d, %v; want %d, %s", first, err, test.first, test.code)
			}
		})
	}
	// Root rewrites everything and signs it: a checkpoint a partner kept shows it.
	tiles := transparency.MemTiles{}
	honest := grow(t, l, tiles, transparency.Edge{}, size)
	leaves := numberedLeaves(0, size+1)
	leaves[700][0] ^= 1
	u, err := l.Integrate(transparency.EmptyHead(), transparency.Edge{}, leaves)
	if err != nil {
		t.Fatal(err)
	}
	rewritten := transparency.MemTiles{}
	rewritten.Put(u.Tiles)
	partner, err := transparency.OpenCheckpoint(honest.Checkpoint, verifier)
	if err != nil {
		t.Fatal(err)
	}
	if err := transparency.Extends(u.Head, rewritten, partner.Head); fault.CodeOf(err) != "log.inconsistent" {
		t.Errorf("a rewritten history passes: %v", err)
	}
}

func TestAuditReportsUnreadableEntry(t *testing.T) {
	t.Parallel()
	signer, _ := newKeys(t, "csirt-aurelia/log")
	tiles := transparency.MemTiles{}
	u := grow(t, transparency.NewLog(signer), tiles, transparency.Edge{}, 10)
	lost := errors.New("row is gone")
	first, err := transparency.Audit(u.Head, tiles, func(i int64) (tlog.Hash, error) {
		if i == 4 {
			return tlog.Hash{}, lost
		}
		return numberedLeaf(i), nil
	})
	if first != 4 || err != lost { //nolint:errorlint // identity is the point
		t.Errorf("Audit = %d, %v", first, err)
	}
	if first, err := transparency.Audit(transparency.Head{Root: ident.Sum([]byte("x"))}, tiles, nil); first != 0 || err == nil {
		t.Errorf("an empty log with a root passes: %d, %v", first, err)
	}
}

func BenchmarkIntegrate(b *testing.B) {
	signer, _ := newKeys(b, "csirt-aurelia/log")
	l := transparency.NewLog(signer)
	for _, n := range []int64{1, 100, 10_000} {
		b.Run(strconv.FormatInt(n, 10), func(b *testing.B) {
			edge := grow(b, l, transparency.MemTiles{}, transparency.Edge{}, 70_000).Edge
			leaves := numberedLeaves(0, n)
			for b.Loop() {
				u, err := l.Integrate(edge.Head(), edge, leaves)
				if err != nil {
					b.Fatal(err)
				}
				edge = u.Edge
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/leaf")
		})
	}
}
