package exchange

import (
	"context"
	"time"

	"entente/obligation"
	"entente/party"
)

// Notice tells a party that something came into its feed or was taken back. It
// says that, and not what.
type Notice struct {
	Kind    string    `json:"kind"`              // NoticeRelease, NoticeRecall, NoticeDuty or NoticeTest
	Release string    `json:"release,omitempty"` // none in a test
	At      time.Time `json:"at"`
	Objects int       `json:"objects,omitzero"` // of a release
	Reason  string    `json:"reason,omitempty"` // of a recall
	Due     time.Time `json:"due,omitzero"`     // when what was recalled has to be gone, or a duty has to be done
	Duty    *DutyNews `json:"duty,omitempty"`
	// Exercise is the one the node takes part in: who is woken at night may want
	// to know.
	Exercise string `json:"exercise,omitempty"`
}

// DutyNews is what the tools of this node's own party are told about a duty.
type DutyNews struct {
	ID          string          `json:"id"`
	News        obligation.Kind `json:"news"` // warn, due, overdue or escalated
	What        string          `json:"what"`
	Instrument  string          `json:"instrument"`
	Cite        string          `json:"cite,omitempty"`
	Bearer      party.ID        `json:"bearer"`
	Beneficiary party.ID        `json:"beneficiary,omitempty"`
	About       string          `json:"about,omitempty"`     // incident, case or object
	Soft        bool            `json:"soft,omitzero"`       // where possible
	LocalDue    string          `json:"local_due,omitempty"` // at its place, with the zone
	Factor      int             `json:"factor,omitzero"`     // how much faster its clock runs, in an exercise

	seq int64
}

func newsOf(n DutyNotice, cs obligation.Calendars) Notice {
	d := n.Duty
	d.Due = n.Due
	return Notice{Kind: NoticeDuty, At: n.Sent, Due: n.Due, Duty: &DutyNews{
		ID: d.ID, News: n.Kind, What: d.Duty.What, Instrument: d.Duty.Instrument, Cite: d.Duty.Cite, Bearer: d.Bearer, Beneficiary: d.Beneficiary,
		About: d.About(), Soft: d.Duty.Soft, LocalDue: localDue(d, cs), Factor: d.Factor, seq: n.Seq,
	}}
}

// The kinds of a [Notice].
const (
	NoticeRelease = "release"
	NoticeRecall  = "recall"
	NoticeDuty    = "duty" // of this node's own party: due soon, due, overdue or escalated
	NoticeTest    = "test" // nothing happened: somebody tries whether a webhook works
)

// NoticePlace is up to where a party has been told. The two orders are their own:
// a place in a feed may run ahead of the clock.
type NoticePlace struct {
	Release time.Time `json:"release,omitzero"` // place in the feed of the last release
	Recall  int64     `json:"recall,omitzero"`  // number of the last recall
	Duty    int64     `json:"duty,omitzero"`    // number of the last notice of a duty
}

// Notices returns what a party has not been told yet, oldest first within each
// kind, at most limit of each, and up to where it is told then. A release that
// was taken back before it was told is not announced, and its recall is. Whether
// what is announced may still be had is asked when it is fetched. To this node's
// own party nothing is released: it is told about its duties.
func (s *Service) Notices(ctx context.Context, to party.ID, after NoticePlace, limit int) (told []Notice, upto NoticePlace, err error) {
	err = s.store.Read(ctx, func(r Reader) error {
		told, upto, err = s.noticesTo(ctx, r, to, after, limit)
		return err
	})
	for i := range told {
		told[i].Exercise = s.exercise
	}
	return told, upto, err
}

func (s *Service) noticesTo(ctx context.Context, r Reader, to party.ID, after NoticePlace, limit int) ([]Notice, NoticePlace, error) {
	if to != s.self {
		return r.Notices(ctx, to, after, limit)
	}
	places, err := s.places(ctx, r)
	if err != nil {
		return nil, after, err
	}
	out, err := r.DutyNotices(ctx, after.Duty, limit)
	told := make([]Notice, len(out))
	for n, notice := range out {
		told[n], after.Duty = newsOf(notice, places.calendars), notice.Seq
	}
	return told, after, err
}

// NoticesEnd is the place at which a party has been told everything.
func (s *Service) NoticesEnd(ctx context.Context, to party.ID) (NoticePlace, error) {
	return read(ctx, s, func(r Reader) (NoticePlace, error) { return s.noticesEnd(ctx, r, to) })
}

func (s *Service) noticesEnd(ctx context.Context, r Reader, to party.ID) (NoticePlace, error) {
	if to != s.self {
		return r.NoticesEnd(ctx, to)
	}
	end, err := r.DutyNoticesEnd(ctx)
	return NoticePlace{Duty: end}, err
}
