package misp

import (
	"bytes"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// abbreviated is how the documentation shortens data. Neither half is base64.
var abbreviated = regexp.MustCompile(`[A-Za-z0-9+/]*\[\.\.\.\][A-Za-z0-9+/=]*`)

// one event of the mapping documents: an attribute or object in an event of the
// organisation their STIX was made by.
func wrapped(v strictjson.Value) []byte {
	ev := object(
		member("uuid", str("a6ef17d6-91cb-4a05-b10b-2f045daf874c")), member("info", str("MISP-STIX-Converter test event")),
		member("timestamp", str("1603642920")),
		member("Orgc", object(member("uuid", str("a0c22599-9e58-4da4-96ac-7051603fa951")), member("name", str("MISP-Project")))),
	)
	for _, p := range oneOrMany(&v) {
		if p.Get("GalaxyCluster") != nil {
			appendTo(&ev, "Galaxy", p)
		} else if p.Get("Attribute") != nil {
			appendTo(&ev, "Object", p)
		} else {
			appendTo(&ev, "Attribute", p)
		}
	}
	doc := object(member("Event", ev))
	return strictjson.Append(nil, &doc)
}

// explainedPairs are the documented pairs that differ, and why.
var explainedPairs = map[string]string{
	`Script object where state is "Malicious"`:        "stays x-misp-object, complete: not one in 49 real events",
	"domain-ip with the perfect domain & ip matching": "documented after an older converter, with labels and a pattern the reference no longer makes",
	"image":          "stays x-misp-object, complete: not one in 49 real events",
	"parler-account": "a truth value that no property of STIX holds is kept as MISP writes it, \"0\"",
	"process":        "parents and children stay x_misp_ properties of the process",
	"registry-key with references to registry-key-value(s)": "values that are objects stay objects of their own",
}

// TestCorpusMapping converts the pairs of the reference documentation, each one
// attribute or object.
func TestCorpusMapping(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(corpus(t), "mapping")
	for _, name := range []string{"misp_attributes_to_stix21", "misp_objects_to_stix21", "misp_galaxies_to_stix21"} {
		pairs := tree(t, abbreviated.ReplaceAll(read(t, filepath.Join(dir, name+".json")), []byte("UEsDBA==")))
		equal := 0
		for _, pair := range pairs.Members {
			misp, want := pair.Value.Get("MISP"), pair.Value.Get("STIX")
			if misp == nil || want == nil {
				continue
			}
			asMeant(misp, want)
			b, err := Parse(wrapped(*misp))
			if err != nil {
				t.Errorf("%s: %v", pair.Name, err)
				continue
			}
			var got []strictjson.Value
			for _, o := range trees(b) {
				if typ := o.GetText("type"); typ != "grouping" && typ != "note" && (typ != "identity" || label(&o, "name") != "") {
					got = append(got, o)
				}
			}
			diffs := differences(t, got, oneOrMany(want), nil)
			why := explainedPairs[pair.Name]
			if len(diffs) == 0 {
				equal++
			}
			if (len(diffs) == 0) != (why == "") {
				t.Errorf("%s: %d objects differ, explained: %q", pair.Name, len(diffs), why)
				for _, d := range diffs {
					t.Logf("%.600s", d)
				}
			}
		}
		t.Logf("%s: %d of %d", name, equal, len(pairs.Members))
	}
}

// asMeant says what the documentation leaves out: it converts attributes that do
// not say to_ids as if they did.
func asMeant(misp, want *strictjson.Value) {
	for _, o := range oneOrMany(want) {
		if o.GetText("type") == "indicator" && misp.Get("value") != nil && misp.Get("to_ids") == nil {
			misp.Set("to_ids", truth(true))
		}
	}
}

// lines of a JSON lines file.
func lines(b []byte) [][]byte { return bytes.Split(bytes.TrimSpace(b), []byte("\n")) }

// essence is what of an event is compared with a golden one.
func essence(v strictjson.Value) map[string]bool {
	out := map[string]bool{}
	for _, e := range eventsOf(v) {
		ev := &e
		if inner := e.Get("Event"); inner != nil {
			ev = inner
		}
		for _, t := range tagNames(ev) {
			if t != "Threat-Report" && !strings.HasPrefix(t, "misp:tool=") && !strings.HasPrefix(t, "misp-galaxy:") {
				out["tag "+t] = true
			}
		}
		for _, a := range oneOrMany(ev.Get("Attribute")) {
			is, _ := flag(&a, "to_ids")
			out["attribute "+scalar(&a, "uuid")+" "+a.GetText("type")+" "+a.GetText("category")+" "+scalar(&a, "value")+" "+map[bool]string{true: "ids", false: "-"}[is]] = true
			if c := scalar(&a, "timestamp"); c != "" {
				out["time of "+scalar(&a, "uuid")+" "+c] = true
			}
			if c := a.GetText("comment"); c != "" && !decorative(c) {
				out["comment of "+scalar(&a, "uuid")+" "+c] = true
			}
		}
		for _, o := range oneOrMany(ev.Get("Object")) {
			out["object "+scalar(&o, "uuid")+" "+o.GetText("name")+" "+o.GetText("meta-category")] = true
			if c := o.GetText("comment"); c != "" && !decorative(c) {
				out["comment of "+scalar(&o, "uuid")+" "+c] = true
			}
			for _, a := range oneOrMany(o.Get("Attribute")) {
				out["  "+o.GetText("name")+" "+a.GetText("object_relation")+" "+a.GetText("type")+" = "+instantOr(scalar(&a, "value"))] = true
			}
			for _, r := range o.GetList("ObjectReference") {
				out["ref "+scalar(&o, "uuid")+" "+r.GetText("relationship_type")+" "+scalar(&r, "referenced_uuid")] = true
			}
		}
		for _, g := range ev.GetList("Galaxy") {
			for _, c := range clustersOf(&g) {
				out["galaxy "+g.GetText("type")+" "+c.GetText("value")] = true
			}
		}
		for _, r := range ev.GetList("EventReport") {
			out["report "+r.GetText("name")] = true
		}
	}
	return out
}

// explainedPairsBack are the documented pairs of which something does not come
// back, and why.
var explainedPairsBack = map[string]string{
	"objects File object with a Windows PE binary extension Indicator":     "a PE that somebody else merged into its file stays there",
	"objects File object with a Windows PE binary extension Observed Data": "a PE that somebody else merged into its file stays there",
	`objects Script object where state is not "Malicious" Tool`:            "the template has no shape here",
	"objects annotation Note":                  "the template has no shape here; the note becomes a report",
	"objects artifact Observed Data":           "the name of the content is not in STIX; the reference takes the id",
	"objects email Indicator":                  "names and attachments in a pattern are not read back",
	"objects hashlookup Observed Data":         "the file has property names that STIX does not allow and is rejected",
	"objects http-request Indicator":           "the template has no shape here",
	"objects http-request Observed Data":       "the template has no shape here",
	"objects network-connection Indicator":     "layers of protocols are not told apart",
	"objects network-connection Observed Data": "layers of protocols are not told apart",
	"objects registry-key Indicator":           "the reference leaves the escapes of the pattern in the value",
	"attributes regkey Indicator":              "the reference leaves the escapes of the pattern in the value",
	"attributes sigma Indicator":               "brackets that the conversion added are taken off again",
	"attributes snort Indicator":               "brackets that the conversion added are taken off again",
	"attributes yara Indicator":                "brackets that the conversion added are taken off again",
}

// TestCorpusMappingBack writes the documented STIX as MISP.
func TestCorpusMappingBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(corpus(t), "mapping")
	for _, name := range []string{"stix21_to_misp_attributes", "stix21_to_misp_objects", "stix21_to_misp_galaxies"} {
		pairs := tree(t, abbreviated.ReplaceAll(read(t, filepath.Join(dir, name+".json")), []byte("UEsDBA==")))
		equal, total := 0, 0
		var cases []strictjson.Member
		for _, pair := range pairs.Members {
			if pair.Value.Get("STIX") != nil {
				cases = append(cases, pair)
				continue
			}
			for _, inner := range pair.Value.Members { // Indicator, Observed Data …
				cases = append(cases, member(pair.Name+" "+inner.Name, inner.Value))
			}
		}
		for _, pair := range cases {
			misp, from := pair.Value.Get("MISP"), pair.Value.Get("STIX")
			if misp == nil || from == nil {
				continue
			}
			total++
			objs := list(oneOrMany(from)...)
			w := Write(objects(parseStix(t, strictjson.Append(nil, &objs))))
			got := map[string]bool{}
			for _, e := range w.Events {
				maps.Copy(got, essence(tree(t, e)))
			}
			var missing []string
			for k := range essence(tree(t, wrapped(*misp))) {
				if !got[k] {
					missing = append(missing, k)
				}
			}
			if len(missing) == 0 {
				equal++
			}
			if why := explainedPairsBack[strings.TrimPrefix(name, "stix21_to_misp_")+" "+pair.Name]; (len(missing) == 0) != (why == "") {
				t.Errorf("%s: explained %q, missing %.300q", pair.Name, why, missing)
			}
		}
		t.Logf("%s: %d of %d", name, equal, total)
	}
}

// decorative reports whether a comment is one the reference made up: the id of
// what an attribute came from.
func decorative(comment string) bool {
	for _, p := range []string{"Observed Data ID: ", "Observable object ID: ", "Indicator ID: "} {
		if strings.HasPrefix(comment, p) {
			return true
		}
	}
	return false
}

// instantOr writes times, numbers and truths in one way.
func instantOr(v string) string {
	switch v {
	case "True", "true":
		return "1"
	case "False", "false":
		return "0"
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	if t, ok := dated(v); ok && len(v) > 10 {
		return t.Format(plainTime)
	}
	return v
}

// explainedBack are the bundles of the reference's own tests that do not come
// back equal, and why.
var explainedBack = map[string]string{
	"internal__annotation_object":                         "objects of this template are not read back into attributes: the note becomes a report",
	"internal__file_and_pe_indicator_object":              "a PE that somebody else merged into its file stays there",
	"internal__file_and_pe_observable_object":             "a PE that somebody else merged into its file stays there",
	"internal__file_indicator_object":                     "files inside a pattern are not unpacked",
	"internal__http_request_observable_object":            "the template has no shape here; the objects are reported as left",
	"internal__image_indicator_object":                    "the template has no shape here; the objects are reported as left",
	"internal__image_observable_object":                   "the template has no shape here; the objects are reported as left",
	"internal__invalid_uuids":                             "the bundle has ids that are none; those objects are rejected, as they must be",
	"internal__location_galaxies":                         "one location has a property name STIX does not allow and is rejected; the number of a region is not in STIX",
	"internal__multiple_reports":                          "two reports become two events; the reference merges them on request",
	"internal__netflow_indicator_object":                  "the template has no shape here; the objects are reported as left",
	"internal__network_connection_indicator_object":       "protocols of a pattern are not read back",
	"internal__network_socket_indicator_object":           "states of a pattern are not read back",
	"internal__no_report":                                 "an object outside every report is not dropped",
	"internal__object_references":                         "as annotation_object and attack-pattern, which has no shape here",
	"internal__patterning_language_attributes":            "brackets that the conversion added are taken off again",
	"internal__person_object":                             "full-name has the type its template gives it",
	"internal__process_observable_object":                 "parents and children of another converter are not read back",
	"internal__registry_key_indicator_object":             "the reference leaves the escapes of the pattern in the value",
	"internal__registry_key_with_values_indicator_object": "the reference leaves the escapes of the pattern in the value",
	"internal__regkey_observable_attribute":               "the key abbreviates its hive, which STIX forbids (section 6.14); the object is rejected",
	"internal__single_report":                             "an object outside every report is not dropped",
}

// TestCorpusGoldenBack writes the STIX of the reference's own tests as MISP.
func TestCorpusGoldenBack(t *testing.T) {
	t.Parallel()
	equal, total := map[string]int{}, map[string]int{}
	for _, line := range lines(read(t, filepath.Join(corpus(t), "golden-stix21-to-misp.jsonl.gz"))) {
		pair := tree(t, line)
		kind, name := pair.GetText("kind"), pair.GetText("name")
		if kind != "internal" {
			continue // see TestCorpusGoldenForeign
		}
		total[kind]++
		doc := strictjson.Append(nil, pair.Get("stix21"))
		b := parseStix(t, doc)
		var back []strictjson.Value
		for _, e := range Write(objects(b)).Events {
			back = append(back, tree(t, e))
		}
		got := map[string]bool{}
		for _, e := range back {
			maps.Copy(got, essence(e))
		}
		want := essence(*pair.Get("misp"))
		var diff []string
		for k := range want {
			if !got[k] {
				diff = append(diff, "- "+k)
			}
		}
		for k := range got {
			if !want[k] && !strings.HasPrefix(k, "comment of ") && !strings.HasPrefix(k, "time of ") { // the reference forgets the comment of an indicator that has observed data
				diff = append(diff, "+ "+k)
			}
		}
		if len(diff) == 0 {
			equal[kind]++
		}
		if why := explainedBack[name]; (len(diff) == 0) != (why == "") {
			slices.Sort(diff)
			t.Errorf("%s: %d differences, explained: %q", name, len(diff), why)
			for _, d := range diff {
				t.Logf("%.300s", d)
			}
		}
	}
	t.Logf("equal %v of %v", equal, total)
	if equal["internal"]+len(explainedBack) != total["internal"] {
		t.Errorf("%d equal and %d explained of %d", equal["internal"], len(explainedBack), total["internal"])
	}
}

func parseStix(t *testing.T, doc []byte) stix.Bundle {
	t.Helper()
	b, err := stix.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
