package library_test

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/library"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

const known = "known-conflicts"

// conflictCase is one question to the whole library, and to what it adds: what
// is decided, which conflicts the engine computes, and what warns of them.
type conflictCase struct {
	id        string // of the catalogue of conflicts
	name      string
	from, to  decision.Actor
	object    decision.Subject
	act       string // "" = share
	purpose   string
	at        string                   // "" = 2026-11-22
	facts     string                   // names, with ! before those that are false
	law       []*instrument.Instrument // besides the library: what two agreed, what a State enacted
	outcome   decision.Outcome
	forms     []string // transformations
	warns     []string // clauses of known-conflicts, all of them
	conflicts []string // "kind winner over loser: by", each among those computed
	dilemma   string   // a clause whose duty a person must settle
	duties    []string // clauses whose duties come with the answer
	asks      string   // who is asked before anything leaves
}

// TestLG6EveryKnownConflictIsDetectedAndSettled decides each conflict of the
// catalogue by the whole library.
func TestLG6EveryKnownConflictIsDetectedAndSettled(t *testing.T) {
	t.Parallel()
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range conflictCases(t) {
		t.Run(c.id+" "+c.name, func(t *testing.T) {
			t.Parallel()
			law := without(all, c.law)
			e, err := decision.Compile(decision.Law{Instruments: law, Transforms: privacy.Catalogue()})
			if err != nil {
				t.Fatal(err)
			}
			d := e.Decide(c.request(t))
			c.check(t, d)
			if t.Failed() {
				t.Log(conflictsOf(d), d.Because, d.Dilemma)
			}
		})
	}
}

// without replaces the instruments of the library that the case brings itself.
func without(all, own []*instrument.Instrument) []*instrument.Instrument {
	return append(slices.DeleteFunc(slices.Clone(all), func(i *instrument.Instrument) bool {
		return slices.ContainsFunc(own, func(o *instrument.Instrument) bool { return o.ID == i.ID })
	}), own...)
}

func (c *conflictCase) request(t *testing.T) decision.Request {
	t.Helper()
	at, err := time.Parse(time.DateOnly, cmp.Or(c.at, "2026-11-22"))
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]bool{}
	for f := range strings.FieldsSeq(c.facts) {
		name, no := strings.CutPrefix(f, "!")
		facts[name] = !no
	}
	s := c.object
	s.ID, s.Hash, s.Origin = "case", ident.Sum(nil), cmp.Or(s.Origin, c.from.ID)
	return decision.Request{
		Subject: s, Sender: c.from, Recipient: c.to, Act: cmp.Or(c.act, "share"), Purpose: c.purpose, At: at, Facts: facts,
	}
}

func (c *conflictCase) check(t *testing.T, d decision.Decision) {
	t.Helper()
	if d.Outcome != c.outcome {
		t.Errorf("outcome is %s, expected %s", d.Outcome, c.outcome)
	}
	if !slices.Equal(d.Transforms, c.forms) {
		t.Errorf("transformations are %v, expected %v", d.Transforms, c.forms)
	}
	if diff := gocmp.Diff(c.warns, warningsOf(d)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	got := conflictsOf(d)
	for _, want := range c.conflicts {
		if !slices.Contains(got, want) {
			t.Errorf("does not show the conflict %s", want)
		}
	}
	if c.dilemma != "" && (d.Dilemma == nil || !slices.ContainsFunc(d.Dilemma.Duties, func(r decision.DutyRef) bool { return r.Clause == c.dilemma })) {
		t.Errorf("a person is not asked about %s", c.dilemma)
	}
	for _, want := range c.duties {
		if !slices.ContainsFunc(d.Duties, func(r decision.DutyRef) bool { return r.Instrument+"/"+r.Clause == want }) {
			t.Errorf("the duty of %s does not follow", want)
		}
	}
	if c.asks != "" && !slices.ContainsFunc(d.Preconditions, func(p decision.Precondition) bool { return p.Safeguard+" by "+p.ApprovalBy == c.asks }) {
		t.Errorf("%s is not asked for: %v", c.asks, d.Preconditions)
	}
}

func warningsOf(d decision.Decision) []string {
	var out []string
	for _, w := range d.Warnings {
		if w.Instrument == known {
			out = append(out, w.Clause)
		}
	}
	slices.Sort(out)
	return out
}

func conflictsOf(d decision.Decision) []string {
	var out []string
	for _, x := range d.Conflicts {
		winner := x.Winner.Instrument + "/" + x.Winner.Clause
		if x.Winner.Clause == "" {
			winner = "nothing"
		}
		out = append(out, x.Kind+" "+winner+" over "+x.Loser.Instrument+"/"+x.Loser.Clause+": "+x.By)
	}
	return out
}

// TestLG6EveryKnownConflictHasACase: whatever the catalogue warns of is decided
// in a case and warns there, and every case is of the catalogue.
func TestLG6EveryKnownConflictHasACase(t *testing.T) {
	t.Parallel()
	doc, err := library.Get(known)
	if err != nil {
		t.Fatal(err)
	}
	warned, decided := map[string]bool{}, map[string]bool{}
	for _, c := range conflictCases(t) {
		decided[strings.ToLower(c.id)] = true
		for _, id := range c.warns {
			warned[id] = true
		}
	}
	if len(decided) != 29 {
		t.Errorf("%d conflicts are decided", len(decided))
	}
	ids := map[string]bool{}
	for _, c := range doc.Clauses {
		ids[c.ID] = true
		if !slices.ContainsFunc(slices.Collect(maps.Keys(decided)), func(id string) bool { return c.ID == id || strings.HasPrefix(c.ID, id+"-") }) {
			t.Errorf("%s is of no conflict that is decided", c.ID)
		}
		if !warned[c.ID] {
			t.Errorf("%s warns in no case", c.ID)
		}
	}
	for id := range decided {
		if !ids[id] {
			t.Errorf("%s has no clause", id)
		}
	}
}

// TestLG6KnownConflictsWarnWhenTheyShouldAndOnlyThen: a vector of that file names
// every warning that comes; one that names none says that none does.
func TestLG6KnownConflictsWarnWhenTheyShouldAndOnlyThen(t *testing.T) {
	t.Parallel()
	doc, err := library.Get(known)
	if err != nil {
		t.Fatal(err)
	}
	e, err := decision.Compile(decision.Law{Instruments: []*instrument.Instrument{doc}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range doc.Vectors {
		g := v.Given
		d := e.Decide(decision.Request{
			Subject: decision.Subject{
				ID: v.Name, Type: g.Object.Type, Hash: ident.Sum(nil), TLP: g.Object.TLP, PAP: g.Object.PAP,
				Categories: g.Object.Categories, Origin: cmp.Or(g.Object.Origin, g.Sender.ID), ReceivedUnder: g.Object.ReceivedUnder,
			},
			Sender: decision.Actor(g.Sender), Recipient: decision.Actor(g.Recipient), Act: g.Act, Purpose: g.Purpose, At: g.At, Facts: g.Facts,
		})
		want := slices.Sorted(slices.Values(v.Expect.Warnings))
		if diff := gocmp.Diff(want, warningsOf(d)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.Name, diff)
		}
	}
}

// TestLG6TheGuideNamesEveryKnownConflict, each once in its table.
func TestLG6TheGuideNamesEveryKnownConflict(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/guide/conflicts.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range conflictCases(t) {
		if row := "\n| `" + strings.ToLower(c.id) + "` |"; strings.Count(string(guide), row) != 1 {
			t.Errorf("the guide does not name %s once", c.id)
		}
	}
}

// TestCorpusEveryConflictHasAClause: ENTENTE_SHARED is the folder that holds law/.
func TestCorpusEveryConflictHasAClause(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set")
	}
	src, err := os.ReadFile(filepath.Join(shared, "law", "x-conflicts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var catalogue struct {
		Conflicts []struct {
			ID string `yaml:"id"`
		} `yaml:"conflicts"`
	}
	if err := yaml.Unmarshal(src, &catalogue); err != nil {
		t.Fatal(err)
	}
	doc, err := library.Get(known)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range catalogue.Conflicts {
		if !slices.ContainsFunc(doc.Clauses, func(x instrument.Clause) bool { return x.ID == strings.ToLower(c.ID) }) {
			t.Errorf("%s has no clause", c.ID)
		}
	}
	if len(catalogue.Conflicts) != 29 {
		t.Errorf("the catalogue has %d conflicts", len(catalogue.Conflicts))
	}
}

// actor is a party of a case.
func actor(id party.ID, kind, jurisdiction string, roles ...string) decision.Actor {
	return decision.Actor{ID: id, Kind: kind, Jurisdiction: jurisdiction, Roles: roles}
}

// between is an agreement of two parties in force since 2026, with these clauses.
func between(a, b decision.Actor, clauses ...instrument.Clause) []*instrument.Instrument {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	bound := func(p decision.Actor) instrument.PartyRecord {
		return instrument.PartyRecord{Party: p.ID, Events: []instrument.Event{{Kind: "in-force", At: start}}}
	}
	return []*instrument.Instrument{{
		ID: "agreement", Title: "What the two agreed", Version: "1.0.0", Nature: "mou", Binding: true, Regime: "cooperation", Default: instrument.Silent,
		InForce: instrument.InForce{From: start}, Parties: []instrument.PartyRecord{bound(a), bound(b)}, Clauses: clauses,
	}}
}

// permits is a permission of an act, whatever the object is.
func permits(act string) instrument.Clause {
	return instrument.Clause{ID: "permits", Cite: "Art. 1", Modality: instrument.Permission, Act: act}
}
