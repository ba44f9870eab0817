package privacy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/strictjson"
	"entente/privacy"

	"github.com/google/go-cmp/cmp"
)

// TestTextDetectors: one line per form, and its look-alike that is none.
func TestTextDetectors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mail j.doe@corp.example now":                        "text/email j.doe@corp.example",
		"mail j.doe[at]corp[.]example now":                   "text/email j.doe[at]corp[.]example",
		"mail jürgen@köln.example":                           "text/email jürgen@köln.example",
		"pkg:npm/left-pad@1.3.0":                             "",
		"host 198.51.100.7, port 80":                         "text/ip 198.51.100.7",
		"host 198[.]51[.]100[.]7":                            "text/ip 198[.]51[.]100[.]7",
		"range 198.51.100.0/24":                              "", // generalised already
		"range 198.51.100.16/28":                             "text/ip 198.51.100.16/28",
		"version 10.0.19041.1, v1.2.3.4, 127.0.0.1, 8.8.8.8": "",
		"at 2001:db8:1::7 since":                             "text/ip 2001:db8:1::7",
		"at 12:34:56":                                        "",
		"card aa:bb:cc:dd:ee:01":                             "text/mac aa:bb:cc:dd:ee:01",
		"serial aa:bb:cc:dd:ee:01:02:03":                     "",
		"call +44 20 7946 0123 today":                        "text/phone +44 20 7946 0123",
		"call 123-456-7890 or":                               "text/phone 123-456-7890",
		"from `+181.58.154[.]33+`":                           "text/ip 181.58.154[.]33",
		"pay GB82 WEST 1234 5698 7654 32":                    "text/iban GB82 WEST 1234 5698 7654 32",
		"pay GB82 WEST 1234 5698 7654 33":                    "",
		"card 4111 1111 1111 1111 expired":                   "text/card 4111 1111 1111 1111",
		"card 4111 1111 1111 1112 expired":                   "",
		"SSN 078-05-1120":                                    "text/ssn 078-05-1120",
		"part 078-05-1120":                                   "",
		"see https://bob:hunter2@corp.example/x":             "text/url-userinfo bob:hunter2",
		"hxxps://c2.example/a?email=ZQ&x=1":                  "text/url-query ZQ",
		"https://c2.example/a#am9obkBjb3JwLmV4YW1wbGU=":      "text/url-query am9obkBjb3JwLmV4YW1wbGU=",
		"https://c2.example/a?token=abcdef":                  "text/url-secret abcdef",
		`C:\Users\jdoe\a.exe`:                                "text/user-path jdoe",
		`C:\Users\Public\a.exe`:                              "",
		"/home/jdoe/.ssh":                                    "text/user-path jdoe",
		"S-1-5-21-3623811015-3361044348-30300820-1013":       "text/sid S-1-5-21-3623811015-3361044348-30300820-1013",
		"S-1-5-18":                    "",
		"net use password=Winter2026": "text/secret Winter2026",
		"acct-abcdefghijklmnop":       "text/pseudonym acct-abcdefghijklmnop",
	} {
		o := parse(t, `{"type":"tool","id":"tool--a0000000-0000-4000-8000-000000000001",`+sdoHead+`"name":"`+strings.ReplaceAll(text, `\`, `\\`)+`"}`)
		var got []string
		for _, f := range (privacy.Context{}).Find(o) {
			got = append(got, f.Rule+" "+text[f.Start:f.End])
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %v, want %q", text, got, want)
		}
	}
}

// TestJ24SecretsInTextAreCredentials: what opens a door is found in free text, so
// that an agreement can forbid it or have it taken out.
func TestJ24SecretsInTextAreCredentials(t *testing.T) {
	t.Parallel()
	for text, secret := range map[string]string{
		"key AKIAIOSFODNN7EXAMPLE leaked":                                          "AKIAIOSFODNN7EXAMPLE",
		"net use password=Winter2026":                                              "Winter2026",
		"curl -d client_secret=q8fjs72h":                                           "q8fjs72h",
		"GET /?access_token=abcdef012345":                                          "abcdef012345",
		"found -----BEGIN RSA PRIVATE KEY-----MIIEow-----END RSA PRIVATE KEY-----": "-----BEGIN RSA PRIVATE KEY-----MIIEow",
		"the password policy = strict":                                             "",
		"-----BEGIN CERTIFICATE-----MIIEow--":                                      "",
	} {
		o := parse(t, `{"type":"tool","id":"tool--a0000000-0000-4000-8000-000000000001",`+sdoHead+`"name":"x","description":"`+text+`"}`)
		got := ""
		for _, f := range (privacy.Context{}).Find(o) {
			if f.Category == privacy.Credentials {
				got = text[f.Start:f.End]
			}
		}
		if got != secret {
			t.Errorf("%q: %q is a credential, want %q", text, got, secret)
		}
	}
}

// TestRolesDecide: the same address is an attacker's tool, a victim's or
// nobody's known (Breyer: relative to context).
func TestRolesDecide(t *testing.T) {
	t.Parallel()
	const ip = `{"type":"ipv4-addr","id":"ipv4-addr--cccccccc-cccc-5ccc-8ccc-cccccccccccc","value":"198.51.100.77"}`
	const infra = `{"type":"infrastructure","id":"infrastructure--a0000000-0000-4000-8000-000000000001",` + sdoHead + `"name":"C2"}`
	edge := func(kind string) string {
		return `{"type":"relationship","id":"relationship--a0000000-0000-4000-8000-000000000002",` + sdoHead + `"relationship_type":"` + kind + `","source_ref":"infrastructure--a0000000-0000-4000-8000-000000000001","target_ref":"ipv4-addr--cccccccc-cccc-5ccc-8ccc-cccccccccccc"}`
	}
	indicator := func(pattern string) string {
		return `{"type":"indicator","id":"indicator--a0000000-0000-4000-8000-000000000003",` + sdoHead + `"pattern":"` + pattern + `","pattern_type":"stix","valid_from":"2026-03-02T08:00:00Z"}`
	}
	for name, c := range map[string]struct {
		with []string
		want []privacy.Category
	}{
		"nobody's":  {nil, []privacy.Category{privacy.PersonalIdentifier, privacy.Technical}},
		"C2":        {[]string{infra, edge("consists-of")}, []privacy.Category{privacy.Technical}},
		"indicated": {[]string{indicator("[ipv4-addr:value = '198.51.100.77']")}, []privacy.Category{privacy.Technical}},
		"attacked":  {[]string{infra, edge("consists-of"), edge("targets")}, []privacy.Category{privacy.PersonalIdentifier, privacy.Technical}},
	} {
		for range 2 {
			objs := parseAll(t, append([]string{ip}, c.with...)...)
			got := privacy.Categories(privacy.ContextOf(objs).Find(objs[0]))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%s: %s", name, d)
			}
			slices.Reverse(c.with)
		}
	}
}

// TestJ20CustomIsUnclassified: what nobody has classified is not technical.
func TestJ20CustomIsUnclassified(t *testing.T) {
	t.Parallel()
	for raw, path := range map[string]string{
		`{"type":"campaign","id":"campaign--a0000000-0000-4000-8000-000000000009",` + sdoHead + `"name":"c","x_owner":"Jane Doe"}`:                                                                                                             "x_owner",
		`{"type":"campaign","id":"campaign--a0000000-0000-4000-8000-000000000009",` + sdoHead + `"name":"c","extensions":{"extension-definition--a0000000-0000-4000-8000-000000000001":{"extension_type":"property-extension","who":"Jane"}}}`: "extensions.extension-definition--a0000000-0000-4000-8000-000000000001",
		`{"type":"x-case","id":"x-case--a0000000-0000-4000-8000-000000000009",` + sdoHead + `"extensions":{"extension-definition--a0000000-0000-4000-8000-000000000001":{"extension_type":"new-sdo"}}}`:                                        "",
		`{"type":"artifact","id":"artifact--a0000000-0000-5000-8000-000000000009","mime_type":"text/plain","payload_bin":"SmFuZSBEb2U="}`:                                                                                                      "payload_bin",
	} {
		o := parse(t, raw)
		fs := privacy.Context{}.Find(o)
		if len(fs) != 1 || fs[0].Category != privacy.Unclassified || fs[0].Path != path {
			t.Errorf("%s: %+v", o.Type, fs)
		}
		if len(privacy.Categories(fs)) != 2 {
			t.Errorf("%v", privacy.Categories(fs))
		}
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{"a@b.cc", "1.2.3.4/", "[at]", "::1", `\users\`, "https://@?=#", "+1234567890(", "S-1-5-21-", "=", "%", "&#1;", "-----BEGIN PRIVATE KEY", "H4sIAAAAAAACA8tNzMxRSNRLckjOLyrQS61IzC3ISQUAyvLjAxUAAAA="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := fmt.Appendf(nil, `{"type":"tool","id":"tool--a0000000-0000-4000-8000-000000000001",%s"name":%s}`, sdoHead, quote(s))
		objs := objectsOf(t, raw)
		if len(objs) == 0 {
			return
		}
		for _, fd := range (privacy.Context{}).Find(objs[0]) {
			if fd.Start < 0 || fd.End <= fd.Start || fd.End > len(objs[0].Tree.Get("name").Text) {
				t.Fatalf("%+v in %q", fd, s)
			}
		}
		build(t, items(objs, all()...), scope(1))
	})
}

func quote(s string) []byte {
	v := strictjson.Value{Kind: strictjson.String, Text: strings.ToValidUTF8(s, "?")}
	return strictjson.Append(nil, &v)
}
