package csaf

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/intel/stix"
)

// TestPublishedAdvisoriesCorpus converts every published document: advisories
// without a rest, all others refused with what they are.
func TestPublishedAdvisoriesCorpus(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the corpus of CSAF documents is not here")
	}
	root, advisories, others := filepath.Join(shared, "corpus/csaf/2.0"), 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src := unpacked(t, path)
		if !Is(src) {
			t.Errorf("%s is not known", path)
		}
		b, err := Parse(src)
		if !strings.Contains(path, "/csaf/2.0/csaf/") {
			others++
			if err == nil {
				t.Errorf("%s is taken for an advisory", path)
			}
			return nil
		}
		advisories++
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		for _, r := range b.Rejected {
			t.Errorf("%s: %s %s %s", filepath.Base(path), r.Pointer, r.Code, r.Detail)
		}
		if len(b.Rejected) == 0 {
			checkBundle(t, src, b)
			t.Logf("%s: %d objects, %v", filepath.Base(path), len(b.Accepted), b.Accepted[len(b.Accepted)-1].Warnings)
		}
		return nil
	})
	if err != nil || advisories != 19 || others != 8 {
		t.Errorf("%d advisories, %d others, %v", advisories, others, err)
	}
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// checkBundle holds what every conversion promises: valid objects, references
// that end in the bundle, the document beside the report only, the same twice.
func checkBundle(t *testing.T, src []byte, b stix.Bundle) {
	t.Helper()
	ids := map[string]bool{}
	for _, a := range b.Accepted {
		if ids[a.Object.ID] {
			t.Errorf("%s is there twice", a.Object.ID)
		}
		ids[a.Object.ID] = true
		_, warnings, err := stix.ParseObject(a.Object.Raw)
		if err != nil {
			t.Errorf("%s: %v", a.Object.ID, err)
		}
		for _, w := range warnings {
			if !strings.HasPrefix(w.Detail, "stix.sco-claim") {
				t.Errorf("%s: %s %s", a.Object.ID, w.Pointer, w.Detail)
			}
		}
		if has := a.Object.Upgraded != nil; has != (a.Object.Type == "report") || has && !bytes.Equal(a.Object.Upgraded.Raw, src) {
			t.Errorf("%s: the document beside it: %v", a.Object.ID, has)
		}
	}
	for _, a := range b.Accepted {
		for _, r := range a.Object.Refs {
			if !ids[r.ID] && !stix.WellKnownMarking(r.ID) {
				t.Errorf("%s refers to %s, which is not there", a.Object.ID, r.ID)
			}
		}
	}
	again, err := Parse(src)
	if err != nil || len(again.Accepted) != len(b.Accepted) {
		t.Fatalf("again: %d objects, %v", len(again.Accepted), err)
	}
	for i, a := range again.Accepted {
		if !bytes.Equal(a.Object.Raw, b.Accepted[i].Object.Raw) {
			t.Errorf("%s is another the second time", a.Object.ID)
		}
	}
}
