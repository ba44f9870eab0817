package exchange_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/exchange"
	"entente/intel"
)

// TestCorpusImports brings every published bundle into a node: each object is
// accounted for, nothing fails whole, and a second import changes nothing.
func TestCorpusImports(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED does not name the folder that holds corpus/; `make corpus` does")
	}
	f := newFederation(t, aurelia, borealis)
	clear := intel.Clear
	for _, pattern := range []string{"corpus/stix21/bundles/*", "corpus/stix21/sco-examples-bundle.json", "corpus/stix20/*", "corpus/misp/golden-events/*stix21*"} {
		files, err := filepath.Glob(filepath.Join(shared, pattern))
		must(t, err)
		if len(files) == 0 {
			t.Errorf("%s matches nothing", pattern)
		}
		for _, file := range files {
			req := exchange.ImportRequest{Data: unpacked(t, file), Source: filepath.Base(file), Assign: &clear}
			first, err := f.nodes[aurelia].Import(t.Context(), req)
			if err != nil {
				t.Errorf("%s: %v", req.Source, err)
				continue
			}
			if got := first.New + first.Updated + first.Unchanged + first.Quarantined; got != len(first.Objects) || got == 0 {
				t.Errorf("%s: %d objects, %d accounted for", req.Source, len(first.Objects), got)
			}
			for _, l := range first.Objects {
				if l.Result == exchange.ResultQuarantined && (l.Code == "" || l.Next == "") {
					t.Errorf("%s %s is quarantined without a reason: %+v", req.Source, l.Pointer, l)
				}
			}
			second, err := f.nodes[aurelia].Import(t.Context(), req)
			must(t, err)
			if second.New+second.Updated != 0 {
				t.Errorf("%s: a second import found %d new and %d updated", req.Source, second.New, second.Updated)
			}
			t.Logf("%-55s %6d new %5d updated %5d unchanged %4d quarantined", req.Source, first.New, first.Updated, first.Unchanged, first.Quarantined)
		}
	}
	rep, err := f.nodes[aurelia].VerifyLog(t.Context())
	must(t, err)
	if rep.FirstBad >= 0 {
		t.Errorf("the log breaks at %d: %s", rep.FirstBad, rep.Problem)
	}
}

func unpacked(t *testing.T, file string) []byte {
	t.Helper()
	in, err := os.Open(file)
	must(t, err)
	defer in.Close()
	var r io.Reader = in
	if strings.HasSuffix(file, ".gz") {
		r, err = gzip.NewReader(in)
		must(t, err)
	}
	b, err := io.ReadAll(r)
	must(t, err)
	return b
}
