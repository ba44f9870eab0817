package exchange

import (
	"context"

	"entente/intel/search"
	"entente/party"
)

// SearchReader is what can be found. It knows live versions only.
type SearchReader interface {
	// Search returns what a query finds, newest arrival first. An object whose
	// words wait to be indexed is found by everything but its words.
	Search(ctx context.Context, f SearchFilter) ([]SearchRow, error)
	// Holders returns which versions have any of the values among their atoms,
	// newest arrival first.
	Holders(ctx context.Context, values []string, most int) ([]Holder, error)
	// Duplicates returns the values that most objects have, those with the most
	// first, if at least two have them.
	Duplicates(ctx context.Context, f DuplicateFilter) ([]Duplicate, error)
	// Versions returns those of the versions that exist, by Seq.
	Versions(ctx context.Context, seqs []int64) ([]Stored, error)
	// Waiting returns versions that wait to be indexed, newest first. One whose
	// bytes are damaged comes without bytes.
	Waiting(ctx context.Context, most int) ([]Waiting, error)
	CountWaiting(ctx context.Context) (int64, error)
}

// SearchTx is what an act may change of the index.
type SearchTx interface {
	// Index keeps what a waiting version is found by; one that does not wait any
	// more is passed over.
	Index(ctx context.Context, seq int64, e search.Entry) error
}

// SearchFilter is one page of a search.
type SearchFilter struct {
	Query search.Query
	After int64 // Seq of the last one before, 0 = from the newest
	Most  int   // 0 = 100
}

// SearchRow is one version that was found, with what it is counted by.
type SearchRow struct {
	Seq  int64
	Type string
	TLP  string
	From string
	Year string
}

// Holder is one object that has a value.
type Holder struct {
	Seq   int64    `json:"seq"`
	Kind  string   `json:"kind"`
	Value string   `json:"value"`
	ID    string   `json:"id"`
	Type  string   `json:"type"`
	TLP   string   `json:"tlp,omitempty"`
	From  party.ID `json:"from"`
}

// DuplicateFilter narrows duplicates; zero fields do not narrow.
type DuplicateFilter struct {
	Kind    string
	Parties bool // only values that came from at least two parties
	Limit   int  // 0 = 100
}

// Duplicate is a value that several objects have.
type Duplicate struct {
	Kind    string `json:"kind"`
	Value   string `json:"value"`
	Objects int64  `json:"objects"`
	Parties int64  `json:"parties"` // that they came from
}

// Waiting is a version that waits to be indexed.
type Waiting struct {
	Stored
	Whole bool // nothing of it is indexed, not only its words
}
