package egress_test

import (
	"net/http"
	"testing"
	"time"

	"entente/internal/egress"
)

// FuzzRetryAfter: whatever a server asks for, the wait is a time to come.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "-1", "99999999999999999999", "Tue, 24 Nov 2026 12:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "1.5", ""} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if wait := egress.RetryAfter(http.Header{"Retry-After": {text}}, now); wait < 0 {
			t.Fatalf("%q is %s", text, wait)
		}
	})
}
