package exchange

import (
	"context"
	"time"

	"entente/instrument/analysis"
	"entente/internal/fault"
)

// AnalysisRequest asks what the law active on this node means as a whole.
type AnalysisRequest struct {
	At    time.Time `json:"at,omitzero"`     // whose law is looked at; zero: now
	Cells int       `json:"cells,omitempty"` // look at no more classes of cases; 0: 200 000
}

// ComparisonRequest asks which cases a draft would decide differently.
type ComparisonRequest struct {
	AnalysisRequest
	File     string `json:"file"`
	Source   []byte `json:"source"`
	Replaces string `json:"replaces,omitempty"` // id or id@version; "": the newest version of the draft's own id, if any
}

// maxCells bounds what one request may cost.
const maxCells = 2_000_000

// Analyse looks at every class of cases the active law tells apart, the acts of
// its parties included: contradictions, clauses without effect, duties that
// cannot be met, leaks and gaps between the parties this node knows. One analysis
// runs at a time; it returns an unavailable fault "analysis.busy" meanwhile.
func (s *Service) Analyse(ctx context.Context, in AnalysisRequest) (analysis.Report, error) {
	l, o, err := s.analysed(ctx, in)
	if err != nil {
		return analysis.Report{}, err
	}
	return alone(s, func() (analysis.Report, error) { return analysis.Analyse(lawOf(l.docs()), o) })
}

// Compare says which classes of cases the active law with a draft decides
// differently than without, each with a witness. A draft counts as in force for
// the parties it names. It returns the faults of [Service.WhatIf] for a draft
// that cannot be tried, and "analysis.busy".
func (s *Service) Compare(ctx context.Context, in ComparisonRequest) (analysis.Difference, error) {
	l, o, err := s.analysed(ctx, in.AnalysisRequest)
	if err != nil {
		return analysis.Difference{}, err
	}
	w, err := s.newWhatIf(WhatIfRequest{File: in.File, Source: in.Source, Replaces: in.Replaces, Now: true})
	if err != nil {
		return analysis.Difference{}, err
	}
	w.To = o.At // the draft counts as in force from the moment asked about
	then, err := w.changed(l.docs())
	if err != nil {
		return analysis.Difference{}, err
	}
	return alone(s, func() (analysis.Difference, error) { return analysis.Diff(lawOf(l.docs()), lawOf(then), o) })
}

func (s *Service) analysed(ctx context.Context, in AnalysisRequest) (*law, analysis.Options, error) {
	o := analysis.Options{At: in.At, Cells: in.Cells}
	if o.Cells < 0 || o.Cells > maxCells {
		return nil, o, fault.New(fault.Invalid, "analysis.cells", "An analysis looks at no more than %d classes of cases.", maxCells).At("/cells", "is too large or negative")
	}
	if o.At.IsZero() {
		o.At = s.time()
	}
	l, err := read(ctx, s, func(r Reader) (*law, error) { return s.lawAt(ctx, r) })
	if err != nil {
		return nil, o, err
	}
	// Who takes part in the law without being known here is what the law says of it.
	for _, p := range analysis.KnownParties(l.docs()) {
		if _, known := l.parties[p.ID]; !known {
			o.Parties = append(o.Parties, p)
		}
	}
	for _, p := range l.parties {
		o.Parties = append(o.Parties, actorOf(p))
	}
	return l, o, nil
}

// alone runs one analysis at a time: they take all of a processor, and nobody
// gains from two at once.
func alone[T any](s *Service, f func() (T, error)) (T, error) {
	if !s.analysing.TryLock() {
		var none T
		return none, fault.New(fault.Unavailable, "analysis.busy", "Another analysis is running.").Try("Wait for it, and ask again.")
	}
	defer s.analysing.Unlock()
	return f()
}
