package exchange

import (
	"context"
	"strings"
	"time"

	"entente/intel/stix"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

// contributionKept is how long a party may ask what became of what it added.
const contributionKept = 7 * 24 * time.Hour

// Contribution is what became of objects that a party added by itself.
type Contribution struct {
	ID    string             `json:"id"` // a random UUID
	Party party.ID           `json:"party"`
	At    time.Time          `json:"at"`
	Lines []ContributionLine `json:"lines"`
}

// ContributionLine is what became of one object. Code and Detail are set when
// it was refused or set aside for what it is itself.
type ContributionLine struct {
	ID      string `json:"id"`
	Version string `json:"version"` // as its creator wrote it
	Code    string `json:"code,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// Contribute takes in objects that a party added, as a list in JSON. They go the
// way of every partner's objects: each is judged on its own, what is wrong with
// one does not keep out the others, and nothing is released by it.
//
// It returns an invalid fault when the list cannot be taken apart.
func (s *Service) Contribute(ctx context.Context, from party.ID, list []byte, source string) (Contribution, error) {
	bundle, err := stix.Parse(list)
	if err != nil {
		return Contribution{}, err
	}
	c := Contribution{ID: ident.Random(), Party: from, At: s.time()}
	names := map[string]ContributionLine{} // by pointer
	for _, a := range bundle.Accepted {
		names[a.Pointer] = ContributionLine{ID: a.Object.ID, Version: a.Object.Version}
	}
	for _, r := range bundle.Rejected {
		names[r.Pointer] = nameIn(r.Raw)
	}
	rep, err := s.ingest(ctx, bundle, Provenance{From: from, At: c.At, Source: source}, nil)
	if err != nil {
		return Contribution{}, err
	}
	for _, l := range rep.Objects {
		line := names[l.Pointer]
		if l.Result == ResultQuarantined && !concernsOthers(l.Code) {
			line.Code, line.Detail = l.Code, sentences(l.Detail, l.Next)
		}
		c.Lines = append(c.Lines, line)
	}
	err = s.store.Write(ctx, func(tx Tx) error { return tx.AddContribution(ctx, c, c.At.Add(-contributionKept)) })
	return c, err
}

// concernsOthers reports whether an object was set aside only because of what
// this node holds of others. Its sender is told that it was taken in, which it
// was: who could tell it from an object nobody knew could ask the node which
// objects, and so which addresses and names, it knows.
func concernsOthers(code string) bool {
	return code == codeOurs || code == codeNotCreator || code == codeTombstone
}

// nameIn is what a refused object says it is, for its sender to find it by. It
// proves nothing.
func nameIn(raw []byte) (line ContributionLine) {
	v, err := strictjson.Parse(raw, strictjson.Default())
	if err != nil || v.Kind != strictjson.Object {
		return line
	}
	if id := v.Get("id"); id != nil && len(id.Text) <= maxClaimedID {
		line.ID = id.Text
	}
	for _, name := range []string{"created", "modified"} {
		if m := v.Get(name); m != nil && Moment(m.Text) != "" {
			line.Version = m.Text
		}
	}
	return line
}

// maxClaimedID is longer than any id is: a type of 250 letters and a UUID.
const maxClaimedID = 300

// sentences joins what is wrong and what to do about it.
func sentences(wrong, next string) string {
	if next == "" {
		return wrong
	}
	return strings.TrimSuffix(wrong, ".") + ". " + next
}

// Contribution returns what became of objects a party added within the last
// days, or a not-found fault.
func (s *Service) Contribution(ctx context.Context, from party.ID, id string) (Contribution, error) {
	return read(ctx, s, func(r Reader) (Contribution, error) { return r.Contribution(ctx, from, id) })
}
