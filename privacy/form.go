package privacy

import (
	"crypto/sha256"
	"time"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
)

// Item is one object that may leave, with what was found in it and what must
// be done to it first.
type Item struct {
	Object     *intel.Object
	Findings   []Finding
	Transforms []string // ids of the catalogue, in order of application
	// Altered says that the object is not what its creator wrote, so that it
	// leaves as an object of this node even when nothing else changes.
	Altered bool
}

// Scope is within which pseudonyms and derived ids agree.
type Scope struct {
	// Key is 32 secret bytes, one key per (instrument, recipient or community,
	// epoch). Whoever has it can map a form back; nobody else can.
	Key []byte
	// Publisher is the identity of this node: who is answerable for changed
	// objects (STIX 2.1, section 3.6).
	Publisher string
	// Absent are ids that this node has no object of. A reference to one may
	// stay: nothing behind it was withheld. A reference to anything else that
	// is not an item goes.
	Absent []string
	// At is when the form is made. Nothing in the form depends on it: the same
	// objects under the same law give the same bytes tomorrow.
	At time.Time
}

// Form is what leaves, item by item, in the order of the items.
type Form struct {
	Items []Formed
}

// Formed is one item and what became of it.
type Formed struct {
	Original *intel.Object
	Sent     *intel.Object // == Original when nothing changed; nil when it does not leave
	Changes  []Change      // in document order; empty when nothing changed
	Left     string        // why it does not leave, one clause; "" when it does
}

// maxRounds bounds how often a form is looked over again. Every round ends
// clean, takes something out, or drops an object, so few are needed; from
// patience on, whatever is still wrong costs the object.
const (
	maxRounds = 24
	patience  = 6
)

// Build makes the form of items: it applies their transformations, closes the
// graph over what is left, and looks the result over for leftovers. The result
// does not depend on the order of items.
//
// It returns an invalid fault for a scope without a key, a transformation that
// is not in the catalogue or an object given twice, and an internal fault when
// no clean form was reached: then nothing may leave.
func Build(items []Item, sc Scope) (Form, error) {
	b, err := newBuilder(items, sc)
	if err != nil {
		return Form{}, err
	}
	for round := range maxRounds {
		b.strict = round >= patience
		b.close()
		b.render()
		if !b.again {
			return b.form(), nil
		}
	}
	return Form{}, fault.New(fault.Internal, "privacy.unclean", "What was to be removed could not be removed from everything that refers to it.").
		Try("Release fewer objects together.")
}

// piece is one item on its way through Build.
type piece struct {
	obj     *intel.Object
	edits   map[string]edit // by path into the original; kept and added to between rounds
	left    string          // kept between rounds: what is dropped stays dropped
	doomed  string          // what left will be in the next round
	altered bool            // it differs from what its creator wrote
	class   bool            // an identity of which only the class is left
	reason  string          // the last transformation, for the changes of class

	touched bool // this round: its own content changes
	live    int  // this round: references of which one must stay
	state   uint8
	id      string
	out     *intel.Object
	changes []Change
	text    []mention
}

type mention struct{ path, id string }

type builder struct {
	sc      Scope
	pieces  []piece
	at      map[string]int
	absent  map[string]bool
	users   map[string][]use // who refers to an id, and where
	sought  []needle         // what was removed, to be looked for
	queue   []int
	strict  bool
	again   bool
	firstOf map[string]int // this round: which piece has a new id
}

type use struct {
	by   int
	path string
	text bool // in running text
}

func newBuilder(items []Item, sc Scope) (*builder, error) {
	if len(sc.Key) < sha256.Size {
		return nil, fault.New(fault.Invalid, "privacy.key", "A scope needs a key of %d bytes.", sha256.Size)
	}
	b := &builder{sc: sc, pieces: make([]piece, len(items)), at: make(map[string]int, len(items)), absent: map[string]bool{}, users: map[string][]use{}}
	for _, id := range sc.Absent {
		b.absent[id] = true
	}
	for i, it := range items {
		if _, twice := b.at[it.Object.ID]; twice {
			return nil, fault.New(fault.Invalid, "privacy.twice", "%s is given twice.", it.Object.ID)
		}
		b.at[it.Object.ID] = i
		p := &b.pieces[i]
		p.obj, p.altered = it.Object, it.Altered
		for _, r := range it.Object.Refs {
			b.users[r.ID] = append(b.users[r.ID], use{by: i, path: r.Path})
		}
		p.text = mentions(it.Object.Tree)
		for _, m := range p.text {
			b.users[m.id] = append(b.users[m.id], use{by: i, path: m.path, text: true})
		}
	}
	// Identities first: what is done to a reference depends on whether its
	// target turns into a class.
	for _, identities := range []bool{true, false} {
		for i, it := range items {
			if (it.Object.Type == "identity") != identities {
				continue
			}
			if err := b.plan(&b.pieces[i], it); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// stays reports whether an id may be mentioned in the form without an object
// of the form behind it.
func (b *builder) stays(id string) bool {
	return stix.WellKnownMarking(id) || b.absent[id] || id == b.sc.Publisher || typeOf(id) == "extension-definition"
}

func (b *builder) form() Form {
	f := Form{Items: make([]Formed, len(b.pieces))}
	for i := range b.pieces {
		p := &b.pieces[i]
		f.Items[i] = Formed{Original: p.obj, Sent: p.out, Changes: p.changes, Left: p.left}
		if p.left != "" {
			f.Items[i].Sent = nil
		}
	}
	for i := range b.pieces {
		p := &b.pieces[i]
		if first := b.firstOf[p.id]; p.left == "" && first != i {
			f.Items[i].Sent = nil
			f.Items[i].Left = "in this form it is the same as " + b.pieces[first].obj.ID + ", and leaves as that"
		}
	}
	return f
}
