package exchange

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/obligation"
	"entente/party"
)

// DutyFilter narrows a list of duties; zero fields do not narrow. The order is
// that in which they are due, those without a due time last.
type DutyFilter struct {
	Open    bool
	DueBy   time.Time // only those with a due time, and not later than this
	About   string    // object, incident or case
	Release string    // only those that are open; not together with About
	After   DutyPlace
	Limit   int // 0 = 100
}

// DutyPlace is the place of a duty in the order; the zero place is before all.
type DutyPlace struct {
	Due time.Time
	ID  string
}

// String is the place as a cursor.
func (p DutyPlace) String() string {
	if p.Due.IsZero() {
		return "_" + p.ID
	}
	return strconv.FormatInt(p.Due.UnixMicro(), 10) + "_" + p.ID
}

// ParseDutyPlace reads a cursor; "" is the zero place.
func ParseDutyPlace(s string) (p DutyPlace, ok bool) {
	if s == "" {
		return p, true
	}
	due, id, ok := strings.Cut(s, "_")
	if p.ID = id; due != "" {
		micros, err := strconv.ParseInt(due, 10, 64)
		if err != nil {
			return p, false
		}
		p.Due = time.UnixMicro(micros).UTC()
	}
	return p, ok && id != ""
}

// DutyNotice is a notice as it stands in the outbox: it went out, whoever was told.
type DutyNotice struct {
	Seq int64 `json:"seq"`
	obligation.Notice
}

// MatterEvent is when something happened in a matter. The clocks of its duties
// count from it, of those there are and of those taken on later.
type MatterEvent struct {
	Matter   string    `json:"matter"`
	Event    string    `json:"event"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Why      string    `json:"why,omitempty"`
	Recorded time.Time `json:"recorded"`
}

// DutyReader is what can be read of the duties.
type DutyReader interface {
	// Duty returns a not-found fault "duty.unknown" when there is none.
	Duty(ctx context.Context, id string) (obligation.Duty, error)
	Duties(ctx context.Context, f DutyFilter) ([]obligation.Duty, error)
	// WakingDuties returns the ids of those about which something has to be done by now.
	WakingDuties(ctx context.Context, now time.Time, limit int) ([]string, error)
	DutyNotices(ctx context.Context, after int64, limit int) ([]DutyNotice, error) // by Seq
	NoticesOfDuty(ctx context.Context, id string) ([]DutyNotice, error)
	DutyNoticesEnd(ctx context.Context) (int64, error) // the highest Seq, or 0
	MatterEvents(ctx context.Context, matter string) ([]MatterEvent, error)
	// DutySetting returns nil when nothing was set.
	DutySetting(ctx context.Context, name string) ([]byte, error)
}

// DutyTx is what an act may change of the duties.
type DutyTx interface {
	// AddDuty returns a conflict fault "duty.exists" when the id is taken.
	AddDuty(ctx context.Context, d obligation.Duty) error
	// UpdateDuty returns a not-found fault "duty.unknown" when there is none.
	UpdateDuty(ctx context.Context, d obligation.Duty) error
	// WakeDuties makes every open duty one to be looked at.
	WakeDuties(ctx context.Context, at time.Time) error
	// AddDutyNotice reports false when this notice went out before.
	AddDutyNotice(ctx context.Context, n obligation.Notice) (added bool, err error)
	PutMatterEvent(ctx context.Context, e MatterEvent) error // new or replaced
	PutDutySetting(ctx context.Context, name string, value []byte) error
}

// Places are the calendars an operator gave, with who did.
type Places struct {
	Calendars []obligation.Calendar `json:"calendars"`
	By        string                `json:"by"`
	At        time.Time             `json:"at,omitzero"`
	Edition   int64                 `json:"edition"` // how often they were set
}

const settingPlaces = "places"

// readied is the calendars of an edition, ready for use.
type readied struct {
	Places
	calendars obligation.Calendars
}

// places returns the calendars of a snapshot, readied once for each edition.
func (s *Service) places(ctx context.Context, r Reader) (*readied, error) {
	b, err := r.DutySetting(ctx, settingPlaces)
	if err != nil {
		return nil, err
	}
	now := &readied{}
	if b == nil {
		return now, nil
	}
	if err := json.Unmarshal(b, &now.Places); err != nil {
		return nil, fmt.Errorf("read the calendars of places: %w", err)
	}
	if held := s.calendars.Load(); held != nil && held.Edition == now.Edition {
		return held, nil
	}
	if now.calendars, err = obligation.NewCalendars(now.Calendars); err != nil {
		return nil, fmt.Errorf("read the calendars of places: %w", err)
	}
	s.calendars.Store(now)
	return now, nil
}

// planner takes on duties under the law and with the calendars of a snapshot.
func (s *Service) planner(ctx context.Context, r Reader) (obligation.Planner, error) {
	l, err := s.lawAt(ctx, r)
	if err != nil {
		return obligation.Planner{}, err
	}
	places, err := s.places(ctx, r)
	return obligation.Planner{
		Rules: obligation.Rules(l.begun(s.time())), Calendars: places.calendars,
		Calendar: func(p party.ID) string { return l.calendar(p, places.calendars) },
		Roles:    func(p party.ID) []string { return l.parties[p].Roles },
		Exercise: s.exercise,
		NewID:    ident.New,
	}, err
}

// begun are the texts that were in force by then, those that ended included: what
// they obliged to remains.
func (l *law) begun(at time.Time) []*instrument.Instrument {
	var out []*instrument.Instrument
	for _, doc := range l.docs() {
		if !doc.InForce.From.After(at) {
			out = append(out, doc)
		}
	}
	return out
}

// calendar is that of a party itself, or else of its jurisdiction.
func (l *law) calendar(p party.ID, cs obligation.Calendars) string {
	return cs.Pick(string(p), l.parties[p].Jurisdiction)
}

// duty finds a duty of an instrument by its id, or by clause/id where several
// clauses have one of that name.
func (l *law) duty(name, id string, at time.Time) (decision.DutyRef, obligation.Rule, error) {
	clause, only, named := strings.Cut(id, "/")
	if !named {
		clause, only = "", id
	}
	var ref decision.DutyRef
	var rule obligation.Rule
	known, clauses := false, 0
	for _, doc := range l.begun(at) {
		if doc.ID != name {
			continue
		}
		known, clauses = true, 0 // a later version takes the place of the earlier
		for _, c := range doc.Clauses {
			for _, d := range c.Duties {
				if d.ID == only && (clause == "" || clause == c.ID) {
					clauses++
					ref = decision.DutyOf(decision.ClauseRef{Instrument: name, Clause: c.ID, Cite: c.Cite}, &d)
					rule = obligation.RuleOf(d)
				}
			}
		}
	}
	switch {
	case !known:
		return ref, rule, unknownInstrument(name)
	case clauses == 0:
		return ref, rule, fault.New(fault.NotFound, "duty.clause", "The instrument %s has no duty %q.", name, id).
			Try("Read its duties with entente instrument explain %s.", name)
	case clauses > 1:
		return ref, rule, fault.New(fault.Invalid, "duty.clause", "Several clauses of %s have a duty %q.", name, id).Try("Name one as clause/%s.", id)
	}
	return ref, rule, nil
}

// Duties lists duties, the first due first.
func (s *Service) Duties(ctx context.Context, f DutyFilter) ([]DutyView, error) {
	return read(ctx, s, func(r Reader) ([]DutyView, error) {
		duties, err := r.Duties(ctx, f)
		if err != nil {
			return nil, err
		}
		places, err := s.places(ctx, r)
		if err != nil {
			return nil, err
		}
		views := make([]DutyView, len(duties))
		for n, d := range duties {
			views[n] = s.view(d, places.calendars)
		}
		return views, nil
	})
}

// DutyView is a duty as it stands now.
type DutyView struct {
	obligation.Duty
	State       obligation.State `json:"state"`
	Waiting     []string         `json:"waiting,omitempty"`    // events its clocks need and nobody recorded
	Provisional bool             `json:"provisional,omitzero"` // it can become due earlier
	Warn        time.Time        `json:"warn,omitzero"`
	LocalDue    string           `json:"local_due,omitempty"` // at its place, with the zone
	Notices     []DutyTold       `json:"notices,omitempty"`   // of one duty: what went out
}

// Place is where the duty stands in the order.
func (v DutyView) Place() DutyPlace { return DutyPlace{v.Due, v.ID} }

// DutyTold is a notice of a duty, without the duty.
type DutyTold struct {
	Kind obligation.Kind `json:"kind"`
	At   time.Time       `json:"at"`   // when it was to go out
	Sent time.Time       `json:"sent"` // when it went into the outbox
	Due  time.Time       `json:"due"`
}

func (s *Service) view(d obligation.Duty, cs obligation.Calendars) DutyView {
	v := DutyView{Duty: d, State: d.State(s.time()), Waiting: d.Waits(), Provisional: d.Provisional(), Warn: d.Warn(), LocalDue: localDue(d, cs)}
	if d.Closed() {
		v.Waiting, v.Provisional = nil, false
	}
	return v
}

// localDue is the due time as the clocks at the place of the duty show it.
func localDue(d obligation.Duty, cs obligation.Calendars) string {
	if d.Calendar == "" || d.Due.IsZero() {
		return ""
	}
	zone := cs.Location(d.Calendar)
	return d.Due.In(zone).Format("2006-01-02 15:04:05 ") + zone.String()
}

// Duty returns one duty with what went out about it, or a not-found fault.
func (s *Service) Duty(ctx context.Context, id string) (DutyView, error) {
	return read(ctx, s, func(r Reader) (DutyView, error) {
		d, err := r.Duty(ctx, id)
		if err != nil {
			return DutyView{}, err
		}
		places, err := s.places(ctx, r)
		if err != nil {
			return DutyView{}, err
		}
		v := s.view(d, places.calendars)
		told, err := r.NoticesOfDuty(ctx, id)
		for _, n := range told {
			v.Notices = append(v.Notices, DutyTold{n.Kind, n.At, n.Sent, n.Due})
		}
		return v, err
	})
}

// MatterEvents lists what is on record about a matter, by event.
func (s *Service) MatterEvents(ctx context.Context, matter string) ([]MatterEvent, error) {
	return read(ctx, s, func(r Reader) ([]MatterEvent, error) { return r.MatterEvents(ctx, matter) })
}

// Places returns the calendars of places.
func (s *Service) Places(ctx context.Context) (Places, error) {
	return read(ctx, s, func(r Reader) (Places, error) {
		p, err := s.places(ctx, r)
		if err != nil {
			return Places{}, err
		}
		return p.Places, nil
	})
}
