package stix_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"entente/intel"
	"entente/intel/stix"
)

const (
	white  = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
	green1 = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
	amber1 = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
	red1   = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
	clear2 = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
	green2 = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
	amber2 = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
	strict = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
	red2   = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"

	tlpExt = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
	papExt = "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b"
	iepExt = "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a"
)

// id makes an identifier that is different for each n.
func id(typ string, n int) string { return fmt.Sprintf("%s--00000000-0000-4000-8000-%012d", typ, n) }

// indicator returns a valid indicator with more members.
func indicator(more string) string {
	return `{"type":"indicator","spec_version":"2.1","id":"` + id("indicator", 1) + `","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",` +
		`"pattern":"[ipv4-addr:value = '198.51.100.3']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"` + more + `}`
}

// marking returns a marking definition with the given body.
func marking(n int, body string) string {
	return `{"type":"marking-definition","spec_version":"2.1","id":"` + id("marking-definition", n) + `","created":"2026-01-01T00:00:00.000Z",` + body + `}`
}

func statement(s string) string {
	return `"definition_type":"statement","definition":{"statement":"` + s + `"}`
}

func marked(ids ...string) string {
	return `,"object_marking_refs":["` + strings.Join(ids, `","`) + `"]`
}

func object(tb interface {
	Helper()
	Fatalf(string, ...any)
}, src string,
) *intel.Object {
	tb.Helper()
	o, _, err := stix.ParseObject([]byte(src))
	if err != nil {
		tb.Fatalf("%s: %v", src, err)
	}
	return o
}

// known makes a lookup over marking definitions.
func known(t *testing.T, definitions ...string) func(string) (*intel.Object, bool) {
	t.Helper()
	byID := map[string]*intel.Object{}
	for _, d := range definitions {
		o := object(t, d)
		byID[o.ID] = o
	}
	return func(id string) (*intel.Object, bool) { o, ok := byID[id]; return o, ok }
}

func nothing(string) (*intel.Object, bool) { return nil, false }

func TestMarkReadsTheWellKnownLabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		more string
		want intel.Markings
	}{
		{"", intel.Markings{TLP: intel.Red}}, // no marking: closed until somebody labels it
		{marked(white), intel.Markings{TLP: intel.Clear, Labelled: true, IDs: []string{white}}},
		{marked(green1), intel.Markings{TLP: intel.Green, Labelled: true, IDs: []string{green1}}},
		{marked(amber1), intel.Markings{TLP: intel.Amber, Labelled: true, IDs: []string{amber1}}},
		{marked(red1), intel.Markings{TLP: intel.Red, Labelled: true, IDs: []string{red1}}},
		{marked(clear2), intel.Markings{TLP: intel.Clear, Labelled: true, IDs: []string{clear2}}},
		{marked(green2), intel.Markings{TLP: intel.Green, Labelled: true, IDs: []string{green2}}},
		{marked(amber2), intel.Markings{TLP: intel.Amber, Labelled: true, IDs: []string{amber2}}},
		{marked(strict), intel.Markings{TLP: intel.AmberStrict, Labelled: true, IDs: []string{strict}}},
		{marked(red2), intel.Markings{TLP: intel.Red, Labelled: true, IDs: []string{red2}}},
		{`,"granular_markings":[{"selectors":["pattern"],"lang":"en"}]`, intel.Markings{TLP: intel.Red}},
		{
			marked(green2) + `,"granular_markings":[{"selectors":["pattern"],"marking_ref":"` + strict + `"}]`,
			intel.Markings{TLP: intel.AmberStrict, Labelled: true, IDs: []string{strict, green2}},
		},
	} {
		if diff := cmp.Diff(c.want, stix.Mark(object(t, indicator(c.more)), nothing), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", c.more, diff)
		}
	}
}

func TestMarkReadsExtensions(t *testing.T) {
	t.Parallel()
	lookup := known(t,
		marking(1, `"name":"PAP:AMBER","extensions":{"`+papExt+`":{"extension_type":"property-extension","pap":"amber"}}`),
		marking(2, `"extensions":{"`+papExt+`":{"extension_type":"property-extension","pap":"white"}}`),
		marking(3, `"extensions":{"`+papExt+`":{"extension_type":"property-extension","pap":"purple"}}`),
		marking(4, `"extensions":{"`+iepExt+`":{"extension_type":"property-extension","tlp":"amber","unmodified_resale":"must-not","iep_version":2.0,"notify":true}}`),
		marking(5, `"extensions":{"`+iepExt+`":{"extension_type":"property-extension","tlp":"mauve"}}`),
		marking(6, statement("Copyright 2026, Example")),
	)
	m := func(n ...int) string {
		var ids []string
		for _, i := range n {
			ids = append(ids, id("marking-definition", i))
		}
		return marked(append(ids, green2)...)
	}
	for _, c := range []struct {
		more string
		want intel.Markings
	}{
		{m(1), intel.Markings{TLP: intel.Green, Labelled: true, PAP: intel.PAPAmber}},
		{m(2), intel.Markings{TLP: intel.Green, Labelled: true}},
		{m(2, 1), intel.Markings{TLP: intel.Green, Labelled: true, PAP: intel.PAPAmber}},
		{m(3), intel.Markings{TLP: intel.Green, Labelled: true, Closed: "the marking " + id("marking-definition", 3) + " is made by an unknown extension, " + papExt}},
		{m(4), intel.Markings{TLP: intel.Amber, Labelled: true, Statements: []string{"IEP 2.0, tlp: amber, unmodified_resale: must-not, iep_version: 2.0, notify: true"}}},
		{m(5), intel.Markings{TLP: intel.Green, Labelled: true, Statements: []string{"IEP 2.0, tlp: mauve"}, Closed: "the marking " + id("marking-definition", 5) + " is made by an unknown extension, " + iepExt}},
		{m(6), intel.Markings{TLP: intel.Green, Labelled: true, Statements: []string{"Copyright 2026, Example"}}},
	} {
		got := stix.Mark(object(t, indicator(c.more)), lookup)
		if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(intel.Markings{}, "IDs")); diff != "" {
			t.Errorf("%s: %s", c.more, diff)
		}
	}
}

func TestJ13UnresolvedSelectorIsFlaggedUnderTheStrictestMarking(t *testing.T) {
	t.Parallel()
	granular := func(selector, ref string) string {
		return `{"selectors":["` + selector + `"],"marking_ref":"` + ref + `"}`
	}
	for _, c := range []struct {
		name, granular string
		flags          int
	}{
		{"to nowhere", granular("nowhere", red2), 1},
		{"to an array hole", granular("labels.[7]", red2), 1},
		{"into a string", granular("pattern.value", red2), 1},
		{"index of an object", granular("external_references.source_name", red2), 1},
		{"overlapping", granular("external_references", green2) + "," + granular("external_references.[0].source_name", red2), 0},
	} {
		src := indicator(`,"labels":["a"],"external_references":[{"source_name":"x","url":"https://example.org"}]` + marked(green2) + `,"granular_markings":[` + c.granular + `]`)
		o, warnings, err := stix.ParseObject([]byte(src))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(warnings) != c.flags || c.flags == 1 && !strings.HasPrefix(warnings[0].Detail, "stix.selector-unresolved") {
			t.Errorf("%s: warnings %v", c.name, warnings)
		}
		if m := stix.Mark(o, nothing); m.TLP != intel.Red || len(m.Flags) != c.flags {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
	for _, malformed := range []string{"labels.[-1]", "labels.[01]", "labels.[]", "labels[0]", "lаbels", "", "a..b", ".a", "[0]", "labels.[0"} {
		_, _, err := stix.ParseObject([]byte(indicator(`,"labels":["a"],"granular_markings":[` + granular(malformed, red2) + `]`)))
		wants(t, malformed, err, "stix.selector", "/granular_markings/0/selectors/0")
	}
}

func TestJ14CircularMissingAndUnknownMarkingsClose(t *testing.T) {
	t.Parallel()
	lookup := known(t,
		marking(1, statement("one")+marked(id("marking-definition", 2))),
		marking(2, statement("two")+marked(id("marking-definition", 1))),
		marking(3, statement("three")+marked(id("marking-definition", 1))), // leads into a circle it is not part of
		marking(4, `"definition_type":"x-house-rules","definition":{"rule":"ask"}`),
		marking(5, `"extensions":{"extension-definition--11111111-1111-4111-8111-111111111111":{"extension_type":"property-extension","level":1}}`),
		marking(6, statement("six")+marked(id("marking-definition", 7), id("marking-definition", 8))),
		marking(7, statement("seven")+marked(id("marking-definition", 8))),
		marking(8, statement("eight")),
	)
	for n, closed := range map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: false, 7: false, 8: false, 99: true} {
		for _, more := range []string{
			marked(green2, id("marking-definition", n)),
			marked(green2) + `,"granular_markings":[{"selectors":["pattern"],"marking_ref":"` + id("marking-definition", n) + `"}]`,
		} {
			if m := stix.Mark(object(t, indicator(more)), lookup); (m.Closed != "") != closed {
				t.Errorf("marking %d: closed %q", n, m.Closed)
			}
		}
	}
	// A chain longer than anybody has closes too, in time that does not grow.
	var chain []string
	for n := range 2 * 256 {
		chain = append(chain, marking(n, statement("link")+marked(id("marking-definition", n+1))))
	}
	if m := stix.Mark(object(t, indicator(marked(id("marking-definition", 0)))), known(t, chain...)); m.Closed == "" {
		t.Error("a chain of 512 markings is followed")
	}
	other := object(t, indicator(""))
	if m := stix.Mark(object(t, indicator(marked(id("marking-definition", 9)))), func(string) (*intel.Object, bool) { return other, true }); m.Closed == "" {
		t.Error("a marking that is an indicator marks")
	}
	_, _, err := stix.ParseObject([]byte(marking(1, statement("one")+marked(id("marking-definition", 1)))))
	wants(t, "itself", err, "stix.rule", "")
}

func TestJ15TLPDefinitionsCannotBeForged(t *testing.T) {
	t.Parallel()
	tlp1 := func(id, word, more string) string {
		return `{"type":"marking-definition","spec_version":"2.1","id":"` + id + `","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"tlp":"` + word + `"}` + more + `}`
	}
	tlp2 := func(id, word, more string) string {
		return `{"type":"marking-definition","spec_version":"2.1","id":"` + id + `","created":"2022-10-01T00:00:00.000Z","extensions":{"` + tlpExt + `":{"extension_type":"property-extension","tlp_2_0":"` + word + `"}}` + more + `}`
	}
	for _, genuine := range []string{
		tlp1(white, "white", ""), tlp1(green1, "green", `,"name":"TLP:GREEN"`), tlp1(amber1, "amber", ""), tlp1(red1, "red", ""),
		tlp2(clear2, "clear", ""), tlp2(green2, "green", ""), tlp2(amber2, "amber", `,"name":"TLP:AMBER"`), tlp2(strict, "amber+strict", ""), tlp2(red2, "red", ""),
		strings.Replace(tlp2(red2, "red", ""), "00.000Z", "00Z", 1),
	} {
		object(t, genuine)
	}
	for name, forged := range map[string]string{
		"weaker content":         tlp1(red1, "green", ""),
		"stricter content":       tlp1(green1, "red", ""),
		"weaker 2.0 content":     tlp2(red2, "clear", ""),
		"other name":             tlp1(red1, "red", `,"name":"TLP:GREEN"`),
		"other date":             strings.Replace(tlp1(red1, "red", ""), "2017", "2018", 1),
		"statement":              `{"type":"marking-definition","spec_version":"2.1","id":"` + red1 + `","created":"2017-01-20T00:00:00.000Z",` + statement("anything") + `}`,
		"extra word":             strings.Replace(tlp1(red1, "red", ""), `"red"`, `"red","also":"green"`, 1),
		"extra extension":        tlp1(red1, "red", `,"extensions":{"`+tlpExt+`":{"extension_type":"property-extension","tlp_2_0":"clear"}}`),
		"extra property":         tlp1(red1, "red", `,"x_note":"not really"`),
		"own id":                 tlp1(id("marking-definition", 1), "green", ""),
		"own id 2.0":             tlp2(id("marking-definition", 1), "green", ""),
		"1 under an id of 2":     tlp1(red2, "red", ""),
		"empty definition":       strings.Replace(tlp1(red1, "red", ""), `{"tlp":"red"}`, `{}`, 1),
		"definition is not one":  strings.Replace(tlp1(red1, "red", ""), `{"tlp":"red"}`, `"red"`, 1),
		"definition is missing":  strings.Replace(tlp1(red1, "red", ""), `,"definition":{"tlp":"red"}`, ``, 1),
		"with granular markings": tlp1(red1, "red", `,"granular_markings":[{"selectors":["definition"],"marking_ref":"`+white+`"}]`),
	} {
		if _, _, err := stix.ParseObject([]byte(forged)); code(err) != "stix.tlp-forged" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Whatever a lookup returns for a well-known id, the id decides.
	liar := object(t, marking(1, statement("TLP:CLEAR")))
	if m := stix.Mark(object(t, indicator(marked(red1))), func(string) (*intel.Object, bool) { return liar, true }); m.TLP != intel.Red || m.Statements != nil {
		t.Errorf("%+v", m)
	}
}

func TestJ16StrictestLabelWins(t *testing.T) {
	t.Parallel()
	lookup := known(t, marking(1, `"name":"TLP:AMBER+STRICT",`+statement("custom")), marking(2, statement("Handle as ТLР:RЕD")))
	for _, c := range []struct {
		more     string
		tlp      intel.TLP
		labelled bool
	}{
		{marked(white, red2), intel.Red, true},
		{marked(green1, amber2), intel.Amber, true},
		{marked(green2, green1, clear2), intel.Green, true},
		// a tag is a label
		{`,"labels":["tlp:amber"]`, intel.Amber, true},
		{`,"labels":["TLP:WHITE"]`, intel.Clear, true},
		{`,"labels":["tlp:clear","tlp:amber+strict"]`, intel.AmberStrict, true},
		{marked(clear2) + `,"labels":["tlp:red"]`, intel.Red, true},
		{marked(red2) + `,"labels":["tlp:clear"]`, intel.Red, true},
		// text is a warning: it makes stricter and never opens
		{marked(green2) + `,"name":"TLP:RED do not share"`, intel.Red, true},
		{marked(green2) + `,"name":"TLP:RЕD"`, intel.Red, true},                  // Cyrillic Е
		{marked(green2) + `,"name":"ТLP - AMBER"`, intel.Amber, true},            // Cyrillic Т
		{marked(green2) + `,"name":"ＴＬＰ：ＲＥＤ"`, intel.Red, true},                  // full width
		{marked(green2) + `,"name":"TLP\u200b:\u200bRED"`, intel.Red, true},      // invisible
		{marked(green2) + `,"name":"𝐓𝐋𝐏:𝐀𝐌𝐁𝐄𝐑+𝐒𝐓𝐑𝐈𝐂𝐓"`, intel.AmberStrict, true}, // mathematical
		{marked(green2) + `,"name":"x T1P red"`, intel.Red, true},
		{marked(green2) + `,"name":"t|pRed"`, intel.Red, true},
		{marked(green2) + `,"name":"TIP:RED"`, intel.Red, true},
		{marked(green2) + `,"name":"TLP:AMBER STRICT"`, intel.AmberStrict, true},
		{marked(green2) + `,"labels":["misp:tlp=\"red\""]`, intel.Red, true},
		{marked(green2) + `,"name":"TLP:CLEAR and TLP:AMBER"`, intel.Amber, true},
		{marked(green2) + `,"name":"reading TLP for beginners"`, intel.Green, true},
		{`,"name":"TLP:CLEAR"`, intel.Red, false},
		{`,"name":"TLP:GREEN"`, intel.Red, false},
		{`,"labels":["tlp:сlear"]`, intel.Red, false}, // Cyrillic с: no tag
		{`,"name":"TLP:AMBER"`, intel.Red, true},      // nobody may assign less
		{marked(id("marking-definition", 1)), intel.AmberStrict, true},
		{marked(green2, id("marking-definition", 2)), intel.Red, true},
	} {
		if m := stix.Mark(object(t, indicator(c.more)), lookup); m.TLP != c.tlp || m.Labelled != c.labelled {
			t.Errorf("%s: %v, labelled %v", c.more, m.TLP, m.Labelled)
		}
	}
}

// TestJ16NobodyAssignsLessThanTheTextReadsLike: a mention is no label, and no
// label that an importer assigns is weaker.
func TestJ16NobodyAssignsLessThanTheTextReadsLike(t *testing.T) {
	t.Parallel()
	for more, least := range map[string]intel.TLP{`,"name":"TLP:GREEN"`: intel.Green, `,"name":"TLP:CLEAR"`: intel.Clear, `,"labels":["as TLP:GREEN"]`: intel.Green, ``: intel.Clear} {
		if m := stix.Mark(object(t, indicator(more)), nothing); m.Labelled || m.TLP != intel.Red || m.Least != least {
			t.Errorf("%s: %+v", more, m)
		}
	}
}

// TestMoreMarkingsNeverOpen adds markings one by one: no step may make the
// object less restricted, except that a first label replaces the default.
func TestMoreMarkingsNeverOpen(t *testing.T) {
	t.Parallel()
	lookup := known(t, marking(1, statement("TLP:AMBER")), marking(2, `"definition_type":"x-unknown","definition":{"a":1}`))
	pool := []string{white, green1, amber1, red1, clear2, green2, amber2, strict, red2, id("marking-definition", 1), id("marking-definition", 2), id("marking-definition", 3)}
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.SampledFrom(pool), 1, 6).Draw(t, "ids")
		before := stix.Mark(object(t, indicator(marked(ids[:1]...))), lookup)
		for n := 2; n <= len(ids); n++ {
			after := stix.Mark(object(t, indicator(marked(ids[:n]...))), lookup)
			if before.Labelled && (!after.Labelled || after.TLP < before.TLP) || before.Closed != "" && after.Closed == "" {
				t.Fatalf("%v: %+v became %+v", ids[:n], before, after)
			}
			before = after
		}
	})
}
