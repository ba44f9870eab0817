package search

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entente/intel"
	"entente/intel/atom"
	"entente/internal/fault"
)

// The fields of a query.
const (
	fieldType   = "type"
	fieldTLP    = "tlp"
	fieldFrom   = "from"
	fieldSource = "source"
	fieldLabel  = "label"
	fieldYear   = "year"
	fieldValue  = "value"
	fieldCVE    = "cve"
	fieldAttack = "attack"
	fieldID     = "id"
	fieldAfter  = "after"
	fieldBefore = "before"
)

// Fields lists what can stand before a colon.
func Fields() []string {
	return []string{
		fieldType, fieldTLP, fieldFrom, fieldSource, fieldLabel, fieldYear, fieldValue, fieldCVE, fieldAttack, fieldID, fieldAfter, fieldBefore,
	}
}

// The bounds of a query.
const (
	longestQuery = 1000
	mostTerms    = 32
	mostValues   = 512 // of one field, the ranges around an address included
)

// Query is what somebody looks for: everything in it must hold. It is made by
// [Parse]; the zero query finds everything.
type Query struct {
	Phrases [][]string // words that stand in a row; "*" at the end of the last stands for its rest
	Marks   [][]string // one of each, see [Entry.Marks]
	Values  [][]string // one of each is among the atoms
	IDs     []string   // one of them, if there are any
	After   time.Time  // inclusive, when the object came; zero is no bound
	Before  time.Time  // exclusive

	terms []term
}

type term struct {
	field, text string
	begins      bool // the text is the beginning of a word
}

// Rest stands at the end of a word whose beginning is looked for.
const Rest = "*"

// shortest is how much of a word has to be there for it to be looked for.
const shortest = 2

// reading is a query while it is read.
type reading struct {
	Query
	found map[string]int // where the alternatives of a field are, by field
}

// Parse reads a query. It returns an invalid fault "search.query" that says what
// cannot be understood.
func Parse(s string) (Query, error) {
	q := reading{found: map[string]int{}}
	if len(s) > longestQuery || !utf8.ValidString(s) {
		return Query{}, refuse("it is not text of at most %d bytes", longestQuery)
	}
	for rest := strings.TrimSpace(s); rest != ""; rest = strings.TrimLeftFunc(rest, unicode.IsSpace) {
		if len(q.terms) == mostTerms {
			return Query{}, refuse("it has more than %d parts", mostTerms)
		}
		t, after, err := next(rest)
		if err != nil {
			return Query{}, err
		}
		if err := q.add(t); err != nil {
			return Query{}, err
		}
		q.terms = append(q.terms, t)
		rest = after
	}
	return q.Query, nil
}

func refuse(format string, args ...any) error {
	return fault.New(fault.Invalid, "search.query", "This search cannot be understood: "+format+".", args...).
		Try("Put text in quotes to search for it as it is. Fields are %s.", strings.Join(Fields(), ", "))
}

// next reads one term. An unquoted word that is a value by itself is looked up
// as one, colon or not.
func next(s string) (t term, rest string, err error) {
	if s[0] == '"' {
		text, rest, err := quoted(s)
		return term{text: text}, rest, err
	}
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		end = len(s)
	}
	w := s[:end]
	field, value, colon := strings.Cut(w, ":")
	field = strings.ToLower(field)
	if !colon || !slices.Contains(Fields(), field) {
		t, err := bare(w)
		return t, s[end:], err
	}
	if strings.HasPrefix(value, `"`) {
		text, rest, err := quoted(s[len(field)+1:])
		return term{field: field, text: text}, rest, err
	}
	if value == "" {
		return t, "", refuse("nothing follows %s:", field)
	}
	return term{field: field, text: value}, s[end:], nil
}

// bare reads a word without a field.
func bare(w string) (term, error) {
	if _, ok := atom.Read(w); ok {
		return term{field: fieldValue, text: w}, nil
	}
	switch field, _, colon := strings.Cut(w, ":"); {
	case isID(w):
		return term{field: fieldID, text: w}, nil
	case colon:
		return term{}, refuse("%q is no field", field)
	case strings.ContainsRune(w, '"'):
		return term{}, refuse("there is a quotation mark within %q", w)
	}
	if start, ok := strings.CutSuffix(w, Rest); ok {
		return term{text: start, begins: true}, nil
	}
	return term{text: w}, nil
}

// quoted reads up to the closing quotation mark, which ends the term.
func quoted(s string) (text, rest string, err error) {
	text, rest, ok := strings.Cut(s[1:], `"`)
	if !ok {
		return "", "", refuse("a quotation mark is not closed")
	}
	if r, _ := utf8.DecodeRuneInString(rest); rest != "" && !unicode.IsSpace(r) {
		return "", "", refuse("something follows a quotation mark directly")
	}
	if strings.TrimSpace(text) == "" {
		return "", "", refuse("there is nothing between two quotation marks")
	}
	return text, rest, nil
}

// isID reports whether a word is the id of an object: a type, two hyphens and a UUID.
func isID(s string) bool {
	kind, id, ok := strings.Cut(s, "--")
	if !ok || kind == "" || len(id) != 36 || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return false
	}
	return strings.Trim(strings.ToLower(id), "0123456789abcdef-") == ""
}

func (q *reading) add(t term) error {
	switch t.field {
	case "":
		all := texts(words(t.text))
		if len(all) == 0 {
			return refuse("%q has no letter or digit", t.text)
		}
		if last := &all[len(all)-1]; t.begins {
			if utf8.RuneCountInString(*last) < shortest || !endsInWord(t.text) {
				return refuse("%q is not the beginning of a word of at least %d letters", t.text, shortest)
			}
			*last += Rest
		}
		q.Phrases = append(q.Phrases, all)
	case fieldID:
		q.IDs = append(q.IDs, t.text)
	case fieldAfter, fieldBefore:
		return q.bound(t)
	case fieldValue, fieldCVE, fieldAttack:
		return q.value(t)
	case fieldTLP:
		if _, ok := intel.ParseTLP(strings.ToLower(t.text)); !ok {
			return refuse("%q is no TLP label", t.text)
		}
		fallthrough
	default:
		q.Marks = q.alternative(q.Marks, t.field, []string{mark(t.field, t.text)})
	}
	return nil
}

// alternative adds to what is asked for of a field: the same field twice means
// either of them.
func (q *reading) alternative(list [][]string, field string, values []string) [][]string {
	at, ok := q.found[field]
	if !ok {
		q.found[field] = len(list)
		return append(list, values)
	}
	list[at] = append(list[at], values...)
	return list
}

func (q *reading) value(t term) error {
	values := atom.Values(t.text)
	a, _ := atom.Read(t.text)
	switch {
	case t.field == fieldCVE && a.Kind != atom.CVE:
		return refuse("%q is no CVE number", t.text)
	case t.field == fieldAttack && a.Kind != atom.Attack:
		return refuse("%q is no id of ATT&CK", t.text)
	case len(values) == 0:
		return refuse("%q is no value", t.text)
	}
	if a.Kind == atom.Address || a.Kind == atom.Range {
		values = append(values, atom.Around(a.Value)...)
	}
	slices.Sort(values)
	q.Values = q.alternative(q.Values, t.field, slices.Compact(values))
	if at := q.found[t.field]; len(q.Values[at]) > mostValues {
		return refuse("it asks for too many addresses at once")
	}
	return nil
}

func (q *reading) bound(t term) error {
	at, err := time.Parse(time.DateOnly, t.text)
	if err != nil {
		at, err = time.Parse(time.RFC3339, t.text)
	}
	if err != nil {
		return refuse("%q is no date such as 2026-11-24 and no time such as 2026-11-24T12:00:00Z", t.text)
	}
	to := &q.Before
	if t.field == fieldAfter {
		to = &q.After
	}
	if !to.IsZero() {
		return refuse("%s: is there twice", t.field)
	}
	*to = at.UTC()
	return nil
}

// String writes the query as it was understood; parsing it again gives the same.
func (q Query) String() string {
	parts := make([]string, len(q.terms))
	for i, t := range q.terms {
		switch {
		case t.begins:
			parts[i] = t.text + Rest
		case t.field == "" && plain(t):
			parts[i] = t.text
		case t.field == "":
			parts[i] = `"` + t.text + `"`
		case strings.ContainsFunc(t.text, unicode.IsSpace) || strings.HasPrefix(t.text, `"`):
			parts[i] = t.field + `:"` + t.text + `"`
		default:
			parts[i] = t.field + ":" + t.text
		}
	}
	return strings.Join(parts, " ")
}

// plain reports whether a text without quotation marks is read as itself.
func plain(t term) bool {
	again, rest, err := next(t.text)
	return err == nil && again == t && rest == ""
}

// endsInWord reports whether a text ends within a word.
func endsInWord(s string) bool {
	all := words(s)
	return len(all) > 0 && all[len(all)-1].end == len(s)
}

// Narrowed returns the text of the query with one more field, as the link of a
// facet needs it.
func (q Query) Narrowed(field, value string) string {
	t := Query{terms: []term{{field: field, text: value}}}
	return strings.TrimSpace(q.String() + " " + t.String())
}

// Matches reports whether an entry is what the query looks for. Stores answer
// from indexes and must agree with it.
func (q Query) Matches(e Entry) bool {
	doc := e.Document()
	for _, p := range q.Phrases {
		if find(doc, p) < 0 {
			return false
		}
	}
	for _, any := range q.Marks {
		if !slices.ContainsFunc(any, func(m string) bool { return slices.Contains(doc, m) }) {
			return false
		}
	}
	for _, any := range q.Values {
		if !slices.ContainsFunc(e.Atoms, func(a atom.Atom) bool { return slices.Contains(any, a.Value) }) {
			return false
		}
	}
	return (len(q.IDs) == 0 || slices.Contains(q.IDs, e.ID)) &&
		(q.After.IsZero() || !e.At.Before(q.After)) && (q.Before.IsZero() || e.At.Before(q.Before))
}

// isWord reports whether a word is the one looked for, or begins as it does.
func isWord(w, want string) bool {
	if start, ok := strings.CutSuffix(want, Rest); ok {
		return strings.HasPrefix(w, start)
	}
	return w == want
}

// find returns where a phrase stands among words, or -1.
func find(all, phrase []string) int {
	for i := 0; i+len(phrase) <= len(all); i++ {
		if slices.EqualFunc(all[i:i+len(phrase)], phrase, isWord) {
			return i
		}
	}
	return -1
}
