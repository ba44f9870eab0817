package stix_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

func tree(t *testing.T, src string) *strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(src), strictjson.Default())
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

func TestWalkAndSelectAreInverse(t *testing.T) {
	t.Parallel()
	v := tree(t, `{"a":"1","b":[["2"],{"c-d":{"E":"3"}}],"f":{}}`)
	var paths []string
	stix.Walk(v, func(path string, part *strictjson.Value) {
		paths = append(paths, path)
		if got, ok := stix.Select(v, path); !ok || got != part {
			t.Errorf("%s does not select what it names", path)
		}
	})
	want := []string{"a", "b", "b.[0]", "b.[0].[0]", "b.[1]", "b.[1].c-d", "b.[1].c-d.E", "f"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "z", "a.[0]", "b.[2]", "b.[-1]", "b.[00]", "b.0", "f.x", ".", "a.", "A"} {
		if _, ok := stix.Select(v, bad); ok {
			t.Errorf("%q selects something", bad)
		}
	}
}

func TestRefsFindsEveryReference(t *testing.T) {
	t.Parallel()
	a, b := id("file", 1), id("identity", 2)
	v := tree(t, `{"created_by_ref":"`+b+`","object_refs":["`+a+`","x"],"granular_markings":[{"marking_ref":"`+red1+`"}],`+
		`"extensions":{"e":{"deep":[{"x_refs":["`+a+`"]}],"y_ref":{"z_ref":"`+b+`"}}},"name":"`+a+`","src_ref":"0"}`)
	want := []intel.Ref{
		{Path: "created_by_ref", ID: b},
		{Path: "object_refs.[0]", ID: a},
		{Path: "granular_markings.[0].marking_ref", ID: red1},
		{Path: "extensions.e.deep.[0].x_refs.[0]", ID: a},
		{Path: "extensions.e.y_ref.z_ref", ID: b},
	}
	if diff := cmp.Diff(want, stix.Refs(v)); diff != "" {
		t.Error(diff)
	}
}

// TestSCOID uses the vector of EXCHANGE.md S2 and ids made with stix2 3.0.2
// and by hand from section 2.9.
func TestSCOID(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{"type":"ipv4-addr","value":"198.51.100.3","resolves_to_refs":[]}`: "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
		`{"type":"domain-name","value":"example.com"}`:                      "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
		`{"type":"directory","path":"C:\\"}`:                                "directory--ab82f84a-5afc-5ea7-8d98-9fcbc277eda6",
		`{"type":"process","pid":1}`:                                        "",
		`{"type":"file","size":1}`:                                          "",
		`{"type":"indicator","name":"x"}`:                                   "",
	} {
		got, ok := stix.SCOID(tree(t, src))
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", src, got, want)
		}
	}
	same := func(a, b string) bool {
		x, _ := stix.SCOID(tree(t, a))
		y, _ := stix.SCOID(tree(t, b))
		return x == y
	}
	if !same(`{"type":"file","hashes":{"SHA-256":"b","MD5":"a"},"name":"n"}`, `{"type":"file","name":"n","hashes":{"MD5":"a","SHA-512":"c"},"size":3}`) {
		t.Error("section 2.9: only the first hash of the order counts")
	}
	if same(`{"type":"file","hashes":{"SHA-256":"b"}}`, `{"type":"file","hashes":{"MD5":"b"}}`) {
		t.Error("the name of the hash counts")
	}
	if same(`{"type":"user-account","user_id":"1"}`, `{"type":"user-account","account_login":"1"}`) {
		t.Error("the name of the property counts")
	}
}

func TestJ10ObservableIDsAreClaims(t *testing.T) {
	t.Parallel()
	claim := `{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"203.0.113.1"}`
	o, warnings, err := stix.ParseObject([]byte(claim))
	if err != nil || o.ID != "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4" || len(warnings) != 1 || warnings[0].Pointer != "/id" {
		t.Errorf("%+v %v %v", o, warnings, err)
	}
	if _, warnings, err = stix.ParseObject([]byte(good)); err != nil || warnings != nil {
		t.Errorf("%v %v", warnings, err)
	}
	_, _, err = stix.ParseObject([]byte(`{"type":"process","id":"process--28bb3599-77cd-5a82-a950-b5bc3caf07c4","pid":1}`))
	wants(t, "process", err, "stix.sco-id", "/id")
}
