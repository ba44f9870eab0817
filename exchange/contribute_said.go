package exchange

import (
	"context"
	"slices"
	"strings"

	"entente/intel"
	"entente/intel/misp"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/party"
)

var (
	// sightable are the types an attribute or object of MISP becomes.
	sightable = []string{
		"indicator", "observed-data", "x-misp-attribute", "x-misp-object", "vulnerability", "campaign", "malware", "tool",
		"attack-pattern", "course-of-action", "intrusion-set", "threat-actor", "identity", "location", "infrastructure",
	}
	// analysable are the types of what analysts of MISP say something of: in
	// addition events, event reports, clusters, and what others said.
	analysable = slices.Concat(sightable, []string{"report", "grouping", "note", "opinion", "relationship", "x-misp-galaxy-cluster"})
)

// ContributeSightings takes in sightings of one attribute or object of an event
// that a party may fetch or added, a list as MISP has it, as Contribute does
// objects. They are under the markings of what was seen. about is a UUID.
//
// It returns a not-found fault "event.attribute" when the party has no such thing,
// and fails as Feed does.
func (s *Service) ContributeSightings(ctx context.Context, from party.ID, about string, list []byte, source string) (Contribution, error) {
	of, err := s.partOf(ctx, from, about, sightable)
	if err != nil {
		return Contribution{}, err
	}
	by, err := s.Organisation(ctx, from)
	if err != nil {
		return Contribution{}, err
	}
	bundle, err := misp.ParseSightings(list, of, by, s.time())
	if err != nil {
		return Contribution{}, err
	}
	return s.contribute(ctx, bundle, Contribution{Party: from}, source)
}

// ContributeAnalysis takes in what an analyst of a party says of an event that it
// may fetch or added, or of a part of it, as Contribute does objects. It is under
// the markings of what it is about. It fails as ContributeSightings does.
func (s *Service) ContributeAnalysis(ctx context.Context, from party.ID, a misp.Analysis, source string) (Contribution, error) {
	about, err := s.partOf(ctx, from, a.About, analysable)
	if err != nil {
		return Contribution{}, err
	}
	var related misp.Seen
	if a.Kind == "Relationship" {
		if related, err = s.partOf(ctx, from, a.Related, analysable); err != nil {
			return Contribution{}, err
		}
	}
	return s.contribute(ctx, a.Bundle(about, related, s.time()), Contribution{Party: from}, source)
}

// partOf finds what a UUID of MISP stands for among what a party may fetch, and
// what it may read back of its own.
func (s *Service) partOf(ctx context.Context, to party.ID, id string, types []string) (of misp.Seen, err error) {
	absent := fault.New(fault.NotFound, "event.attribute", "There is no such attribute for you.").Try("Take its UUID from the event.")
	if !stix.IsUUID(id) {
		return of, absent
	}
	f := FeedFilter{Recipient: to, Bytes: true}
	for _, kind := range types {
		f.IDs = append(f.IDs, kind+"--"+id)
	}
	items, err := s.wholeFeed(ctx, f)
	if err != nil {
		return of, err
	}
	own, err := s.ownParts(ctx, to, f.IDs)
	if err != nil {
		return of, err
	}
	for _, o := range append(parsed(items), own...) {
		if o == nil {
			continue
		}
		if !slices.Contains(of.IDs, o.ID) {
			of.IDs = append(of.IDs, o.ID)
		}
		of.Markings = append(of.Markings, markingsOn(o)...)
	}
	if len(of.IDs) == 0 {
		return of, absent
	}
	return of, nil
}

// ownParts finds objects in what a party may read back. They are made of the event
// as it was added, whether they were kept or not: who could tell that could ask
// what this node has of others.
func (s *Service) ownParts(ctx context.Context, from party.ID, ids []string) (parts []*intel.Object, err error) {
	event, err := read(ctx, s, func(r Reader) (string, error) { return r.ContributedWith(ctx, from, ids, s.contributionsSince()) })
	if err != nil || event == "" {
		return nil, err
	}
	all, err := s.contributedEvents(ctx, from, event, true)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		bundle, err := misp.Parse(c.Document)
		if err != nil {
			return nil, err
		}
		for _, a := range bundle.Accepted {
			if slices.Contains(ids, a.Object.ID) {
				parts = append(parts, a.Object)
			}
		}
	}
	return parts, nil
}

// markingsOn lists the markings of a whole object.
func markingsOn(o *intel.Object) (ids []string) {
	for _, r := range o.Refs {
		if strings.HasPrefix(r.Path, "object_marking_refs.") {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
