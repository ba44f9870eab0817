package pattern_test

import (
	"strings"
	"testing"

	"entente/intel/pattern"
	"entente/internal/strictjson"
)

func patterns(tb testing.TB) []string {
	tb.Helper()
	var all []string
	for line := range strings.Lines(string(read(tb, "syntax.jsonl"))) {
		all = append(all, tree(tb, []byte(strings.TrimSpace(line))).Get("pattern").Text)
	}
	for _, c := range tree(tb, read(tb, "matching.json")).Get("cases").Items {
		all = append(all, c.Get("pattern").Text)
	}
	return all
}

// FuzzParse checks that what is accepted survives printing, and that nothing
// that can be asked of it panics.
func FuzzParse(f *testing.F) {
	for _, p := range patterns(f) {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := pattern.Parse(src)
		if err != nil {
			return
		}
		if canonical := p.String(); len(canonical) <= pattern.MaxBytes {
			returns(t, p)
		}
		_ = p.Check() // both are for people; what they say is tested elsewhere
		_ = p.Atoms()
	})
}

// FuzzMatch checks that no pattern and no data make matching panic or answer
// twice in different ways, and that what it binds is there.
func FuzzMatch(f *testing.F) {
	corpus := tree(f, read(f, "matching.json"))
	for _, c := range corpus.Get("cases").Items {
		f.Add(c.Get("pattern").Text, strictjson.Append(nil, corpus.Get("observations").Get(c.Get("observations").Text)))
	}
	f.Fuzz(func(t *testing.T, src string, data []byte) {
		p, err := pattern.Parse(src)
		if err != nil {
			return
		}
		m, err := p.Compile()
		if err != nil {
			return
		}
		v, err := strictjson.Parse(data, strictjson.Limits{Bytes: 1 << 16})
		if err != nil {
			return
		}
		list := make([]*strictjson.Value, len(v.Items))
		for i := range v.Items {
			list[i] = &v.Items[i]
		}
		observed, err := pattern.Observe(list...)
		if err != nil {
			return
		}
		const steps = 50_000
		one, errOne := m.Match(observed, steps)
		two, errTwo := m.Match(observed, steps)
		if one.Matched != two.Matched || (errOne == nil) != (errTwo == nil) || len(one.Bound) != len(two.Bound) {
			t.Errorf("%v %v, then %v %v", one, errOne, two, errTwo)
		}
		for _, i := range one.Bound {
			if i < 0 || i >= len(observed) {
				t.Errorf("%d of %d observations is bound", i, len(observed))
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	src := "[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f' AND file:name LIKE '%.exe'] FOLLOWEDBY " +
		"[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24'] WITHIN 300 SECONDS"
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pattern.Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	object := `{"type":"network-traffic","dst_ref":"1","dst_port":443},{"type":"ipv4-addr","id":"1","value":"198.51.100.3"}`
	for _, c := range []struct {
		name, src string
		n         int
	}{
		{"one", "[ipv4-addr:value = '198.51.100.3']", 1},
		{"reference", "[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24']", 1},
		{"miss-1000", "[ipv4-addr:value = '198.51.100.4']", 1_000},
		{"window-10000", "[network-traffic:dst_port = 443] REPEATS 11 TIMES WITHIN 9.5 SECONDS", 10_000},
		{"sequence-1000", "[network-traffic:dst_port = 443] FOLLOWEDBY [ipv4-addr:value = '198.51.100.3'] WITHIN 300 SECONDS", 1_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			observed := many(b, c.n, object)
			m, err := parse(b, c.src).Compile()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Match(observed, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
