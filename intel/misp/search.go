package misp

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Query is a search as MISP clients send it to events/restSearch,
// attributes/restSearch and events/index. What it does not know it ignores, as
// MISP does.
type Query struct {
	Minimal  bool // of the index: the fewest fields
	Metadata bool // events without their content
	Format   string
	Limit    int // 0 = no limit
	Page     int // from 1

	ids       terms // UUID or number of an event
	uuids     terms // of an event or an attribute
	values    terms
	types     terms
	category  terms
	objects   terms // names of MISP objects
	org       terms // name or UUID
	tags      terms // of the event or the attribute
	eventTags terms
	info      terms
	anywhere  string // in the event's info or a value
	toIDs     *bool
	deleted   bool
	data      bool
	published *bool
	group     bool // of a sharing group, which nothing here has

	days, changed, eventChanged, publishedAt span
}

// terms are what a field may be, as MISP writes it: a text, a list of them with
// "!" before what it may not be, or OR, AND and NOT.
type terms struct{ any, all, none []string }

func (t terms) empty() bool { return len(t.any)+len(t.all)+len(t.none) == 0 }

// span is a time from and to; zero is open.
type span struct{ from, to time.Time }

func (s span) open() bool { return s.from.IsZero() && s.to.IsZero() }

func (s span) has(t time.Time) bool {
	return s.open() || !t.IsZero() && (s.from.IsZero() || !t.Before(s.from)) && (s.to.IsZero() || !t.After(s.to))
}

// maxTerms bounds a list of terms: each is compared with each value.
const maxTerms = 1_000

// maxPage bounds limit and page, so that their product is a number too.
const maxPage = 1 << 30

// ParseQuery reads the body of a search; an empty body asks for everything. now
// is what "7d" counts from. It returns an invalid fault "misp.query" that names
// the field.
func ParseQuery(body []byte, now time.Time) (Query, error) {
	q := Query{Format: "json", Page: 1}
	if len(body) == 0 {
		return q, nil
	}
	v, err := strictjson.Parse(body, strictjson.Limits{Bytes: 1 << 20})
	if err != nil {
		return q, err
	}
	if inner := v.Get("request"); inner != nil { // as old clients wrap it
		v = *inner
	}
	if v.Kind == strictjson.Array && len(v.Items) == 0 { // how PHP writes an empty object
		return q, nil
	}
	if v.Kind != strictjson.Object {
		return q, badQuery("", "is no object")
	}
	p := queryParser{v: &v, now: now}
	q.Minimal, q.Metadata = p.flag("minimal"), p.flag("metadata")
	q.Format = cmp.Or(p.text("returnFormat"), q.Format)
	q.Limit, q.Page = p.number("limit"), max(1, p.number("page"))
	q.ids, q.uuids = p.terms("eventid"), p.terms("uuid")
	q.values, q.types, q.category = p.terms("value", "attribute"), p.terms("type"), p.terms("category")
	q.objects, q.org, q.info = p.terms("object_name"), p.terms("org"), p.terms("eventinfo")
	q.tags, q.eventTags = p.terms("tags", "tag"), p.terms("event_tags")
	q.anywhere = strings.Trim(cmp.Or(p.text("searchall"), p.text("quickFilter"), p.text("quickfilter"), p.text("all")), "%")
	q.toIDs, q.published = p.maybe("to_ids"), p.maybe("published")
	q.deleted, q.data, q.group = p.flag("deleted"), p.flag("withAttachments"), v.Get("sharinggroup") != nil
	q.days = span{p.day("from", "datefrom", "date_from"), p.day("to", "dateuntil", "date_to")}
	q.changed, q.eventChanged = p.span("timestamp"), p.span("event_timestamp")
	q.publishedAt = p.span("publish_timestamp", "last")
	return q, p.err
}

func badQuery(field, detail string) error {
	return fault.New(fault.Invalid, "misp.query", "The search cannot be understood.").At("/"+field, detail).
		Try("Search as PyMISP does, with text, lists and times such as 7d or 1700000000.")
}

// queryParser reads fields; the first that is wrong is kept.
type queryParser struct {
	v   *strictjson.Value
	now time.Time
	err error
}

func (p *queryParser) field(names ...string) (*strictjson.Value, string) {
	for _, name := range names {
		if m := p.v.Get(name); m != nil && m.Kind != strictjson.Null {
			return m, name
		}
	}
	return nil, ""
}

func (p *queryParser) fail(field, detail string) {
	if p.err == nil {
		p.err = badQuery(field, detail)
	}
}

func (p *queryParser) text(name string) string {
	m, _ := p.field(name)
	return asText(m)
}

func (p *queryParser) flag(name string) bool {
	is := p.maybe(name)
	return is != nil && *is
}

func (p *queryParser) maybe(name string) *bool {
	m, _ := p.field(name)
	if m == nil {
		return nil
	}
	is := asText(m) == "1" || asText(m) == "true" || m.Kind == strictjson.Array && len(m.Items) > 0
	return &is
}

func (p *queryParser) number(name string) int {
	m, _ := p.field(name)
	if m == nil || asText(m) == "" {
		return 0
	}
	n, err := strconv.Atoi(asText(m))
	if err != nil || n < 0 || n > maxPage {
		p.fail(name, "is no number from 0 to "+strconv.Itoa(maxPage))
		return 0
	}
	return n
}

func (p *queryParser) terms(names ...string) (t terms) {
	m, name := p.field(names...)
	switch {
	case m == nil:
		return t
	case m.Kind == strictjson.Object:
		for key, to := range map[string]*[]string{"OR": &t.any, "AND": &t.all, "NOT": &t.none} {
			*to = p.words(m.Get(key), name)
		}
		return t
	case m.Kind == strictjson.String:
		// events/index writes lists with bars.
		m = &strictjson.Value{Kind: strictjson.Array}
		for w := range strings.SplitSeq(strings.ReplaceAll(p.text(name), "&&", "|"), "|") {
			m.Items = append(m.Items, str(w))
		}
	case m.Kind != strictjson.Array:
		m = &strictjson.Value{Kind: strictjson.Array, Items: []strictjson.Value{*m}}
	}
	for _, w := range p.words(m, name) {
		if no, ok := strings.CutPrefix(w, "!"); ok {
			t.none = append(t.none, no)
		} else {
			t.any = append(t.any, w)
		}
	}
	return t
}

func (p *queryParser) words(m *strictjson.Value, name string) (words []string) {
	if m == nil {
		return nil
	}
	items := m.Items
	if m.Kind != strictjson.Array {
		items = []strictjson.Value{*m}
	}
	if len(items) > maxTerms {
		p.fail(name, "has more than "+strconv.Itoa(maxTerms)+" members")
		return nil
	}
	for i := range items {
		if w := asText(&items[i]); w != "" {
			words = append(words, strings.ToLower(w))
		}
	}
	return words
}

func (p *queryParser) span(names ...string) (s span) {
	m, name := p.field(names...)
	switch {
	case m == nil:
	case m.Kind == strictjson.Array && len(m.Items) == 2:
		s.from, s.to = p.time(&m.Items[0], name), p.time(&m.Items[1], name)
		if s.to.Before(s.from) { // "14d" to "7d" and the other way round mean the same
			s.from, s.to = s.to, s.from
		}
	case m.Kind == strictjson.Array:
		p.fail(name, "is neither a time nor two")
	default:
		s.from = p.time(m, name)
	}
	return s
}

func (p *queryParser) day(names ...string) time.Time {
	m, name := p.field(names...)
	if m == nil || asText(m) == "" {
		return time.Time{}
	}
	return p.time(m, name)
}

// units are what a time ago is written in.
var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

func (p *queryParser) time(m *strictjson.Value, name string) time.Time {
	s := asText(m)
	if whole, _, ok := strings.Cut(s, "."); ok && strings.Trim(s, "0123456789.") == "" {
		s = whole // PyMISP sends fractions
	}
	if t, ok := unix(s); ok {
		return t
	}
	if s == "0" {
		return time.Unix(0, 0).UTC()
	}
	if t, ok := dated(s); ok {
		return t
	}
	if n := len(s) - 1; n > 0 {
		if count, err := strconv.Atoi(s[:n]); err == nil && count >= 0 && count < 100_000 && units[s[n]] > 0 {
			return p.now.Add(-time.Duration(count) * units[s[n]])
		}
	}
	p.fail(name, "is no time")
	return time.Time{}
}

// match reports whether some text is what the terms want. "%" stands for
// anything, as in MISP.
func (t terms) match(texts ...string) bool {
	has := func(term string) bool {
		return slices.ContainsFunc(texts, func(s string) bool { return like(strings.ToLower(s), term) })
	}
	if slices.ContainsFunc(t.none, has) {
		return false
	}
	for _, w := range t.all {
		if !has(w) {
			return false
		}
	}
	return len(t.any) == 0 || slices.ContainsFunc(t.any, has)
}

// like compares with a pattern in time that grows with both, never faster.
func like(s, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return s == pattern
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, p)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, last)
}
