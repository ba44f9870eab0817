package exchange

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// FeedEntry is one object of a release in the form in which it was released.
type FeedEntry struct {
	ID      string // as sent
	Type    string
	Version string // as its creator wrote it, "" where the type has none
	Moment  string // Version as [Moment] writes it
	Hash    ident.Digest
	// Under are the instruments that opened the way for it: the collections of
	// the feed that it is in.
	Under []string
	// Dated is when it was added to the collection it was served from before it
	// was served from here (see [Service.DateObjects]); zero is never.
	Dated time.Time
}

// FeedItem is one object that a party may fetch.
type FeedItem struct {
	FeedEntry
	Added   time.Time // when it came into the party's feed; no two have the same
	Release string
	Newest  bool   // no version of the object in what was asked for, the feed or a collection, is newer
	Fetched bool   // something of the release was fetched before
	Raw     []byte // nil unless asked for, and where the bytes kept are damaged
}

// FeedFilter narrows a party's feed; zero fields but Recipient do not narrow.
type FeedFilter struct {
	Recipient party.ID
	// Under is one instrument: what was released relying on it is a collection,
	// with its own oldest and newest versions. It does not go with Release and
	// Unreported.
	Under    string
	After    time.Time // exclusive
	IDs      []string  // as sent
	Types    []string
	Versions FeedVersions
	// Release is one release, with all that it brought: also a version that
	// another one brought before or that a later one overtook. Versions, IDs and
	// Types do not narrow it.
	Release string
	// Unreported leaves out what came in a release with a report or a grouping,
	// there or in another release, and of the rest what came in one before.
	Unreported bool
	Bytes      bool // with the bytes, which cost more than the rest
	Limit      int  // 0 = 100
}

// FeedVersions says which versions of each object are meant, each of those
// named; none named is the newest.
type FeedVersions struct {
	All, First, Last bool
	Exact            []string // as [Moment] writes them
}

// FeedPage is a part of a feed in the order of Added. More says that something
// follows; a page ends early when its bytes become many.
type FeedPage struct {
	Items []FeedItem
	More  bool
}

// FeedReader is what can be read of the feeds.
type FeedReader interface {
	// Feed returns a part of a party's feed: the objects of the releases made to
	// it that were not recalled or withheld, each version once. A page ends early
	// when its bytes become many. Bytes that do not match their digest are left
	// out, so that one of them does not hide others.
	Feed(ctx context.Context, f FeedFilter) (FeedPage, error)
	// FeedChanges says when the last version of something in a release came into
	// a party's feed, of one release or, with "", of each.
	FeedChanges(ctx context.Context, recipient party.ID, release string) (map[string]time.Time, error)
	// Notices returns what came into a party's feed or was recalled after a place,
	// at most limit of each, and the place after them.
	Notices(ctx context.Context, recipient party.ID, after NoticePlace, limit int) ([]Notice, NoticePlace, error)
	// NoticesEnd is the place after everything.
	NoticesEnd(ctx context.Context, recipient party.ID) (NoticePlace, error)
	// InFeed reports whether any version of an object is in a party's feed, or in
	// the part of it under an instrument.
	InFeed(ctx context.Context, recipient party.ID, under, id string) (bool, error)
	// FeedInstruments lists the instruments under which anything was ever released
	// to a party, by id.
	FeedInstruments(ctx context.Context, recipient party.ID) ([]string, error)
	// DatesGiven returns the dates that were given to versions of some objects.
	DatesGiven(ctx context.Context, ids []string) (map[ident.Digest]time.Time, error)
	// Credential finds what was granted by the digest of its secret, revoked
	// or not. Not-found fault "credential.unknown".
	Credential(ctx context.Context, secret ident.Digest) (Credential, error)
	Credentials(ctx context.Context) ([]Credential, error) // oldest first
	// Contribution returns what became of objects that a party added. Not-found
	// fault "contribution.unknown", also for those of another party
	// and for those made before an instant.
	Contribution(ctx context.Context, from party.ID, id string, since time.Time) (Contribution, error)
	// ContributedEvents returns the last edition of each event that a party added
	// since an instant, oldest first, without lines, with or without the documents;
	// event names one, "" is all. A row that is damaged is left out, so that it does
	// not hide others.
	ContributedEvents(ctx context.Context, from party.ID, event string, since time.Time, documents bool) ([]Contribution, error)
	// ContributedWith names the last event of those that brought one of some
	// objects, whatever became of it; "" when there is none.
	ContributedWith(ctx context.Context, from party.ID, ids []string, since time.Time) (event string, err error)
}

// FeedTx is what an act may change of the feeds. Rows leave a feed by
// themselves: with the state of their release and with their bytes.
type FeedTx interface {
	// AddToFeed puts the objects of a release into the feed of its recipient and
	// into the collections it is in: at the instant each is dated, or else at the
	// instant at; where that is not later than all before, at the next that is.
	AddToFeed(ctx context.Context, release string, at time.Time, entries []FeedEntry) error
	// GiveDate notes when a version was added to the collection it was served from
	// before, in place of what was noted so far. What was released stays where it is.
	GiveDate(ctx context.Context, seq int64, added time.Time) error
	// MarkFetched notes when something of a release was first fetched; first is
	// false when it was fetched before.
	MarkFetched(ctx context.Context, release string, at time.Time) (first bool, err error)
	AddCredential(ctx context.Context, c Credential, secret ident.Digest) error
	// RevokeCredential returns a not-found fault when there is none and a
	// conflict fault when it was revoked before.
	RevokeCredential(ctx context.Context, id string, at time.Time) error
	// AddContribution keeps a report, in place of earlier editions of its event. It
	// is forgotten with the bytes of any version it brought, at once if they are
	// erased already.
	AddContribution(ctx context.Context, c Contribution, keep ContributionsKept) error
	// ForgetContributions forgets the reports made before an instant.
	ForgetContributions(ctx context.Context, before time.Time) error
}

// EntriesOf says how a feed names what a release sent; what was erased since is
// left out. under tells the instruments that a decision relied on.
func EntriesOf(items []ReleaseItem, under func(decision ident.Digest) ([]string, error)) (entries []FeedEntry, err error) {
	for _, it := range items {
		if it.Sent == nil {
			continue
		}
		o, _, err := stix.ParseObject(it.Sent)
		if err != nil {
			continue
		}
		e := entryOf(o)
		if e.Under, err = under(it.Decision); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func entryOf(o *intel.Object) FeedEntry {
	return FeedEntry{ID: o.ID, Type: o.Type, Version: o.Version, Moment: Moment(o.Version), Hash: o.Hash}
}

// Moment writes a STIX timestamp in UTC without trailing zeros and zone, so that
// equal instants are equal texts and earlier ones sort first, however fine they
// are. What is no timestamp becomes "".
func Moment(version string) string {
	t, ok := instant(version)
	if !ok || strings.Contains(version, ",") {
		return ""
	}
	text := t.UTC().Format("2006-01-02T15:04:05")
	if _, fraction, ok := strings.Cut(version, "."); ok {
		end := strings.IndexFunc(fraction, func(c rune) bool { return c < '0' || c > '9' })
		if digits := strings.TrimRight(fraction[:max(end, 0)], "0"); digits != "" {
			text += "." + digits
		}
	}
	return text
}

const (
	// feedTries is how often a page is begun again because the law moved.
	feedTries = 5
	// decidedBefore is more than can pass between the decision on a release and
	// its commit.
	decidedBefore = time.Hour
)

// Feed returns a part of what a party may fetch. As at the door of a delivery,
// nothing is shown that the law of this moment no longer permits: a release that
// was decided under another law is decided again first, and recalled if need be.
//
// It returns a not-found fault for an unknown party and an unavailable fault
// "feed.unsettled" when releases could not be decided again in time.
func (s *Service) Feed(ctx context.Context, f FeedFilter) (FeedPage, error) {
	page, err := s.lookAt(ctx, f)
	if err != nil {
		return FeedPage{}, err
	}
	return page, s.NoteFetched(ctx, f.Recipient, unfetched(page.Items))
}

// lookAt is Feed for what is looked at here and not handed out.
func (s *Service) lookAt(ctx context.Context, f FeedFilter) (FeedPage, error) {
	for range feedTries {
		page, fallen, err := s.feedPage(ctx, f)
		switch {
		case errors.Is(err, errBehind):
			_, err = s.Reconsider(ctx)
		case err == nil && len(fallen) == 0:
			return page, nil
		case err == nil:
			err = s.recallFallen(ctx, fallen)
		}
		if ctx.Err() != nil {
			break // deciding again takes longer than anybody waits; it goes on in the background
		}
		if err != nil {
			return FeedPage{}, err
		}
	}
	return FeedPage{}, fault.New(fault.Unavailable, "feed.unsettled", "The law has changed; what may be fetched is being decided again.").
		Try("Try again in a moment.")
}

// fetchEvent is what the log commits to when a party first fetches something of
// a release. It stands in place of a receipt where the party runs no node.
type fetchEvent struct {
	Release string    `json:"release"`
	To      party.ID  `json:"to"`
	At      time.Time `json:"at"`
}

// unfetched lists the releases of which something would be fetched for the first
// time with some items.
func unfetched(items []FeedItem) (releases []string) {
	for _, it := range items {
		if it.Raw != nil && !it.Fetched && !slices.Contains(releases, it.Release) {
			releases = append(releases, it.Release)
		}
	}
	return releases
}

// NoteFetched records, before their bytes leave, of which releases a party fetches
// something for the first time.
func (s *Service) NoteFetched(ctx context.Context, to party.ID, releases []string) error {
	if len(releases) == 0 {
		return nil
	}
	return s.store.Write(ctx, func(tx Tx) error {
		for _, id := range releases {
			first, err := tx.MarkFetched(ctx, id, s.time())
			if err != nil {
				return err
			}
			if !first {
				continue
			}
			if _, err := s.append(ctx, tx, transparency.EventFetch, fetchEvent{Release: id, To: to, At: s.time()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// errBehind says that releases wait to be decided under the law of this epoch.
var errBehind = errors.New("releases are behind the law")

// feedPage reads a page on one snapshot. fallen are releases in it that no
// longer stand.
func (s *Service) feedPage(ctx context.Context, f FeedFilter) (page FeedPage, fallen []string, err error) {
	err = s.store.Read(ctx, func(r Reader) error {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return err
		}
		if _, known := l.parties[f.Recipient]; !known {
			return fault.New(fault.NotFound, "party.unknown", "There is no party %q.", f.Recipient)
		}
		if err := s.settled(ctx, r, l); err != nil {
			return err
		}
		if page, err = r.Feed(ctx, f); err != nil {
			return err
		}
		fallen, err = s.fallen(ctx, r, l, page.Items)
		return err
	})
	return page, fallen, err
}

// settled returns [errBehind] when releases wait to be decided under the law of
// this epoch. Once none does, none will: a release is made under the law of its
// moment or not at all.
func (s *Service) settled(ctx context.Context, r Reader, l *law) error {
	if s.settledAt.Load() == l.epoch {
		return nil
	}
	behind, err := r.ListReleases(ctx, ReleaseFilter{DecidedBefore: l.epoch, Limit: 1})
	if err != nil {
		return err
	}
	if len(behind) > 0 {
		return errBehind
	}
	s.settledAt.Store(l.epoch)
	return nil
}

// stood remembers which releases were found to stand since the law last moved
// by itself: an instrument entered into force, a consent ran out.
type stood struct {
	epoch int64
	turn  time.Time
	found sync.Map // release id
	count atomic.Int64
}

// stoodLimit bounds what is remembered; beyond it, it is worked out again.
const stoodLimit = 200_000

// fallen returns the releases among the items that were decided before the law
// last moved by itself and do not stand any more.
func (s *Service) fallen(ctx context.Context, r Reader, l *law, items []FeedItem) ([]string, error) {
	turn := l.turned(s.time())
	memory := s.stood.Load()
	if memory == nil || memory.epoch != l.epoch || !memory.turn.Equal(turn) || memory.count.Load() > stoodLimit {
		memory = &stood{epoch: l.epoch, turn: turn}
		s.stood.Store(memory)
	}
	var fallen []string
	for _, it := range items {
		if it.Added.After(turn.Add(decidedBefore)) || slices.Contains(fallen, it.Release) {
			continue
		}
		if _, ok := memory.found.Load(it.Release); ok {
			continue
		}
		rel, err := r.Release(ctx, it.Release)
		if err != nil {
			return nil, err
		}
		all, err := r.ReleaseItems(ctx, it.Release)
		if err != nil {
			return nil, err
		}
		why, err := s.standing(ctx, r, rel, all)
		if err != nil {
			return nil, err
		}
		if why != nil {
			fallen = append(fallen, it.Release)
			continue
		}
		memory.found.Store(it.Release, true)
		memory.count.Add(1)
	}
	return fallen, nil
}

// turns lists, in order, every instant at which an answer of the law may change
// without anybody changing the law.
func turns(instruments []InstrumentView, facts []Fact) []time.Time {
	var at []time.Time
	for _, v := range instruments {
		at = append(at, v.Doc.Instants()...)
	}
	for _, f := range facts {
		at = append(at, f.From, f.Expires)
	}
	at = slices.DeleteFunc(at, time.Time.IsZero)
	slices.SortFunc(at, time.Time.Compare)
	return slices.CompactFunc(at, time.Time.Equal)
}

// turned returns the last such instant that has come, or the zero time.
func (l *law) turned(now time.Time) time.Time {
	n, _ := slices.BinarySearchFunc(l.turns, now, func(t, now time.Time) int {
		if t.After(now) {
			return 1
		}
		return -1
	})
	if n == 0 {
		return time.Time{}
	}
	return l.turns[n-1]
}

// recallFallen decides releases again and recalls those that do not stand.
func (s *Service) recallFallen(ctx context.Context, releases []string) error {
	s.reconsidering.Lock()
	defer s.reconsidering.Unlock()
	err := s.store.Write(ctx, func(tx Tx) error {
		epoch, err := tx.Epoch(ctx)
		if err != nil {
			return err
		}
		for _, id := range releases {
			rel, err := tx.Release(ctx, id)
			if err != nil {
				return err
			}
			if !rel.State.MayBeThere() {
				continue
			}
			if _, err := s.reconsider(ctx, tx, rel, epoch); err != nil {
				return err
			}
		}
		return nil
	})
	s.wake()
	return err
}

// InFeed reports whether a party may fetch any version of an object, at all or
// from the collection of one instrument.
func (s *Service) InFeed(ctx context.Context, recipient party.ID, under, id string) (bool, error) {
	return read(ctx, s, func(r Reader) (bool, error) { return r.InFeed(ctx, recipient, under, id) })
}

// addToFeed makes a release visible to its recipient. A date of its own has only
// what leaves as it is: a form that is made here was never served before.
func (s *Service) addToFeed(ctx context.Context, tx Tx, rel Release, col *column) error {
	var entries []FeedEntry
	var ids []string
	for m, f := range col.formed {
		if f.Sent == nil {
			continue
		}
		e := entryOf(f.Sent)
		e.Under = reliedOn(col.decisions[m])
		entries, ids = append(entries, e), append(ids, e.ID)
	}
	dates, err := tx.DatesGiven(ctx, ids)
	if err != nil {
		return err
	}
	for i := range entries {
		entries[i].Dated = dates[entries[i].Hash]
	}
	return tx.AddToFeed(ctx, rel.ID, s.time(), entries)
}
