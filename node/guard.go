package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/transparency"
)

// headFile remembers the last signed tree head beside the database, so that an
// older copy of the database cannot be continued unnoticed (fault F8). It is
// replaced without being flushed: after a power cut it may lag behind the
// database, which is allowed, but it is never ahead of it.
type headFile string

// Last implements the store's guard.
func (f headFile) Last() (transparency.Head, error) {
	var h transparency.Head
	b, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(b) == 0 {
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("read the remembered tree head: %w", err)
	}
	var root string
	if _, err := fmt.Sscanf(string(b), "%d %s\n", &h.Size, &root); err != nil {
		return h, damaged(err)
	}
	if h.Root, err = ident.ParseDigest(root); err != nil {
		return h, damaged(err)
	}
	return h, nil
}

// Set implements the store's guard.
func (f headFile) Set(h transparency.Head) error {
	next := string(f) + ".next"
	if err := os.WriteFile(next, fmt.Appendf(nil, "%d %s\n", h.Size, h.Root), 0o600); err != nil {
		return err
	}
	return os.Rename(next, string(f))
}

func damaged(cause error) error {
	return fault.New(fault.Invalid, "node.damaged", "The remembered tree head cannot be read.").
		Try("Compare the log with a partner's receipts before you remove the file; without it an old database would not be noticed.").Because(cause)
}
