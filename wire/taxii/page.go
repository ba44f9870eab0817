package taxii

import (
	"encoding/binary"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/fault"
)

// page answers objects, object, manifest and versions: the four views of a feed.
func (s *Server) page(rq request, c collectionBody) error {
	question := rq.q.question(rq.from, c.ID, rq.at.resource, rq.at.object)
	f := exchange.FeedFilter{
		Recipient: rq.from, Under: c.under, After: rq.q.after, IDs: rq.q.ids, Types: rq.q.types, Versions: rq.q.versions,
		Bytes: rq.at.resource == objects || rq.at.resource == object, Limit: min(rq.q.limit, s.cfg.MaxPage),
	}
	if f.Limit == 0 {
		f.Limit = s.cfg.MaxPage
	}
	if rq.at.object != "" {
		f.IDs = []string{rq.at.object}
	}
	if rq.at.resource == versions {
		f.Versions = exchange.FeedVersions{All: true}
	}
	if rq.q.next != "" {
		at, ok := s.openCursor(rq.q.next, question)
		if !ok {
			return badQuery("next", "is none that was given for this question in the last 24 hours")
		}
		if at.After(f.After) {
			f.After = at
		}
	}
	var page exchange.FeedPage
	var err error
	if !rq.q.nothing() {
		if page, err = s.cfg.Exchange.Feed(rq.r.Context(), f); err != nil {
			return err
		}
	}
	if len(page.Items) == 0 && rq.at.object != "" {
		if err := s.known(rq, c.under); err != nil {
			return err
		}
	}
	return s.answerPage(rq, page, question)
}

// sealCursor makes the opaque next of section 3.5 from a place in the feed and
// the moment until which it is good.
func (s *Server) sealCursor(at time.Time, question []byte) string {
	place := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMicro()))
	return s.cursors.Seal(binary.BigEndian.AppendUint64(place, uint64(s.cfg.Now().Add(cursorLife).UnixMicro())), question)
}

// openCursor says the same of a next that ran out as of one that was never given.
func (s *Server) openCursor(next string, question []byte) (time.Time, bool) {
	place, ok := s.cursors.Open(next, question)
	if !ok || len(place) != 16 {
		return time.Time{}, false
	}
	at, until := instantIn(place), instantIn(place[8:])
	return at, s.cfg.Now().Before(until)
}

func instantIn(b []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC() //nolint:gosec // G115: as it was sealed
}

// known tells an object that the filters leave out (an empty answer) from one
// that is not in the collection (5.6).
func (s *Server) known(rq request, under string) error {
	found, err := s.cfg.Exchange.InFeed(rq.r.Context(), rq.from, under, rq.at.object)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "taxii.object", "There is no such object in this collection.")
	}
	return err
}

// lineSize is about what a page needs beside the bytes of each object.
const lineSize = 64

// record is a line of a manifest (5.3.1).
type record struct {
	ID        string `json:"id"`
	DateAdded string `json:"date_added"`
	Version   string `json:"version"`
	MediaType string `json:"media_type"`
}

func (s *Server) answerPage(rq request, page exchange.FeedPage, question []byte) error {
	// The headers of an empty page would have to be left empty or out (3.2 and 3.4
	// disagree); clients stumble over the first.
	next := ""
	if n := len(page.Items); n > 0 {
		h := rq.w.Header()
		h.Set("X-TAXII-Date-Added-First", timestamp(page.Items[0].Added))
		h.Set("X-TAXII-Date-Added-Last", timestamp(page.Items[n-1].Added))
		if page.More {
			next = s.sealCursor(page.Items[n-1].Added, question)
		}
	}
	size := 0
	for _, it := range page.Items {
		size += len(it.Raw) + lineSize
	}
	b := make([]byte, 0, size+len(next)+lineSize)
	switch rq.at.resource {
	case manifest:
		b = envelope(b, next, "objects", len(page.Items), func(b []byte, i int) []byte {
			it := page.Items[i]
			line, err := json.Marshal(record{ID: it.ID, DateAdded: timestamp(it.Added), Version: versionOf(it), MediaType: stixMedia})
			if err != nil {
				return b // an id that is not UTF-8, which was refused when it came
			}
			return append(b, line...)
		})
	case versions:
		b = envelope(b, next, "versions", len(page.Items), func(b []byte, i int) []byte {
			return append(append(append(b, '"'), versionOf(page.Items[i])...), '"')
		})
	default:
		b = envelope(b, next, "objects", len(page.Items), func(b []byte, i int) []byte {
			return append(b, page.Items[i].Raw...) // damaged: nothing, see envelope
		})
	}
	s.answer(rq.w, rq.r, http.StatusOK, b)
	return nil
}

func versionOf(it exchange.FeedItem) string {
	if it.Version == "" {
		return unversioned
	}
	return it.Version
}

// envelope writes {"more":true,"next":…,name:[…]} around exact bytes (3.7). An
// empty list is left out, as is an item that comes to nothing.
func envelope(b []byte, next, name string, n int, item func(b []byte, i int) []byte) []byte {
	b = append(b, '{')
	if next != "" {
		b = append(b, `"more":true,"next":"`...)
		b = append(append(b, next...), '"')
	}
	empty := true
	for i := range n {
		before := len(b)
		switch {
		case !empty:
			b = append(b, ',')
		case before > 1:
			b = append(append(append(b, `,"`...), name...), `":[`...)
		default:
			b = append(append(append(b, '"'), name...), `":[`...)
		}
		start := len(b)
		if b = item(b, i); len(b) == start {
			b = b[:before]
			continue
		}
		empty = false
	}
	if !empty {
		b = append(b, ']')
	}
	return append(b, '}')
}
