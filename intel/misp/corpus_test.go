package misp

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// corpus is the folder of MISP material that is too large for this repository.
func corpus(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the corpus of MISP events is not here")
	}
	return filepath.Join(shared, "corpus", "misp")
}

// read returns the content of a file of the corpus, unpacked.
func read(t *testing.T, path string) []byte {
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
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tree(t *testing.T, b []byte) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse(b, strictjson.Limits{Bytes: 256 << 20, Tokens: 50_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// normal brings a STIX object into the form in which two conversions are
// compared; docs/guide/misp.md has the same list.
func normal(o strictjson.Value, event map[string]bool) strictjson.Value {
	n := o.Clone()
	for i := range n.Members {
		m := &n.Members[i]
		if name, ok := strings.CutPrefix(m.Name, "x_misp_"); ok {
			m.Name = metaName(name)
		}
	}
	instants(&n)
	if key := n.Get("key"); key != nil {
		key.Text = fullHive(key.Text)
	}
	if p := n.Get("pattern"); p != nil {
		for short, full := range hives {
			p.Text = strings.ReplaceAll(p.Text, "key = '"+short+`\\`, "key = '"+full+`\\`)
		}
	}
	if x := n.Get("extensions"); x != nil {
		x.Drop(stix.MISPExtension)
		if len(x.Members) == 0 {
			n.Drop("extensions")
		}
	}
	if refs := n.Get("object_marking_refs"); refs != nil {
		refs.Items = slices.DeleteFunc(refs.Items, func(v strictjson.Value) bool { return event[v.Text] })
		if len(refs.Items) == 0 {
			n.Drop("object_marking_refs")
		}
	}
	if refs := n.Get("object_refs"); refs != nil {
		slices.SortFunc(refs.Items, func(a, b strictjson.Value) int { return strings.Compare(a.Text, b.Text) })
	}
	return n
}

// instants writes the times in custom properties in one way: the reference reads
// them and writes them anew, we keep them as they came.
func instants(v *strictjson.Value) {
	for i := range v.Members {
		if m := &v.Members[i]; strings.HasPrefix(m.Name, "x_misp_") && m.Value.Kind == strictjson.String {
			if at, ok := dated(m.Value.Text); ok && len(m.Value.Text) > 10 {
				m.Value.Text = at.Format(plainTime)
			}
		}
		instants(&v.Members[i].Value)
	}
	for i := range v.Items {
		instants(&v.Items[i])
	}
}

// differences compares two sets of objects by id.
func differences(t *testing.T, got, want []strictjson.Value, event map[string]bool) []string {
	var out []string
	index := map[string]string{}
	for _, o := range got {
		index[o.GetText("id")] = canonical(normal(o, event))
	}
	for _, o := range want {
		if o.GetText("type") == "marking-definition" {
			continue
		}
		id := o.GetText("id")
		ours, ok := index[id]
		delete(index, id)
		switch theirs := canonical(normal(o, event)); {
		case !ok:
			out = append(out, "missing "+theirs)
		case ours != theirs:
			out = append(out, "differs "+id+delta(t, ours, theirs))
		}
	}
	for id, o := range index {
		if prefix(id) != "marking-definition" {
			out = append(out, "extra "+o)
		}
	}
	return out
}

// delta names the properties in which two objects differ.
func delta(t *testing.T, ours, golden string) string {
	a, b := tree(t, []byte(ours)), tree(t, []byte(golden))
	var out strings.Builder
	for _, m := range a.Members {
		if g := b.Get(m.Name); g == nil || canonical(*g) != canonical(m.Value) {
			out.WriteString("\n    ours   " + m.Name + " " + canonical(m.Value))
		}
	}
	for _, m := range b.Members {
		if o := a.Get(m.Name); o == nil || canonical(*o) != canonical(m.Value) {
			out.WriteString("\n    golden " + m.Name + " " + canonical(m.Value))
		}
	}
	return out.String()
}

func canonical(v strictjson.Value) string { return string(strictjson.AppendCanonical(nil, &v)) }

func trees(b stix.Bundle) []strictjson.Value {
	out := make([]strictjson.Value, len(b.Accepted))
	for i, a := range b.Accepted {
		out[i] = *a.Object.Tree
	}
	return out
}

// markingsOf are the markings that the event itself is under.
func markingsOf(objects []strictjson.Value) map[string]bool {
	marks := map[string]bool{}
	for _, o := range objects {
		if typ := o.GetText("type"); typ == "report" || typ == "grouping" {
			for _, m := range o.GetList("object_marking_refs") {
				marks[m.Text] = true
			}
		}
	}
	return marks
}

// explainedEvents are the published events in which objects differ from what
// the reference makes of them, how many, and why.
var explainedEvents = map[string]struct {
	objects int
	why     string
}{
	"moustachedbouncer__misp-moustachedbouncer.event": {2, "a reference to a file that includes a PE is kept; the reference drops it"},
	"powerpool__misp-powerpool":                       {4, "clusters of one galaxy that share an uuid are all kept; the reference keeps the first"},
	"sednit__2019-05-23_Zebrocy":                      {4, "a URL with spaces is none (STIX 2.1, section 6.15); it is kept as x-misp-attribute"},
}

// TestCorpusGoldenEvents compares with the reference, object by object, what
// each published event becomes.
func TestCorpusGoldenEvents(t *testing.T) {
	t.Parallel()
	dir := corpus(t)
	files, _ := filepath.Glob(filepath.Join(dir, "golden-events", "*.stix21.json*"))
	total, bad := 0, 0
	for _, f := range files {
		name, _, _ := strings.Cut(filepath.Base(f), ".stix21")
		events, _ := filepath.Glob(filepath.Join(dir, "events", name+".json*"))
		if len(events) != 1 {
			t.Errorf("%s: %d events", name, len(events))
			continue
		}
		b, err := Parse(read(t, events[0]))
		if err != nil || len(b.Rejected) > 0 {
			t.Errorf("%s: %v, rejected %+v", name, err, b.Rejected)
			continue
		}
		golden := tree(t, read(t, f))
		objects := golden.Get("objects").Items
		diffs := differences(t, trees(b), objects, markingsOf(objects))
		total, bad = total+len(objects), bad+len(diffs)
		if len(diffs) != explainedEvents[name].objects {
			t.Errorf("%s: %d objects differ, %d are explained", name, len(diffs), explainedEvents[name].objects)
			for _, d := range diffs {
				t.Logf("%.600s", d)
			}
		}
	}
	t.Logf("%d of %d objects of %d events equal the reference; the others are explained", total-bad, total, len(files))
}
