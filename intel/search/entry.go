// Package search says what of an object can be found, and reads what somebody
// looks for: free words, "phrases", field:value, and values pasted as they are.
//
// It keeps no index: a store does, and must find exactly what [Query.Matches]
// says. It decides nothing about who may see an object: only this node's own
// people search. Invariant: a query that cannot be read is refused, never
// guessed at.
package search

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"entente/intel"
	"entente/intel/atom"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// mostWords is how many words of one object count.
const mostWords = 10_000

// Entry is what of one object can be found.
type Entry struct {
	ID     string
	Type   string
	TLP    string
	From   string    // the party it came from
	Source string    // the file or message it came in
	At     time.Time // when it came
	Year   string    // in which its author last changed it, "" where it does not say
	Labels []string
	Atoms  []atom.Atom
	Words  []string // see [WordsOf]
}

// EntryOf reads what an object itself says, but for its words. TLP, From, Source
// and At are known to whoever keeps it.
func EntryOf(o *intel.Object) Entry {
	e := Entry{ID: o.ID, Type: o.Type, Atoms: atom.Of(o)}
	if len(o.Version) >= 4 {
		e.Year = o.Version[:4]
	}
	if o.Tree == nil {
		return e
	}
	if labels := o.Tree.Get("labels"); labels != nil {
		for i := range labels.Items {
			e.Labels = append(e.Labels, labels.Items[i].Text)
		}
	}
	return e
}

// WordsOf returns the words of an object's texts, with a gap between two texts.
// They cost more to find than the rest of an entry.
func WordsOf(o *intel.Object) []string {
	var all []string
	if o.Tree == nil {
		return nil
	}
	for _, s := range readable(o.Tree) {
		if len(all) > 0 {
			all = append(all, gap)
		}
		all = append(all, texts(words(s))...)
		if len(all) > mostWords {
			return all[:mostWords]
		}
	}
	return all
}

// Marks returns one word for each field of the entry that can be asked for.
func (e Entry) Marks() []string {
	marks := []string{mark(fieldType, e.Type), mark(fieldTLP, e.TLP), mark(fieldFrom, e.From)}
	if e.Source != "" {
		marks = append(marks, mark(fieldSource, e.Source))
	}
	if e.Year != "" {
		marks = append(marks, mark(fieldYear, e.Year))
	}
	for _, l := range e.Labels {
		marks = append(marks, mark(fieldLabel, l))
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// Document returns everything of the entry that is searched as words.
func (e Entry) Document() []string {
	return slices.Concat(e.Marks(), []string{gap}, e.Words)
}

// mark is a field and its value as one word, which no text contains.
func mark(field, value string) string {
	d := ident.Sum([]byte(field + ":" + strings.ToLower(value)))
	return gap + hex.EncodeToString(d[:8])
}

// textual lists the properties that people write or look for, in the order in
// which a result shows them.
var textual = [...]string{
	"name", "value", "pattern", "description", "abstract", "content", "explanation", "opinion", "aliases", "labels", "display_name",
	"account_login", "user_id", "key", "path", "subject", "issuer", "serial_number", "command_line", "body", "url", "vendor", "cpe", "number",
	"indicator_types", "malware_types", "threat_actor_types", "tool_types", "report_types", "infrastructure_types", "identity_class", "sectors", "goals",
	"relationship_type", "country", "contact_information", "x_mitre_platforms",
}

// readable returns the texts of an object.
func readable(tree *strictjson.Value) []string {
	var all []string
	for _, name := range textual {
		all = append(all, textsOf(tree.Get(name))...)
	}
	if hashes := tree.Get("hashes"); hashes != nil {
		for i := range hashes.Members {
			all = append(all, hashes.Members[i].Value.Text)
		}
	}
	if refs := tree.Get("external_references"); refs != nil {
		for i := range refs.Items {
			for _, name := range [...]string{"source_name", "external_id", "description", "url"} {
				all = append(all, textsOf(refs.Items[i].Get(name))...)
			}
		}
	}
	return all
}

// textsOf returns a value that is text, or the texts of a list.
func textsOf(v *strictjson.Value) []string {
	switch {
	case v == nil:
		return nil
	case v.Kind == strictjson.Array:
		var all []string
		for i := range v.Items {
			if v.Items[i].Kind == strictjson.String {
				all = append(all, v.Items[i].Text)
			}
		}
		return all
	case v.Text == "":
		return nil
	}
	return []string{v.Text}
}
