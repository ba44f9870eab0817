package exchange

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/party"
)

// replay decides recorded questions again under two laws.
type replay struct {
	today     *decision.Engine
	other     *decision.Engine
	stretches []stretch
}

// stretch is a part of the window in which the status of no instrument changes,
// and the instant to decide at for all of it.
type stretch struct{ from, to, at time.Time }

// stretches cuts the window at every instant at which an instrument may change.
func (w *whatIf) stretches(docs []*instrument.Instrument) []stretch {
	if w.Now {
		return []stretch{{w.From, w.To, w.To}}
	}
	var turns []time.Time
	for _, d := range docs {
		for _, at := range d.Instants() {
			if at.After(w.From) && at.Before(w.To) {
				turns = append(turns, at)
			}
		}
	}
	slices.SortFunc(turns, time.Time.Compare)
	turns = slices.CompactFunc(turns, time.Time.Equal)
	out := make([]stretch, 0, len(turns)+1)
	from := w.From
	for _, to := range append(turns, w.To) {
		out = append(out, stretch{from, to, from})
		from = to
	}
	return out
}

// questionsAtOnce is how many questions are read and handed on together.
const questionsAtOnce = 512

// asked is a page of questions of one stretch.
type asked struct {
	stretch
	questions []QuestionRecord
}

// run reads page after page of the snapshot while the cores decide those before.
func (rp *replay) run(ctx context.Context, r Reader) (*tally, error) {
	last, err := r.LastQuestion(ctx)
	if err != nil {
		return nil, err
	}
	pages := make(chan asked, 1)
	tallies := make([]*tally, runtime.GOMAXPROCS(0))
	failed := make([]error, len(tallies))
	var wg sync.WaitGroup
	for i := range tallies {
		t := newTally()
		tallies[i] = t
		wg.Go(func() {
			for page := range pages {
				failed[i] = cmp.Or(failed[i], rp.page(page, t))
			}
		})
	}
	err = rp.read(ctx, r, last, pages)
	close(pages)
	wg.Wait()
	for i, t := range tallies {
		err = cmp.Or(err, failed[i])
		if i > 0 {
			tallies[0].add(t)
		}
	}
	return tallies[0], err
}

// read goes through all questions of one stretch before the next: the engine
// remembers the law between two parties for one moment at a time.
func (rp *replay) read(ctx context.Context, r Reader, last int64, pages chan<- asked) error {
	for _, st := range rp.stretches {
		for after := int64(0); after < last; after += questionsAtOnce {
			found, err := r.Questions(ctx, QuestionFilter{After: after, Upto: after + questionsAtOnce, From: st.from, To: st.to})
			if err != nil {
				return err
			}
			if len(found) == 0 {
				continue
			}
			select {
			case pages <- asked{st, found}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (rp *replay) page(page asked, t *tally) error {
	for i := range page.questions {
		rec := &page.questions[i]
		var q Question
		if err := json.Unmarshal(rec.Body, &q); err != nil {
			return fault.New(fault.Unverified, "store.corrupt", "Question %d can no longer be read.", rec.Seq).Because(err)
		}
		q.Request.At = page.at
		t.count(q.Request.Recipient.ID, rec.Count)
		old, then := Answer{q.Outcome, q.Transforms, q.Lead}, quick(rp.other, q.Request)
		switch {
		case then.same(old):
			t.unchanged += rec.Count
		case then.same(quick(rp.today, q.Request)):
			t.overtaken += rec.Count
		default:
			t.change(q.Request.Recipient.ID, old, answerOf(rp.other.Decide(q.Request)), rec)
		}
	}
	return nil
}

// quick is an answer without its reasons.
func quick(e *decision.Engine, r decision.Request) Answer {
	a := e.AnswerIn(r, e.Between(r))
	return Answer{Outcome: a.Outcome, Transforms: a.Transforms}
}

// tally adds up what one core found.
type tally struct {
	questions, decisions          int64
	unchanged, overtaken, changed int64
	recipients                    map[party.ID]int64 // decisions
	changes                       map[changeKey]int64
	causes                        map[causeKey]int64
	found                         map[changeKey][]sample // newest first, at most samplesOfAKind
}

type changeKey struct {
	to       party.ID
	old, new decision.Outcome
}

type causeKey struct {
	decision.Reason
	law string
}

// sample is one question that comes out differently.
type sample struct {
	old, new Answer
	newest   int64 // Seq of a decision
}

// samplesOfAKind bounds what is kept to choose examples from.
const samplesOfAKind = 8

func newTally() *tally {
	return &tally{
		recipients: map[party.ID]int64{}, changes: map[changeKey]int64{},
		causes: map[causeKey]int64{}, found: map[changeKey][]sample{},
	}
}

func (t *tally) count(to party.ID, n int64) {
	t.questions++
	t.decisions += n
	t.recipients[to] += n
}

func (t *tally) change(to party.ID, old, then Answer, rec *QuestionRecord) {
	t.changed += rec.Count
	key := changeKey{to, old.Outcome, then.Outcome}
	t.changes[key] += rec.Count
	t.keep(key, sample{old, then, rec.Newest})
	for _, c := range []struct {
		law       string
		has, lack []decision.Reason
	}{{CauseRecorded, old.Lead, then.Lead}, {CauseDraft, then.Lead, old.Lead}} {
		for _, reason := range c.has {
			if !slices.Contains(c.lack, reason) {
				t.causes[causeKey{reason, c.law}] += rec.Count
			}
		}
	}
}

func (t *tally) keep(key changeKey, s sample) {
	kept := append(t.found[key], s)
	slices.SortFunc(kept, func(a, b sample) int { return cmp.Compare(b.newest, a.newest) })
	t.found[key] = kept[:min(len(kept), samplesOfAKind)]
}

// add takes in what another core found.
func (t *tally) add(o *tally) {
	t.questions += o.questions
	t.decisions += o.decisions
	t.unchanged += o.unchanged
	t.overtaken += o.overtaken
	t.changed += o.changed
	for k, n := range o.recipients {
		t.recipients[k] += n
	}
	for k, n := range o.changes {
		t.changes[k] += n
	}
	for k, n := range o.causes {
		t.causes[k] += n
	}
	for k, samples := range o.found {
		for _, s := range samples {
			t.keep(k, s)
		}
	}
}

// into writes the sums, in an order that does not depend on the cores.
func (t *tally) into(w *WhatIf) {
	w.Questions, w.Decisions, w.Unchanged, w.Overtaken, w.Changed = t.questions, t.decisions, t.unchanged, t.overtaken, t.changed
	kinds := map[changeKey]int64{}
	affected := map[party.ID]*Affected{}
	for k, n := range t.changes {
		kinds[changeKey{"", k.old, k.new}] += n
		a := affected[k.to]
		if a == nil {
			a = &Affected{Party: k.to, Decisions: t.recipients[k.to]}
			affected[k.to] = a
		}
		a.Changed += n
		a.Changes = append(a.Changes, Change{k.old, k.new, n})
	}
	w.Changes, w.ByRecipient, w.Clauses = []Change{}, []Affected{}, []Cause{}
	for k, n := range kinds {
		w.Changes = append(w.Changes, Change{k.old, k.new, n})
	}
	slices.SortFunc(w.Changes, Change.compare)
	for _, a := range affected {
		slices.SortFunc(a.Changes, Change.compare)
		w.ByRecipient = append(w.ByRecipient, *a)
	}
	slices.SortFunc(w.ByRecipient, func(a, b Affected) int {
		return cmp.Or(cmp.Compare(b.Changed, a.Changed), cmp.Compare(a.Party, b.Party))
	})
	for k, n := range t.causes {
		w.Clauses = append(w.Clauses, Cause{k.Reason, k.law, n})
	}
	slices.SortFunc(w.Clauses, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(fmt.Sprint(a.Law, a.Reason), fmt.Sprint(b.Law, b.Reason)))
	})
}

// compare puts the most frequent first.
func (c Change) compare(d Change) int {
	return cmp.Or(cmp.Compare(d.Count, c.Count), cmp.Compare(c.Old, d.Old), cmp.Compare(c.New, d.New))
}

// examples looks up a decision for some of the changes: one of every kind and
// recipient before a second of any, the most frequent kinds first.
func (t *tally) examples(ctx context.Context, r Reader, limit int) ([]Replayed, error) {
	keys := make([]changeKey, 0, len(t.found))
	for k := range t.found {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b changeKey) int {
		return cmp.Or(cmp.Compare(t.changes[b], t.changes[a]), cmp.Compare(a.to, b.to), cmp.Compare(a.old, b.old), cmp.Compare(a.new, b.new))
	})
	var chosen []sample
	var seqs []int64
	for n := range samplesOfAKind {
		for _, k := range keys {
			if len(chosen) < limit && n < len(t.found[k]) {
				chosen = append(chosen, t.found[k][n])
				seqs = append(seqs, t.found[k][n].newest)
			}
		}
	}
	records, err := r.DecisionsBySeq(ctx, seqs)
	if err != nil {
		return nil, err
	}
	bySeq := make(map[int64]DecisionRecord, len(records))
	for _, rec := range records {
		bySeq[rec.Seq] = rec
	}
	out := make([]Replayed, len(chosen))
	for i, s := range chosen {
		rec := bySeq[s.newest]
		out[i] = Replayed{Decision: rec.Digest, Object: rec.ObjectID, Recipient: rec.Recipient, At: rec.At, Old: s.old, New: s.new}
	}
	return out, nil
}
