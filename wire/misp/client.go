package misp

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/strictjson"
	"entente/wire/collect"
)

// Client collects events from MISP servers and from this program's own door. It
// implements [exchange.Collector], is safe for concurrent use and keeps nothing
// between calls.
type Client struct{ cfg collect.Config }

// NewClient returns a client.
func NewClient(cfg collect.Config) *Client { return &Client{cfg} }

// Check implements [exchange.Collector].
func (c *Client) Check(src exchange.Source) error {
	err := c.cfg.Check(src, "the https address of the server, such as https://misp.example/")
	if err == nil && (src.Collection != "" || src.Auth != exchange.AuthBearer) {
		bad := fault.New(fault.Invalid, "source.invalid", "The source cannot be added as it is.")
		if src.Collection != "" {
			_ = bad.At("/collection", "is nothing that MISP has")
		}
		if src.Auth != exchange.AuthBearer {
			_ = bad.At("/auth", "is not bearer: MISP wants an authentication key")
		}
		return bad.Try("Give the key with --bearer-file, and no collection.")
	}
	return err
}

// bookmark is how far a server was read: the cursor of the source. Events are
// taken in the order in which they were last published; several of one second are
// told apart by name.
type bookmark struct {
	Published int64    `json:"published"`
	Taken     []string `json:"taken,omitempty"` // of that second
	// Through stands for Taken where it would be long: every name up to it, also
	// of events that the server published in that second later.
	Through string `json:"through,omitempty"`
	// Ahead is what was taken though it was published in a time to come, and when.
	// It does not move the place: all that is published until then would be passed
	// over.
	Ahead map[string]int64 `json:"ahead,omitempty"`
}

const (
	// maxAhead is how far the clock of a server may be ahead of ours.
	maxAhead = time.Hour
	// maxNames bounds each list of names in a bookmark.
	maxNames = 1_000
)

// took moves the place past an event.
func (at *bookmark) took(ev listed, horizon int64) {
	if ev.published > horizon {
		if at.Ahead == nil {
			at.Ahead = map[string]int64{}
		}
		at.Ahead[ev.uuid] = ev.published
		return
	}
	if ev.published != at.Published {
		at.Published, at.Taken, at.Through = ev.published, nil, ""
		maps.DeleteFunc(at.Ahead, func(_ string, published int64) bool { return published < at.Published })
	}
	if at.Taken = append(at.Taken, ev.uuid); len(at.Taken) > maxNames {
		at.Taken, at.Through = nil, slices.Max(at.Taken)
	}
}

// before reports whether an event is yet to be taken.
func (at *bookmark) before(ev listed, horizon int64) bool {
	switch {
	case ev.published < at.Published, at.Ahead[ev.uuid] == ev.published:
		return false
	case ev.published > horizon:
		_, again := at.Ahead[ev.uuid]
		return again || len(at.Ahead) < maxNames
	}
	return ev.published > at.Published || ev.uuid > at.Through && !slices.Contains(at.Taken, ev.uuid)
}

// read reads a cursor. One from before there was a horizon may be beyond it: it
// goes on with what is published from now on.
func (at *bookmark) read(cursor string, now time.Time, horizon int64) error {
	if cursor == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(cursor), at); err != nil {
		return fault.New(fault.Unverified, "source.cursor", "Where the source was left off cannot be read.").
			Try("Remove the source and add it again; what is known already is not taken twice.").Because(err)
	}
	if at.Published > horizon {
		*at = bookmark{Published: now.Unix()}
	}
	return nil
}

// Collect implements [exchange.Collector]. A page is a few events that were
// published, or published again, since the last.
func (c *Client) Collect(ctx context.Context, src exchange.Source, secret exchange.SourceSecret, cursor string) (exchange.SourcePage, error) {
	s, err := c.open(src, secret)
	if err != nil {
		return exchange.SourcePage{}, err
	}
	defer s.Close()
	var at bookmark
	now := c.cfg.Now()
	horizon := now.Add(maxAhead).Unix()
	if err := at.read(cursor, now, horizon); err != nil {
		return exchange.SourcePage{}, err
	}
	page, err := collectPage(ctx, s, at, horizon)
	page.Wait = s.Wait
	return page, err
}

// Offers implements [exchange.Collector]: a MISP server has one part, the events
// that the key may see.
func (c *Client) Offers(ctx context.Context, src exchange.Source, secret exchange.SourceSecret) ([]exchange.SourceOffer, error) {
	s, err := c.open(src, secret)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	v, err := ask(ctx, s, "servers/getVersion", nil)
	if err != nil {
		return nil, err
	}
	return []exchange.SourceOffer{{Title: "Events", Description: "MISP " + textOf(v.Get("version")), Root: s.Base.String(), Readable: true}}, nil
}

func (c *Client) open(src exchange.Source, secret exchange.SourceSecret) (*collect.Session, error) {
	if err := c.Check(src); err != nil {
		return nil, err
	}
	return c.cfg.Open(src, func(r *http.Request) { r.Header.Set("Authorization", secret.Token) })
}

const (
	// eventsAtOnce is how many events are fetched before what was fetched is kept,
	// and bytesAtOnce after how many bytes no other is.
	eventsAtOnce = 20
	bytesAtOnce  = 64 << 20
)

// listed is one event of an index.
type listed struct {
	uuid      string
	published int64
}

func collectPage(ctx context.Context, s *collect.Session, at bookmark, horizon int64) (page exchange.SourcePage, err error) {
	waiting, err := index(ctx, s, &at, horizon)
	if err != nil {
		return page, err
	}
	size := 0
	for n, ev := range waiting {
		if page.More = n == eventsAtOnce || size >= bytesAtOnce; page.More {
			break
		}
		doc, err := fetch(ctx, s, ev.uuid)
		if err != nil {
			return page, err
		}
		if doc != nil {
			page.Documents = append(page.Documents, doc)
			size += len(doc)
		}
		at.took(ev, horizon)
	}
	cursor, err := json.Marshal(at, json.Deterministic(true))
	page.Cursor = string(cursor)
	return page, err
}

// index lists the events that were published after a place, oldest first. Servers
// are asked for no others, and what they give beside them is left out.
func index(ctx context.Context, s *collect.Session, at *bookmark, horizon int64) ([]listed, error) {
	question := `{"published":1}`
	if at.Published > 0 {
		question = `{"published":1,"publish_timestamp":"` + strconv.FormatInt(at.Published, 10) + `"}`
	}
	v, err := ask(ctx, s, "events/index", []byte(question))
	if err != nil {
		return nil, err
	}
	if v.Kind == strictjson.Object {
		if inner := v.Get("response"); inner != nil {
			v = inner
		}
	}
	if v.Kind != strictjson.Array {
		return nil, s.Odd("is not a list of events", nil)
	}
	newest := map[string]int64{} // of each event, should one be named twice
	for i := range v.Items {
		ev := entryOf(&v.Items[i])
		if ev.uuid != "" && len(ev.uuid) <= maxName && at.before(ev, horizon) {
			newest[ev.uuid] = max(newest[ev.uuid], ev.published)
		}
	}
	waiting := make([]listed, 0, len(newest))
	for uuid, published := range newest {
		waiting = append(waiting, listed{uuid, published})
	}
	slices.SortFunc(waiting, func(a, b listed) int {
		return cmp.Or(cmp.Compare(a.published, b.published), strings.Compare(a.uuid, b.uuid))
	})
	return waiting, nil
}

// maxName is as long as a UUID is.
const maxName = 36

// entryOf reads an entry of an index; an event that does not say when it was
// published counts from its last change.
func entryOf(v *strictjson.Value) listed {
	if inner := v.Get("Event"); inner != nil {
		v = inner
	}
	for _, name := range []string{"publish_timestamp", "timestamp"} {
		if n, err := strconv.ParseInt(textOf(v.Get(name)), 10, 64); err == nil && n > 0 {
			return listed{strings.ToLower(textOf(v.Get("uuid"))), n}
		}
	}
	return listed{}
}

// fetch reads one event; nil is one that is no longer there.
func fetch(ctx context.Context, s *collect.Session, uuid string) ([]byte, error) {
	u := s.Base.JoinPath("events", "view", url.PathEscape(uuid), "deleted[]:0", "deleted[]:1", "includeEventCorrelations:0", "includeFeedCorrelations:0", "excludeLocalTags:1")
	a, err := s.Ask(ctx, u, headers, nil)
	status, ok := errors.AsType[collect.StatusError](err)
	switch {
	case ok && int(status) == http.StatusNotFound:
		return nil, nil
	case ok:
		return nil, s.Odd("is none ("+status.Error()+" for an event)", nil)
	}
	return a.Body, err
}

var headers = map[string]string{"Accept": "application/json", "Content-Type": "application/json"}

// maxIndex bounds an index: a server with more events is read from a later date.
const maxIndex = 2_000_000 // tokens

// ask reads a JSON answer.
func ask(ctx context.Context, s *collect.Session, path string, body []byte) (*strictjson.Value, error) {
	a, err := s.Ask(ctx, s.Base.JoinPath(path), headers, body)
	if status, ok := errors.AsType[collect.StatusError](err); ok {
		return nil, s.Odd("is none ("+status.Error()+" for "+path+")", nil)
	}
	if err != nil {
		return nil, err
	}
	v, err := strictjson.Parse(a.Body, strictjson.Limits{Bytes: len(a.Body), Tokens: maxIndex})
	if err != nil {
		return nil, s.Odd("is not JSON as MISP has it", err)
	}
	return &v, nil
}
