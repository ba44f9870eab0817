package exchange

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"entente/exchange/envelope"
	"entente/instrument"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// PublishRequest sends a text and every act on it to partners.
type PublishRequest struct {
	Instrument string     `json:"instrument"`   // id, id@version or hash
	To         []party.ID `json:"to,omitempty"` // none = the parties of the text this node knows
	DryRun     bool       `json:"dry_run,omitempty"`
}

// PublishReport says what leaves for whom.
type PublishReport struct {
	Instrument string       `json:"instrument"`
	Hash       ident.Digest `json:"hash"`
	Acts       int          `json:"acts"`
	To         []party.ID   `json:"to"`
}

// publicationEvent is what the log commits to when a text leaves.
type publicationEvent struct {
	Publication string        `json:"publication"`
	To          party.ID      `json:"to"`
	At          time.Time     `json:"at"`
	Envelope    ident.Digest  `json:"envelope"`
	Items       []ReleaseItem `json:"items"`
}

// PublishInstrument puts a text, the versions that led to it and all acts on them
// into the outbox for each recipient. Acts of others go along as they came: they count by their own
// signatures, whoever carries them. It returns a not-found fault for a text or a
// recipient this node does not know.
func (s *Service) PublishInstrument(ctx context.Context, in PublishRequest) (PublishReport, error) {
	var rep PublishReport
	var texts []*instrument.Instrument
	run := func(r Reader) (*law, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return nil, err
		}
		d, err := l.deeds.find(in.Instrument)
		if err != nil {
			return nil, err
		}
		rep = PublishReport{Instrument: d.Doc.Ref(), Hash: d.Doc.Hash}
		texts = l.deeds.lineage(d.Doc)
		for _, doc := range texts {
			rep.Acts += len(l.deeds.sound(doc.Hash))
		}
		rep.To, err = s.addressees(l, d.Doc, in.To)
		return l, err
	}
	if in.DryRun {
		err := s.store.Read(ctx, func(r Reader) error {
			_, err := run(r)
			return err
		})
		return rep, err
	}
	err := s.store.Write(ctx, func(tx Tx) error {
		l, err := run(tx)
		if err != nil {
			return err
		}
		for _, to := range rep.To {
			for _, doc := range texts {
				if err := s.publish(ctx, tx, l, doc, to); err != nil {
					return err
				}
			}
		}
		return nil
	})
	s.wake()
	return rep, err
}

// addressees are who is to get a text.
func (s *Service) addressees(l *law, doc *instrument.Instrument, to []party.ID) ([]party.ID, error) {
	if len(to) == 0 {
		for _, p := range doc.Parties {
			to = append(to, p.Party)
		}
		to = append(to, doc.Depositary)
		to = slices.DeleteFunc(to, func(id party.ID) bool {
			_, known := l.parties[id]
			return !known || id == s.self
		})
	}
	if len(to) == 0 {
		return nil, fault.New(fault.NotFound, "act.nobody", "This node knows none of the other parties of %s.", doc.Ref()).
			Try("Add their cards, or say with --to who is to get it.")
	}
	actors, err := l.candidates(to, s.self)
	ids := make([]party.ID, len(actors))
	for n, a := range actors {
		ids[n] = a.ID
	}
	return ids, err
}

// lineage are the versions that led to a text, as far as they are here, the
// oldest first: whom an amendment binds is for the rule of the version before.
func (d *deeds) lineage(doc *instrument.Instrument) []*instrument.Instrument {
	out := []*instrument.Instrument{doc}
	for {
		before := slices.IndexFunc(d.docs, func(o *instrument.Instrument) bool { return o.Hash.String() == out[0].Supersedes })
		if before < 0 {
			return out
		}
		out = slices.Insert(out, 0, d.docs[before])
	}
}

// sound are the acts on a text whose signatures hold today.
func (d *deeds) sound(text ident.Digest) []ActRecord {
	return slices.DeleteFunc(slices.Clone(d.records[text]), func(rec ActRecord) bool { return d.wrong[rec.Digest] != nil })
}

// publish seals the message for one recipient and enqueues it.
func (s *Service) publish(ctx context.Context, tx Tx, l *law, doc *instrument.Instrument, to party.ID) error {
	file, source := l.deeds.source(doc.Hash)
	now := s.time()
	msg := envelope.Message{
		Kind: kindInstrument, ID: ident.New(), To: to, At: now,
		Publication: &envelope.Publication{Instrument: doc.ID, Version: doc.Version, Hash: doc.Hash, File: file},
	}
	objects := [][]byte{source}
	for _, rec := range l.deeds.sound(doc.Hash) {
		objects = append(objects, rec.Envelope)
	}
	event := publicationEvent{Publication: msg.ID, To: to, At: now}
	for n, raw := range objects {
		id := "act/" + ident.Sum(raw).String()
		if n == 0 {
			id = "text/" + doc.Ref()
		}
		msg.Objects = append(msg.Objects, envelope.Item{ID: id, Hash: ident.Sum(raw)})
		event.Items = append(event.Items, ReleaseItem{ObjectID: id, SentID: id, SentHash: ident.Sum(raw)})
	}
	body, err := s.seal(msg, objects)
	if err != nil {
		return err
	}
	event.Envelope = ident.Sum(body.Envelope)
	p := Publication{ID: msg.ID, Text: doc.Hash, To: to, At: now, State: DeliveryQueued, StateAt: now, Envelope: body.Envelope}
	if p.Leaf, err = s.append(ctx, tx, transparency.EventPublication, event); err != nil {
		return err
	}
	if err := tx.PutPublication(ctx, p); err != nil {
		return err
	}
	return tx.Enqueue(ctx, Delivery{ID: ident.New(), Kind: kindInstrument, Ref: p.ID, To: to, State: DeliveryQueued, NextAt: now})
}

// publicationBody collects what a publication says it brings.
func publicationBody(ctx context.Context, r Reader, id string) (envelope.Body, int64, error) {
	p, err := r.Publication(ctx, id)
	if err != nil {
		return envelope.Body{}, 0, err
	}
	m, err := envelope.Kept(p.Envelope)
	if err != nil {
		return envelope.Body{}, 0, err
	}
	held := map[ident.Digest][]byte{}
	records, err := r.Instruments(ctx)
	for _, rec := range records {
		held[ident.Sum(rec.Source)] = rec.Source
	}
	texts, err2 := r.Texts(ctx)
	for _, t := range texts {
		held[ident.Sum(t.Source)] = t.Source
	}
	acts, err3 := r.Acts(ctx)
	for _, a := range acts {
		held[a.Digest] = a.Envelope
	}
	b := envelope.Body{Envelope: p.Envelope}
	for _, it := range m.Objects {
		b.Objects = append(b.Objects, held[it.Hash])
	}
	return b, p.Leaf, errors.Join(err, err2, err3)
}

// settlePublication records what a recipient answered.
func settlePublication(ctx context.Context, tx Tx, id, state string, answer []byte, now time.Time) error {
	p, err := tx.Publication(ctx, id)
	if err != nil {
		return err
	}
	p.State, p.StateAt = state, now
	if answer != nil {
		p.Receipt = answer
	}
	return tx.PutPublication(ctx, p)
}

// sentOf reads from the receipt what the recipient did not take.
func sentOf(p Publication) Sent {
	s := Sent{Publication: p}
	b, err := envelope.DecodeBody(p.Receipt)
	if err != nil {
		return s
	}
	m, err := envelope.Kept(b.Envelope)
	if err != nil || m.Receipt == nil {
		return s
	}
	for _, it := range m.Receipt.Items {
		if it.Code != "" {
			s.Refused = append(s.Refused, it.ID+": "+it.Code)
		}
	}
	return s
}

// takeActs takes in a text and the acts on it, each act on its own. The text
// stays inactive; acts count by their signatures.
func (s *Service) takeActs(ctx context.Context, in *incoming) ([]envelope.ItemReceipt, error) {
	var items []envelope.ItemReceipt
	err := s.store.Write(ctx, func(tx Tx) error {
		items = items[:0]
		i := actIntake{s: s, in: in}
		if err := i.prepare(ctx, tx); err != nil {
			return err
		}
		refused := 0
		for n, it := range in.msg.Objects {
			err := i.wrong[n]
			if err == nil {
				err = i.take(ctx, tx, n)
			}
			if k := fault.KindOf(err); err != nil && (k == fault.Internal || k == fault.Unavailable) {
				return err
			}
			r := envelope.ItemReceipt{ID: it.ID, Hash: it.Hash, Result: "stored"}
			if err != nil {
				refused++
				if tells(err) {
					r.Result, r.Code = ResultQuarantined, fault.CodeOf(err)
				}
				if err := i.refuse(ctx, tx, n, err); err != nil {
					return err
				}
			}
			items = append(items, r)
		}
		if in.held {
			return nil // recorded before the answer was lost
		}
		return s.remember(ctx, tx, in, nil, len(items)-refused, refused)
	})
	return items, err
}

// tells reports whether a sender is told of a refusal. How many texts and acts are
// held is not only its own doing: who could tell one that is held from one that is
// not could ask which texts this node knows.
func tells(err error) bool {
	code := fault.CodeOf(err)
	return code != "act.too-many" && code != "act.no-text"
}

// actIntake is the work on one publication.
type actIntake struct {
	s     *Service
	in    *incoming
	law   *law
	doc   *instrument.Instrument
	wrong []error // what is wrong with the bytes of each object
	held  map[ident.Digest]bool
	count map[party.ID]int // acts of each party on this text
	texts int              // texts the sender proposed before
	epoch int64
}

func (i *actIntake) prepare(ctx context.Context, tx Tx) error {
	var err error
	if i.law, err = i.s.lawAt(ctx, tx); err != nil {
		return err
	}
	i.wrong = slices.Clone(envelope.Match(i.in.msg, i.in.body.Objects))
	i.held, i.count = map[ident.Digest]bool{}, map[party.ID]int{}
	for _, t := range i.law.deeds.texts {
		i.held[t.Hash] = true
		if t.From == i.in.from.ID {
			i.texts++
		}
	}
	for _, rec := range i.law.deeds.records[i.in.msg.Publication.Hash] {
		i.held[rec.Digest] = true
		i.count[rec.Party]++
	}
	return nil
}

// take stores one object of the message: the text first, then acts on it.
func (i *actIntake) take(ctx context.Context, tx Tx, n int) error {
	raw := i.in.body.Objects[n]
	if n == 0 {
		return i.takeText(ctx, tx, raw)
	}
	if i.doc == nil {
		return fault.New(fault.Invalid, "act.no-text", "The text the act is about was not taken.")
	}
	a, err := openAct(raw, i.law.parties)
	if err != nil {
		return err
	}
	if a.Hash != i.doc.Hash || a.Instrument != i.doc.ID || a.Version != i.doc.Version {
		return fault.New(fault.Unverified, "act.text", "The act is about another text than the one it came with.")
	}
	if a.At.After(i.s.time().Add(clockSkew)) {
		return fault.New(fault.Unverified, "act.future", "The act is dated %s, which has not come.", a.At.Format(time.RFC3339))
	}
	if i.held[a.Digest] {
		return nil
	}
	if i.count[a.Party]++; i.count[a.Party] > maxActs {
		return fault.New(fault.Conflict, "act.too-many", "A party does at most %d acts on one text.", maxActs)
	}
	if err := i.open(ctx, tx); err != nil {
		return err
	}
	i.held[a.Digest] = true
	return i.s.keepAct(ctx, tx, draft{Signed: a.Signed, envelope: raw}, i.in.from.ID, "", i.s.time(), i.epoch)
}

// open moves the legal epoch once for all that the message changes.
func (i *actIntake) open(ctx context.Context, tx Tx) (err error) {
	if i.epoch == 0 {
		i.epoch, err = tx.BumpEpoch(ctx)
	}
	return err
}

func (i *actIntake) takeText(ctx context.Context, tx Tx, raw []byte) error {
	p := i.in.msg.Publication
	doc, err := instrument.Load(p.File, raw)
	if err != nil {
		return err
	}
	if doc.Hash != p.Hash || doc.ID != p.Instrument || doc.Version != p.Version {
		return fault.New(fault.Unverified, "act.text", "The text is not the one the message names.")
	}
	if len(doc.Parties) > 0 && doc.Depositary != i.s.self && !slices.ContainsFunc(doc.Parties, func(r instrument.PartyRecord) bool { return r.Party == i.s.self }) {
		return fault.New(fault.Invalid, "act.not-concerned", "The text names this node's party neither as a party nor as depositary.")
	}
	i.doc = doc
	_, active := i.law.deeds.active[doc.Hash]
	if active || i.held[doc.Hash] {
		return nil
	}
	if i.texts >= maxTexts {
		i.doc = nil
		return fault.New(fault.Conflict, "act.too-many", "A party proposes at most %d texts.", maxTexts)
	}
	if err := i.open(ctx, tx); err != nil {
		return err
	}
	return i.s.keepText(ctx, tx, proposal{doc: doc, file: p.File, source: raw}, i.in.from.ID, i.epoch)
}

// refuse keeps what was refused with the reason, unless the message was recorded
// before and only its answer was lost.
func (i *actIntake) refuse(ctx context.Context, tx Tx, n int, cause error) error {
	if i.in.held {
		return nil
	}
	it := i.in.msg.Objects[n]
	r := stix.Rejected{Pointer: "/objects/" + strings.TrimPrefix(it.ID, "act/"), ID: it.ID, Code: fault.CodeOf(cause), Detail: "object refused", Hash: it.Hash}
	if f, ok := errors.AsType[*fault.Error](cause); ok {
		r.Detail, r.Next = f.Message, f.Next
	}
	if n < len(i.in.body.Objects) {
		r.Raw = i.in.body.Objects[n]
	}
	return i.s.quarantine(ctx, tx, Provenance{From: i.in.from.ID, At: i.s.time(), Source: "message " + i.in.msg.ID}, r)
}
