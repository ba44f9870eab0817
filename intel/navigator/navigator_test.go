package navigator

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/stix"
)

const head = `"spec_version":"2.1","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z"`

func uuid(n string) string { return "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd" + n }

func pattern(n, source, id, more string) string {
	return `{"type":"attack-pattern","id":"attack-pattern--` + uuid(n) + `",` + head + `,"name":"x","external_references":[{"source_name":"` + source + `","external_id":"` + id + `"}]` + more + `}`
}

func uses(n, from, to string) string {
	return `{"type":"relationship","id":"relationship--` + uuid(n) + `",` + head + `,"relationship_type":"uses","source_ref":"malware--` + uuid(from) + `","target_ref":"attack-pattern--` + uuid(to) + `"}`
}

// TestWrite has the members that layer format 4.5 demands: versions.layer, name,
// domain, techniqueID.
func TestWrite(t *testing.T) {
	t.Parallel()
	var in []*intel.Object
	for _, raw := range []string{
		pattern("10", "mitre-attack", "T1059.001", ""),
		pattern("11", "mitre-attack", "T1105", ""),
		pattern("12", "mitre-attack", "T1499", `,"revoked":true`),
		pattern("13", "mitre-ics-attack", "T0800", ""),
		pattern("14", "mitre-attack", "T0801", `,"x_mitre_domains":["ics-attack"]`),
		pattern("15", "acme", "T1001", ""),
		pattern("16", "mitre-attack", "TA0001", ""),
		`{"type":"malware","id":"malware--` + uuid("20") + `",` + head + `,"name":"Moth","is_family":true}`,
		uses("30", "20", "10"), uses("31", "21", "10"), uses("32", "20", "10"), uses("33", "20", "99"),
	} {
		o, _, err := stix.ParseObject([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, o)
	}
	w := Write("Release 1", in)
	want := `{"name":"Release 1","domain":"enterprise-attack","description":"score: how many of the objects use the technique","versions":{"layer":"4.5"},` +
		`"techniques":[{"techniqueID":"T1059.001","score":2,"enabled":true},{"techniqueID":"T1105","score":0,"enabled":true}],` +
		`"gradient":{"colors":["#ffffff","#ff6666"],"minValue":0,"maxValue":2}}` + "\n"
	if diff := cmp.Diff(want, string(w.Document)); diff != "" {
		t.Error(diff)
	}
	left := []string{
		"attack-pattern--" + uuid("12"), "attack-pattern--" + uuid("13"), "attack-pattern--" + uuid("14"), "attack-pattern--" + uuid("15"), "attack-pattern--" + uuid("16"),
		"malware--" + uuid("20"), "relationship--" + uuid("33"),
	}
	if diff := cmp.Diff(left, w.Left); diff != "" {
		t.Error(diff)
	}
	if got := string(Write("none", nil).Document); got != `{"name":"none","domain":"enterprise-attack","description":"score: how many of the objects use the technique","versions":{"layer":"4.5"},"techniques":[],"gradient":{"colors":["#ffffff","#ff6666"],"minValue":0,"maxValue":1}}`+"\n" {
		t.Error(got)
	}
}
