package stix

import (
	"strings"

	"entente/intel"
	"entente/internal/strictjson"
)

// Extensions of marking definitions that this package interprets.
const (
	tlp2Extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d" // TLP 2.0
	papExtension  = "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b" // Permissible Actions Protocol
	iepExtension  = "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a" // Information Exchange Policy 2.0
)

const markingPrefix = "marking-definition--"

// wellKnown is a TLP marking definition that exists once in the world. What it
// says is known from its id alone, whatever body somebody sends (J15).
type wellKnown struct {
	tlp     intel.TLP
	version int    // of TLP
	word    string // as the definition spells it
	name    string
}

// tlpDefinitions are the only TLP marking definitions there are: STIX 2.1,
// section 7.2.1.4, and the five of TLP 2.0.
var tlpDefinitions = map[string]wellKnown{
	markingPrefix + "613f2e26-407d-48c7-9eca-b8e91df99dc9": {intel.Clear, 1, "white", "TLP:WHITE"},
	markingPrefix + "34098fce-860f-48ae-8e50-ebd3cc5e41da": {intel.Green, 1, "green", "TLP:GREEN"},
	markingPrefix + "f88d31f6-486f-44da-b317-01333bde0b82": {intel.Amber, 1, "amber", "TLP:AMBER"},
	markingPrefix + "5e57c739-391a-4eb3-b6be-7d15ca92d5ed": {intel.Red, 1, "red", "TLP:RED"},
	markingPrefix + "94868c89-83c2-464b-929b-a1a8aa3c8487": {intel.Clear, 2, "clear", "TLP:CLEAR"},
	markingPrefix + "bab4a63c-aed9-4cf5-a766-dfca5abac2bb": {intel.Green, 2, "green", "TLP:GREEN"},
	markingPrefix + "55d920b0-5e8b-4f79-9ee9-91f868d9b421": {intel.Amber, 2, "amber", "TLP:AMBER"},
	markingPrefix + "939a9414-2ddd-4d32-a0cd-375ea402b003": {intel.AmberStrict, 2, "amber+strict", "TLP:AMBER+STRICT"},
	markingPrefix + "e828b379-4e03-4974-9ac4-e53a884c97c1": {intel.Red, 2, "red", "TLP:RED"},
}

// notForged refuses a TLP definition that is not one of the nine, and one of
// the nine with another body.
func notForged(c *checker, v *strictjson.Value) {
	known, isKnown := tlpDefinitions[v.GetText("id")]
	claimsTLP := v.GetText("definition_type") == "tlp" || v.Get("extensions").Get(tlp2Extension) != nil
	if !isKnown && !claimsTLP {
		return
	}
	if !isKnown || !known.describedBy(v) {
		c.refuse("stix.tlp-forged", "is not one of the TLP marking definitions that exist")
	}
}

var tlpCreated = [...]string{1: "2017-01-20T00:00:00Z", 2: "2022-10-01T00:00:00Z"}

// describedBy reports whether v has exactly the content of the definition.
// Names and creators may be left out, as in the examples of the standard.
func (k wellKnown) describedBy(v *strictjson.Value) bool {
	for i := range v.Members {
		switch m := &v.Members[i]; m.Name {
		case "type", "id", "spec_version", "created_by_ref":
		case "created":
			if notTimestamp(m.Value.Text) != "" || CompareTimestamps(m.Value.Text, tlpCreated[k.version]) != 0 {
				return false
			}
		case "name":
			if m.Value.Text != k.name {
				return false
			}
		case "definition_type", "definition":
			if k.version != 1 {
				return false
			}
		case "extensions":
			if k.version != 2 {
				return false
			}
		default:
			return false
		}
	}
	if k.version == 1 {
		definition := v.Get("definition")
		return v.GetText("definition_type") == "tlp" && definition.GetText("tlp") == k.word && len(definition.Members) == 1
	}
	extensions := v.Get("extensions")
	return extensions != nil && len(extensions.Members) == 1 && extensions.Get(tlp2Extension).GetText("tlp_2_0") == k.word
}

// tag reads a label that is exactly a TLP tag, in any case of ASCII letters:
// "tlp:amber". It counts as a label the originator gave.
func tag(s string) (intel.TLP, bool) {
	word, ok := strings.CutPrefix(strings.ToLower(s), "tlp:")
	if !ok || !plain(s) {
		return intel.Red, false
	}
	return level(word)
}

// ReadTLP reads a label in a text of somebody else's format, as [Mark] does with
// one in STIX: given is whether the text is a tag and nothing else, so that it
// can permit something; any other text can only make stricter.
func ReadTLP(s string) (t intel.TLP, given, ok bool) {
	if t, ok = tag(strings.TrimSpace(s)); ok {
		return t, true, true
	}
	t, ok = mentioned(s)
	return t, false, ok
}

// level reads a TLP word of either version.
func level(word string) (intel.TLP, bool) {
	if word == "white" {
		return intel.Clear, true
	}
	return intel.ParseTLP(word)
}

// spoken are skeletons of TLP words, the longer before its prefix.
var spoken = []struct {
	skeleton string
	tlp      intel.TLP
}{
	{skeleton("amberstrict"), intel.AmberStrict},
	{skeleton("amber"), intel.Amber},
	{skeleton("red"), intel.Red},
	{skeleton("green"), intel.Green},
	{skeleton("clear"), intel.Clear},
	{skeleton("white"), intel.Clear},
}

// mentioned returns the strictest TLP label that a person would read in free
// text, look-alike letters included (J16). It can only make stricter: prose
// that mentions a label is not a permission.
func mentioned(s string) (strictest intel.TLP, ok bool) {
	if plain(s) && !spells(s) {
		return strictest, false
	}
	text := skeleton(s)
	for {
		_, after, found := strings.Cut(text, skeleton("tlp"))
		if !found {
			return strictest, ok
		}
		text = after
		word := onlyLetters(after, len("amberstrict")+8)
		for _, w := range spoken {
			if strings.HasPrefix(word, w.skeleton) {
				strictest, ok = max(strictest, w.tlp), true
				break
			}
		}
	}
}

// spells reports whether a text of ASCII has what reads like tlp. Nearly none
// has, and this is far cheaper than a skeleton.
func spells(s string) bool {
	for i := 1; i+1 < len(s); i++ {
		if s[i+1]|0x20 == 'p' && s[i-1]|0x20 == 't' && strings.IndexByte("lLiI1|", s[i]) >= 0 {
			return true
		}
	}
	return false
}

// onlyLetters returns the letters among the first n bytes of s.
func onlyLetters(s string, n int) string {
	var b strings.Builder
	for i := 0; i < len(s) && i < n; i++ {
		if isLower(s[i]) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
