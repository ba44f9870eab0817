package stix_test

import (
	"bytes"
	"os"
	"testing"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// corpusFiles are the objects of two other test suites with the verdict of the
// OASIS validator, MUST rules only; see testdata/LICENSE.
var corpusFiles = []string{"testdata/objects-validator-tests.jsonl", "testdata/objects-python-stix2-tests.jsonl"}

// TestAgreesWithTheOASISValidator compares verdicts object by object. Each
// disagreement is a line of testdata/disagreements.txt with its explanation;
// one without a line and a line without one both fail.
func TestAgreesWithTheOASISValidator(t *testing.T) {
	t.Parallel()
	explained := disagreements(t)
	agreed := 0
	for _, file := range corpusFiles {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(src) {
			row, err := strictjson.Parse(bytes.TrimSpace(line), strictjson.Default())
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			verdict := row.Get("must_valid")
			if verdict.Kind != strictjson.Bool {
				continue // the validator crashed
			}
			id, object := row.Get("id").Text, row.Get("object")
			ours, reasons := valid(line[object.Start:object.End])
			explanation, listed := explained[id]
			delete(explained, id)
			switch {
			case ours == verdict.Bool && listed:
				t.Errorf("%s: agrees, and is listed as a disagreement", id)
			case ours == verdict.Bool:
				agreed++
			case !listed || explanation == "":
				t.Errorf("%s: validator %v %s, we %v %v: %s", id, verdict.Bool, must(&row), ours, reasons, line[object.Start:object.End])
			}
		}
	}
	for id := range explained {
		t.Errorf("%s is listed as a disagreement and is not in the corpus", id)
	}
	t.Logf("agreed on %d", agreed)
}

func must(row *strictjson.Value) string {
	return string(strictjson.Append(nil, row.Get("must_errors")))
}

func valid(raw []byte) (ok bool, reasons []string) {
	b, err := stix.Parse(raw)
	if err != nil {
		return false, []string{err.Error()}
	}
	for _, r := range b.Rejected {
		reasons = append(reasons, r.Code+" "+r.Pointer+" "+r.Detail)
	}
	return len(reasons) == 0, reasons
}

// disagreements reads "id<TAB>explanation" lines.
func disagreements(t *testing.T) map[string]string {
	t.Helper()
	src, err := os.ReadFile("testdata/disagreements.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range bytes.Lines(src) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		id, explanation, _ := bytes.Cut(line, []byte("\t"))
		found[string(id)] = string(bytes.TrimSpace(explanation))
	}
	return found
}
