package exchange

import (
	"context"
	"strings"
	"time"

	"entente/intel/misp"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

const (
	// contributionKept is how long a party may ask what became of what it added.
	contributionKept = 7 * 24 * time.Hour
	// What of the events that a party added it may read back: those that came last,
	// up to a number and their bytes with all that is kept of them.
	contributedEventsKept = 1_000
	contributedBytesKept  = 256 << 20
	// forgetEvery is how often what is over is looked for.
	forgetEvery = time.Hour
)

// ContributionsKept bounds what is kept of what one party added: everything since
// an instant, and of the events the last.
type ContributionsKept struct {
	Since  time.Time
	Events int
	Bytes  int64
}

// Contribution is what became of objects that a party added by itself.
type Contribution struct {
	ID    string             `json:"id"` // a random UUID
	Party party.ID           `json:"party"`
	At    time.Time          `json:"at"`
	Lines []ContributionLine `json:"lines"`
	// Event is the UUID of the MISP event that was added, "" for a list of
	// objects, and Changed the timestamp it had.
	Event   string    `json:"event,omitempty"`
	Changed time.Time `json:"changed,omitzero"`
	// Brief is what the event says of itself, {"Event": …}.
	Brief []byte `json:"brief,omitempty"`
	// Document is the event as it was added, which its sender may read back.
	Document []byte `json:"-"`
	// Versions is what the event brought, whose erasure the document follows.
	Versions []ContributedVersion `json:"-"`
}

// ContributedVersion is one version of an object.
type ContributedVersion struct {
	ID   string
	Hash ident.Digest
}

// ContributionLine is what became of one object. Code and Detail are set when
// it was refused for what it is itself, or for what the party sent before.
type ContributionLine struct {
	Pointer string `json:"pointer,omitempty"` // place in the event that was added
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
	return s.contribute(ctx, bundle, Contribution{Party: from}, source)
}

// ContributeEvent takes in one MISP event that a party added, {"Event": …} with
// a UUID, as Contribute does objects.
//
// It returns an invalid fault when there is not one event that can be taken apart.
func (s *Service) ContributeEvent(ctx context.Context, from party.ID, event []byte, source string) (Contribution, error) {
	head, err := misp.HeadOf(event)
	if err != nil {
		return Contribution{}, err
	}
	if !stix.IsUUID(head.UUID) {
		return Contribution{}, fault.New(fault.Invalid, "misp.uuid", "The event has no UUID it can be known by.").
			At("/Event/uuid", "is no UUID").Try("Leave the uuid out to be given one.")
	}
	bundle, err := misp.Parse(event)
	if err != nil {
		return Contribution{}, err
	}
	return s.contribute(ctx, bundle, Contribution{Party: from, Event: strings.ToLower(head.UUID), Changed: head.Timestamp, Brief: head.Brief, Document: event}, source)
}

func (s *Service) contribute(ctx context.Context, bundle stix.Bundle, c Contribution, source string) (Contribution, error) {
	if err := s.store.Write(ctx, func(tx Tx) error { return s.chargeBundle(ctx, tx, c, bundle) }); err != nil {
		return Contribution{}, err
	}
	c.ID, c.At = ident.Random(), s.time()
	names := map[string]ContributionLine{} // by pointer
	for _, a := range bundle.Accepted {
		names[a.Pointer] = ContributionLine{ID: a.Object.ID, Version: a.Object.Version}
		if c.Event != "" {
			c.Versions = append(c.Versions, ContributedVersion{ID: a.Object.ID, Hash: a.Object.Hash})
		}
	}
	for _, r := range bundle.Rejected {
		names[r.Pointer] = nameIn(r.Raw)
	}
	in := s.newIntake(bundle, Provenance{From: c.Party, At: c.At, Source: source})
	in.answered = true
	rep, err := in.ingest(ctx, bundle, nil)
	if err != nil {
		return Contribution{}, err
	}
	for _, l := range rep.Objects {
		line := names[l.Pointer]
		if c.Event != "" {
			line.Pointer = l.Pointer
		}
		if l.told.result == ResultQuarantined {
			line.Code, line.Detail = l.told.code, sentences(l.told.detail, l.told.next)
		}
		c.Lines = append(c.Lines, line)
	}
	keep := ContributionsKept{Since: s.contributionsSince(), Events: contributedEventsKept, Bytes: contributedBytesKept}
	err = s.store.Write(ctx, func(tx Tx) error { return tx.AddContribution(ctx, c, keep) })
	return c, err
}

func (s *Service) contributionsSince() time.Time { return s.time().Add(-contributionKept) }

// ForgetContributions destroys what parties added that they may no longer read
// back. It is for the background: most calls find that it was done lately.
func (s *Service) ForgetContributions(ctx context.Context) error {
	now := s.time()
	if last := s.forgot.Load(); last != nil && now.Sub(*last) < forgetEvery {
		return nil
	}
	if err := s.store.Write(ctx, func(tx Tx) error { return tx.ForgetContributions(ctx, s.contributionsSince()) }); err != nil {
		return err
	}
	s.forgot.Store(&now)
	return nil
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
	return read(ctx, s, func(r Reader) (Contribution, error) { return r.Contribution(ctx, from, id, s.contributionsSince()) })
}
