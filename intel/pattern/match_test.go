package pattern_test

import (
	"strconv"
	"testing"

	"entente/intel/pattern"
	"entente/internal/strictjson"
)

func observe(tb testing.TB, objects *strictjson.Value) []pattern.Observed {
	tb.Helper()
	list := make([]*strictjson.Value, len(objects.Items))
	for i := range objects.Items {
		list[i] = &objects.Items[i]
	}
	observed, err := pattern.Observe(list...)
	if err != nil {
		tb.Fatal(err)
	}
	return observed
}

// match compiles and matches; the error of either counts.
func match(p *pattern.Pattern, observed []pattern.Observed) (pattern.Match, error) {
	m, err := p.Compile()
	if err != nil {
		return pattern.Match{}, err
	}
	return m.Match(observed, 0)
}

// TestMatchingAgreesWithTheMatcher replays the cases of the OASIS matcher: the
// answer, and how many observations are bound.
func TestMatchingAgreesWithTheMatcher(t *testing.T) {
	t.Parallel()
	corpus := tree(t, read(t, "matching.json"))
	cases := corpus.Get("cases").Items
	for i := range cases {
		c := &cases[i]
		src := c.Get("pattern").Text
		observed := observe(t, corpus.Get("observations").Get(c.Get("observations").Text))
		p, err := pattern.Parse(src)
		var got pattern.Match
		if err == nil {
			returns(t, p)
			got, err = match(p, observed)
		}
		if c.Get("error") != nil {
			if err == nil {
				t.Errorf("%s %s: %v, the matcher fails with %s", c.Get("test").Text, src, got, c.Get("error").Text)
			}
			continue
		}
		want, bound := c.Get("matched").Bool, c.Get("n_bindings").Text
		if err != nil || got.Matched != want || strconv.Itoa(len(got.Bound)) != bound {
			t.Errorf("%s %s: %v %v, the matcher says %v with %s bound", c.Get("test").Text, src, got, err, want, bound)
		}
	}
	if len(cases) != 224 {
		t.Errorf("%d cases", len(cases))
	}
}
