package obligation_test

import (
	"os"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"entente/decision"
	"entente/instrument/library"
	"entente/obligation"
)

// duties says which duty of the library a regime of the vectors is.
var duties = map[string]struct{ instrument, duty string }{
	"dora initial":              {"eu-dora", "initial-notification"},
	"dora intermediate":         {"eu-dora", "intermediate-report"},
	"nis2 early warning":        {"eu-nis2", "early-warning"},
	"nis2 final, month end":     {"eu-nis2", "final-report"},
	"gdpr dpa (soft)":           {"eu-gdpr", "breach-notice"},
	"cra final (vulnerability)": {"eu-cra", "final-report-vulnerability"},
	"circia (proposed)":         {"us-circia", "incident-report"},

	"nis2 notification, trust service provider": {"eu-nis2", "incident-notification-trust"},
}

// events says which event of the clauses a word of the vectors is.
var events = map[string]string{
	"aware": "aware", "classified": "classified", "initial_submitted": "initial-notification",
	"notification_submitted": "incident-notification", "fix_available": obligation.FixAvailable, "reasonable_belief": obligation.ReasonableBelief,
}

// entities says which roles the entities of the vectors have.
var entities = map[string][]string{
	"":     {"essential-entity"},
	"bank": {"financial-entity", "credit-institution"},
	"small payment institution, not NIS2-listed, not designated": {"financial-entity", "payment-institution"},
}

// TestP17EveryVectorOfClocksIsExact: NIS2 Art. 23(4), DORA Art. 19(4) with RTS
// 2025/301 Art. 5, GDPR Art. 33(1), CRA Art. 14 and CIRCIA as proposed.
func TestP17EveryVectorOfClocksIsExact(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/clock-vectors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			ID, Regime, Due string
			Given           map[string]string
		}
	}
	if err := yaml.Unmarshal(source, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 10 {
		t.Fatalf("%d vectors", len(file.Vectors))
	}
	madrid := calendars(t, obligation.Calendar{Name: "ES", Zone: "Europe/Madrid"})
	for _, v := range file.Vectors {
		anchors := map[string]time.Time{}
		for word, at := range v.Given {
			if event := events[word]; event != "" {
				anchors[event] = local(t, at)
			}
		}
		named := duties[v.Regime]
		d, err := obligation.New(obligation.Spec{
			ID: v.ID, Source: decision.DutyRef{ClauseRef: decision.ClauseRef{Instrument: named.instrument}, ID: named.duty},
			Rule: ruleOf(t, named.instrument, named.duty), Roles: entities[v.Given["entity"]], Calendar: "ES", Anchors: anchors,
			Act: obligation.Act{At: local(t, "2026-11-20T17:00")},
		}, madrid)
		if err != nil {
			t.Fatal(err)
		}
		if want := local(t, v.Due); !d.Due.Equal(want) {
			t.Errorf("%s %s: due %s, want %s", v.ID, v.Regime, d.Due.In(want.Location()), want)
		}
	}
}

func ruleOf(t testing.TB, id, duty string) obligation.Rule {
	t.Helper()
	doc, err := library.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range doc.Clauses {
		for _, d := range c.Duties {
			if d.ID == duty {
				return obligation.RuleOf(d)
			}
		}
	}
	t.Fatalf("%s has no duty %s", id, duty)
	return obligation.Rule{}
}

func calendars(t testing.TB, all ...obligation.Calendar) obligation.Calendars {
	t.Helper()
	cs, err := obligation.NewCalendars(all)
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

// local reads a time of Madrid.
func local(t testing.TB, s string) time.Time {
	t.Helper()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", s, madrid)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// dora takes on a duty of DORA in Madrid for an entity with roles.
func dora(t testing.TB, duty string, cs obligation.Calendars, roles []string, anchors map[string]time.Time) obligation.Duty {
	t.Helper()
	d, err := obligation.New(obligation.Spec{
		ID: "d", Source: decision.DutyRef{ClauseRef: decision.ClauseRef{Instrument: "eu-dora"}, ID: duty}, Rule: ruleOf(t, "eu-dora", duty),
		Roles: roles, Calendar: "ES", Anchors: anchors, Act: obligation.Act{At: local(t, "2026-11-20T15:00"), By: "o"},
	}, cs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDORAWeekendRule: RTS 2025/301 Art. 5(2). The relief is given to whoever is
// known to have it, and the earlier hour counts for everybody else.
func TestDORAWeekendRule(t *testing.T) {
	t.Parallel()
	plain := calendars(t, obligation.Calendar{Name: "ES", Zone: "Europe/Madrid"})
	holidays := calendars(t, obligation.Calendar{Name: "ES", Zone: "Europe/Madrid", Holidays: []string{"2026-11-23", "2026-12-08"}})
	small := []string{"financial-entity"}
	saturday := map[string]time.Time{"aware": local(t, "2026-11-20T15:00"), "classified": local(t, "2026-11-21T10:00")}
	for name, tc := range map[string]struct {
		duty    string
		cs      obligation.Calendars
		roles   []string
		anchors map[string]time.Time
		due     string
	}{
		"Saturday: noon on Monday":                 {"initial-notification", plain, small, saturday, "2026-11-23T12:00"},
		"Monday is a holiday: noon on Tuesday":     {"initial-notification", holidays, small, saturday, "2026-11-24T12:00"},
		"not for a bank":                           {"initial-notification", plain, []string{"credit-institution"}, saturday, "2026-11-21T14:00"},
		"not for an essential entity":              {"initial-notification", plain, []string{"financial-entity", "essential-entity"}, saturday, "2026-11-21T14:00"},
		"not while the roles are unknown":          {"initial-notification", plain, nil, saturday, "2026-11-21T14:00"},
		"not while the place is unknown":           {"initial-notification", obligation.Calendars{}, small, saturday, "2026-11-21T14:00"},
		"a working day stays":                      {"initial-notification", plain, small, map[string]time.Time{"aware": local(t, "2026-11-19T09:00")}, "2026-11-20T09:00"},
		"a bank holiday in the week":               {"intermediate-report", holidays, small, map[string]time.Time{"initial-notification": local(t, "2026-12-05T18:00")}, "2026-12-09T12:00"},
		"the final report, open to a bank as well": {"final-report", plain, []string{"credit-institution"}, map[string]time.Time{"intermediate-report": local(t, "2026-11-20T18:00")}, "2026-12-21T12:00"},
	} {
		if got := dora(t, tc.duty, tc.cs, tc.roles, tc.anchors).Due; !got.Equal(local(t, tc.due)) {
			t.Errorf("%s: due %s, want %s", name, got.In(local(t, tc.due).Location()), tc.due)
		}
	}
}
