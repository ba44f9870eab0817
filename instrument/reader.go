package instrument

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// reader turns a document into an [Instrument] and collects every problem on
// the way, so that an author sees all of them at once.
type reader struct {
	file     string
	clause   string // id of the clause being read, for messages
	places   map[string]*node
	areas    map[string][]string // names for lists of jurisdictions
	problems []problem
}

// problem is one thing wrong with the document and its place.
type problem struct {
	Position
	fault.Field
}

// maxProblems bounds what a hostile document can make us say.
const maxProblems = 100

// full reports whether enough has been said; what follows is not worth looking
// up suggestions for.
func (r *reader) full() bool { return len(r.problems) >= maxProblems }

func (r *reader) refuse(pointer, format string, args ...any) {
	r.refuseAt(r.position(pointer), pointer, format, args...)
}

func (r *reader) refuseAt(at Position, pointer, format string, args ...any) {
	if r.full() {
		return
	}
	detail := at.String() + ": "
	if r.clause != "" {
		detail += "clause " + r.clause + ": "
	}
	r.problems = append(r.problems, problem{at, fault.Field{Pointer: pointer, Detail: detail + fmt.Sprintf(format, args...)}})
}

// object is a mapping being read. Every getter remembers the key it was asked
// for; a key nobody asked for is unknown.
type object struct {
	r       *reader
	n       *node
	pointer string
	asked   []string
}

func (r *reader) object(n *node, pointer string) *object {
	if n.kind != strictjson.Object {
		r.refuse(pointer, "must be a mapping, is %s", kindName(n.kind))
		return &object{r: r, pointer: pointer}
	}
	return &object{r: r, n: n, pointer: pointer}
}

func (o *object) at(key string) string { return o.pointer + "/" + key }

func (o *object) has(key string) bool { return o.n.get(key) != nil }

// require refuses the absence of keys.
func (o *object) require(keys ...string) {
	if o.n == nil {
		return
	}
	for _, key := range keys {
		if !o.has(key) {
			o.r.refuse(o.pointer, "%s is missing", key)
		}
	}
}

// done refuses the keys that were never asked for.
func (o *object) done() {
	if o.n == nil || o.r.full() {
		return
	}
	for _, m := range o.n.members {
		if slices.Contains(o.asked, m.name) {
			continue
		}
		pointer := o.pointer + strictjson.Pointer(m.name)
		o.r.refuseAt(Position{o.r.file, m.line, m.column}, pointer, "unknown key %.60q%s", m.name, didYouMean(m.name, o.asked))
	}
}

// value returns the value of key when it is there and of the kind wanted.
func (o *object) value(key string, kind strictjson.Kind) *node {
	o.asked = append(o.asked, key)
	n := o.n.get(key)
	if n == nil || !o.r.want(n, o.at(key), kind) {
		return nil
	}
	return n
}

func (r *reader) want(n *node, pointer string, kind strictjson.Kind) bool {
	if n.kind == kind {
		return true
	}
	hint := ""
	if kind == strictjson.String && (n.kind == strictjson.Number || n.kind == strictjson.Bool) {
		hint = "; put it in quotes"
	}
	r.refuse(pointer, "must be %s, is %s%s", kindName(kind), kindName(n.kind), hint)
	return false
}

func (o *object) text(key string) string {
	n := o.value(key, strictjson.String)
	if n == nil {
		return ""
	}
	if strings.TrimSpace(n.text) == "" {
		o.r.refuse(o.at(key), "is empty")
	}
	return n.text
}

func (o *object) flag(key string) bool {
	n := o.value(key, strictjson.Bool)
	return n != nil && n.flag
}

func (o *object) number(key string, low, high int) int {
	n := o.value(key, strictjson.Number)
	if n == nil {
		return 0
	}
	i, err := strconv.Atoi(n.text)
	if err != nil || !wholeNumber.MatchString(n.text) || i < low || i > high {
		o.r.refuse(o.at(key), "must be a whole number from %d to %d", low, high)
		return 0
	}
	return i
}

// check is a rule for one word: "" or what is wrong with it.
type check func(word string) string

func (o *object) word(key string, c check) string {
	n := o.value(key, strictjson.String)
	if n == nil {
		return ""
	}
	return o.r.word(n, o.at(key), c)
}

func (r *reader) word(n *node, pointer string, c check) string {
	if r.full() {
		return n.text
	}
	if wrong := c(n.text); wrong != "" {
		r.refuse(pointer, "%s", wrong)
	}
	return n.text
}

// words reads a list that has at least one entry and none twice. An empty list
// would match nobody, or be mistaken for an absent one, which matches everybody
// (ASSURANCE.md T4).
func (o *object) words(key string, c check) []string {
	var words []string
	o.each(key, func(n *node, pointer string) {
		if !o.r.want(n, pointer, strictjson.String) {
			return
		}
		if slices.Contains(words, n.text) {
			o.r.refuse(pointer, "%q is listed twice", n.text)
			return
		}
		words = append(words, o.r.word(n, pointer, c))
	})
	return words
}

func (o *object) each(key string, f func(n *node, pointer string)) {
	list := o.value(key, strictjson.Array)
	if list == nil {
		return
	}
	if len(list.items) == 0 {
		o.r.refuse(o.at(key), "is an empty list; leave %s out or name at least one", key)
	}
	for i, item := range list.items {
		f(item, o.at(key)+"/"+strconv.Itoa(i))
	}
}

// objects reads a list of mappings.
func (o *object) objects(key string, f func(*object)) {
	o.each(key, func(n *node, pointer string) {
		inner := o.r.object(n, pointer)
		f(inner)
		inner.done()
	})
}

// inner reads a mapping, if there is one.
func (o *object) inner(key string, f func(*object)) {
	n := o.value(key, strictjson.Object)
	if n == nil {
		return
	}
	inner := o.r.object(n, o.at(key))
	f(inner)
	inner.done()
}

var dated = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z)?$`)

// date reads a day, which starts at midnight UTC, or an instant in UTC.
func (o *object) date(key string) time.Time {
	n := o.value(key, strictjson.String)
	if n == nil {
		return time.Time{}
	}
	return o.r.date(n, o.at(key))
}

func (r *reader) date(n *node, pointer string) time.Time {
	layout := time.RFC3339Nano
	if len(n.text) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	t, err := time.Parse(layout, n.text)
	if err != nil || !dated.MatchString(n.text) || t.IsZero() {
		r.refuse(pointer, "%.40q is not a date like 2026-03-01 or an instant like 2026-03-01T12:00:00Z", n.text)
		return time.Time{}
	}
	return t
}

func (o *object) period(key string) Period {
	n := o.value(key, strictjson.String)
	if n == nil {
		return Period{}
	}
	return o.r.period(n, o.at(key))
}

func (r *reader) period(n *node, pointer string) Period {
	p, err := ParsePeriod(n.text)
	if err != nil {
		r.refuse(pointer, "%.40q is not a duration like PT72H, P30D or P1M", n.text)
	} else if p.IsZero() {
		r.refuse(pointer, "a duration of nothing says nothing; leave it out")
	}
	return p
}
