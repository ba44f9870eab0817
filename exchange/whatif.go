package exchange

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// WhatIfRequest asks what would have come of this node's own decisions under
// other law. Nothing is written, whatever the answer.
type WhatIfRequest struct {
	File     string   `json:"file,omitempty"`
	Source   []byte   `json:"source,omitempty"`   // the draft; none: only Withdraw
	Replaces string   `json:"replaces,omitempty"` // id or id@version; "": the newest version of the draft's own id, if any
	Withdraw []string `json:"withdraw,omitempty"` // ids of instruments that end
	Days     int      `json:"days,omitempty"`     // how far back; 0 = 90
	// Now decides as of this moment instead of the moment of each decision.
	Now bool `json:"now,omitempty"`
	// AsDated takes the draft's own dates. Otherwise it counts as in force
	// between the parties it names for the whole window: a draft has no dates yet,
	// or future ones, and would change nothing.
	AsDated  bool `json:"as_dated,omitempty"`
	Examples int  `json:"examples,omitempty"` // at most so many; 0 = 20
}

// The defaults of a [WhatIfRequest], and how far back it may look.
const (
	whatIfDays     = 90
	whatIfExamples = 20
	whatIfMaxDays  = 36_525
)

// WhatIf is what would have come of it.
type WhatIf struct {
	Draft       string       `json:"draft,omitempty"` // id@version
	Hash        ident.Digest `json:"hash,omitzero"`   // of the draft
	Replaces    string       `json:"replaces,omitempty"`
	Withdraws   []string     `json:"withdraws,omitempty"`
	Assumed     bool         `json:"assumed,omitempty"` // the draft counted as in force for the whole window
	From        time.Time    `json:"from"`
	To          time.Time    `json:"to"`
	Now         bool         `json:"now,omitempty"` // decided as of To, not of the moment of each decision
	Epoch       int64        `json:"epoch"`
	Decisions   int64        `json:"decisions"`    // replayed
	Questions   int64        `json:"questions"`    // different ones among them, once for each stretch of time without a change of status
	Unreadable  int64        `json:"unreadable"`   // decisions that do not say what they were about; not replayed
	Unchanged   int64        `json:"unchanged"`    // same outcome, same form
	Overtaken   int64        `json:"overtaken"`    // would come out differently today in the same way without the draft: law or engine have changed since
	Changed     int64        `json:"changed"`      // because of the draft
	Changes     []Change     `json:"changes"`      // by kind, most frequent first
	ByRecipient []Affected   `json:"by_recipient"` // those for whom something changes, most affected first
	Clauses     []Cause      `json:"clauses"`      // most frequent first
	Examples    []Replayed   `json:"examples"`
}

// Change is one kind of difference. Both outcomes are transform when only the
// form is another one.
type Change struct {
	Old   decision.Outcome `json:"old"`
	New   decision.Outcome `json:"new"`
	Count int64            `json:"count"`
}

// Affected is what changes for one recipient.
type Affected struct {
	Party     party.ID `json:"party"`
	Decisions int64    `json:"decisions"` // all that were replayed
	Changed   int64    `json:"changed"`
	Changes   []Change `json:"changes"`
}

// Cause is a reason that decided on one side of a change and not on the other.
type Cause struct {
	decision.Reason
	Law   string `json:"law"`   // recorded: it decided and would no more; draft: it would decide and did not
	Count int64  `json:"count"` // decisions
}

// The sides of a [Cause].
const (
	CauseRecorded = "recorded"
	CauseDraft    = "draft"
)

// Replayed is one decision that would come out differently.
type Replayed struct {
	Decision  ident.Digest `json:"decision"`
	Object    string       `json:"object"` // its id; the object itself may be erased
	Recipient party.ID     `json:"recipient"`
	At        time.Time    `json:"at"`
	Old       Answer       `json:"old"` // as recorded
	New       Answer       `json:"new"`
}

// Answer is the short form of a decision.
type Answer struct {
	Outcome    decision.Outcome  `json:"outcome"`
	Transforms []string          `json:"transforms,omitempty"`
	Lead       []decision.Reason `json:"lead,omitempty"` // the clauses that decided
}

func answerOf(d decision.Decision) Answer {
	return Answer{Outcome: d.Outcome, Transforms: d.Transforms, Lead: lead(d)}
}

// same reports whether two answers let the same through.
func (a Answer) same(b Answer) bool {
	return a.Outcome == b.Outcome && slices.Equal(a.Transforms, b.Transforms)
}

// WhatIf replays the decisions of the last days under a draft, or without an
// instrument, and says which would come out differently, for whom and by which
// clause. A draft with errors, or whose vectors fail, is refused as
// [Service.AddInstrument] does; what it follows is not checked, as a draft may
// still be on its way.
//
// It is P3 read the other way: a decision is a function of what was asked and
// of the law, so that each different question is decided once, for each stretch
// of time in which the status of no instrument changes, however often it was asked.
func (s *Service) WhatIf(ctx context.Context, in WhatIfRequest) (WhatIf, error) {
	w, err := s.newWhatIf(in)
	if err != nil {
		return WhatIf{}, err
	}
	return read(ctx, s, func(r Reader) (WhatIf, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return WhatIf{}, err
		}
		w.Epoch = l.epoch
		rp, err := w.replay(l)
		if err != nil {
			return WhatIf{}, err
		}
		if w.Unreadable, err = r.CountUnasked(ctx, w.From, w.To); err != nil {
			return WhatIf{}, err
		}
		sum, err := rp.run(ctx, r)
		if err != nil {
			return WhatIf{}, err
		}
		sum.into(&w.WhatIf)
		w.Examples, err = sum.examples(ctx, r, w.limit)
		return w.WhatIf, err
	})
}

// whatIf is one question of the kind while it is being answered.
type whatIf struct {
	WhatIf
	in    WhatIfRequest
	draft *instrument.Instrument // nil: none
	limit int                    // of examples
}

func (s *Service) newWhatIf(in WhatIfRequest) (*whatIf, error) {
	bad := fault.New(fault.Invalid, "whatif.invalid", "This cannot be tried on the history.")
	if len(in.Source) == 0 && len(in.Withdraw) == 0 {
		bad = bad.At("/source", "is empty, and nothing is withdrawn").Try("Give a draft, or the instrument that would end.")
	}
	if in.Replaces != "" && len(in.Source) == 0 {
		bad = bad.At("/replaces", "needs a draft").Try("Give the draft, or withdraw the instrument.")
	}
	if in.Days < 0 || in.Days > whatIfMaxDays {
		bad = bad.At("/days", "is negative, or longer ago than anybody has decided").Try("Count back from today.")
	}
	if in.Examples < 0 {
		bad = bad.At("/examples", "is negative")
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	now := s.time()
	w := &whatIf{in: in, limit: cmp.Or(in.Examples, whatIfExamples)}
	w.From, w.To, w.Now = now.AddDate(0, 0, -cmp.Or(in.Days, whatIfDays)), now.Add(time.Microsecond), in.Now
	if len(in.Source) == 0 {
		return w, nil
	}
	var err error
	if w.draft, err = instrument.Load(in.File, in.Source); err != nil {
		return nil, err
	}
	w.Draft, w.Hash, w.Assumed = w.draft.Ref(), w.draft.Hash, !in.AsDated
	return w, vectorsHold(w.draft)
}

// replay compiles the law as it is and as it would be.
func (w *whatIf) replay(l *law) (*replay, error) {
	docs := l.docs()
	// A compiler of its own for today's law too: what the engine remembers of the
	// past would push out what it needs for the present.
	today, err := decision.Compile(engineLaw(docs))
	if err != nil {
		return nil, err
	}
	then, err := w.changed(docs)
	if err != nil {
		return nil, err
	}
	if err := instrument.CheckPrecedence(then); err != nil {
		return nil, err
	}
	other, err := decision.Compile(engineLaw(then))
	if err != nil {
		return nil, err
	}
	return &replay{today: today, other: other, stretches: w.stretches(slices.Concat(docs, then))}, nil
}

// changed is the law with the draft and without what is withdrawn.
func (w *whatIf) changed(docs []*instrument.Instrument) ([]*instrument.Instrument, error) {
	since := w.From
	if w.Now {
		since = w.To
	}
	out := slices.Clone(docs)
	for _, id := range w.in.Withdraw {
		found := false
		for i, d := range out {
			if d.ID == id {
				out[i], found = ended(d, since), true
			}
		}
		if !found {
			return nil, unknownInstrument(id)
		}
	}
	w.Withdraws = w.in.Withdraw
	if w.draft == nil {
		return out, nil
	}
	d := *w.draft
	if w.Assumed {
		d = assumed(w.draft, since)
	}
	old, err := replacedBy(w.draft, docs, w.in.Replaces)
	if err != nil {
		return nil, err
	}
	if old != nil {
		w.Replaces = old.Ref()
		d.Supersedes = old.Hash.String()
	}
	// A draft that keeps the version number takes the place of its file, and of
	// what that one has replaced.
	for i, known := range out {
		if known.Ref() == d.Ref() {
			if old != nil && old.Hash == known.Hash {
				d.Supersedes = known.Supersedes
			}
			out[i] = &d
			return out, nil
		}
	}
	return append(out, &d), nil
}

// replacedBy finds the version that a draft takes the place of: the one named,
// the one whose hash it names itself, or the newest of its own id. The versions
// before that one stay replaced.
func replacedBy(draft *instrument.Instrument, docs []*instrument.Instrument, named string) (*instrument.Instrument, error) {
	id, version, exact := strings.Cut(named, "@")
	if named == "" {
		id = draft.ID
	}
	var newest *instrument.Instrument
	for _, d := range docs {
		if named == "" && d.Hash.String() == draft.Supersedes {
			return d, nil
		}
		if d.ID != id || exact && d.Version != version {
			continue
		}
		if newest == nil || instrument.CompareVersions(newest.Version, d.Version) < 0 {
			newest = d
		}
	}
	if newest == nil && named != "" {
		return nil, unknownInstrument(named)
	}
	return newest, nil
}

func unknownInstrument(id string) error {
	return fault.New(fault.NotFound, "instrument.unknown", "There is no active instrument %q.", id).Try("List the active instruments.")
}

// ended is an instrument that lapses at an instant. It stays in the law, as it
// would: what was received under it keeps its terms.
func ended(d *instrument.Instrument, at time.Time) *instrument.Instrument {
	out := *d
	if until := out.InForce.Until; until.IsZero() || at.Before(until) {
		out.InForce.Until = at
	}
	return &out
}

// assumed is a draft as if its text, and each party it names, had been in force
// since an instant. What parties did afterwards, such as a suspension, counts.
func assumed(draft *instrument.Instrument, since time.Time) instrument.Instrument {
	d := *draft
	d.InForce.Condition, d.InForce.ProvisionalFrom = nil, time.Time{}
	if since.Before(d.InForce.From) {
		d.InForce.From = since
	}
	d.Parties = slices.Clone(draft.Parties)
	for i := range d.Parties {
		first := since
		for _, e := range d.Parties[i].Events {
			if e.At.Before(first) {
				first = e.At
			}
		}
		if first.Before(d.InForce.From) {
			first = d.InForce.From
		}
		d.Parties[i].Events = slices.Concat([]instrument.Event{{Kind: "in-force", At: first}}, d.Parties[i].Events)
	}
	return d
}
