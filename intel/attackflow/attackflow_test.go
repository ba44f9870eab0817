package attackflow

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel/stix"
	"entente/internal/fault"
)

const (
	uAction, uNext, uFalse = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002", "10000000-0000-4000-8000-000000000003"
	uAsset, uHost, uNote   = "10000000-0000-4000-8000-000000000004", "10000000-0000-4000-8000-000000000005", "10000000-0000-4000-8000-000000000006"
	uCond, uOr, uTool      = "10000000-0000-4000-8000-000000000007", "10000000-0000-4000-8000-000000000008", "10000000-0000-4000-8000-000000000009"
	uFlow                  = "10000000-0000-4000-8000-00000000000f"
)

// drawing makes a file of nodes and of lines "from anchor>to".
func drawing(nodes []string, lines ...string) string {
	elements := nodes
	for i, l := range lines {
		from, to, _ := strings.Cut(l, ">")
		latch := string(rune('a' + i))
		elements = append(elements,
			`{"id":"dynamic_line","instance":"line`+latch+`","source":"s`+latch+`","target":"t`+latch+`","handles":[]}`,
			`{"id":"generic_latch","instance":"s`+latch+`"}`)
		for n, side := range []string{"s", "t"} {
			instance := []string{from, to + " 0"}[n]
			elements = append(elements, `{"id":"vertical_anchor","instance":"`+instance+`","latches":["`+side+latch+`"]}`)
		}
	}
	return `{"schema":"attack_flow_v2","theme":"dark_theme","objects":[` + strings.Join(elements, ",\n") + `],"layout":{}}`
}

func box(kind, instance, props string) string {
	var anchors []string
	for _, a := range []string{"0", "branch:True", "branch:False"} {
		anchors = append(anchors, `"`+a+`":"`+instance+" "+a+`"`)
	}
	return `{"id":"` + kind + `","instance":"` + instance + `","properties":[` + props + `],"anchors":{` + strings.Join(anchors, ",") + `}}`
}

func whole() string {
	return drawing([]string{
		box("flow", uFlow, `["name","Night"],["description",null],["author",[["name","Ann Analyst"],["identity_class",null],["contact_information","ann@csirt.example"]]],["scope","incident"],["external_references",[["c1241b6d638b71f2e1727bc0122b096f",[["source_name","Blog"],["url"," https://a.example "]]],["c1241b6d638b71f2e1727bc0122b0970",[["source_name","Mail"],["url","see the mail"]]]]],["created",{"time":"2026-07-28T11:17:33.949-04:00","zone":"America/New_York"}]`),
		box("action", uAction, `["name","Spearphishing"],["technique_id","T1566"],["technique_ref",null],["confidence","speculative"],["ttp",[["tactic","TA0001"],["technique","T1566"]]]`),
		box("condition", uCond, `["description","The mail is opened"]`),
		box("action", uNext, `["name","Run"]`), box("action", uFalse, `["name","Call"]`),
		box("OR_operator", uOr, `["operator","OR"]`),
		box("asset", uAsset, `["name","Mail server"]`),
		box("ipv4_addr", uHost, `["value","198.51.100.7"]`),
		box("tool", uTool, `["name","Moth"],["tool_types",[["a39c7c7651fd13725543aa31ac580c5f","unknown"]]]`),
		box("note", uNote, `["abstract",null],["content","Seen once"],["authors",[]]`),
	}, uAction+" 0>"+uCond, uCond+" branch:True>"+uNext, uCond+" branch:False>"+uFalse, uNext+" 0>"+uOr, uAction+" 0>"+uAsset, uAsset+" 0>"+uHost, uNext+" 0>"+uTool, uNote+" 0>"+uNext)
}

// TestFlowBecomesObjects says what each node and line becomes (Attack Flow
// 2.0.0, language specification).
func TestFlowBecomesObjects(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte(whole()))
	if err != nil || len(b.Rejected) > 0 {
		t.Fatal(err, b.Rejected)
	}
	const when = `"created":"2026-07-28T15:17:33.949Z","modified":"2026-07-28T15:17:33.949Z"`
	const ext = `"extensions":{"` + Extension + `":{"extension_type":"new-sdo"}}`
	head := func(typ, uuid string) string {
		return `{"type":"` + typ + `","spec_version":"2.1","id":"` + typ + "--" + uuid + `",` + when + `,`
	}
	who := "identity--" + stix.NameUUID(namespace, "author Ann Analyst")
	want := []string{
		head("attack-action", uAction) + `"name":"Spearphishing","technique_id":"T1566",` + ext + `,"effect_refs":["attack-condition--` + uCond + `"],"asset_refs":["attack-asset--` + uAsset + `"]}`,
		head("attack-condition", uCond) + `"description":"The mail is opened",` + ext + `,"on_true_refs":["attack-action--` + uNext + `"],"on_false_refs":["attack-action--` + uFalse + `"]}`,
		head("attack-action", uNext) + `"name":"Run",` + ext + `,"effect_refs":["attack-operator--` + uOr + `"]}`,
		head("attack-action", uFalse) + `"name":"Call",` + ext + `}`,
		head("attack-operator", uOr) + `"operator":"OR",` + ext + `}`,
		head("attack-asset", uAsset) + `"name":"Mail server",` + ext + `,"object_ref":"ipv4-addr--` + uHost + `"}`,
		`{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--` + uHost + `","value":"198.51.100.7"}`,
		head("tool", uTool) + `"name":"Moth","tool_types":["unknown"]}`,
		head("note", uNote) + `"content":"Seen once","object_refs":["attack-action--` + uNext + `"]}`,
		head("relationship", stix.NameUUID(namespace, "attack-action--"+uNext+" related-to tool--"+uTool)) + `"relationship_type":"related-to","source_ref":"attack-action--` + uNext + `","target_ref":"tool--` + uTool + `"}`,
		head("attack-flow", uFlow) + `"name":"Night","scope":"incident","external_references":[{"source_name":"Blog","url":"https://a.example"},{"source_name":"Mail","description":"see the mail"}],"start_refs":["attack-action--` + uAction + `"],` + ext + `,"created_by_ref":"` + who + `"}`,
		`{"type":"identity","spec_version":"2.1","id":"` + who + `","created":"1970-01-01T00:00:00.000Z","modified":"1970-01-01T00:00:00.000Z","name":"Ann Analyst"}`,
	}
	var got []string
	for _, a := range b.Accepted {
		got = append(got, string(a.Object.Raw))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestABadNodeCostsItself and what refers to it does not.
func TestABadNodeCostsItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, bad, code string }{
		{"no name", box("malware", uTool, `["is_family","true"]`), "stix.required"},
		{"unknown type", box("spaceship", uTool, `["name","x"]`), "attackflow.node"},
		{"twice one instance", box("tool", uAction, `["name","x"]`), "attackflow.node"},
		{"a second flow", box("flow", uTool, `["name","x"]`), "attackflow.node"},
		{"no element", `{"instance":"x"}`, "attackflow.node"},
		{"duplicate names", `{"id":"tool","id":"action"}`, "json.duplicate"},
	} {
		b, err := Parse([]byte(drawing([]string{box("flow", uFlow, `["name","x"],["scope","incident"]`), box("action", uAction, `["name","a"]`), c.bad}, uAction+" 0>"+uTool)))
		if err != nil || len(b.Accepted) != 2 || len(b.Rejected) != 1 || b.Rejected[0].Code != c.code || strings.Contains(string(b.Accepted[0].Object.Raw), uTool) {
			t.Errorf("%s: %v, %d accepted, %+v", c.name, err, len(b.Accepted), b.Rejected)
		}
	}
}

// TestFilesThatAreNoFlow are refused as a whole, with what to do.
func TestFilesThatAreNoFlow(t *testing.T) {
	t.Parallel()
	for in, code := range map[string]string{
		`{"schema":"attack_flow_v3","objects":[]}`:               "attackflow.schema",
		`{"schema":"attack_flow_v2","objects":[]}`:               "attackflow.flow",
		`{"schema":"attack_flow_v2"}`:                            "attackflow.flow",
		`{"schema":"attack_flow_v2","objects":[1],"objects":[]}`: "json.duplicate",
		`{"schema":"attack_flow_v2","objects":[`:                 "json.syntax",
	} {
		if _, err := Parse([]byte(in)); fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", in, err, code)
		}
	}
	for in, want := range map[string]bool{whole(): true, `{"schema":"attack_flow_v3"}`: true, `{"schema":"x"}`: false, `{"objects":[]}`: false, `[]`: false, ``: false} {
		if Is([]byte(in)) != want {
			t.Errorf("%.60s: %v", in, !want)
		}
	}
}

// TestBuilderCorpus reads all published flows: none fails, and what is set
// aside is told.
func TestBuilderCorpus(t *testing.T) {
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the flows are not here")
	}
	files, err := filepath.Glob(filepath.Join(shared, "corpus", "exercise", "attack-flow", "*.afb.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal("no flows", err)
	}
	accepted, rejected := 0, 0
	for _, name := range files {
		b, err := Parse(unpacked(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		accepted, rejected = accepted+len(b.Accepted), rejected+len(b.Rejected)
		for _, r := range b.Rejected {
			t.Logf("%s %s %s %s", filepath.Base(name), r.Pointer, r.Code, r.Detail)
		}
		flow := false
		for _, a := range b.Accepted {
			flow = flow || a.Object.Type == "attack-flow" && len(a.Object.Tree.GetTexts("start_refs")) > 0
		}
		if !flow {
			t.Errorf("%s has no flow with a start", name)
		}
	}
	t.Logf("%d objects of %d flows, %d nodes set aside", accepted, len(files), rejected)
	if rejected > 10 {
		t.Errorf("%d nodes are set aside", rejected)
	}
}

func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
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

// FuzzParse reads anything as a flow. Whatever comes out keeps the rules of
// STIX and is the same each time.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole()))
	f.Add([]byte(`{"schema":"attack_flow_v2","objects":[{"id":"flow","properties":[["created",{"time":1}],["author",[[]]]]},{"id":"file","instance":"x","properties":[["hashes",[["c1241b6d638b71f2e1727bc0122b096f",[["hash_type","MD5"]]]]]]}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		Is(src)
		b, err := Parse(src)
		if err != nil {
			return
		}
		for _, a := range b.Accepted {
			if _, _, err := stix.ParseObject(a.Object.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, a.Object.Raw)
			}
		}
		again, _ := Parse(src)
		if len(again.Accepted) != len(b.Accepted) || len(again.Rejected) != len(b.Rejected) {
			t.Fatal("not the same twice")
		}
	})
}
