package library_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestCorpusEveryFactIsAccountedFor: the account of each file of collected law
// names every fact of it, once. ENTENTE_SHARED is the folder that holds law/.
func TestCorpusEveryFactIsAccountedFor(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set")
	}
	coverages := readCoverages(t)
	accounted := map[string][]string{}
	for _, c := range coverages {
		for _, f := range c.Facts {
			accounted[c.Law] = append(accounted[c.Law], f.Fact)
		}
	}
	files, err := filepath.Glob(filepath.Join(shared, "law", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no law in ENTENTE_SHARED: %v", err)
	}
	for _, file := range files {
		law := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(law, func(t *testing.T) {
			t.Parallel()
			compareFacts(t, factsOf(t, file), accounted[law])
		})
	}
}

func compareFacts(t *testing.T, facts, accounted []string) {
	t.Helper()
	for _, f := range facts {
		if !slices.Contains(accounted, f) {
			t.Errorf("fact %q is not accounted for", f)
		}
	}
	seen := map[string]bool{}
	for _, f := range accounted {
		if !slices.Contains(facts, f) {
			t.Errorf("the account has %q, which is no fact", f)
		}
		if seen[f] {
			t.Errorf("fact %q is accounted for twice", f)
		}
		seen[f] = true
	}
}

// factsOf enumerates the facts of a file: every entry of a list that has an id
// (or n, field, code, to, or regime and step), and every key of a mapping at the
// top that holds no such list. Clauses go by their id alone, all others by where
// they stand.
func factsOf(t *testing.T, file string) []string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	var facts []string
	meta := []string{"schema", "id", "short", "title", "kind", "binding", "issuer", "copyright", "as_of", "sources", "extends", "note", "verified"}
	root := doc.Content[0]
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i].Value, root.Content[i+1]
		if !slices.Contains(meta, key) {
			facts = append(facts, factsIn(key, value)...)
		}
	}
	return facts
}

func factsIn(at string, n *yaml.Node) []string {
	switch n.Kind {
	case yaml.SequenceNode:
		var facts []string
		for i, item := range n.Content {
			id := nameOf(item)
			if id == "" && item.Kind == yaml.MappingNode {
				id = strconv.Itoa(i)
			}
			switch {
			case id == "":
				return []string{at} // a list of words is one fact
			case at == "clauses":
				facts = append(facts, id)
			default:
				facts = append(facts, at+"/"+id)
			}
		}
		return facts
	case yaml.MappingNode:
		var facts []string
		for i := 0; i < len(n.Content); i += 2 {
			inner := n.Content[i+1]
			if slices.Contains([]string{"verified", "note", "as_of", "cite", "sources"}, n.Content[i].Value) {
				continue // about the facts beside it
			}
			if lists(inner) {
				facts = append(facts, factsIn(at+"/"+n.Content[i].Value, inner)...)
			} else {
				facts = append(facts, at+"/"+n.Content[i].Value)
			}
		}
		return facts
	default:
		return []string{at}
	}
}

// lists reports whether n is a list of things with names.
func lists(n *yaml.Node) bool {
	return n.Kind == yaml.SequenceNode && len(n.Content) > 0 && nameOf(n.Content[0]) != ""
}

func nameOf(n *yaml.Node) string {
	if n.Kind != yaml.MappingNode {
		return ""
	}
	get := func(key string) string {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1].Value
			}
		}
		return ""
	}
	if regime, step := get("regime"), get("step"); regime != "" && step != "" {
		return regime + "." + step
	}
	for _, key := range []string{"id", "n", "field", "code", "to", "path", "name"} {
		if v := get(key); v != "" {
			return v
		}
	}
	return ""
}

// TestFacts prints the facts of the file named by ENTENTE_FACTS, for whoever
// writes its account.
func TestFacts(t *testing.T) {
	t.Parallel()
	file := os.Getenv("ENTENTE_FACTS")
	if file == "" {
		t.Skip("ENTENTE_FACTS is not set")
	}
	for _, f := range factsOf(t, file) {
		fmt.Println(f)
	}
}
