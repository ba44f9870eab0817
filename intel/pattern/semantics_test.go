package pattern_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"entente/intel/pattern"
	"entente/internal/fault"
)

// things is one observation of objects given as JSON.
func things(tb testing.TB, objects string) []pattern.Observed {
	tb.Helper()
	list := tree(tb, []byte("["+objects+"]"))
	o := pattern.Observed{ID: "o", First: stamp(0), Last: stamp(0), Number: 1}
	for i := range list.Items {
		thing := pattern.Thing{Tree: &list.Items[i]}
		if id := list.Items[i].Get("id"); id != nil {
			thing.Name = id.Text
		}
		o.Things = append(o.Things, thing)
	}
	return []pattern.Observed{o}
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	network := `{"type":"network-traffic","src_ref":"a","dst_ref":"gone","x_refs":["gone","a","b"],"dst_port":443},` +
		`{"type":"ipv4-addr","id":"a","value":"198.51.100.3","belongs_to_refs":["c"]},{"type":"ipv6-addr","id":"b","value":"2001:db8::7"},{"type":"autonomous-system","id":"c","number":64500}`
	file := `{"type":"file","name":"Ab\n%.exe","size":9007199254740991,"half":0.5,"no":null,"hashes":{"SHA-256":"aa"},"yes":true,"list":[1,[2,3],"x"],` +
		`"extensions":{"windows-pebinary-ext":{"sections":[{"name":"a","entropy":7.1},{"name":"b","entropy":6}]}},"raw_bin":"AP8=","raw_hex":"00ff"}`
	for _, c := range []struct {
		objects, src string
		want         bool
	}{
		// References are followed, as identifiers they are compared.
		{network, "[network-traffic:src_ref.value = '198.51.100.3']", true},
		{network, "[network-traffic:src_ref = 'a']", true},
		{network, "[network-traffic:src_ref.belongs_to_refs[0].number = 64500]", true},
		{network, "[network-traffic:x_refs[1].value = '198.51.100.3']", true},
		{network, "[network-traffic:x_refs[*].value ISSUBSET '2001:db8::/32']", true},
		{network, "[network-traffic:x_refs[*].value ISSUBSET '::/0' AND network-traffic:x_refs[*].value ISSUBSET '0.0.0.0/0']", true},
		{network, "[EXISTS network-traffic:dst_ref]", true},
		{network, "[EXISTS network-traffic:dst_ref.value]", false},
		{network, "[NOT EXISTS network-traffic:dst_ref.value]", true},
		{network, "[NOT EXISTS ipv4-addr:value]", false},
		{network, "[NOT EXISTS url:value]", false},
		// One thing passes the whole test; another observation is another thing.
		{network, "[network-traffic:dst_port = 443 AND ipv4-addr:value = '198.51.100.3']", false},
		{network, "[network-traffic:dst_port = 443] AND [ipv4-addr:value = '198.51.100.3']", false},
		// Lists and dictionaries.
		{file, "[file:hashes.'SHA-256' = 'aa']", true},
		{file, "[file:hashes[*] = 'aa']", false},
		{file, "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]", true},
		{file, "[file:extensions.'windows-pebinary-ext'.sections[1].entropy > 7]", false},
		{file, "[file:list[1][0] = 2 AND file:list[*][*] = 3]", true},
		{file, "[file:list[-1] = 'x' OR file:list[3] = 'x' OR file:name[0] = 'A']", false},
		// Numbers: whole ones exactly, others as doubles.
		{file, "[file:size = 9007199254740991]", true},
		{file, "[file:size = 9007199254740992]", false},
		{file, "[file:size < 99999999999999999999999]", true},
		{file, "[file:half = .50 AND file:half < 1 AND file:half > -1]", true},
		// What has no order is neither below nor NOT below.
		{file, "[file:yes = true AND file:yes != false AND file:yes != 1]", true},
		{file, "[file:size < 'x' OR file:size NOT < 'x' OR file:yes > 1 OR file:yes NOT > 1]", false},
		{file, "[file:no != 'x' AND file:list != 1 AND EXISTS file:no]", true},
		// LIKE is the whole text, in capitals or not, line breaks included.
		{file, "[file:name LIKE 'Ab_\\\\%%']", false},
		{file, "[file:name LIKE 'A%.exe']", true},
		{file, "[file:name LIKE 'Ab__.exe']", true},
		{file, "[file:name LIKE 'a%' OR file:name LIKE '%.ex' OR file:name LIKE 'Ab.*']", false},
		// Binary.
		{file, "[file:raw_bin = h'00ff' AND file:raw_hex = b'AP8=' AND file:raw_hex > h'00' AND file:raw_bin LIKE '%_']", true},
		{file, "[file:raw_bin = '\u0000ÿ' AND file:raw_bin MATCHES '^\\\\x00\\\\xff$' AND file:raw_bin IN ('x', '\u0000ÿ')]", true},
		{`{"type":"a","b_hex":"41"}`, "[a:b_hex MATCHES '^(?i:a)$' AND a:b_hex NOT MATCHES '(?<i>b)']", true},
		{file, "[file:raw_bin MATCHES 'ā' OR file:raw_bin LIKE 'ā%' OR file:raw_bin = 'ā']", false},
		// Address ranges.
		{network, "[ipv4-addr:value ISSUBSET '198.51.100.0/24' AND ipv4-addr:value ISSUPERSET '198.51.100.3']", true},
		{network, "[ipv4-addr:value ISSUBSET '198.51.100.4' OR ipv4-addr:value ISSUBSET '2001:db8::/1' OR autonomous-system:number ISSUBSET '0.0.0.0/0']", false},
		{network, "[autonomous-system:number NOT ISSUBSET '0.0.0.0/0']", true},
	} {
		got, err := match(parse(t, c.src), things(t, c.objects))
		if err != nil || got.Matched != c.want {
			t.Errorf("%s: %v %v", c.src, got, err)
		}
	}
}

func TestExpressionsAreThoseOfPCRE(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expression, text string
		want             bool
	}{
		{`^a$`, "a\n", true}, // $ is also before a line break at the end
		{`^a$`, "a\n\n", false},
		{`^a\z`, "a\n", false},
		{`a$|^b$`, "b\n", true},
		{`(?m)a$`, "a\nb", true},
		{`a.b`, "a\nb", false},
		{`(?s)a.b`, "a\nb", true},
		{`(?i)ABC`, "xabcx", true},
		{`^\s$`, "\v", true}, // RE2's own \s has no vertical tab
		{`^[\s]$`, "\v", true},
		{`^[^\S]$`, "\v", true},
		{`^[\S]$`, "\v", false},
		{`^\v$`, "\u2028", true}, // RE2's own \v is only the vertical tab
		{`^[\v]$`, "\u2028", true},
		{`^[\b]$`, "\b", true},
		{`^[]a[:digit:]-]+$`, "]a7-", true},
		{`\Q$(\E$`, "$(", true},
		{`^\d+$`, "٣", false}, // without Unicode properties
		{`\bfoo\b`, "a foo b", true},
		{`^.+>-add .cer$`, "x>-add .cer", true},
	} {
		src := "[a:b MATCHES " + pattern.Constant{Kind: pattern.String, Text: c.expression}.String() + "]"
		text := strconv.Quote(c.text)
		if strings.Contains(text, `\v`) {
			text = `"\u000b"`
		}
		got, err := match(parse(t, src), things(t, `{"type":"a","b":`+text+`}`))
		if err != nil || got.Matched != c.want {
			t.Errorf("%s over %q: %v %v", c.expression, c.text, got, err)
		}
	}
}

func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	t.Parallel()
	expression := func(s string) string {
		return "[a:b MATCHES " + pattern.Constant{Kind: pattern.String, Text: s}.String() + "]"
	}
	for _, c := range []struct{ src, code, place string }{
		{expression(`a(?=b)`), "pattern.regex", "at byte 13 (line 1, column 14)"},
		{expression(`(a)\1`), "pattern.regex", ""},
		{expression(`[\1]`), "pattern.regex", ""},
		{expression(`a++`), "pattern.regex", ""},
		{expression(`(?>a)`), "pattern.regex", ""},
		{expression(`(?<!a)b`), "pattern.regex", ""},
		{expression(`a$b`), "pattern.regex", ""},
		{expression(`(a$)+`), "pattern.regex", ""},
		{expression(`(?m)^a`), "pattern.regex", ""},
		{expression(`[\s-x]`), "pattern.regex", ""},
		{expression(`[a-\s]`), "pattern.regex", ""},
		{expression(`[\Qa\E]`), "pattern.regex", ""},
		{expression(`[a`), "pattern.regex", ""},
		{expression(`[[:alpha]`), "pattern.regex", ""},
		{expression(`\`), "pattern.regex", ""},
		{expression(`(`), "pattern.regex", ""},
		{expression(`\h`), "pattern.regex", ""},
		{expression(`(\pL{1000}){9}`), "pattern.regex", ""},
		{"[a:b ISSUBSET 'x']", "pattern.range", "at byte 14 (line 1, column 15)"},
		{"[a:b ISSUPERSET '10.0.0.0/33']", "pattern.range", ""},
		{"[a:b ISSUPERSET 'fe80::1%eth0']", "pattern.range", ""},
		{"[a:b IN (1, 'x')]", "pattern.set", "at byte 8 (line 1, column 9)"},
		{"[a:b = t'2023-02-29T00:00:00Z']", "pattern.time", "at byte 7 (line 1, column 8)"},
		{"[a:b = t'2016-12-31T23:59:60Z']", "pattern.time", ""},
		{"[a:b = 1] START t'2023-02-29T00:00:00Z' STOP t'2024-01-01T00:00:00Z'", "pattern.time", "at byte 10 (line 1, column 11)"},
		{"([a:b = 1] AND [a:b = t'2023-02-29T00:00:00Z']) WITHIN 1 SECONDS", "pattern.time", ""},
	} {
		_, err := parse(t, c.src).Compile()
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Code != c.code || f.Next == "" || !strings.HasSuffix(f.Fields[0].Detail, c.place) {
			t.Errorf("%s: %v", c.src, err)
		}
	}
	for _, src := range []string{"[a:b IN (1, 2.5)]", "[a:b IN (h'00', b'AAAA')]", expression(`(a+)+$`)} {
		if _, err := parse(t, src).Compile(); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestValuesThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ objects, src string }{
		{`{"type":"a","b":"2010-05-21T13:21Z"}`, "[a:b > t'2010-05-21T13:21:00Z']"},
		{`{"type":"a","b":"2010-02-30T13:21:00Z"}`, "[a:b = t'2010-05-21T13:21:00Z']"},
		{`{"type":"a","b_hex":"xx"}`, "[a:b_hex = 'x']"},
		{`{"type":"a","b_bin":"?"}`, "[a:b_bin LIKE 'x']"},
		{`{"type":"a","b_bin":"?"}`, "[a:b_bin NOT < 'x']"},
		{`{"type":"a","b_hex":"e9"}`, "[a:b_hex MATCHES '(?si)É']"},
	} {
		_, err := match(parse(t, c.src), things(t, c.objects))
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Code != "pattern.value" || f.Fields[0].Pointer != "/o" || f.Next == "" {
			t.Errorf("%s: %v", c.src, err)
		}
	}
}

// TestTimesAreExact uses one observation a, from second 0 to 4, and one b at
// second 5 and a third.
func TestTimesAreExact(t *testing.T) {
	t.Parallel()
	observed := append(things(t, `{"type":"a","x":1}`), things(t, `{"type":"b","x":1}`)...)
	observed[0].Last = stamp(4)
	observed[1].First, observed[1].Last = "2020-01-01T00:00:05.333333333333Z", "2020-01-01T00:00:05.333333333333Z"
	span := func(start, stop string) string {
		return " START t'2020-01-01T00:00:" + start + "Z' STOP t'2020-01-01T00:00:" + stop + "Z'"
	}
	a, b := "[a:x = 1]", "[b:x = 1]"
	both := "(" + a + " AND " + b + ")"
	for _, c := range []struct {
		src  string
		want bool
	}{
		{both + " WITHIN 1.333333333333 SECONDS", true},
		{both + " WITHIN 1.333333333332 SECONDS", false},
		{both + " WITHIN 2 SECONDS", true},
		{both + " WITHIN 99999999999999999999999 SECONDS", true},
		{a + " FOLLOWEDBY " + b, true},
		{b + " FOLLOWEDBY " + a, false},
		{b + span("05.333333333333", "06"), true},
		{b + span("05.333333333334", "06"), false},
		{b + span("05", "05.333333333333"), false}, // STOP is not included
		{b + span("05", "05.3333333333331"), true},
		{a + span("04", "05"), true},
		{a + span("04.1", "05"), false},
		{a + span("03", "03"), false},
		{a + span("04", "03"), false},
		// START and STOP say when a was seen; the rest has to fit.
		{"(" + a + span("00", "03") + " AND " + b + ") WITHIN 2.333333333333 SECONDS", false}, // just before 3 is too early
		{"(" + a + span("00", "03") + " AND " + b + ") WITHIN 2.333333333334 SECONDS", true},
		{"(" + a + " AND " + b + ") WITHIN 2 SECONDS" + span("03", "06"), true},
		{"(" + a + " AND " + b + ") WITHIN 2 SECONDS" + span("00", "05"), false},
		{"(" + a + " WITHIN 1 SECONDS) REPEATS 1 TIMES", true},
		{a + " REPEATS 2 TIMES", false},
	} {
		got, err := match(parse(t, c.src), observed)
		if err != nil || got.Matched != c.want {
			t.Errorf("%s: %v %v", c.src, got, err)
		}
	}
}

func TestObservationsMustSayWhenAndHowOften(t *testing.T) {
	t.Parallel()
	good := `"first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:01Z","number_observed":1`
	for _, c := range []struct{ from, to string }{
		{"number_observed", "x"},
		{":1}", ":0}"},
		{":1}", ":1.5}"},
		{":1}", `:"1"}`},
		{":1}", ":99999999999}"},
		{"first_observed", "x"},
		{"01Z", "01"},
		{"01-01T00:00:01", "02-30T00:00:01"},
		{"2020-01-01T00:00:01", "2019-01-01T00:00:01"},
	} {
		src := strings.Replace(`{"type":"observed-data","id":"observed-data--1",`+good+"}", c.from, c.to, 1)
		_, err := pattern.Observe(tree(t, []byte(src)))
		if fault.CodeOf(err) != "pattern.observation" {
			t.Errorf("%s: %v", src, err)
		}
	}
	m, err := parse(t, "[a:b = 1]").Compile()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Match([]pattern.Observed{{}}, 0); fault.CodeOf(err) != "pattern.observation" {
		t.Error(err)
	}
	if got, err := m.Match(nil, 0); err != nil || got.Matched {
		t.Error(got, err)
	}
}

// many are n observations a second apart, each of the same thing.
func many(tb testing.TB, n int, object string) []pattern.Observed {
	tb.Helper()
	observed := make([]pattern.Observed, n)
	one := things(tb, object)[0]
	for i := range observed {
		observed[i] = one
		observed[i].First = fmt.Sprintf("2020-01-01T%02d:%02d:%02dZ", i/3600%24, i/60%60, i%60)
		observed[i].Last = observed[i].First
	}
	return observed
}

// TestJ21WorkIsBounded gives patterns that look dear. Those that have a cheap
// answer get it; the others end in an honest error, soon.
func TestJ21WorkIsBounded(t *testing.T) {
	t.Parallel()
	circle := `{"type":"a","id":"0","x":1,"a_refs":["0","1"]},{"type":"a","id":"1","x":2,"a_refs":["0","1"]}`
	long := `{"type":"a","x":"` + strings.Repeat("a", 1<<20) + `"}`
	one, two := "[a:x = 1]", "([a:x = 1] FOLLOWEDBY [a:x = 1])"
	for _, c := range []struct {
		name    string
		src     string
		objects string
		n       int
		want    bool
		code    string
	}{
		{"circles", "[a:" + strings.Repeat("a_refs[*].", 1_000) + "x = 2]", circle, 1, true, ""},
		{"a hundred thousand repetitions", one + " REPEATS 100000 TIMES", circle, 2_000, false, ""},
		{"window over many", one + " REPEATS 11 TIMES WITHIN 10 SECONDS", circle, 5_000, true, ""},
		{"window that is too short", one + " REPEATS 11 TIMES WITHIN 9.999 SECONDS", circle, 5_000, false, ""},
		{"eleven of ten", strings.Repeat(one+" AND ", 10) + one, circle, 10, false, ""},
		{"thousand of thousand", strings.Repeat(one+" AND ", 999) + one, circle, 1_000, true, ""},
		{"long chain", strings.Repeat(one+" FOLLOWEDBY ", 99) + one, circle, 100, true, ""},
		{"long chain with one too many", strings.Repeat(one+" FOLLOWEDBY ", 100) + one, circle, 100, false, ""},
		{"repeated pairs", two + " REPEATS 20 TIMES", circle, 60, true, ""},
		{"repetitions of repetitions", "(((" + two + " OR " + one + ") REPEATS 100000 TIMES) REPEATS 100000 TIMES) REPEATS 100000 TIMES", circle, 10, false, "pattern.cost"},
		{"expression over a long text", "[a:x MATCHES '(a|aa)+(a|aa)+(a{500})+b']", long, 1, false, "pattern.cost"},
		{"plain expression over a long text", "[a:x MATCHES '(a+)+$']", long, 1, true, ""},
		{"many windows without end", strings.Repeat("("+two+" WITHIN .5 SECONDS) AND ", 4) + "(" + two + " WITHIN .5 SECONDS)", circle, 3_000, false, "pattern.cost"},
	} {
		got, err := match(parse(t, c.src), many(t, c.n, c.objects))
		if code := ""; err != nil {
			code = fault.CodeOf(err)
			if code != c.code {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if c.code != code || got.Matched != c.want {
			t.Errorf("%s: %v, want %v %s", c.name, got.Matched, c.want, c.code)
		}
	}
}

// TestJ21HugeNumbersAreNotCountedOut takes an observation that claims to have
// been made two thousand million times.
func TestJ21HugeNumbersAreNotCountedOut(t *testing.T) {
	t.Parallel()
	observed := things(t, `{"type":"a","x":1}`)
	observed[0].Number = 2_000_000_000
	for _, c := range []struct {
		src  string
		want bool
		code string
	}{
		{"[a:x = 1] REPEATS 100000 TIMES", true, ""},
		{"([a:x = 1] AND [a:x > 0]) REPEATS 100000 TIMES WITHIN 1 SECONDS", true, ""},
		{"(([a:x = 1] REPEATS 100000 TIMES) REPEATS 20000 TIMES) WITHIN 1 SECONDS", true, ""},
		{"(([a:x = 1] REPEATS 100000 TIMES) REPEATS 20001 TIMES) WITHIN 1 SECONDS", false, ""},
		{"([a:x = 1] FOLLOWEDBY [a:x = 1]) REPEATS 1000 TIMES", true, ""},
		{"([a:x = 1] FOLLOWEDBY [a:x = 1]) REPEATS 100000 TIMES", false, "pattern.cost"},
	} {
		got, err := match(parse(t, c.src), observed)
		if err != nil && fault.CodeOf(err) != c.code || err == nil && c.code != "" || got.Matched != c.want {
			t.Errorf("%s: %v %v", c.src, got, err)
		}
	}
}
