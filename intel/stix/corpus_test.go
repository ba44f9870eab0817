package stix_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// shared returns the folder of the larger corpora, which is not part of the
// repository.
func shared(tb testing.TB) string {
	tb.Helper()
	root := os.Getenv("ENTENTE_SHARED")
	if root == "" {
		tb.Skip("set ENTENTE_SHARED to the folder that holds corpus/ to read whole real bundles")
	}
	return root
}

func readCorpus(tb testing.TB, path string) []byte {
	tb.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return src
	}
	z, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		tb.Fatal(err)
	}
	src, err = io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

// TestCorpusIsAccountedFor reads every real bundle there is and checks that
// each object is in the account once, with the bytes it came with.
func TestCorpusIsAccountedFor(t *testing.T) {
	t.Parallel()
	root := shared(t)
	var files []string
	for _, pattern := range []string{"stix21/bundles/*.json*", "stix21/sco-examples-bundle.json", "stix20/*.json.gz", "misp/golden-events/*.stix21.json.gz"} {
		found, err := filepath.Glob(root + "/corpus/" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: nothing, %v", pattern, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			account(t, readCorpus(t, file))
		})
	}
}

func account(t *testing.T, src []byte) {
	t.Helper()
	b, err := stix.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	want := elementsOf(t, src)
	warnings, seen := map[string]int{}, map[string]bool{}
	same := func(pointer string, raw []byte) {
		seen[pointer] = true
		if string(raw) != want[pointer] {
			t.Errorf("%s: the bytes are not those of the document", pointer)
		}
	}
	for _, a := range b.Accepted {
		raw := a.Object.Raw
		if a.Object.Upgraded != nil {
			raw = a.Object.Upgraded.Raw
		}
		same(a.Pointer, raw)
		for _, w := range a.Warnings {
			code, _, _ := strings.Cut(w.Detail, ":")
			warnings[code]++
		}
	}
	for i, r := range b.Rejected {
		same(r.Pointer, r.Raw)
		if i < 5 {
			t.Logf("rejected %s %s %s: %s", r.Pointer, r.ID, r.Code, r.Detail)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d objects in the document, %d in the account", len(want), len(seen))
	}
	t.Logf("%d accepted, %d rejected", len(b.Accepted), len(b.Rejected))
	for _, code := range slices.Sorted(maps.Keys(warnings)) {
		t.Logf("warned %d times of %s", warnings[code], code)
	}
}

// TestValidPatternsAreAccepted checks that no indicator is lost for a pattern of
// the two OASIS test suites that they take.
func TestValidPatternsAreAccepted(t *testing.T) {
	t.Parallel()
	folder := shared(t) + "/corpus/patterns/"
	var patterns []string
	for line := range bytes.Lines(readCorpus(t, folder+"syntax.jsonl")) {
		if row := tree(t, string(bytes.TrimSpace(line))); row.Get("valid").Bool {
			patterns = append(patterns, row.Get("pattern").Text)
		}
	}
	for _, c := range tree(t, string(readCorpus(t, folder+"matching.json"))).Get("cases").Items {
		if c.Get("matched") != nil {
			patterns = append(patterns, c.Get("pattern").Text)
		}
	}
	for _, p := range patterns {
		quoted := string(strictjson.Append(nil, &strictjson.Value{Kind: strictjson.String, Text: p}))
		src := strings.Replace(indicator(""), `"[ipv4-addr:value = '198.51.100.3']"`, quoted, 1)
		if _, _, err := stix.ParseObject([]byte(src)); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	t.Logf("%d patterns", len(patterns))
}

// elementsOf returns the text of each object of a document by its pointer.
func elementsOf(t *testing.T, src []byte) map[string]string {
	t.Helper()
	tree, err := strictjson.Parse(src, strictjson.Limits{Bytes: len(src), Tokens: len(src)})
	if err != nil {
		t.Fatal(err)
	}
	list, prefix := &tree, ""
	if objects := tree.Get("objects"); objects != nil {
		list, prefix = objects, "/objects"
	}
	if list.Kind != strictjson.Array {
		return map[string]string{"": string(src[tree.Start:tree.End])}
	}
	found := map[string]string{}
	for i, item := range list.Items {
		found[prefix+strictjson.Pointer(strconv.Itoa(i))] = string(src[item.Start:item.End])
	}
	return found
}

func BenchmarkParse(b *testing.B) {
	src := readCorpus(b, shared(b)+"/corpus/stix21/bundles/ics-attack-18.1.json.gz")
	objects := 0
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		bundle, err := stix.Parse(src)
		if err != nil {
			b.Fatal(err)
		}
		objects += len(bundle.Accepted) + len(bundle.Rejected)
	}
	b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
}
