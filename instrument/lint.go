package instrument

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Level is how much a finding matters.
type Level string

// The levels.
const (
	Error   Level = "error"   // it cannot be meant: part of the text can never have effect
	Warning Level = "warning" // probably not what the author meant
	Note    Level = "note"    // worth knowing
)

// Finding is a remark about a valid instrument. Its code never changes its
// meaning.
type Finding struct {
	Position
	Code    string `json:"code"`
	Clause  string `json:"clause,omitempty"` // id, "" for the instrument as a whole
	Cite    string `json:"cite,omitempty"`   // what the clause cites
	Level   Level  `json:"level"`
	Message string `json:"message"`
}

// Lint says what is allowed and probably not meant, in the order of the file.
// Times in the text are compared with now.
func Lint(i *Instrument, now time.Time) []Finding {
	l := linter{i: i, places: i.reread(), conditions: make([][]string, len(i.Clauses)), starts: []string{"aware", "share", "receipt"}}
	l.prepare()
	l.document()
	l.times(now)
	for n := range i.Clauses {
		l.clause(n)
	}
	l.exercised()
	l.contradictions()
	l.unchecked()
	l.definitions()
	l.words()
	l.areas()
	l.articles()
	l.facts()
	slices.SortFunc(l.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return l.found
}

// linter holds what several checks need, worked out once.
type linter struct {
	i          *Instrument
	places     *reader           // nil when the source is not known
	conditions [][]string        // of every clause, with its lists in one order
	starts     []string          // what starts a clock: duties, steps of procedures and what the node itself sees
	used       map[string]string // every fact something looks at, and where first
	found      []Finding
}

func (l *linter) prepare() {
	for n := range l.i.Clauses {
		c := &l.i.Clauses[n]
		w := c.When.sorted()
		l.conditions[n] = l.i.conditions(&w)
		for _, d := range c.Duties {
			l.starts = append(l.starts, d.ID)
		}
	}
	for _, p := range l.i.Procedures {
		for _, t := range p.Transitions {
			l.starts = append(l.starts, t.ID)
		}
	}
	l.used = l.factsUsed()
}

// reread parses the source again for the place of every value.
func (i *Instrument) reread() *reader {
	if len(i.Source) == 0 {
		return nil
	}
	r := &reader{file: i.Positions[""].File, places: make(map[string]*node)}
	root, err := r.parse(i.Source)
	if err != nil || r.index(root, "") != nil {
		return nil // unreachable: it was loaded from these bytes
	}
	return r
}

// say remarks on the value at a JSON pointer; the clause and what it cites
// follow from there.
func (l *linter) say(code string, level Level, pointer, message string) {
	f := Finding{Code: code, Level: level, Message: message, Position: l.i.Positions[""]}
	if rest, ok := strings.CutPrefix(pointer, "/clauses/"); ok {
		number, _, _ := strings.Cut(rest, "/")
		if n, err := strconv.Atoi(number); err == nil && n < len(l.i.Clauses) {
			f.Clause, f.Cite = l.i.Clauses[n].ID, l.i.Clauses[n].Cite
			f.Position = l.i.Positions[f.Clause]
		}
	}
	if l.places != nil {
		f.Position = l.places.position(pointer)
	}
	l.found = append(l.found, f)
}

func (l *linter) document() {
	i := l.i
	if i.Illustrative {
		l.say("illustrative", Note, "/illustrative", "is illustrative: no named legal owner has activated it")
		if !strings.Contains(strings.ToLower(i.Title), "illustrative") {
			l.say("title-unmarked", Warning, "/title", "is illustrative and its title does not say so: readers will take it for the law")
		}
	}
	if i.Origin == nil || i.Origin.SHA256.IsZero() {
		l.say("source-unbound", Note, "/source", "names no source.sha256: nothing binds the clauses to the published text")
	}
	if len(i.Vectors) == 0 {
		l.say("vectors-missing", Warning, "", "has no vectors: nobody can check that it means what its parties think")
	}
	if i.Default == Silent && i.Regime == "cooperation" {
		l.say("silent-closed", Note, "/default", "cooperation is closed anyway: silence permits nothing there")
	}
	for n, p := range i.Parties {
		if i.Term.WithdrawalNotice.IsZero() && slices.ContainsFunc(p.Events, func(e Event) bool { return e.Kind == denunciation || e.Kind == withdrawal }) {
			l.say("notice-missing", Note, "/parties/"+strconv.Itoa(n), "sets no withdrawal_notice: "+string(p.Party)+" leaves after twelve months (Vienna Convention Art. 56(2))")
		}
	}
	for n := range i.Thresholds {
		if t := &i.Thresholds[n]; l.used[t.Fact] == "" {
			l.say("threshold-unused", Note, "/thresholds/"+strconv.Itoa(n), "threshold "+t.ID+" ("+t.Cite+") decides the fact "+t.Fact+", at which no clause of this instrument looks")
		}
	}
}

// times compares the dates of the text with now.
func (l *linter) times(now time.Time) {
	i := l.i
	if due := i.reviewDue(now); !due.IsZero() {
		l.say("review-passed", Warning, "/term/review_every", "review was due on "+day(due))
	}
	for n, r := range i.Review {
		due := r.At
		if due.IsZero() && !r.Every.IsZero() && !i.AsOf.IsZero() { // without either it is a thing to watch
			due = r.Every.AddTo(i.AsOf)
		}
		if !due.IsZero() && !now.Before(due) {
			l.say("review-passed", Warning, "/review/"+strconv.Itoa(n), "review "+r.ID+" was due on "+day(due)+": "+r.What)
		}
	}
	end := earliest(i.InForce.Until, i.sunset())
	switch {
	case end.IsZero():
	case !now.Before(end):
		l.say("lapsed", Warning, "/term/sunset", "lapsed on "+day(end))
	case !now.Before(end.AddDate(0, -6, 0)):
		l.say("lapses-soon", Warning, "/term/sunset", "lapses on "+day(end))
	}
	if !i.AsOf.IsZero() && !now.Before(i.AsOf.AddDate(1, 0, 0)) {
		l.say("status-old", Note, "/as_of", "its status was last checked on "+day(i.AsOf)+", more than a year ago")
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
