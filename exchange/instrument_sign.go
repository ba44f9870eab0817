package exchange

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// ActRequest asks this node's party to do something with a text and to sign it.
type ActRequest struct {
	Instrument string             `json:"instrument,omitempty"` // id, id@version or hash of a text that is here, or
	File       string             `json:"file,omitempty"`       // the name and
	Source     []byte             `json:"source,omitempty"`     // the bytes of the text
	Act        instrument.ActKind `json:"act"`
	By         string             `json:"by"` // who decided it, for the record
	Note       string             `json:"note,omitempty"`
	// Reservation is the id of a reservation: of the one made, withdrawn or
	// objected to. A signature or consent with a reservation is two acts in one.
	Reservation string       `json:"reservation,omitempty"`
	Excludes    []string     `json:"excludes,omitempty"` // clause ids
	Modifies    []byte       `json:"modifies,omitempty"` // file of a reservation, with excludes and modifies
	To          party.ID     `json:"to,omitempty"`       // whose reservation is objected to
	Precludes   bool         `json:"precludes,omitempty"`
	Text        string       `json:"text,omitempty"` // of a declaration
	Notified    ident.Digest `json:"notified,omitzero"`
	DryRun      bool         `json:"dry_run,omitempty"`
}

// SignAct signs one act of this node's party, with its reservation if there is
// one. When it returns, the text, the acts and their log leaves are on disk and a
// new legal epoch is open.
//
// It returns an invalid fault for a text that does not load, whose vectors fail
// or that has errors ("instrument.vectors", "instrument.lint"), a conflict fault
// "act.refused" for an act that would not count and "act.done" for one that was
// done before.
func (s *Service) SignAct(ctx context.Context, in ActRequest) (TextView, error) {
	if in.By == "" {
		return TextView{}, fault.New(fault.Invalid, "act.by", "Somebody has to answer for what the party signs.").
			At("/by", "is empty").Try("Give the name of the person who decided it.")
	}
	text, err := s.signable(ctx, in)
	if err != nil {
		return TextView{}, err
	}
	if in.DryRun {
		return read(ctx, s, func(r Reader) (TextView, error) {
			l, drafts, err := s.drawUp(ctx, r, in, text)
			if err != nil {
				return TextView{}, err
			}
			return s.draftView(l, text, drafts), nil
		})
	}
	err = s.store.Write(ctx, func(tx Tx) error {
		_, drafts, err := s.drawUp(ctx, tx, in, text)
		if err != nil {
			return err
		}
		now := s.time()
		epoch, err := tx.BumpEpoch(ctx)
		if err != nil {
			return err
		}
		if err := s.keepText(ctx, tx, text, s.self, epoch); err != nil {
			return err
		}
		for _, d := range drafts {
			if err := s.keepAct(ctx, tx, d, s.self, in.By, now, epoch); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return TextView{}, err
	}
	s.wake()
	return s.InstrumentText(ctx, text.doc.Hash.String())
}

// proposal is a text with its file.
type proposal struct {
	doc    *instrument.Instrument
	file   string
	source []byte
}

// signable loads the text a request is about and makes sure that it may be
// signed (USERS.md LG-2): it loads, has no error and does what its vectors say.
func (s *Service) signable(ctx context.Context, in ActRequest) (proposal, error) {
	p := proposal{file: filepath.Base(in.File), source: in.Source}
	if len(in.Source) == 0 {
		err := s.store.Read(ctx, func(r Reader) error {
			l, err := s.lawAt(ctx, r)
			if err != nil {
				return err
			}
			found, err := l.deeds.find(in.Instrument)
			if err == nil {
				p.file, p.source = l.deeds.source(found.Doc.Hash)
			}
			return err
		})
		if err != nil {
			return p, err
		}
	}
	var err error
	if p.doc, err = instrument.Load(p.file, p.source); err != nil {
		return p, err
	}
	if in.File == "" && len(in.Source) > 0 {
		p.file = p.doc.ID + ".yaml"
	}
	bad := fault.New(fault.Invalid, "instrument.lint", "%s has errors; an instrument with errors is not signed.", p.doc.ID)
	for _, f := range instrument.Lint(p.doc, s.time()) {
		if f.Level == instrument.Level("error") {
			bad = bad.At("/clauses/"+f.Clause, f.Message)
		}
	}
	if len(bad.Fields) > 0 {
		return p, bad.Try("Run entente instrument lint on the file and correct what it names.")
	}
	return p, vectorsHold(p.doc)
}

// draft is one act ready to be kept.
type draft struct {
	instrument.Signed
	envelope []byte
}

// drawUp builds and signs the acts a request comes to, and makes sure that they
// would count among those that are here.
func (s *Service) drawUp(ctx context.Context, r Reader, in ActRequest, text proposal) (*law, []draft, error) {
	l, err := s.lawAt(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	now := s.time()
	before := l.deeds.derived[text.doc.Hash]
	if before.Doc == nil {
		before = instrument.Derived{Doc: text.doc}
	}
	if err := s.timely(l, before, in, now); err != nil {
		return nil, nil, err
	}
	acts, err := s.actsOf(in, text.doc, now)
	if err != nil {
		return nil, nil, err
	}
	var drafts []draft
	previous, at := last(before.Acts, s.self)
	if at.After(now) {
		return nil, nil, fault.New(fault.Conflict, "act.clock", "The clock of this node is behind the last act of its party, which is dated %s.", at.Format(time.RFC3339)).
			Try("Set the clock right and sign again.")
	}
	all := make([]instrument.Signed, 0, len(before.Acts)+len(acts))
	for _, j := range before.Acts {
		all = append(all, j.Signed)
	}
	for _, a := range acts {
		a.Previous = previous
		d, err := s.sign(a)
		if err != nil {
			return nil, nil, err
		}
		previous = d.Digest
		drafts, all = append(drafts, d), append(all, d.Signed)
	}
	return l, drafts, counted(text.doc, all, drafts)
}

func (s *Service) sign(a instrument.Act) (draft, error) {
	payload, err := a.Encode()
	if err != nil {
		return draft{}, err
	}
	raw, err := envelope.SignStatement(instrument.ActPayloadType, payload, s.keys.ID, s.keys.Private)
	if err != nil {
		return draft{}, err
	}
	return draft{Signed: instrument.Signed{Act: a, Digest: ident.Sum(raw)}, envelope: raw}, nil
}

// counted refuses to sign what would not count.
func counted(doc *instrument.Instrument, all []instrument.Signed, drafts []draft) error {
	for _, j := range instrument.Judge(doc, all) {
		mine := slices.ContainsFunc(drafts, func(d draft) bool { return d.Digest == j.Digest })
		if mine && !j.Counts {
			return refusedAct(j.Act.Act, doc, j.Why)
		}
	}
	return nil
}

func refusedAct(k instrument.ActKind, doc *instrument.Instrument, why string) error {
	return fault.New(fault.Conflict, "act.refused", "The %s of %s would not count (%s).", k, doc.Ref(), why).
		Try("Look at the acts on the text with entente instrument acts %s.", doc.ID)
}

// timely refuses what has no meaning at this moment of the text's life, although
// as an act of a partner it would only be without effect.
func (s *Service) timely(l *law, d instrument.Derived, in ActRequest, now time.Time) error {
	bound, suspended := d.Doc.Binds(s.self, now)
	switch k := in.Act; k {
	case instrument.ActSuspension, instrument.ActDenunciation, instrument.ActWithdrawal:
		if !bound {
			return refusedAct(k, d.Doc, "is about a text that does not bind "+string(s.self))
		}
		if k == instrument.ActSuspension && suspended {
			return done(k, d.Doc)
		}
	case instrument.ActResumption:
		if !suspended {
			return refusedAct(k, d.Doc, "follows no suspension")
		}
	case instrument.ActAmendmentAcceptance, instrument.ActAmendmentObjection:
		if d.Doc.Supersedes == "" {
			return refusedAct(k, d.Doc, "is about a text that amends no other")
		}
	case instrument.ActSignature, instrument.ActRatification, instrument.ActAcceptance, instrument.ActApproval, instrument.ActAccession, instrument.ActProvisional:
		phase, why := instrument.PhaseAt(d.Doc, d.Acts, l.deeds.later(d.Doc.Hash), now)
		if phase == instrument.PhaseTerminated || phase == instrument.PhaseSuperseded {
			return refusedAct(k, d.Doc, "is about a text that is over ("+why+")")
		}
		if again(d.Acts, k, s.self) && (k == instrument.ActSignature || bound) {
			return done(k, d.Doc)
		}
	default: // counts whenever it is done
	}
	return nil
}

func again(acts []instrument.Judged, k instrument.ActKind, p party.ID) bool {
	return slices.ContainsFunc(acts, func(a instrument.Judged) bool { return a.Counts && a.Party == p && a.Act.Act == k })
}

func done(k instrument.ActKind, doc *instrument.Instrument) error {
	return fault.New(fault.Conflict, "act.done", "The %s of %s has been done already.", k, doc.Ref()).
		Try("Look at the acts on the text with entente instrument acts %s.", doc.ID)
}

// actsOf turns a request into what is signed: the act, after its reservation.
func (s *Service) actsOf(in ActRequest, doc *instrument.Instrument, now time.Time) ([]instrument.Act, error) {
	base := instrument.Act{
		Act: in.Act, Instrument: doc.ID, Version: doc.Version, Hash: doc.Hash, Party: s.self, At: now, Note: in.Note,
	}
	reserves := len(in.Excludes) > 0 || len(in.Modifies) > 0
	var acts []instrument.Act
	if reserves {
		if k := in.Act; k != instrument.ActReservation && k != instrument.ActSignature && !k.Consents() {
			return nil, fault.New(fault.Invalid, "act.reservation", "A reservation goes with a signature or with consent to be bound, not with a %s.", k).
				At("/excludes", "does not belong here").Try("Leave it out.")
		}
		v := base
		v.Act = instrument.ActReservation
		var err error
		if v.Reservation, err = reservationOf(in); err != nil {
			return nil, err
		}
		acts = append(acts, v)
	}
	switch in.Act {
	case instrument.ActReservation:
		if !reserves {
			return nil, fault.New(fault.Invalid, "act.reservation", "A reservation says which clauses it takes out or changes.").
				At("/excludes", "is empty").Try("Name the clauses, or give a file that says how they are changed.")
		}
		return acts, nil
	case instrument.ActReservationWithdrawal:
		base.Withdraws = in.Reservation
	case instrument.ActObjection:
		base.Objection = &instrument.ObjectionAct{To: in.To, Reservation: in.Reservation, PrecludesEntryIntoForce: in.Precludes}
	case instrument.ActDeclaration:
		base.Declaration = &instrument.DeclarationAct{ID: "d" + strconv.FormatInt(now.Unix(), 10), Text: in.Text}
	case instrument.ActNotification:
		base.Notified = &instrument.NotificationAct{Act: in.Notified, At: now}
	default:
	}
	return append(acts, base), nil
}

func reservationOf(in ActRequest) (*instrument.ReservationAct, error) {
	v := &instrument.ReservationAct{ID: in.Reservation, Excludes: in.Excludes}
	if len(in.Modifies) > 0 {
		read, err := instrument.ParseReservation(in.Modifies)
		if err != nil {
			return nil, err
		}
		v.Excludes = append(slices.Clone(v.Excludes), read.Excludes...)
		v.Modifies = read.Modifies
		if v.ID == "" {
			v.ID = read.ID
		}
	}
	if v.ID == "" {
		v.ID = "r1"
	}
	return v, nil
}

// keepText stores a text unless it is here, with a leaf.
func (s *Service) keepText(ctx context.Context, tx Tx, p proposal, from party.ID, epoch int64) error {
	t := InstrumentText{
		Hash: p.doc.Hash, ID: p.doc.ID, Version: p.doc.Version, File: p.file, Source: p.source, From: from, At: s.time(),
	}
	known, err := tx.Texts(ctx)
	if err != nil || slices.ContainsFunc(known, func(k InstrumentText) bool { return k.Hash == t.Hash }) {
		return err
	}
	t.Leaf, err = s.append(ctx, tx, transparency.EventLaw, lawEvent{Epoch: epoch, Change: "text", ID: p.doc.Ref(), Hash: t.Hash, By: string(from), At: t.At})
	if err != nil {
		return err
	}
	return tx.AddText(ctx, t)
}

// keepAct stores an act with a leaf that commits to its envelope.
func (s *Service) keepAct(ctx context.Context, tx Tx, d draft, from party.ID, by string, now time.Time, epoch int64) error {
	leaf, err := s.append(ctx, tx, transparency.EventLaw, lawEvent{
		Epoch: epoch, Change: "act", ID: string(d.Party) + " " + string(d.Act.Act) + " " + d.Instrument + "@" + d.Version, Hash: d.Digest, By: by, At: now,
	})
	if err != nil {
		return err
	}
	return tx.AddAct(ctx, ActRecord{Digest: d.Digest, Text: d.Hash, Party: d.Party, From: from, At: now, Leaf: leaf, Envelope: d.envelope})
}
