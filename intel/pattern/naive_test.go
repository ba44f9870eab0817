package pattern_test

import (
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"entente/intel/pattern"
	"entente/internal/strictjson"
)

// The naive matcher tries every way to give every place of a pattern its own
// instance of an observation, writes all conditions on the times down as
// differences, and looks for a contradiction among them. It shares nothing with
// the matcher but the syntax tree.

// seen is an observation of things with a number x, from first to last, in
// seconds.
type seen struct {
	xs          []int
	first, last int
	number      int
}

func stamp(second int) string { return fmt.Sprintf("2020-01-01T00:00:%02dZ", second) }

func (s seen) observed(t *rapid.T, id int) pattern.Observed {
	o := pattern.Observed{ID: strconv.Itoa(id), First: stamp(s.first), Last: stamp(s.last), Number: s.number}
	for i, x := range s.xs {
		v, err := strictjson.Parse(fmt.Appendf(nil, `{"type":"a","x":%d}`, x), strictjson.Default())
		if err != nil {
			t.Fatal(err)
		}
		o.Things = append(o.Things, pattern.Thing{Name: strconv.Itoa(i), Tree: &v})
	}
	return o
}

// place is one place of a pattern.
type place struct {
	test        pattern.Test
	start, stop int // stop is not included
}

// apart says that place a is at most d seconds after place b.
type apart struct{ a, b, d int }

// expand returns the alternatives of an expression: each is its places, and the
// conditions between them.
type alternative struct {
	places []place
	apart  []apart
}

func join(a, b alternative) alternative {
	places := append(append([]place(nil), a.places...), b.places...)
	conditions := append([]apart(nil), a.apart...)
	for _, c := range b.apart {
		conditions = append(conditions, apart{c.a + len(a.places), c.b + len(a.places), c.d})
	}
	return alternative{places, conditions}
}

func product(all [][]alternative, between func(a, b alternative) []apart) []alternative {
	found := all[0]
	for _, next := range all[1:] {
		var longer []alternative
		for _, a := range found {
			for _, b := range next {
				j := join(a, b)
				j.apart = append(j.apart, between(a, b)...)
				longer = append(longer, j)
			}
		}
		found = longer
	}
	return found
}

func unordered(_, _ alternative) []apart { return nil }

// followed lets no place of a be after a place of b.
func followed(a, b alternative) (found []apart) {
	for i := range a.places {
		for j := range b.places {
			found = append(found, apart{i, j + len(a.places), 0})
		}
	}
	return found
}

func second(stamp string) int {
	n, _ := strconv.Atoi(stamp[17:19])
	return n
}

func expand(e pattern.Expr) []alternative {
	switch e := e.(type) {
	case *pattern.Observation:
		return []alternative{{places: []place{{e.Test, -1000, 1000}}}}
	case *pattern.Join:
		var all [][]alternative
		for _, of := range e.Of {
			all = append(all, expand(of))
		}
		switch e.Op {
		case pattern.And:
			return product(all, unordered)
		case pattern.FollowedBy:
			return product(all, followed)
		default:
			var found []alternative
			for _, a := range all {
				found = append(found, a...)
			}
			return found
		}
	case *pattern.Qualified:
		found := expand(e.Of)
		for _, q := range e.By {
			found = qualify(found, q)
		}
		return found
	default:
		panic("no expression")
	}
}

func qualify(of []alternative, q pattern.Qualifier) []alternative {
	if q.Kind == pattern.Repeats {
		all := make([][]alternative, q.Times)
		for i := range all {
			all[i] = of
		}
		return product(all, unordered)
	}
	var found []alternative
	for _, a := range of {
		a = join(a, alternative{})
		for i := range a.places {
			if q.Kind == pattern.StartStop {
				a.places[i].start = max(a.places[i].start, second(q.Start))
				a.places[i].stop = min(a.places[i].stop, second(q.Stop))
				continue
			}
			d, _ := strconv.Atoi(q.Seconds)
			for j := range a.places {
				a.apart = append(a.apart, apart{i, j, d})
			}
		}
		found = append(found, a)
	}
	return found
}

func naiveTest(t pattern.Test, x int) bool {
	switch t := t.(type) {
	case *pattern.Junction:
		for _, of := range t.Of {
			if naiveTest(of, x) == (t.Op == pattern.Or) {
				return t.Op == pattern.Or
			}
		}
		return t.Op == pattern.And
	case *pattern.Comparison:
		if t.Path.Type != "a" {
			return false
		}
		result := false
		for _, v := range t.Values {
			n, _ := strconv.Atoi(v.Text)
			switch t.Op {
			case pattern.Less:
				result = x < n
			case pattern.GreaterOrEqual:
				result = x >= n
			case pattern.NotEqual:
				result = x != n
			default:
				result = result || x == n
			}
		}
		return result != t.Not
	default:
		panic("no test")
	}
}

func naive(p *pattern.Pattern, all []seen) bool {
	for _, a := range expand(p.Root) {
		used := make([]int, len(all))
		if assign(a, all, used, nil) {
			return true
		}
	}
	return false
}

// assign gives the next place every observation it can have, in turn.
func assign(a alternative, all []seen, used, chosen []int) bool {
	if len(chosen) == len(a.places) {
		return possible(a, all, chosen)
	}
	for i, o := range all {
		if used[i] == o.number {
			continue
		}
		for _, x := range o.xs {
			if !naiveTest(a.places[len(chosen)].test, x) {
				continue
			}
			used[i]++
			if assign(a, all, used, append(chosen, i)) {
				return true
			}
			used[i]--
			break
		}
	}
	return false
}

// possible solves the difference constraints: variable 0 is the origin, half
// seconds make "before" a whole number.
func possible(a alternative, all []seen, chosen []int) bool {
	n := len(chosen) + 1
	most := make([][]int, n) // most[i][j]: at most so much is i after j
	for i := range most {
		most[i] = make([]int, n)
		for j := range most[i] {
			if i != j {
				most[i][j] = 1 << 20
			}
		}
	}
	bound := func(i, j, d int) { most[i][j] = min(most[i][j], d) }
	for i, o := range chosen {
		p := a.places[i]
		bound(i+1, 0, min(2*all[o].last, 2*p.stop-1))
		bound(0, i+1, -max(2*all[o].first, 2*p.start))
	}
	for _, c := range a.apart {
		bound(c.a+1, c.b+1, 2*c.d)
	}
	for k := range n {
		for i := range n {
			for j := range n {
				bound(i, j, most[i][k]+most[k][j])
			}
		}
	}
	for i := range n {
		if most[i][i] < 0 {
			return false
		}
	}
	return true
}

// Generators of small patterns and data.

func genTest(t *rapid.T, depth int) string {
	if depth > 0 && rapid.IntRange(0, 2).Draw(t, "junction") == 0 {
		op := rapid.SampledFrom([]string{" AND ", " OR "}).Draw(t, "op")
		return "(" + genTest(t, depth-1) + op + genTest(t, depth-1) + ")"
	}
	x := strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "x"))
	return "a:x " + rapid.SampledFrom([]string{"= " + x, "!= " + x, "NOT = " + x, "< " + x, "NOT < " + x, ">= " + x, "IN (" + x + ", 0)", "NOT IN (" + x + ")"}).Draw(t, "comparison")
}

func genExpr(t *rapid.T, depth int) string {
	var e string
	switch rapid.IntRange(0, 4).Draw(t, "expression") {
	case 0, 1:
		if depth > 0 {
			op := rapid.SampledFrom([]string{" AND ", " OR ", " FOLLOWEDBY "}).Draw(t, "op")
			e = "(" + genExpr(t, depth-1) + op + genExpr(t, depth-1) + ")"
			break
		}
		fallthrough
	default:
		e = "[" + genTest(t, 1) + "]"
	}
	for rapid.IntRange(0, 2).Draw(t, "qualified") == 0 {
		switch rapid.IntRange(0, 2).Draw(t, "qualifier") {
		case 0:
			e = "(" + e + ") WITHIN " + strconv.Itoa(rapid.IntRange(1, 4).Draw(t, "seconds")) + " SECONDS"
		case 1:
			e = "(" + e + ") REPEATS " + strconv.Itoa(rapid.IntRange(1, 2).Draw(t, "times")) + " TIMES"
		default:
			start := rapid.IntRange(0, 8).Draw(t, "start")
			e = "(" + e + ") START t'" + stamp(start) + "' STOP t'" + stamp(start+rapid.IntRange(0, 4).Draw(t, "stop")) + "'"
		}
	}
	return e
}

func genSeen(t *rapid.T) seen {
	first := rapid.IntRange(0, 9).Draw(t, "first")
	return seen{
		rapid.SliceOfN(rapid.IntRange(0, 3), 1, 2).Draw(t, "xs"), first, first + rapid.IntRange(0, 3).Draw(t, "last"), rapid.IntRange(1, 2).Draw(t, "number"),
	}
}

// TestMatcherAgreesWithTheNaiveOne is the proof that choosing points in time
// and assigning observations finds exactly what trying everything finds.
func TestMatcherAgreesWithTheNaiveOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := genExpr(t, 2)
		all := rapid.SliceOfN(rapid.Custom(genSeen), 0, 5).Draw(t, "seen")
		p, err := pattern.Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		places := 0
		for _, a := range expand(p.Root) {
			places = max(places, len(a.places))
		}
		if places > 8 {
			t.Skip("too many places for the naive matcher")
		}
		observed := make([]pattern.Observed, len(all))
		for i, s := range all {
			observed[i] = s.observed(t, i)
		}
		got, err := match(p, observed)
		if want := naive(p, all); err != nil || got.Matched != want {
			t.Fatalf("%s over %v: %v %v, want %v", p, all, got, err, want)
		}
		if !got.Matched {
			return
		}
		// What is bound matches by itself.
		bound := make([]pattern.Observed, len(got.Bound))
		for i, o := range got.Bound {
			bound[i] = observed[o]
		}
		if again, err := match(p, bound); err != nil || !again.Matched {
			t.Fatalf("%s: %v is bound and does not match: %v", p, got.Bound, err)
		}
	})
}

// TestEquivalences checks rules of logic that hold for values that are there
// once.
func TestEquivalences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(genSeen), 0, 4).Draw(t, "seen")
		observed := make([]pattern.Observed, len(all))
		for i, s := range all {
			observed[i] = s.observed(t, i)
		}
		x, y, z := genTest(t, 1), genTest(t, 1), genTest(t, 1)
		a, b, c := genExpr(t, 1), genExpr(t, 1), genExpr(t, 1)
		n := strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "n"))
		for _, pair := range [][2]string{
			{"[a:x NOT = " + n + " AND a:x NOT = 1]", "[a:x NOT IN (" + n + ", 1)]"},
			{"[a:x < " + n + " OR a:x >= " + n + "]", "[EXISTS a:x]"},
			{"[a:x NOT < " + n + "]", "[a:x >= " + n + "]"},
			{"[" + x + " AND " + y + " OR " + z + "]", "[" + z + " OR (" + y + " AND " + x + ")]"},
			{"[(" + x + " OR " + y + ") AND " + z + "]", "[" + x + " AND " + z + " OR " + y + " AND " + z + "]"},
			{"[" + x + " OR " + y + "]", "[" + x + "] OR [" + y + "]"},
			{a + " AND " + b, b + " AND " + a},
			{a + " REPEATS 2 TIMES", a + " AND " + a},
			{"(" + a + " FOLLOWEDBY " + b + ") FOLLOWEDBY " + c, a + " FOLLOWEDBY (" + b + " FOLLOWEDBY " + c + ")"},
			{"(" + a + " OR " + b + ") AND " + c, "(" + a + " AND " + c + ") OR (" + b + " AND " + c + ")"},
		} {
			left, errLeft := match(parseIn(t, pair[0]), observed)
			right, errRight := match(parseIn(t, pair[1]), observed)
			if errLeft != nil || errRight != nil || left.Matched != right.Matched {
				t.Fatalf("%s: %v %v; %s: %v %v; over %v", pair[0], left, errLeft, pair[1], right, errRight, all)
			}
		}
	})
}

func parseIn(t *rapid.T, src string) *pattern.Pattern {
	p, err := pattern.Parse(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return p
}

// TestRoundTrip prints and parses random patterns.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := parseIn(t, genExpr(t, 3))
		q := parseIn(t, p.String())
		if p.String() != q.String() {
			t.Fatalf("%s became %s", p, q)
		}
	})
}
