package exchange

import (
	"context"
	"crypto/ed25519"
	"slices"
	"time"

	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// InstrumentText is a text that a party proposed or that this node signed. It
// binds nobody here until a person activates it.
type InstrumentText struct {
	Hash    ident.Digest // of the canonical text, what acts are about
	ID      string
	Version string
	File    string // base name; its ending says whether Source is YAML or JSON
	Source  []byte
	From    party.ID
	At      time.Time
	Leaf    int64
}

// ActRecord is one act as it came: a DSSE envelope around an [instrument.Act].
type ActRecord struct {
	Digest   ident.Digest // of Envelope
	Text     ident.Digest
	Party    party.ID  // who signed it
	From     party.ID  // who brought it
	At       time.Time // when it came
	Leaf     int64
	Envelope []byte
}

// Publication is a text with its acts on the way to one party.
type Publication struct {
	ID       string       `json:"id"`
	Text     ident.Digest `json:"text"`
	To       party.ID     `json:"to"`
	At       time.Time    `json:"at"`
	State    string       `json:"state"` // queued, delivered, refused
	StateAt  time.Time    `json:"state_at"`
	Leaf     int64        `json:"leaf"`
	Envelope []byte       `json:"-"`
	Receipt  []byte       `json:"-"`
}

// ActReader is what can be read of texts and acts.
type ActReader interface {
	// Texts returns every text kept, oldest first.
	Texts(ctx context.Context) ([]InstrumentText, error)
	// Acts returns every act in the order in which they came.
	Acts(ctx context.Context) ([]ActRecord, error)
	Publication(ctx context.Context, id string) (Publication, error)
	// Publications returns those of one text, oldest first.
	Publications(ctx context.Context, text ident.Digest) ([]Publication, error)
}

// ActTx is what one transaction may add to texts and acts.
type ActTx interface {
	AddText(ctx context.Context, t InstrumentText) error // conflict fault when the text is there already
	AddAct(ctx context.Context, a ActRecord) error       // conflict fault when the act is there already
	PutPublication(ctx context.Context, p Publication) error
}

// maxActs bounds the acts of one party on one text, and maxTexts the texts one
// party may propose: what a partner can make us keep.
const (
	maxActs  = 1000
	maxTexts = 200
)

// openAct verifies an act: it is one, and it is signed with a key that its party
// had when it did it. The keys are those of today's cards, so that an act stops
// counting, wherever it is kept, as soon as its key is known to have been revoked
// before it.
func openAct(raw []byte, parties map[party.ID]party.Party) (opened, error) {
	st, err := envelope.OpenStatement(raw, instrument.ActPayloadType)
	if err != nil {
		return opened{}, err
	}
	a, err := instrument.ParseAct(st.Payload)
	if err != nil {
		return opened{}, err
	}
	o := opened{Signed: instrument.Signed{Act: a, Digest: ident.Sum(raw)}, keyID: st.KeyID}
	p, ok := parties[a.Party]
	if !ok {
		return o, fault.New(fault.Unverified, "act.party", "The act is by %.64q, whom this node does not know.", a.Party).
			Try("Add the party's card, then have the act published again.")
	}
	if o.key, ok = p.VerifyKey(st.KeyID, a.At); !ok {
		return o, fault.New(fault.Unverified, "act.key", "The act is signed with a key that %s did not have on %s.", a.Party, a.At.Format(time.RFC3339)).
			Try("Add the party's newest card; a party whose key was revoked signs again with its new one.")
	}
	return o, st.Verify(o.key)
}

// opened is an act with the key its signature was verified by.
type opened struct {
	instrument.Signed
	keyID string
	key   ed25519.PublicKey
}

// stands reports whether the card of today still gives the same key, so that the
// signature need not be verified again.
func (o opened) stands(parties map[party.ID]party.Party) bool {
	key, ok := parties[o.Party].VerifyKey(o.keyID, o.At)
	return ok && key.Equal(o.key)
}

// deeds is every text this node holds and what its parties did to it.
type deeds struct {
	texts   []InstrumentText
	active  map[ident.Digest]InstrumentView
	docs    []*instrument.Instrument
	derived map[ident.Digest]instrument.Derived
	records map[ident.Digest][]ActRecord // by text, in the order in which they came
	opened  map[ident.Digest]opened      // acts whose signature holds today, by digest
	wrong   map[ident.Digest]error       // and those whose does not
}

// derive collects the acts and applies them to the texts of views, whose
// documents it replaces, and to those that are only proposed. What was verified
// for the law before, which may be nil, is not verified again.
func derive(ctx context.Context, r Reader, views []InstrumentView, parties map[party.ID]party.Party, before *law) (*deeds, error) {
	d := &deeds{
		active: map[ident.Digest]InstrumentView{}, records: map[ident.Digest][]ActRecord{},
		opened: map[ident.Digest]opened{}, wrong: map[ident.Digest]error{},
	}
	for _, v := range views {
		d.active[v.Hash] = v
		d.docs = append(d.docs, v.Doc)
	}
	var err error
	if d.texts, err = r.Texts(ctx); err != nil {
		return nil, err
	}
	for _, t := range d.texts {
		if _, active := d.active[t.Hash]; active {
			continue
		}
		// A text that this version of the program cannot read is left out: what a
		// partner proposed must not keep this node from deciding.
		if doc, err := instrument.Load(t.File, t.Source); err == nil && doc.Hash == t.Hash {
			d.docs = append(d.docs, doc)
		}
	}
	records, err := r.Acts(ctx)
	if err != nil {
		return nil, err
	}
	var acts []instrument.Signed
	for _, rec := range records {
		d.records[rec.Text] = append(d.records[rec.Text], rec)
		a, known := opened{}, false
		if before != nil {
			a, known = before.deeds.opened[rec.Digest]
		}
		if !known || !a.stands(parties) {
			if a, err = openAct(rec.Envelope, parties); err != nil {
				d.wrong[rec.Digest] = err
				continue
			}
		}
		d.opened[rec.Digest] = a
		acts = append(acts, a.Signed)
	}
	d.derived = instrument.Derive(d.docs, acts)
	for n := range views {
		views[n].Doc = d.derived[views[n].Hash].Doc
	}
	return d, nil
}

// find returns the text that a person means: by its hash, by id@version, or by
// its id the newest one that is active. What a partner merely proposed never
// takes the place of an active text; among several proposed ones the person says
// which, so that nobody signs another text than the one it read.
func (d *deeds) find(name string) (instrument.Derived, error) {
	var active, proposed []*instrument.Instrument
	for _, doc := range d.docs {
		if name == doc.Hash.String() {
			return d.derived[doc.Hash], nil
		}
		if name != doc.ID && name != doc.Ref() {
			continue
		}
		if _, ok := d.active[doc.Hash]; ok {
			active = append(active, doc)
		} else {
			proposed = append(proposed, doc)
		}
	}
	switch {
	case len(active) > 0:
		newest := slices.MaxFunc(active, func(a, b *instrument.Instrument) int { return instrument.CompareVersions(a.Version, b.Version) })
		return d.derived[newest.Hash], nil
	case len(proposed) == 1:
		return d.derived[proposed[0].Hash], nil
	case len(proposed) > 1:
		f := fault.New(fault.Conflict, "act.ambiguous", "There are several texts %q here, and none is active.", name).
			Try("Say which one: by id@version, or by its hash.")
		for _, doc := range proposed {
			f = f.At("/instrument", doc.Ref()+" "+doc.Hash.String())
		}
		return instrument.Derived{}, f
	}
	return instrument.Derived{}, fault.New(fault.NotFound, "instrument.unknown", "There is no text %q on this node.", name).
		Try("List the texts with entente instrument acts.")
}

// later are the versions that supersede a text.
func (d *deeds) later(hash ident.Digest) []*instrument.Instrument {
	var out []*instrument.Instrument
	for _, doc := range d.docs {
		if doc.Supersedes == hash.String() {
			out = append(out, d.derived[doc.Hash].Doc)
		}
	}
	return out
}

// source is the file of a text, as it came.
func (d *deeds) source(hash ident.Digest) (file string, source []byte) {
	for _, t := range d.texts {
		if t.Hash == hash {
			return t.File, t.Source
		}
	}
	v := d.active[hash]
	return v.ID + ".yaml", v.Source
}

// last is the digest of the newest act of a party on a text: the one that no
// other of its acts follows, and of several the latest.
func last(acts []instrument.Judged, p party.ID) (digest ident.Digest, at time.Time) {
	follows := map[ident.Digest]bool{}
	for _, a := range acts {
		follows[a.Previous] = true
	}
	for _, a := range slices.Backward(acts) {
		if a.Party == p && !follows[a.Digest] {
			return a.Digest, a.At
		}
	}
	return ident.Digest{}, time.Time{}
}
