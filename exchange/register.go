package exchange

import (
	"context"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
	"entente/transparency"
)

// lawEvent is what the log commits to when the legal epoch moves.
type lawEvent struct {
	Epoch  int64        `json:"epoch"`
	Change string       `json:"change"` // party, instrument, text, act, fact, fact-withdrawn
	ID     string       `json:"id"`
	Hash   ident.Digest `json:"hash,omitzero"`
	By     string       `json:"by,omitempty"`
	At     time.Time    `json:"at"`
}

// changeLaw runs f and moves the epoch with a leaf, in one transaction.
func (s *Service) changeLaw(ctx context.Context, e lawEvent, f func(tx Tx) error) error {
	e.At = s.time()
	err := s.store.Write(ctx, func(tx Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		var err error
		if e.Epoch, err = tx.BumpEpoch(ctx); err != nil {
			return err
		}
		_, err = s.append(ctx, tx, transparency.EventLaw, e)
		return err
	})
	s.wake()
	return err
}

// AddParty brings in a party's card. The fingerprint must be the one compared
// with the party out of band; a card without it proves nothing.
//
// The identity that a card claims counts only when it is given beside it, as the
// party says it; see decision 013.
func (s *Service) AddParty(ctx context.Context, in AddPartyRequest) (AddedParty, error) {
	p, err := party.ParseCard(in.Card)
	added := AddedParty{Party: p}
	if err != nil {
		return added, err
	}
	fingerprint := p.Fingerprint()
	if in.Fingerprint != fingerprint.String() {
		return added, fault.New(fault.Unverified, "party.fingerprint", "The card's fingerprint is %s, which is not the one given.", fingerprint).
			Try("Compare the fingerprint with the party by telephone or in person, then give it.").At("/fingerprint", "does not match")
	}
	if p.Exercise != s.exercise {
		return added, fault.New(fault.Conflict, "party.exercise", "%s is %s, and this node is %s.", p.ID, played(p.Exercise), played(s.exercise)).
			At("/exercise", "is another one").Try("Ask the party for the card of its node in the same exercise, or of its node in earnest.")
	}
	if in.DryRun {
		added.Claim, err = read(ctx, s, func(r Reader) (*Claim, error) { return s.checkAdded(ctx, r, p, in) })
		return added, err
	}
	err = s.changeLaw(ctx, lawEvent{Change: "party", ID: string(p.ID), Hash: fingerprint}, func(tx Tx) error {
		if added.Claim, err = s.checkAdded(ctx, tx, p, in); err != nil {
			return err
		}
		if err := tx.PutParty(ctx, p, s.time()); err != nil {
			return err
		}
		return tx.ConfirmIdentity(ctx, p.ID, added.Claim != nil && added.Claim.Counts)
	})
	return added, err
}

// checkAdded holds a card against the parties known and says what its claim is worth.
func (s *Service) checkAdded(ctx context.Context, r Reader, p party.Party, in AddPartyRequest) (*Claim, error) {
	if err := checkUnlike(ctx, r, p); err != nil {
		return nil, err
	}
	return judgeClaim(ctx, r, p, in)
}

// checkUnlike refuses a display name that can be mistaken for another party's
// (T2), and an identity that somebody here confirmed to be another's.
func checkUnlike(ctx context.Context, r Reader, p party.Party) error {
	known, err := r.Parties(ctx)
	if err != nil {
		return err
	}
	confirmed, err := r.ConfirmedIdentities(ctx)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.ID != p.ID && (party.Confusable(k.Name, p.Name) || party.Confusable(string(k.ID), string(p.ID))) {
			return fault.New(fault.Conflict, "party.confusable", "The name %q can be mistaken for that of %s.", p.Name, k.ID).At("/name", "is confusable")
		}
		if k.ID != p.ID && p.Identity != "" && k.Identity == p.Identity && slices.Contains(confirmed, k.ID) {
			return fault.New(fault.Conflict, "party.identity", "The identity on the card is that of %s already.", k.ID).At("/identity", "is another party's").
				Try("Ask both parties which of them creates objects under it.")
		}
	}
	return nil
}

// Parties lists every known party, this node's own included, by id.
func (s *Service) Parties(ctx context.Context) ([]party.Party, error) {
	return read(ctx, s, func(r Reader) ([]party.Party, error) { return r.Parties(ctx) })
}

// Party returns one party or a not-found fault.
func (s *Service) Party(ctx context.Context, id party.ID) (party.Party, error) {
	return read(ctx, s, func(r Reader) (party.Party, error) { return r.Party(ctx, id) })
}

// AddInstrument activates an instrument on this node in the name of the person
// who answers for its encoding. A document that does not load, that does not
// follow the version before it, or whose vectors fail is refused. The version
// before it stays: it is the law until the new one is in force.
func (s *Service) AddInstrument(ctx context.Context, in AddInstrumentRequest) (InstrumentView, error) {
	doc, err := instrument.Load(in.File, in.Source)
	if err != nil {
		return InstrumentView{}, err
	}
	if in.By == "" && !doc.Illustrative {
		return InstrumentView{}, fault.New(fault.Invalid, "instrument.owner", "A named legal owner has to answer for the encoding of an instrument.").
			At("/by", "is empty").Try("Give the person's name, or mark the document illustrative.")
	}
	rec := InstrumentRecord{ID: doc.ID, Version: doc.Version, Hash: doc.Hash, Source: in.Source, Activated: s.time(), By: in.By}
	view, err := viewInstrument(rec)
	if err != nil {
		return view, err
	}
	known, err := s.admissible(ctx, doc)
	if err != nil || known || in.DryRun {
		return view, err
	}
	err = s.changeLaw(ctx, lawEvent{Change: "instrument", ID: doc.ID, Hash: doc.Hash, By: in.By}, func(tx Tx) error {
		return tx.AddInstrument(ctx, rec)
	})
	return view, err
}

// Instruments lists the activated versions by id, oldest first.
func (s *Service) Instruments(ctx context.Context) ([]InstrumentView, error) {
	return read(ctx, s, func(r Reader) ([]InstrumentView, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return nil, err
		}
		return l.instruments, nil
	})
}

// Instrument returns the newest activated version or a not-found fault.
func (s *Service) Instrument(ctx context.Context, id string) (InstrumentView, error) {
	views, err := s.Instruments(ctx)
	for _, v := range slices.Backward(views) {
		if v.ID == id {
			return v, nil
		}
	}
	if err == nil {
		err = unknownInstrument(id)
	}
	return InstrumentView{}, err
}

// InstrumentStatus says what an instrument is between two parties at an instant.
// The zero instant is now.
func (s *Service) InstrumentStatus(ctx context.Context, id string, a, b party.ID, at time.Time) (instrument.Standing, error) {
	v, err := s.Instrument(ctx, id)
	if err != nil {
		return instrument.Standing{}, err
	}
	if a == "" {
		a = s.self
	}
	from, err := s.seat(ctx, v.Doc, a)
	if err != nil {
		return instrument.Standing{}, err
	}
	to, err := s.seat(ctx, v.Doc, b)
	if err != nil {
		return instrument.Standing{}, err
	}
	if at.IsZero() {
		at = s.time()
	}
	return v.Doc.Status(from, to, at), nil
}

// seat finds where a party is established. A State that is a party to the
// instrument need not run a node.
func (s *Service) seat(ctx context.Context, doc *instrument.Instrument, id party.ID) (instrument.Seat, error) {
	seat := instrument.Seat{Party: id}
	p, err := s.Party(ctx, id)
	if err == nil {
		seat.Jurisdiction = p.Jurisdiction
	} else if doc.Record(seat) != nil {
		err = nil
	}
	return seat, err
}

// RecordFact records a statement of fact with its evidence; decisions made from
// now on may rely on it.
func (s *Service) RecordFact(ctx context.Context, f Fact) (Fact, error) {
	bad := fault.New(fault.Invalid, "fact.invalid", "The fact is not complete.")
	for _, need := range []struct{ field, value string }{{"/name", f.Name}, {"/issuer", f.Issuer}, {"/evidence", f.Evidence}} {
		if need.value == "" {
			bad = bad.At(need.field, "is empty")
		}
	}
	if f.Name == factOwnObject {
		bad = bad.At("/name", "is established by the node itself")
	}
	if len(bad.Fields) > 0 {
		return f, bad.Try("Say what is the case, who says so and where it can be checked.")
	}
	now := s.time()
	if f.ID == "" {
		f.ID = ident.New()
	}
	if f.From.IsZero() {
		f.From = now
	}
	f, err := read(ctx, s, func(r Reader) (Fact, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return f, err
		}
		return l.derogate(f)
	})
	if err != nil {
		return f, err
	}
	err = s.changeLaw(ctx, lawEvent{Change: "fact", ID: f.ID, By: f.Issuer}, func(tx Tx) error {
		return tx.PutFact(ctx, f)
	})
	return f, err
}

// WithdrawFact takes a fact back: decisions made from now on do not rely on it,
// and releases that did are recalled.
func (s *Service) WithdrawFact(ctx context.Context, id string) (Withdrawal, error) {
	facts, err := s.Facts(ctx)
	if err != nil {
		return Withdrawal{}, err
	}
	var w Withdrawal
	for _, f := range facts {
		if f.ID == id {
			w.Fact = f
		}
	}
	if w.Fact.ID == "" {
		return w, fault.New(fault.NotFound, "fact.unknown", "There is no fact %s that could be withdrawn.", id).Try("List the facts that count.")
	}
	s.reconsidering.Lock()
	defer s.reconsidering.Unlock()
	if err = s.changeLaw(ctx, lawEvent{Change: "fact-withdrawn", ID: id}, func(tx Tx) error {
		return tx.WithdrawFact(ctx, id, s.time())
	}); err != nil {
		return w, err
	}
	done, err := s.reconsiderAll(ctx)
	done.Fact = w.Fact
	return done, err
}

// Facts lists what is recorded and not withdrawn, oldest first.
func (s *Service) Facts(ctx context.Context) ([]Fact, error) {
	return read(ctx, s, func(r Reader) ([]Fact, error) { return r.Facts(ctx) })
}

// KeepSelf records this node's own card when it is new or has changed, for
// instance by a new key. It is called when the node starts.
func (s *Service) KeepSelf(ctx context.Context, p party.Party) error {
	held, err := s.Party(ctx, p.ID)
	if err == nil && held.Fingerprint() == p.Fingerprint() {
		return nil
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	err = s.changeLaw(ctx, lawEvent{Change: "party", ID: string(p.ID), Hash: p.Fingerprint()}, func(tx Tx) error {
		if err := tx.PutParty(ctx, p, s.time()); err != nil {
			return err
		}
		return tx.ConfirmIdentity(ctx, p.ID, true)
	})
	return err
}

// admissible holds a document against the instruments that are active and
// against its own vectors. It reports whether exactly this document is active
// already, in which case there is nothing to do.
func (s *Service) admissible(ctx context.Context, doc *instrument.Instrument) (known bool, err error) {
	views, err := s.Instruments(ctx)
	if err != nil {
		return false, err
	}
	docs := []*instrument.Instrument{doc}
	var before *instrument.Instrument // the newest version of the same instrument
	for _, v := range views {
		if v.Hash == doc.Hash {
			return true, nil
		}
		if v.ID == doc.ID {
			before = v.Doc
		}
		docs = append(docs, v.Doc)
	}
	if before != nil {
		if err := instrument.CheckSuccession(before, doc); err != nil {
			return false, err
		}
	}
	if err := instrument.CheckPrecedence(docs); err != nil {
		return false, err
	}
	return false, vectorsHold(doc)
}

// vectorsHold refuses a document that says something else than its parties agreed.
func vectorsHold(doc *instrument.Instrument) error {
	bad := fault.New(fault.Invalid, "instrument.vectors", "Vectors of %s fail; an instrument whose vectors fail is neither signed nor activated.", doc.ID)
	results, err := decision.TestInstrument(doc, privacy.Catalogue())
	if err != nil {
		return err
	}
	for _, r := range results {
		if !r.OK() {
			bad = bad.At("/vectors/"+r.Name, r.Diff)
		}
	}
	if len(bad.Fields) > 0 {
		return bad.Try("Run entente instrument test on the file and settle text and vectors with the other parties.")
	}
	return nil
}
