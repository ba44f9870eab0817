package misp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// asked parses a search that has to be one.
func asked(t *testing.T, body string) Query {
	t.Helper()
	q, err := ParseQuery([]byte(body), time.Unix(1_800_000_000, 0))
	if err != nil {
		t.Fatalf("%.80s: %v", body, err)
	}
	return q
}

// large is an event with a title of a length, tags and attributes.
func large(info, tags, attributes int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"Event":{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000001","info":"%s","date":"2026-01-01","timestamp":"1700000000","Orgc":{"uuid":"5f6b1e1a-52a4-4b6c-9d21-0000000000aa","name":"%s","extra":[1,2]},"Tag":[`,
		strings.Repeat("é", info/2), strings.Repeat("n", 1_000))
	for n := range tags {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"t%d"}`, n)
	}
	b.WriteString(`],"Attribute":[`)
	for n := range attributes {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"uuid":"5f6b1e1a-52a4-4b6c-9d22-%012d","type":"domain","value":"a%d.example","timestamp":"1700000000"}`, n, n)
	}
	b.WriteString(`]}}`)
	return []byte(b.String())
}

// TestSearchesAreBounded: what a search costs for each value is bounded before it
// begins.
func TestSearchesAreBounded(t *testing.T) {
	t.Parallel()
	list := func(n int, term string) string {
		return `["` + strings.Join(strings.Fields(strings.Repeat(term+" ", n)), `","`) + `"]`
	}
	for name, c := range map[string]struct {
		body  string
		field string // that is refused; "" is none
	}{
		"a term as long as one may be":  {`{"value":"` + strings.Repeat("x", 1<<10) + `"}`, ""},
		"a term that is longer":         {`{"value":"` + strings.Repeat("x", 1<<10+1) + `"}`, "/value"},
		"a pattern of nothing":          {`{"value":"` + strings.Repeat("%", 1_000_000) + `q"}`, "/value"},
		"a title":                       {`{"eventinfo":"` + strings.Repeat("x", 1<<10+1) + `"}`, "/eventinfo"},
		"anywhere":                      {`{"searchall":"` + strings.Repeat("x", 1<<10+1) + `"}`, "/searchall"},
		"as many terms as there may be": {`{"value":` + list(600, "a") + `,"tags":` + list(400, "b") + `}`, ""},
		"more in all fields":            {`{"value":` + list(600, "a") + `,"tags":` + list(401, "b") + `}`, "/tags"},
		"more in one":                   {`{"value":` + list(1_001, "a") + `}`, "/value"},
		"more between bars":             {`{"value":"` + strings.Repeat("a|", 500_000) + `"}`, "/value"},
		"patterns":                      {`{"value":` + list(100, "a%") + `}`, ""},
		"more patterns":                 {`{"value":` + list(100, "a%") + `,"type":"b%"}`, "/type"},
	} {
		_, err := ParseQuery([]byte(c.body), time.Unix(1_800_000_000, 0))
		e, _ := errors.AsType[*fault.Error](err)
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.field != "" && (e == nil || e.Code != "misp.query" || e.Fields[0].Pointer != c.field):
			t.Errorf("%s: %v, want misp.query at %s", name, err, c.field)
		}
	}
}

// TestPatterns: "%" stands for anything, also nothing.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for pattern, texts := range map[string]map[string]bool{
		"abc":     {"abc": true, "ABC": true, "abcd": false, "": false},
		"a%":      {"a": true, "ab": true, "ba": false},
		"%a":      {"a": true, "ba": true, "ab": false},
		"a%a":     {"a": false, "aa": true, "aba": true, "ab": false},
		"%b%":     {"abc": true, "b": true, "ac": false},
		"a%b%%c":  {"abc": true, "a1b2c": true, "acb": false, "ab": false},
		"%%":      {"": true, "x": true},
		"%ab%ba%": {"aba": false, "abba": true},
	} {
		for text, want := range texts {
			q := asked(t, `{"value":"`+pattern+`"}`)
			if got := q.values.match(text); got != want {
				t.Errorf("%q like %q: %v", text, pattern, got)
			}
		}
	}
}

// TestTagsOfEventAndAttributeCountTogether: a term may be met by either, and
// what is not wanted may be on neither.
func TestTagsOfEventAndAttributeCountTogether(t *testing.T) {
	t.Parallel()
	w, err := ReadWhole([]byte(`{"Event":{"uuid":"u","Tag":[{"name":"Red"},{"name":"hot"}],"Attribute":[{"value":"1","Tag":[{"name":"blue"}]},{"value":"2"}],
		"Object":[{"name":"file","Attribute":[{"value":"3","Tag":[{"name":"cold"}]}]}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"tags":"red"}`:                                       "123",
		`{"tags":["blue","cold"]}`:                             "13",
		`{"tags":{"AND":["red","blue"]}}`:                      "1",
		`{"tags":{"AND":["red","blue","none"]}}`:               "",
		`{"tags":{"AND":["red"],"NOT":["cold"]}}`:              "12",
		`{"tags":"!hot"}`:                                      "",
		`{"tags":["!blue"]}`:                                   "23",
		`{"tags":{"OR":["blue","red"],"NOT":["blue","cold"]}}`: "2",
		`{"object_name":"file"}`:                               "3",
		`{"event_tags":["!cold"]}`:                             "123",
	} {
		q, got := asked(t, body), ""
		err := q.Attributes(t.Context(), w, func(line func() []byte) bool {
			v, err := strictjson.Parse(line(), strictjson.Default())
			if err != nil {
				t.Fatal(err)
			}
			got += (&v).GetText("value")
			return true
		})
		if err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", body, got, err, want)
		}
	}
}

// TestHeadsAreShort: what an event says of itself is short wherever many stand
// together, and whole in the event.
func TestHeadsAreShort(t *testing.T) {
	t.Parallel()
	doc := large(200_000, 20_000, 3)
	h, err := HeadOf(doc)
	if err != nil {
		t.Fatal(err)
	}
	w, err := ReadWhole(h.Brief)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Brief) > maxBrief || len(h.Brief) < maxBrief-100 {
		t.Errorf("a head of %d bytes, which has room for %d", len(h.Brief), maxBrief)
	}
	if info := w.own.info; len(info) > maxInfo || !strings.HasSuffix(info, "é…") || !utf8.ValidString(info) {
		t.Errorf("a title of %d bytes", len(info))
	}
	if len(w.own.tags) < 1_000 || len(w.own.orgName) > maxScalar || w.own.orgUUID == "" || w.own.stamp.IsZero() {
		t.Errorf("%d tags, organisation %.20s", len(w.own.tags), w.own.orgName)
	}
	if w, err = ReadWhole(doc); err != nil || len(w.own.info) != 200_000 || len(w.own.tags) != 20_000 {
		t.Errorf("the event itself has lost something: %v", err)
	}
	q := asked(t, "{}")
	err = q.Attributes(t.Context(), w, func(line func() []byte) bool {
		if b := line(); len(b) > maxInfo+500 || !strings.Contains(string(b), "…") {
			t.Errorf("a line of %d bytes", len(b))
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	odd, err := HeadOf([]byte(`{"Event":{"info":["x"],"date":"` + strings.Repeat("1", 300) + `","Orgc":7,"Tag":{},"timestamp":"1"}}`))
	if err != nil || strings.Contains(string(odd.Brief), "111") || strings.Contains(string(odd.Brief), "Orgc") {
		t.Errorf("odd values: %s %v", odd.Brief, err)
	}
}

// TestWorkEndsWithTheRequest: nobody waits for the answer, so nobody works for it.
func TestWorkEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	w, err := ReadWhole(large(10, 1, 5_000))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	q, seen := asked(t, `{"value":"%.example"}`), 0
	err = q.Attributes(ctx, w, func(func() []byte) bool {
		stop()
		seen++
		return true
	})
	if !errors.Is(err, context.Canceled) || seen > lookUp {
		t.Errorf("%d attributes after the end: %v", seen, err)
	}
	q = asked(t, `{"value":"none"}`)
	if _, err := q.MatchEvent(ctx, w); !errors.Is(err, context.Canceled) {
		t.Errorf("events: %v", err)
	}
	if err := w.Holders(ctx, map[string]bool{"x": true}, nil, func(_, _ string) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("holders: %v", err)
	}
}

// TestAnEventIsReadOnce: what an event says of itself is not looked for again with
// each attribute, however many members and tags stand before it.
func TestAnEventIsReadOnce(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var b strings.Builder
	b.WriteString(`{"Event":{`)
	for i := range n {
		fmt.Fprintf(&b, `"x%d":0,`, i)
	}
	b.Write(large(10, n, n)[len(`{"Event":{`):])
	w, err := ReadWhole([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	q, at, seen := asked(t, `{"tags":["none","!other"]}`), time.Now(), 0
	err = q.Attributes(t.Context(), w, func(func() []byte) bool { seen++; return true })
	if took := time.Since(at); err != nil || seen > 0 || took > 2*time.Second { // once 400 million looks, half a minute
		t.Errorf("%d found in %v: %v", seen, took, err)
	}
}
