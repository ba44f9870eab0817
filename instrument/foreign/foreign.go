// Package foreign makes drafts of instruments from the terms other schemes put on
// information: policies of FIRST's Information Exchange Policy 2.0 and US ACS
// (ISA) data markings in STIX 2.1.
//
// It activates nothing and fetches nothing: a draft is a file for a person to
// read, correct and sign. Invariant: a draft never allows what the terms forbid;
// a restriction that format 1 cannot express becomes a fact somebody has to
// establish, and what only informs is named in the list of losses.
package foreign

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Draft is an instrument of format 1 made from foreign terms.
type Draft struct {
	ID     string // of the instrument; what is received under the terms names it
	Source []byte // YAML in the canonical layout; it loads and its vectors hold
	Lost   []Loss // what the draft does not say, in the order of the source
}

// Loss is a statement of the terms that the draft does not carry, or carries
// only in part.
type Loss struct {
	Pointer string `json:"pointer"` // JSON Pointer into the source
	What    string `json:"what"`
	Why     string `json:"why"`
}

// Options say which terms are meant, and what they are the terms of.
type Options struct {
	// Pick is the id of the marking definition, when a bundle has several.
	Pick string
	// Under is the id of the agreement under which things come on these terms.
	// The draft is then about what was received under that agreement, and not
	// only about what was received under the draft itself.
	Under string
}

// limits bound one file of terms: the largest real ones have a few kilobytes, a
// bundle that carries them along some megabytes.
var limits = strictjson.Limits{Bytes: 8 << 20, Depth: 32, Tokens: 100_000}

// FromIEP reads one policy of IEP 2.0: the JSON of the specification, or a STIX
// marking definition (alone or in a bundle) with the extension of the OASIS
// common objects.
//
// It returns the faults of strictjson for bytes that are not JSON, and invalid
// faults with the codes foreign.absent (no policy in it), foreign.several (more
// than one and none picked), foreign.reference (the policy is elsewhere) and
// foreign.invalid (a statement is missing, unknown or has no such value).
func FromIEP(src []byte, o Options) (Draft, error) {
	root, err := strictjson.Parse(src, limits)
	if err != nil {
		return Draft{}, err
	}
	found, err := find(&root, iepExtension, o.Pick)
	if err != nil {
		return Draft{}, err
	}
	if found.value == nil { // no STIX: the policy itself
		found = terms{value: &root}
		if root.Get("id_ref") != nil {
			return Draft{}, fault.New(fault.Invalid, "foreign.reference", "This points at a policy that is kept elsewhere.").
				At("/id_ref", "names the policy").Try("Get the file the url names and import that.")
		}
	}
	return iep(found, o.Under)
}

// FromACS reads one ACS marking: a STIX marking definition (alone or in a
// bundle) with the ACS extension of the OASIS common objects. The faults are
// those of [FromIEP].
func FromACS(src []byte, o Options) (Draft, error) {
	root, err := strictjson.Parse(src, limits)
	if err != nil {
		return Draft{}, err
	}
	found, err := find(&root, acsExtension, o.Pick)
	if err != nil {
		return Draft{}, err
	}
	if found.value == nil {
		return Draft{}, absent("There is no marking definition with the ACS extension in it.")
	}
	return acs(found, o.Under)
}

// The extension definitions of the OASIS common objects.
const (
	iepExtension = "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a"
	acsExtension = "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce"
)

// terms is the extension of one marking definition and where it stands.
type terms struct {
	value   *strictjson.Value
	pointer string
	marking string // id of the marking definition, "" outside STIX
}

// find looks for the marking definition with an extension. It finds nothing, and
// that is no error, in a document that is no STIX.
func find(root *strictjson.Value, extension, pick string) (terms, error) {
	var all []terms
	look := func(o *strictjson.Value, pointer string) {
		if v := o.Get("extensions").Get(extension); v != nil && o.GetText("type") == "marking-definition" {
			all = append(all, terms{v, pointer + strictjson.Pointer("extensions", extension), o.GetText("id")})
		}
	}
	switch root.GetText("type") {
	case "marking-definition":
		look(root, "")
	case "bundle":
		if objects := root.Get("objects"); objects != nil {
			for n := range objects.Items {
				look(&objects.Items[n], strictjson.Pointer("objects", itoa(n)))
			}
		}
	default:
		return terms{}, nil
	}
	if pick != "" {
		all = slices.DeleteFunc(all, func(t terms) bool { return t.marking != pick })
	}
	switch len(all) {
	case 0:
		return terms{}, absent("No marking definition in it has the extension that carries these terms.")
	case 1:
		return all[0], nil
	}
	f := fault.New(fault.Invalid, "foreign.several", "There are %d marking definitions with such terms in it; an instrument is made of one.", len(all))
	for _, t := range all {
		f = f.At(t.pointer, t.marking)
	}
	return terms{}, f.Try("Name one of them with --pick.")
}

func absent(message string) error {
	return fault.New(fault.Invalid, "foreign.absent", "%s", message).Try("Check the file and the format it is said to be.")
}

// reader reads the statements of terms strictly and collects what is wrong.
type reader struct {
	terms
	asked  []string
	wrong  []fault.Field
	lost   []Loss
	scheme string
}

func (r *reader) at(name string) string { return r.pointer + strictjson.Pointer(name) }

func (r *reader) refuse(name, detail string) {
	r.wrong = append(r.wrong, fault.Field{Pointer: r.at(name), Detail: detail})
}

func (r *reader) lose(name, what, why string) {
	r.lost = append(r.lost, Loss{r.at(name), what, why})
}

// get returns the value of a statement, or nil.
func (r *reader) get(name string) *strictjson.Value {
	r.asked = append(r.asked, name)
	return r.value.Get(name)
}

// text reads a text of at most 2 000 bytes; an absent one is "" and wrong only
// when it is required.
func (r *reader) text(name string, required bool) string {
	v := r.get(name)
	switch {
	case v == nil && required:
		r.refuse(name, "is missing")
	case v == nil:
	case v.Kind != strictjson.String || len(v.Text) > 2_000 || strings.ContainsFunc(v.Text, unprintable) || required && v.Text == "":
		r.refuse(name, "must be a text of at most 2000 bytes without invisible characters")
	default:
		return v.Text
	}
	return ""
}

// unprintable refuses what an instrument may not hold either: what a signatory
// sees must be what the machine reads. The two joiners stay, because Persian and
// Indic words are spelt with them.
func unprintable(c rune) bool {
	joiner := c == 0x200c || c == 0x200d
	return !joiner && !unicode.IsPrint(c) || c >= 0xfff0 && c <= 0xffff || c >= 0xe0000
}

// word reads one of a list of words.
func (r *reader) word(name string, required bool, words ...string) string {
	w := r.text(name, required)
	if w != "" && !slices.Contains(words, w) {
		r.refuse(name, "must be one of "+strings.Join(words, ", "))
	}
	return w
}

// words reads a list of words; one text counts as a list of one.
func (r *reader) words(name string) []string {
	v := r.get(name)
	if v == nil {
		return nil
	}
	items := v.Items
	if v.Kind == strictjson.String {
		items = []strictjson.Value{*v}
	}
	var out []string
	for n := range items {
		if i := &items[n]; i.Kind != strictjson.String || i.Text == "" || len(i.Text) > 200 || strings.ContainsFunc(i.Text, unprintable) {
			r.refuse(name, "must be a list of words")
			return nil
		}
		out = append(out, items[n].Text)
	}
	if len(out) == 0 || len(out) > 100 {
		r.refuse(name, "must be a list of 1 to 100 words")
		return nil
	}
	return out
}

// instant reads a time; null and absence are the zero time.
func (r *reader) instant(name string, required bool) time.Time {
	if v := r.value.Get(name); v != nil && v.Kind == strictjson.Null && !required {
		r.asked = append(r.asked, name)
		return time.Time{}
	}
	w := r.text(name, required)
	if w == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, w)
	if err != nil || t.Year() < 1900 {
		r.refuse(name, "must be an instant like 2026-03-01T12:00:00Z")
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// done refuses statements nobody asked for and returns the faults found.
func (r *reader) done() error {
	if r.value.Kind != strictjson.Object {
		return absent("The terms are no JSON object.")
	}
	for _, m := range r.value.Members {
		if !slices.Contains(r.asked, m.Name) {
			r.refuse(m.Name, "is no statement of "+r.scheme)
		}
	}
	if len(r.wrong) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "foreign.invalid", "These are no terms of %s: %s %s.", r.scheme, r.wrong[0].Pointer, r.wrong[0].Detail)
	f.Fields = r.wrong
	return f.Try("Correct the places named, or ask whoever made the file.")
}

func wrongAt(pointer, detail string) fault.Field {
	return fault.Field{Pointer: pointer, Detail: detail}
}

// printable is a value for people, cut where it gets long.
func printable(v *strictjson.Value) string {
	s := v.Text
	if v.Kind != strictjson.String {
		s = string(strictjson.Append(nil, v))
	}
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// slug makes the id of an instrument from the id of foreign terms.
func slug(prefix, id string) string {
	s := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(id))
	s = prefix + cmp.Or(strings.Trim(s, "-"), "x") // an id of signs only
	return strings.TrimRight(s[:min(len(s), 80)], "-")
}

// check loads what was written: a draft that does not load, or says something
// else than it was made to say, is a bug of this package and no file.
func check(file string, d Draft) (Draft, error) {
	out, err := instrument.Format(file, d.Source)
	if err != nil {
		return Draft{}, err
	}
	d.Source = out
	doc, err := instrument.Load(file, d.Source)
	if err != nil {
		return Draft{}, err
	}
	d.ID = doc.ID
	slices.SortStableFunc(d.Lost, func(a, b Loss) int { return cmp.Compare(a.Pointer, b.Pointer) })
	return d, nil
}
