package attackflow

import (
	"strconv"
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// TestM6LabelsInTheTextHoldForTheFlow: the builder has no property for them.
func TestM6LabelsInTheTextHoldForTheFlow(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]intel.Markings{
		"TLP:AMBER":             {TLP: intel.Red, Labelled: true}, // one node opens no other,
		"Handle as TLP:RED.":    {TLP: intel.Red, Labelled: true},
		"Handle as TLP:GREEN.":  {TLP: intel.Red, Least: intel.Green},
		"Nothing of that kind.": {TLP: intel.Red},
		"TLP:CLEAR":             {TLP: intel.Red},
	} {
		b, err := Parse([]byte(strings.Replace(whole(), "Seen once", said, 1)))
		if err != nil || len(b.Accepted) < 10 || len(b.Rejected) > 0 {
			t.Fatal(err, len(b.Accepted), b.Rejected)
		}
		for _, a := range b.Accepted {
			m := stix.Mark(a.Object, func(string) (*intel.Object, bool) { return nil, false })
			observable := a.Object.Tree.Get("modified") == nil
			if m.Labelled != want.Labelled && !observable || m.TLP != want.TLP || !m.Labelled && m.Least != want.Least {
				t.Errorf("%s: %+v of %s", said, m, a.Object.Raw)
			}
		}
	}
}

// TestM9TimeGrowsWithTheFile: were each property looked for among all, that many
// would take longer than a test may.
func TestM9TimeGrowsWithTheFile(t *testing.T) {
	t.Parallel()
	const n = 400_000
	pairs := strictjson.NewList()
	for i := range n {
		pairs.Items = append(pairs.Items, strictjson.NewStrings("p"+strconv.Itoa(i), "x"))
	}
	props := plainProperties(&pairs)
	if len(props.Members) != n {
		t.Errorf("%d properties", len(props.Members))
	}
	f := flow{root: &node{}}
	for _, kind := range []string{"asset", "tool"} {
		f.build(&node{kind: kind, instance: uTool, props: props})
	}
	if len(f.Bundle.Rejected) != 2 { // nobody has that many properties: STIX refuses both
		t.Errorf("%+v", f.Bundle)
	}
}

// TestTheFirstPropertyAndTheLastDigestCount as before.
func TestTheFirstPropertyAndTheLastDigestCount(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte(drawing([]string{
		box("flow", uFlow, `["name","x"]`),
		box("file", uTool, `["name","a"],["name","b"],["hashes",[["c1241b6d638b71f2e1727bc0122b096f",[["hash_type","MD5"],["hash_value","`+strings.Repeat("a", 32)+`"]]],["c1241b6d638b71f2e1727bc0122b0970",[["hash_type","MD5"],["hash_value","`+strings.Repeat("b", 32)+`"]]]]]`),
	})))
	if err != nil || len(b.Accepted) != 2 || !strings.Contains(string(b.Accepted[0].Object.Raw), `"name":"a","hashes":{"MD5":"`+strings.Repeat("b", 32)+`"}`) {
		t.Error(err, b)
	}
}
