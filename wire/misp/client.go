package misp

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

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
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil {
			return exchange.SourcePage{}, fault.New(fault.Unverified, "source.cursor", "Where the source was left off cannot be read.").
				Try("Remove the source and add it again; what is known already is not taken twice.").Because(err)
		}
	}
	page, err := collectPage(ctx, s, at)
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

// eventsAtOnce is how many events are fetched before what was fetched is kept.
const eventsAtOnce = 20

// listed is one event of an index.
type listed struct {
	uuid      string
	published int64
}

func collectPage(ctx context.Context, s *collect.Session, at bookmark) (page exchange.SourcePage, err error) {
	waiting, err := index(ctx, s, at)
	if err != nil {
		return page, err
	}
	page.More = len(waiting) > eventsAtOnce
	for _, ev := range waiting[:min(len(waiting), eventsAtOnce)] {
		doc, err := fetch(ctx, s, ev.uuid)
		if err != nil {
			return page, err
		}
		if doc != nil {
			page.Documents = append(page.Documents, doc)
		}
		if ev.published != at.Published {
			at = bookmark{Published: ev.published}
		}
		at.Taken = append(at.Taken, ev.uuid)
	}
	cursor, err := json.Marshal(at)
	page.Cursor = string(cursor)
	return page, err
}

// index lists the events that were published after a place, oldest first. Servers
// are asked for no others, and what they give beside them is left out.
func index(ctx context.Context, s *collect.Session, at bookmark) ([]listed, error) {
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
	var waiting []listed
	for i := range v.Items {
		ev := entryOf(&v.Items[i])
		if ev.uuid != "" && (ev.published > at.Published || ev.published == at.Published && !slices.Contains(at.Taken, ev.uuid)) {
			waiting = append(waiting, ev)
		}
	}
	slices.SortFunc(waiting, func(a, b listed) int {
		return cmp.Or(cmp.Compare(a.published, b.published), strings.Compare(a.uuid, b.uuid))
	})
	return slices.Compact(waiting), nil
}

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
