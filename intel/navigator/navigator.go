// Package navigator writes the ATT&CK techniques of STIX objects as a layer of
// the ATT&CK Navigator (layer format 4.5).
//
// It reads no layers and knows no technique by itself. Invariant: a technique
// is in the layer only when an object that was given names it, and its score is
// how many of the objects use it.
package navigator

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// Written is what [Write] made.
type Written struct {
	Document []byte   // one layer in JSON
	Left     []string // ids of objects that a layer has no place for
}

// domains are the matrices by the name that ATT&CK gives itself as a source.
var domains = map[string]string{"mitre-attack": "enterprise-attack", "mitre-mobile-attack": "mobile-attack", "mitre-ics-attack": "ics-attack"}

// technique is one technique of one matrix.
type technique struct{ domain, id string }

// Write makes one layer. A layer has one matrix: the one with most techniques,
// in doubt that of enterprises; techniques of others are left.
//
// The caller has decided who may have the objects: everything here is written.
func Write(name string, objects []*intel.Object) Written {
	named := map[string]technique{}
	count := map[string]int{}
	for _, o := range objects {
		if t, ok := techniqueOf(o); ok && !o.Revoked {
			named[o.ID] = t
			count[t.domain]++
		}
	}
	domain := "enterprise-attack"
	for _, d := range slices.Sorted(maps.Keys(count)) {
		if count[d] > count[domain] {
			domain = d
		}
	}
	scores := map[string]map[string]bool{} // users by technique
	for id, t := range named {
		if t.domain != domain {
			delete(named, id)
		} else if scores[t.id] == nil {
			scores[t.id] = map[string]bool{}
		}
	}
	out := Written{}
	for _, o := range objects {
		_, is := named[o.ID]
		of, uses := named[used(o)]
		if uses {
			scores[of.id][o.Tree.GetText("source_ref")] = true
		}
		if !is && !uses && !stix.WellKnownMarking(o.ID) {
			out.Left = append(out.Left, o.ID)
		}
	}
	layer := layerOf(name, domain, scores)
	out.Document = append(strictjson.Append(nil, &layer), '\n')
	return out
}

// used is the id of what a relationship says is used, "" for anything else.
func used(o *intel.Object) string {
	if o.Type != "relationship" || o.Revoked || o.Tree.GetText("relationship_type") != "uses" {
		return ""
	}
	return o.Tree.GetText("target_ref")
}

// techniqueOf reads the reference to ATT&CK that an attack pattern has.
func techniqueOf(o *intel.Object) (technique, bool) {
	refs := o.Tree.Get("external_references")
	if o.Type != "attack-pattern" || refs == nil {
		return technique{}, false
	}
	for i := range refs.Items {
		t := technique{domains[refs.Items[i].GetText("source_name")], refs.Items[i].GetText("external_id")}
		if t.domain != "" && isTechnique(t.id) {
			if of := o.Tree.GetTexts("x_mitre_domains"); len(of) == 1 && slices.Contains(slices.Collect(maps.Values(domains)), of[0]) {
				t.domain = of[0] // newer ATT&CK calls every source mitre-attack
			}
			return t, true
		}
	}
	return technique{}, false
}

// isTechnique accepts T1059 and T1059.001.
func isTechnique(s string) bool {
	number, sub, below := strings.Cut(strings.TrimPrefix(s, "T"), ".")
	return strings.HasPrefix(s, "T") && digits(number, 4) && (!below || digits(sub, 3))
}

func digits(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789") == "" }

func layerOf(name, domain string, scores map[string]map[string]bool) strictjson.Value {
	layer := strictjson.NewObject("name", name, "domain", domain, "description", "score: how many of the objects use the technique")
	layer.Set("versions", strictjson.NewObject("layer", "4.5"))
	most := 1
	techniques := strictjson.NewList()
	for _, id := range slices.Sorted(maps.Keys(scores)) {
		n := len(scores[id])
		most = max(most, n)
		t := strictjson.NewObject("techniqueID", id)
		t.Set("score", strictjson.NewNumber(strconv.Itoa(n)))
		t.Set("enabled", strictjson.NewBool(true))
		techniques.Items = append(techniques.Items, t)
	}
	layer.Set("techniques", techniques)
	gradient := strictjson.NewObject()
	gradient.Set("colors", strictjson.NewStrings("#ffffff", "#ff6666"))
	gradient.Set("minValue", strictjson.NewNumber("0"))
	gradient.Set("maxValue", strictjson.NewNumber(strconv.Itoa(most)))
	layer.Set("gradient", gradient)
	return layer
}
