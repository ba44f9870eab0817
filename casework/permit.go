package casework

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// clockSkew is how far the clock of an author may run ahead of the home's.
const clockSkew = 5 * time.Minute

// Law is what a case is judged by, apart from its own record.
type Law struct {
	// Procedure finds the procedure an opening names, in exactly the text it names.
	Procedure func(o Opening) (*instrument.Procedure, error)
	// Keys finds the key of a party that signatures made at a time count by.
	Keys envelope.Keys
}

// Permits says whether an event may come next, if it is ordered at an instant. It
// returns a fault whose code says what stands in the way. It verifies no
// signature.
func (c *Case) Permits(e Event, at time.Time, law Law) error {
	if e.Case != c.ID {
		return fault.New(fault.Invalid, "case.other", "The event is about another case.")
	}
	if e.Act == Open {
		return c.permitsOpening(e, at, law)
	}
	if c.procedure == nil {
		return fault.New(fault.Conflict, "case.not-open", "Case %s is not open.", c.ID)
	}
	if err := c.permitsAuthor(e, at); err != nil {
		return err
	}
	switch e.Act {
	case Step:
		return c.permitsStep(e, at, law)
	case Vote:
		return c.permitsVote(e)
	case Correction:
		if before, ok := c.Event(e.Corrects); !ok || before.Event.By != e.By {
			return fault.New(fault.Conflict, "case.corrects", "A party corrects an event of its own in the same case.").At("/corrects", "is no such event")
		}
	case Open, Note, Evidence:
	}
	return nil
}

func (c *Case) permitsOpening(e Event, at time.Time, law Law) error {
	if c.procedure != nil {
		return fault.New(fault.Conflict, "case.open", "Case %s is open already.", c.ID)
	}
	if e.At.After(at.Add(clockSkew)) {
		return future(e)
	}
	p, err := law.Procedure(*e.Opening)
	if err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "case.roles", "The roles are not those of the procedure.").
		Try("Give each role of the procedure at least one party: %s.", strings.Join(p.Roles, ", "))
	for _, r := range p.Roles {
		if len(e.Opening.Roles[r]) == 0 {
			f = f.At("/opening/roles/"+r, "has no party")
		}
	}
	for r := range e.Opening.Roles {
		if !slices.Contains(p.Roles, r) {
			f = f.At("/opening/roles/"+r, "is no role of the procedure")
		}
	}
	if !slices.Contains(e.Opening.Participants(), e.By) {
		f = f.At("/opening/roles", "do not have the party that opens the case")
	}
	if len(f.Fields) > 0 {
		slices.SortFunc(f.Fields, func(a, b fault.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
		return f
	}
	return nil
}

func future(e Event) error {
	return fault.New(fault.Unverified, "case.future", "The event is dated %s, which has not come.", e.At.Format(time.RFC3339)).
		Try("Compare the clocks of both nodes.")
}

// permitsAuthor checks what holds for every act after the first.
func (c *Case) permitsAuthor(e Event, at time.Time) error {
	switch {
	case !slices.Contains(c.Opening.Participants(), e.By):
		return fault.New(fault.Forbidden, "case.participant", "%s takes no part in the case.", e.By)
	case e.At.After(at.Add(clockSkew)):
		return future(e)
	case c.ids[e.By][e.ID]:
		return fault.New(fault.Conflict, "case.repeated", "The event is in the case already.")
	case !c.Holds(e.BasedOn):
		return fault.New(fault.Unverified, "case.based-on", "The event builds on an order that is not in this record of the case.").
			Try("Compare the heads of the case with the other participants: its home may show different orders to different parties.")
	case e.Previous != c.last[e.By]:
		return fault.New(fault.Conflict, "case.previous", "The event does not follow the newest one of %s in the case.", e.By).
			Try("Wait until what was sent before is ordered or refused, and sign again.")
	case c.Final && (e.Act == Step || e.Act == Vote):
		return fault.New(fault.Conflict, "case.state", "The case is over: it is %s.", c.State)
	}
	return nil
}

func (c *Case) permitsStep(e Event, at time.Time, law Law) error {
	t, ok := c.transition(e.Step)
	if !ok {
		return c.unknownStep(e.Step)
	}
	if !slices.Contains(c.Opening.Roles[t.By], e.By) {
		return fault.New(fault.Forbidden, "case.role", "The step %s is for the %s, and %s is not.", t.ID, t.By, e.By).
			Try("Look at who may do what next with entente case show %s.", c.ID)
	}
	if !slices.Contains(t.From, c.State) {
		return fault.New(fault.Conflict, "case.state", "The step %s leads on from %s, and the case is %s.", t.ID, strings.Join(t.From, " or "), c.State).
			Try("Look at who may do what next with entente case show %s.", c.ID)
	}
	if err := c.complete(t, e); err != nil {
		return err
	}
	if err := c.timely(t, at); err != nil {
		return err
	}
	if tally := c.tally(t); t.Quorum != "" && !tally.Met {
		return fault.New(fault.Conflict, "case.quorum", "The step %s needs %s of %d votes; there are %d for it and %d against.", t.ID, t.Quorum, len(tally.Voters), tally.Yes, tally.No).
			Try("Vote with entente case vote %s %s.", c.ID, t.ID)
	}
	if len(e.Notices) > 0 != !t.Silence.IsZero() {
		return fault.New(fault.Invalid, "case.notice", "Proof of notice goes with a step that others were silent on, and with no other.").At("/notices", "are missing or out of place")
	}
	if !t.Silence.IsZero() {
		return c.noticed(t, e, at, law)
	}
	return nil
}

func (c *Case) unknownStep(id string) error {
	steps := make([]string, len(c.procedure.Transitions))
	for n, t := range c.procedure.Transitions {
		steps[n] = t.ID
	}
	return fault.New(fault.Invalid, "case.step", "The procedure has no step %.60q.", id).At("/step", "is not a step").
		Try("Its steps are %s.", strings.Join(steps, ", "))
}

// complete checks the fields of a step, and the ground of a refusal: it has to be
// one the procedure has (CP-4).
func (c *Case) complete(t *instrument.Transition, e Event) error {
	f := fault.New(fault.Invalid, "case.fields", "The step %s lacks what it has to bring.", t.ID).Try("Give each field with --field name=value.")
	for _, name := range c.required(t) {
		if e.Fields[name] == "" {
			f = f.At("/fields/"+name, "is missing")
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	if len(t.Refusal) > 0 && !slices.Contains(t.Refusal, e.Ground) || len(t.Refusal) == 0 && e.Ground != "" {
		bad := fault.New(fault.Invalid, "case.ground", "The step %s does not rest on a ground that the procedure has for it.", t.ID)
		if len(t.Refusal) == 0 {
			return bad.At("/ground", "goes with a refusal, and this step is none").Try("Leave the ground out.")
		}
		return bad.At("/ground", "is none of those").Try("Give one of them with --ground: %s.", strings.Join(t.Refusal, ", "))
	}
	return nil
}

func (c *Case) timely(t *instrument.Transition, at time.Time) error {
	if early := c.earliest(t); at.Before(early) {
		return fault.New(fault.Conflict, "case.too-early", "The step %s can be taken from %s on.", t.ID, early.Format(time.RFC3339))
	}
	if (!t.NotBefore.IsZero() || !t.Silence.IsZero()) && c.started(t).IsZero() {
		return fault.New(fault.Conflict, "case.too-early", "The step %s comes after %s, which was not taken.", t.ID, t.After)
	}
	if due := c.due(t); t.Preclusive && !due.IsZero() && at.After(due) {
		return fault.New(fault.Conflict, "case.too-late", "The step %s could be taken until %s.", t.ID, due.Format(time.RFC3339)).
			Try("Look at who may do what next with entente case show %s.", c.ID)
	}
	return nil
}

// permitsVote lets late ballots in: they are shown, and not counted (SS-3).
func (c *Case) permitsVote(e Event) error {
	t, ok := c.transition(e.Step)
	switch {
	case !ok:
		return c.unknownStep(e.Step)
	case t.Quorum == "":
		return fault.New(fault.Invalid, "case.step", "There is no vote on the step %s.", t.ID).At("/step", "needs no quorum")
	case !c.mayVote(t, e.By):
		return fault.New(fault.Forbidden, "case.role", "The %s vote on %s, and %s is not one.", t.Voters(), t.ID, e.By)
	case !slices.Contains(t.From, c.State):
		return fault.New(fault.Conflict, "case.state", "The vote on %s is held while the case is %s, and it is %s.", t.ID, strings.Join(t.From, " or "), c.State)
	}
	return nil
}

// SilentOn returns the event that others are silent on, if a step says that they
// were, and false for any other act.
func (c *Case) SilentOn(e Event) (ident.Digest, bool) {
	if c.procedure == nil || e.Act != Step {
		return ident.Digest{}, false
	}
	t, ok := c.transition(e.Step)
	if !ok || t.Silence.IsZero() {
		return ident.Digest{}, false
	}
	n, taken := c.taken[t.After]
	if !taken {
		return ident.Digest{}, false
	}
	return c.History[n].Digest, true
}

// noticed checks proof that each participant was told of the step on which it was
// silent, for the whole time of silence (SS-4). Its author needs no receipt, and
// neither has the home, which ordered it.
func (c *Case) noticed(t *instrument.Transition, e Event, at time.Time, law Law) error {
	about := c.History[c.taken[t.After]]
	got := map[party.ID]time.Time{about.Event.By: about.At, c.Opening.Home: about.At}
	for n, raw := range e.Notices {
		by, when, err := Notice([]byte(raw), about.Digest, law.Keys)
		if err != nil {
			return fault.New(fault.Unverified, "case.notice", "A proof of notice does not hold.").At("/notices/"+strconv.Itoa(n), "is no receipt for that event").Because(err)
		}
		if was, twice := got[by]; !twice || when.Before(was) {
			got[by] = when
		}
	}
	f := fault.New(fault.Conflict, "case.notice", "Silence counts only of those who were told, and for the whole time.").
		Try("Wait for the receipts of all participants and the time of silence after the last one.")
	for _, p := range c.Opening.Participants() {
		when, told := got[p]
		switch {
		case !told:
			f = f.At("/notices", "have no receipt of "+string(p))
		case at.Before(t.Silence.AddTo(when)):
			f = f.At("/notices", string(p)+" was told on "+when.Format(time.RFC3339))
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// Notice reads a receipt as proof that whoever signed it took in an event.
func Notice(receipt []byte, event ident.Digest, keys envelope.Keys) (party.ID, time.Time, error) {
	m, err := envelope.Open(receipt, keys)
	if err != nil {
		return "", time.Time{}, err
	}
	took := m.Receipt != nil && m.Receipt.Outcome == "accepted" && slices.ContainsFunc(m.Receipt.Items, func(it envelope.ItemReceipt) bool {
		return it.Hash == event && (it.Result == "stored" || it.Result == "unchanged")
	})
	if !took {
		return "", time.Time{}, fault.New(fault.Unverified, "case.notice", "The receipt does not say that the event was taken in.")
	}
	return m.From, m.At, nil
}
