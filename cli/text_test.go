package cli

import (
	"strings"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// TestH16NothingUnsafeIsShown holds for every text, and the machine-readable
// forms give the text back unchanged; what turns a name around is of it (Z7).
func TestH16NothingUnsafeIsShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\x00\x1b\r\n\t\x7f\u0085\u009b\u00ad\u200b\u200f\u202e\u2028\ufeff\U000e0041")))).Draw(t, "text")
		if shown := clean(s); strings.IndexFunc(shown, unsafe) >= 0 {
			t.Fatalf("clean(%q) = %q", s, shown)
		}
		for _, output := range []string{"json", "yaml"} {
			var b strings.Builder
			a := &app{output: output}
			if err := a.encode(&b, map[string]string{"v": s}); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && unsafe(r) && r != unicode.ReplacementChar }); i >= 0 {
				t.Fatalf("%s shows %q", output, b.String())
			}
			var back map[string]string
			var err error
			if output == "json" {
				err = json.Unmarshal([]byte(b.String()), &back)
			} else {
				err = yaml.Unmarshal([]byte(b.String()), &back)
			}
			if err != nil || back["v"] != s {
				t.Fatalf("%s: %v, %q became %q", output, err, s, back["v"])
			}
		}
	})
}

func TestDifferencesShowWhereTextsDiffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	was, is := difference(`"`+long+"alice@example.org"+long+`"`, `"`+long+"[removed]"+long+`"`)
	if want := "…" + strings.Repeat("é", around) + "alice@example.org" + strings.Repeat("é", around) + "…"; was != want {
		t.Errorf("was %q", was)
	}
	if !strings.Contains(is, "[removed]") || len([]rune(is)) > 2*around+20 {
		t.Errorf("is %q", is)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if was, is := difference(long+a, long+b); (was == is) != (a == b) {
			t.Fatalf("%q and %q show as %q and %q", a, b, was, is)
		}
	})
}
