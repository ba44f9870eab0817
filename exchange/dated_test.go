package exchange

import (
	"errors"
	"strings"
	"testing"
	"time"

	"entente/internal/fault"
)

var datedNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // read only

const datedLine = `{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","date_added":"2026-11-24T12:00:00.1234567Z","version":"2026-11-20T11:00:00.50+01:00","media_type":"x"}`

// TestManifestsAreRead: TAXII 2.1, section 5.3.1, liberal in what is a timestamp
// (sections 2 and 3.2) and strict in what is a manifest.
func TestManifestsAreRead(t *testing.T) {
	t.Parallel()
	now := datedNow.Add(time.Second)
	got, err := parseDates([]byte(`{"more":true,"next":"x","objects":[`+datedLine+`]}`), now)
	if err != nil || len(got) != 1 || got[0] != (dateGiven{
		id: "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", moment: "2026-11-20T10:00:00.5", added: datedNow.Add(123456 * time.Microsecond),
	}) {
		t.Errorf("%+v %v", got, err)
	}
	for name, empty := range map[string]string{"4a.6: an empty page": `{}`, "a list of none": `{"objects":[]}`} {
		if got, err := parseDates([]byte(empty), now); err != nil || len(got) != 0 {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for name, c := range map[string]struct{ manifest, pointer string }{
		"not JSON":                 {`manifest`, ""},
		"J2: a name twice":         {`{"objects":[],"objects":[]}`, ""},
		"J6: two documents":        {`{}{}`, ""},
		"a list":                   {`[]`, ""},
		"objects is an object":     {`{"objects":{}}`, ""},
		"no id":                    {strings.Replace(datedLine, `"id"`, `"ID"`, 1), "/objects/0/id"},
		"no version":               {strings.Replace(datedLine, `"version"`, `"v"`, 1), "/objects/0/version"},
		"J12: a comma":             {strings.Replace(datedLine, `00:00.1234`, `00:00,1234`, 1), "/objects/0/date_added"},
		"a date that has not come": {strings.Replace(datedLine, "24T12", "24T13", 1), "/objects/0/date_added"},
		"a date before all dates":  {strings.Replace(datedLine, "2026-11-24", "1969-12-31", 1), "/objects/0/date_added"},
		"the year 0":               {strings.Replace(datedLine, "2026-11-24", "0000-01-01", 1), "/objects/0/date_added"},
	} {
		if c.pointer != "" {
			c.manifest = `{"objects":[` + c.manifest + `]}`
		}
		_, err := parseDates([]byte(c.manifest), now)
		got, ok := errors.AsType[*fault.Error](err)
		if !ok || got.Code != "object.dates" || c.pointer != "" && (len(got.Fields) != 1 || got.Fields[0].Pointer != c.pointer) {
			t.Errorf("%s: %v %+v", name, err, got)
		}
	}
	_, err = parseDates([]byte(`{"objects":[{}`+strings.Repeat(",{}", 1000)+`]}`), now)
	if f, ok := errors.AsType[*fault.Error](err); !ok || len(f.Fields) != mostComplaints {
		t.Errorf("complaints: %v", err)
	}
}

func FuzzManifests(f *testing.F) {
	for _, seed := range []string{`{}`, `{"objects":[` + datedLine + `]}`, `{"objects":[{"id":"a","date_added":"2026-11-24T13:00:00Z","version":"0"}]}`, `[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		given, err := parseDates(b, datedNow)
		if err != nil && fault.CodeOf(err) != "object.dates" {
			t.Fatalf("%v", err)
		}
		for _, g := range given {
			if g.id == "" || g.moment == "" || g.added.After(datedNow) || g.added.UnixMicro() <= 0 {
				t.Fatalf("%+v", g)
			}
		}
	})
}
