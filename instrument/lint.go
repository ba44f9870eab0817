package instrument

import (
	"cmp"
	"slices"
	"time"

	"entente/party"
)

// Level is how much a finding matters.
type Level string

// The levels.
const (
	Warning Level = "warning" // probably not what the author meant
	Note    Level = "note"    // worth knowing
)

// Finding is a remark about a valid instrument.
type Finding struct {
	Position
	Clause  string `json:"clause,omitempty"` // id, "" for the instrument as a whole
	Level   Level  `json:"level"`
	Message string `json:"message"`
}

// Lint says what is allowed and probably not meant, in the order of the file.
// Times in the text are compared with now.
func Lint(i *Instrument, now time.Time) []Finding {
	l := linter{i: i}
	l.document(now)
	for n := range i.Clauses {
		l.clause(&i.Clauses[n])
	}
	l.definitions()
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return l.found
}

type linter struct {
	i     *Instrument
	found []Finding
}

func (l *linter) say(clause string, level Level, message string) {
	l.found = append(l.found, Finding{Position: l.i.Positions[clause], Clause: clause, Level: level, Message: message})
}

func (l *linter) document(now time.Time) {
	i := l.i
	if i.Illustrative {
		l.say("", Note, "is illustrative: no named legal owner has activated it")
	}
	if i.Origin == nil || i.Origin.SHA256.IsZero() {
		l.say("", Note, "names no source.sha256: nothing binds the clauses to the published text")
	}
	if len(i.Vectors) == 0 {
		l.say("", Warning, "has no vectors: nobody can check that it means what its parties think")
	}
	if due := i.reviewDue(now); !due.IsZero() {
		l.say("", Warning, "review was due on "+day(due))
	}
	if end := i.sunset(); !end.IsZero() && now.Before(end) && !now.Before(end.AddDate(0, -6, 0)) {
		l.say("", Warning, "lapses on "+day(end))
	}
	if i.Default == Silent && i.Regime == "cooperation" {
		l.say("", Note, "cooperation is closed anyway: silence permits nothing there")
	}
	for _, p := range i.Parties {
		if i.Term.WithdrawalNotice.IsZero() && slices.ContainsFunc(p.Events, func(e Event) bool { return e.Kind == denunciation || e.Kind == withdrawal }) {
			l.say("", Note, "sets no withdrawal_notice: "+string(p.Party)+" leaves after twelve months (Vienna Convention Art. 56(2))")
		}
	}
}

// reviewDue is the last review date that has passed, counted from the entry
// into force; a new version starts the count again.
func (i *Instrument) reviewDue(now time.Time) time.Time {
	entry, ok := i.entry()
	if !ok || entry.IsZero() || i.Term.ReviewEvery.IsZero() {
		return time.Time{}
	}
	if due := i.Term.ReviewEvery.AddTo(entry); !now.Before(due) {
		return due
	}
	return time.Time{}
}

func (l *linter) clause(c *Clause) {
	if c.Text == "" {
		l.say(c.ID, Warning, "has no text: people cannot read what the machine applies")
	}
	if why := l.idle(c); why != "" {
		l.say(c.ID, Warning, "has no effect: "+why)
	}
	if c.Modality == Permission && l.i.Binding && isZeroWhen(c.When) && len(c.ExceptionTo) == 0 {
		l.say(c.ID, Warning, "permits "+c.Act+" of everything to everybody the instrument covers")
	}
	if c.Consent != nil && len(c.When.Facts) == 0 {
		l.say(c.ID, Warning, "speaks of consent and asks for no fact: it applies without consent")
	}
	for _, d := range c.Duties {
		if !slices.Contains(Bearers(), d.Bearer) && l.i.record(party.ID(d.Bearer)) == nil {
			l.say(c.ID, Warning, "duty "+d.ID+" falls on "+quoted(d.Bearer)+", which is neither a role nor a party")
		}
		if d.Within.IsZero() && d.Every.IsZero() && c.Act == "report" {
			l.say(c.ID, Note, "duty "+d.ID+" has no time limit")
		}
	}
}

// idle says why a clause changes no answer and brings no duty, or "".
func (l *linter) idle(c *Clause) string {
	switch {
	case c.Modality == Obligation && c.Grants == "" && len(c.Duties) == 0 && len(c.Requires) == 0 && c.Retention == nil:
		return "an obligation without duties, requires or grants"
	case c.Modality == Prohibition && len(c.Duties) > 0:
		return "duties of a prohibition are never relied upon"
	case c.Modality == Permission && l.i.Default == Permit && len(c.ExceptionTo) == 0 && len(c.Requires) == 0 && len(c.Duties) == 0:
		return "the regime permits what it does not forbid"
	default:
		return ""
	}
}

func isZeroWhen(w When) bool {
	return len(w.Type)+len(w.Purpose)+len(w.Recipient)+len(w.RecipientKind)+len(w.ReceivedUnder)+len(w.Facts) == 0 &&
		w.TLP == nil && w.PAP == nil && w.Categories == nil && w.RecipientJurisdiction == nil && w.SenderJurisdiction == nil && w.Origin == nil
}

// definitions names the legal orders of parties into which a term is not mapped:
// there, a permission that uses the term does not count.
func (l *linter) definitions() {
	for _, d := range l.i.Definitions {
		var orders []string
		for _, p := range l.i.Parties {
			orders = append(orders, p.Territory...)
		}
		orders = append(orders, l.i.Jurisdictions...)
		slices.Sort(orders)
		for _, order := range slices.Compact(orders) {
			mapped := slices.ContainsFunc(d.National, func(n NationalTerm) bool { return n.Jurisdiction == order })
			if len(d.National) > 0 && !mapped {
				l.say("", Warning, "term "+quoted(d.Term)+" is not mapped for "+order)
			}
		}
		for _, n := range d.National {
			if n.Relation == "none" {
				l.say("", Note, "term "+quoted(d.Term)+" has no counterpart in "+n.Jurisdiction)
			}
		}
	}
}
