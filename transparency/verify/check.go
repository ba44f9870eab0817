package verify

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// Trust is what the reader of a file brings along. Nothing in a file adds to it.
type Trust struct {
	// Parties are cards compared out of band. Signatures count by the keys that
	// were valid when they were made, so a card with retired keys is the right one.
	Parties []party.Party
	// LogKeys are earlier verifier keys of these parties' logs.
	LogKeys []string
	// Seen are checkpoints seen before. Evidence from the same log must come
	// from a tree that extends them.
	Seen [][]byte
}

// Report is what a file has proven.
type Report struct {
	Kind      string       `json:"kind"`
	Subject   string       `json:"subject,omitempty"`
	From      party.ID     `json:"from"`
	To        party.ID     `json:"to,omitempty"`
	At        time.Time    `json:"at,omitzero"` // as the sender signed it
	Purpose   string       `json:"purpose,omitempty"`
	Origin    string       `json:"origin"` // of the log
	Size      int64        `json:"size"`
	Root      ident.Digest `json:"root"`
	Entries   int          `json:"entries"`
	Decisions int          `json:"decisions"` // documents in the file
	Objects   int          `json:"objects"`   // bytes in the file
	Lines     []string     `json:"lines"`     // for people, one fact each
}

func (r *Report) say(format string, args ...any) {
	r.Lines = append(r.Lines, fmt.Sprintf(format, args...))
}

// Check verifies a file completely. The error is an unverified fault with a code
// "evidence.…" that names the first thing that does not hold; only a nil error
// means that anything is proven.
func Check(data []byte, trust Trust) (Report, error) {
	ev, err := decode(data)
	if err != nil {
		return Report{}, err
	}
	if ev.Entente != Version {
		return Report{}, unverified("kind", "The file has version %d; this program reads version %d.", ev.Entente, Version)
	}
	if len(ev.Entries) == 0 {
		return Report{}, unverified("empty", "The file shows no log entry, which proves nothing.")
	}
	c := check{ev: ev, trust: trust}
	for _, step := range []func() error{c.tree, c.since, c.seen, c.entries, c.story} {
		if err := step(); err != nil {
			return Report{}, err
		}
	}
	return c.report, nil
}

// check is one verification under way.
type check struct {
	ev         Evidence
	trust      Trust
	checkpoint transparency.Checkpoint
	logged     []transparency.Logged
	report     Report
}

// tree verifies the signed tree everything else hangs on.
func (c *check) tree() (err error) {
	c.checkpoint, err = c.openCheckpoint(c.ev.Log, []byte(c.ev.Checkpoint))
	if err != nil {
		return err
	}
	h := c.checkpoint.Head
	c.report = Report{
		Kind: c.ev.Kind, Subject: c.ev.Subject, From: c.ev.Log, Origin: c.checkpoint.Origin, Size: h.Size, Root: h.Root,
		Entries: len(c.ev.Entries), Decisions: len(c.ev.Decisions), Objects: len(c.ev.Objects),
	}
	c.report.say("The log %s is signed at %d entries, root %s.", c.checkpoint.Origin, h.Size, h.Root.Short())
	return nil
}

// verifiers returns the trusted log keys of a party. A key belongs to a party
// when its name is the one on the party's card: the log's origin.
func (c *check) verifiers(id party.ID) []note.Verifier {
	var out []note.Verifier
	for _, p := range c.trust.Parties {
		if p.ID != id || p.LogKey == "" {
			continue
		}
		current, err := note.NewVerifier(p.LogKey)
		if err != nil {
			continue // a card without a usable key trusts nothing
		}
		out = append(out, current)
		for _, k := range c.trust.LogKeys {
			if v, err := note.NewVerifier(k); err == nil && v.Name() == current.Name() {
				out = append(out, v)
			}
		}
	}
	return out
}

func (c *check) openCheckpoint(id party.ID, signed []byte) (transparency.Checkpoint, error) {
	verifiers := c.verifiers(id)
	if len(verifiers) == 0 {
		return transparency.Checkpoint{}, unverified("log-key", "No trusted log key of %q is at hand.", id).
			Try("Give the party's card, compared by its fingerprint.")
	}
	var last error
	for _, v := range verifiers {
		opened, err := transparency.OpenCheckpoint(signed, v)
		if err != nil {
			last = err
			continue
		}
		if opened.Ignored > 0 {
			// Nobody here can say whether they hold.
			return opened, unverified("checkpoint", "The checkpoint of %q carries signatures besides the log's own.", id)
		}
		return opened, nil
	}
	return transparency.Checkpoint{}, unverified("checkpoint", "The checkpoint is not signed by the log of %q.", id).Because(last)
}

func (c *check) since() error {
	s := c.ev.Since
	if s == nil {
		return nil
	}
	proof, ok := toHashes(s.Proof)
	if s.Size <= 0 || !ok {
		return unverified("consistency", "The tie to an older checkpoint is malformed.")
	}
	if err := transparency.CheckConsistency(transparency.Head{Size: s.Size, Root: s.Root}, c.checkpoint.Head, proof); err != nil {
		return unverified("consistency", "The log does not extend the older tree of %d entries the file names.", s.Size).Because(err)
	}
	c.report.say("The log extends its state at %d entries, root %s.", s.Size, s.Root.Short())
	return nil
}

// seen holds the tree against every checkpoint of this log the reader kept.
func (c *check) seen() error {
	for i, signed := range c.trust.Seen {
		if transparency.CheckpointOrigin(signed) != c.checkpoint.Origin {
			continue
		}
		old, err := c.openCheckpoint(c.ev.Log, signed)
		if err != nil {
			return unverified("seen", "The checkpoint number %d that was seen before does not verify.", i).Because(err)
		}
		if err := c.extends(old); err != nil {
			return err
		}
	}
	return nil
}

func (c *check) extends(old transparency.Checkpoint) error {
	size := c.checkpoint.Head.Size
	switch {
	case transparency.SplitView(old, c.checkpoint):
		return splitView(c.checkpoint.Origin, size)
	case old.Head.Size > size:
		return unverified("rolled-back", "The file comes from the log at %d entries, but %d were seen before.", size, old.Head.Size).
			Try("Ask for evidence from the present log.")
	case old.Head.Size == size, old.Head.Size == 0:
		return nil
	case c.ev.Since == nil || c.ev.Since.Size != old.Head.Size:
		return unverified("consistency", "The file does not show that the log extends the checkpoint at %d entries seen before.", old.Head.Size).
			Try("Ask for evidence since that checkpoint.")
	case c.ev.Since.Root != old.Head.Root:
		return splitView(c.checkpoint.Origin, old.Head.Size)
	}
	return nil
}

func splitView(origin string, size int64) error {
	return unverified("split-view", "The log %s shows two histories at %d entries.", origin, size).
		Try("Keep both: the checkpoint seen before and this file together prove it.")
}

// entries verifies that each opened entry is in the tree, in order, and names the
// first that is not.
func (c *check) entries() error {
	last := int64(-1)
	for i, e := range c.ev.Entries {
		at := fmt.Sprintf("/entries/%d", i)
		logged, ok := e.logged()
		proof, proofOK := toHashes(e.Proof)
		if !ok || !proofOK || e.Index <= last {
			return unverified("entry", "Entry %d of the log is malformed or out of order in the file.", e.Index).At(at, "is malformed or out of order")
		}
		if err := transparency.CheckInclusion(c.checkpoint.Head, e.Index, logged.Leaf(), proof); err != nil {
			return unverified("entry", "Entry %d (%.20q) is not what the signed log holds there.", e.Index, e.Type).At(at, "is not in the signed tree").Because(err)
		}
		last = e.Index
		c.logged = append(c.logged, logged)
	}
	c.report.say("%d entries are in that log.", len(c.logged))
	return nil
}
