package misp

import (
	"os"
	"slices"
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parsed(t *testing.T, name string) stix.Bundle {
	t.Helper()
	b, err := Parse(fixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func byType(b stix.Bundle, typ string) []*intel.Object {
	var out []*intel.Object
	for _, a := range b.Accepted {
		if a.Object.Type == typ {
			out = append(out, a.Object)
		}
	}
	return out
}

func object1(t *testing.T, b stix.Bundle, id string) *intel.Object {
	t.Helper()
	for _, a := range b.Accepted {
		if a.Object.ID == id {
			return a.Object
		}
	}
	t.Fatalf("no %s", id)
	return nil
}

// TestGolden converts a published event as the reference does.
func TestGolden(t *testing.T) {
	t.Parallel()
	golden := tree(t, fixture(t, "coruscant.stix21.json"))
	want := golden.Get("objects").Items
	for _, d := range differences(t, trees(parsed(t, "coruscant.misp.json")), want, markingsOf(want)) {
		t.Error(d)
	}
}

// TestEnvelopeStaysHere is the promise that what MISP puts around an event, the
// creator's address first of all, is in no object (DECISION.md, step 5).
func TestEnvelopeStaysHere(t *testing.T) {
	t.Parallel()
	b := parsed(t, "event.misp.json")
	for _, a := range b.Accepted {
		for _, secret := range []string{"anna.analyst", "contacts", "org_id", "event_creator_email", "\"42\""} {
			if strings.Contains(string(a.Object.Raw), secret) {
				t.Errorf("%s has %s of the envelope: %s", a.Object.ID, secret, a.Object.Raw)
			}
		}
	}
	for _, ev := range Write(objects(b)).Events {
		if strings.Contains(string(ev), "anna.analyst") {
			t.Errorf("written: %s", ev)
		}
	}
}

// TestOriginalIsKept: the bytes that came are beside what was made of them, and
// the hash is of exactly those.
func TestOriginalIsKept(t *testing.T) {
	t.Parallel()
	src := fixture(t, "event.misp.json")
	b, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	report := byType(b, "report")[0]
	if report.Upgraded == nil || !strings.Contains(string(report.Upgraded.Raw), "event_creator_email") || !strings.Contains(string(src), string(report.Upgraded.Raw)) {
		t.Error("the report has not the event beside it")
	}
	o := object1(t, b, "observed-data--40000000-0000-4000-8000-000000000001")
	if o.Upgraded == nil || !strings.HasPrefix(string(o.Upgraded.Raw), `{"uuid": "40000000-0000-4000-8000-000000000001", "type": "domain"`) {
		t.Errorf("the attribute is not beside %s", o.ID)
	}
}

// TestMarkingsReachEveryPart: a tag of the event is about everything in it, a
// tag of an attribute about everything made of it (J15, J17).
func TestMarkingsReachEveryPart(t *testing.T) {
	t.Parallel()
	b := parsed(t, "event.misp.json")
	lookup := func(id string) (*intel.Object, bool) {
		for _, a := range b.Accepted {
			if a.Object.ID == id {
				return a.Object, true
			}
		}
		return nil, false
	}
	for _, a := range b.Accepted {
		if a.Object.Type == "marking-definition" {
			continue
		}
		want := intel.Amber
		if strings.HasSuffix(a.Object.ID, "40000000-0000-4000-8000-000000000003") {
			want = intel.Red
		}
		m := stix.Mark(a.Object, lookup)
		if m.TLP != want || !m.Labelled || m.PAP != intel.PAPGreen || m.Closed != "" {
			t.Errorf("%s is %v, PAP %v, %s", a.Object.ID, m.TLP, m.PAP, m.Closed)
		}
	}
}

// TestNeverAllOrNothing: each part that is wrong is set aside alone.
func TestNeverAllOrNothing(t *testing.T) {
	t.Parallel()
	b := parsed(t, "event.misp.json")
	if len(b.Rejected) != 1 || b.Rejected[0].Pointer != "/Event/Attribute/6" || b.Rejected[0].Code != "misp.attribute" || b.Rejected[0].Next == "" {
		t.Errorf("rejected: %+v", b.Rejected)
	}
	custom := object1(t, b, "x-misp-attribute--40000000-0000-4000-8000-000000000005")
	if custom.Tree.GetText("x_misp_value") != "not a hash" {
		t.Errorf("a hash that is none: %s", custom.Raw)
	}
	if o := object1(t, b, "observed-data--40000000-0000-4000-8000-000000000006"); !o.Revoked {
		t.Error("a deleted attribute is not revoked")
	}
}

// TestBack takes the event with one of everything there and back.
func TestBack(t *testing.T) {
	t.Parallel()
	src := tree(t, fixture(t, "event.misp.json"))
	w := Write(objects(parsed(t, "event.misp.json")))
	if len(w.Events) != 1 || len(w.Left) > 0 {
		t.Fatalf("%d events, left %v", len(w.Events), w.Left)
	}
	back := tree(t, w.Events[0])
	want, got := facts(eventsOf(src)...), facts(back)
	for k, v := range want {
		if !strings.Contains(k, "has no type") && got[k] != v {
			t.Errorf("%s\n got  %q\n want %q", k, got[k], v)
		}
	}
	ev, original := back.Get("Event"), src.Get("Event")
	for _, name := range []string{"uuid", "info", "date", "threat_level_id", "analysis", "timestamp", "publish_timestamp"} {
		if scalar(ev, name) != scalar(original, name) {
			t.Errorf("%s is %q, was %q", name, scalar(ev, name), scalar(original, name))
		}
	}
	if g, w := tagNames(ev), tagNames(original); !slices.Contains(g, "tlp:amber") || !slices.Contains(g, "PAP:GREEN") {
		t.Errorf("tags %v, were %v", g, w)
	}
	cluster := clustersOf(&ev.GetList("Galaxy")[0])[0]
	if cluster.GetText("value") != "Nightjar" || len(cluster.Get("meta").GetList("synonyms")) != 1 {
		t.Errorf("cluster %s", canonical(cluster))
	}
	first := ev.GetList("Attribute")[0]
	sighting := first.GetList("Sighting")
	if len(sighting) != 1 || scalar(&sighting[0], "date_sighting") != "1795169000" || sighting[0].Get("Organisation").GetText("name") != "CSIRT BB" {
		t.Errorf("sightings of %s", canonical(first))
	}
	if len(ev.GetList("EventReport")) != 1 || len(ev.GetList("Note")) != 1 {
		t.Errorf("reports %v, notes %v", ev.GetList("EventReport"), ev.GetList("Note"))
	}
}

// TestDeterministic: the same event is the same objects each time.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	a, b := parsed(t, "event.misp.json"), parsed(t, "event.misp.json")
	for i := range a.Accepted {
		if a.Accepted[i].Object.Hash != b.Accepted[i].Object.Hash {
			t.Errorf("%s differs", a.Accepted[i].Object.ID)
		}
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		`{"Event":{}}`: true, `{"response":[]}`: true, `[{"Event":{}}]`: true, `{"info":"x","Orgc":{}}`: true,
		`{"type":"bundle","objects":[]}`: false, `{"type":"indicator","Event":{}}`: false, `[]`: false, `{`: false, ``: false, `{"info":"x"}`: false,
	} {
		if Is([]byte(doc)) != want {
			t.Errorf("%s: %t", doc, !want)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for doc, code := range map[string]string{
		`{"Event":`:      "json.syntax",
		`{"what":1}`:     "misp.not-event",
		`{"Event":{}} x`: "json.trailing",
		``:               "json.syntax",
	} {
		if _, err := Parse([]byte(doc)); fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", doc, err, code)
		}
	}
	for doc, code := range map[string]string{
		`[[[[[[{"Event":{}}]]]]]]`:                                         "misp.not-event",
		`{"Event":{"info":"x","info":"y"}}`:                                "json.duplicate",
		`{"Event":{"info":"x","Attribute":[{"type":"md5"}]}}`:              "misp.attribute",
		`{"Event":{"info":"x","Attribute":[{"type":"md5","type":"md5"}]}}`: "json.duplicate",
		`{"Event":{"info":"x","Object":[{"name":"file"}]}}`:                "misp.object",
		`{"Event":{"info":"x","Tag":[{"name":"tlp:clear"},]}}`:             "json.syntax",
	} {
		b, err := Parse([]byte(doc))
		if err != nil || len(b.Rejected) == 0 || b.Rejected[0].Code != code || b.Rejected[0].Next == "" {
			t.Errorf("%s: %v, %+v, want %s", doc, err, b.Rejected, code)
		}
	}
}

// TestTLPNeverWeaker: labels that only look like markings cannot open an event
// (J16): they stay labels, where they can only make it stricter.
func TestTLPNeverWeaker(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]intel.TLP{
		"tlp:clear": intel.Clear, "TLP:GREEN": intel.Green, "tlp:amber+strict": intel.AmberStrict, "tlp:ex:chr": intel.Red, "tlp: clear": intel.Red,
		"ｔｌｐ:clear": intel.Red, "": intel.Red,
	} {
		ev := object(member("Event", object(
			member("uuid", str("0b1f6a4e-3d52-4c1e-9a77-2f6d8c3b5a10")), member("info", str("x")), member("timestamp", str("1795168800")),
			member("Tag", list(object(member("name", str(tag))))),
			member("Attribute", list(object(member("uuid", str("40000000-0000-4000-8000-000000000001")), member("type", str("domain")), member("value", str("a.example"))))),
		)))
		b, err := Parse(strictjson.Append(nil, &ev))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range b.Accepted {
			if m := stix.Mark(a.Object, func(string) (*intel.Object, bool) { return nil, false }); m.TLP != want {
				t.Errorf("%q: %s is %v, want %v", tag, a.Object.ID, m.TLP, want)
			}
		}
	}
}

// TestNothingOfOneServerIsTrusted: ids a client may set, a sharing group without
// the distribution that would use it, links that are scripts and names that are
// paths come in as data or not at all (J23).
func TestNothingOfOneServerIsTrusted(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte(`{"Event":{"id":"7","org_id":"9","orgc_id":"9","info":"x","distribution":"1","sharing_group_id":"77",
		"SharingGroup":{"id":"77","uuid":"c0000000-0000-4000-8000-000000000001","name":"The inner circle","Organisation":[{"name":"Secret"}]},
		"Attribute":[
		{"id":"5","event_id":"6","object_id":"3","sharing_group_id":"77","uuid":"40000000-0000-4000-8000-000000000001","type":"link","value":"javascript:alert(1)"},
		{"uuid":"40000000-0000-4000-8000-000000000002","type":"attachment","value":"../../etc/passwd","data":"UEsDBA=="}]}}`))
	if err != nil || len(b.Rejected) > 0 {
		t.Fatalf("%v, %+v", err, b.Rejected)
	}
	for _, a := range b.Accepted {
		for _, s := range []string{"org_id", "event_id", "object_id", "sharing_group_id", "inner circle", "Secret", `"77"`} {
			if strings.Contains(string(a.Object.Raw), s) {
				t.Errorf("%s in %s", s, a.Object.Raw)
			}
		}
		if m := stix.Mark(a.Object, func(string) (*intel.Object, bool) { return nil, false }); m.Labelled || m.TLP != intel.Red {
			t.Errorf("distribution opened %s to %v", a.Object.ID, m.TLP)
		}
	}
	if w := Write(objects(b)); !strings.Contains(string(w.Events[0]), `"distribution":"0"`) || strings.Contains(string(w.Events[0]), "inner circle") {
		t.Errorf("written: %s", w.Events[0])
	}
}

// TestLimits: what is too much is refused where it is, and repeating a tag
// multiplies nothing (J5, J7).
func TestLimits(t *testing.T) {
	t.Parallel()
	attribute := `{"type":"text","object_relation":"text","value":"x"}`
	doc := `{"Event":{"info":"x","Tag":[` + strings.Repeat(`{"name":"tlp:red"},`, 20_000) + `{"name":"TLP:RED"}],"Object":[{"name":"note","Attribute":[` +
		strings.Repeat(attribute+",", maxAttributes) + attribute + `]}],"Attribute":[{"type":"domain","value":"a.example"}]}}`
	b, err := Parse([]byte(doc))
	if err != nil || len(b.Rejected) != 1 || b.Rejected[0].Code != "misp.object" {
		t.Fatalf("%v, %d rejected", err, len(b.Rejected))
	}
	if marks := byType(b, "domain-name")[0].Tree.GetList("object_marking_refs"); len(marks) != 1 {
		t.Errorf("%d markings", len(marks))
	}
	r := reader{parts: maxParts}
	if r.elements([]byte("["+attribute+"]"), "/Event/Attribute"); len(r.Bundle.Rejected) != 1 || r.Bundle.Rejected[0].Code != "json.tokens" {
		t.Errorf("no limit of the whole: %+v", r.Bundle.Rejected)
	}
}
