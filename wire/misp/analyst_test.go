package misp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	events "entente/intel/misp"
	"entente/party"
)

// added is a note, opinion or relationship as a client reads it back.
type added struct {
	Note, Opinion, Relationship struct {
		UUID       string `json:"uuid"`
		ObjectUUID string `json:"object_uuid"`
		Note       string `json:"note"`
		Modified   string `json:"modified"`
	}
}

// TestAnalystData: as PyMISP adds, edits and deletes it and as a MISP server pushes
// it, about what was released to the party and about what it added; under the
// markings of that; of another party's or of nothing it is refused alike.
func TestAnalystData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), indicator(2, 0), report(10, 1, 2)))
	w.release(borealis, false, id("report", 10))
	own := fmt.Sprintf("%08x-0000-4000-8000-%012x", 0, 78) // the first attribute of an event of its own
	w.want(w.ask(borealis, "POST", "/events/add", ownEvent(78, "mine", 1)).status, 200, "add")
	const note = `{"uuid":"5f6b1e1a-52a4-4b6c-9d21-0000000000aa","note":"seen here","created":"2026-11-24 10:00:00","modified":"2026-11-24 10:00:00","object_uuid":"%s","object_type":"Attribute"}`
	for _, c := range []struct {
		of         party.ID
		path, body string
		status     int
		stored     string // type of what it became
	}{
		{borealis, "/analyst_data/add/Note/" + uuidOf(1) + "/Attribute", fmt.Sprintf(note, uuidOf(1)), 200, "note"},
		{borealis, "/analyst_data/edit/Note/5f6b1e1a-52a4-4b6c-9d21-0000000000aa", fmt.Sprintf(note, uuidOf(1)), 200, ""},
		{borealis, "/analyst_data/edit/Note/5f6b1e1a-52a4-4b6c-9d21-0000000000ab", fmt.Sprintf(note, uuidOf(1)), 422, ""},
		{borealis, "/analyst_data/add/Opinion/" + uuidOf(10) + "/Event", `{"opinion":80,"comment":"sound"}`, 200, "opinion"},
		{borealis, "/analyst_data/add/Opinion/5f6b1e1a-52a4-4b6c-9d21-0000000000aa/Note", `{"opinion":"20","comment":"of what is not released to it"}`, 404, ""},
		{borealis, "/analyst_data/pushAnalystData", `{"Relationship":{"uuid":"5f6b1e1a-52a4-4b6c-9d21-0000000000bb","object_uuid":"` + uuidOf(1) + `","object_type":"Attribute","related_object_uuid":"` + uuidOf(2) + `","related_object_type":"Attribute","relationship_type":"used-with"}}`, 200, "relationship"},
		{borealis, "/analyst_data/pushAnalystData", `{"Relationship":{"object_uuid":"` + uuidOf(1) + `","related_object_uuid":"` + uuidOf(99) + `","relationship_type":"used-with"}}`, 404, ""},
		{borealis, "/analyst_data/pushAnalystData", `{"Note":{"object_uuid":"` + own + `","object_type":"Attribute","note":"of its own"}}`, 200, "note"},
		{borealis, "/analyst_data/pushAnalystData", `{"Note":{"object_uuid":"` + uuidOf(78) + `","object_type":"Event","note":"of its own event"}}`, 200, "note"},
		{borealis, "/sightings/add/" + own, `{"type":"0"}`, 200, "sighting"},
		{cordova, "/analyst_data/add/Note/" + uuidOf(1) + "/Attribute", `{"note":"x"}`, 404, ""},
		{cordova, "/analyst_data/add/Note/" + own + "/Attribute", `{"note":"x"}`, 404, ""},
		{borealis, "/analyst_data/add/Note/" + uuidOf(99) + "/Attribute", `{"note":"x"}`, 404, ""},
		{borealis, "/analyst_data/add/Remark/" + uuidOf(1) + "/Attribute", `{"note":"x"}`, 422, ""},
		{borealis, "/analyst_data/pushAnalystData", `[]`, 422, ""},
		{borealis, "/analyst_data/add/Note/" + uuidOf(1) + "/Attribute", `{"note":"x","language":"!!"}`, 422, ""},
		{borealis, "/analyst_data/delete/Note/5f6b1e1a-52a4-4b6c-9d21-0000000000aa", ``, 403, ""},
	} {
		before := w.count(c.stored)
		r := w.ask(c.of, "POST", c.path, c.body)
		w.want(r.status, c.status, c.path+c.body+r.body)
		if c.stored != "" {
			w.want(w.count(c.stored)-before, 1, "new "+c.stored+"s after "+c.body)
		}
	}
	for _, kind := range []string{"note", "opinion", "relationship"} {
		all, err := w.node.Objects(t.Context(), exchange.ObjectFilter{Type: kind})
		must(t, err)
		for _, o := range all {
			if strings.Contains(string(o.Raw), "Analyst ") && !strings.Contains(string(o.Raw), "of its own") && (!strings.Contains(string(o.Raw), green) || o.Provenance.From != borealis) {
				t.Errorf("without the marking of what it is about, or of nobody: %s", o.Raw)
			}
		}
	}
}

// TestAddedAnalystDataIsCompleted: a client reads back what it added, with the UUID
// and the times it did not give.
func TestAddedAnalystDataIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(borealis, false, id("report", 10))
	got := decode[added](w, w.ask(borealis, "POST", "/analyst_data/add/note/"+uuidOf(1)+"/Attribute", `{"Note":{"note":"seen","object_uuid":"`+uuidOf(9)+`"}}`)).Note
	if got.UUID == "" || got.Modified == "" || got.Note != "seen" || got.ObjectUUID != uuidOf(1) {
		t.Errorf("%+v", got)
	}
	stored, err := w.node.Object(t.Context(), "note--"+got.UUID)
	must(t, err)
	if !strings.Contains(string(stored.Raw), id("indicator", 1)) {
		t.Errorf("%s", stored.Raw)
	}
}

// TestAnalystDataOfASyncIsOffered: a MISP server that pushes is told to send all it
// offers, and one that pulls finds them in the events only.
func TestAnalystDataOfASyncIsOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	offered := `{"Note":{"5f6b1e1a-52a4-4b6c-9d21-0000000000aa":"2026-11-24 10:00:00"},"Opinion":[]}`
	wanted := decode[map[string]map[string]string](w, w.ask(borealis, "POST", "/analyst_data/filterAnalystDataForPush", offered))
	w.want(wanted, "map[Note:map[5f6b1e1a-52a4-4b6c-9d21-0000000000aa:2026-11-24 10:00:00] Opinion:map[] Relationship:map[]]", "wanted")
	w.want(w.ask(borealis, "POST", "/analyst_data/indexMinimal", `{"orgc_name":[]}`).body, `[]`, "by themselves")
	w.want(w.ask(borealis, "GET", "/analyst_data/index/Note/uuid[]:5f6b1e1a-52a4-4b6c-9d21-0000000000aa.json", "").body, `[]`, "by themselves")
	for _, wrong := range []string{`{`, `{"Note":1,"Note":2}`} {
		w.want(w.ask(borealis, "POST", "/analyst_data/filterAnalystDataForPush", wrong).status, 422, wrong)
	}
}

// TestP20SayingTellsNothing: who claims an attribute that the node knows of others
// learns nothing by sighting it or by a note about it.
func TestP20SayingTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(cordova, false, id("report", 10))
	hidden, absent := uuidOf(1), uuidOf(2)
	claim := `{"Event":{"uuid":"%[2]s","info":"mine","timestamp":"1700000000","Attribute":[{"uuid":"%[1]s","type":"ip-dst","value":"203.0.113.9","to_ids":true,"timestamp":"1700000000"}]}}`
	for _, ask := range []struct{ path, body string }{
		{"/analyst_data/add/Note/%[1]s/Attribute", `{"uuid":"%[2]s","note":"x","created":"2026-11-24 10:00:00","modified":"2026-11-24 10:00:00"}`},
		{"/events/add", claim},
		{"/sightings/add/%[1]s", `{"type":"0"}`},
		{"/analyst_data/add/Note/%[1]s/Attribute", `{"uuid":"%[2]s","note":"x","created":"2026-11-24 10:00:00","modified":"2026-11-24 10:00:00"}`},
	} {
		got := [2]string{}
		for i, attribute := range []string{hidden, absent} {
			other := uuidOf(100 + i)
			fill := func(s string) string { return strings.NewReplacer("%[1]s", attribute, "%[2]s", other).Replace(s) }
			r := w.ask(borealis, "POST", fill(ask.path), fill(ask.body))
			var body map[string]any // whose members come in any order
			must(t, json.Unmarshal([]byte(r.body), &body))
			got[i] = strings.NewReplacer(attribute, "A", other, "E", events.EventNumber(other), "N").Replace(fmt.Sprint(r.status, body))
		}
		if got[0] != got[1] {
			t.Errorf("%s tells what the node knows:\n%s\n%s", ask.path, got[0], got[1])
		}
	}
}
