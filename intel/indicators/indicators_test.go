package indicators

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/pattern"
	"entente/intel/stix"
	"entente/internal/fault"
)

// TestValues reads single values as lists have them: what each becomes, or the
// code with which it is refused.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, typ, in, want, warns string }{
		{"IPv4", "", "8.8.8.8", "[ipv4-addr:value = '8.8.8.8']", ""},
		{"IPv6 in its one form (RFC 5952)", "", "2A00:1450:0:0::8", "[ipv6-addr:value = '2a00:1450::8']", ""},
		{"an IPv6 address in an IPv4 range stays IPv6", "", "::ffff:8.8.8.8", "[ipv6-addr:value = '::ffff:8.8.8.8']", ""},
		{"private is kept and told (RFC 1918)", "", "10.0.0.7", "[ipv4-addr:value = '10.0.0.7']", "private or reserved"},
		{"documentation is kept and told (RFC 5737)", "", "203.0.113.9", "[ipv4-addr:value = '203.0.113.9']", "private or reserved"},
		{"leading zeros are octal to some", "", "8.8.08.8", "indicators.value", ""},
		{"zone", "", "fe80::1%eth0", "indicators.value", ""},
		{"range", "", "8.8.8.0/24", "[ipv4-addr:value ISSUBSET '8.8.8.0/24']", ""},
		{"IPv6 range", "", "2a00:1450::/32", "[ipv6-addr:value ISSUBSET '2a00:1450::/32']", ""},
		{"range of one", "", "8.8.8.8/32", "[ipv4-addr:value = '8.8.8.8']", ""},
		{"range with host bits", "", "8.8.8.8/24", "[ipv4-addr:value ISSUBSET '8.8.8.0/24']", "whole range 8.8.8.0/24"},
		{"address and port", "", "8.8.8.8:443", "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '8.8.8.8' AND network-traffic:dst_port = 443]", ""},
		{"IPv6 and port", "", "[2a00:1450::8]:443", "[network-traffic:dst_ref.type = 'ipv6-addr' AND network-traffic:dst_ref.value = '2a00:1450::8' AND network-traffic:dst_port = 443]", ""},
		{"port out of range", "", "8.8.8.8:99999", "indicators.value", ""},
		{"domain, case folded", "", "Update.Helio-CDN.example.", "[domain-name:value = 'update.helio-cdn.example']", ""},
		{"domain and port", "", "evil.example:8080", "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'evil.example' AND network-traffic:dst_port = 8080]", ""},
		{"IDN becomes its A-label (RFC 5891)", "", "BÜCHER.example", "[domain-name:value = 'xn--bcher-kva.example']", ""},
		{"decomposed letters are the same name", "", "bu\u0308cher.example", "[domain-name:value = 'xn--bcher-kva.example']", ""},
		{"ideographic stops", "", "пример。example", "[domain-name:value = 'xn--e1afmkfd.example']", ""},
		{"one word is no domain", "", "localhost", "indicators.value", ""},
		{"a sentence is no domain", "", "see the report.", "indicators.value", ""},
		{"a file name is no domain", "", "invoice.exe", "indicators.value", ""},
		{"unless its type says so", "filename", "invoice.exe", "[file:name = 'invoice.exe']", ""},
		{"URL, scheme and host folded, path not", "", "HTTP://Evil.example/Gate.php?A=B#f", "[url:value = 'http://evil.example/Gate.php?A=B#f']", ""},
		{"URL of a private address", "", "http://192.168.0.1/x", "[url:value = 'http://192.168.0.1/x']", "private or reserved"},
		{"URL without host", "", "http:///x", "indicators.value", ""},
		{"URL without scheme", "", "evil.example/a", "[url:value = 'http://evil.example/a' OR url:value = 'https://evil.example/a']", "no scheme"},
		{"path", "", "/cache.php?increasing=", "[network-traffic:extensions.'http-request-ext'.request_value = '/cache.php?increasing=']", "without a host"},
		{"quote in a value", "", "http://evil.example/a'b", `[url:value = 'http://evil.example/a\'b']`, ""},
		{"MD5", "", "D41D8CD98F00B204E9800998ECF8427E", "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']", ""},
		{"SHA-1", "", strings.Repeat("a", 40), "[file:hashes.'SHA-1' = '" + strings.Repeat("a", 40) + "']", ""},
		{"SHA-256", "sha256", strings.Repeat("A", 64), "[file:hashes.'SHA-256' = '" + strings.Repeat("a", 64) + "']", ""},
		{"SHA-512", "FileHash-SHA512", "x", "indicators.type", ""},
		{"hash of another length", "md5", "abc", "indicators.value", ""},
		{"mailbox: only the domain has no case (RFC 5321)", "", "Billing@EVIL.example", "[email-addr:value = 'Billing@evil.example']", ""},
		{"mutex by type only", "mutex", `Global\[.]x`, `[mutex:name = 'Global\\[.]x']`, ""},
		{"registry key", "regkey", `HKEY_CURRENT_USER\Run`, `[windows-registry-key:key = 'HKEY_CURRENT_USER\\Run']`, ""},
		{"MAC address", "mac", "00-11-22-AA-BB-CC", "[mac-addr:value = '00:11:22:aa:bb:cc']", ""},
		{"AS number", "ASN", "AS64500", "[autonomous-system:number = 64500]", ""},
		{"type and value disagree", "domain", "8.8.8.8", "indicators.value", ""},
		{"unknown type", "yara", "rule x {}", "indicators.type", ""},
		{"nothing", "", "", "indicators.value", ""},
		{"hxxp and [.]", "", "hXXps://evil[.]example/a", "[url:value = 'https://evil.example/a']", ""},
		{"[://]", "", "hxxp[://]evil(.)example", "[url:value = 'http://evil.example']", ""},
		{"(dot)", "", "evil(dot)example", "[domain-name:value = 'evil.example']", ""},
		{"[@] and [dot]", "", "a[@]evil[dot]example", "[email-addr:value = 'a@evil.example']", ""},
		{"8[.]8", "", "8[.]8[.]8[.]8", "[ipv4-addr:value = '8.8.8.8']", ""},
		{"a real IPv6 host keeps its brackets", "", "http://[2a00:1450::8]/x", "[url:value = 'http://[2a00:1450::8]/x']", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, err := read(c.typ, c.in)
			if err != nil {
				if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != c.want || f.Next == "" {
					t.Fatalf("got %v, want %s", err, c.want)
				}
				return
			}
			if got := v.pattern(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if _, err := pattern.Parse(v.pattern()); err != nil {
				t.Error(err)
			}
			if !strings.Contains(v.warning, c.warns) || (c.warns == "") != (v.warning == "") {
				t.Errorf("warns %q, want %q", v.warning, c.warns)
			}
		})
	}
}

// TestPunycode has samples of RFC 3492, section 7.1, and of RFC 5891.
func TestPunycode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ليهمابتكلموشعربي؟":            "egbpdaj6bu4bxfgehfvwxn",
		"他们为什么不说中文":                    "ihqwcrb4cv8a8dqg056pqjye",
		"pročprostěnemluvíčesky":       "proprostnemluvesky-uyb24dma41a",
		"почемужеонинеговорятпорусски": "b1abfaaepdrnnbgefbadotcwatmq2g4l",
		"3年b組金八先生":                     "3b-ww4c5e180e575a65lsy2b",
		"bücher":                       "bcher-kva",
	} {
		if got := punycode([]rune(in)); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// TestIs tells lists from everything else that is imported.
func TestIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"text", "# by us\n\nevil.example\n8.8.8.8\n", true},
		{"one value", "evil.example", true},
		{"byte order mark", "\ufeffevil.example", true},
		{"some lines are bad", "evil.example\nwhat is this\n8.8.8.8\n", true},
		{"most lines are bad", "evil.example\nwhat is\nthis about\n", false},
		{"the first is bad", "what is this\nevil.example\nevil.example\n", false},
		{"header", "indicator,comment\n", true},
		{"header of a spreadsheet", "Type;Value;TLP\n", true},
		{"header in a comment", "# \"first_seen_utc\",\"ioc_value\"\n", true},
		{"a word in a comment is no header", "# value\nhello there\n", false},
		{"CSV of something else", "host,owner\nevil.example,us\n", false},
		{"STIX", `{"type":"bundle"}`, false},
		{"a list in JSON", `["evil.example"]`, false},
		{"garbage", "\x00\x01\x02evil.example", false},
		{"not UTF-8", "evil.example\n\xff\n", false},
		{"prose", "Dear colleagues,\nplease block evil.example.\n", false},
		{"a file name", "package.json", false},
		{"nothing", "", false},
		{"comments only", "# nothing\n", false},
	} {
		if got := Is([]byte(c.in)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// outcome lists what became of a document, line by line.
func outcome(t *testing.T, in string) []string {
	t.Helper()
	b, err := Parse([]byte(in))
	if err != nil {
		return []string{fault.CodeOf(err)}
	}
	var out []string
	for _, a := range b.Accepted {
		warnings := []string{a.Pointer + " " + a.Object.Tree.GetText("pattern")}
		for _, w := range a.Warnings {
			warnings = append(warnings, "("+w.Detail+")")
		}
		out = append(out, strings.Join(warnings, " "))
	}
	for _, r := range b.Rejected {
		out = append(out, r.Pointer+" "+r.Code+" "+string(r.Raw))
	}
	return out
}

// TestZ8OddListsCostTheirOddLines reads lists that are broken or hostile.
func TestZ8OddListsCostTheirOddLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"comments, blank lines, CRLF", "# x\r\n\r\nevil.example # seen today\r\n", []string{"/3 [domain-name:value = 'evil.example']"}},
		{"a fragment is no comment", "http://evil.example/#a", []string{"/1 [url:value = 'http://evil.example/#a']"}},
		{"a bad line", "evil.example\n???\n8.8.8.8", []string{"/1 [domain-name:value = 'evil.example']", "/3 [ipv4-addr:value = '8.8.8.8']", "/2 indicators.value ???"}},
		{"twice the same", "evil.example\nEVIL.example", []string{"/1 [domain-name:value = 'evil.example'] (the same is at /2)"}},
		{"twice, not the same", "value,comment\nevil.example,a\nevil.example,b", []string{"/2 [domain-name:value = 'evil.example']", "/3 indicators.duplicate evil.example,b"}},
		{"other encodings", "value,comment\nevil.example,caf\xe9\n8.8.8.8,caf\u00e9", []string{"/3 [ipv4-addr:value = '8.8.8.8']", "/2 indicators.encoding evil.example,caf\xe9"}},
		{"NUL", "evil.example\n8.8.\x008.8", []string{"/1 [domain-name:value = 'evil.example']", "/2 indicators.encoding 8.8.\x008.8"}},
		{"a quote that never ends", "value,comment\n8.8.8.8,\"x\nevil.example,b\n", []string{"/3 [domain-name:value = 'evil.example']", "/2 indicators.quotes 8.8.8.8,\"x"}},
		{"a quote in the middle", "value,comment\n8.8.8.8,a\"b\"\nevil.example,b\n", []string{"/3 [domain-name:value = 'evil.example']", "/2 indicators.quotes 8.8.8.8,a\"b\""}},
		{"a cell of two lines", "value,comment\n8.8.8.8,\"two\nlines\"\nevil.example,b\n", []string{"/2 [ipv4-addr:value = '8.8.8.8']", "/4 [domain-name:value = 'evil.example']"}},
		{
			"a quote that ends too late", "value,comment\n8.8.8.8,\"x" + strings.Repeat("\n", maxBreaks+1) + "\"\nevil.example,b\n",
			[]string{"/68 [domain-name:value = 'evil.example']", "/2 indicators.quotes 8.8.8.8,\"x", "/67 indicators.quotes \""},
		},
		{"a comment in a CSV", "value,comment\n#,\"x\nevil.example,b\n", []string{"/3 [domain-name:value = 'evil.example']"}},
		{"10⁵ columns", "value" + strings.Repeat(",x", 25_000) + "\n", []string{"indicators.columns"}},
		{"10⁵ cells", "value,comment\nevil.example" + strings.Repeat(",", 30_000), []string{"/2 indicators.columns evil.example" + strings.Repeat(",", 30_000)}},
		{"a long line", "evil.example\n" + strings.Repeat("a", maxLine+1), []string{"/1 [domain-name:value = 'evil.example']", "/2 indicators.line " + strings.Repeat("a", maxLine+1)}},
		{"formulas are values like others", "value,comment\n=cmd|' /C calc'!A0,x\nevil.example,=1+1", []string{"/3 [domain-name:value = 'evil.example']", "/2 indicators.value =cmd|' /C calc'!A0,x"}},
		{"short rows", "type,value,comment\ndomain,evil.example", []string{"/2 [domain-name:value = 'evil.example']"}},
		{"a label nobody can read", "value,tlp\nevil.example,purple", []string{"/2 indicators.cell evil.example,purple"}},
		{"a time nobody can read", "value,valid_from\nevil.example,yesterday", []string{"/2 indicators.cell evil.example,yesterday"}},
		{"valid until before from", "value,valid_from,valid_until\nevil.example,2026-02-01,2026-01-01", []string{"/2 stix.order evil.example,2026-02-01,2026-01-01"}},
		{"too much confidence", "value,confidence\nevil.example,101", []string{"/2 indicators.cell evil.example,101"}},
		{"header in a comment, blanks before quotes", "# \"first_seen_utc\", \"ioc_value\"\n\"2026-01-01 00:00:00\", \"evil.example\"", []string{"/2 [domain-name:value = 'evil.example']"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, outcome(t, c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRowIsTheWholeIndicator has every column, and the same bytes make the same
// object.
func TestRowIsTheWholeIndicator(t *testing.T) {
	t.Parallel()
	in := "Type;Indicator;Description;valid_from;valid_until;last_seen;Confidence;Tags;TLP;Name\n" +
		"domain;evil[.]example;beacon;2026-11-01;2026-12-01T00:00:00Z;2026-11-20 10:00:00;high;c2, nightjar;TLP:AMBER+STRICT;Nightjar\n"
	b, err := Parse([]byte(in))
	if err != nil || len(b.Accepted) != 1 {
		t.Fatal(err, b.Rejected)
	}
	want := `{"type":"indicator","spec_version":"2.1","id":"indicator--` + stix.NameUUID(namespace, "domain evil.example") + `","created":"2026-11-01T00:00:00.000Z","modified":"2026-11-20T10:00:00.000Z",` +
		`"name":"Nightjar","description":"beacon","pattern":"[domain-name:value = 'evil.example']","pattern_type":"stix","pattern_version":"2.1",` +
		`"valid_from":"2026-11-01T00:00:00.000Z","valid_until":"2026-12-01T00:00:00.000Z","labels":["c2","nightjar"],` +
		`"object_marking_refs":["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"],"confidence":85}`
	o := b.Accepted[0].Object
	if diff := cmp.Diff(want, string(o.Raw)); diff != "" {
		t.Error(diff)
	}
	if got := string(o.Upgraded.Raw); got != strings.Split(in, "\n")[1] {
		t.Errorf("beside it is %q", got)
	}
	again, _ := Parse([]byte(in))
	if again.Accepted[0].Object.Hash != o.Hash {
		t.Error("not the same twice")
	}
}

func objectsOf(t *testing.T, docs ...string) []*intel.Object {
	t.Helper()
	var out []*intel.Object
	for _, d := range docs {
		o, _, err := stix.ParseObject([]byte(d))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

func indicator(uuid, looksFor, more string) string {
	return `{"type":"indicator","spec_version":"2.1","id":"indicator--` + uuid + `","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z","pattern":"` +
		looksFor + `","pattern_type":"stix","valid_from":"2026-11-20T10:00:00Z"` + more + `}`
}

// TestWrite lists what is a single value, and says what is not.
func TestWrite(t *testing.T) {
	t.Parallel()
	const a = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3"
	w := Write(objectsOf(t,
		indicator(a+"1", "[domain-name:value = 'evil.example' OR ipv4-addr:value ISSUBSET '8.8.8.0/24']", `,"confidence":85,"labels":["c2","x"],"name":"Nightjar","object_marking_refs":["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]`),
		indicator(a+"2", "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '8.8.8.8' AND network-traffic:dst_port = 443]", ""),
		indicator(a+"3", "[file:name = 'a.exe' AND file:size = 4]", ""),
		indicator(a+"4", "[domain-name:value = 'a.example' OR domain-name:value LIKE '%.b.example']", ""),
		indicator(a+"5", "[domain-name:value = 'gone.example']", `,"revoked":true`),
		indicator(a+"6", "[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']", ""),
		`{"type":"file","id":"file--`+a+`7","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"},"name":"a.exe"}`,
		`{"type":"autonomous-system","id":"autonomous-system--`+a+`8","number":64500}`,
		`{"type":"malware","spec_version":"2.1","id":"malware--`+a+`9","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z","name":"x","is_family":false}`,
	))
	want := strings.Join([]string{
		"id,type,value,valid_from,valid_until,confidence,labels,tlp,name",
		"indicator--" + a + "1,domain,evil.example,2026-11-20T10:00:00Z,,85,c2;x,amber,Nightjar",
		"indicator--" + a + "1,cidr,8.8.8.0/24,2026-11-20T10:00:00Z,,85,c2;x,amber,Nightjar",
		"indicator--" + a + "2,ip:port,8.8.8.8:443,2026-11-20T10:00:00Z,,,,,",
		"indicator--" + a + "4,domain,a.example,2026-11-20T10:00:00Z,,,,,",
		"file--" + a + "7,md5,d41d8cd98f00b204e9800998ecf8427e,,,,,,a.exe",
		"autonomous-system--" + a + "8,asn,64500,,,,,,",
	}, "\r\n") + "\r\n"
	if diff := cmp.Diff(want, string(w.Document)); diff != "" {
		t.Error(diff)
	}
	left := []string{"indicator--" + a + "3", "indicator--" + a + "4", "indicator--" + a + "5", "indicator--" + a + "6", "malware--" + a + "9"}
	if diff := cmp.Diff(left, w.Left); diff != "" {
		t.Error(diff)
	}
}

// TestH9FormulasAreNeutralisedAndComeBack writes names that a spreadsheet would
// run (OWASP, CSV injection), and reads them back as they were.
func TestH9FormulasAreNeutralisedAndComeBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "'=1", "''=1", "'quoted'", "plain", `with "quotes", commas`, "two\nlines",
	} {
		o := objectsOf(t, indicator("8e2e2d2b-17d4-4cbf-938f-98ee46b3cd31", "[domain-name:value = 'evil.example']", ""))
		o[0].Tree.SetText("name", name)
		doc := string(Write(o).Document)
		_, row, _ := strings.Cut(doc, "\r\n")
		cells, err := split(strings.TrimSuffix(row, "\r\n"), ',')
		if err != nil {
			t.Fatal(err)
		}
		cell := cells[len(cells)-1]
		if strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.HasPrefix(cell, "＝") {
			t.Errorf("%q is written as %q", name, cell)
		}
		if got := revive(cell); got != name {
			t.Errorf("%q comes back as %q", name, got)
		}
		b, err := Parse([]byte(doc))
		if err != nil || len(b.Accepted) != 1 || b.Accepted[0].Object.Tree.GetText("name") != strings.TrimSpace(name) {
			t.Errorf("%q: %v %+v", name, err, b)
		}
	}
}

// TestWrittenListIsRead reads back what was written: the same patterns.
func TestWrittenListIsRead(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/every.csv")
	if err != nil {
		t.Fatal(err)
	}
	first, err := Parse(src)
	if err != nil || len(first.Rejected) > 0 {
		t.Fatal(err, first.Rejected)
	}
	var objects []*intel.Object
	for _, a := range first.Accepted {
		objects = append(objects, a.Object)
	}
	w := Write(objects)
	if len(w.Left) > 0 {
		t.Errorf("left %v", w.Left)
	}
	second, err := Parse(w.Document)
	if err != nil || len(second.Rejected) > 0 || len(second.Accepted) != len(first.Accepted) {
		t.Fatal(err, second.Rejected, len(second.Accepted))
	}
	for i, a := range second.Accepted {
		if got, want := a.Object.Tree.GetText("pattern"), objects[i].Tree.GetText("pattern"); got != want || a.Object.ID != objects[i].ID {
			t.Errorf("got %s %s, want %s %s", a.Object.ID, got, objects[i].ID, want)
		}
	}
}
