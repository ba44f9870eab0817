package stix_test

import (
	"strings"
	"testing"

	"entente/intel/stix"
)

// TestPatternsAreReadWithTheirPlace checks what the sender of an indicator is
// told of its pattern, and that what other readers take is kept.
func TestPatternsAreReadWithTheirPlace(t *testing.T) {
	t.Parallel()
	one := "[ipv4-addr:value = '198.51.100.3']"
	for _, c := range []struct {
		name, pattern, refused, warned string
	}{
		{"fine", one, "", ""},
		{"in capitals", one + " and " + one, "has and where AND, OR, FOLLOWEDBY, a qualifier or the end is expected at byte 35 (line 1, column 36) (pattern.syntax)", ""},
		{"hyphen", "[file:hashes.SHA-256 = 'x']", "has SHA-256 where a property (in quotation marks when it has a hyphen) is expected at byte 13 (line 1, column 14) (pattern.syntax)", ""},
		{"limit", one + " REPEATS 100001 TIMES", "repeats more often than 100000 times at byte 43 (line 1, column 44) (pattern.limit)", ""},
		{"hash", "[file:hashes.MD5 = 'f00']", "", "stix.pattern-rule: has a constant that is no MD5 hash at byte 19 (line 1, column 20)"},
		{"as in 2.0", one + " START '2020-01-01T00:00:00Z' STOP '2021-01-01T00:00:00Z'", "", "stix.pattern-rule: has START and STOP with strings, as in STIX 2.0 at byte 35 (line 1, column 36)"},
		{"not RE2", "[file:name MATCHES '(?=x)']", "", ""},
	} {
		object := strings.Replace(indicator(""), one, c.pattern, 1)
		b, err := stix.Parse([]byte(`{"type":"bundle","id":"` + id("bundle", 1) + `","objects":[` + object + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		var refused, warned string
		for _, r := range b.Rejected {
			refused = strings.TrimPrefix(r.Detail, "/pattern: ")
			if r.Code != "stix.pattern" || string(r.Raw) != object {
				t.Errorf("%s: %s, %s", c.name, r.Code, r.Raw)
			}
		}
		for _, a := range b.Accepted {
			for _, w := range a.Warnings {
				if w.Pointer == "/pattern" {
					warned = w.Detail
				}
			}
		}
		if refused != c.refused || warned != c.warned || len(b.Accepted)+len(b.Rejected) != 1 {
			t.Errorf("%s: refused %q, warned %q", c.name, refused, warned)
		}
	}
}
