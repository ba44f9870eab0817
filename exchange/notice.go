package exchange

import (
	"context"
	"time"

	"entente/party"
)

// Notice tells a party that something came into its feed or was taken back. It
// says that, and not what.
type Notice struct {
	Kind    string    `json:"kind"`              // NoticeRelease, NoticeRecall or NoticeTest
	Release string    `json:"release,omitempty"` // none in a test
	At      time.Time `json:"at"`
	Objects int       `json:"objects,omitzero"` // of a release
	Reason  string    `json:"reason,omitempty"` // of a recall
	Due     time.Time `json:"due,omitzero"`     // when what was recalled has to be gone
	// Exercise is the one the node takes part in: who is woken at night may want
	// to know.
	Exercise string `json:"exercise,omitempty"`
}

// The kinds of a [Notice].
const (
	NoticeRelease = "release"
	NoticeRecall  = "recall"
	NoticeTest    = "test" // nothing happened: somebody tries whether a webhook works
)

// NoticePlace is up to where a party has been told. The two orders are their own:
// a place in a feed may run ahead of the clock.
type NoticePlace struct {
	Release time.Time `json:"release,omitzero"` // place in the feed of the last release
	Recall  int64     `json:"recall,omitzero"`  // number of the last recall
}

// Notices returns what a party has not been told yet, oldest first within each
// kind, at most limit of each, and up to where it is told then. A release that
// was taken back before it was told is not announced, and its recall is. Whether
// what is announced may still be had is asked when it is fetched.
func (s *Service) Notices(ctx context.Context, to party.ID, after NoticePlace, limit int) (told []Notice, upto NoticePlace, err error) {
	err = s.store.Read(ctx, func(r Reader) error {
		told, upto, err = r.Notices(ctx, to, after, limit)
		return err
	})
	for i := range told {
		told[i].Exercise = s.exercise
	}
	return told, upto, err
}

// NoticesEnd is the place at which a party has been told everything.
func (s *Service) NoticesEnd(ctx context.Context, to party.ID) (NoticePlace, error) {
	return read(ctx, s, func(r Reader) (NoticePlace, error) { return r.NoticesEnd(ctx, to) })
}
