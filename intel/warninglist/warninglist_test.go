package warninglist_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/intel/atom"
	"entente/intel/warninglist"
	"entente/internal/fault"
)

func list(t testing.TB, kind, attributes string, entries ...string) *warninglist.List {
	t.Helper()
	l, err := warninglist.Parse(fmt.Appendf(nil, `{"name":"A list","version":3,"description":"d","type":%q,"matching_attributes":[%s],"list":["%s"]}`, kind, attributes, strings.Join(entries, `","`)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLists(t *testing.T) {
	t.Parallel()
	cidr := list(t, "cidr", `"ip-src","domain|ip"`, "198.51.100.0/24", "2001:db8::/32", "203.0.113.9")
	hosts := list(t, "hostname", `"hostname","url","ip-dst"`, ".google.example", "Bank.example.")
	names := list(t, "string", ``, "8.8.8.8", strings.Repeat("AB", 16), "Setup.EXE")
	parts := list(t, "substring", `"domain"`, "mailinator", "Temp-")
	expressions := list(t, "regex", `"email-src"`, `/^(noc|abuse)\\@.*\\..*$/i`)
	for _, c := range []struct {
		list  *warninglist.List
		kind  atom.Kind
		value string
		want  bool
	}{
		{cidr, atom.Address, "198.51.100.7", true},
		{cidr, atom.Address, "198.51.101.7", false},
		{cidr, atom.Address, "2001:db8:1::1", true},
		{cidr, atom.Address, "203.0.113.9", true},
		{cidr, atom.Range, "198.51.100.128/25", true},
		{cidr, atom.Range, "198.51.0.0/16", false}, // only a part of it is on the list
		{cidr, atom.Domain, "evil.example", false},
		{hosts, atom.Domain, "google.example", true},
		{hosts, atom.Domain, "mail.google.example", true},
		{hosts, atom.Domain, "notgoogle.example", false},
		{hosts, atom.Domain, "bank.example", true},
		{hosts, atom.Domain, "example", false},
		{hosts, atom.URL, "https://u:p@www.bank.example:8443/x?y", true},
		{hosts, atom.URL, "https://evil.example/bank.example", false},
		{hosts, atom.Email, "x@bank.example", false}, // not meant for addresses of mail
		{names, atom.Address, "8.8.8.8", true},
		{names, atom.Hash, strings.Repeat("ab", 16), true},
		{names, atom.FileName, "setup.exe", true},
		{names, atom.Address, "8.8.8.80", false},
		{parts, atom.Domain, "x.mailinator.example", true},
		{parts, atom.Domain, "temp-mail.example", true},
		{parts, atom.URL, "https://mailinator.example", false},
		{expressions, atom.Email, "NOC@evil.example", true},
		{expressions, atom.Email, "eve@evil.example", false},
	} {
		if got := c.list.Has(atom.Atom{Kind: c.kind, Value: c.value}); got != c.want {
			t.Errorf("%s list, %s %s: %v", c.list.Type, c.kind, c.value, got)
		}
	}
	if cidr.ID != "a-list" || cidr.Name != "A list" || cidr.Version != 3 || cidr.Entries != 3 {
		t.Errorf("%+v", cidr)
	}
}

func TestBadEntriesCostThemselves(t *testing.T) {
	t.Parallel()
	l := list(t, "cidr", "", "198.51.100.0/24", "198.51.100.0/33", "nonsense", "")
	if l.Entries != 1 || l.Rejected != 3 || len(l.Because) != 3 || l.Because[0] != "/list/1 is no address and no range of addresses" {
		t.Errorf("%d in use, %d not, because %v", l.Entries, l.Rejected, l.Because)
	}
	l = list(t, "regex", "", "fine", `(?=look)ahead`, `(a)\\1`, "("+strings.Repeat("a", 600)+")")
	if l.Entries != 1 || l.Rejected != 3 {
		t.Errorf("%d in use, %d not, because %v", l.Entries, l.Rejected, l.Because)
	}
}

func TestWhatIsNoList(t *testing.T) {
	t.Parallel()
	for doc, why := range map[string]string{
		``: "not JSON", `{"name":"a","name":"b"}`: "not JSON", `[]`: "no name", `{"name":"—","type":"string","list":["a"]}`: "no name",
		`{"name":"a","type":"magic","list":["a"]}`: `type "magic"`, `{"name":"a","type":"string"}`: "no list", `{"name":"a","type":"cidr","list":["x"]}`: "none of its 1 entries",
		`{"name":"a","type":"string","list":[1,{}]}`: "none of its 2 entries",
	} {
		_, err := warninglist.Parse([]byte(doc))
		if fault.KindOf(err) != fault.Invalid || fault.CodeOf(err) != "warninglist.malformed" || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", doc, err, why)
		}
	}
}

// TestWarninglistsCorpus loads every published list.
func TestWarninglistsCorpus(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("set ENTENTE_SHARED to the folder that holds corpus/")
	}
	files, err := filepath.Glob(filepath.Join(shared, "corpus/misp/warninglists/*.json.gz"))
	if err != nil || len(files) < 122 {
		t.Fatalf("%d lists: %v", len(files), err)
	}
	ids := map[string]string{}
	documentation := 0
	for _, name := range files {
		l, err := warninglist.Parse(unzipped(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if l.Rejected > l.Entries/20 {
			t.Errorf("%s: %d entries in use, %d not: %v", name, l.Entries, l.Rejected, l.Because)
		}
		if other, twice := ids[l.ID]; twice {
			t.Errorf("%s and %s are both %s", name, other, l.ID)
		}
		ids[l.ID] = name
		if l.Has(atom.Atom{Kind: atom.Address, Value: "198.51.100.7"}) {
			documentation++
			t.Logf("198.51.100.7 is on the list %q", l.Name)
		}
	}
	if documentation == 0 {
		t.Error("an address of RFC 5737 is on no list")
	}
}

func unzipped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzParse: whatever a list says, it is refused or can be asked.
func FuzzParse(f *testing.F) {
	for _, kind := range []string{"string", "substring", "hostname", "cidr", "regex"} {
		f.Add(fmt.Appendf(nil, `{"name":"n","type":%q,"matching_attributes":["ip-src","domain|ip"],"list":["198.51.100.0/24","/a+/i","x.example","\\p{L}"]}`, kind), "198.51.100.7")
	}
	f.Fuzz(func(t *testing.T, b []byte, value string) {
		l, err := warninglist.Parse(b)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Error(err)
			}
			return
		}
		if l.ID == "" || l.Entries == 0 {
			t.Errorf("%+v", l)
		}
		for _, kind := range []atom.Kind{atom.Address, atom.Range, atom.URL, atom.Domain, atom.Email, atom.Hash} {
			l.Has(atom.Atom{Kind: kind, Value: value})
		}
	})
}

// BenchmarkHas asks a list of 35 000 names and one of 8 000 substrings.
func BenchmarkHas(b *testing.B) {
	var names []string
	for i := range 35_000 {
		names = append(names, fmt.Sprintf("host%d.example", i))
	}
	for _, kind := range []string{"hostname", "substring"} {
		l := list(b, kind, "", names[:map[string]int{"hostname": 35_000, "substring": 8000}[kind]]...)
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				l.Has(atom.Atom{Kind: atom.Domain, Value: "a.b.host77777.example"})
			}
		})
	}
}
