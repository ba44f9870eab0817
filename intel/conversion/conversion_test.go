package conversion

import (
	"testing"

	"entente/intel/stix"
	"entente/internal/fault"
)

const uuid = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3"

// TestWhatIsMadeOfOnePartIsKeptWholeOrNotAtAll and an object is there once.
func TestWhatIsMadeOfOnePartIsKeptWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	at := Version(Epoch)
	tool := Domain("tool", uuid+"1", at, at)
	tool.SetText("name", "Moth")
	other := Domain("tool", uuid+"1", at, at)
	other.SetText("name", "Wasp")
	place := Domain("location", uuid+"2", at, at)
	place.SetText("country", "NL")
	nameless := Domain("tool", uuid+"3", at, at)
	twice := fault.New(fault.Invalid, "x.duplicate", "twice")

	var a Account
	if err := a.Keep(Part{Raw: []byte("one"), Pointer: "/1"}, twice, tool, place); err != nil {
		t.Fatal(err)
	}
	if err := a.Keep(Part{Raw: []byte("two"), Pointer: "/2"}, twice, place); err != nil {
		t.Error("an equal object:", err)
	}
	if err := a.Keep(Part{Raw: []byte("three"), Pointer: "/3"}, twice, place, other); fault.CodeOf(err) != "x.duplicate" {
		t.Error("an id with two contents:", err)
	}
	fresh := Domain("location", uuid+"4", at, at)
	fresh.SetText("country", "BE")
	err := a.Keep(Part{Raw: []byte("four"), Pointer: "/4"}, twice, fresh, nameless)
	if fault.CodeOf(err) != "stix.required" {
		t.Error("half of a part:", err)
	}
	a.Reject(Part{Raw: []byte("four"), Pointer: "/4"}, "", err)
	if len(a.Bundle.Accepted) != 2 || string(a.Bundle.Accepted[0].Object.Upgraded.Raw) != "one" || a.Bundle.Accepted[1].Object.Upgraded != nil {
		t.Errorf("accepted %+v", a.Bundle.Accepted)
	}
	if r := a.Bundle.Rejected; len(r) != 1 || r[0].Pointer != "/4" || string(r[0].Raw) != "four" || r[0].Code != "stix.required" || r[0].Next == "" {
		t.Errorf("rejected %+v", r)
	}
	a.Warn("look")
	if w := a.Bundle.Accepted[1].Warnings; len(w) != 1 || w[0].Detail != "look" {
		t.Errorf("warned %+v", w)
	}
}

// TestTime reads times as other formats write them, and never the present.
func TestTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-11-24T15:00:00Z": "2026-11-24T15:00:00.000Z", "2026-11-24T15:00:00.1234+02:00": "2026-11-24T13:00:00.123Z",
		"2026-11-24": "2026-11-24T00:00:00.000Z", "2026-11-24 15:00:00": "2026-11-24T15:00:00.000Z", "2026-11-24 15:00:00 UTC": "2026-11-24T15:00:00.000Z",
		"": "", "yesterday": "", "0000-01-01": "", "2026-02-30": "", "24/11/2026": "",
	} {
		at, ok := Time(in)
		if ok != (want != "") || ok && Version(at) != want {
			t.Errorf("%q is %v %v", in, at, ok)
		}
	}
	o := Domain("tool", uuid+"1", Version(Epoch), Version(Epoch))
	if !stix.IsUUID(o.GetText("id")[len("tool--"):]) {
		t.Error("not an id")
	}
}
