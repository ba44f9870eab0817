package strictjson_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

type refusal struct{ name, in, code, pointer, at string }

func testRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := strictjson.Parse([]byte(c.in), strictjson.Default())
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("got %v, want a fault", err)
			}
			want := []fault.Field{{Pointer: c.pointer, Detail: c.at}}
			if f.Code != c.code || f.Next == "" || !cmp.Equal(f.Fields, want) {
				t.Errorf("got %s %+v next %q, want %s %+v", f.Code, f.Fields, f.Next, c.code, want)
			}
		})
	}
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestJ1RefusesDepth(t *testing.T) {
	t.Parallel()
	if _, err := strictjson.Parse([]byte(nested(64)), strictjson.Default()); err != nil {
		t.Errorf("64 levels: %v", err)
	}
	testRefusals(t, []refusal{
		{"65 arrays", nested(65), "json.depth", strings.Repeat("/0", 64), "at byte 64"},
		{"10001 arrays", nested(10_001), "json.depth", strings.Repeat("/0", 64), "at byte 64"},
		{"a million brackets", strings.Repeat("[", 1_000_000), "json.depth", strings.Repeat("/0", 64), "at byte 64"},
		{"objects", strings.Repeat(`{"a":`, 65), "json.depth", strings.Repeat("/a", 64), "at byte 320"},
	})
}

func TestJ2RefusesDuplicates(t *testing.T) {
	t.Parallel()
	testRefusals(t, []refusal{
		{"top", `{"id":1,"id":2}`, "json.duplicate", "/id", "at byte 8"},
		{"nested", `{"a":[{"tlp":"red","tlp":"clear"}]}`, "json.duplicate", "/a/0/tlp", "at byte 19"},
		{"escaped", `{"id":1,"\u0069d":2}`, "json.duplicate", "/id", "at byte 8"},
		{"escaped slash", `{"a/b":1,"a\/b":2}`, "json.duplicate", "/a~1b", "at byte 9"},
		{"empty", `{"":1,"":2}`, "json.duplicate", "/", "at byte 6"},
	})
}

func TestJ3KeepsNamesThatDifferOnlyInCase(t *testing.T) {
	t.Parallel()
	v, err := strictjson.Parse([]byte(`{"tlp":"red","TLP":"clear","tl\u017f":1}`), strictjson.Default())
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Get("tlp"); got == nil || got.Text != "red" {
		t.Errorf("tlp = %+v", got)
	}
	if v.Get("Tlp") != nil || v.Get("tls") != nil {
		t.Error("a name matched that is not there")
	}
}

func TestJ4RefusesNumbersThatReadersDisagreeOn(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"1e400", "-1e400", "9007199254740993", "9007199254740992", "-9007199254740992", "-0", "-0.0", "-0e5", "1e-400",
		"9007199254740993.0", "9007199254740993e0", "12345678901234567890", "0.00000e-1" + "x", "-0.0E+1",
	} {
		_, err := strictjson.Parse([]byte(bad), strictjson.Default())
		want := "json.number"
		if strings.HasSuffix(bad, "x") {
			want = "json.trailing"
		}
		if got := fault.CodeOf(err); got != want {
			t.Errorf("%s: %s, want %s (%v)", bad, got, want, err)
		}
	}
	for _, good := range []string{"0", "0.0", "1.0", "9007199254740991", "-9007199254740991", "1e30", "1E30", "333333333.33333329", "2e-3", "0.000000000000000000000000001", "-1.5"} {
		v, err := strictjson.Parse([]byte(good), strictjson.Default())
		if err != nil || v.Text != good {
			t.Errorf("%s: %+v, %v", good, v, err)
		}
	}
	testRefusals(t, []refusal{
		{"pointer", `{"a":[1,-0]}`, "json.number", "/a/1", "at byte 8"},
		{"NaN", `[NaN]`, "json.syntax", "/0", "at byte 1"},
		{"Infinity", `{"a":Infinity}`, "json.syntax", "/a", "at byte 5"},
		{"leading zero", `[01]`, "json.syntax", "", "at byte 2"},
		{"hex", `0x10`, "json.trailing", "", "at byte 1"},
		{"plus", `+1`, "json.syntax", "", "at byte 0"},
	})
}

func TestJ5RefusesWhatIsNotText(t *testing.T) {
	t.Parallel()
	testRefusals(t, []refusal{
		{"invalid byte", "{\"a\":\"x\xff\"}", "json.utf8", "", "at byte 7"},
		{"overlong", "\"\xc0\xaf\"", "json.utf8", "", "at byte 1"},
		{"raw surrogate", "\"\xed\xa0\x80\"", "json.utf8", "", "at byte 1"},
		{"truncated", "\"\xe2\x82", "json.utf8", "", "at byte 1"},
		{"byte order mark", "\ufeff{}", "json.utf8", "", "at byte 0"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "json.utf8", "", "at byte 0"},
		{"UTF-16 without mark", "{\x00}\x00", "json.syntax", "", "at byte 1"},
		{"lone high", `{"a":"\ud800"}`, "json.utf8", "/a", "at byte 6"},
		{"lone low", `{"a":["\uDFFF"]}`, "json.utf8", "/a/0", "at byte 7"},
		{"high and not low", `"\ud800\u0041"`, "json.utf8", "", "at byte 1"},
		{"lone in name", `{"\ud83d":1}`, "json.utf8", "", "at byte 2"},
		{"escaped NUL", `{"a":"x\u0000y"}`, "json.utf8", "/a", "at byte 5"},
		{"NUL in name", `{"\u0000":1}`, "json.utf8", "/\x00", "at byte 1"},
		{"raw NUL", "\"\x00\"", "json.syntax", "", "at byte 1"},
		{"noncharacter", "\"\ufffe\"", "json.utf8", "", "at byte 0"},
		{"escaped noncharacter", `"\uFDD0"`, "json.utf8", "", "at byte 0"},
		{"high noncharacter", "\"\U0010ffff\"", "json.utf8", "", "at byte 0"},
	})
	v, err := strictjson.Parse([]byte(`"\ud83d\ude00 \u00e9 \ufffd"`), strictjson.Default())
	if err != nil || v.Text != "😀 é \ufffd" {
		t.Errorf("%q, %v", v.Text, err)
	}
}

func TestJ6RefusesTrailingData(t *testing.T) {
	t.Parallel()
	testRefusals(t, []refusal{
		{"two documents", `{} {}`, "json.trailing", "", "at byte 3"},
		{"lines", "{}\n{}\n", "json.trailing", "", "at byte 3"},
		{"bracket", `[1]]`, "json.trailing", "", "at byte 3"},
		{"comment after", `{}//`, "json.trailing", "", "at byte 2"},
		{"comment", `{/* */}`, "json.syntax", "", "at byte 1"},
		{"trailing comma", `[1,]`, "json.syntax", "", "at byte 2"},
		{"single quotes", `{'a':1}`, "json.syntax", "", "at byte 1"},
		{"empty", ``, "json.syntax", "", "at byte 0"},
		{"blank", "  \n", "json.syntax", "", "at byte 3"},
		{"open", `{"a":`, "json.syntax", "/a", "at byte 5"},
		{"number as name", `{1:1}`, "json.syntax", "", "at byte 1"},
	})
}

func TestJ7BoundsMemory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, code string }{
		{"many small objects", "[" + strings.Repeat(`{"":0},`, 400_000) + "0]", "json.tokens"},
		{"a million empty strings", "[" + strings.Repeat(`"",`, 1_000_000) + `""]`, "json.tokens"},
		{"one huge string", `"` + strings.Repeat("a", 16<<20) + `"`, "json.size"},
	} {
		_, err := strictjson.Parse([]byte(c.in), strictjson.Default())
		if got := fault.CodeOf(err); got != c.code {
			t.Errorf("%s: %s, want %s", c.name, got, c.code)
		}
	}
	_, err := strictjson.Parse([]byte(`[1,2,3]`), strictjson.Limits{Tokens: 4})
	if fault.CodeOf(err) != "json.tokens" {
		t.Errorf("five tokens of four: %v", err)
	}
	if _, err := strictjson.Parse([]byte(`[1,2,3]`), strictjson.Limits{Tokens: 5, Bytes: 7, Depth: 1}); err != nil {
		t.Errorf("exactly at the limits: %v", err)
	}
}

func TestValuesKnowTheirPlace(t *testing.T) {
	t.Parallel()
	src := ` { "a" : [ 1 , "x\n" , { } ] , "b":null,"c":true }`
	v, err := strictjson.Parse([]byte(src), strictjson.Default())
	if err != nil {
		t.Fatal(err)
	}
	a := v.Get("a")
	for _, c := range []struct {
		v    *strictjson.Value
		want string
	}{
		{&v, src[1:]}, {a, `[ 1 , "x\n" , { } ]`}, {&a.Items[0], "1"}, {&a.Items[1], `"x\n"`}, {&a.Items[2], "{ }"}, {v.Get("b"), "null"}, {v.Get("c"), "true"},
	} {
		if got := src[c.v.Start:c.v.End]; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if v.Get("a").Get("b") != nil || v.Get("z").Get("b") != nil {
		t.Error("a member of nothing")
	}
}

// generated returns a value of limited depth, biased to awkward strings.
func generated(depth int) *rapid.Generator[strictjson.Value] {
	text := rapid.OneOf(rapid.StringN(0, 12, -1), rapid.SampledFrom([]string{"\u2028", "</a>", "\"\\/\b\f\n\r\t\x1f\x7f", "😀\ue000", ""}))
	number := rapid.SampledFrom([]string{"0", "1", "-1.50", "1e3", "1E+2", "0.10", "9007199254740991", "1e-7", "123456.789e3"})
	return rapid.Custom(func(t *rapid.T) strictjson.Value {
		kinds := 5
		if depth == 0 {
			kinds = 3
		}
		switch rapid.IntRange(0, kinds).Draw(t, "kind") {
		case 0:
			return strictjson.Value{}
		case 1:
			return strictjson.Value{Kind: strictjson.Bool, Bool: rapid.Bool().Draw(t, "bool")}
		case 2:
			return strictjson.Value{Kind: strictjson.Number, Text: number.Draw(t, "number")}
		case 3:
			return strictjson.Value{Kind: strictjson.String, Text: text.Draw(t, "string")}
		case 4:
			return strictjson.Value{Kind: strictjson.Array, Items: rapid.SliceOfN(generated(depth-1), 0, 4).Draw(t, "items")}
		default:
			v := strictjson.Value{Kind: strictjson.Object}
			for _, name := range rapid.SliceOfNDistinct(text, 0, 4, rapid.ID[string]).Draw(t, "names") {
				v.Members = append(v.Members, strictjson.Member{Name: name, Value: generated(depth-1).Draw(t, "value")})
			}
			return v
		}
	})
}

var sameMeaning = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(strictjson.Value{}, "Start", "End")}

// TestAppendIsTheInverseOfParse checks that nothing is lost or repaired: every
// tree that can be read is written so that it reads the same.
func TestAppendIsTheInverseOfParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := generated(4).Draw(t, "value")
		b := strictjson.Append(nil, &want)
		got, err := strictjson.Parse(b, strictjson.Default())
		if fault.CodeOf(err) == "json.utf8" {
			t.Skip("a noncharacter was generated")
		}
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if diff := cmp.Diff(want, got, sameMeaning); diff != "" {
			t.Fatal(diff)
		}
		if again := strictjson.Append(nil, &got); string(again) != string(b) {
			t.Fatalf("%s, then %s", b, again)
		}
		agrees(t, b, &got)
		isCanonical(t, b, &got)
	})
}

// agrees checks that the standard decoder reads accepted bytes as we do.
func agrees(t rapid.TB, b []byte, v *strictjson.Value) {
	t.Helper()
	var std any
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&std); err != nil {
		t.Fatalf("accepted, and encoding/json does not: %v", err)
	}
	if ours := plain(v); !reflect.DeepEqual(ours, std) {
		t.Fatalf("we read %v, encoding/json %v", ours, std)
	}
}

func plain(v *strictjson.Value) any {
	switch v.Kind {
	case strictjson.Bool:
		return v.Bool
	case strictjson.Number:
		return json.Number(v.Text)
	case strictjson.String:
		return v.Text
	case strictjson.Array:
		a := make([]any, len(v.Items))
		for i := range a {
			a[i] = plain(&v.Items[i])
		}
		return a
	case strictjson.Object:
		m := map[string]any{}
		for i := range v.Members {
			m[v.Members[i].Name] = plain(&v.Members[i].Value)
		}
		return m
	default:
		return nil
	}
}

// isCanonical compares our RFC 8785 form with the one of another library.
func isCanonical(t rapid.TB, b []byte, v *strictjson.Value) {
	t.Helper()
	want, err := jcs.Transform(b)
	if err != nil {
		t.Fatalf("jcs: %s: %v", b, err)
	}
	if got := strictjson.AppendCanonical(nil, v); string(got) != string(want) {
		t.Fatalf("canonical form of %s\n got %s\nwant %s", b, got, want)
	}
}

func TestCanonicalFollowsRFC8785(t *testing.T) {
	t.Parallel()
	in := `{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`
	want := `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`
	got, err := strictjson.Canonical([]byte(in))
	if err != nil || string(got) != want {
		t.Errorf("section 3.2.2:\n got %s\nwant %s, %v", got, want, err)
	}
	// Section 3.2.3: code units, so a supplementary character sorts before U+FB33.
	in = `{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`
	want = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"
	got, err = strictjson.Canonical([]byte(in))
	if err != nil || string(got) != want {
		t.Errorf("section 3.2.3:\n got %s\nwant %s, %v", got, want, err)
	}
	if _, err := strictjson.Canonical([]byte(`{"a":1,"a":2}`)); fault.CodeOf(err) != "json.duplicate" {
		t.Errorf("a document of two meanings has a canonical form: %v", err)
	}
}

func TestCanonicalNumbersAgreeWithJCS(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		want, err := jcs.NumberToJSON(f)
		if err != nil || f == 0 {
			t.Skip("not a JSON number")
		}
		if b := strictjson.AppendCanonical(nil, &strictjson.Value{Kind: strictjson.Number, Text: want}); string(b) != want {
			t.Fatalf("%s, want %s", b, want)
		}
	})
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := generated(3).Draw(t, "value")
		before := string(strictjson.Append(nil, &v))
		c := v.Clone()
		scribble(&c)
		if after := string(strictjson.Append(nil, &v)); after != before {
			t.Fatalf("%s became %s", before, after)
		}
	})
}

func scribble(v *strictjson.Value) {
	for i := range v.Items {
		scribble(&v.Items[i])
	}
	for i := range v.Members {
		v.Members[i].Name += "!"
		scribble(&v.Members[i].Value)
	}
	*v = strictjson.Value{Kind: strictjson.String, Text: "scribbled"}
}

func TestPointer(t *testing.T) {
	t.Parallel()
	if got := strictjson.Pointer("a/b", "~", "0", ""); got != "/a~1b/~0/0/" {
		t.Error(got)
	}
	if got := strictjson.Pointer(); got != "" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0,1e400,"\ud800"],"\u0061":2}`, `[{"":0},[[[]]]]`, "\ufeff{}", `"\ud83d\ude00"`, `{} x`, `1E30`, "{\"\ufffe\":1}", `[1.0,-1.5e-3,null,true]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := strictjson.Parse(b, strictjson.Limits{Bytes: 1 << 16, Tokens: 4096})
		if err != nil {
			if fe, ok := errors.AsType[*fault.Error](err); !ok || fe.Kind != fault.Invalid || fe.Next == "" {
				t.Fatalf("not a helpful fault: %v", err)
			}
			return
		}
		agrees(t, b, &v)
		again, err := strictjson.Parse(strictjson.Append(nil, &v), strictjson.Default())
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if diff := cmp.Diff(v, again, sameMeaning); diff != "" {
			t.Fatal(diff)
		}
		isCanonical(t, strictjson.Append(nil, &v), &v)
	})
}

func BenchmarkParse(b *testing.B) {
	root := os.Getenv("ENTENTE_SHARED")
	if root == "" {
		b.Skip("set ENTENTE_SHARED to the folder that holds corpus/ to parse real objects")
	}
	src, err := os.ReadFile(filepath.Join(root, "corpus/stix21/bundles/oasis-apt1.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := strictjson.Parse(src, strictjson.Default()); err != nil {
			b.Fatal(err)
		}
	}
}

// TestWhatIsBuiltIsWhatIsRead through the members and what is written.
func TestWhatIsBuiltIsWhatIsRead(t *testing.T) {
	t.Parallel()
	o := strictjson.NewObject("name", "a", "empty", "", "gone", "b")
	o.Set("list", strictjson.NewList(strictjson.NewNumber("1.0"), strictjson.NewBool(true), strictjson.NewString("x"), strictjson.NewString("")))
	o.SetText("name", "c")
	o.SetText("empty", "")
	o.SetTexts("none", nil)
	o.SetTexts("some", []string{"d", "e"})
	o.Drop("gone")
	if got := string(strictjson.Append(nil, &o)); got != `{"name":"c","list":[1.0,true,"x",""],"some":["d","e"]}` {
		t.Error(got)
	}
	if o.GetText("name") != "c" || o.GetText("list") != "" || o.GetText("gone") != "" || !slices.Equal(o.GetTexts("list"), []string{"x"}) || o.GetTexts("gone") != nil {
		t.Error("reads something else")
	}
}
