package exchange

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
)

const (
	// turnPages is how many pages a source may bring before others have their turn.
	turnPages = 20
	// turnTime is how long it may take over them.
	turnTime = 10 * time.Minute
	// firstPause and longestPause bound how long a failing source is left alone.
	firstPause   = 30 * time.Second
	longestPause = 6 * time.Hour
	// longestWait is the most that a server can ask for.
	longestWait = 24 * time.Hour
	// maxRefused is how many refused objects a report names.
	maxRefused = 100
)

// PollReport is what one poll of a source brought.
type PollReport struct {
	Source      Source       `json:"source"`
	Pages       int          `json:"pages"`
	More        bool         `json:"more"` // the server has more; the next poll goes on there
	New         int          `json:"new"`
	Updated     int          `json:"updated"`
	Unchanged   int          `json:"unchanged"`
	Quarantined int          `json:"quarantined"`
	Refused     []ImportLine `json:"refused,omitempty"` // the first of those quarantined
	DryRun      bool         `json:"dry_run,omitzero"`
	Found       int          `json:"found,omitzero"` // of a dry run: objects that can be read
}

func (rep *PollReport) add(got ImportReport) {
	rep.New += got.New
	rep.Updated += got.Updated
	rep.Unchanged += got.Unchanged
	rep.Quarantined += got.Quarantined
	for _, l := range got.Objects {
		if l.Result == ResultQuarantined && len(rep.Refused) < maxRefused {
			rep.Refused = append(rep.Refused, l)
		}
	}
}

// PollSource collects from a source now, whether it is due or not. A dry run
// fetches one page and keeps nothing. It returns a conflict fault "source.paused"
// for a paused source, "source.busy" for one that is being polled, and whatever
// kept it from collecting, which is on record in the source's state.
func (s *Service) PollSource(ctx context.Context, id string, dryRun bool) (PollReport, error) {
	if _, taken := s.polling.LoadOrStore(id, true); taken {
		return PollReport{}, fault.New(fault.Conflict, "source.busy", "The source %s is being polled at this moment.", id).Try("Look at it when that is done.")
	}
	defer s.polling.Delete(id)
	src, err := s.Source(ctx, id)
	if err != nil {
		return PollReport{}, err
	}
	if src.Paused {
		return PollReport{}, fault.New(fault.Conflict, "source.paused", "The source %s is paused.", id).Try("Resume it first: entente source resume %s", id)
	}
	if dryRun {
		return s.tryPage(ctx, src)
	}
	return s.turn(ctx, src)
}

// PollDue polls the source that has been due for longest and that nobody polls;
// polled is false when there is none. Several callers share the work, so that a
// slow server holds up one of them only.
func (s *Service) PollDue(ctx context.Context) (rep PollReport, polled bool, err error) {
	all, err := s.Sources(ctx)
	if err != nil {
		return rep, false, err
	}
	var first *Source
	for i, src := range all {
		if _, taken := s.polling.Load(src.ID); !taken && s.due(src) && (first == nil || src.State.Due.Before(first.State.Due)) {
			first = &all[i]
		}
	}
	if first == nil {
		return rep, false, nil
	}
	if _, taken := s.polling.LoadOrStore(first.ID, true); taken {
		return rep, true, nil // another caller was faster; there may be others
	}
	defer s.polling.Delete(first.ID)
	src, err := s.Source(ctx, first.ID)
	if fault.KindOf(err) == fault.NotFound || err == nil && !s.due(src) {
		return rep, true, nil // it was removed, paused or polled in between
	}
	if err != nil {
		return rep, true, err
	}
	rep, err = s.turn(ctx, src)
	return rep, true, err
}

func (s *Service) due(src Source) bool { return !src.Paused && !src.State.Due.After(s.time()) }

// collect fetches one page of a source.
func (s *Service) collect(ctx context.Context, src Source) (SourcePage, error) {
	sealed, err := read(ctx, s, func(r Reader) ([]byte, error) { return r.SourceSecret(ctx, src.ID) })
	if err != nil {
		return SourcePage{}, err
	}
	secret, err := s.openSecret(src, sealed)
	if err != nil {
		return SourcePage{}, err
	}
	collector, ok := s.collectors[src.Kind]
	if !ok {
		return SourcePage{}, fault.New(fault.Unavailable, "source.kind", "This node cannot collect from sources of the kind %q.", src.Kind).
			Try("Remove the source, or run the version of the program that added it.")
	}
	return collector.Collect(ctx, src, secret, src.State.Cursor)
}

// turn collects page by page: the next one is asked for only when this one is on
// disk, and the cursor moves only then, so that a crash repeats a page and loses
// none.
func (s *Service) turn(ctx context.Context, src Source) (PollReport, error) {
	rep := PollReport{Source: src}
	limited, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	for {
		var page SourcePage
		var got ImportReport
		err := s.room(limited, src.From)
		if err == nil {
			page, err = s.collect(limited, src)
		}
		if err == nil {
			got, err = s.takePage(limited, src, page)
		}
		rep.add(got)
		if err != nil {
			return s.failedPoll(ctx, rep, max(page.Wait, patience(err)), err)
		}
		rep.Pages, rep.More = rep.Pages+1, page.More
		src, err = s.changeSource(ctx, src.ID, func(held *Source) { s.succeed(held, rep, got, page) })
		rep.Source = src
		if err != nil || !page.More || src.Paused || rep.Pages == turnPages || limited.Err() != nil {
			return rep, err
		}
	}
}

// succeed notes a page that is on disk. A source with more is due again at once,
// behind those that waited, unless all it brought was known: then something is
// wrong with its server, or it was collected before, and there is no hurry.
func (s *Service) succeed(src *Source, rep PollReport, got ImportReport, page SourcePage) {
	now := s.time()
	st := &src.State
	st.Cursor, st.Polled, st.Succeeded = page.Cursor, now, now
	st.Failures, st.Code, st.Fault = 0, "", ""
	st.New += int64(got.New)
	st.Updated += int64(got.Updated)
	st.Unchanged += int64(got.Unchanged)
	st.Quarantined += int64(got.Quarantined)
	st.Due = now.Add(s.jitter(time.Duration(src.Every) * time.Second))
	if page.More && rep.New+rep.Updated > 0 {
		st.Due = now
	}
	if page.Wait > 0 {
		st.Due = later(st.Due, now.Add(min(page.Wait, longestWait)))
	}
}

// failedPoll notes why a source could not be collected and leaves it alone for
// twice as long as the last time, or as long as its server asked for.
func (s *Service) failedPoll(ctx context.Context, rep PollReport, wait time.Duration, why error) (PollReport, error) {
	if ctx.Err() != nil {
		return rep, ctx.Err() // this node stops; that is not the source's fault
	}
	src, err := s.changeSource(ctx, rep.Source.ID, func(src *Source) {
		now := s.time()
		st := &src.State
		st.Polled, st.Failures = now, st.Failures+1
		st.Code, st.Fault = inWords(why)
		pause := min(firstPause<<min(st.Failures-1, 20), longestPause)
		st.Due = later(now.Add(s.jitter(pause)), now.Add(min(wait, longestWait)))
	})
	if err != nil {
		return rep, errors.Join(why, err)
	}
	rep.Source = src
	return rep, why
}

// inWords is what people are shown of a failure for as long as it lasts.
func inWords(why error) (code, words string) {
	if f, ok := errors.AsType[*fault.Error](why); ok && f.Kind != fault.Internal {
		return f.Code, sentences(f.Message, f.Next)
	}
	return "internal", "Something went wrong here. The node's log says what."
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// jitter lengthens a pause by up to a tenth, so that nodes that began together do
// not come back together.
func (s *Service) jitter(d time.Duration) time.Duration {
	var b [2]byte
	if _, err := io.ReadFull(s.rand, b[:]); err != nil {
		return d // less spread out, and no worse
	}
	return (d + d/10*time.Duration(binary.BigEndian.Uint16(b[:]))/(1<<16)).Truncate(time.Microsecond)
}

// takePage admits what a page brought. A document that cannot be taken apart is
// set aside whole and costs the others nothing.
func (s *Service) takePage(ctx context.Context, src Source, page SourcePage) (total ImportReport, err error) {
	origin := Provenance{From: src.From, At: s.time(), Source: src.label(), Under: src.Under, Assigned: src.Assign}
	for _, doc := range page.Documents {
		bundle := readDocument(doc)
		rep, err := s.newIntake(bundle, origin).ingest(ctx, bundle, nil)
		total.add(rep.Objects)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func readDocument(doc []byte) stix.Bundle {
	bundle, err := parse(doc)
	if err == nil {
		return bundle
	}
	r := stix.Rejected{Code: fault.CodeOf(err), Detail: "The document cannot be read.", Raw: doc, Hash: ident.Sum(doc)}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		r.Detail, r.Next = f.Message, f.Next
	}
	return stix.Bundle{Rejected: []stix.Rejected{r}}
}

// label says for people where an object came from and on what terms.
func (s Source) label() string {
	label := s.Name + " (" + s.URL + ")"
	if s.Licence != "" {
		label += ", licence: " + s.Licence
	}
	return label
}

// tryPage reads one page and says what could be read, and keeps nothing.
func (s *Service) tryPage(ctx context.Context, src Source) (PollReport, error) {
	rep := PollReport{Source: src, DryRun: true, Pages: 1}
	page, err := s.collect(ctx, src)
	if err != nil {
		return rep, err
	}
	rep.More = page.More
	for _, doc := range page.Documents {
		bundle := readDocument(doc)
		rep.Found += len(bundle.Accepted)
		var got ImportReport
		for _, r := range bundle.Rejected {
			got.add([]ImportLine{refusedLine(r)})
		}
		rep.add(got)
	}
	return rep, nil
}
