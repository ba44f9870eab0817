package exchange

import (
	"context"
	"fmt"
	"time"

	"entente/intel/atom"
	"entente/intel/stix"
	"entente/intel/warninglist"
	"entente/internal/ident"
)

// WarninglistReader is the lists of values that are often reported by mistake.
type WarninglistReader interface {
	Warninglists(ctx context.Context) ([]WarninglistRecord, error) // by ID
	// WarninglistSource returns a list as it was given.
	WarninglistSource(ctx context.Context, id string) ([]byte, error)
}

// WarninglistTx is what an act may change of them.
type WarninglistTx interface {
	PutWarninglist(ctx context.Context, r WarninglistRecord, source []byte) error // new or replaced by ID
	RemoveWarninglist(ctx context.Context, id string) error
}

// WarninglistRecord is a list as kept.
type WarninglistRecord struct {
	ID    string
	Hash  ident.Digest // of its source
	Added time.Time
}

// Warninglist describes a list.
type Warninglist struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Type        string    `json:"type"`
	Version     int64     `json:"version,omitzero"`
	Entries     int       `json:"entries"`
	Rejected    int       `json:"rejected,omitzero"` // entries that cannot be used
	Because     []string  `json:"because,omitempty"` // of the first of them
	Added       time.Time `json:"added"`
}

// Remark says that a value is on a warninglist. It is for people: no decision,
// and nothing that leaves, depends on it.
type Remark struct {
	Value string `json:"value"`
	List  string `json:"list"` // its name
	ID    string `json:"id"`
}

func (r Remark) String() string { return fmt.Sprintf("%s is on the list %q", r.Value, r.List) }

// mostRemarks is how many remarks are made at once.
const mostRemarks = 100

// AddWarninglist keeps a list, in place of the one of the same name. It returns
// the fault of [warninglist.Parse].
func (s *Service) AddWarninglist(ctx context.Context, source []byte) (Warninglist, error) {
	l, err := warninglist.Parse(source)
	if err != nil {
		return Warninglist{}, err
	}
	rec := WarninglistRecord{ID: l.ID, Hash: ident.Sum(source), Added: s.time()}
	return describeList(rec, l), s.store.Write(ctx, func(tx Tx) error { return tx.PutWarninglist(ctx, rec, source) })
}

// Warninglists describes every list, by id.
func (s *Service) Warninglists(ctx context.Context) ([]Warninglist, error) {
	return read(ctx, s, func(r Reader) ([]Warninglist, error) {
		c, err := s.loadLists(ctx, r)
		if err != nil {
			return nil, err
		}
		out := make([]Warninglist, len(c.records))
		for i, rec := range c.records {
			out[i] = describeList(rec, c.parsed[rec.Hash])
		}
		return out, nil
	})
}

// WarninglistSource returns a list as it was given.
func (s *Service) WarninglistSource(ctx context.Context, id string) ([]byte, error) {
	return read(ctx, s, func(r Reader) ([]byte, error) { return r.WarninglistSource(ctx, id) })
}

// RemoveWarninglist forgets a list.
func (s *Service) RemoveWarninglist(ctx context.Context, id string) error {
	return s.store.Write(ctx, func(tx Tx) error { return tx.RemoveWarninglist(ctx, id) })
}

func describeList(rec WarninglistRecord, l *warninglist.List) Warninglist {
	return Warninglist{
		ID: l.ID, Name: l.Name, Description: l.Description, Type: l.Type, Version: l.Version,
		Entries: l.Entries, Rejected: l.Rejected, Because: l.Because, Added: rec.Added,
	}
}

// listCache is the lists as they were last seen. Another node on the same
// database may change them, so each use compares the records.
type listCache struct {
	records []WarninglistRecord
	parsed  map[ident.Digest]*warninglist.List
}

func (s *Service) loadLists(ctx context.Context, r Reader) (*listCache, error) {
	records, err := r.Warninglists(ctx)
	if err != nil {
		return nil, err
	}
	old := s.lists.Load()
	fresh := &listCache{records: records, parsed: make(map[ident.Digest]*warninglist.List, len(records))}
	for _, rec := range records {
		if old != nil && old.parsed[rec.Hash] != nil {
			fresh.parsed[rec.Hash] = old.parsed[rec.Hash]
			continue
		}
		source, err := r.WarninglistSource(ctx, rec.ID)
		if err != nil {
			return nil, err
		}
		if fresh.parsed[rec.Hash], err = warninglist.Parse(source); err != nil {
			return nil, err
		}
	}
	s.lists.Store(fresh)
	return fresh, nil
}

// remarks says which of the values are on which lists.
func (s *Service) remarks(ctx context.Context, r Reader, atoms []atom.Atom) ([]Remark, error) {
	if len(atoms) == 0 {
		return nil, nil
	}
	c, err := s.loadLists(ctx, r)
	if err != nil {
		return nil, err
	}
	return c.remarks(atoms), nil
}

func (c *listCache) remarks(atoms []atom.Atom) []Remark {
	var all []Remark
	for _, a := range atoms {
		for _, rec := range c.records {
			if l := c.parsed[rec.Hash]; l.Has(a) && len(all) < mostRemarks {
				all = append(all, Remark{Value: a.Value, List: l.Name, ID: l.ID})
			}
		}
	}
	return all
}

// remarkOn adds remarks to the report of an import by this node's own people. A
// partner is not told: what is on our lists is not its business.
func (s *Service) remarkOn(ctx context.Context, bundle stix.Bundle, rep *ImportReport) error {
	c, err := read(ctx, s, func(r Reader) (*listCache, error) { return s.loadLists(ctx, r) })
	if err != nil || len(c.records) == 0 {
		return err
	}
	lines := make(map[string]int, len(rep.Objects))
	for i, l := range rep.Objects {
		lines[l.Pointer] = i
	}
	for _, a := range bundle.Accepted {
		i, ok := lines[a.Pointer]
		if !ok {
			continue
		}
		for _, remark := range c.remarks(atom.Of(a.Object)) {
			rep.Objects[i].Warnings = append(rep.Objects[i].Warnings, remark.String())
		}
	}
	return nil
}

// atoms returns the values of everything in a closure.
func (c *closure) atoms() []atom.Atom {
	var all []atom.Atom
	seen := map[atom.Atom]bool{}
	for _, m := range c.members {
		for _, a := range atom.Of(m.object) {
			if !seen[a] {
				seen[a] = true
				all = append(all, a)
			}
		}
	}
	return all
}
