package stix_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

func legacy(objects ...string) []byte {
	return []byte(`{"type":"bundle","id":"` + id("bundle", 1) + `","spec_version":"2.0","objects":[` + strings.Join(objects, ",") + `]}`)
}

var dates20 = `,"created":"2017-01-01T00:00:00.000Z","modified":"2017-01-01T00:00:00.000Z"`

func TestUpgradeKeepsTheBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, want string }{
		{"tool", `{ "type":"tool","id":"` + id("tool", 1) + `"` + dates20 + `,"name":"é\u00e9"}`, `{"spec_version":"2.1", "type":"tool","id":"` + id("tool", 1) + `"` + dates20 + `,"name":"é\u00e9"}`},
		{
			"indicator", `{"type":"indicator","id":"` + id("indicator", 1) + `"` + dates20 + `,"pattern":"[a:b = 1]","valid_from":"2017-01-01T00:00:00Z"}`,
			`{"spec_version":"2.1","pattern_type":"stix","type":"indicator","id":"` + id("indicator", 1) + `"` + dates20 + `,"pattern":"[a:b = 1]","valid_from":"2017-01-01T00:00:00Z"}`,
		},
		{"malware", `{"type":"malware","id":"` + id("malware", 1) + `"` + dates20 + `,"name":"x"}`, `{"spec_version":"2.1","is_family":true,"type":"malware","id":"` + id("malware", 1) + `"` + dates20 + `,"name":"x"}`},
		{
			"marking", `{"type":"marking-definition","id":"` + red1 + `","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"tlp":"red"}}`,
			`{"spec_version":"2.1","type":"marking-definition","id":"` + red1 + `","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"tlp":"red"}}`,
		},
	} {
		b, err := stix.Parse(legacy(c.old))
		if err != nil || len(b.Accepted) != 1 {
			t.Errorf("%s: %+v, %v", c.name, b, err)
			continue
		}
		o := b.Accepted[0].Object
		if string(o.Raw) != c.want || o.Hash != ident.Sum(o.Raw) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, o.Raw, c.want)
		}
		if string(o.Upgraded.Raw) != c.old || o.Upgraded.Hash != ident.Sum([]byte(c.old)) {
			t.Errorf("%s: the bytes that came are lost", c.name)
		}
	}
	if b, err := stix.Parse(legacy(`{}`, `{"type":"tool"}`, `7`)); err != nil || len(b.Rejected) != 3 {
		t.Errorf("%+v, %v", b, err)
	}
}

var observed20 = `{"type":"observed-data","id":"observed-data--00000000-0000-4000-8000-000000000007"` + dates20 +
	`,"first_observed":"2017-01-01T00:00:00Z","last_observed":"2017-01-01T00:00:00Z","number_observed":1,` +
	`"object_marking_refs":["` + green1 + `"],"granular_markings":[{"selectors":["objects.1.value","number_observed"],"marking_ref":"` + red1 + `"}],"objects":{` +
	`"0":{"type":"network-traffic","src_ref":"1","dst_ref":"2","protocols":["tcp"],"extensions":{"http-request-ext":{"request_method":"get","request_value":"/","request_header":{"Host":"example.org"}}}},` +
	`"1":{"type":"ipv4-addr","value":"198.51.100.3"},"2":{"type":"ipv4-addr","value":"203.0.113.1"},` +
	`"3":{"type":"process","pid":4,"created":"2017-01-01T00:00:00Z","binary_ref":"4"},"4":{"type":"file","name":"x","modified":"2017-01-01T00:00:00Z"},"5":{"type":"ipv4-addr","value":"203.0.113.1"}}}`

func TestUpgradeMakesObservablesOfObservedData(t *testing.T) {
	t.Parallel()
	b, err := stix.Parse(legacy(observed20))
	if err != nil || len(b.Rejected) != 0 {
		t.Fatalf("%+v, %v", b.Rejected, err)
	}
	byType := map[string][]*intel.Object{}
	for _, a := range b.Accepted {
		if a.Pointer != "/objects/0" || string(a.Object.Upgraded.Raw) != observed20 {
			t.Errorf("%s %s", a.Pointer, a.Object.Upgraded.Raw)
		}
		byType[a.Object.Type] = append(byType[a.Object.Type], a.Object)
	}
	if len(b.Accepted) != 6 || len(byType["ipv4-addr"]) != 2 {
		t.Fatalf("%d accepted: one observed-data and five observables were expected", len(b.Accepted))
	}
	const ip = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
	traffic, process := byType["network-traffic"][0].Tree, byType["process"][0].Tree
	if got := traffic.Get("src_ref").Text; got != ip {
		t.Errorf("src_ref is %s", got)
	}
	if host, ok := stix.Select(traffic, "extensions.http-request-ext.request_header.Host.[0]"); !ok || host.Text != "example.org" {
		t.Errorf("the header is %+v", host)
	}
	if want, _ := stix.SCOID(traffic); want != byType["network-traffic"][0].ID {
		t.Errorf("the traffic has the id %s, want %s", byType["network-traffic"][0].ID, want)
	}
	if process.Get("created") != nil || process.Get("created_time") == nil || process.Get("image_ref").Text != byType["file"][0].ID {
		t.Errorf("%s", byType["process"][0].Raw)
	}
	if file := byType["file"][0].Tree; file.Get("modified") != nil || file.Get("mtime") == nil {
		t.Errorf("%s", byType["file"][0].Raw)
	}
	data := byType["observed-data"][0]
	if data.Tree.Get("objects") != nil || len(data.Tree.Get("object_refs").Items) != 5 {
		t.Errorf("%s", data.Raw)
	}
	// The selector into the objects became an object marking of what it selected.
	if got := string(strictjson.Append(nil, data.Tree.Get("granular_markings"))); got != `[{"selectors":["number_observed"],"marking_ref":"`+red1+`"}]` {
		t.Error(got)
	}
	for _, o := range byType["ipv4-addr"] {
		want := intel.Green
		if o.ID == ip {
			want = intel.Red
		}
		if m := stix.Mark(o, nothing); m.TLP != want {
			t.Errorf("%s is %v", o.ID, m.TLP)
		}
	}
	again, err := stix.Parse(legacy(observed20))
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Accepted {
		if diff := cmp.Diff(string(b.Accepted[i].Object.Raw), string(again.Accepted[i].Object.Raw)); diff != "" {
			t.Errorf("not the same twice: %s", diff)
		}
	}
}

func TestUpgradePointsIntoTheObservedData(t *testing.T) {
	t.Parallel()
	for bad, pointer := range map[string]string{
		`"1":{"type":"ipv4-addr","value":"999.1.1.1"}`:                        "/objects/1/value",
		`"1":{"type":"ipv4-addr","value":"198.51.100.3","id":"` + red1 + `"}`: "/objects/1/id",
	} {
		src := strings.Replace(observed20, `"1":{"type":"ipv4-addr","value":"198.51.100.3"}`, bad, 1)
		b, err := stix.Parse(legacy(src))
		if err != nil || len(b.Rejected) != 1 || b.Rejected[0].Fields[0].Pointer != pointer || string(b.Rejected[0].Raw) != src {
			t.Errorf("%s: %+v, %v", bad, b.Rejected, err)
		}
	}
}

func TestUpgradeRefusesReferencesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	for name, objects := range map[string]string{
		"missing":  `{"0":{"type":"network-traffic","src_ref":"9","protocols":["tcp"]}}`,
		"circular": `{"0":{"type":"process","pid":1,"parent_ref":"1"},"1":{"type":"process","pid":2,"parent_ref":"0"}}`,
		"a string": `{"0":"ipv4-addr"}`,
	} {
		src := observed20[:strings.Index(observed20, `"objects":`)] + `"objects":` + objects + `}`
		b, err := stix.Parse(legacy(src))
		if err != nil || len(b.Accepted) != 0 || len(b.Rejected) != 1 || b.Rejected[0].Code != "stix.reference" {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}
