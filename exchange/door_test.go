package exchange_test

import (
	"fmt"
	"strings"
	"testing"

	"entente/decision"
	"entente/exchange"
)

// TestJBadObjectsAtTheDoor brings one of every kind of bad object in a bundle
// with good ones, by import and by message: the good ones come in, each bad one
// is named with its reason and what to do, and none of its bytes are decided.
func TestJBadObjectsAtTheDoor(t *testing.T) {
	t.Parallel()
	good := []string{indicator("0001", tlpAmber), sdo("malware", "0002", jan, tlpAmber, `"name":"m","is_family":false`)}
	named := func(n, more string) string { return variant(n, jan, tlpAmber, "n", more) }
	bad := []struct{ id, code, object string }{
		{"J1", "json.depth", named("0101", `,"x_deep":`+strings.Repeat("[", 100)+strings.Repeat("]", 100))},
		{"J2", "json.duplicate", named("0102", `,"name":"again"`)},
		{"J2 escaped", "json.duplicate", named("0103", `,"n\u0061me":"again"`)},
		{"J3", "", named("0104", `,"Object_Marking_Refs":["`+tlpClear+`"]`)},
		{"J4 big", "json.number", named("0105", `,"confidence":9007199254740993`)},
		{"J4 huge", "json.number", named("0106", `,"x_n":1e400`)},
		{"J5 lone surrogate", "", named("0107", `,"description":"\ud800"`)},
		{"J5 bad UTF-8", "", named("0108", ",\"description\":\"\xff\xfe\"")},
		{"J5 NUL", "", named("0109", `,"description":"a\u0000b"`)},
		{"J8 not an object", "", `"indicator--00000000-0000-4000-8000-000000000110"`},
		{"J12 order", "", strings.Replace(named("0112", ""), `"modified":"2026-01-01`, `"modified":"2025-01-01`, 1)},
		{"J12 comma", "stix.timestamp", strings.Replace(named("0113", ""), `"modified":"2026-01-01T00:00:00.000Z"`, `"modified":"2026-01-01T00:00:00,000Z"`, 1)},
		{"J12 leap", "stix.timestamp", strings.Replace(named("0114", ""), `"modified":"2026-01-01T00:00:00.000Z"`, `"modified":"2026-01-01T23:59:60Z"`, 1)},
		{"J12 lower case", "stix.timestamp", strings.Replace(named("0115", ""), `"modified":"2026-01-01T00:00:00.000Z"`, `"modified":"2026-01-01t00:00:00z"`, 1)},
		{"J14 marks itself", "", strings.Replace(markingDef("0206", jan, "x"), `"definition_type"`, `"object_marking_refs":["marking-definition--00000000-0000-4000-8000-000000000206"],"definition_type"`, 1)},
		{"J15", "stix.tlp-forged", strings.Replace(markingDef("0009", jan, "x"), "marking-definition--00000000-0000-4000-8000-000000000009", tlpRed, 1)},
		{"J21", "", sdo("indicator", "0121", jan, tlpAmber, `"pattern":"`+strings.Repeat("(", 5000)+`[file:name = 'x']`+strings.Repeat(")", 5000)+`","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)},
		{"J21 repeats", "", sdo("indicator", "0122", jan, tlpAmber, `"pattern":"[file:name = 'x'] REPEATS 99999999999 TIMES","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)},
	}
	// What is legal JSON and STIX but must leave for nobody, or only more strictly.
	closed := map[string]string{
		"J13 selector to nowhere": named("0201", `,"granular_markings":[{"marking_ref":"`+tlpRed+`","selectors":["nowhere"]}]`),
		"J14 missing definition":  variant("0202", jan, "marking-definition--11111111-1111-4111-8111-111111111111", "n", ""),
		"J16 two labels":          sdo("indicator", "0203", jan, "", `"object_marking_refs":["`+tlpClear+`","`+tlpRed+`"],"pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`),
		"J16 Cyrillic label":      named("0204", `,"labels":["TLP:R\u0415D"]`),
		"J16 label in the name":   variant("0205", jan, tlpClear, "TLP:RED do not share", ""),
	}
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	var all []string
	for i, b := range bad {
		all = append(all, b.object)
		if i%5 == 0 {
			all = append(all, indicator(fmt.Sprintf("1%03d", i), tlpAmber))
		}
	}
	all = append(all, good...)
	for _, o := range closed {
		all = append(all, o)
	}
	rep := a.imports(t, bundleOf(all...))
	if rep.Quarantined != len(bad) || rep.New != len(all)-len(bad) {
		t.Errorf("%d new, %d quarantined of %d with %d bad", rep.New, rep.Quarantined, len(all), len(bad))
	}
	lines := map[string]exchange.ImportLine{}
	for _, l := range rep.Objects {
		lines[l.Pointer] = l
	}
	for _, b := range bad {
		at := 0
		for i, o := range all {
			if o == b.object {
				at = i
			}
		}
		l := lines[fmt.Sprintf("/objects/%d", at)]
		if l.Result != exchange.ResultQuarantined || l.Code == "" || l.Detail == "" || l.Next == "" || b.code != "" && l.Code != b.code {
			t.Errorf("%s: %+v", b.id, l)
		}
	}
	for what, o := range closed {
		d, err := a.Why(t.Context(), exchange.WhyRequest{Object: idIn([]byte(o)), Recipient: borealis})
		must(t, err)
		if d.Outcome != decision.Deny {
			t.Errorf("%s: %s", what, d.Outcome)
		}
	}
	// The same by message: nothing bad comes in, and the sender is told each time.
	for i, b := range bad {
		r := f.takes(aurelia, borealis, fmt.Sprintf("bad-%d", i), b.object, indicator(fmt.Sprintf("2%03d", i), tlpAmber))
		if r.Items[0].Result != "quarantined" || r.Items[0].Code == "" || r.Items[1].Result != "stored" {
			t.Errorf("%s by message: %+v", b.id, r.Items)
		}
	}
	if got := f.nodes[borealis].state(t); got.objects != len(bad) || got.quarantine != len(bad) {
		t.Errorf("Borealis holds %+v of %d good and %d bad", got, len(bad), len(bad))
	}
}

// TestJ6NotOneDocument: bytes that are not one JSON document are refused whole.
func TestJ6NotOneDocument(t *testing.T) {
	t.Parallel()
	a := newFederation(t, aurelia).nodes[aurelia]
	one := bundleOf(indicator("0001", tlpAmber))
	for name, data := range map[string]string{
		"two documents": one + one, "trailing": one + "x", "NDJSON": indicator("0001", tlpAmber) + "\n" + indicator("0002", tlpAmber),
		"comment": "/* a */" + one, "empty": "", "BOM": "\ufeff" + one, "UTF-16": "\xff\xfe{\x00}\x00", "cut": one[:len(one)-3],
		"number": "1", "null": "null", "bomb": strings.Repeat("[", 1_000_000),
	} {
		before := a.state(t)
		rep, err := a.Import(t.Context(), exchange.ImportRequest{Data: []byte(data), Source: "test"})
		if err == nil && (rep.New > 0 || rep.Quarantined == 0) {
			t.Errorf("J6 %s: %+v", name, rep)
		}
		if after := a.state(t); after.objects != before.objects {
			t.Errorf("J6 %s brought %d objects", name, after.objects-before.objects)
		}
	}
}
