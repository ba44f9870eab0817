package misp

import (
	"slices"
	"strings"
	"time"

	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Analysis is a note, an opinion or a relationship by itself, as MISP's API has it.
type Analysis struct {
	Kind    string // Note, Opinion or Relationship
	UUID    string
	About   string // UUID of what it is about
	Related string // UUID of the other end of a relationship

	tree strictjson.Value
}

// ReadAnalysis reads one, of a kind in any case, or with "" of that which the
// document names: {"Note": …}. It returns an invalid fault "misp.analysis".
func ReadAnalysis(doc []byte, kind string) (Analysis, error) {
	v, err := strictjson.Parse(doc, strictjson.Default())
	if err != nil {
		return Analysis{}, err
	}
	var a Analysis
	for _, name := range []string{"Note", "Opinion", "Relationship"} {
		if strings.EqualFold(kind, name) || kind == "" && v.Get(name) != nil {
			a.Kind = name
		}
	}
	if inner := v.Get(a.Kind); inner != nil && inner.Kind == strictjson.Object {
		v = inner.Clone()
	} else if kind == "" {
		a.Kind = "" // no path says what it is
	}
	if a.Kind == "" || v.Kind != strictjson.Object {
		return Analysis{}, fault.New(fault.Invalid, "misp.analysis", "This is no note, opinion or relationship of MISP.").
			At("", "is no such object").Try(`Send {"Note": …}, {"Opinion": …} or {"Relationship": …}.`)
	}
	a.tree, a.UUID, a.About = v, v.GetText("uuid"), strings.ToLower(v.GetText("object_uuid"))
	if a.Kind == "Relationship" {
		a.Related = strings.ToLower(v.GetText("related_object_uuid"))
	}
	return a, nil
}

// Complete gives it what a server gives where a client does not: a UUID, and the
// times at which it was made and changed, in the one way clients read them. about
// is what it is about, "" leaves it.
func (a *Analysis) Complete(about string, now time.Time, newID func() string) {
	if about != "" {
		a.About = about
		a.tree.Set("object_uuid", str(about))
	}
	if a.UUID == "" {
		a.UUID = newID()
		a.tree.Set("uuid", str(a.UUID))
	}
	for _, name := range []string{"created", "modified"} {
		if t, ok := analystMoment(a.tree.Get(name)); ok {
			a.tree.Set(name, str(analystTime(t)))
		} else {
			a.tree.Set(name, str(analystTime(now)))
		}
	}
}

// Edited makes it a version of now.
func (a *Analysis) Edited(now time.Time) { a.tree.Set("modified", str(analystTime(now))) }

// JSON is what was read, {"Note": …}.
func (a *Analysis) JSON() []byte {
	doc := object(member(a.Kind, a.tree))
	return strictjson.Append(nil, &doc)
}

// Bundle converts it. about is what it is about, and related the other end of a
// relationship; it is under the markings of both.
func (a *Analysis) Bundle(about, related Seen, now time.Time) stix.Bundle {
	c := newConverter(&event{part: part{tree: object(member("uuid", str(a.About)))}})
	c.marks = slices.Concat(about.Markings, related.Markings)
	c.by[a.tree.GetText("object_uuid")] = about.IDs
	c.by[a.tree.GetText("related_object_uuid")] = related.IDs
	tree := object(member(a.Kind, list(a.tree)))
	c.analysis(&tree, about.IDs, now)
	c.relationships()
	r := &reader{}
	r.take(c)
	return r.Bundle
}
