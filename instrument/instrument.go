// Package instrument is what was agreed or is law: treaties, memoranda,
// statutes and handling standards as files that people read and sign.
//
// It loads, checks and hashes them and says what their status is between two
// parties at an instant; it does not decide about an object (package decision
// does). Invariant: status is derived from dated events, never stored.
package instrument

import (
	"slices"
	"time"

	"entente/internal/ident"
	"entente/party"
)

// Instrument is one document of format 1 (instrument.schema.json). Hash is the
// digest of its canonical JSON (RFC 8785), the thing parties sign.
type Instrument struct {
	ID            string              `json:"id"`
	Title         string              `json:"title"`
	Short         string              `json:"short,omitempty"`
	AsOf          time.Time           `json:"as_of,omitzero"` // when somebody last checked the status of the text
	Nature        string              `json:"nature"`
	Binding       bool                `json:"binding"` // false: a norm; it never permits or forbids, it warns
	Rank          int                 `json:"rank,omitempty"`
	Ranks         map[string]int      `json:"ranks,omitempty"` // of a node's policy: where its legal order places other instruments
	Regime        string              `json:"regime"`
	Default       Default             `json:"default"`
	Universal     bool                `json:"universal,omitempty"`
	Jurisdictions []string            `json:"jurisdictions,omitempty"` // territorial law: binds senders established there
	Areas         map[string][]string `json:"areas,omitempty"`         // names for lists of jurisdictions; everywhere else they are written out already
	Transposes    *Transposition      `json:"transposes,omitempty"`
	Depositary    party.ID            `json:"depositary,omitempty"`
	Language      *Language           `json:"language,omitempty"`
	Origin        *Origin             `json:"source,omitempty"` // where the legal text is published
	Version       string              `json:"version"`
	Supersedes    string              `json:"supersedes,omitempty"`
	InForce       InForce             `json:"in_force"`
	Term          Term                `json:"term,omitzero"`
	Parties       []PartyRecord       `json:"parties,omitempty"`
	AppliesWhen   *When               `json:"applies_when,omitempty"`
	Definitions   []Definition        `json:"definitions,omitempty"`
	Clauses       []Clause            `json:"clauses"`
	Precedence    Precedence          `json:"precedence,omitzero"`
	Amendment     *Amendment          `json:"amendment,omitempty"`
	Dispute       *Dispute            `json:"dispute,omitempty"`
	Reservable    *Reservable         `json:"reservable,omitempty"`
	Thresholds    []Threshold         `json:"thresholds,omitempty"`
	Procedures    []Procedure         `json:"procedures,omitempty"`
	Review        []Review            `json:"review,omitempty"`
	Vectors       []Vector            `json:"vectors,omitempty"`
	Illustrative  bool                `json:"illustrative,omitempty"` // no named legal owner has activated it
	Hash          ident.Digest        `json:"-"`
	Source        []byte              `json:"-"` // the file as loaded
	Positions     map[string]Position `json:"-"` // "" and clause id → place in the file

	canonical []byte
}

// Canonical returns the RFC 8785 JSON of the document's data, over which Hash
// is taken: what parties sign. It is nil for an instrument that was not made by
// [Load]. The caller must not change it.
func (i *Instrument) Canonical() []byte { return i.canonical }

// Ref is how explanations name an instrument: its id and version.
func (i *Instrument) Ref() string { return i.ID + "@" + i.Version }

// Language says in which languages the text is authentic and which one this
// file is written in.
type Language struct {
	Authentic []string `json:"authentic,omitempty"`
	This      string   `json:"this,omitempty"`
}

// Origin is where the legal text is published, and the digest of that text:
// clauses are its machine-readable part, and SHA256 is how somebody who doubts
// one of them finds the words it was made from.
type Origin struct {
	URI    string       `json:"uri,omitempty"`
	ELI    string       `json:"eli,omitempty"`
	AKN    string       `json:"akn,omitempty"`
	SHA256 ident.Digest `json:"sha256,omitzero"`
}

// Amendment is how the text may change.
type Amendment struct {
	Rule           string `json:"rule"`
	TacitAfter     Period `json:"tacit_after,omitzero"`
	EffectiveAfter Period `json:"effective_after,omitzero"`
	Binds          string `json:"binds,omitempty"`
}

// Dispute is how parties settle a disagreement, step after step.
type Dispute struct {
	Steps   []DisputeStep `json:"steps,omitempty"`
	Interim string        `json:"interim,omitempty"`
}

// DisputeStep is one step and how long it may take.
type DisputeStep struct {
	Kind   string `json:"kind"`
	Within Period `json:"within"`
}

// Position is a place in the file an instrument was loaded from.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Default is what silence means inside a regime once the instrument applies.
type Default string

// The three defaults.
const (
	Prohibit Default = "prohibit"
	Permit   Default = "permit"
	Silent   Default = "silent"
)

// Modality is what a clause does.
type Modality string

// The three modalities.
const (
	Permission  Modality = "permission"
	Prohibition Modality = "prohibition"
	Obligation  Modality = "obligation"
)

// SetsAside reports whether an exception of this kind that applies can set a
// clause of another aside: a prohibition is lifted by what is no prohibition, a
// permission taken back by a prohibition, and a duty relieved of by either.
func (m Modality) SetsAside(parent Modality) bool {
	switch parent {
	case Permission:
		return m == Prohibition
	case Obligation:
		return m != Obligation
	default:
		return m != Prohibition
	}
}

// InForce is when the text itself is law; a zero time is open.
type InForce struct {
	From            time.Time        `json:"from"`
	Until           time.Time        `json:"until,omitzero"`
	ProvisionalFrom time.Time        `json:"provisional_from,omitzero"`
	Condition       *EntryConditions `json:"condition,omitempty"`
}

// EntryConditions are what must happen before the text enters into force.
type EntryConditions struct {
	Ratifications int      `json:"ratifications,omitempty"`
	Of            []string `json:"of,omitempty"`
	ThenAfter     Period   `json:"then_after,omitzero"`
}

// Term is how long it lasts and what outlives it.
type Term struct {
	Sunset           time.Time `json:"sunset,omitzero"`
	Renewal          string    `json:"renewal,omitempty"`
	ReviewEvery      Period    `json:"review_every,omitzero"`
	WithdrawalNotice Period    `json:"withdrawal_notice,omitzero"`
	Survival         []string  `json:"survival,omitempty"` // clause ids
}

// Transposition is national law that takes the place of clauses of a directive:
// where both apply, those clauses do not.
type Transposition struct {
	Instrument string   `json:"instrument"`
	Replaces   []string `json:"replaces"` // clause ids of the directive
	Cite       string   `json:"cite,omitempty"`
}

// Reservable lists the clauses to which a reservation is allowed, as some
// treaties do (Vienna Convention Art. 19(b)); no clause: to none.
type Reservable struct {
	Clauses []string `json:"clauses,omitempty"`
	Cite    string   `json:"cite"`
}

// Review is a day in the life of the text: somebody looks at it again, or it may
// be about to change.
type Review struct {
	ID       string       `json:"id"`
	What     string       `json:"what"`
	Who      string       `json:"who,omitempty"`
	At       time.Time    `json:"at,omitzero"`
	Every    Period       `json:"every,omitzero"`
	Cite     string       `json:"cite,omitempty"`
	Verified Verification `json:"verified,omitempty"`
}

// PartyRecord is one party's own record: its events and reservations. The
// record of a State with a territory binds everybody established there.
type PartyRecord struct {
	Party        party.ID      `json:"party"`
	Role         string        `json:"role,omitempty"` // in this instrument
	Territory    []string      `json:"territory,omitempty"`
	Events       []Event       `json:"events,omitempty"`
	Reservations []Reservation `json:"reservations,omitempty"`
	Declarations []Declaration `json:"declarations,omitempty"`
	Authorities  []Authority   `json:"authorities,omitempty"`
	Verified     Verification  `json:"verified,omitempty"`
}

// Authority is who acts for a party in a role, and from when to when.
type Authority struct {
	Role     string       `json:"role"` // central-authority, contact-point-24-7 …
	Name     string       `json:"name"`
	Contact  string       `json:"contact,omitempty"`
	From     time.Time    `json:"from,omitzero"`
	Until    time.Time    `json:"until,omitzero"`
	Cite     string       `json:"cite,omitempty"`
	Verified Verification `json:"verified,omitempty"`
}

// Authority returns who acts for the party in a role at an instant.
func (p *PartyRecord) Authority(role string, at time.Time) (Authority, bool) {
	for _, a := range p.Authorities {
		if a.Role == role && !at.Before(a.From) && (a.Until.IsZero() || at.Before(a.Until)) {
			return a, true
		}
	}
	return Authority{}, false
}

// Declaration is a party's statement of how it understands or applies the text.
// It binds nobody by machine; people see it beside the decision.
type Declaration struct {
	ID   string    `json:"id"`
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"`
}

// Event is one dated act of a party: signature, ratification, in-force,
// suspension and so on.
type Event struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

// Reservation takes clauses out of the bargain between its maker and every
// other party, or changes them (Vienna Convention Arts. 2(1)(d) and 21).
type Reservation struct {
	ID         string         `json:"id"`
	Excludes   []string       `json:"excludes,omitempty"` // clause ids
	Modifies   []Modification `json:"modifies,omitempty"`
	From       time.Time      `json:"from,omitzero"`
	Withdrawn  time.Time      `json:"withdrawn,omitzero"`
	Cite       string         `json:"cite,omitempty"`
	Note       string         `json:"note,omitempty"`
	Verified   Verification   `json:"verified,omitempty"`
	Objections []Objection    `json:"objections,omitempty"`
}

// Modification is what a clause says between the maker of a reservation and
// every other party. What is given takes the place of what the clause has.
type Modification struct {
	Clause   string        `json:"clause"`
	Text     string        `json:"text,omitempty"`
	When     *When         `json:"when,omitempty"`
	Requires []Requirement `json:"requires,omitempty"`
}

// Applied returns the clause as the reservation changes it.
func (m *Modification) Applied(c Clause) Clause {
	if m.Text != "" {
		c.Text = m.Text
	}
	if m.When != nil {
		c.When = *m.When
	}
	if len(m.Requires) > 0 {
		c.Requires = m.Requires
	}
	return c
}

// Touches lists the clauses the reservation excludes or changes.
func (v *Reservation) Touches() []string {
	ids := slices.Clone(v.Excludes)
	for _, m := range v.Modifies {
		ids = append(ids, m.Clause)
	}
	return ids
}

// Objection is another party's answer to a reservation.
type Objection struct {
	By                      party.ID  `json:"by"`
	At                      time.Time `json:"at,omitzero"`
	PrecludesEntryIntoForce bool      `json:"precludes_entry_into_force,omitempty"`
}

// Definition maps a term to national terms.
type Definition struct {
	Term     string         `json:"term"`
	Means    string         `json:"means"`
	Text     string         `json:"text,omitempty"`
	Cite     string         `json:"cite,omitempty"`
	Verified Verification   `json:"verified,omitempty"`
	National []NationalTerm `json:"national,omitempty"`
}

// NationalTerm is the term of one legal order and how it relates.
type NationalTerm struct {
	Jurisdiction string `json:"jurisdiction"`
	Term         string `json:"term"`
	Relation     string `json:"relation"` // exact, broader, narrower, overlaps, none
	Cite         string `json:"cite,omitempty"`
}

// Precedence is what the instrument itself says about others.
type Precedence struct {
	SubjectTo    []string `json:"subject_to,omitempty"`
	PrevailsOver []string `json:"prevails_over,omitempty"`
}
