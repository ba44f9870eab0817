package exchange

import (
	"cmp"
	"context"
	"fmt"

	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

// Offered is one version that a party sent here, as it would stand if nobody else
// had ever sent anything. What the party is told follows from this alone: an
// answer that also depended on what others sent, or on what is held here, would
// let the party ask which addresses and names this node knows (PR9).
type Offered struct {
	ID      string
	Hash    ident.Digest
	Version string
	Revoked bool
	State   ObjectState
	Content ident.Digest // of the canonical JSON; zero for what came before this was kept
	Source  ident.Digest // of what it was converted from; zero when it came as it is
}

// OfferedReader is what can be read of what parties sent.
type OfferedReader interface {
	// Offered returns what a party sent under some ids, by id, in one order.
	Offered(ctx context.Context, from party.ID, ids []string) (map[string][]Offered, error)
}

// OfferedTx is what can be changed about it.
type OfferedTx interface {
	// PutOffered stores versions that a party sent, new or replaced by id and digest.
	PutOffered(ctx context.Context, from party.ID, versions []Offered) error
}

// told is what the sender of an object is told became of it.
type told struct {
	result string
	code   string
	detail string
	next   string
}

// ledger is what one party sent under the ids of a message.
type ledger struct {
	from    party.ID
	self    party.ID
	rows    map[string][]Offered
	changed map[string]map[ident.Digest]Offered
}

func (s *Service) openLedger(ctx context.Context, r Reader, from party.ID, ids []string) (*ledger, error) {
	rows, err := r.Offered(ctx, from, ids)
	return &ledger{from: from, self: s.self, rows: rows, changed: map[string]map[ident.Digest]Offered{}}, err
}

// judge admits an object as if nobody but its sender had ever sent anything.
func (l *ledger) judge(c candidate) (told, error) {
	o := c.Object
	arrived, err := offer(c)
	if err != nil {
		return told{}, err
	}
	rows := l.rows[o.ID]
	heads := make([]Head, len(rows))
	for i, row := range rows {
		heads[i] = Head{Seq: int64(i), Version: row.Version, Hash: row.Hash, From: l.from, Type: o.Type, Revoked: row.Revoked, State: row.State}
	}
	ad, err := admit(arrival{
		object: o, from: l.from, undated: c.Undated,
		sameContent: func(h Head) (bool, error) { return rows[h.Seq].sameContent(arrived), nil },
	}, l.self, heads)
	if err != nil {
		return told{}, err
	}
	if ad.result != ResultUnchanged {
		for _, i := range ad.setBack {
			l.set(rows[i], cmp.Or(ad.back, Overtaken))
		}
		l.set(arrived, ad.state)
	}
	return told{result: ad.result, code: ad.code, detail: ad.detail, next: ad.next}, nil
}

// offer is an object as its sender knows it.
func offer(c candidate) (Offered, error) {
	canonical, err := strictjson.Canonical(c.Object.Raw)
	if err != nil {
		return Offered{}, fmt.Errorf("canonical form of %s: %w", c.Object.ID, err)
	}
	o := Offered{
		ID: c.Object.ID, Hash: c.Object.Hash, Version: c.Object.Version, Revoked: c.Object.Revoked, Content: ident.Sum(canonical),
	}
	if c.Object.Upgraded != nil {
		o.Source = c.Object.Upgraded.Hash
	}
	return o, nil
}

// sameContent reports whether two versions differ in bytes only. Of what came
// before contents were kept nobody is told that it differs.
func (o Offered) sameContent(other Offered) bool {
	return o.Content.IsZero() || o.Content == other.Content || !o.Source.IsZero() && o.Source == other.Source
}

// set notes what becomes of a version; one that is new comes last.
func (l *ledger) set(o Offered, state ObjectState) {
	rows := l.rows[o.ID]
	o.State = state
	held := false
	for i := range rows {
		if rows[i].Hash == o.Hash {
			rows[i], held = o, true
		}
	}
	if !held {
		l.rows[o.ID] = append(rows, o)
	}
	if l.changed[o.ID] == nil {
		l.changed[o.ID] = map[ident.Digest]Offered{}
	}
	l.changed[o.ID][o.Hash] = o
}

func (l *ledger) save(ctx context.Context, tx Tx) error {
	var all []Offered
	for _, versions := range l.changed {
		for _, o := range versions {
			all = append(all, o)
		}
	}
	return tx.PutOffered(ctx, l.from, all)
}

// takeBack notes that a version was recalled and reports whether it was there.
func (l *ledger) takeBack(id string, version ident.Digest) bool {
	for _, row := range l.rows[id] {
		if row.Hash != version || row.State.Gone() {
			continue
		}
		gone := Erased
		if row.State == SetAside {
			gone = Withdrawn
		}
		l.set(row, gone)
		return true
	}
	return false
}
