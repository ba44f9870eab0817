package obligation_test

import (
	"testing"

	"entente/obligation"
)

// FuzzReadCalendars: a calendar file is refused with a reason, or can be used.
func FuzzReadCalendars(f *testing.F) {
	for _, seed := range []string{
		`{"calendars":[{"name":"ES","zone":"Europe/Madrid","weekend":["saturday","sunday"],"holidays":["2026-12-25"]}]}`,
		`{"calendars":[{"name":"ES","zone":"../../etc/passwd"}]}`, `{"calendars":[{"name":"ES"},{"name":"ES"}],"calendars":[]}`, `{"calendars":[7]}`, `{}`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		all, err := obligation.ReadCalendars(source)
		if err != nil {
			return
		}
		if _, err := obligation.NewCalendars(all); err != nil {
			t.Fatalf("%+v is read and cannot be used: %v", all, err)
		}
	})
}
