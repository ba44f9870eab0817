package indicators

import (
	"os"
	"testing"

	"entente/intel"
	"entente/intel/stix"
)

// FuzzParse reads anything as a list. Whatever comes out keeps the rules of
// STIX, is the same each time, and can be listed and read again.
func FuzzParse(f *testing.F) {
	every, err := os.ReadFile("testdata/every.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(every)
	for _, seed := range []string{
		"# x\nevil.example # y\n8.8.8.8:443\n", "value;tlp\n\"evil.example\n8.8.8.8;red\n", "\ufeffioc\t type\n=1\tmd5\n", "value\nпример。example\n", "a\\.example/'\n", "h**p://[::1]:1/\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		Is(src)
		b, err := Parse(src)
		if err != nil {
			return
		}
		var objects []*intel.Object
		for _, a := range b.Accepted {
			if _, _, err := stix.ParseObject(a.Object.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, a.Object.Raw)
			}
			objects = append(objects, a.Object)
		}
		again, _ := Parse(src)
		if len(again.Accepted) != len(b.Accepted) || len(again.Rejected) != len(b.Rejected) {
			t.Fatal("not the same twice")
		}
		back, err := Parse(Write(objects).Document)
		if err != nil || len(back.Rejected) > 0 {
			t.Fatalf("what was written is not read: %v %+v", err, back.Rejected)
		}
	})
}
