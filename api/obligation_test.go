package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"entente/internal/fault"
)

// LinkedFeed knows one link.
func (f *fake) LinkedFeed(_ context.Context, link string) ([]byte, error) {
	if link != "right" {
		return nil, fault.New(fault.Unauthenticated, "calendar.link", "This is not the link of the calendar.")
	}
	return []byte("BEGIN:VCALENDAR\r\n"), nil
}

// TestALinkOpensTheCalendarAlone: it needs no token, and is none.
func TestALinkOpensTheCalendarAlone(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	for path, status := range map[string]int{
		"/v1/calendar/right": 200, "/v1/calendar/wrong": 401, "/v1/calendar/": 404, "/v1/calendar": 401, "/v1/calendar/right/more": 404,
		"/v1/calendar/../duties": 307, "/v1/duties": 401, "/v1/calendar-link": 401,
	} {
		w := do(h, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
		if status == 200 && (w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store") {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
}
