package pattern

import (
	"math"
	"strconv"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Observed is what one observed-data object says was seen: the same things,
// Number times, at some time from First to Last.
type Observed struct {
	ID          string
	First, Last string // timestamps, as written
	Number      int    // 1 or more
	Things      []Thing
}

// Thing is one cyber-observable object of an observation, with the name that
// references in the same observation give it: an id, or in STIX 2.0 a key.
type Thing struct {
	Name string
	Tree *strictjson.Value
}

// notObservable are the types of the standard that patterns do not look into.
var notObservable = map[string]bool{
	"attack-pattern": true, "campaign": true, "course-of-action": true, "grouping": true, "identity": true, "incident": true, "indicator": true,
	"infrastructure": true, "intrusion-set": true, "location": true, "malware": true, "malware-analysis": true, "note": true, "observed-data": true,
	"opinion": true, "report": true, "threat-actor": true, "tool": true, "vulnerability": true, "relationship": true, "sighting": true,
	"language-content": true, "marking-definition": true, "extension-definition": true, "bundle": true,
}

// Observe returns the observations among objects, in their order. The objects
// may be bundles. Things an observation refers to are looked up among all of
// them, and those that are not there are left out: they can match nothing. The
// error is an invalid fault, pattern.observation, that names the observed-data
// that is none.
func Observe(objects ...*strictjson.Value) ([]Observed, error) {
	var data []*strictjson.Value
	things := map[string]*strictjson.Value{}
	collect := func(o *strictjson.Value) {
		if typ := o.GetText("type"); typ == "observed-data" {
			data = append(data, o)
		} else if id := o.GetText("id"); id != "" && !notObservable[typ] {
			things[id] = o
		}
	}
	for _, o := range objects {
		if o.GetText("type") != "bundle" {
			collect(o)
		} else if list := o.Get("objects"); list != nil {
			for i := range list.Items {
				collect(&list.Items[i])
			}
		}
	}
	found := make([]Observed, 0, len(data))
	for _, o := range data {
		one, err := observedOf(o, things)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

func observedOf(o *strictjson.Value, things map[string]*strictjson.Value) (Observed, error) {
	one := Observed{ID: o.GetText("id"), First: o.GetText("first_observed"), Last: o.GetText("last_observed")}
	if n := o.Get("number_observed"); n != nil && n.Kind == strictjson.Number {
		one.Number, _ = strconv.Atoi(n.Text) // what is no number of times is refused as 0
	}
	if refs := o.Get("object_refs"); refs != nil {
		for i := range refs.Items {
			if id := refs.Items[i].Text; things[id] != nil {
				one.Things = append(one.Things, Thing{id, things[id]})
			}
		}
	}
	if objects := o.Get("objects"); objects != nil { // STIX 2.0
		for i := range objects.Members {
			m := &objects.Members[i]
			one.Things = append(one.Things, Thing{m.Name, &m.Value})
		}
	}
	_, _, err := one.interval()
	return one, err
}

// interval returns the first and the last time, or says what is wrong with an
// observation.
func (o *Observed) interval() (first, last instant, err error) {
	first, ok := instantOf(o.First)
	last, okLast := instantOf(o.Last)
	switch {
	case !ok || !okLast || first.compare(last) > 0:
		return first, last, o.refuse("first_observed and last_observed are not two times in order")
	case o.Number < 1 || o.Number > math.MaxInt32:
		return first, last, o.refuse("number_observed is not a whole number above 0")
	}
	return first, last, nil
}

func (o *Observed) refuse(what string) error {
	return fault.New(fault.Invalid, "pattern.observation", "The observed data %s cannot be matched: %s.", o.ID, what).
		At(strictjson.Pointer(o.ID), what).Try("Send observed data with first_observed, last_observed and number_observed.")
}
