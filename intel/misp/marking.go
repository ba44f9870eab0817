package misp

import (
	"cmp"
	"slices"
	"strings"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// tlpMarking returns the marking that a tag of the TLP taxonomy stands for, and
// "" for other tags. WHITE, GREEN, AMBER and RED are those of TLP 1, as the
// reference converter has it: every reader knows them.
func tlpMarking(tag string) string {
	label, ok := strings.CutPrefix(strings.ToLower(tag), "tlp:")
	if !ok {
		return ""
	}
	return cmp.Or(stix.TLPMarking(1, label), stix.TLPMarking(2, label))
}

// tlpTag is the way back, with the markings of TLP 2.0 that no tag becomes.
func tlpTag(marking string) string {
	if label := stix.TLPLabel(marking); label != "" {
		return "tlp:" + label
	}
	return ""
}

// confidence levels of the MISP taxonomy.
var confidence = map[string]string{
	`misp:confidence-level="completely-confident"`: "100",
	`misp:confidence-level="usually-confident"`:    "75",
	`misp:confidence-level="fairly-confident"`:     "50",
	`misp:confidence-level="rarely-confident"`:     "25",
	`misp:confidence-level="unconfident"`:          "0",
}

// sorted are tags by what they become.
type sorted struct {
	marks  []string
	labels []string
	level  string // of confidence, the lowest
}

// mark adds a marking once: two spellings of a tag are one marking.
func (s *sorted) mark(id string) {
	if !slices.Contains(s.marks, id) {
		s.marks = append(s.marks, id)
	}
}

// sort divides tags into markings and labels. A tag stands for a marking only
// when it is spelled exactly; whatever else reads like one stays a label, where
// it can only make an object stricter (stix.Mark).
func (c *converter) sort(tags []strictjson.Value, but map[string]bool) sorted {
	var s sorted
	seen := map[string]bool{}
	for i := range tags {
		name := tags[i].GetText("name")
		if name == "" || but[name] || seen[name] {
			continue
		}
		seen[name] = true
		if id := tlpMarking(name); id != "" {
			s.mark(id)
			continue
		}
		if id := c.pap(name); id != "" {
			s.mark(id)
		}
		if level, ok := confidence[name]; ok && (s.level == "" || len(level) < len(s.level) || len(level) == len(s.level) && level < s.level) {
			s.level = level
		}
		s.labels = append(s.labels, name)
	}
	return s
}

// pap makes the marking of a PAP tag. The tag stays as well: readers that know
// MISP look for it, those that know STIX look for the marking.
func (c *converter) pap(tag string) string {
	word, ok := strings.CutPrefix(strings.ToLower(tag), "pap:")
	if word == "white" {
		word = "clear"
	}
	if !ok || !slices.Contains([]string{"clear", "green", "amber", "red"}, word) {
		return ""
	}
	id := "marking-definition--" + stix.NameUUID(namespace, "PAP:"+strings.ToUpper(word))
	if !c.Has(id) {
		_ = c.keep(conversion.Part{}, object(
			member("type", str("marking-definition")), member("spec_version", str("2.1")), member("id", str(id)),
			member("created", str("2022-10-01T00:00:00.000Z")), member("name", str("PAP:"+strings.ToUpper(word))),
			member("extensions", object(member(stix.PAPExtension, object(
				member("extension_type", str("property-extension")), member("pap", str(word)),
			)))),
		)) // the four definitions are well formed
	}
	return id
}

// markEvent reads the tags of the event. What they say holds for all its parts.
func (c *converter) markEvent() {
	s := c.sort(c.ev.tags, clusterTags(c.ev.galaxies))
	c.marks, c.labels, c.level = s.marks, s.labels, s.level
	if c.ev.blind { // nobody can read its tags
		c.marks = append(c.marks, stix.TLPMarking(1, "red"))
	}
	c.stated.Hear(c.ev.tree.GetText("info"))
	for _, l := range c.labels {
		c.stated.Hear(l)
	}
}

// mark puts an object under the markings of its event. In MISP a tag of the
// event is about everything in it; a reader of STIX would see only the report
// marked.
func (c *converter) mark(o *strictjson.Value, stated conversion.Stated) {
	if o.GetText("type") == "marking-definition" {
		return
	}
	c.under(o)
	stated.Add(c.stated)
	stated.Mark(o)
}

func (c *converter) under(o *strictjson.Value) {
	if len(c.marks) == 0 {
		return
	}
	refs := o.Get("object_marking_refs")
	if refs == nil {
		o.Set("object_marking_refs", texts(c.marks))
		return
	}
	for _, id := range c.marks {
		if !slices.ContainsFunc(refs.Items, func(v strictjson.Value) bool { return v.Text == id }) {
			refs.Items = append(refs.Items, str(id))
		}
	}
}

// apply adds tags to an object: labels, markings, confidence.
func (s *sorted) apply(o *strictjson.Value) {
	if labels := o.Get("labels"); labels != nil {
		labels.Items = append(labels.Items, texts(s.labels).Items...)
	} else if len(s.labels) > 0 {
		o.Set("labels", texts(s.labels))
	}
	if len(s.marks) > 0 {
		o.Set("object_marking_refs", texts(s.marks))
	}
	if s.level != "" {
		o.Set("confidence", number(s.level))
	}
}
