package exchange

import (
	"context"
	"slices"
	"time"

	"entente/casework"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// OpenCaseRequest begins a case by a procedure of a text.
type OpenCaseRequest struct {
	Instrument string                `json:"instrument"` // id, id@version or hash
	Procedure  string                `json:"procedure"`
	Title      string                `json:"title"`
	Roles      map[string][]party.ID `json:"roles"`
	Home       party.ID              `json:"home,omitempty"`    // whose node orders the events; default this one
	Purpose    string                `json:"purpose,omitempty"` // default incident-response
	TLP        string                `json:"tlp,omitempty"`     // default amber
	Text       string                `json:"text,omitempty"`
	OnBehalf   string                `json:"on_behalf,omitempty"`
	DryRun     bool                  `json:"dry_run,omitempty"`
}

// CaseActRequest is what this node's party does in a case.
type CaseActRequest struct {
	Act      casework.Act      `json:"act"` // step, vote, note, evidence, correction
	Step     string            `json:"step,omitempty"`
	Ballot   casework.Choice   `json:"ballot,omitempty"`
	Ground   string            `json:"ground,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
	Text     string            `json:"text,omitempty"`
	Objects  []string          `json:"objects,omitempty"` // ids; their bytes travel by a release
	Corrects ident.Digest      `json:"corrects,omitzero"`
	OnBehalf string            `json:"on_behalf,omitempty"`
	DryRun   bool              `json:"dry_run,omitempty"`
}

// CaseActed is what became of an act, and the case after it.
type CaseActed struct {
	Event ident.Digest   `json:"event"`
	State CaseEventState `json:"state"` // ordered; submitted, while another node orders the events
	Seq   int            `json:"seq,omitzero"`
	Case  CaseView       `json:"case"`
}

// OpenCase begins a case. Its first event goes to the participants like every
// other: each is decided for each of them before anything is signed.
func (s *Service) OpenCase(ctx context.Context, in OpenCaseRequest) (CaseActed, error) {
	return s.inCase(ctx, in.DryRun, func(tx Tx, l *law) (*heldCase, casework.Event, error) {
		d, err := l.deeds.find(in.Instrument)
		if err != nil {
			return nil, casework.Event{}, err
		}
		o := casework.Opening{
			Hash: d.Doc.Hash, Home: in.Home, Instrument: d.Doc.ID, Procedure: in.Procedure, Purpose: in.Purpose,
			Roles: map[string][]party.ID{}, Title: in.Title, TLP: in.TLP, Version: d.Doc.Version,
		}
		if o.Home == "" {
			o.Home = s.self
		}
		if o.Purpose == "" {
			o.Purpose = DefaultPurpose
		}
		if o.TLP == "" {
			o.TLP = "amber"
		}
		for role, parties := range in.Roles {
			o.Roles[role] = slices.Compact(slices.Sorted(slices.Values(parties)))
		}
		if err := l.known(o.Participants(), s.self); err != nil {
			return nil, casework.Event{}, err
		}
		h := newHeldCase(ident.New(), l)
		h.rec.Opening, h.rec.Opener, h.rec.Opened = o, s.self, s.time()
		return h, casework.Event{Act: casework.Open, Opening: &o, Text: in.Text, OnBehalf: in.OnBehalf}, nil
	})
}

func newHeldCase(id string, l *law) *heldCase {
	h := &heldCase{rec: CaseRecord{ID: id}, record: casework.Record{Case: id, Events: map[ident.Digest][]byte{}}}
	h.replay(l)
	return h
}

// known makes sure that this node can reach every participant.
func (l *law) known(participants []party.ID, self party.ID) error {
	others := slices.DeleteFunc(slices.Clone(participants), func(p party.ID) bool { return p == self })
	if len(others) == 0 {
		return nil
	}
	_, err := l.candidates(others, self)
	return err
}

// ActInCase does something in a case: the event is checked against the procedure
// and decided for each participant, signed, and ordered here or sent to the node
// that orders it.
func (s *Service) ActInCase(ctx context.Context, id string, in CaseActRequest) (CaseActed, error) {
	return s.inCase(ctx, in.DryRun, func(tx Tx, l *law) (*heldCase, casework.Event, error) {
		e := casework.Event{
			Act: in.Act, Step: in.Step, Ballot: in.Ballot, Ground: in.Ground, Fields: in.Fields, Text: in.Text,
			Corrects: in.Corrects, OnBehalf: in.OnBehalf,
		}
		if in.Act == casework.Open {
			return nil, e, fault.New(fault.Invalid, "case.open", "Case %s is open already.", id)
		}
		h, err := s.heldCase(ctx, tx, l, id)
		if err != nil {
			return nil, e, err
		}
		if p, waits := h.pending(s.self); waits {
			return nil, e, fault.New(fault.Conflict, "case.pending", "Event %s waits for %s to order it.", p.Digest.Short(), h.opening().Home).
				Try("Wait for it, or send it again, to all participants, with entente case send %s.", id)
		}
		e.BasedOn, e.Previous = h.Head, h.Last(s.self)
		if e.Attachments, err = attachments(ctx, tx, in.Objects); err != nil {
			return nil, e, err
		}
		e.Notices, err = s.notices(ctx, tx, h, e)
		return h, e, err
	})
}

// inCase does one act of this node's party in one transaction.
func (s *Service) inCase(ctx context.Context, dryRun bool, draft func(tx Tx, l *law) (*heldCase, casework.Event, error)) (CaseActed, error) {
	var done CaseActed
	err := s.store.Write(ctx, func(tx Tx) error {
		l, err := s.lawAt(ctx, tx)
		if err != nil {
			return err
		}
		h, e, err := draft(tx, l)
		if err != nil {
			return err
		}
		e.Case, e.By, e.ID, e.At = h.rec.ID, s.self, ident.New(), s.time()
		raw, err := e.Sign(s.keys.ID, s.keys.Private)
		if err != nil {
			return err
		}
		opened, err := casework.OpenEvent(raw)
		if err != nil {
			return err
		}
		if err := h.Permits(e, s.time(), l.caseLaw()); err != nil {
			return err
		}
		if err := s.mayGo(l, h.opening(), opened); err != nil {
			return err
		}
		done = CaseActed{Event: opened.Digest, State: CaseSubmitted}
		if !dryRun {
			err = s.place(ctx, tx, l, h, opened, raw, &done)
		}
		done.Case = s.viewCase(h)
		return err
	})
	s.wake()
	return done, err
}

// place orders an event of this node's party, or hands it to the home.
func (s *Service) place(ctx context.Context, tx Tx, l *law, h *heldCase, e casework.Opened, raw []byte, done *CaseActed) error {
	if h.opening().Home == s.self {
		done.State, done.Seq = CaseOrdered, h.Seq()+1
		return s.order(ctx, tx, l, h, e, raw, s.self)
	}
	kept := CaseEvent{Case: h.rec.ID, Digest: e.Digest, By: s.self, From: s.self, At: s.time(), State: CaseSubmitted, Envelope: raw}
	if err := s.keepCaseEvent(ctx, tx, h, kept); err != nil {
		return err
	}
	if err := tx.PutCase(ctx, h.rec); err != nil {
		return err
	}
	if err := s.decided(ctx, tx, l, h, h.opening().Home, e); err != nil {
		return err
	}
	return s.sendCase(ctx, tx, h, h.opening().Home, caseContent{events: []CaseEvent{kept}})
}

// attachments names objects by the bytes they have now.
func attachments(ctx context.Context, r Reader, ids []string) ([]casework.Attachment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	heads, err := r.Heads(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []casework.Attachment
	for _, id := range ids {
		n := slices.IndexFunc(heads[id], func(h Head) bool { return h.State == Live })
		if n < 0 {
			return nil, fault.New(fault.NotFound, "object.unknown", "There is no object %s.", id).At("/objects", id)
		}
		out = append(out, casework.Attachment{Hash: heads[id][n].Hash, ID: id})
	}
	return out, nil
}

// notices are the receipts that a step others were silent on has to bring: those
// this node was given for the event that began the silence.
func (s *Service) notices(ctx context.Context, r Reader, h *heldCase, e casework.Event) ([]string, error) {
	about, silent := h.SilentOn(e)
	if !silent {
		return nil, nil
	}
	messages, err := r.CaseMessages(ctx, h.rec.ID)
	if err != nil {
		return nil, err
	}
	l, err := s.lawAt(ctx, r)
	if err != nil {
		return nil, err
	}
	var out []string
	told := map[party.ID]bool{}
	for _, m := range messages {
		receipt := receiptOf(m)
		if by, _, err := casework.Notice(receipt, about, l.caseLaw().Keys); err == nil && !told[by] {
			told[by] = true
			out = append(out, string(receipt))
		}
	}
	return out, nil
}

// keepCaseEvent stores an event with its leaf, new or in its place.
func (s *Service) keepCaseEvent(ctx context.Context, tx Tx, h *heldCase, e CaseEvent) error {
	leaf, err := s.append(ctx, tx, transparency.EventCase, caseEvent{
		Case: e.Case, Event: e.Digest, By: e.By, From: e.From, At: e.At, State: e.State, Code: e.Code,
		Seq: e.Order.Seq, Order: orderDigest(e), Head: ident.Sum(h.rec.Head),
	})
	if err != nil {
		return err
	}
	e.Leaf = leaf
	if n := slices.IndexFunc(h.events, func(x CaseEvent) bool { return x.Digest == e.Digest }); n >= 0 {
		h.events[n] = e
	} else {
		h.events = append(h.events, e)
	}
	return tx.PutCaseEvent(ctx, e)
}

// caseEvent is what the log commits to when an event is kept or gets its place.
type caseEvent struct {
	Case  string         `json:"case"`
	Event ident.Digest   `json:"event"`
	By    party.ID       `json:"by"`
	From  party.ID       `json:"from"`
	At    time.Time      `json:"at"`
	State CaseEventState `json:"state"`
	Code  string         `json:"code,omitempty"`
	Seq   int            `json:"seq,omitzero"`
	Order ident.Digest   `json:"order,omitzero"`
	Head  ident.Digest   `json:"head,omitzero"`
}

func orderDigest(e CaseEvent) ident.Digest {
	if e.Order.Seq == 0 {
		return ident.Digest{}
	}
	return e.Order.Digest(e.Case)
}
