package veris

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// TestCommunityDatabaseCorpus takes in a reduced copy of the VERIS Community
// Database: no incident fails, and each comes out as it was but for the order
// of its members.
func TestCommunityDatabaseCorpus(t *testing.T) {
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the incidents are not here")
	}
	f, err := os.Open(filepath.Join(shared, "corpus", "incidents", "vcdb-2018-reduced.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	src, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if !Is(src) {
		t.Error("the database is not known as VERIS")
	}
	made := parse(t, src)
	w := Write(made)
	if len(w.Left) > 0 {
		t.Errorf("left %d, the first is %s", len(w.Left), w.Left[0])
	}
	items, err := stix.Items(bytes.TrimSpace(w.Document))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(src), []byte("\n"))
	equal := 0
	for i, it := range items {
		got, err := strictjson.Canonical(it.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) == canonical(t, lines[i]) {
			equal++
		} else {
			t.Errorf("%s became %s", lines[i], got)
		}
	}
	t.Logf("%d of %d incidents equal, %d objects", equal, len(lines), len(made))
	if equal != len(lines) {
		t.Error("not all incidents come back")
	}
}
