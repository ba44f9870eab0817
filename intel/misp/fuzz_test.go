package misp

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// FuzzParse reads anything as MISP. Whatever comes out keeps the rules of STIX,
// is the same each time, has labels wherever its event had, and can be written
// back without losing an attribute.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, seed := range []string{
		`{"Event":{"info":"x","Attribute":[{"type":"ip-dst|port","value":"|"}]}}`,
		`{"response":[{"Event":{"uuid":"zz","Attribute":[{"type":"filename|md5","value":"a|b|c"}],"Tag":[{"name":"tlp:red"},]}}]}`,
		`{"Event":{"info":"x","Object":[{"name":"domain-ip","Attribute":[{"type":"domain","object_relation":"port","value":"1"}]}]}}`,
		`{"Event":{"info":"x","Galaxy":[{"type":"region","GalaxyCluster":[{"value":"1 - "}]}],"Opinion":[{"opinion":101}]}}`,
		`{"Event":{"info":"x","Attribute":[{"type":"AS","value":"AS"},{"type":"regkey|value","value":"HKLM|\\u0000"}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		Is(src)
		b, err := Parse(src)
		if err != nil {
			return
		}
		var objects []*intel.Object
		for _, a := range b.Accepted {
			if _, _, err := stix.ParseObject(a.Object.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, a.Object.Raw)
			}
			objects = append(objects, a.Object)
		}
		again, _ := Parse(src)
		if len(again.Accepted) != len(b.Accepted) || len(again.Rejected) != len(b.Rejected) {
			t.Fatal("not the same twice")
		}
		for _, ev := range Write(objects).Events {
			if _, err := strictjson.Parse(ev, strictjson.Limits{Bytes: 64 << 20}); err != nil {
				t.Fatalf("not JSON: %v: %s", err, ev)
			}
		}
	})
}

// FuzzWrite writes any STIX as MISP.
func FuzzWrite(f *testing.F) {
	b, err := os.ReadFile("testdata/coruscant.stix21.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`[{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z","pattern":"[a:b = 'c\\' AND d:e = 1]","pattern_type":"stix","valid_from":"2026-11-20T10:00:00Z","labels":["misp:name=\"file\""]}]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := stix.Parse(src)
		if err != nil {
			return
		}
		var objects []*intel.Object
		for _, a := range b.Accepted {
			objects = append(objects, a.Object)
		}
		for _, ev := range Write(objects).Events {
			if _, err := strictjson.Parse(ev, strictjson.Limits{Bytes: 64 << 20}); err != nil {
				t.Fatalf("not JSON: %v: %s", err, ev)
			}
		}
	})
}

// FuzzDoor reads anything as a client's event and as its search. A completed
// event stays one, lacks nothing, and is not completed twice.
func FuzzDoor(f *testing.F) {
	f.Add([]byte(`{"info":"x","Attribute":[{"type":"domain","value":"a.example"},7],"Object":[{"Attribute":[{}]}]}`), []byte(`{"value":["a%","!b"],"timestamp":["7d","1d"],"limit":"2","page":1}`))
	f.Add([]byte(`{"Event":{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000001","timestamp":"1","Tag":[{"name":"tlp:red"}]}}`), []byte(`{"request":{"tags":{"AND":["a"],"NOT":"b"},"published":true,"last":"1700000000.5"}}`))
	f.Add([]byte(`{"Event":{},"Event":{}}`), []byte(`[]`))
	now, n := time.Unix(1_800_000_000, 0), 0
	newID := func() string { n++; return fmt.Sprintf("5f6b1e1a-52a4-4b6c-9d21-%012d", n) }
	f.Fuzz(func(t *testing.T, doc, search []byte) {
		q, err := ParseQuery(search, now)
		if err != nil {
			q = Query{}
		}
		done, err := Complete(doc, now, newID)
		if err != nil {
			return
		}
		head, err := HeadOf(done)
		if err != nil || head.UUID == "" {
			t.Fatalf("completed without a UUID: %v %s", err, done)
		}
		again, err := Complete(done, now.Add(time.Hour), newID)
		if err != nil || !bytes.Equal(again, done) {
			t.Fatalf("completed twice: %v\n%s\n%s", err, done, again)
		}
		w, err := ReadWhole(done)
		if err != nil {
			t.Fatal(err)
		}
		err = q.Attributes(t.Context(), w, func(line func() []byte) bool {
			if _, err := strictjson.Parse(line(), strictjson.Default()); err != nil {
				t.Errorf("a line that is no JSON: %v", err)
			}
			return q.MatchHead(w)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.MatchEvent(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadWhole(head.Brief); err != nil || len(head.Brief) > maxBrief {
			t.Fatalf("a head of %d bytes: %v", len(head.Brief), err)
		}
		w.Cut(false, false)
		if _, err := ReadWhole(w.JSON()); err != nil {
			t.Fatalf("cut to no event: %v", err)
		}
	})
}

// FuzzSightings reads anything as a list of sightings: what comes of it is STIX,
// or set aside with a reason.
func FuzzSightings(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"type":"0"},{"type":1,"date_sighting":"1700000000"}]`, `[{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000001","source":"x","Organisation":{"name":"y"}},7,null]`,
		`[{"date_sighting":"-1"},{"timestamp":99999999999999999999}]`, `{"type":"0"}`, `[{"type":"2"}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	of := Seen{IDs: []string{"indicator--5f6b1e1a-52a4-4b6c-9d21-000000000002"}, Markings: []string{"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"}}
	f.Fuzz(func(t *testing.T, list []byte) {
		b, err := ParseSightings(list, of, Organisation{Name: "x", UUID: "5f6b1e1a-52a4-4b6c-9d21-000000000003"}, time.Unix(1_800_000_000, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range b.Accepted {
			if _, _, err := stix.ParseObject(a.Object.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, a.Object.Raw)
			}
		}
		for _, r := range b.Rejected {
			if r.Code == "" || r.Detail == "" {
				t.Fatalf("%+v has no reason", r)
			}
		}
	})
}

// FuzzAnalysis reads anything as what an analyst says. What is made of it can be
// read back, and is completed once.
func FuzzAnalysis(f *testing.F) {
	f.Add([]byte(`{"note":"x","Opinion":[{"opinion":"80","object_uuid":"b"}]}`), "note", "5f6b1e1a-52a4-4b6c-9d21-000000000001")
	f.Add([]byte(`{"Relationship":{"uuid":"a","object_uuid":"b","related_object_uuid":"b","relationship_type":"X y","Note":[{"note":"of it"}]}}`), "", "")
	f.Add([]byte(`{"Opinion":{"opinion":101,"modified":"2026-11-24 10:00:00"}}`), "", "")
	now := time.Unix(1_800_000_000, 0)
	seen := Seen{IDs: []string{"indicator--5f6b1e1a-52a4-4b6c-9d21-000000000002"}, Markings: []string{stix.TLPMarking(1, "green")}}
	f.Fuzz(func(t *testing.T, doc []byte, kind, about string) {
		about = usable(about) // nothing else is asked about
		a, err := ReadAnalysis(doc, kind)
		if err != nil {
			return
		}
		a.Complete(about, now, func() string { return "5f6b1e1a-52a4-4b6c-9d21-000000000003" })
		once := a.JSON()
		a.Complete("", now.Add(time.Hour), func() string { t.Fatal("a second UUID"); return "" })
		if !bytes.Equal(a.JSON(), once) {
			t.Fatalf("completed twice: %s", a.JSON())
		}
		again, err := ReadAnalysis(once, "")
		if err != nil || again.Kind != a.Kind || again.UUID != a.UUID {
			t.Fatalf("%v: %s", err, once)
		}
		for _, o := range a.Bundle(seen, seen, now).Accepted {
			if !bytes.Contains(o.Object.Raw, []byte(seen.Markings[0])) {
				t.Fatalf("not under the markings of what it is about: %s", o.Object.Raw)
			}
		}
	})
}
