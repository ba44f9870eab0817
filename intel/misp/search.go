package misp

import (
	"cmp"
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
	anywhere  string // in the event's info or a value, in lower case
	toIDs     *bool
	deleted   bool
	data      bool
	published *bool
	group     bool // of a sharing group, which nothing here has

	days, changed, eventChanged, publishedAt span
}

// span is a time from and to; zero is open.
type span struct{ from, to time.Time }

func (s span) open() bool { return s.from.IsZero() && s.to.IsZero() }

func (s span) has(t time.Time) bool {
	return s.open() || !t.IsZero() && (s.from.IsZero() || !t.Before(s.from)) && (s.to.IsZero() || !t.After(s.to))
}

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
	q.anywhere = p.anywhere("searchall", "quickFilter", "quickfilter", "all")
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

	words, patterns int // so far
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

// anywhere is the first of some fields, which MISP takes as a part of a text.
func (p *queryParser) anywhere(names ...string) string {
	for _, name := range names {
		if w := strings.Trim(p.text(name), "%"); w != "" && p.word(w, name) {
			return strings.ToLower(w)
		}
	}
	return ""
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
		p.each(m.Get("OR"), name, t.any.add)
		p.each(m.Get("NOT"), name, t.none.add)
		p.each(m.Get("AND"), name, func(w string) {
			var one words
			one.add(w)
			t.all = append(t.all, one)
		})
		return t
	case m.Kind == strictjson.String:
		// events/index writes lists with bars.
		m = &strictjson.Value{Kind: strictjson.Array}
		for w := range strings.SplitSeq(strings.ReplaceAll(p.text(name), "&&", "|"), "|") {
			if m.Items = append(m.Items, str(w)); len(m.Items) > maxTerms {
				break // which is refused
			}
		}
	}
	p.each(m, name, func(w string) {
		if no, ok := strings.CutPrefix(w, "!"); ok {
			t.none.add(no)
		} else {
			t.any.add(w)
		}
	})
	return t
}

// each passes on a term, or each of a list, in lower case.
func (p *queryParser) each(m *strictjson.Value, name string, add func(string)) {
	if m == nil {
		return
	}
	items := m.Items
	if m.Kind != strictjson.Array {
		items = []strictjson.Value{*m}
	}
	if len(items) > maxTerms {
		p.fail(name, "has more than "+strconv.Itoa(maxTerms)+" members")
		return
	}
	for i := range items {
		if w := strings.ToLower(asText(&items[i])); w != "" && p.word(w, name) {
			add(w)
		}
	}
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
