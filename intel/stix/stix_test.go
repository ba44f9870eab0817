package stix_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

// wants checks the code, the first pointer and that there is advice.
func wants(t *testing.T, name string, err error, want, pointer string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Errorf("%s: %v, want %s", name, err, want)
		return
	}
	if f.Code != want || len(f.Fields) == 0 || f.Fields[0].Pointer != pointer || f.Next == "" || f.Kind != fault.Invalid {
		t.Errorf("%s: %s %v next %q, want %s at %s", name, f.Code, f.Fields, f.Next, want, pointer)
	}
}

func bundle(objects ...string) string {
	return `{"type":"bundle","id":"` + id("bundle", 1) + `","objects":[` + strings.Join(objects, ",") + `]}`
}

const good = `{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}`

// TestOneBadObjectBlocksNoOther puts each kind of bad element between two good
// ones: J1 to J7 at the level of a bundle.
func TestOneBadObjectBlocksNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, bad, code, id string }{
		{"J1 depth", `{"id":"` + id("x-a", 1) + `","a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "json.depth", id("x-a", 1)},
		{"J2 duplicate", indicator(`,"revoked":true,"revoked":false`), "json.duplicate", id("indicator", 1)},
		{"J2 escaped duplicate", indicator(`,"\u0072evoked":true,"revoked":false`), "json.duplicate", id("indicator", 1)},
		{"J2 two ids", indicator(`,"id":"` + id("indicator", 2) + `"`), "json.duplicate", ""},
		{"J3 near miss", indicator(`,"Revoked":true`), "stix.near-miss", id("indicator", 1)},
		{"J4 number", indicator(`,"confidence":1e400`), "json.number", id("indicator", 1)},
		{"J5 bad UTF-8", indicator(",\"name\":\"\xff\""), "json.utf8", id("indicator", 1)},
		{"J5 surrogate", indicator(`,"name":"\ud800"`), "json.utf8", id("indicator", 1)},
		{"J5 NUL", indicator(`,"name":"a\u0000b"`), "json.utf8", id("indicator", 1)},
		{"J6 comment", `{"type":"indicator"/* hidden */}`, "json.syntax", ""},
		{"J7 tokens", `{"a":[` + strings.Repeat(`{"":0},`, 100_000) + `0]}`, "json.tokens", ""},
		{"wrong brackets", `{"a":[1}]`, "json.syntax", ""},
		{"not an object", `[1,2]`, "stix.not-object", ""},
		{"null", `null`, "stix.not-object", ""},
		{"bare word", `nope`, "json.syntax", ""},
		{"nested bundle", bundle(good), "stix.type", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := stix.Parse([]byte(bundle(good, c.bad, good)))
			if err != nil {
				t.Fatal(err)
			}
			if len(b.Accepted) != 2 || len(b.Rejected) != 1 || b.Accepted[0].Pointer != "/objects/0" || b.Accepted[1].Pointer != "/objects/2" {
				t.Fatalf("%d accepted, %d rejected", len(b.Accepted), len(b.Rejected))
			}
			r := b.Rejected[0]
			if r.Pointer != "/objects/1" || r.Code != c.code || r.Next == "" || r.Detail == "" {
				t.Errorf("%s %s %q next %q, want %s", r.Pointer, r.Code, r.Detail, r.Next, c.code)
			}
			if c.name != "nested bundle" && r.ID != c.id {
				t.Errorf("claims %q, want %q", r.ID, c.id)
			}
			if string(r.Raw) != c.bad || r.Hash != ident.Sum([]byte(c.bad)) {
				t.Errorf("the bytes are not kept")
			}
		})
	}
}

func TestOnlyDocumentsThatCannotBeTakenApartAreRefusedWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, code string }{
		{"empty", "", "json.syntax"},
		{"a string", `"x"`, "json.syntax"},
		{"byte order mark", "\ufeff" + bundle(good), "json.syntax"},
		{"UTF-16", "\xff\xfe{\x00", "json.syntax"},
		{"open string", `[{"a":"`, "json.syntax"},
		{"open bracket", `[{"a":1}`, "json.syntax"},
		{"no comma", `[{} {}]`, "json.syntax"},
		{"trailing comma", `[{},]`, "json.syntax"},
		{"no value", `[,{}]`, "json.syntax"},
		{"no colon", `{"type" "bundle"}`, "json.syntax"},
		{"no name", `{1:2}`, "json.syntax"},
		{"J6 two documents", bundle(good) + bundle(good), "json.trailing"},
		{"J6 lines", good + "\n" + good, "json.trailing"},
		{"J2 two lists of objects", `{"type":"bundle","objects":[],"objects":[` + good + `]}`, "json.duplicate"},
		{"J2 two types", `{"type":"bundle","type":"indicator"}`, "json.duplicate"},
		{"J2 two types, the other order", `{"type":"indicator","\u0074ype":"bundle"}`, "json.duplicate"},
	} {
		if _, err := stix.Parse([]byte(c.src)); code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

func TestParseReadsBundlesListsAndObjects(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"bundle": bundle(good, good), "list": "[" + good + ", " + good + "]", "list with space": " [ " + good + "\n,\t" + good + " ] \n",
	} {
		b, err := stix.Parse([]byte(src))
		if err != nil || len(b.Accepted) != 2 || len(b.Rejected) != 0 {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
	b, err := stix.Parse([]byte("\n" + good + "\n"))
	if err != nil || len(b.Accepted) != 1 || b.Accepted[0].Pointer != "" || string(b.Accepted[0].Object.Raw) != good {
		t.Errorf("one object: %+v, %v", b, err)
	}
	for name, src := range map[string]string{"empty list": "[]", "bundle without objects": `{"type":"bundle","id":"` + id("bundle", 1) + `"}`} {
		if b, err := stix.Parse([]byte(src)); err != nil || len(b.Accepted)+len(b.Rejected) != 0 {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

// TestFaultsOfABundleAreNotItsObjects checks that what is wrong with the
// transport is told, and the objects kept (section 8).
func TestFaultsOfABundleAreNotItsObjects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, pointer, code string }{
		{"no id", `{"type":"bundle","objects":[` + good + `]}`, "/id", "stix.id"},
		{"other id", `{"type":"bundle","id":"` + id("report", 1) + `","objects":[` + good + `]}`, "/id", "stix.id"},
		{"near miss", `{"type":"bundle","id":"` + id("bundle", 1) + `","Objects":[1],"objects":[` + good + `]}`, "/Objects", "stix.bundle"},
		{"version", `{"type":"bundle","id":"` + id("bundle", 1) + `","spec_version":"1.2","objects":[` + good + `]}`, "/spec_version", "stix.spec-version"},
	} {
		b, err := stix.Parse([]byte(c.src))
		if err != nil || len(b.Accepted) != 1 || len(b.Rejected) != 1 || b.Rejected[0].Pointer != c.pointer || b.Rejected[0].Code != c.code || b.Rejected[0].Next == "" {
			t.Errorf("%s: %+v, %v", c.name, b, err)
		}
	}
	for _, src := range []string{bundle(), `{"type":"bundle","id":"` + id("bundle", 1) + `","objects":{}}`} {
		if b, err := stix.Parse([]byte(src)); err != nil || len(b.Rejected) != 1 || b.Rejected[0].Pointer != "/objects" {
			t.Errorf("%s: %+v, %v", src, b, err)
		}
	}
}

func TestJ3NearMissesOfProtectingPropertiesAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Object_Marking_Refs", "object_marking_ref", "objectmarkingrefs", "object-marking-refs", "obj\u0435ct_marking_refs", "granular_marking",
		"Granular_markings", "created_by_re\u017f", "CREATED_BY_REF", "createdByRef", "Revo\u212Aed", "revoKed", "lab\u0435ls", "Labels", "label\u017f", "Extensions",
		"ext\u0435nsions", "definitiontype", "Modified", "ID", "Type", "\uff52evoked", "revoked\u200b", "Lang",
	} {
		_, _, err := stix.ParseObject([]byte(indicator(`,"` + name + `":"x"`)))
		wants(t, name, err, "stix.near-miss", "/"+name)
	}
	_, _, err := stix.ParseObject([]byte(indicator(`,"granular_markings":[{"selectors":["pattern"],"marking_ref":"` + red2 + `","Marking_Ref":"` + white + `"}]`)))
	wants(t, "in a granular marking", err, "stix.near-miss", "/granular_markings/0/Marking_Ref")
	_, _, err = stix.ParseObject([]byte(marking(1, `"extensions":{"`+papExt+`":{"extension_type":"property-extension","TLP_2_0":"clear"}}`)))
	wants(t, "in an extension", err, "stix.near-miss", "/extensions/"+papExt+"/TLP_2_0")
	for _, name := range []string{"x_labels_note", "created_on", "category", "typed", "idea", "x_opencti_revoked", "language", "modifier"} {
		if _, _, err := stix.ParseObject([]byte(indicator(`,"` + name + `":"x"`))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJ4IntegersAreIntegers(t *testing.T) {
	t.Parallel()
	for lit, want := range map[string]string{"50": "", "0": "", "100": "", "101": "stix.value", "-1": "stix.value", "1.0": "stix.value", "1e1": "stix.value", `"50"`: "stix.value", "-0": "json.number"} {
		if _, _, err := stix.ParseObject([]byte(indicator(`,"confidence":` + lit))); code(err) != want {
			t.Errorf("%s: %v, want %s", lit, err, want)
		}
	}
}

func TestJ10IdentifiersBelongToTheirObject(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"malware--00000000-0000-4000-8000-000000000001", "indicator-00000000-0000-4000-8000-000000000001", "indicator--1", "",
		"indicator--00000000-0000-4000-8000-00000000000A", "indicator--00000000-0000-0000-8000-000000000001", "indicator--00000000-0000-4000-c000-000000000001",
		"indicator--{0000000-0000-4000-8000-000000000001}",
	} {
		src := strings.Replace(indicator(""), id("indicator", 1), bad, 1)
		_, _, err := stix.ParseObject([]byte(src))
		wants(t, bad, err, "stix.id", "/id")
	}
	// Section 2.9: UUIDv5 SDO ids exist in the wild (OpenCTI) and are accepted.
	if _, _, err := stix.ParseObject([]byte(strings.Replace(indicator(""), "-4000-", "-5000-", 1))); err != nil {
		t.Error(err)
	}
}

func TestJ12Timestamps(t *testing.T) {
	t.Parallel()
	with := func(ts string) string {
		return strings.Replace(indicator(""), `"valid_from":"2026-01-01T00:00:00Z"`, `"valid_from":"`+ts+`"`, 1)
	}
	for _, bad := range []string{
		"0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T23:60:00Z", "2026-06-30T23:59:60Z", "2026-01-01T00:00:00,123Z", "2026-01-01T00:00:00.Z", "2026-01-01t00:00:00Z",
		"2026-01-01T00:00:00z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00", "2026-01-01", "2026-1-1T0:0:0Z", "2026-01-01 00:00:00Z", " 2026-01-01T00:00:00Z",
		"2026-01-01T00:00:00.12a4Z", "٢٠٢٦-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ", "1234567890123", "",
	} {
		_, _, err := stix.ParseObject([]byte(with(bad)))
		wants(t, bad, err, "stix.timestamp", "/valid_from")
	}
	for _, fine := range []string{
		"2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.1234567890123Z",
	} {
		o, _, err := stix.ParseObject([]byte(with(fine)))
		if err != nil || o.Tree.Get("valid_from").Text != fine {
			t.Errorf("%s: %v", fine, err)
		}
	}
	order := func(created, modified string) error {
		src := strings.Replace(indicator(""), `"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z"`, `"created":"`+created+`","modified":"`+modified+`"`, 1)
		_, _, err := stix.ParseObject([]byte(src))
		return err
	}
	wants(t, "modified before created", order("2026-01-01T00:00:00.000Z", "2025-12-31T23:59:59.999Z"), "stix.order", "/modified")
	wants(t, "by less than a nanosecond", order("2026-01-01T00:00:00.0000000001Z", "2026-01-01T00:00:00.000Z"), "stix.order", "/modified")
	if err := order("2026-01-01T00:00:00.100Z", "2026-01-01T00:00:00.1000Z"); err != nil {
		t.Errorf("one instant written twice: %v", err)
	}
	// Section 3.2 wants milliseconds; ATT&CK has objects without.
	src := strings.ReplaceAll(indicator(""), "00.000Z", "00Z")
	if _, warnings, err := stix.ParseObject([]byte(src)); err != nil || len(warnings) != 2 || warnings[0].Detail != "stix.precision: is not given in milliseconds" {
		t.Errorf("%v %v", warnings, err)
	}
}

func TestJ18ManyAndCircularReferencesAreLinear(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(`{"source_name":"x","url":"https://example.org"},`, 30_000)
	if _, _, err := stix.ParseObject([]byte(indicator(`,"external_references":[` + many[:len(many)-1] + `]`))); err != nil {
		t.Errorf("30 000 external references: %v", err)
	}
	more := strings.Repeat(many, 4)
	if _, _, err := stix.ParseObject([]byte(indicator(`,"external_references":[` + more[:len(more)-1] + `]`))); code(err) != "json.tokens" {
		t.Errorf("120 000 external references: %v", err)
	}
	self := `{"type":"grouping","spec_version":"2.1","id":"` + id("grouping", 1) + `","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","context":"x","object_refs":["` + id("grouping", 1) + `"]}`
	o := object(t, self)
	if len(o.Refs) != 1 || o.Refs[0].Path != "object_refs.[0]" || o.Refs[0].ID != o.ID {
		t.Errorf("%+v", o.Refs)
	}
}

func TestJ20MixedAndLargeBundles(t *testing.T) {
	t.Parallel()
	old := `{"type":"tool","id":"` + id("tool", 1) + `","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"x","labels":["y"]}`
	mixed := `{"type":"bundle","id":"` + id("bundle", 1) + `","spec_version":"2.0","objects":[` + old + "," + indicator("") + `]}`
	b, err := stix.Parse([]byte(mixed))
	if err != nil || len(b.Accepted) != 2 || b.Accepted[0].Object.Upgraded == nil || b.Accepted[1].Object.Upgraded != nil {
		t.Fatalf("%+v, %v", b, err)
	}
	if b, err = stix.Parse([]byte(bundle(old))); err != nil || len(b.Rejected) != 1 || b.Rejected[0].Code != "stix.required" {
		t.Errorf("2.0 in a 2.1 bundle: %+v, %v", b, err)
	}
	// Custom properties and unknown extensions are kept, told, and change nothing.
	ext := "extension-definition--11111111-1111-4111-8111-111111111111"
	src := indicator(marked(red2) + `,"x_mail":"jane@example.org","extensions":{"` + ext + `":{"extension_type":"toplevel-property-extension","object_marking_refs":["` + white + `"],"revoked":true}}`)
	o, warnings, err := stix.ParseObject([]byte(src))
	if err != nil || o.Revoked || len(warnings) != 1 || warnings[0].Pointer != "/extensions/"+ext {
		t.Fatalf("%+v %v %v", o, warnings, err)
	}
	if m := stix.Mark(o, nothing); m.TLP.String() != "red" || len(m.IDs) != 1 {
		t.Errorf("an extension overrides: %+v", m)
	}
	large := make([]string, 100_000)
	for i := range large {
		large[i] = fmt.Sprintf(`{"type":"mutex","id":%q,"name":"m%d"}`, id("mutex", i), i)
	}
	if b, err = stix.Parse([]byte(bundle(large...))); err != nil || len(b.Accepted) != len(large) {
		t.Errorf("%d of 100 000 accepted, %v", len(b.Accepted), err)
	}
}

func TestJ7ADocumentHasABudget(t *testing.T) {
	t.Parallel()
	fat := strings.Replace(indicator(`,"x_a":[`+strings.Repeat("0,", 150_000)+`0]`), `"confidence":1,`, "", 1)
	b, err := stix.Parse([]byte(bundle(slices.Repeat([]string{fat}, 40)...)))
	if err != nil || len(b.Accepted) != 33 || len(b.Rejected) != 7 || b.Rejected[0].Code != "json.tokens" {
		t.Errorf("%d accepted, %d rejected, %v", len(b.Accepted), len(b.Rejected), err)
	}
}

func TestJ21PatternBombsAreRefused(t *testing.T) {
	t.Parallel()
	one := "[ipv4-addr:value = '198.51.100.3']"
	for _, c := range []struct {
		name, pattern string
		fine          bool
	}{
		{"simple", one, true},
		{"qualified", "(" + one + " AND [file:name MATCHES '(a+)+$']) REPEATS 5 TIMES WITHIN 600 SECONDS", true},
		{"escaped quotation", `[file:name = 'it\\'s']`, true},
		{"brackets in quotations", "[file:name = '((((']", true},
		{"keys", "[file:hashes.'SHA-256' = 'x' AND file:sections[*].name IN ('a','b')]", true},
		{"REPEATS in a quotation", "[file:name = 'REPEATS 1000000000 TIMES']", true},
		{"comments", one + " /* it's */ AND " + one + " // it's", true},
		{"open comment", one + " /* AND " + one, false},
		{"ten thousand ANDs", one + strings.Repeat(" AND "+one, 10_000), false},
		{"ten thousand ANDs inside", "[a:b=1" + strings.Repeat(" AND a:b=1", 5_000) + "]", false},
		{"nested parentheses", strings.Repeat("(", 33) + one + strings.Repeat(")", 33), false},
		{"REPEATS", one + " REPEATS 1000000000 TIMES", false},
		{"REPEATS overflow", one + " REPEATS 99999999999999999999 TIMES", false},
		{"REPEATS nothing", one + " REPEATS", false},
		{"too long", "[file:name = '" + strings.Repeat("a", 70_000) + "']", false},
		{"open quotation", "[file:name = 'a]", false},
		{"double quotation", `[file:name = \"a\"]`, false},
		{"open bracket", "[file:name = 'a'", false},
		{"crossed brackets", "([file:name = 'a')]", false},
		{"closed too often", one + "]", false},
		{"no observation", "ipv4-addr:value = '1.2.3.4'", false},
		{"empty", " ", false},
	} {
		src := strings.Replace(indicator(""), one, c.pattern, 1)
		_, _, err := stix.ParseObject([]byte(src))
		if c.fine != (err == nil) || err != nil && code(err) != "stix.pattern" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// Other languages are not ours to judge.
	src := strings.Replace(strings.Replace(indicator(""), one, "rule x {", 1), `"stix"`, `"yara"`, 1)
	if _, _, err := stix.ParseObject([]byte(src)); err != nil {
		t.Error(err)
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := stix.ParseObject([]byte(`{"type":"indicator","id":"x","confidence":200,"labels":[],"severity":"high"}`))
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatal(err)
	}
	for _, want := range []fault.Field{
		{Pointer: "/id", Detail: "is not indicator-- and a UUID"},
		{Pointer: "", Detail: "has no pattern"},
		{Pointer: "/confidence", Detail: "must be from 0 to 100"},
		{Pointer: "/labels", Detail: "is an empty list"},
		{Pointer: "/severity", Detail: "is a reserved name"},
	} {
		if !slices.Contains(f.Fields, want) {
			t.Errorf("%+v is missing from %+v", want, f.Fields)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(bundle(good, indicator(marked(red2)))))
	f.Add([]byte(`[` + good + `,{"a":[1}],nope,"x"]`))
	f.Add([]byte(`{"type":"bundle","spec_version":"2.0","objects":[` + observed20 + `]}`))
	f.Add([]byte(marking(1, statement("x"))))
	f.Add([]byte(indicator(`,"granular_markings":[{"selectors":["labels.[0]"],"marking_ref":"` + red1 + `"}]`)))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := stix.Parse(src)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, a := range b.Accepted {
			o := a.Object
			if o.Hash != ident.Sum(o.Raw) || o.ID == "" || !strings.HasPrefix(o.ID, o.Type+"--") {
				t.Fatalf("%+v", o)
			}
			if o.Upgraded == nil && !bytes.Contains(src, o.Raw) {
				t.Fatal("the bytes are not those of the document")
			}
			again, _, err := stix.ParseObject(o.Raw)
			if err != nil || again.ID != o.ID {
				t.Fatalf("accepted once and not twice: %v", err)
			}
			stix.Mark(o, nothing)
			stix.Walk(o.Tree, func(path string, v *strictjson.Value) {
				if got, ok := stix.Select(o.Tree, path); ok && got != v {
					t.Fatalf("%s selects something else", path)
				}
			})
		}
		for _, r := range b.Rejected {
			if r.Code == "" || r.Next == "" || r.Hash != ident.Sum(r.Raw) {
				t.Fatalf("%+v", r)
			}
		}
	})
}
