package exchange

import (
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/obligation"
	"entente/party"
	"entente/transparency"
)

const (
	// maxName bounds the name of a matter or an event: an id, not a text.
	maxName = 200
	// ahead is how far in the future an event may be said to have happened: as far
	// as the clock of another party may be wrong.
	ahead = 24 * time.Hour
)

// DutyRequest takes on a duty of a clause in a matter.
type DutyRequest struct {
	Instrument  string               `json:"instrument"`
	Duty        string               `json:"duty"`             // its id in the instrument, or clause/id
	Bearer      party.ID             `json:"bearer,omitempty"` // default this node's own party
	Beneficiary party.ID             `json:"beneficiary,omitempty"`
	Matter      string               `json:"matter,omitempty"`   // incident or case
	Object      string               `json:"object,omitempty"`   // or object
	Calendar    string               `json:"calendar,omitempty"` // the place whose days count; default that of the bearer
	Anchors     map[string]time.Time `json:"anchors,omitempty"`
	Factor      int                  `json:"factor,omitempty"` // how much faster the clock runs, on a node of an exercise
	By          string               `json:"by,omitempty"`     // who; default this node's own party
	Why         string               `json:"why,omitempty"`
}

// TakeDuty takes on a duty that the law in force names. It returns a not-found
// fault for an unknown instrument, duty or party, and an invalid fault
// "duty.invalid" for what cannot be.
func (s *Service) TakeDuty(ctx context.Context, in DutyRequest) (DutyView, error) {
	return s.dutyAct(ctx, func(tx Tx) (obligation.Duty, error) {
		l, err := s.lawAt(ctx, tx)
		if err != nil {
			return obligation.Duty{}, err
		}
		now := s.time()
		ref, rule, err := l.duty(in.Instrument, in.Duty, now)
		if err != nil {
			return obligation.Duty{}, err
		}
		if err := l.knows("/bearer", in.Bearer); err != nil {
			return obligation.Duty{}, err
		}
		if err := l.knows("/beneficiary", in.Beneficiary); err != nil {
			return obligation.Duty{}, err
		}
		return s.takeDuty(ctx, tx, obligation.Spec{
			Source: ref, Rule: rule, Bearer: in.Bearer, Beneficiary: in.Beneficiary, Matter: in.Matter, Object: in.Object, Calendar: in.Calendar,
			Anchors: in.Anchors, Factor: in.Factor, Act: obligation.Act{By: in.By, Why: in.Why},
		})
	})
}

func (l *law) knows(at string, id party.ID) error {
	if _, known := l.parties[id]; id == "" || known {
		return nil
	}
	return fault.New(fault.NotFound, "party.unknown", "There is no party %q.", id).At(at, "is unknown").
		Try("List the parties this node knows, or add its card.")
}

// takeDuty takes on a duty in an act. What the spec leaves out is found: an id, this
// node's party as the bearer, the bearer's roles and calendar, what is on record
// about the matter, and who and when.
func (s *Service) takeDuty(ctx context.Context, tx Tx, spec obligation.Spec) (obligation.Duty, error) {
	l, err := s.lawAt(ctx, tx)
	if err != nil {
		return obligation.Duty{}, err
	}
	places, err := s.places(ctx, tx)
	if err != nil {
		return obligation.Duty{}, err
	}
	if spec.ID == "" {
		spec.ID = ident.New()
	}
	if spec.Bearer == "" {
		spec.Bearer = s.self
	}
	if spec.Roles == nil {
		spec.Roles = l.parties[spec.Bearer].Roles
	}
	if spec.Calendar == "" {
		spec.Calendar = l.calendar(spec.Bearer, places.calendars)
	} else if places.calendars.Pick(spec.Calendar) == "" {
		return obligation.Duty{}, fault.New(fault.NotFound, "calendar.unknown", "No calendar is known of %q.", spec.Calendar).At("/calendar", "is unknown").
			Try("List the places with entente duty places.")
	}
	spec.Act, spec.Exercise = s.acting(spec.Act), s.exercise
	if spec.Anchors, err = s.known(ctx, tx, spec); err != nil {
		return obligation.Duty{}, err
	}
	d, err := obligation.New(spec, places.calendars)
	if err != nil {
		return d, err
	}
	if err := tx.AddDuty(ctx, d); err != nil {
		return d, err
	}
	return d, s.noteDuty(ctx, tx, d, 0)
}

// acting fills in who acts and when.
func (s *Service) acting(a obligation.Act) obligation.Act {
	if a.By == "" {
		a.By = string(s.self)
	}
	if a.At.IsZero() {
		a.At = s.time()
	}
	return a
}

// known are the events of a new duty: those given with it go on record for its
// matter, and those on record there count for it.
func (s *Service) known(ctx context.Context, tx Tx, spec obligation.Spec) (map[string]time.Time, error) {
	about := spec.Matter
	if about == "" {
		about = spec.Object
	}
	if about == "" {
		return spec.Anchors, nil
	}
	for event, at := range spec.Anchors {
		if _, err := s.anchor(ctx, tx, MatterEvent{Matter: about, Event: event, At: at, By: spec.Act.By, Why: spec.Act.Why}); err != nil {
			return nil, err
		}
	}
	events, err := tx.MatterEvents(ctx, about)
	return countFor(events, spec.Source.Instrument), err
}

// countFor are the events on record that count for the duties of an instrument. What
// counts for it alone goes before what counts for all.
func countFor(events []MatterEvent, instrument string) map[string]time.Time {
	all := make(map[string]time.Time, len(events))
	for _, e := range events {
		if !strings.Contains(e.Event, "/") {
			all[e.Event] = e.At
		}
	}
	for _, e := range events {
		if only, event, limited := strings.Cut(e.Event, "/"); limited && only == instrument {
			all[event] = e.At
		}
	}
	return all
}

// AnchorRequest says when something happened in a matter.
type AnchorRequest struct {
	Matter string    `json:"matter"`
	Event  string    `json:"event"` // aware, classified, …; instrument/event where it counts for that instrument alone
	At     time.Time `json:"at,omitzero"`
	By     string    `json:"by,omitempty"`
	Why    string    `json:"why,omitempty"` // to change what is on record
}

// Anchor records when something happened in a matter, starts the clocks that wait
// for it, and returns the duties that it moved. It returns a conflict fault
// "duty.anchored" when another instant is on record and no reason is given.
func (s *Service) Anchor(ctx context.Context, in AnchorRequest) ([]DutyView, error) {
	var views []DutyView
	err := s.store.Write(ctx, func(tx Tx) error {
		places, err := s.places(ctx, tx)
		if err != nil {
			return err
		}
		moved, err := s.anchor(ctx, tx, MatterEvent{Matter: in.Matter, Event: in.Event, At: in.At, By: in.By, Why: in.Why})
		for _, d := range moved {
			views = append(views, s.view(d, places.calendars))
		}
		return err
	})
	s.wake()
	return views, err
}

// anchor is [Service.Anchor] in an act.
func (s *Service) anchor(ctx context.Context, tx Tx, e MatterEvent) ([]obligation.Duty, error) {
	act := s.acting(obligation.Act{By: e.By, Why: e.Why})
	e.By, e.Recorded = act.By, act.At
	if e.At.IsZero() {
		e.At = act.At
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	if err := checkEvent(e); err != nil {
		return nil, err
	}
	events, err := tx.MatterEvents(ctx, e.Matter)
	if err != nil {
		return nil, err
	}
	for _, held := range events {
		switch {
		case held.Event != e.Event:
		case held.At.Equal(e.At):
			return nil, nil // it is on record as it is
		case strings.TrimSpace(e.Why) == "":
			return nil, fault.New(fault.Conflict, "duty.anchored", "The event %q is on record at %s already.", e.Event, held.At.Format(time.RFC3339)).
				Try("Give the reason why it changes.")
		}
	}
	if err := tx.PutMatterEvent(ctx, e); err != nil {
		return nil, err
	}
	if err := s.noteEvent(ctx, tx, e); err != nil {
		return nil, err
	}
	return s.anchorDuties(ctx, tx, e, append(events, e), act)
}

func checkEvent(e MatterEvent) error {
	bad := fault.New(fault.Invalid, "duty.anchor", "The event cannot be recorded as it is.")
	for _, name := range []struct{ at, value string }{{"/matter", e.Matter}, {"/event", e.Event}} {
		if name.value == "" || len(name.value) > maxName || strings.ContainsFunc(name.value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			_ = bad.At(name.at, "must be a name of at most 200 bytes")
		}
	}
	if e.At.After(e.Recorded.Add(ahead)) {
		_ = bad.At("/at", "has not happened yet")
	}
	if len(bad.Fields) > 0 {
		return bad.Try("Say what happened in which matter, and when.")
	}
	return nil
}

// anchorDuties starts or moves the clocks that count from an event, by what counts
// for their instrument among all that is on record.
func (s *Service) anchorDuties(ctx context.Context, tx Tx, e MatterEvent, recorded []MatterEvent, act obligation.Act) ([]obligation.Duty, error) {
	_, event, limited := strings.Cut(e.Event, "/")
	if !limited {
		event = e.Event
	}
	if act.Why == "" {
		act.Why = "recorded for " + e.Matter
	}
	return s.eachOpen(ctx, tx, DutyFilter{About: e.Matter}, func(d obligation.Duty, places *readied) (obligation.Duty, error) {
		at, counts := countFor(recorded, d.Duty.Instrument)[event]
		if !counts {
			return d, nil
		}
		return d.Anchor(event, at, act, places.calendars)
	})
}

// eachOpen changes the open duties that a filter finds, and returns those that f
// changed.
func (s *Service) eachOpen(ctx context.Context, tx Tx, f DutyFilter, change func(obligation.Duty, *readied) (obligation.Duty, error)) ([]obligation.Duty, error) {
	places, err := s.places(ctx, tx)
	if err != nil {
		return nil, err
	}
	var found []obligation.Duty // all of them first: a change moves a duty in the order
	for f.Open = true; ; {
		page, err := tx.Duties(ctx, f)
		if err != nil {
			return nil, err
		}
		found = append(found, page...)
		if len(page) < max(f.Limit, 100) {
			break
		}
		last := page[len(page)-1]
		f.After = DutyPlace{last.Due, last.ID}
	}
	var changed []obligation.Duty
	for _, d := range found {
		now, err := change(d, places)
		if err != nil {
			return nil, err
		}
		if len(now.History) == len(d.History) {
			continue
		}
		if err := s.keepDuty(ctx, tx, now, len(d.History)); err != nil {
			return nil, err
		}
		changed = append(changed, now)
	}
	return changed, nil
}

// DutyDone says that a duty was done.
type DutyDone struct {
	At       time.Time           `json:"at,omitzero"` // default now
	Evidence obligation.Evidence `json:"evidence,omitzero"`
	By       string              `json:"by,omitempty"`
	Why      string              `json:"why,omitempty"`
}

// CompleteDuty marks a duty as done with what shows it, and starts the clocks that
// wait for it. A duty that is done already stays as it is.
func (s *Service) CompleteDuty(ctx context.Context, id string, in DutyDone) (DutyView, error) {
	return s.dutyAct(ctx, func(tx Tx) (obligation.Duty, error) {
		return s.completeDuty(ctx, tx, id, in)
	})
}

// completeDuty is [Service.CompleteDuty] in an act.
func (s *Service) completeDuty(ctx context.Context, tx Tx, id string, in DutyDone) (obligation.Duty, error) {
	act := s.acting(obligation.Act{By: in.By, Why: in.Why})
	if in.At.IsZero() {
		in.At = act.At
	}
	if in.At.After(act.At.Add(ahead)) {
		return obligation.Duty{}, fault.New(fault.Invalid, "duty.anchor", "The event cannot be recorded as it is.").At("/at", "has not happened yet").
			Try("Say what happened in which matter, and when.")
	}
	if object := in.Evidence.Object; object != "" {
		if _, err := tx.Object(ctx, object); err != nil {
			return obligation.Duty{}, fault.New(fault.Invalid, "duty.evidence", "This node has no object %s.", object).At("/evidence/object", "is unknown").
				Try("Import it first, or give the SHA-256 digest of the file.").Because(err)
		}
	}
	before, err := tx.Duty(ctx, id)
	if err != nil {
		return before, err
	}
	d, err := before.Complete(in.At.Truncate(time.Microsecond), in.Evidence, act)
	if err != nil || len(d.History) == len(before.History) {
		return d, err
	}
	if err := s.keepDuty(ctx, tx, d, len(before.History)); err != nil || d.About() == "" {
		return d, err
	}
	return d, s.follow(ctx, tx, d, act)
}

// follow starts the clocks that wait for a duty that was done, of those there are
// and of those taken on later.
func (s *Service) follow(ctx context.Context, tx Tx, done obligation.Duty, act obligation.Act) error {
	if done.Bearer == s.self {
		e := MatterEvent{
			Matter: done.About(), Event: done.Duty.Instrument + "/" + done.Duty.ID, At: done.Done, By: act.By, Why: "the duty " + done.ID + " was done", Recorded: act.At,
		}
		if err := tx.PutMatterEvent(ctx, e); err != nil {
			return err
		}
	}
	act.Why = "the duty " + done.ID + " was done"
	_, err := s.eachOpen(ctx, tx, DutyFilter{About: done.About()}, func(d obligation.Duty, places *readied) (obligation.Duty, error) {
		if !d.Follows(done) {
			return d, nil
		}
		return d.Anchor(done.Duty.ID, done.Done, act, places.calendars)
	})
	return err
}

// DutyExtension moves a due time.
type DutyExtension struct {
	Due      time.Time `json:"due"`
	Override bool      `json:"override,omitempty"` // although the clause does not allow it
	By       string    `json:"by,omitempty"`
	Why      string    `json:"why"`
}

// ExtendDuty moves the due time of a duty, with a reason.
func (s *Service) ExtendDuty(ctx context.Context, id string, in DutyExtension) (DutyView, error) {
	return s.changeDuty(ctx, id, func(d obligation.Duty, cs obligation.Calendars) (obligation.Duty, error) {
		return d.Extend(in.Due.Truncate(time.Microsecond), in.Override, s.acting(obligation.Act{By: in.By, Why: in.Why}), cs)
	})
}

// DutyCancellation ends a duty that need not be done.
type DutyCancellation struct {
	By  string `json:"by,omitempty"`
	Why string `json:"why"`
}

// CancelDuty ends a duty that need not be done, with the reason.
func (s *Service) CancelDuty(ctx context.Context, id string, in DutyCancellation) (DutyView, error) {
	return s.changeDuty(ctx, id, func(d obligation.Duty, _ obligation.Calendars) (obligation.Duty, error) {
		return d.Cancel(s.acting(obligation.Act{By: in.By, Why: in.Why}))
	})
}

func (s *Service) changeDuty(ctx context.Context, id string, change func(obligation.Duty, obligation.Calendars) (obligation.Duty, error)) (DutyView, error) {
	return s.dutyAct(ctx, func(tx Tx) (obligation.Duty, error) {
		before, err := tx.Duty(ctx, id)
		if err != nil {
			return before, err
		}
		places, err := s.places(ctx, tx)
		if err != nil {
			return before, err
		}
		d, err := change(before, places.calendars)
		if err != nil || len(d.History) == len(before.History) {
			return d, err
		}
		return d, s.keepDuty(ctx, tx, d, len(before.History))
	})
}

// dutyAct runs an act on a duty and shows the duty.
func (s *Service) dutyAct(ctx context.Context, act func(tx Tx) (obligation.Duty, error)) (v DutyView, err error) {
	err = s.store.Write(ctx, func(tx Tx) error {
		d, err := act(tx)
		if err != nil {
			return err
		}
		places, err := s.places(ctx, tx)
		if err != nil {
			return err
		}
		v = s.view(d, places.calendars)
		return nil
	})
	s.wake()
	return v, err
}

// keepDuty keeps a changed duty with a log leaf for each change since it had a
// history of this length.
func (s *Service) keepDuty(ctx context.Context, tx Tx, d obligation.Duty, since int) error {
	if err := tx.UpdateDuty(ctx, d); err != nil {
		return err
	}
	return s.noteDuty(ctx, tx, d, since)
}

// dutyEvent is what the log commits to when a duty changes, when something happens
// in a matter, and when a duty was missed.
type dutyEvent struct {
	Duty     string               `json:"duty,omitempty"`
	Matter   string               `json:"matter,omitempty"`
	Source   decision.ClauseRef   `json:"source,omitzero"`
	Owed     string               `json:"owed,omitempty"` // id of the duty in its instrument
	Bearer   party.ID             `json:"bearer,omitempty"`
	Exercise string               `json:"exercise,omitempty"`
	Change   obligation.HistoryOf `json:"change"`
	Evidence *obligation.Evidence `json:"evidence,omitempty"`
}

func (s *Service) noteDuty(ctx context.Context, tx Tx, d obligation.Duty, since int) error {
	for _, h := range d.History[since:] {
		e := dutyEvent{
			Duty: d.ID, Matter: d.About(), Source: d.Duty.ClauseRef, Owed: d.Duty.ID, Bearer: d.Bearer, Exercise: d.Exercise, Change: h,
		}
		if h.What == obligation.WasDone {
			e.Evidence = d.Evidence
		}
		if _, err := s.append(ctx, tx, transparency.EventDuty, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) noteEvent(ctx context.Context, tx Tx, e MatterEvent) error {
	_, err := s.append(ctx, tx, transparency.EventDuty, dutyEvent{Matter: e.Matter, Change: obligation.HistoryOf{
		Act: obligation.Act{At: e.Recorded, By: e.By, Why: e.Why}, What: obligation.Anchored, Event: e.Event, Due: e.At,
	}})
	return err
}

// PlacesRequest is the calendars of all places.
type PlacesRequest struct {
	Calendars []obligation.Calendar `json:"calendars"`
	By        string                `json:"by,omitempty"`
}

// SetPlaces takes on the calendars of places, in place of those there were. Every
// open duty is computed anew by the background work. It returns an invalid fault
// "calendar.invalid" that names every mistake.
func (s *Service) SetPlaces(ctx context.Context, in PlacesRequest) (Places, error) {
	if _, err := obligation.NewCalendars(in.Calendars); err != nil {
		return Places{}, err
	}
	act := s.acting(obligation.Act{By: in.By})
	p := Places{Calendars: in.Calendars, By: act.By, At: act.At}
	err := s.store.Write(ctx, func(tx Tx) error {
		held, err := s.places(ctx, tx)
		if err != nil {
			return err
		}
		p.Edition = held.Edition + 1
		b, err := json.Marshal(p)
		if err != nil {
			return err
		}
		epoch, err := tx.Epoch(ctx)
		if err != nil {
			return err
		}
		if _, err := s.append(ctx, tx, transparency.EventLaw, lawEvent{
			Epoch: epoch, Change: settingPlaces, ID: settingPlaces, Hash: ident.Sum(b), By: p.By, At: p.At,
		}); err != nil {
			return err
		}
		if err := tx.PutDutySetting(ctx, settingPlaces, b); err != nil {
			return err
		}
		return tx.WakeDuties(ctx, p.At)
	})
	s.wake()
	return p, err
}
