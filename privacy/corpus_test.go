package privacy

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"

	"go.yaml.in/yaml/v3"
)

// shared returns the directory of the larger corpora, or skips.
func shared(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("ENTENTE_SHARED")
	if dir == "" {
		tb.Skip("ENTENTE_SHARED is not set: the larger corpora are not part of this repository")
	}
	return dir
}

type labelled struct {
	Text  string `json:"text"`
	Spans []struct {
		Category string `json:"category"`
		Start    int    `json:"start"`
		End      int    `json:"end"`
	} `json:"spans"`
}

// labelOf maps our detectors to the categories of the labelled corpus.
func labelOf(ruleName string) string {
	switch ruleName {
	case textEmail:
		return "EMAIL"
	case textIP:
		return "IP"
	case textPhone:
		return "PHONE"
	case textHandle:
		return "HANDLE"
	case textUserPath:
		return "USERPATH"
	}
	return ruleName
}

// TestDetectorsOnLabelledText measures precision and recall per category. PERSON
// and WALLET have no detector: names are found by the context, which plain text
// lacks, and a wallet is P1, kept by default.
func TestDetectorsOnLabelledText(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(shared(t), "corpus", "pii", "labelled.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	type score struct{ hit, miss, extra int }
	scores := map[string]*score{}
	of := func(c string) *score {
		if scores[c] == nil {
			scores[c] = &score{}
		}
		return scores[c]
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l labelled
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		offsets := byteOffsets(l.Text)
		found := detect(nil, l.Text)
		used := make([]bool, len(found))
		for _, s := range l.Spans {
			hit := false
			for i, g := range found {
				if g.start < offsets[s.End] && g.end > offsets[s.Start] && labelOf(g.rule) == s.Category {
					hit, used[i] = true, true
				}
			}
			if hit {
				of(s.Category).hit++
				continue
			}
			of(s.Category).miss++
			if s.Category != "PERSON" && s.Category != "WALLET" {
				t.Logf("missed %s %q in %.120q", s.Category, l.Text[offsets[s.Start]:offsets[s.End]], l.Text)
			}
		}
		for i, g := range found {
			if !used[i] {
				of(labelOf(g.rule)).extra++
				t.Logf("extra %s %q in %.160q", g.rule, l.Text[g.start:g.end], l.Text)
			}
		}
	}
	for c, s := range scores {
		t.Logf("%-10s precision %.2f recall %.2f (%d found, %d missed, %d extra)", c, ratio(s.hit, s.extra), ratio(s.hit, s.miss), s.hit, s.miss, s.extra)
	}
	for _, c := range []string{"EMAIL", "IP"} {
		if s := of(c); ratio(s.hit, s.miss) < 0.95 || ratio(s.hit, s.extra) < 0.9 {
			t.Errorf("%s: recall %.2f, precision %.2f", c, ratio(s.hit, s.miss), ratio(s.hit, s.extra))
		}
	}
}

func ratio(a, b int) float64 {
	if a+b == 0 {
		return 1
	}
	return float64(a) / float64(a+b)
}

// byteOffsets maps the code point offsets of the corpus to bytes.
func byteOffsets(s string) []int {
	var at []int
	for i := range s {
		at = append(at, i)
	}
	return append(at, len(s))
}

// TestEveryFieldOfTheLawIsCovered reads the sector's list of fields and looks
// each one up in the table.
func TestEveryFieldOfTheLawIsCovered(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(shared(t), "law", "x-personal-data.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var law struct {
		Stix []struct {
			Path string `yaml:"path"`
		} `yaml:"stix"`
	}
	if err := yaml.Unmarshal(raw, &law); err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, line := range law.Stix {
		for path := range strings.SplitSeq(line.Path, ", ") {
			typ, names, _ := strings.Cut(path, ".")
			alternatives := strings.Split(names, "/")
			if names == "" || strings.Contains(path, "free text") {
				typ, alternatives = "", []string{path}
			}
			for _, name := range alternatives {
				full := strings.TrimPrefix(typ+"."+name, ".")
				fields++
				if _, ok := kindOf[full]; !ok && coveredElsewhere[full] == "" {
					t.Errorf("%s has no rule", full)
				}
			}
		}
	}
	if fields < 40 {
		t.Errorf("only %d fields read", fields)
	}
}

func realObjects(tb testing.TB, file string) []*intel.Object {
	tb.Helper()
	f, err := os.Open(filepath.Join(shared(tb), "corpus", "stix21", "bundles", file))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			tb.Fatal(err)
		}
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := stix.Parse(raw)
	if err != nil {
		tb.Fatal(err)
	}
	seen := map[string]bool{}
	var out []*intel.Object
	for _, a := range b.Accepted {
		if !seen[a.Object.ID] {
			out = append(out, a.Object)
		}
		seen[a.Object.ID] = true
	}
	return out
}

// TestRealFeeds: how much of large public feeds is found personal, and that all
// of it can be taken out.
func TestRealFeeds(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"amnesty-pegasus.json.gz", "amnesty-wintego_helios.json.gz", "ics-attack-18.1.json.gz", "attack-flow-example.json", "oasis-infrastructure.json"} {
		objs := realObjects(t, file)
		c := ContextOf(objs)
		count := map[string]int{}
		var its []Item
		var ids []string
		for _, tr := range Catalogue() {
			ids = append(ids, tr.ID)
		}
		for _, o := range objs {
			fs := c.Find(o)
			for _, f := range fs {
				count[string(f.Category)+" "+f.Rule]++
			}
			its = append(its, Item{Object: o, Findings: fs, Transforms: ids})
		}
		form, err := Build(its, Scope{Key: make([]byte, 32), Publisher: "identity--0c3a1fd0-9c4d-4c8f-8a7e-3f5be65a1f10"})
		if err != nil {
			t.Fatal(err)
		}
		var sent []*intel.Object
		left := map[string]int{}
		for _, i := range form.Items {
			if i.Sent != nil {
				sent = append(sent, i.Sent)
			} else if strings.Contains(i.Left, "it is about") {
				left["it is about …"]++
			} else {
				left[i.Left]++
			}
		}
		after := ContextOf(sent)
		for _, o := range sent {
			for _, f := range after.Find(o) {
				t.Errorf("%s: %s %s is still %s", file, o.ID, f.Path, f.Category)
			}
		}
		t.Logf("%s: %d objects, %d leave, found %v, left %v", file, len(objs), len(sent), count, left)
	}
}

func BenchmarkFind(b *testing.B) {
	objs := realObjects(b, "ics-attack-18.1.json.gz")
	c := ContextOf(objs)
	b.ResetTimer()
	for b.Loop() {
		for _, o := range objs {
			c.Find(o)
		}
	}
	b.ReportMetric(float64(len(objs)*b.N)/b.Elapsed().Seconds(), "objects/s")
}

func BenchmarkContextOf(b *testing.B) {
	objs := realObjects(b, "ics-attack-18.1.json.gz")
	for b.Loop() {
		ContextOf(objs)
	}
	b.ReportMetric(float64(len(objs)*b.N)/b.Elapsed().Seconds(), "objects/s")
}

func BenchmarkBuild(b *testing.B) {
	objs := realObjects(b, "amnesty-pegasus.json.gz")
	c := ContextOf(objs)
	var its []Item
	for i, o := range objs {
		it := Item{Object: o, Findings: c.Find(o)}
		if i%10 == 0 {
			it.Transforms = []string{RedactText, GeneraliseTime, Pseudonymise}
		}
		its = append(its, it)
	}
	for b.Loop() {
		if _, err := Build(its, Scope{Key: make([]byte, 32)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(objs)*b.N)/b.Elapsed().Seconds(), "objects/s")
}
