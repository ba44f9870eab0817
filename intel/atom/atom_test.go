package atom_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/atom"
	"entente/internal/strictjson"
)

func object(t *testing.T, kind, members string) *intel.Object {
	t.Helper()
	raw := []byte(fmt.Sprintf(`{"type":%q,%s}`, kind, members))
	tree, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return &intel.Object{Type: kind, Raw: raw, Tree: &tree}
}

func TestOf(t *testing.T) {
	t.Parallel()
	indicator := func(pattern string) string { return fmt.Sprintf(`"pattern_type":"stix","pattern":%q`, pattern) }
	for _, c := range []struct {
		name, kind, members string
		want                []string
	}{
		{"address", "ipv4-addr", `"value":"198.51.100.7"`, []string{"ip 198.51.100.7"}},
		{"network", "ipv4-addr", `"value":"198.51.100.7/24"`, []string{"range 198.51.100.0/24"}},
		{"network of one", "ipv4-addr", `"value":"198.51.100.7/32"`, []string{"ip 198.51.100.7"}},
		{"IPv6 in any form", "ipv6-addr", `"value":"2001:0DB8:0:0:0:0:0:1"`, []string{"ip 2001:db8::1"}},
		{"IPv4 in IPv6", "ipv6-addr", `"value":"::ffff:198.51.100.7"`, []string{"ip 198.51.100.7"}},
		{"not an address", "ipv4-addr", `"value":"198.51.100.07"`, []string{"ip 198.51.100.07"}},
		{"domain", "domain-name", `"value":"Evil.Example."`, []string{"domain evil.example"}},
		{"host without a dot", "domain-name", `"value":"LOCALHOST"`, []string{"domain localhost"}},
		{"URL", "url", `"value":"HTTPS://User@Evil.Example/Path?Q"`, []string{"url https://User@evil.example/Path?Q"}},
		{"URL of a host", "url", `"value":"http://evil.example/"`, []string{"url http://evil.example"}},
		{"mail", "email-addr", `"value":"Eve@Evil.Example"`, []string{"email eve@evil.example"}},
		{"MAC", "mac-addr", `"value":"D2-FB-49-24-37-18"`, []string{"mac d2:fb:49:24:37:18"}},
		{"AS", "autonomous-system", `"number":64500,"name":"Example"`, []string{"as AS64500"}},
		{"mutex", "mutex", `"name":"Global\\X"`, []string{`mutex global\x`}},
		{"registry", "windows-registry-key", `"key":"HKLM\\Software\\X"`, []string{`registry-key hkey_local_machine\software\x`}},
		{"account", "user-account", `"account_login":"Admin","user_id":"1001"`, []string{"account 1001", "account admin"}},
		{"certificate", "x509-certificate", `"serial_number":"36:F7","hashes":{"SHA-1":"` + strings.Repeat("AB", 20) + `"}`, []string{"certificate 36:f7", "hash " + strings.Repeat("ab", 20)}},
		{"file", "file", `"name":"Setup.EXE","size":12,"hashes":{"MD5":"` + strings.Repeat("0F", 16) + `","SSDEEP":"3:AbC:dEf"}`, []string{"hash " + strings.Repeat("0f", 16), "hash 3:AbC:dEf", "file-name setup.exe"}},
		{"vulnerability", "vulnerability", `"name":"cve-2021-44228","external_references":[{"source_name":"cve","external_id":"CVE-2021-44228"}]`, []string{"cve CVE-2021-44228"}},
		{"vulnerability without a number", "vulnerability", `"name":"Log4Shell"`, nil},
		{"technique", "attack-pattern", `"external_references":[{"source_name":"mitre-attack","external_id":"T1059.001"},{"source_name":"capec","external_id":"CAPEC-1"}]`, []string{"attack T1059.001"}},
		{"report", "report", `"name":"198.51.100.7"`, nil},
		{"pattern", "indicator", indicator("[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value = '198.51.100.7'] FOLLOWEDBY [file:hashes.'SHA-256' = '" + strings.Repeat("EE", 32) + "']"), []string{"ip 198.51.100.7", "hash " + strings.Repeat("ee", 32)}},
		{"range in a pattern", "indicator", indicator("[ipv4-addr:value ISSUBSET '198.51.100.0/24']"), []string{"range 198.51.100.0/24"}},
		{"through a reference", "indicator", indicator("[network-traffic:dst_ref.value = 'Evil.Example']"), []string{"domain evil.example"}},
		{"what is excluded", "indicator", indicator("[ipv4-addr:value != '198.51.100.7']"), nil},
		{"another language", "indicator", `"pattern_type":"snort","pattern":"alert tcp any any"`, nil},
		{"a broken pattern", "indicator", indicator("[ipv4-addr:value ="), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, a := range atom.Of(object(t, c.kind, c.members)) {
				got = append(got, string(a.Kind)+" "+a.Value)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("got +, want -\n%s", diff)
			}
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for pasted, want := range map[string]string{
		" 198.51.100.7 ":                     "ip 198.51.100.7",
		"198.51.100[.]7":                     "ip 198.51.100.7",
		"198.51.100.7/24":                    "range 198.51.100.0/24",
		"2001:db8::1":                        "ip 2001:db8::1",
		"hxxps://Evil[.]example/A":           "url https://evil.example/A",
		"hxxp[://]evil(dot)example":          "url http://evil.example",
		"evil[dot]example":                   "domain evil.example",
		"bücher.example":                     "domain bücher.example",
		"eve[at]evil.example":                "email eve@evil.example",
		strings.Repeat("aB", 32):             "hash " + strings.Repeat("ab", 32),
		"3:AbC:dEf":                          "hash 3:AbC:dEf",
		"cve-2021-44228":                     "cve CVE-2021-44228",
		"t1059.001":                          "attack T1059.001",
		"as64500":                            "as AS64500",
		"AA:BB:CC:DD:EE:FF":                  "mac aa:bb:cc:dd:ee:ff",
		`HKCU\Software\Run`:                  `registry-key hkey_current_user\software\run`,
		"loader":                             "",
		"64500":                              "",
		"1.2.34":                             "",
		"e.g.":                               "",
		"two words.example":                  "",
		"https://":                           "",
		"type:malware":                       "",
		"indicator--8e2e2d2b-17d4-4cbf-938f": "",
	} {
		got := ""
		if a, ok := atom.Read(pasted); ok {
			got = string(a.Kind) + " " + a.Value
		}
		if got != want {
			t.Errorf("%q reads as %q, want %q", pasted, got, want)
		}
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	got := atom.Around("198.51.100.7")
	if len(got) != 34 || !slices.Contains(got, "198.51.100.0/24") || !slices.Contains(got, "0.0.0.0/0") || got[0] != "198.51.100.7" {
		t.Errorf("around an address: %v", got)
	}
	if got := atom.Around("198.51.100.0/30"); len(got) != 31 || slices.Contains(got, "198.51.100.0/31") {
		t.Errorf("around a range: %v", got)
	}
	if got := atom.Around("evil.example"); len(got) != 1 {
		t.Errorf("around a name: %v", got)
	}
}

func TestManyAtomsAreBounded(t *testing.T) {
	t.Parallel()
	hashes := make([]string, 2*atom.Most)
	for i := range hashes {
		hashes[i] = fmt.Sprintf(`"H%d":"%040x"`, i, i)
	}
	if n := len(atom.Of(object(t, "file", `"hashes":{`+strings.Join(hashes, ",")+`}`))); n != atom.Most {
		t.Errorf("%d atoms", n)
	}
}

// TestLongValuesStayApart: what is cut off still counts.
func TestLongValuesStayApart(t *testing.T) {
	t.Parallel()
	long := "http://evil.example/" + strings.Repeat("a", 4000)
	a, b := atom.Values(long+"1"), atom.Values(long+"2")
	if len(a[0]) > 300 || a[0] == b[0] || !strings.HasPrefix(a[0], "http://evil.example/aaa") {
		t.Errorf("%q and %q", a[0], b[0])
	}
}

// FuzzValues: a value is found again under the form it was kept in, however it
// was written, and what is kept can be kept by a database.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"198.51.100.7", "hxxps://evil[.]example/A", "eve@evil.example", "HKLM\\a", "AS1", "É.example", "a\x00b.example", "\xff.ab", strings.Repeat("x/", 300), "T1059", "[::1]", "İ.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := atom.Read(s); ok {
			again, ok := atom.Read(a.Value)
			if !ok || again != a {
				t.Errorf("%q reads as %v, which reads as %v", s, a, again)
			}
		}
		for _, kind := range []string{"url", "domain-name", "ipv4-addr", "email-addr", "windows-registry-key", "mutex", "file"} {
			o := &intel.Object{Type: kind, Tree: &strictjson.Value{Kind: strictjson.Object, Members: []strictjson.Member{
				{Name: "value", Value: strictjson.Value{Kind: strictjson.String, Text: s}},
				{Name: "key", Value: strictjson.Value{Kind: strictjson.String, Text: s}},
				{Name: "name", Value: strictjson.Value{Kind: strictjson.String, Text: s}},
			}}}
			for _, a := range atom.Of(o) {
				if a.Value == "" || len(a.Value) > 300 || strings.ContainsRune(a.Value, 0) || strings.ToValidUTF8(a.Value, "") != a.Value {
					t.Errorf("%s %q is kept as %q", kind, s, a.Value)
				}
				if !slices.Contains(atom.Values(a.Value), a.Value) {
					t.Errorf("%s %q is kept as %q and looked for as %q", kind, s, a.Value, atom.Values(a.Value))
				}
			}
		}
	})
}
