package pattern_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"entente/intel/pattern"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	src, err := os.ReadFile("testdata/" + file)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

func tree(tb testing.TB, src []byte) *strictjson.Value {
	tb.Helper()
	v, err := strictjson.Parse(src, strictjson.Default())
	if err != nil {
		tb.Fatal(err)
	}
	return &v
}

func parse(tb testing.TB, src string) *pattern.Pattern {
	tb.Helper()
	p, err := pattern.Parse(src)
	if err != nil {
		tb.Fatalf("%s: %v", src, err)
	}
	return p
}

// shape ignores where things stood in the source.
var shape = cmpopts.IgnoreUnexported(pattern.Pattern{}, pattern.Qualified{}, pattern.Qualifier{}, pattern.Comparison{})

// returns checks that the canonical form of p is p, and the same again.
func returns(tb testing.TB, p *pattern.Pattern) {
	tb.Helper()
	again, err := pattern.Parse(p.String())
	if err != nil {
		tb.Fatalf("%s: %v", p, err)
	}
	if diff := cmp.Diff(p, again, shape); diff != "" || again.String() != p.String() {
		tb.Errorf("%s: %s", p, diff)
	}
}

// TestSyntaxAgreesWithTheValidator replays the verdicts of the OASIS validator.
// There is no difference to explain.
func TestSyntaxAgreesWithTheValidator(t *testing.T) {
	t.Parallel()
	rows := 0
	for line := range strings.Lines(string(read(t, "syntax.jsonl"))) {
		row := tree(t, []byte(strings.TrimSpace(line)))
		src, want := row.Get("pattern").Text, row.Get("valid").Bool
		p, err := pattern.Parse(src)
		if err == nil {
			returns(t, p)
			err = p.Check()
		}
		if want != (err == nil) {
			t.Errorf("%s: %v, the validator says %v", src, err, want)
		}
		rows++
	}
	if rows != 43 {
		t.Errorf("%d rows", rows)
	}
}

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"[a:b=1]", "[a:b = 1]"},
		{" ( ( [ (a:b==+1) ] ) ) ", "[a:b = 1]"},
		{"[a:b <> -0 AND a:b!=.5]", "[a:b != 0 AND a:b != 0.5]"},
		{"[a:b = 007.50 OR a:b = -1.0]", "[a:b = 7.5 OR a:b = -1.0]"},
		{"[a:b IN(1,2)]REPEATS 5TIMES WITHIN+1.50SECONDS", "[a:b IN (1, 2)] REPEATS 5 TIMES WITHIN 1.5 SECONDS"},
		{"[a:b NOT IN ()]", "[a:b NOT IN ()]"},
		{"[NOT EXISTS a:'x-y'[*].z[-1]]", "[NOT EXISTS a:'x-y'[*].z[-1]]"},
		{"[a-b:'c'.'IN'.'true'.'' = true]", "[a-b:c.'IN'.'true'.'' = true]"},
		{`[a:b = 'it\'s \\ all']`, `[a:b = 'it\'s \\ all']`},
		{"[a:b = h'0AfF' AND a:b = b'QQ==' AND a:b = h'']", "[a:b = h'0aff' AND a:b = b'QQ==' AND a:b = h'']"},
		{"[a:b = 1 AND (a:b = 2 AND a:b = 3)]", "[a:b = 1 AND (a:b = 2 AND a:b = 3)]"},
		{"[a:b = 1 AND (a:b = 2 OR a:b = 3)]", "[a:b = 1 AND (a:b = 2 OR a:b = 3)]"},
		{"[(a:b = 1 AND a:b = 2) OR a:b = 3]", "[a:b = 1 AND a:b = 2 OR a:b = 3]"},
		{"([a:b=1] FOLLOWEDBY [a:b=2]) OR [a:b=3] AND [a:b=4]", "([a:b = 1] FOLLOWEDBY [a:b = 2]) OR [a:b = 3] AND [a:b = 4]"},
		{"[a:b=1] FOLLOWEDBY ([a:b=2] OR [a:b=3])", "[a:b = 1] FOLLOWEDBY [a:b = 2] OR [a:b = 3]"},
		{"([a:b=1] REPEATS 2 TIMES) REPEATS 3 TIMES", "([a:b = 1] REPEATS 2 TIMES) REPEATS 3 TIMES"},
		{"([a:b=1]) WITHIN 5 SECONDS WITHIN 6 SECONDS", "([a:b = 1]) WITHIN 5 SECONDS WITHIN 6 SECONDS"},
		{"[a:b=1] START '2016-06-01T00:00:00Z' STOP t'2016-06-02T00:00:00Z'", "[a:b = 1] START t'2016-06-01T00:00:00Z' STOP t'2016-06-02T00:00:00Z'"},
		{"/* one */[a:b\u00a0=\u30001]// two", "[a:b = 1]"},
		{"[// three\ra:b = 1]", "[a:b = 1]"},
	} {
		p := parse(t, c.src)
		if p.String() != c.want {
			t.Errorf("%s: %s, want %s", c.src, p, c.want)
		}
		returns(t, p)
	}
}

func TestRefusalsSayWhere(t *testing.T) {
	t.Parallel()
	one := "[a:b = 1]"
	for _, c := range []struct{ src, code, detail string }{
		{"", "pattern.syntax", "has the end where an observation in brackets is expected at byte 0 (line 1, column 1)"},
		{"[file.size = 1]", "pattern.syntax", "has . where a colon is expected at byte 5 (line 1, column 6)"},
		{"[\u00e4", "pattern.syntax", "has a character that means nothing here at byte 1 (line 1, column 2)"},
		{"['\u00e4':x]", "pattern.syntax", "has a constant where an object path is expected at byte 1 (line 1, column 2)"},
		{"[a:b = '\u00e4'\n AND]", "pattern.syntax", "has ] where an object path is expected at byte 16 (line 2, column 5)"},
		{"[a:b = t'2024-13-01T00:00:00Z']", "pattern.syntax", "has a t'…' that is no RFC 3339 time in UTC at byte 7 (line 1, column 8)"},
		{"[a:b = h'0']", "pattern.syntax", "has an h'…' that is not hexadecimal at byte 7 (line 1, column 8)"},
		{"[a:b = b'====']", "pattern.syntax", "has a b'…' that is not Base64 at byte 7 (line 1, column 8)"},
		{`[a:b = '\d']`, "pattern.syntax", `has a \ that is followed by neither ' nor \ at byte 8 (line 1, column 9)`},
		{"[a:b = 01]", "pattern.syntax", "has 1 where ] is expected at byte 8 (line 1, column 9)"},
		{"[a:b > true]", "pattern.syntax", "has true where a constant of another type is expected at byte 7 (line 1, column 8)"},
		{"[a:b LIKE 1]", "pattern.syntax", "has 1 where a constant of another type is expected at byte 10 (line 1, column 11)"},
		{"[a:b-c = 1]", "pattern.syntax", "has b-c where a property (in quotation marks when it has a hyphen) is expected at byte 3 (line 1, column 4)"},
		{"[a:LAST = 1]", "pattern.syntax", "has LAST where a property (in quotation marks when it has a hyphen) is expected at byte 3 (line 1, column 4)"},
		{"[NOT a:b = 1]", "pattern.syntax", "has a where EXISTS is expected at byte 5 (line 1, column 6)"},
		{one + " within 5 seconds", "pattern.syntax", "has within where AND, OR, FOLLOWEDBY, a qualifier or the end is expected at byte 10 (line 1, column 11)"},
		{one + " WITHIN 5 HOURS", "pattern.syntax", "has HOURS where SECONDS is expected at byte 19 (line 1, column 20)"},
		{one + " WITHIN -5 SECONDS", "pattern.syntax", "has -5 where a positive number is expected at byte 17 (line 1, column 18)"},
		{one + " REPEATS 1.5 TIMES", "pattern.syntax", "has 1.5 where a positive number is expected at byte 18 (line 1, column 19)"},
		{one + " START 'x' STOP 'y'", "pattern.syntax", "has a constant where a timestamp is expected at byte 16 (line 1, column 17)"},
		{one + " REPEATS 0 TIMES", "pattern.qualifier", "has a qualifier of 0 at byte 18 (line 1, column 19)"},
		{one + " WITHIN .0 SECONDS", "pattern.qualifier", "has a qualifier of 0 at byte 17 (line 1, column 18)"},
		{one + " REPEATS 100001 TIMES", "pattern.limit", "repeats more often than 100000 times at byte 18 (line 1, column 19)"},
		{one + " REPEATS 99999999999999999999 TIMES", "pattern.limit", "repeats more often than 100000 times at byte 18 (line 1, column 19)"},
		{"[a:b[99999999999999999999] = 1]", "pattern.limit", "has an index no list reaches at byte 5 (line 1, column 6)"},
		{one + "/*", "pattern.syntax", "leaves a comment open at byte 9 (line 1, column 10)"},
		{"[a:b = 'x", "pattern.syntax", "leaves a quotation open at byte 7 (line 1, column 8)"},
		{"\xff", "pattern.syntax", "is not UTF-8 at byte 0 (line 1, column 1)"},
	} {
		_, err := pattern.Parse(c.src)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind != fault.Invalid || f.Code != c.code || f.Fields[0].Detail != c.detail || f.Next == "" {
			t.Errorf("%s: %v %v", c.src, err, f)
			if ok {
				t.Log(f.Fields)
			}
		}
	}
}

func TestJ21PatternBombsAreRefused(t *testing.T) {
	t.Parallel()
	one := "[a:b = 1]"
	for _, src := range []string{
		one + strings.Repeat(" AND "+one, 5_000),
		"[a:b = 1" + strings.Repeat(" OR a:b=1", 5_000) + "]",
		"[a:b IN (1" + strings.Repeat(",1", 5_000) + ")]",
		"[a:b" + strings.Repeat(".c", 5_000) + " = 1]",
		strings.Repeat("(", 33) + one + strings.Repeat(")", 33),
		"[" + strings.Repeat("(", 33) + "a:b = 1" + strings.Repeat(")", 33) + "]",
		strings.Repeat("(", 20) + "[" + strings.Repeat("(", 20) + "a:b = 1" + strings.Repeat(")", 20) + "]" + strings.Repeat(")", 20),
		strings.Repeat("(", 60_000),
		"[a:b = '" + strings.Repeat("x", 70_000) + "']",
	} {
		if _, err := pattern.Parse(src); fault.CodeOf(err) != "pattern.limit" {
			t.Errorf("%.40s: %v", src, err)
		}
	}
	if _, err := pattern.Parse(strings.Repeat("(", 32) + one + strings.Repeat(")", 32)); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsWhatTheGrammarAllows(t *testing.T) {
	t.Parallel()
	one := "[a:b = 1]"
	for _, c := range []struct {
		src  string
		want []string // codes and places, in order
	}{
		{one, nil},
		{"[file:hashes.'sha-256' = 'f00' OR file:hashes.MD5 IN ('x')]", []string{
			"has a constant that is no sha-256 hash at byte 25 (line 1, column 26)", "has a constant that is no MD5 hash at byte 53 (line 1, column 54)",
		}},
		{"[file:hashes.MD5 LIKE 'f%' AND file:hashes[*] = 'x' AND file:hashes.TLSH = 'x' AND x:hashes = 'y']", nil},
		{one + " REPEATS 2 TIMES WITHIN 5 SECONDS REPEATS 2 TIMES", []string{"has two qualifiers of one kind on one observation at byte 43 (line 1, column 44)"}},
		{"(" + one + ") REPEATS 2 TIMES REPEATS 2 TIMES AND (" + one + " REPEATS 2 TIMES) REPEATS 2 TIMES", nil},
		{one + " START t'2020-01-01T00:00:00Z' STOP t'2020-01-01T00:00:00.0Z'", []string{"has a START that is not before its STOP at byte 10 (line 1, column 11)"}},
		{one + " START '2020-01-01T00:00:00Z' STOP '2020-01-02T00:00:00Z'", []string{"has START and STOP with strings, as in STIX 2.0 at byte 10 (line 1, column 11)"}},
	} {
		err := parse(t, c.src).Check()
		var got []string
		if f, ok := errors.AsType[*fault.Error](err); ok {
			for _, field := range f.Fields {
				got = append(got, field.Detail)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %v %s", c.src, err, diff)
		}
	}
}
