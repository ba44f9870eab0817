package indicators

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"entente/intel"
)

// TestMaltrailCorpus reads real lists: each line with a value is an indicator
// or is set aside with its number, and all are listed again.
func TestMaltrailCorpus(t *testing.T) {
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the lists are not here")
	}
	files, err := filepath.Glob(filepath.Join(shared, "corpus", "iocs", "maltrail", "*.txt.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal("no lists", err)
	}
	accepted, rejected := 0, 0
	for _, name := range files {
		src := unpacked(t, name)
		if !Is(src) {
			t.Errorf("%s is not known as a list", name)
		}
		b, err := Parse(src)
		if err != nil {
			t.Fatal(name, err)
		}
		var objects []*intel.Object
		for _, a := range b.Accepted {
			objects = append(objects, a.Object)
		}
		for _, r := range b.Rejected {
			t.Logf("%s %s %s %s", filepath.Base(name), r.Pointer, r.Code, r.Raw)
		}
		accepted, rejected = accepted+len(b.Accepted), rejected+len(b.Rejected)
		if w := Write(objects); len(w.Left) > 0 {
			t.Errorf("%s: not listed again: %v", name, w.Left[0])
		}
	}
	t.Logf("%d indicators, %d lines set aside", accepted, rejected)
	if rejected*1000 > accepted {
		t.Errorf("more than one line in a thousand is set aside: %d of %d", rejected, accepted+rejected)
	}
}

func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
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
