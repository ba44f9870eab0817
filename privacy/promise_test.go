package privacy_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"entente/intel"
	"entente/privacy"
)

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.Bytes()
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// encodings are the trivial ways to write a value somewhere else.
func encodings(s string) map[string]string {
	prefixed := base64.StdEncoding.EncodeToString([]byte("xy" + s + "zz"))
	var entities strings.Builder
	for _, r := range s {
		fmt.Fprintf(&entities, "&#%d;", r)
	}
	return map[string]string{
		"plain": s, "upper": strings.ToUpper(s), "embedded": "xx" + s + "yy", "defanged": strings.ReplaceAll(strings.ReplaceAll(s, ".", "[.]"), "@", "[at]"),
		"base64": base64.StdEncoding.EncodeToString([]byte(s)), "base64 inside": prefixed, "base64url": base64.RawURLEncoding.EncodeToString([]byte(s)),
		"hex": hex.EncodeToString([]byte(s)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(s))),
		"percent": "q=" + percent(s), "path-escaped": url.QueryEscape(s), "utf16 base64": base64.StdEncoding.EncodeToString(utf16le(s)),
		"utf16 hex": hex.EncodeToString(utf16le(s)), "gzip": base64.StdEncoding.EncodeToString(gzipped(s)), "html": entities.String(),
		"base64 twice": base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s)))),
	}
}

func percent(s string) string {
	var out strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&out, "%%%02X", c)
	}
	return out.String()
}

// places are objects with a gap for a value in each kind of string the format
// has.
func places(v string) []string {
	q := strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), `"`, `\"`)
	return []string{
		`{"type":"malware","id":"malware--a0000000-0000-4000-8000-000000000001",` + sdoHead + `"name":"` + q + `","is_family":false}`,
		`{"type":"malware","id":"malware--a0000000-0000-4000-8000-000000000002",` + sdoHead + `"name":"m","is_family":false,"description":"said ` + q + ` here","labels":["` + q + `","rat"]}`,
		`{"type":"tool","id":"tool--a0000000-0000-4000-8000-000000000003",` + sdoHead + `"name":"t","aliases":["` + q + `"],"external_references":[{"source_name":"s","description":"` + q + `","external_id":"` + q + `"}]}`,
		`{"type":"indicator","id":"indicator--a0000000-0000-4000-8000-000000000004",` + sdoHead + `"pattern":"[file:name = '` + strings.ReplaceAll(q, "'", "") + `']","pattern_type":"stix","valid_from":"2026-03-02T08:00:00Z"}`,
		`{"type":"file","id":"file--a0000000-0000-4000-8000-000000000005","name":"` + q + `","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}}`,
		`{"type":"process","id":"process--a0000000-0000-4000-8000-000000000006","command_line":"run ` + q + `","environment_variables":{"A":"` + q + `"}}`,
		`{"type":"note","id":"note--a0000000-0000-4000-8000-000000000007",` + sdoHead + `"content":"` + q + `","authors":["` + q + `"],"object_refs":["malware--a0000000-0000-4000-8000-000000000002"]}`,
		`{"type":"file","id":"file--a0000000-0000-4000-8000-000000000008","name":"f","extensions":{"pdf-ext":{"version":"1.7","document_info_dict":{"Title":"` + q + `"}}}}`,
		`{"type":"campaign","id":"campaign--a0000000-0000-4000-8000-000000000009",` + sdoHead + `"name":"c","x_owner":"` + q + `"}`,
	}
}

// TestP5RemovedValuesAppearNowhere removes a value in one object and hides it,
// in every trivial encoding, in every kind of string of others that nobody
// asked to transform.
func TestP5RemovedValuesAppearNowhere(t *testing.T) {
	t.Parallel()
	canaries := map[string]struct{ object, value string }{
		"mailbox": {`{"type":"email-addr","id":"email-addr--b0000000-0000-5000-8000-000000000001","value":"canary.kq7@corp.example"}`, "canary.kq7@corp.example"},
		"account": {`{"type":"user-account","id":"user-account--b0000000-0000-5000-8000-000000000001","account_login":"canarykq7z9"}`, "canarykq7z9"},
		"address": {`{"type":"ipv4-addr","id":"ipv4-addr--b0000000-0000-5000-8000-000000000001","value":"198.51.100.219"}`, "198.51.100.219"},
		"person":  {`{"type":"identity","id":"identity--b0000000-0000-4000-8000-000000000001",` + sdoHead + `"name":"Canary Kestrelson","identity_class":"individual"}`, "Canary Kestrelson"},
		"secret":  {`{"type":"user-account","id":"user-account--b0000000-0000-5000-8000-000000000001","account_type":"unix","user_id":"1","credential":"canary-kq7-hunter2"}`, "canary-kq7-hunter2"},
	}
	for name, c := range canaries {
		for how, written := range encodings(c.value) {
			for _, transforms := range [][]string{all(), {privacy.Pseudonymise, privacy.DropCredentials}} {
				objs := parseAll(t, append(places(written), c.object)...)
				its := items(objs, transforms...)
				for i := range its[:len(its)-1] {
					its[i].Transforms = nil
				}
				// Found without the others, which would make it an attacker's.
				alone := objs[len(objs)-1:]
				its[len(its)-1].Findings = privacy.ContextOf(alone).Find(alone[0])
				f := build(t, its, scope(1))
				for _, o := range sent(f) {
					leak(t, name+"/"+how, o, c.value, written)
				}
			}
		}
	}
}

func leak(t *testing.T, what string, o *intel.Object, value, written string) {
	t.Helper()
	low := strings.ToLower(string(o.Raw))
	for _, bad := range []string{value, strings.ToLower(written)} {
		if strings.Contains(low, strings.ToLower(bad)) {
			t.Errorf("%s survives in %s", what, o.Raw)
			return
		}
	}
}

// TestP23PseudonymsAgreeWithinAScopeOnly covers PR2 and PR3: equal within a
// scope, unrelated across scopes, and not a digest anybody can compute.
func TestP23PseudonymsAgreeWithinAScopeOnly(t *testing.T) {
	t.Parallel()
	var raws []string
	for i := range 200 {
		raws = append(raws,
			fmt.Sprintf(`{"type":"ipv4-addr","id":"ipv4-addr--b0000000-0000-5000-8000-%012d","value":"198.51.%d.%d"}`, i, 100+i/256, i%256+1),
			fmt.Sprintf(`{"type":"email-addr","id":"email-addr--b0000000-0000-5000-8000-%012d","value":"u%d@corp.example"}`, i, i),
			fmt.Sprintf(`{"type":"tool","id":"tool--b0000000-0000-4000-8000-%012d",%s"name":"t","description":"u%d@corp.example"}`, i, sdoHead, i))
	}
	objs := parseAll(t, raws...)
	a, again, other := build(t, items(objs, privacy.Pseudonymise), scope(1)), build(t, items(objs, privacy.Pseudonymise), scope(1)), build(t, items(objs, privacy.Pseudonymise), scope(2))
	seen := map[string]bool{}
	for i := range a.Items {
		if string(a.Items[i].Sent.Raw) != string(again.Items[i].Sent.Raw) {
			t.Fatalf("one scope, two forms:\n%s\n%s", a.Items[i].Sent.Raw, again.Items[i].Sent.Raw)
		}
		seen[a.Items[i].Sent.ID] = true
		if v := a.Items[i].Sent.Tree.Get("value"); v != nil {
			seen[v.Text] = true
		}
	}
	for i := range other.Items {
		o := other.Items[i].Sent
		if v := o.Tree.Get("value"); seen[o.ID] || v != nil && seen[v.Text] {
			t.Errorf("%s can be joined across scopes", o.Raw)
		}
	}
	// The mailbox in running text has the pseudonym of the mailbox object.
	for i := 1; i < len(a.Items); i += 3 {
		if v := a.Items[i].Sent.Tree.Get("value").Text; a.Items[i+1].Sent.Tree.Get("description").Text != v {
			t.Errorf("%s is another one in text", v)
		}
	}
}

// TestPR4PseudonymsKeepNoPrefix: neighbours do not stay neighbours.
func TestPR4PseudonymsKeepNoPrefix(t *testing.T) {
	t.Parallel()
	var raws []string
	for i := range 250 {
		raws = append(raws, fmt.Sprintf(`{"type":"ipv4-addr","id":"ipv4-addr--b0000000-0000-5000-8000-%012d","value":"198.51.100.%d"}`, i, i+1))
	}
	nets := map[string]int{}
	for _, o := range sent(build(t, items(parseAll(t, raws...), privacy.Pseudonymise), scope(1))) {
		v := o.Tree.Get("value").Text
		nets[v[:strings.LastIndexByte(v, '.')]]++
	}
	if len(nets) < 245 {
		t.Errorf("250 neighbours fell into %d networks", len(nets))
	}
}

func TestAnotherVersionKeepsItsDerivedID(t *testing.T) {
	t.Parallel()
	older := `{"type":"tool","id":"tool--a0000000-0000-4000-8000-000000000001","spec_version":"2.1","created":"2026-03-02T08:00:00.123Z","modified":"2026-03-02T08:00:00.123Z","name":"t","description":"mail a.b@corp.example"}`
	newer := strings.Replace(older, `"modified":"2026-03-02`, `"modified":"2026-03-03`, 1)
	a := build(t, items(parseAll(t, older), privacy.Pseudonymise), scope(1)).Items[0].Sent
	b := build(t, items(parseAll(t, newer), privacy.Pseudonymise), scope(1)).Items[0].Sent
	if a.ID != b.ID || a.Version >= b.Version || a.ID == "tool--a0000000-0000-4000-8000-000000000001" || a.CreatedBy != ours {
		t.Errorf("%s %s, %s %s", a.ID, a.Version, b.ID, b.Version)
	}
	// J9: another form of the same version is another version.
	c := build(t, items(parseAll(t, older), privacy.GeneraliseIP), scope(1)).Items[0].Sent
	if c.ID != a.ID || c.Version == a.Version {
		t.Errorf("two contents under %s %s", c.ID, c.Version)
	}
}
