package taxii

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"entente/exchange"
	"entente/internal/egress"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/wire/collect"
)

// bookmark is how far a collection was read: the cursor of the source.
type bookmark struct {
	Objects string `json:"objects,omitempty"` // address of the collection, as the server named it
	Accept  int    `json:"accept,omitzero"`   // the spelling of the media type that works
	// After is when the last object of all finished pages was added.
	After time.Time `json:"after,omitzero"`
	// High is the same for the pages of a series that is held together by Next.
	High time.Time `json:"high,omitzero"`
	Next string    `json:"next,omitempty"`
	// Dated: this server forgets its own next; pages are found by date alone.
	Dated bool `json:"dated,omitzero"`
	// Page and Empty tell whether a series goes on: the digest of its last page,
	// and how many pages in a row had nothing on them.
	Page  string `json:"page,omitempty"`
	Empty int    `json:"empty,omitzero"`
}

// mostEmpty is how many pages with nothing on them a server may say are followed
// by more.
const mostEmpty = 3

// Collect implements [exchange.Collector].
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
	s.accept = min(max(at.Accept, 0), len(spellings)-1)
	page, err := s.page(ctx, at)
	page.Wait = s.Wait
	return page, err
}

// page fetches the page at a place. What the server has forgotten since it gave
// the place is asked for anew.
func (s *session) page(ctx context.Context, at bookmark) (exchange.SourcePage, error) {
	fresh := at.Objects == ""
	for {
		if at.Objects == "" {
			found, err := s.find(ctx)
			if err != nil {
				return exchange.SourcePage{}, err
			}
			at.Objects = found
		}
		page, err := s.fetch(ctx, at)
		status, ok := errors.AsType[collect.StatusError](err)
		switch {
		case !ok:
			return page, err
		case at.Next != "" && forgotten(int(status)):
			// The series is begun again and held together by dates: what comes twice is
			// known, and nothing is skipped.
			at.Next, at.High, at.Page, at.Dated = "", time.Time{}, "", true
		case !fresh && int(status) == http.StatusNotFound:
			at.Objects, fresh = "", true // it may have moved within the server
		default:
			return page, s.Odd("is none ("+status.Error()+")", nil)
		}
	}
}

func forgotten(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusGone || status == http.StatusUnprocessableEntity
}

// fetch asks for one page and works out where the next one is.
func (s *session) fetch(ctx context.Context, at bookmark) (exchange.SourcePage, error) {
	u, err := s.resolve(at.Objects)
	if err != nil {
		return exchange.SourcePage{}, err
	}
	u = u.JoinPath("objects/")
	u.RawQuery = s.question(at).Encode()
	r, err := s.get(ctx, u)
	if err != nil {
		return exchange.SourcePage{}, err
	}
	env, err := splitEnvelope(r.body)
	if err != nil {
		return exchange.SourcePage{}, s.Odd("is not an envelope of objects", err)
	}
	last := r.last
	if last.IsZero() && !env.empty() {
		last = s.lastAdded(ctx, at, env.objects)
	}
	next, err := s.follow(at, env, last)
	if err != nil {
		return exchange.SourcePage{}, err
	}
	next.Accept = s.accept
	cursor, err := json.Marshal(next)
	page := exchange.SourcePage{Cursor: string(cursor), More: env.more}
	if !env.empty() {
		page.Documents = [][]byte{env.objects}
	}
	return page, err
}

// question are the parameters of a page. next goes together with the added_after
// it was given for: there are servers that want either.
func (s *session) question(at bookmark) url.Values {
	q := url.Values{"limit": {strconv.Itoa(s.cfg.Limit)}}
	if !at.After.IsZero() {
		q.Set("added_after", timestamp(at.After))
	}
	if at.Next != "" {
		q.Set("next", at.Next)
	}
	return q
}

// follow works out the place after a page, and refuses one that leads nowhere:
// asked again, such a server would be asked for ever.
func (s *session) follow(at bookmark, env pageBody, last time.Time) (bookmark, error) {
	next := bookmark{Objects: at.Objects, After: at.After, High: latest(at.High, last), Dated: at.Dated}
	if !env.more {
		next.After = latest(at.After, next.High)
		next.High = time.Time{}
		return next, nil
	}
	next.Page = ident.Sum(env.objects).String()
	if env.empty() {
		next.Page, next.Empty = at.Page, at.Empty+1
	}
	switch {
	case next.Empty > mostEmpty, !env.empty() && next.Page == at.Page:
		return next, s.stuck("gives the same page again and again")
	case env.next != "" && !at.Dated:
		if env.next == at.Next {
			return next, s.stuck("names the page it has just given as the next one")
		}
		next.Next = env.next
		return next, nil
	case last.IsZero():
		return next, s.stuck("says that there is more, but neither where nor when what it gave was added")
	}
	next.After, next.High = last, time.Time{}
	if !single(env.objects) {
		// The end of the page may have cut through objects of one instant. They are
		// asked for again rather than passed over.
		next.After = last.Add(-time.Microsecond)
	}
	if !next.After.After(at.After) {
		return next, s.stuck("says that there is more, and gives no way past what was added at " + timestamp(last))
	}
	return next, nil
}

// single reports whether a list has one object only.
func single(list []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(list), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := d.ReadToken(); err != nil {
		return false
	}
	return d.SkipValue() == nil && d.PeekKind() == ']'
}

func (s *session) stuck(what string) error {
	return fault.New(fault.Unavailable, "source.stuck", "The server %s %s.", s.Base.Host, what).
		Try("What it gave before is kept. Tell its operator: TAXII 2.1, sections 3.2 and 3.5.")
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// lastAdded asks the manifest when the last object of a page was added, for
// servers that leave it out of the header. The zero time is unknown.
func (s *session) lastAdded(ctx context.Context, at bookmark, objects []byte) time.Time {
	id, version := lastOf(objects)
	u, err := s.resolve(at.Objects)
	if err != nil || id == "" {
		return time.Time{}
	}
	u = u.JoinPath("manifest/")
	u.RawQuery = url.Values{"match[id]": {id}}.Encode()
	r, err := s.get(ctx, u)
	if err != nil {
		return time.Time{} // what is unknown is said where it is missed
	}
	v, err := strictjson.Parse(r.body, strictjson.Default())
	if err != nil {
		return time.Time{}
	}
	var found time.Time
	for _, m := range v.GetList("objects") {
		if m.GetText("id") == id && exchange.Moment(m.GetText("version")) == exchange.Moment(version) {
			found = moment(m.GetText("date_added"))
		}
	}
	return found
}

// lastOf is the id and version of the last object of a list.
func lastOf(list []byte) (id, version string) {
	d := jsontext.NewDecoder(bytes.NewReader(list), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := d.ReadToken(); err != nil {
		return "", ""
	}
	var raw []byte
	for d.PeekKind() == '{' {
		v, err := d.ReadValue()
		if err != nil {
			return "", ""
		}
		raw = bytes.Clone(v)
	}
	v, err := strictjson.Parse(raw, strictjson.Default())
	if err != nil {
		return "", ""
	}
	if version = v.GetText("modified"); version == "" {
		version = v.GetText("created")
	}
	return v.GetText("id"), version
}

// pageBody is what counts of an envelope (3.7).
type pageBody struct {
	more    bool
	next    string
	objects []byte // the list, byte for byte; nil is none
}

func (p *pageBody) empty() bool { return len(p.objects) == 0 }

var errEnvelope = errors.New("it is not an envelope")

// splitEnvelope takes an envelope apart. What is wrong inside one object is left
// for that object to answer for. A list that is empty, though 2.1 forbids it, is
// none; so is null.
func splitEnvelope(body []byte) (p pageBody, err error) {
	d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return p, errEnvelope
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return p, err
		}
		name := token.String() // before the next read reuses it
		value, err := d.ReadValue()
		if err != nil {
			return p, err
		}
		if err := p.member(name, value); err != nil {
			return p, err
		}
	}
	if token, err := d.ReadToken(); err != nil || token.Kind() != '}' {
		return p, errEnvelope
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return p, errEnvelope
	}
	return p, nil
}

// member takes in one member of an envelope; others are ignored (7.1).
func (p *pageBody) member(name string, value jsontext.Value) error {
	switch kind := value.Kind(); {
	case name == "more":
		p.more = kind == 't' || string(value) == `"true"`
	case name == "next" && kind == '"':
		return json.Unmarshal(value, &p.next)
	case name == "next" && kind == '0':
		p.next = string(value) // the number of a page
	case name == "objects" && kind == '[':
		if p.objects != nil {
			return errEnvelope
		}
		if len(bytes.TrimSpace(value[1:len(value)-1])) > 0 {
			p.objects = bytes.Clone(value)
		}
	case name == "objects" && kind != 'n':
		return errEnvelope
	}
	return nil
}

// resolve reads an address that the server gave, absolute or relative to its
// host, and refuses one elsewhere: credentials are for the server that was named.
func (s *session) resolve(address string) (*url.URL, error) {
	ref, err := url.Parse(address)
	if err != nil {
		return nil, s.Odd("names an address that is none", err)
	}
	u := s.Base.ResolveReference(ref)
	if egress.Origin(u) != egress.Origin(s.Base) || u.User != nil {
		return nil, s.Elsewhere(nil)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

// Offers implements [exchange.Collector].
func (c *Client) Offers(ctx context.Context, src exchange.Source, secret exchange.SourceSecret) ([]exchange.SourceOffer, error) {
	s, err := c.open(src, secret)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.offers(ctx)
}

// What a server may have: each root is a request, and each collection is kept
// until all are known.
const (
	mostRoots       = 100
	mostCollections = 10_000
)

// offers lists the collections of every API root. A root that refuses does not
// hide the others; only when none answers is its refusal the answer.
func (s *session) offers(ctx context.Context) ([]exchange.SourceOffer, error) {
	roots, err := s.roots(ctx)
	if err != nil {
		return nil, err
	}
	var all []exchange.SourceOffer
	var failed error
	answered := false
	for _, root := range roots {
		list, err := s.collectionsAt(ctx, root)
		if err != nil {
			failed = err
			continue
		}
		answered = true
		if all = append(all, list...); len(all) > mostCollections {
			return nil, s.Odd("lists more than "+strconv.Itoa(mostCollections)+" collections", nil)
		}
	}
	if !answered {
		return nil, failed
	}
	return all, nil
}

// roots lists the API roots: those that a discovery names, or the address itself
// when it is one.
func (s *session) roots(ctx context.Context) ([]*url.URL, error) {
	v, err := s.document(ctx, s.Base)
	if err != nil {
		return nil, err
	}
	named := v.GetList("api_roots")
	if len(named) == 0 && v.Get("versions") != nil {
		return []*url.URL{s.Base}, nil
	}
	if len(named) > mostRoots {
		return nil, s.Odd("names more than "+strconv.Itoa(mostRoots)+" API roots", nil)
	}
	var roots []*url.URL
	var failed error
	for _, n := range named {
		root, err := s.resolve(n.Text)
		if err != nil {
			failed = err
			continue
		}
		roots = append(roots, root)
	}
	if len(roots) == 0 && failed == nil {
		failed = s.Odd("names no API root", nil)
	}
	if len(roots) == 0 {
		return nil, failed
	}
	return roots, nil
}

func (s *session) collectionsAt(ctx context.Context, root *url.URL) ([]exchange.SourceOffer, error) {
	v, err := s.document(ctx, root.JoinPath("collections/"))
	if err != nil {
		return nil, err
	}
	var all []exchange.SourceOffer
	for _, c := range v.GetList("collections") {
		can := c.Get("can_read")
		all = append(all, exchange.SourceOffer{
			Collection: c.GetText("id"), Alias: c.GetText("alias"), Title: c.GetText("title"), Description: c.GetText("description"),
			Root: root.String(), Readable: can == nil || can.Bool,
		})
	}
	return all, nil
}

// document fetches a description and reads it.
func (s *session) document(ctx context.Context, u *url.URL) (*strictjson.Value, error) {
	r, err := s.get(ctx, u)
	if status, ok := errors.AsType[collect.StatusError](err); ok {
		return nil, s.Odd("is none ("+status.Error()+" for "+u.Path+")", nil)
	}
	if err != nil {
		return nil, err
	}
	v, err := strictjson.Parse(r.body, strictjson.Default())
	if err != nil || v.Kind != strictjson.Object {
		return nil, s.Odd("is not a TAXII document", err)
	}
	return &v, nil
}

// find returns the address of the collection of the source: that with its id or
// alias, or the only one that may be read when none is named.
func (s *session) find(ctx context.Context) (string, error) {
	all, err := s.offers(ctx)
	if err != nil {
		return "", err
	}
	var found []exchange.SourceOffer
	for _, o := range all {
		if o.Readable && o.Collection != "" && (s.src.Collection == "" || s.src.Collection == o.Collection || s.src.Collection == o.Alias) {
			found = append(found, o)
		}
	}
	switch {
	case len(found) == 1, len(found) > 1 && s.src.Collection == found[0].Collection:
		root, err := s.resolve(found[0].Root)
		if err != nil {
			return "", err
		}
		return root.JoinPath("collections", url.PathEscape(found[0].Collection), "/").EscapedPath(), nil
	case len(found) == 0:
		return "", fault.New(fault.NotFound, "source.collection", "The server %s has no collection %q that this credential may read.", s.Base.Host, s.src.Collection).
			Try("See what it has: entente source collections URL")
	default:
		return "", fault.New(fault.Invalid, "source.collection", "The server %s has several collections.", s.Base.Host).
			Try("Name one with --collection. See what it has: entente source collections URL")
	}
}
