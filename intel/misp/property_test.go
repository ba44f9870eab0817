package misp

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"entente/internal/strictjson"
)

// values of every form that means something to some type, and of none.
func someValue() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[ -~]{1,24}`),
		rapid.SampledFrom([]string{
			"198.51.100.7", "2001:db8::1", "198.51.100.7|443", "a.example|198.51.100.7", "a.exe|7fa3abc229fd3cb9a0a6f07d9da15e35", "AS64500", "64500", "443",
			"7fa3abc229fd3cb9a0a6f07d9da15e35", `HKLM\Software\A`, `HKCU\A|B`, "it's", `back\slash`, "a|b|c", "|", "00:1B:44:11:3A:B7", "https://a.example/x?y=z",
			"CVE-2026-1234", "true", "False", "2026-11-20T10:00:00+00:00", "[x] AND 'y'", "é – ü", "x@y.example", " a ", "0", "007",
		}),
		rapid.StringN(1, 12, -1),
	)
}

// there and back again, by uuid.
func back(t *rapid.T, ev strictjson.Value) map[string]string {
	doc := object(member("Event", ev))
	src := strictjson.Append(nil, &doc)
	b, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Rejected) > 0 {
		t.Skip("refused: ", b.Rejected[0].Code)
	}
	w := Write(objects(b))
	if len(w.Events) != 1 {
		t.Fatalf("%d events", len(w.Events))
	}
	v, err := strictjson.Parse(w.Events[0], strictjson.Limits{Bytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return facts(v)
}

func baseEvent() strictjson.Value {
	return object(member("uuid", str("0b1f6a4e-3d52-4c1e-9a77-2f6d8c3b5a10")), member("info", str("x")), member("timestamp", str("1795168800")))
}

// TestEveryTypeComesBack: whatever the type and the value, the attribute that
// comes back is the one that went.
func TestEveryTypeComesBack(t *testing.T) {
	t.Parallel()
	types := append(slices.Sorted(maps.Keys(attributeTypes)), "no-such-type")
	rapid.Check(t, func(t *rapid.T) {
		ev := baseEvent()
		for i := range rapid.IntRange(1, 3).Draw(t, "n") {
			a := object(
				member("uuid", str(fmt.Sprintf("40000000-0000-4000-8000-00000000000%d", i))),
				member("type", str(rapid.SampledFrom(types).Draw(t, "type"))), member("value", str(someValue().Draw(t, "value"))),
				member("to_ids", truth(rapid.Bool().Draw(t, "to_ids"))), member("timestamp", str("1795168801")),
			)
			a.SetText("comment", rapid.SampledFrom([]string{"", "seen twice"}).Draw(t, "comment"))
			a.SetText("category", rapid.SampledFrom([]string{"", "Other"}).Draw(t, "category"))
			appendTo(&ev, "Attribute", a)
		}
		want, got := facts(ev), back(t, ev)
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%q: got %q, want %q; all %q", k, got[k], v, got)
			}
		}
	})
}

// TestEveryTemplateComesBack: the same for objects, with relations their
// template has and others, several times too.
func TestEveryTemplateComesBack(t *testing.T) {
	t.Parallel()
	names := append(slices.Sorted(maps.Keys(templates)), "no-such-template")
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		relations := append(slices.Sorted(maps.Keys(templates[name])), "other", "text")
		o := object(member("uuid", str("60000000-0000-4000-8000-000000000001")), member("name", str(name)), member("meta-category", str("misc")), member("timestamp", str("1795168800")))
		for i := range rapid.IntRange(1, 5).Draw(t, "n") {
			relation := rapid.SampledFrom(relations).Draw(t, "relation")
			a := object(
				member("uuid", str(fmt.Sprintf("70000000-0000-4000-8000-00000000000%d", i))),
				member("object_relation", str(relation)), member("type", str(cmp.Or(templates[name][relation], "text"))),
				member("value", str(someValue().Draw(t, "value"))), member("to_ids", truth(rapid.Bool().Draw(t, "to_ids"))),
				member("timestamp", str("1795168800")),
			)
			appendTo(&o, "Attribute", a)
		}
		ev := baseEvent()
		ev.Set("Object", list(o))
		want, got := facts(ev), back(t, ev)
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%q: got %q, want %q; all %q", k, got[k], v, got)
			}
		}
	})
}
