package problem_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/internal/fault"
	"entente/internal/problem"
)

func TestEveryKindSurvivesTheWire(t *testing.T) {
	t.Parallel()
	for k := fault.Unavailable; k <= fault.Unverified; k++ {
		sent := fault.New(k, "thing.wrong", "It is wrong.").At("/a/0", "is bad").Try("Do better.")
		w := httptest.NewRecorder()
		problem.Write(w, fmt.Errorf("outer: %w", sent))
		if w.Code != problem.StatusOf(k) {
			t.Errorf("%v: status %d", k, w.Code)
		}
		got, ok := errors.AsType[*fault.Error](problem.Parse(w.Result()))
		if !ok {
			t.Fatalf("%v: not a fault", k)
		}
		if diff := cmp.Diff([]any{sent.Kind, sent.Code, sent.Message, sent.Fields, sent.Next}, []any{got.Kind, got.Code, got.Message, got.Fields, got.Next}); diff != "" {
			t.Errorf("%v: %s", k, diff)
		}
	}
}

func TestP5OnlyFaultsSpeak(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"plain":    errors.New("canary"),
		"internal": fault.New(fault.Internal, "store.canary", "canary"),
		"cause":    fault.New(fault.Denied, "release.denied", "No.").Because(errors.New("canary")),
	} {
		w := httptest.NewRecorder()
		problem.Write(w, err)
		if strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
	w := httptest.NewRecorder()
	problem.Write(w, fault.New(fault.Invalid, "x.y", "\xff"))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("a message that is not UTF-8: %d", w.Code)
	}
}

func TestParseRefusesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ media, body string }{
		{"text/html", "<h1>502</h1>"},
		{"", ""},
		{problem.MediaType, "{"},
		{problem.MediaType, "{}"},
		{problem.MediaType, `{"code":"a","code":"b"}`},
		{problem.MediaType, strings.Repeat(" ", 1<<17) + `{"code":"a.b"}`},
	} {
		err := problem.Parse(&http.Response{
			StatusCode: http.StatusBadGateway, Header: http.Header{"Content-Type": {c.media}}, Body: io.NopCloser(strings.NewReader(c.body)),
		})
		if fault.CodeOf(err) != "problem.foreign" || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%q: %v", c.body[:min(20, len(c.body))], err)
		}
	}
}

func TestUnknownTitleFallsBackToTheStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Kind{
		404: fault.NotFound, 409: fault.Conflict, 503: fault.Unavailable, 418: fault.Internal,
	} {
		err := problem.Parse(&http.Response{
			Header: http.Header{"Content-Type": {problem.MediaType}},
			Body:   io.NopCloser(strings.NewReader(fmt.Sprintf(`{"title":"?","code":"a.b","status":%d}`, status))),
		})
		if fault.KindOf(err) != want {
			t.Errorf("%d: %v", status, fault.KindOf(err))
		}
	}
}

// TestRetrySurvivesTheWire: how long it makes no sense to try again is a header
// (RFC 9110, section 10.2.3), rounded up to seconds.
func TestRetrySurvivesTheWire(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]time.Duration{0: 0, time.Millisecond: time.Second, 90 * time.Second: 90 * time.Second} {
		w := httptest.NewRecorder()
		problem.Write(w, fault.New(fault.Unavailable, "quota.day", "No more today.").After(wait))
		f, ok := errors.AsType[*fault.Error](problem.Parse(w.Result()))
		if !ok || f.Retry != want {
			t.Errorf("%s becomes %+v", wait, f)
		}
	}
}
