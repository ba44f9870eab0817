package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"entente/intel"
	"entente/intel/misp"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/party"
)

// FeedEvent is what a party may fetch as a MISP event. Each report or grouping
// released to it is one, with the objects of the release that last brought it,
// and so is each release that has neither; in addition there are the events that
// the party added itself in the last days.
type FeedEvent struct {
	UUID    string
	Changed time.Time // in whole seconds, as MISP counts, rounded up
	Own     bool      // the party added it itself
	// Document is {"Event": …}; without attributes, objects and event reports in
	// a list.
	Document []byte
	// Fetches are the releases that are fetched for the first time with the
	// document. Nothing is noted until the caller hands it out, see NoteFetched.
	Fetches []string
}

// eventPage is how many rows of a feed are read at once to find events.
const eventPage = 5_000

// FeedEvents lists the events that a party may fetch, oldest change first. It
// fails as Feed does. Work grows with the party's feed.
func (s *Service) FeedEvents(ctx context.Context, to party.ID) ([]FeedEvent, error) {
	org, err := s.Organisation(ctx, s.self)
	if err != nil {
		return nil, err
	}
	changed, err := read(ctx, s, func(r Reader) (map[string]time.Time, error) { return r.FeedChanges(ctx, to, "") })
	if err != nil {
		return nil, err
	}
	events := map[string]FeedEvent{}
	if err := s.reportHeads(ctx, to, org, changed, events); err != nil {
		return nil, err
	}
	loose, err := s.wholeFeed(ctx, FeedFilter{Recipient: to, Versions: FeedVersions{All: true}, Unreported: true})
	if err != nil {
		return nil, err
	}
	for _, it := range loose {
		if _, known := events[it.Release]; !known {
			events[it.Release] = edition(misp.Edition{UUID: it.Release, Changed: changed[it.Release], Org: org, Brief: true}, nil)
		}
	}
	own, err := s.contributedEvents(ctx, to, "", false)
	for _, c := range own {
		if e, known := events[c.Event]; !known || e.Changed.Before(c.Changed) {
			events[c.Event] = FeedEvent{UUID: c.Event, Changed: c.Changed, Own: true, Document: c.Brief}
		}
	}
	return inOrder(events), err
}

// reportHeads lists the events of reports, each with who made it.
func (s *Service) reportHeads(ctx context.Context, to party.ID, org misp.Organisation, changed map[string]time.Time, events map[string]FeedEvent) error {
	items, err := s.wholeFeed(ctx, FeedFilter{Recipient: to, Types: []string{"report", "grouping"}, Bytes: true})
	if err != nil {
		return err
	}
	reports := parsed(items)
	var made []string
	for _, o := range reports {
		if o != nil && o.CreatedBy != "" && !slices.Contains(made, o.CreatedBy) {
			made = append(made, o.CreatedBy)
		}
	}
	creators := map[string]*intel.Object{}
	if len(made) > 0 {
		found, err := s.wholeFeed(ctx, FeedFilter{Recipient: to, IDs: made, Bytes: true})
		if err != nil {
			return err
		}
		for i, o := range parsed(found) {
			creators[found[i].ID] = o
		}
	}
	for i, o := range reports {
		if o == nil {
			continue
		}
		objects := []*intel.Object{o}
		if c := creators[o.CreatedBy]; c != nil {
			objects = append(objects, c)
		}
		e := misp.Edition{UUID: uuidOf(o.ID), Report: o.ID, Changed: changed[items[i].Release], Org: org, Brief: true}
		events[e.UUID] = edition(e, objects)
	}
	return nil
}

// parsed reads items; nil stands for bytes that are damaged, which cost
// themselves only.
func parsed(items []FeedItem) []*intel.Object {
	objects := make([]*intel.Object, len(items))
	for i, it := range items {
		if o, _, err := stix.ParseObject(it.Raw); err == nil {
			objects[i] = o
		}
	}
	return objects
}

func uuidOf(id string) string {
	_, u, _ := strings.Cut(id, "--")
	return u
}

func inOrder(events map[string]FeedEvent) []FeedEvent {
	all := make([]FeedEvent, 0, len(events))
	for _, e := range events {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b FeedEvent) int {
		if c := a.Changed.Compare(b.Changed); c != 0 {
			return c
		}
		return strings.Compare(a.UUID, b.UUID)
	})
	return all
}

// FeedEvent returns one event that a party may fetch, whole. It returns a
// not-found fault "event.unknown", and fails as Feed does.
func (s *Service) FeedEvent(ctx context.Context, to party.ID, id string) (FeedEvent, error) {
	released, found, err := s.releasedEvent(ctx, to, id)
	if err != nil {
		return FeedEvent{}, err
	}
	own, err := s.contributedEvents(ctx, to, id, true)
	switch {
	case err != nil:
		return FeedEvent{}, err
	case len(own) == 1 && (!found || released.Changed.Before(own[0].Changed)):
		return FeedEvent{UUID: id, Changed: own[0].Changed, Own: true, Document: own[0].Document}, nil
	case !found:
		return FeedEvent{}, fault.New(fault.NotFound, "event.unknown", "There is no such event for you.").Try("List the events.")
	}
	return released, nil
}

func (s *Service) releasedEvent(ctx context.Context, to party.ID, id string) (e FeedEvent, found bool, err error) {
	if !stix.IsUUID(id) {
		return e, false, nil
	}
	heads, err := s.wholeFeed(ctx, FeedFilter{Recipient: to, IDs: []string{"report--" + id, "grouping--" + id}})
	if err != nil {
		return e, false, err
	}
	ed := misp.Edition{UUID: id}
	release := id
	if n := len(heads); n > 0 {
		ed.Report, release = heads[n-1].ID, heads[n-1].Release
	}
	items, err := s.wholeFeed(ctx, FeedFilter{Recipient: to, Release: release, Unreported: ed.Report == "", Bytes: true})
	if err != nil || len(items) == 0 {
		return e, false, err
	}
	changes, err := read(ctx, s, func(r Reader) (map[string]time.Time, error) { return r.FeedChanges(ctx, to, release) })
	if err != nil {
		return e, false, err
	}
	ed.Changed = changes[release]
	if ed.Org, err = s.Organisation(ctx, s.self); err != nil {
		return e, false, err
	}
	objects, err := s.newest(ctx, to, items)
	e = edition(ed, objects)
	e.Fetches = unfetched(items)
	return e, err == nil, err
}

// newest reads the objects of a release, each in the newest version that its
// recipient may have, which takes the place of the other among the items.
func (s *Service) newest(ctx context.Context, to party.ID, items []FeedItem) ([]*intel.Object, error) {
	places := map[string]int{}
	var overtaken []string
	for i, it := range items {
		if places[it.ID] = i; !it.Newest {
			overtaken = append(overtaken, it.ID)
		}
	}
	if len(overtaken) > 0 {
		later, err := s.wholeFeed(ctx, FeedFilter{Recipient: to, IDs: overtaken, Bytes: true})
		if err != nil {
			return nil, err
		}
		for _, it := range later {
			items[places[it.ID]] = it
		}
	}
	return slices.DeleteFunc(parsed(items), func(o *intel.Object) bool { return o == nil }), nil
}

// wholeFeed reads all pages of a part of a feed.
func (s *Service) wholeFeed(ctx context.Context, f FeedFilter) (all []FeedItem, err error) {
	f.Limit = eventPage
	for {
		page, err := s.lookAt(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if !page.More {
			return all, nil
		}
		f.After = page.Items[len(page.Items)-1].Added
	}
}

func edition(e misp.Edition, objects []*intel.Object) FeedEvent {
	// MISP counts seconds: an edition of the same second would not be taken.
	e.Changed = e.Changed.Add(time.Second - time.Nanosecond).Truncate(time.Second)
	return FeedEvent{UUID: e.UUID, Changed: e.Changed, Document: misp.WriteEvent(objects, e)}
}

// organisations is where the UUIDs of parties as MISP organisations are made.
var organisations = uuid.MustParse("5b1f1d0c-6f5e-4f43-9c1e-0d6f2a7c8b19")

// Organisation is a party as MISP names it. It returns a not-found fault.
func (s *Service) Organisation(ctx context.Context, id party.ID) (misp.Organisation, error) {
	p, err := s.Party(ctx, id)
	return misp.Organisation{UUID: stix.NameUUID(organisations, string(id)), Name: p.Name}, err
}

// ContributedEvents lists the last editions of events that a party added in the
// last days, without their documents; event names one, "" is all.
func (s *Service) ContributedEvents(ctx context.Context, from party.ID, event string) ([]Contribution, error) {
	return s.contributedEvents(ctx, from, event, false)
}

func (s *Service) contributedEvents(ctx context.Context, from party.ID, event string, documents bool) ([]Contribution, error) {
	return read(ctx, s, func(r Reader) ([]Contribution, error) {
		return r.ContributedEvents(ctx, from, event, s.contributionsSince(), documents)
	})
}
