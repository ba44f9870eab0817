package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/casework"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// ProcedureView is a procedure of a text that is here.
type ProcedureView struct {
	Instrument string       `json:"instrument"`
	Version    string       `json:"version"`
	Hash       ident.Digest `json:"hash"`
	Active     bool         `json:"active"`
	instrument.Procedure
}

// CaseSummary is a case in a list.
type CaseSummary struct {
	ID         string             `json:"id"`
	Title      string             `json:"title"`
	Instrument string             `json:"instrument"`
	Version    string             `json:"version"`
	Procedure  string             `json:"procedure"`
	Home       party.ID           `json:"home"`
	Opener     party.ID           `json:"opener"`
	TLP        string             `json:"tlp"`
	Purpose    string             `json:"purpose"`
	State      string             `json:"state"` // "" until the home has ordered the opening
	Final      bool               `json:"final"`
	Seq        int                `json:"seq"`
	Opened     time.Time          `json:"opened"`
	Updated    time.Time          `json:"updated,omitzero"`
	Turn       []string           `json:"turn,omitempty"` // steps this node's party can take
	Due        time.Time          `json:"due,omitzero"`   // by when the first of them has to be taken
	Findings   []casework.Finding `json:"findings,omitempty"`
}

// CaseView is a case with all that belongs to it, worked out from its events.
type CaseView struct {
	CaseSummary
	Hash       ident.Digest          `json:"hash"` // of the text with the procedure
	Cite       string                `json:"cite,omitempty"`
	Roles      map[string][]party.ID `json:"roles"`
	Mine       []string              `json:"mine,omitempty"` // roles of this node's party
	Head       ident.Digest          `json:"head,omitzero"`  // of the orders
	Next       []casework.Next       `json:"next,omitempty"`
	Tallies    []casework.Tally      `json:"tallies,omitempty"`
	Events     []CaseEventView       `json:"events"`
	Unordered  []CaseEventView       `json:"unordered,omitempty"` // signed, and not in the orders
	Deliveries []CaseMessage         `json:"deliveries,omitempty"`
}

// CaseEventView is one event for people and programs.
type CaseEventView struct {
	Seq       int                   `json:"seq,omitzero"`
	At        time.Time             `json:"at"` // when it was ordered, or came
	Digest    ident.Digest          `json:"digest"`
	Signed    time.Time             `json:"signed"`
	By        party.ID              `json:"by"`
	OnBehalf  string                `json:"on_behalf,omitempty"`
	Act       casework.Act          `json:"act"`
	Step      string                `json:"step,omitempty"`
	Ballot    casework.Choice       `json:"ballot,omitempty"`
	Ground    string                `json:"ground,omitempty"`
	Clause    string                `json:"clause,omitempty"` // of the ground, as the text cites it
	Fields    map[string]string     `json:"fields,omitempty"`
	Text      string                `json:"text,omitempty"`
	Objects   []casework.Attachment `json:"objects,omitempty"`
	Corrects  ident.Digest          `json:"corrects,omitzero"`
	Corrected []ident.Digest        `json:"corrected,omitempty"` // by these events
	State     string                `json:"state"`               // of the case after it; of an event without a place: submitted, refused, witnessed
	Code      string                `json:"code,omitempty"`      // of a refusal
	Due       time.Time             `json:"due,omitzero"`
	Late      bool                  `json:"late,omitempty"`
}

// Procedures lists the procedures of every text that is here.
func (s *Service) Procedures(ctx context.Context) ([]ProcedureView, error) {
	return read(ctx, s, func(r Reader) ([]ProcedureView, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return nil, err
		}
		var out []ProcedureView
		for _, doc := range l.deeds.docs {
			_, active := l.deeds.active[doc.Hash]
			for _, p := range doc.Procedures {
				out = append(out, ProcedureView{Instrument: doc.ID, Version: doc.Version, Hash: doc.Hash, Active: active, Procedure: p})
			}
		}
		return out, nil
	})
}

// Cases lists cases, the newest first.
func (s *Service) Cases(ctx context.Context, f CaseFilter) ([]CaseSummary, error) {
	return read(ctx, s, func(r Reader) ([]CaseSummary, error) {
		records, err := r.Cases(ctx, f)
		out := make([]CaseSummary, len(records))
		for n, rec := range records {
			out[n] = rec.summary()
		}
		return out, err
	})
}

func (rec *CaseRecord) summary() CaseSummary {
	o := rec.Opening
	return CaseSummary{
		ID: rec.ID, Title: o.Title, Instrument: o.Instrument, Version: o.Version, Procedure: o.Procedure, Home: o.Home, Opener: rec.Opener,
		TLP: o.TLP, Purpose: o.Purpose, State: rec.State, Final: rec.Final, Seq: rec.Seq, Opened: rec.Opened, Updated: rec.Updated,
		Turn: rec.Turn, Due: rec.Due, Findings: rec.Findings,
	}
}

// Case works out where a case stands. It returns a not-found fault "case.unknown".
func (s *Service) Case(ctx context.Context, id string) (CaseView, error) {
	return read(ctx, s, func(r Reader) (CaseView, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return CaseView{}, err
		}
		h, err := s.heldCase(ctx, r, l, id)
		if err != nil {
			return CaseView{}, err
		}
		v := s.viewCase(h)
		v.Deliveries, err = r.CaseMessages(ctx, id)
		return v, err
	})
}

// heldCase is a case as this node holds it, replayed.
type heldCase struct {
	rec    CaseRecord
	record casework.Record
	events []CaseEvent
	*casework.Case
}

// heldCase reads a case and replays it. The signatures were verified one by one
// when the events came in, so that the newest of each author is enough here.
func (s *Service) heldCase(ctx context.Context, r Reader, l *law, id string) (*heldCase, error) {
	rec, err := r.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	events, err := r.CaseEvents(ctx, id)
	if err != nil {
		return nil, err
	}
	h := &heldCase{rec: rec, events: events, record: casework.Record{Case: id, Events: map[ident.Digest][]byte{}, Head: rec.Head, Others: rec.Others}}
	for _, e := range events {
		if e.State == CaseOrdered {
			h.record.Orders = append(h.record.Orders, e.Order)
			h.record.Events[e.Digest] = e.Envelope
		}
	}
	h.replay(l)
	return h, nil
}

func (h *heldCase) replay(l *law) {
	h.Case = casework.Replay(h.record, l.caseLaw(), casework.Chained)
}

// opening is what the case is, also before its home has ordered that.
func (h *heldCase) opening() *casework.Opening { return &h.rec.Opening }

// kept finds an event this node holds, in the orders or not.
func (h *heldCase) kept(d ident.Digest) (CaseEvent, bool) {
	n := slices.IndexFunc(h.events, func(e CaseEvent) bool { return e.Digest == d })
	if n < 0 {
		return CaseEvent{}, false
	}
	return h.events[n], true
}

// pending is the event of a party that waits for the home to order it.
func (h *heldCase) pending(p party.ID) (CaseEvent, bool) {
	n := slices.IndexFunc(h.events, func(e CaseEvent) bool { return e.By == p && e.State == CaseSubmitted })
	if n < 0 {
		return CaseEvent{}, false
	}
	return h.events[n], true
}

// summarise writes what follows from the events into the record.
func (h *heldCase) summarise(self party.ID, now time.Time) {
	rec := &h.rec
	rec.State, rec.Final, rec.Seq, rec.Updated, rec.Findings = h.State, h.Final, h.Seq(), h.Updated(), h.Findings
	rec.Turn, rec.Due = nil, time.Time{}
	for _, n := range h.Next(now) {
		if !slices.Contains(n.Parties, self) {
			continue
		}
		rec.Turn = append(rec.Turn, n.Step)
		if !n.Due.IsZero() && (rec.Due.IsZero() || n.Due.Before(rec.Due)) {
			rec.Due = n.Due
		}
	}
}

func (s *Service) viewCase(h *heldCase) CaseView {
	now := s.time()
	h.summarise(s.self, now)
	v := CaseView{
		CaseSummary: h.rec.summary(), Hash: h.opening().Hash, Roles: h.opening().Roles, Mine: h.Roles(s.self), Head: h.Head, Next: h.Next(now),
		Events: []CaseEventView{},
	}
	if p := h.Procedure(); p != nil {
		v.Cite = p.Cite
		for _, t := range p.Transitions {
			if tally, voted := h.Tally(t.ID); voted && len(tally.Ballots) > 0 {
				v.Tallies = append(v.Tallies, tally)
			}
		}
	}
	for _, e := range h.History {
		x := viewEvent(e.Event, e.Digest)
		x.Clause = clauseOfGround(h.Procedure(), e.Event.Ground)
		x.Seq, x.At, x.State, x.Due, x.Late, x.Corrected = e.Seq, e.At, e.State, e.Due, e.Late, e.Corrected
		v.Events = append(v.Events, x)
	}
	for _, e := range h.events {
		if opened, err := casework.OpenEvent(e.Envelope); err == nil && e.State != CaseOrdered {
			x := viewEvent(opened.Event, e.Digest)
			x.At, x.State, x.Code = e.At, string(e.State), e.Code
			v.Unordered = append(v.Unordered, x)
		}
	}
	return v
}

// clauseOfGround says where the text has a ground for refusing (CP-4).
func clauseOfGround(p *instrument.Procedure, code string) string {
	if p == nil || p.Refusal == nil {
		return ""
	}
	for _, g := range p.Refusal.Grounds {
		if g.Code == code {
			return strings.TrimSpace(g.Cite + " " + g.Text)
		}
	}
	return ""
}

func viewEvent(e casework.Event, d ident.Digest) CaseEventView {
	return CaseEventView{
		Digest: d, Signed: e.At, By: e.By, OnBehalf: e.OnBehalf, Act: e.Act, Step: e.Step, Ballot: e.Ballot, Ground: e.Ground,
		Fields: e.Fields, Text: e.Text, Objects: e.Attachments, Corrects: e.Corrects,
	}
}

// ExportCase returns the whole case as a signed file that verifies offline. It
// returns a conflict fault "case.not-open" when its home has ordered nothing yet.
func (s *Service) ExportCase(ctx context.Context, id string) ([]byte, error) {
	return read(ctx, s, func(r Reader) ([]byte, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return nil, err
		}
		h, err := s.heldCase(ctx, r, l, id)
		if err != nil {
			return nil, err
		}
		if h.Seq() == 0 {
			return nil, fault.New(fault.Conflict, "case.not-open", "Case %s is not open.", id)
		}
		b := casework.Bundle{Record: h.record, By: s.self, At: s.time()}
		b.File, b.Text = l.deeds.source(h.opening().Hash)
		return b.Encode(s.keys.ID, s.keys.Private)
	})
}
