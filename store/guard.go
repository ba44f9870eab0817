package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"entente/internal/fault"
	"entente/transparency"
)

// Guard remembers the last signed tree head in another place than the database,
// so that an older copy of the database cannot be continued unnoticed.
type Guard interface {
	// Last returns the head last set; the zero Head when there is none.
	Last() (transparency.Head, error)
	// Set remembers a committed head. It may lag behind the database after a
	// crash, and is never ahead of it.
	Set(head transparency.Head) error
}

// checkGuard refuses a database that does not extend what was signed before.
func (s *Store) checkGuard(ctx context.Context) error {
	if s.guard == nil {
		return nil
	}
	last, err := s.guard.Last()
	if err != nil {
		return fmt.Errorf("read the log guard: %w", err)
	}
	if last.Size == 0 {
		return nil
	}
	return s.readers.read(ctx, func(q *session) error {
		r := reader{q: q}
		head, _, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		if err := transparency.Extends(head, r.LogTiles(ctx), last); err != nil {
			return rolledBack(last, head).Because(err)
		}
		return nil
	})
}

func rolledBack(last, head transparency.Head) *fault.Error {
	return fault.New(fault.Unavailable, "store.rolled-back",
		"The database holds a log of %d entries that does not continue the %d this node has signed.", head.Size, last.Size).
		Try("This is an older or another copy of the database. Restore the newest one; if it is lost, start a new log under a new key and tell your partners.")
}

// FileGuard is a [Guard] in a small file. Two slots are written in turn, each
// with a checksum, so that a torn write leaves the other.
type FileGuard struct {
	mu   sync.Mutex
	file *os.File
	last transparency.Head
	turn int64 // slot to write next
}

const (
	slotBody = 8 + sha256.Size
	slotSize = slotBody + sha256.Size
)

// OpenFileGuard opens or creates the file at path. A file in which no slot is
// whole is an error: an empty memory would defeat its purpose.
func OpenFileGuard(path string) (*FileGuard, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return nil, fmt.Errorf("open log guard: %w", err)
	}
	g := &FileGuard{file: f}
	if err := g.load(); err != nil {
		return nil, closing(err, f.Close)
	}
	return g, nil
}

func (g *FileGuard) load() error {
	var b [2 * slotSize]byte
	n, err := g.file.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read log guard: %w", err)
	}
	if n == 0 {
		return nil
	}
	whole := false
	for slot := range int64(2) {
		body, sum := b[slot*slotSize:][:slotBody], b[slot*slotSize+slotBody:][:sha256.Size]
		if sha256.Sum256(body) != [sha256.Size]byte(sum) {
			continue
		}
		size := int64(binary.BigEndian.Uint64(body)) //nolint:gosec // G115: Set wrote it from an int64
		if !whole || size >= g.last.Size {
			g.last = transparency.Head{Size: size}
			copy(g.last.Root[:], body[8:])
			g.turn = 1 - slot
		}
		whole = true
	}
	if !whole {
		return fault.New(fault.Unverified, "store.guard", "The log guard file is damaged.").
			Try("Compare the log with a partner's checkpoint, then remove the file.")
	}
	return nil
}

// Last implements [Guard].
func (g *FileGuard) Last() (transparency.Head, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last, nil
}

// Set implements [Guard]. It does not wait for the disk: lagging is allowed.
func (g *FileGuard) Set(head transparency.Head) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := make([]byte, 0, slotSize)
	b = binary.BigEndian.AppendUint64(b, uint64(head.Size)) //nolint:gosec // G115: a size is not negative
	b = append(b, head.Root[:]...)
	sum := sha256.Sum256(b)
	if _, err := g.file.WriteAt(append(b, sum[:]...), g.turn*slotSize); err != nil {
		return fmt.Errorf("write log guard: %w", err)
	}
	g.last, g.turn = head, 1-g.turn
	return nil
}

// Close releases the file.
func (g *FileGuard) Close() error { return g.file.Close() }
