package pattern_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel/pattern"
)

func TestAtoms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		want []string // type, property, value, path, and ! when it stands alone
	}{
		{"[ipv4-addr:value = '198.51.100.3']", []string{"ipv4-addr value '198.51.100.3' ipv4-addr:value !"}},
		{"[domain-name:value = 'a.example' OR domain-name:value IN ('b.example', 'a.example')] OR [url:value NOT != 'x']", []string{
			"domain-name value 'a.example' domain-name:value !", "domain-name value 'b.example' domain-name:value !", "url value 'x' url:value !",
		}},
		{"[file:hashes.'SHA-256' = 'f0' AND file:name != 'x']", []string{"file hashes.'SHA-256' 'f0' file:hashes.'SHA-256'"}},
		{"[file:name = 'a'] AND [file:size = 7]", []string{"file name 'a' file:name", "file size 7 file:size"}},
		{"[file:name = 'a'] FOLLOWEDBY [file:name = 'b']", []string{"file name 'a' file:name", "file name 'b' file:name"}},
		{"[file:name = 'a'] REPEATS 2 TIMES", []string{"file name 'a' file:name"}},
		{"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.0/24']", []string{
			"ipv4-addr value '192.0.2.0/24' network-traffic:dst_ref.value !",
		}},
		{"[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_port = 53]", []string{
			"domain-name value 'a.example' network-traffic:dst_ref.value", "network-traffic dst_port 53 network-traffic:dst_port",
		}},
		{"[network-traffic:src_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'a.example']", []string{
			" value 'a.example' network-traffic:dst_ref.value",
		}},
		{"[network-traffic:dst_ref.value ISSUBSET '2001:db8::/32']", []string{"ipv6-addr value '2001:db8::/32' network-traffic:dst_ref.value ! range"}},
		{"[email-message:to_refs[*].value = 'a@b.example']", []string{"email-addr value 'a@b.example' email-message:to_refs[*].value !"}},
		{"[process:parent_ref.image_ref.name = 'x']", []string{" name 'x' process:parent_ref.image_ref.name !"}},
		{"[network-traffic:dst_ref = 'x']", []string{"network-traffic dst_ref 'x' network-traffic:dst_ref !"}},
		{"[x:type = 'y' AND x:dst_ref.type = 'z']", []string{"x type 'y' x:type"}},
		{"[file:name LIKE 'a%' OR file:size > 3 OR EXISTS file:name OR file:name MATCHES 'x' OR ipv4-addr:value NOT ISSUBSET '10.0.0.0/8']", nil},
	} {
		var got []string
		for _, a := range parse(t, c.src).Atoms() {
			s := a.Type + " " + a.Property + " " + a.Value.String() + " " + a.Path
			if a.Alone {
				s += " !"
			}
			if a.Range {
				s += " range"
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.src, diff)
		}
	}
}

// TestAloneMatchesAlone checks against the matcher that an atom that stands
// alone is all a pattern wants.
func TestAloneMatchesAlone(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"[domain-name:value = 'a.example']", "[domain-name:value = 'a.example' OR file:size = 7] OR [url:value IN ('x', 'y')]",
		"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
		"[file:name = 'x' AND file:size = 7] AND [url:value = 'y']",
	} {
		p := parse(t, src)
		for _, a := range p.Atoms() {
			value := a.Value.Text
			if a.Value.Kind == pattern.String {
				value = strconv.Quote(value)
			}
			objects := `[{"type":"` + a.Type + `","id":"1","` + a.Property + `":` + value + `},{"type":"network-traffic","id":"2","dst_ref":"1"},` +
				`{"type":"observed-data","id":"o","first_observed":"2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z","number_observed":1,"object_refs":["1","2"]}]`
			got, err := match(p, observe(t, tree(t, []byte(objects))))
			if err != nil || got.Matched != a.Alone {
				t.Errorf("%s: %v alone matches %v, %v", src, a, got, err)
			}
		}
	}
}

// TestAtomsOfABomb takes the longest list of the costliest tests in no time.
func TestAtomsOfABomb(t *testing.T) {
	t.Parallel()
	one := "a:b_ref.type='c'"
	if n := len(parse(t, "["+one+strings.Repeat(" AND "+one, 1_300)+" AND a:b_ref.value='x']").Atoms()); n != 1 {
		t.Errorf("%d atoms", n)
	}
}
