package pattern_test

import (
	"fmt"

	"entente/intel/pattern"
	"entente/internal/strictjson"
)

func ExamplePattern_Atoms() {
	p, err := pattern.Parse("[network-traffic:dst_ref.value = '198.51.100.3' OR file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range p.Atoms() {
		fmt.Println(a.Type, a.Property, a.Value, a.Alone)
	}
	// Output:
	// ipv4-addr value '198.51.100.3' true
	// file hashes.MD5 'd41d8cd98f00b204e9800998ecf8427e' true
}

func ExampleMatcher_Match() {
	bundle, err := strictjson.Parse([]byte(`{"type": "bundle", "objects": [
		{"type": "url", "id": "url--1", "value": "https://a.example/login"},
		{"type": "observed-data", "id": "observed-data--1", "object_refs": ["url--1"], "number_observed": 3,
		 "first_observed": "2026-01-31T08:00:00Z", "last_observed": "2026-01-31T08:04:00Z"}]}`), strictjson.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	observed, err := pattern.Observe(&bundle)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, src := range []string{
		"[url:value LIKE '%/login'] REPEATS 3 TIMES WITHIN 60 SECONDS",
		"[url:value LIKE '%/login'] REPEATS 4 TIMES",
	} {
		p, err := pattern.Parse(src)
		if err != nil {
			fmt.Println(err)
			continue
		}
		m, err := p.Compile()
		if err != nil {
			fmt.Println(err)
			continue
		}
		match, err := m.Match(observed, 0)
		fmt.Println(match.Matched, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}
