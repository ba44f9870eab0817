package misp

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// said are analyst data: a note with an opinion of it, and a relationship.
func said(n int, related string) string {
	return fmt.Sprintf(`"Note":[{"uuid":"%[1]d0000000-0000-4000-8000-00000000000a","note":"note %[1]d","language":"en","authors":"anna@csirt.example","created":"2026-11-20 10:00:00","modified":"2026-11-20 11:00:00",
		"Opinion":[{"uuid":"%[1]d0000000-0000-4000-8000-00000000000c","opinion":"85","comment":"of note %[1]d","authors":"Analyst B","created":"2026-11-20 10:00:00","modified":"2026-11-20 11:00:00"}]}],
		"Relationship":[{"uuid":"%[1]d0000000-0000-4000-8000-00000000000b","related_object_uuid":"%[2]s","related_object_type":"Attribute","relationship_type":"Used by","authors":"Analyst A","created":"2026-11-20 10:00:00","modified":"2026-11-20 11:00:00"}]`, n, related)
}

const (
	analystAttribute = "aaaaaaaa-0000-4000-8000-000000000001"
	analystObject    = "aaaaaaaa-0000-4000-8000-000000000002"
	analystReport    = "aaaaaaaa-0000-4000-8000-000000000003"
	analystEvent     = "aaaaaaaa-0000-4000-8000-000000000009"
)

func analystDoc() []byte {
	return []byte(`{"Event":{"uuid":"` + analystEvent + `","info":"Analyst data","timestamp":"1795168800","distribution":"3",` + said(1, analystAttribute) + `,
		"Attribute":[{"uuid":"` + analystAttribute + `","type":"domain","category":"Network activity","value":"a.example","to_ids":true,"distribution":"2","timestamp":"1795168800",` + said(2, analystObject) + `}],
		"Object":[{"uuid":"` + analystObject + `","name":"file","meta-category":"file","distribution":"1","timestamp":"1795168800",` + said(3, analystReport) + `,
			"Attribute":[{"uuid":"aaaaaaaa-0000-4000-8000-000000000004","type":"filename","object_relation":"filename","value":"a.exe","to_ids":false,"timestamp":"1795168800"}]}],
		"EventReport":[{"uuid":"` + analystReport + `","name":"Report","content":"Text","timestamp":"1795168800",` + said(4, analystEvent) + `}]}}`)
}

// TestAnalystData: what analysts say of an event, an attribute, an object and a
// report, what they say of that, and what they relate it to, goes in and comes
// out where it was (AnalystData.php of MISP 2.4.198, valid_targets).
func TestAnalystData(t *testing.T) {
	t.Parallel()
	b, err := Parse(analystDoc())
	if err != nil || len(b.Rejected) > 0 {
		t.Fatal(err, b.Rejected)
	}
	w := Write(objects(b))
	if len(w.Events) != 1 || len(w.Left) > 0 {
		t.Fatalf("%d events, left %v", len(w.Events), w.Left)
	}
	doc := tree(t, w.Events[0])
	ev := doc.Get("Event")
	for i, c := range []struct {
		part          *strictjson.Value
		kind, related string
		relatedType   string
	}{
		{ev, "Event", analystAttribute, "Attribute"},
		{&ev.Get("Attribute").Items[0], "Attribute", analystObject, "Object"},
		{&ev.Get("Object").Items[0], "Object", analystReport, "EventReport"},
		{&ev.Get("EventReport").Items[0], "EventReport", analystEvent, "Event"},
	} {
		n := string(rune('1' + i))
		notes, drawn := c.part.GetList("Note"), c.part.GetList("Relationship")
		if len(notes) != 1 || len(drawn) != 1 || len(notes[0].GetList("Opinion")) != 1 {
			t.Fatalf("%s: %d notes, %d relationships", c.kind, len(notes), len(drawn))
		}
		opinion, r := notes[0].Get("Opinion").Items[0], drawn[0]
		for what, pair := range map[string][2]string{
			"note":             {notes[0].GetText("note"), "note " + n},
			"uuid":             {notes[0].GetText("uuid"), n + "0000000-0000-4000-8000-00000000000a"},
			"made":             {notes[0].GetText("created"), "2026-11-20 10:00:00"},
			"changed":          {notes[0].GetText("modified"), "2026-11-20 11:00:00"},
			"address":          {notes[0].GetText("authors"), ""},
			"about":            {notes[0].GetText("object_uuid"), c.part.GetText("uuid")},
			"type":             {notes[0].GetText("object_type"), c.kind},
			"level":            {notes[0].GetText("distribution"), "0"},
			"opinion":          {opinion.GetText("opinion"), "85"},
			"of the note":      {opinion.GetText("object_type"), "Note"},
			"author":           {opinion.GetText("authors"), "Analyst B"},
			"relationship":     {r.GetText("uuid"), n + "0000000-0000-4000-8000-00000000000b"},
			"kind":             {r.GetText("relationship_type"), "Used by"},
			"related":          {r.GetText("related_object_uuid"), c.related},
			"type of related":  {r.GetText("related_object_type"), c.relatedType},
			"who related them": {r.GetText("authors"), "Analyst A"},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s is %q, want %q", c.kind, what, pair[0], pair[1])
			}
		}
	}
	if len(ev.Get("Object").Items[0].GetList("ObjectReference")) > 0 {
		t.Error("what an analyst related became a reference of the object")
	}
}

// TestLevelsAreNotPassedOn: whoever has an event has it by a decision, and no
// level of its source lets a server pass it on (DECISION.md; J23).
func TestLevelsAreNotPassedOn(t *testing.T) {
	t.Parallel()
	b, err := Parse(analystDoc())
	if err != nil {
		t.Fatal(err)
	}
	out := string(Write(objects(b)).Events[0])
	for _, level := range []string{"1", "2", "3", "4"} {
		if strings.Contains(out, `"distribution":"`+level+`"`) {
			t.Errorf("the event says distribution %s", level)
		}
	}
}

// TestRelatedElsewhere: a relationship to what is not in the event costs itself,
// and is told of.
func TestRelatedElsewhere(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte(`{"Event":{"uuid":"` + analystEvent + `","info":"x","timestamp":"1795168800",` + said(1, "ffffffff-0000-4000-8000-000000000001") + `}}`))
	if err != nil || len(byType(b, "relationship")) > 0 || len(byType(b, "note")) != 2 {
		t.Fatal(err, b)
	}
	tells(t, b.Accepted[len(b.Accepted)-1].Warnings, "misp.relationship")
}

// note is analyst data about a part; more are members of it.
func note(n int, about, more string) string {
	return fmt.Sprintf(`{"uuid":"%08d-0000-4000-8000-00000000000a","object_uuid":"%s","note":"note %d"%s}`, n, about, n, more)
}

func uuidOfNote(n int) string { return fmt.Sprintf("%08d-0000-4000-8000-00000000000a", n) }

func analystEventWith(members string) []byte {
	return []byte(`{"Event":{"uuid":"` + analystEvent + `","info":"x","timestamp":"1795168800",` + members + `}}`)
}

// TestAnswersBesideWhatTheyAnswer: MISP 2.5 lists what is said of a note beside
// it, MISP 2.4 within it; which comes first means nothing.
func TestAnswersBesideWhatTheyAnswer(t *testing.T) {
	t.Parallel()
	want := ""
	for name, list := range map[string]string{
		"within":  note(1, analystEvent, `,"Note":[`+note(2, uuidOfNote(1), "")+`]`),
		"beside":  note(1, analystEvent, "") + "," + note(2, uuidOfNote(1), ""),
		"swapped": note(2, uuidOfNote(1), "") + "," + note(1, analystEvent, ""),
	} {
		b, err := Parse(analystEventWith(`"Note":[` + list + `]`))
		if err != nil || len(b.Rejected) > 0 || len(byType(b, "note")) != 3 { // with that which says that the event is empty
			t.Fatal(name, err, b.Rejected)
		}
		w := Write(objects(b))
		ev := tree(t, w.Events[0])
		outer := ev.Get("Event").GetList("Note")
		if len(outer) != 1 || len(w.Left) > 0 {
			t.Fatalf("%s: %s, left %v", name, w.Events[0], w.Left)
		}
		got := string(strictjson.Append(nil, &outer[0]))
		if want == "" {
			want = got
		}
		if got != want || !strings.Contains(got, "note 2") {
			t.Errorf("%s: %s, elsewhere %s", name, got, want)
		}
	}
}

// TestSaidOfARelationship: analysts answer relationships too.
func TestSaidOfARelationship(t *testing.T) {
	t.Parallel()
	const drawn = `"Relationship":[{"uuid":"dddddddd-0000-4000-8000-000000000001","related_object_uuid":"` + analystAttribute + `","relationship_type":"knows",`
	b, err := Parse(analystEventWith(drawn + `"Note":[` + note(1, "dddddddd-0000-4000-8000-000000000001", "") + `]}],
		"Attribute":[{"uuid":"` + analystAttribute + `","type":"domain","value":"a.example"}]`))
	if err != nil || len(b.Rejected) > 0 {
		t.Fatal(err, b.Rejected)
	}
	w := Write(objects(b))
	ev := tree(t, w.Events[0])
	r := ev.Get("Event").GetList("Relationship")
	if len(r) != 1 || len(r[0].GetList("Note")) != 1 || r[0].GetList("Note")[0].GetText("object_type") != "Relationship" || len(w.Left) > 0 {
		t.Errorf("%s, left %v", w.Events[0], w.Left)
	}
}

// TestRelationshipsAtTheirTarget: MISP lists a relationship with its target too.
// It is one, and it is there also when its source is listed without it.
func TestRelationshipsAtTheirTarget(t *testing.T) {
	t.Parallel()
	const (
		outgoing = `"uuid":"dddddddd-0000-4000-8000-000000000001","object_uuid":"` + analystEvent + `","related_object_uuid":"` + analystAttribute + `","relationship_type":"knows"`
		foreign  = `{"uuid":"dddddddd-0000-4000-8000-000000000002","object_uuid":"ffffffff-0000-4000-8000-000000000001","related_object_uuid":"` + analystAttribute + `","relationship_type":"knows"}`
	)
	for name, source := range map[string]string{"both": `"Relationship":[{` + outgoing + `}],`, "target": ""} {
		b, err := Parse(analystEventWith(source + `"Attribute":[{"uuid":"` + analystAttribute + `","type":"domain","value":"a.example","to_ids":false,"RelationshipInbound":[{` + outgoing + `},` + foreign + `]}]`))
		if err != nil || len(b.Rejected) > 0 {
			t.Fatal(name, err, b.Rejected)
		}
		if drawn := byType(b, "relationship"); len(drawn) != 1 || drawn[0].Tree.GetText("target_ref") != "observed-data--"+analystAttribute {
			t.Errorf("%s: %d relationships", name, len(drawn))
		}
		tells(t, b.Accepted[len(b.Accepted)-1].Warnings, "misp.relationship: 1 ")
	}
}

// TestRelatedToNothing: a part without a UUID is not what a relationship without
// one goes to.
func TestRelatedToNothing(t *testing.T) {
	t.Parallel()
	b, err := Parse(analystEventWith(`"EventReport":[{"name":"r","content":"c"}],"Note":[{"note":"of the event","object_uuid":""}],"Relationship":[{"relationship_type":"knows"}],
		"Attribute":[{"type":"domain","value":"a.example","to_ids":false}]`))
	if err != nil || len(b.Rejected) > 0 || len(byType(b, "relationship")) > 0 {
		t.Fatal(err, b.Rejected)
	}
	for _, n := range byType(b, "note") {
		if about := n.Tree.GetTexts("object_refs"); len(about) != 1 || prefix(about[0]) != "grouping" {
			t.Errorf("%s is about %v", n.ID, about)
		}
	}
	tells(t, b.Accepted[len(b.Accepted)-1].Warnings, "misp.relationship: 1 ")
}

// TestLongThread: however many analysts answer each other, the event is one that
// can be read, and what is not in it is named.
func TestLongThread(t *testing.T) {
	t.Parallel()
	const answers = 200
	list := []string{note(0, analystEvent, "")}
	for i := 1; i < answers; i++ {
		list = append(list, note(i, uuidOfNote(i-1), ""))
	}
	b, err := Parse(analystEventWith(`"Note":[` + strings.Join(list, ",") + `],"Attribute":[{"uuid":"` + analystAttribute + `","type":"domain","value":"a.example"}]`))
	if err != nil || len(b.Rejected) > 0 {
		t.Fatal(err, b.Rejected)
	}
	w := Write(objects(b))
	if _, err := ReadWhole(w.Events[0]); err != nil {
		t.Error(err)
	}
	if in := strings.Count(string(w.Events[0]), `"note":`); in+len(w.Left) != answers || in != maxThread+1 {
		t.Errorf("%d are in the event and %d are left", in, len(w.Left))
	}
}

func tells[W any](t *testing.T, warnings []W, code string) {
	t.Helper()
	if !strings.Contains(fmt.Sprint(warnings), code) {
		t.Errorf("%v does not tell of %s", warnings, code)
	}
}

// TestAnalysisIsCompleted: as PyMISP sends it, in seconds, and without what a server
// gives; times come out in the one way that PyMISP reads.
func TestAnalysisIsCompleted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 500_000_000, time.UTC)
	for _, c := range []struct{ sent, created, modified string }{
		{`{"note":"x","created":1795168800.25}`, "2026-11-20 10:00:00", "2026-11-24 12:00:00.500000"},
		{`{"note":"x","created":"2026-11-20T11:00:00+01:00","modified":"2026-11-20 10:00:00.25"}`, "2026-11-20 10:00:00", "2026-11-20 10:00:00.250000"},
		{`{"note":"x","created":"soon","modified":null}`, "2026-11-24 12:00:00.500000", "2026-11-24 12:00:00.500000"},
	} {
		a, err := ReadAnalysis([]byte(c.sent), "NOTE")
		if err != nil {
			t.Fatal(err)
		}
		a.Complete(analystAttribute, now, func() string { return analystObject })
		doc := tree(t, a.JSON())
		n := doc.Get("Note")
		if a.UUID != analystObject || a.About != analystAttribute || n.GetText("object_uuid") != analystAttribute || n.GetText("created") != c.created || n.GetText("modified") != c.modified {
			t.Errorf("%s: %s", c.sent, a.JSON())
		}
	}
	for _, wrong := range []string{`{}`, `[]`, `{"Note":7}`, `"Note"`} {
		if _, err := ReadAnalysis([]byte(wrong), ""); fault.CodeOf(err) != "misp.analysis" {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestProposalsAreNotApplied: what others propose to change is in no object, is
// told of, and is in the bytes of the event (ShadowAttribute.php).
func TestProposalsAreNotApplied(t *testing.T) {
	t.Parallel()
	const proposal = `"ShadowAttribute":[{"uuid":"bbbbbbbb-0000-4000-8000-000000000001","type":"domain","value":"proposed.example","proposal_to_delete":true,"Org":{"uuid":"cccccccc-0000-4000-8000-000000000001","name":"Third"}}]`
	b, err := Parse([]byte(`{"Event":{"uuid":"` + analystEvent + `","info":"x","timestamp":"1795168800",` + proposal + `,"Attribute":[{"uuid":"` + analystAttribute + `","type":"domain","value":"a.example",` + proposal + `}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range b.Accepted {
		if strings.Contains(string(a.Object.Raw), "proposed.example") || strings.Contains(string(a.Object.Raw), "Third") || strings.Contains(string(a.Object.Raw), `"revoked"`) {
			t.Errorf("applied: %s", a.Object.Raw)
		}
	}
	last := b.Accepted[len(b.Accepted)-1]
	tells(t, last.Warnings, "misp.proposal: 2 ")
	if !strings.Contains(string(last.Object.Upgraded.Raw), "proposed.example") {
		t.Error("the bytes of the event have not the proposals")
	}
	if out := string(Write(objects(b)).Events[0]); strings.Contains(out, "ShadowAttribute") || !strings.Contains(out, "a.example") {
		t.Error(out)
	}
}

// TestProtectedIsNotVouchedFor: an event that MISP servers protect by signatures
// is handed on as this node's and never as if they had signed it
// (CryptographicKey.php: the signature is in a header, over the body as it was).
func TestProtectedIsNotVouchedFor(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte(`{"Event":{"uuid":"` + analystEvent + `","info":"x","timestamp":"1795168800","protected":"1",
		"CryptographicKey":[{"uuid":"bbbbbbbb-0000-4000-8000-000000000002","type":"pgp","fingerprint":"0123ABCD","key_data":"-----BEGIN PGP PUBLIC KEY BLOCK-----"}],
		"Attribute":[{"uuid":"` + analystAttribute + `","type":"domain","value":"a.example"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	tells(t, b.Accepted[len(b.Accepted)-1].Warnings, "misp.protected")
	all := slices.Clone(Write(objects(b)).Events)
	for _, a := range b.Accepted {
		all = append(all, a.Object.Raw)
	}
	out := string(bytes.Join(all, nil))
	for _, claim := range []string{"protected", "CryptographicKey", "0123ABCD", "PGP"} {
		if strings.Contains(out, claim) {
			t.Errorf("handed on with %s", claim)
		}
	}
}
