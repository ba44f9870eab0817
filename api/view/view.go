// Package view is the JSON the API answers with where a domain type is not
// already its own document: what a client and a server must agree on.
//
// It holds no rule and no behaviour beyond copying fields. Invariant: nothing
// here carries object bytes, signed envelopes or salts unless its name says so.
package view

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"entente/decision"
	"entente/exchange"
	"entente/instrument"
	"entente/intel"
	"entente/intel/atom"
	"entente/intel/decay"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// List is one page of things; Next is the cursor of the following page and
// empty on the last one.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
}

// Object is one object without its content.
type Object struct {
	Seq         int64        `json:"seq"`
	ID          string       `json:"id"`
	Type        string       `json:"type"`
	SpecVersion string       `json:"spec_version"`
	Version     string       `json:"version,omitempty" doc:"modified, else created, exactly as written"`
	CreatedBy   string       `json:"created_by,omitempty" doc:"As claimed by the bytes; proves nothing"`
	Revoked     bool         `json:"revoked,omitzero"`
	Hash        ident.Digest `json:"hash"`
	State       string       `json:"state"`
	From        party.ID     `json:"from" doc:"Who is known to have sent it"`
	At          time.Time    `json:"at"`
	Source      string       `json:"source,omitempty"`
	Release     string       `json:"release,omitempty" doc:"The sender's release it came with"`
	Under       []string     `json:"under,omitempty" doc:"Instruments of the terms it came with"`
	Assigned    string       `json:"assigned,omitempty" doc:"TLP label its importer assigned"`
	Upgraded    bool         `json:"upgraded,omitzero" doc:"Made from STIX 2.0"`
	Leaf        int64        `json:"leaf"`
	ReleasedTo  []party.ID   `json:"released_to" doc:"Who has it by a release that was not recalled"`
}

// ObjectOf copies what is shown of a stored object.
func ObjectOf(s exchange.Stored) Object {
	return Object{
		Seq: s.Seq, ID: s.ID, Type: s.Type, SpecVersion: s.SpecVersion, Version: s.Version,
		CreatedBy: s.CreatedBy, Revoked: s.Revoked, Hash: s.Hash, State: string(s.State),
		From: s.Provenance.From, At: s.Provenance.At, Source: s.Provenance.Source,
		Release: s.Provenance.Release, Under: s.Provenance.Under, Assigned: s.Provenance.Assigned,
		Upgraded: s.Upgraded != nil, Leaf: s.Leaf, ReleasedTo: s.ReleasedTo,
	}
}

// ObjectDetail is one object with everything the node knows about it.
type ObjectDetail struct {
	Object
	TLP        string            `json:"tlp"`
	Labelled   bool              `json:"labelled" doc:"False: no label is present and the strictest one counts"`
	PAP        string            `json:"pap"`
	Statements []string          `json:"statements,omitempty"`
	Markings   []string          `json:"markings,omitempty"`
	Closed     string            `json:"closed,omitempty" doc:"Why nobody may have it"`
	Findings   []privacy.Finding `json:"findings"`
	Decisions  []DecisionLine    `json:"decisions" doc:"The newest for each recipient"`
	Facts      []exchange.Fact   `json:"facts"`
	Atoms      []atom.Atom       `json:"atoms" doc:"The single values it is about"`
	Same       []exchange.Holder `json:"same" doc:"Other live objects with one of the values; never merged"`
	Reports    []exchange.Report `json:"reports" doc:"Sightings, opinions and notes on it, also by parties that have it under another id; at most 100"`
	Remarks    []exchange.Remark `json:"remarks,omitempty" doc:"Values that are on a warninglist; no decision depends on it"`
	Confidence *decay.Assessment `json:"confidence,omitempty" doc:"What is left of it now; absent where age says nothing"`
	Content    jsontext.Value    `json:"content" doc:"The object; for its exact bytes ask for /content"`
}

// ObjectDetailOf copies what is shown of an object view.
func ObjectDetailOf(v exchange.ObjectView) ObjectDetail {
	return ObjectDetail{
		Object: ObjectOf(v.Stored), TLP: v.Markings.TLP.String(), Labelled: v.Markings.Labelled,
		PAP: v.Markings.PAP.String(), Statements: v.Markings.Statements, Markings: v.Markings.IDs,
		Closed: v.Markings.Closed, Findings: v.Findings, Decisions: Each(v.Decisions, DecisionLineOf),
		Facts: v.Facts, Atoms: v.Atoms, Same: v.Same, Reports: Each(v.Reports, func(r exchange.Report) exchange.Report { return r }), Remarks: v.Remarks, Confidence: v.Confidence, Content: jsontext.Value(v.Raw),
	}
}

// DecisionLine is one line of the decision history.
type DecisionLine struct {
	Seq       int64            `json:"seq"`
	Digest    ident.Digest     `json:"digest"`
	ObjectID  string           `json:"object_id"`
	Object    ident.Digest     `json:"object" doc:"Digest of the exact version decided on"`
	Recipient party.ID         `json:"recipient"`
	Outcome   decision.Outcome `json:"outcome"`
	Epoch     int64            `json:"epoch"`
	At        time.Time        `json:"at"`
	Release   string           `json:"release,omitempty"`
	Leaf      int64            `json:"leaf"`
}

// DecisionLineOf copies what is shown of a decision record.
func DecisionLineOf(d exchange.DecisionRecord) DecisionLine {
	return DecisionLine{
		Seq: d.Seq, Digest: d.Digest, ObjectID: d.ObjectID, Object: d.Object, Recipient: d.Recipient,
		Outcome: d.Outcome, Epoch: d.Epoch, At: d.At, Release: d.Release, Leaf: d.Leaf,
	}
}

// Release is a release with all that belongs to it.
type Release struct {
	exchange.Release
	ItemList   []exchange.ReleaseItem `json:"item_list"`
	Decisions  []DecisionLine         `json:"decisions"`
	Deliveries []exchange.Delivery    `json:"deliveries"`
	Recalls    []exchange.Recall      `json:"recalls"`
}

// ReleaseOf copies what is shown of a release view.
func ReleaseOf(v exchange.ReleaseView) Release {
	return Release{
		Release: v.Release, ItemList: v.ItemList, Decisions: Each(v.Decisions, DecisionLineOf),
		Deliveries: v.Deliveries, Recalls: v.Recalls,
	}
}

// Clause is one clause of an instrument, for reading.
type Clause struct {
	ID       string `json:"id"`
	Cite     string `json:"cite"`
	Modality string `json:"modality"`
	Act      string `json:"act"`
	Text     string `json:"text,omitempty"`
	Verified string `json:"verified,omitempty" doc:"How far the encoding was checked: text, secondary, tax, unverified"`
	Means    string `json:"means" doc:"What the machine understood, in one sentence"`
}

// Shelved is one instrument of the library that comes with the program.
type Shelved struct {
	ID      string           `json:"id"`
	Short   string           `json:"short,omitempty" doc:"The name people use"`
	Title   string           `json:"title"`
	Nature  string           `json:"nature"`
	Regime  string           `json:"regime"`
	Phase   instrument.Phase `json:"phase" doc:"Where the text is in its life today"`
	AsOf    time.Time        `json:"as_of" doc:"When somebody last checked its status"`
	Clauses int              `json:"clauses"`
	Vectors int              `json:"vectors"`
	Hash    ident.Digest     `json:"hash"`
}

// ShelvedOf describes an instrument of the library as it is at an instant.
func ShelvedOf(doc *instrument.Instrument, now time.Time) Shelved {
	phase, _ := instrument.PhaseAt(doc, nil, nil, now)
	return Shelved{
		ID: doc.ID, Short: doc.Short, Title: doc.Title, Nature: doc.Nature, Regime: doc.Regime, Phase: phase,
		AsOf: doc.AsOf, Clauses: len(doc.Clauses), Vectors: len(doc.Vectors), Hash: doc.Hash,
	}
}

// Instrument is an active instrument.
type Instrument struct {
	ID           string       `json:"id"`
	Version      string       `json:"version"`
	Title        string       `json:"title"`
	Regime       string       `json:"regime"`
	Hash         ident.Digest `json:"hash" doc:"Of the canonical form: what parties sign"`
	Activated    time.Time    `json:"activated"`
	By           string       `json:"by" doc:"Who answers for the encoding"`
	Illustrative bool         `json:"illustrative" doc:"No named legal owner has activated it"`
	Clauses      int          `json:"clauses"`
	Text         []Clause     `json:"text,omitempty" doc:"The clauses; only when one instrument is asked for"`
}

// InstrumentOf copies what is shown of an instrument; the clauses only when asked for.
func InstrumentOf(v exchange.InstrumentView, clauses bool) Instrument {
	i := Instrument{
		ID: v.ID, Version: v.Version, Title: v.Title, Regime: v.Regime, Hash: v.Hash,
		Activated: v.Activated, By: v.By, Illustrative: v.Illustrative, Clauses: v.Clauses,
	}
	if !clauses || v.Doc == nil {
		return i
	}
	outline := v.Doc.Outline()
	for n, c := range v.Doc.Clauses {
		i.Text = append(i.Text, Clause{
			ID: c.ID, Cite: c.Cite, Modality: string(c.Modality), Act: c.Act, Text: c.Text, Verified: string(c.Verified), Means: outline[n].Sentence,
		})
	}
	return i
}

// Check is one finding of the doctor.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state" enum:"ok,warn,fail"`
	Detail string `json:"detail,omitempty"`
	Fix    string `json:"fix,omitempty" doc:"What to do about it"`
	Anchor string `json:"anchor,omitempty" doc:"Where the guide explains it"`
}

// Live is the answer of a node that runs.
type Live struct {
	Status string `json:"status" enum:"ok"`
}

// Labels are the words an import may assign to objects without a label.
func Labels() []string {
	var out []string
	for t := intel.Clear; t <= intel.Red; t++ {
		out = append(out, t.String())
	}
	return out
}

// Each maps a slice; nil becomes an empty slice, so that lists are never null.
func Each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

// MessageFile is a message that was brought as a file.
type MessageFile struct {
	Message []byte `json:"message" doc:"The bytes of the file, in base64"`
}

// ReceiptFile is a receipt that was brought as a file.
type ReceiptFile struct {
	Receipt []byte `json:"receipt" doc:"The bytes of the file, in base64"`
}
