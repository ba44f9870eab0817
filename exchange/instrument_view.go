package exchange

import (
	"context"
	"strings"
	"time"

	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// TextView is one version of an instrument with what its parties did to it.
type TextView struct {
	ID      string       `json:"id"`
	Version string       `json:"version"`
	Title   string       `json:"title"`
	Hash    ident.Digest `json:"hash"`
	// Records is the digest of what the parties' records come to: two nodes that
	// show the same one derive the same status, now and at any time.
	Records ident.Digest     `json:"records,omitzero"`
	Active  bool             `json:"active"` // a person activated it on this node
	By      string           `json:"by,omitempty"`
	From    party.ID         `json:"from,omitempty"` // who brought the text, when it is only proposed
	Phase   instrument.Phase `json:"phase"`
	Why     string           `json:"why"`
	Parties []PartyView      `json:"parties"`
	Acts    []ActView        `json:"acts"`
	Sent    []Sent           `json:"sent"`
	// Clauses are shown to whoever is asked to sign: the words, and beside them
	// what the machine understood (ASSURANCE.md T6). Absent from lists.
	Clauses []UnderstoodClause `json:"clauses,omitempty"`
}

// UnderstoodClause is a clause in its words and as the machine applies it.
type UnderstoodClause struct {
	Clause     string `json:"clause"`
	Cite       string `json:"cite"`
	Text       string `json:"text,omitempty"`
	Understood string `json:"understood"`
}

// PartyView says what a party's place in the text rests on: what the file says is
// asserted by whoever activated it; acts are signed by the party itself.
type PartyView struct {
	Party    party.ID `json:"party"`
	Basis    string   `json:"basis"` // none, asserted, signed, asserted and signed
	Asserted []string `json:"asserted,omitempty"`
	Signed   []string `json:"signed,omitempty"`
	Bound    bool     `json:"bound"`
}

// ActView is one act with what it is worth today.
type ActView struct {
	Act      instrument.ActKind `json:"act"`
	Party    party.ID           `json:"party"`
	At       time.Time          `json:"at"`
	Detail   string             `json:"detail,omitempty"`
	Digest   ident.Digest       `json:"digest"`
	From     party.ID           `json:"from"`     // who brought it
	Received time.Time          `json:"received"` // when it came
	Verified bool               `json:"verified"` // its signature holds by the party's card of today
	Counts   bool               `json:"counts"`
	Why      string             `json:"why,omitempty"`  // when it does not count
	Flag     string             `json:"flag,omitempty"` // to be looked at
	Leaf     int64              `json:"leaf"`
	Envelope []byte             `json:"envelope"` // as it was signed
}

// Sent is where a publication stands, and what the recipient did not take.
type Sent struct {
	Publication
	Refused []string `json:"refused,omitempty"`
}

// InstrumentText returns one text with all acts on it: the newest version of an
// id, or the one named by id@version or hash. It returns a not-found fault.
func (s *Service) InstrumentText(ctx context.Context, name string) (TextView, error) {
	return read(ctx, s, func(r Reader) (TextView, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return TextView{}, err
		}
		d, err := l.deeds.find(name)
		if err != nil {
			return TextView{}, err
		}
		v := s.textView(l, d)
		v.Clauses = understood(d.Doc)
		if v.Records, err = d.Doc.RecordsDigest(); err != nil {
			return v, err
		}
		sent, err := r.Publications(ctx, d.Doc.Hash)
		for _, p := range sent {
			v.Sent = append(v.Sent, sentOf(p))
		}
		return v, err
	})
}

// InstrumentTexts lists every text that is here, active or only proposed, without
// what was sent of it.
func (s *Service) InstrumentTexts(ctx context.Context) ([]TextView, error) {
	return read(ctx, s, func(r Reader) ([]TextView, error) {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return nil, err
		}
		out := make([]TextView, 0, len(l.deeds.docs))
		for _, doc := range l.deeds.docs {
			out = append(out, s.textView(l, l.deeds.derived[doc.Hash]))
		}
		return out, nil
	})
}

func (s *Service) textView(l *law, d instrument.Derived) TextView {
	now := s.time()
	v := TextView{ID: d.Doc.ID, Version: d.Doc.Version, Title: d.Doc.Title, Hash: d.Doc.Hash, Acts: []ActView{}, Sent: []Sent{}}
	v.Phase, v.Why = instrument.PhaseAt(d.Doc, d.Acts, l.deeds.later(d.Doc.Hash), now)
	if a, ok := l.deeds.active[d.Doc.Hash]; ok {
		v.Active, v.By = true, a.By
	}
	for _, t := range l.deeds.texts {
		if t.Hash == d.Doc.Hash {
			v.From = t.From
		}
	}
	records := map[ident.Digest]ActRecord{}
	for _, rec := range l.deeds.records[d.Doc.Hash] {
		records[rec.Digest] = rec
		if err, wrong := l.deeds.wrong[rec.Digest]; wrong {
			v.Acts = append(v.Acts, unverifiedView(rec, err))
		}
	}
	for _, j := range d.Acts {
		v.Acts = append(v.Acts, actView(j, records[j.Digest]))
	}
	v.Parties = partyViews(l.deeds.written(d.Doc.Hash), d, now)
	return v
}

// draftView is what a text would look like with acts that are not kept.
func (s *Service) draftView(l *law, p proposal, drafts []draft) TextView {
	all := make([]instrument.Signed, 0, len(drafts))
	records := map[ident.Digest]ActRecord{}
	for _, j := range l.deeds.derived[p.doc.Hash].Acts {
		all = append(all, j.Signed)
	}
	for _, rec := range l.deeds.records[p.doc.Hash] {
		records[rec.Digest] = rec
	}
	for _, d := range drafts {
		all = append(all, d.Signed)
		records[d.Digest] = ActRecord{Digest: d.Digest, From: s.self, At: s.time(), Envelope: d.envelope}
	}
	doc := p.doc
	d := instrument.Derived{Doc: instrument.WithActs(doc, all), Acts: instrument.Judge(doc, all)}
	v := TextView{ID: doc.ID, Version: doc.Version, Title: doc.Title, Hash: doc.Hash, From: s.self, Acts: []ActView{}, Sent: []Sent{}}
	if a, ok := l.deeds.active[doc.Hash]; ok {
		v.Active, v.By = true, a.By
	}
	v.Phase, v.Why = instrument.PhaseAt(d.Doc, d.Acts, l.deeds.later(doc.Hash), s.time())
	for _, j := range d.Acts {
		v.Acts = append(v.Acts, actView(j, records[j.Digest]))
	}
	v.Parties, v.Clauses = partyViews(doc, d, s.time()), understood(doc)
	return v
}

func understood(doc *instrument.Instrument) []UnderstoodClause {
	out := make([]UnderstoodClause, 0, len(doc.Clauses))
	for _, o := range doc.Outline() {
		out = append(out, UnderstoodClause{Clause: o.Clause, Cite: o.Cite, Text: o.Text, Understood: o.Sentence})
	}
	return out
}

func actView(j instrument.Judged, rec ActRecord) ActView {
	return ActView{
		Act: j.Act.Act, Party: j.Party, At: j.At, Detail: detail(&j.Act), Digest: j.Digest, From: rec.From, Received: rec.At,
		Verified: true, Counts: j.Counts, Why: j.Why, Flag: j.Flag, Leaf: rec.Leaf, Envelope: rec.Envelope,
	}
}

// unverifiedView shows an act whose signature no longer holds.
func unverifiedView(rec ActRecord, cause error) ActView {
	v := ActView{Party: rec.Party, Digest: rec.Digest, From: rec.From, Received: rec.At, Leaf: rec.Leaf, Envelope: rec.Envelope, Why: fault.CodeOf(cause)}
	if st, err := envelope.OpenStatement(rec.Envelope, instrument.ActPayloadType); err == nil {
		if a, err := instrument.ParseAct(st.Payload); err == nil {
			v.Act, v.At, v.Detail = a.Act, a.At, detail(&a)
		}
	}
	return v
}

// detail says in a few words what an act carries.
func detail(a *instrument.Act) string {
	var words []string
	switch {
	case a.Reservation != nil:
		words = append(words, a.Reservation.ID)
		if len(a.Reservation.Excludes) > 0 {
			words = append(words, "excludes "+strings.Join(a.Reservation.Excludes, ", "))
		}
		for _, m := range a.Reservation.Modifies {
			words = append(words, "modifies "+m.Clause)
		}
	case a.Withdraws != "":
		words = append(words, a.Withdraws)
	case a.Objection != nil:
		words = append(words, "to "+a.Objection.Reservation+" of "+string(a.Objection.To))
		if a.Objection.PrecludesEntryIntoForce {
			words = append(words, "keeps it out of force between the two")
		}
	case a.Declaration != nil:
		words = append(words, a.Declaration.Text)
	case a.Notified != nil:
		words = append(words, "of "+a.Notified.Act.Short())
	}
	if a.Note != "" {
		words = append(words, a.Note)
	}
	return strings.Join(words, "; ")
}

// written is the text as its file says, without acts.
func (d *deeds) written(hash ident.Digest) *instrument.Instrument {
	for _, doc := range d.docs {
		if doc.Hash == hash {
			return doc
		}
	}
	return nil
}

// partyViews tells apart what the file asserts and what the parties signed.
func partyViews(written *instrument.Instrument, d instrument.Derived, now time.Time) []PartyView {
	out := []PartyView{}
	for _, p := range written.Parties {
		v := PartyView{Party: p.Party, Basis: "none"}
		for _, e := range p.Events {
			v.Asserted = append(v.Asserted, e.Kind)
		}
		for _, r := range p.Reservations {
			v.Asserted = append(v.Asserted, "reservation "+r.ID)
		}
		for _, a := range d.Acts {
			if a.Counts && a.Party == p.Party {
				v.Signed = append(v.Signed, string(a.Act.Act))
			}
		}
		switch {
		case len(v.Asserted) > 0 && len(v.Signed) > 0:
			v.Basis = "asserted and signed"
		case len(v.Asserted) > 0:
			v.Basis = "asserted"
		case len(v.Signed) > 0:
			v.Basis = "signed"
		}
		v.Bound, _ = d.Doc.Binds(p.Party, now)
		out = append(out, v)
	}
	return out
}

// InstrumentSource returns the file of a text, byte for byte, with its name. It
// returns a not-found fault.
func (s *Service) InstrumentSource(ctx context.Context, name string) (file string, source []byte, err error) {
	err = s.store.Read(ctx, func(r Reader) error {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return err
		}
		d, err := l.deeds.find(name)
		if err == nil {
			file, source = l.deeds.source(d.Doc.Hash)
		}
		return err
	})
	return file, source, err
}
