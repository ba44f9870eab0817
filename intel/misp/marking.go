package misp

import (
	"slices"
	"strings"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// tlpMarkings are the markings that tags of the TLP taxonomy stand for. WHITE,
// GREEN, AMBER and RED are those of TLP 1, as the reference converter has it:
// every reader knows them.
var tlpMarkings = map[string]string{
	"tlp:white":        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
	"tlp:green":        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
	"tlp:amber":        "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
	"tlp:red":          "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
	"tlp:clear":        "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
	"tlp:amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
}

// tlpTags is the way back, with the markings of TLP 2.0 that no tag becomes.
var tlpTags = map[string]string{
	"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "tlp:white",
	"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "tlp:green",
	"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "tlp:amber",
	"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "tlp:red",
	"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "tlp:clear",
	"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "tlp:green",
	"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "tlp:amber",
	"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "tlp:amber+strict",
	"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "tlp:red",
}

// strictest is what an event is under whose tags nobody can read.
const strictest = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"

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
		name := text(&tags[i], "name")
		if name == "" || but[name] || seen[name] {
			continue
		}
		seen[name] = true
		if id, ok := tlpMarkings[strings.ToLower(name)]; ok {
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
	if !c.held[id] {
		_ = c.keep(part{}, object(
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
	if c.ev.blind {
		c.marks = append(c.marks, strictest)
	}
	c.stated.Hear(text(&c.ev.tree, "info"))
	for _, l := range c.labels {
		c.stated.Hear(l)
	}
}

// mark puts an object under the markings of its event. In MISP a tag of the
// event is about everything in it; a reader of STIX would see only the report
// marked.
func (c *converter) mark(o *strictjson.Value, stated conversion.Stated) {
	if text(o, "type") == "marking-definition" {
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
		set(o, "object_marking_refs", texts(c.marks))
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
		set(o, "labels", texts(s.labels))
	}
	if len(s.marks) > 0 {
		set(o, "object_marking_refs", texts(s.marks))
	}
	if s.level != "" {
		set(o, "confidence", number(s.level))
	}
}
