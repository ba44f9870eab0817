package notice_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
	"entente/wire/notice"
)

// told is a node that has something to tell to one party.
type told struct {
	to  party.ID
	all []exchange.Notice // each at its own second
}

func (told) Authenticate(_ context.Context, secret string) (party.ID, error) {
	if id, ok := strings.CutPrefix(secret, "secret of "); ok {
		return party.ID(id), nil
	}
	return "", fault.New(fault.Unauthenticated, "credential.refused", "No.")
}

func (n told) Notices(_ context.Context, to party.ID, after exchange.NoticePlace, _ int) (list []exchange.Notice, upto exchange.NoticePlace, err error) {
	upto = after
	for _, one := range n.all {
		if to == n.to && one.At.After(after.Release) {
			list, upto.Release = append(list, one), one.At
		}
	}
	return list, upto, nil
}

func (n told) NoticesEnd(context.Context, party.ID) (exchange.NoticePlace, error) {
	return exchange.NoticePlace{Release: time.Unix(2, 0)}, nil
}

func release(id string, second int64) exchange.Notice {
	return exchange.Notice{Kind: exchange.NoticeRelease, Release: id, At: time.Unix(second, 0).UTC(), Objects: 3}
}

// ask reads a stream to its end.
func ask(t *testing.T, n told, header ...string) (int, string) {
	t.Helper()
	s, err := notice.New(notice.Config{Exchange: n, Secret: make([]byte, 32), Every: time.Millisecond, Lasts: 20 * time.Millisecond, PerParty: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, notice.Path, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestStream: a stream begins with what happens next, names its place, and goes
// on from it when the client comes again; another party's has nothing of it.
func TestStream(t *testing.T) {
	t.Parallel()
	n := told{to: "a", all: []exchange.Notice{release("before", 1), release("first", 3), release("second", 4)}}
	status, body := ask(t, n, "Authorization", "Bearer secret of a")
	if status != http.StatusOK || strings.Contains(body, "before") || strings.Count(body, "event: release\ndata: {") != 2 || !strings.HasPrefix(body, "retry: 1000\nid: ") {
		t.Fatalf("%d %s", status, body)
	}
	last := body[strings.LastIndex(body, "id: ")+4:]
	last, _, _ = strings.Cut(last, "\n")
	n.all = append(n.all, exchange.Notice{Kind: exchange.NoticeRecall, Release: "first", At: time.Unix(5, 0).UTC(), Reason: "a mistake"})
	_, body = ask(t, n, "Authorization", "Bearer secret of a", "Last-Event-Id", last)
	if strings.Contains(body, "second") || !strings.Contains(body, `event: recall`) || !strings.Contains(body, `"reason":"a mistake"`) {
		t.Errorf("after the last: %s", body)
	}
	if _, body := ask(t, n, "Authorization", "Bearer secret of b"); strings.Contains(body, "event:") {
		t.Errorf("P20 another party is told %s", body)
	}
	for what, header := range map[string][]string{
		"another party's place": {"Authorization", "Bearer secret of b", "Last-Event-Id", last},
		"no place":              {"Authorization", "Bearer secret of a", "Last-Event-Id", "AAAA"},
	} {
		if status, body := ask(t, n, header...); status != http.StatusUnprocessableEntity || !strings.Contains(body, "notice.cursor") {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	for what, header := range map[string][]string{"nobody": nil, "a wrong secret": {"Authorization", "Bearer x"}, "no scheme": {"Authorization", "secret"}} {
		if status, _ := ask(t, n, header...); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", what, status)
		}
	}
}

// leased is a node that takes a credential so many times and no more.
type leased struct {
	told
	left atomic.Int32
}

func (l *leased) Authenticate(ctx context.Context, secret string) (party.ID, error) {
	if l.left.Add(-1) < 0 {
		return "", fault.New(fault.Unauthenticated, "credential.refused", "No.")
	}
	return l.told.Authenticate(ctx, secret)
}

// TestP20ARevokedCredentialEndsItsStream at the next look, before anything new is
// told, and not when the stream would end by itself.
func TestP20ARevokedCredentialEndsItsStream(t *testing.T) {
	t.Parallel()
	for looks, events := range map[int32]int{0: 0, 1: 1, 5: 1} {
		n := &leased{told: told{to: "a", all: []exchange.Notice{release("first", 3)}}}
		n.left.Store(1 + looks) // the request itself, and each look
		s, err := notice.New(notice.Config{Exchange: n, Secret: make([]byte, 32), Every: time.Millisecond, Lasts: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, notice.Path, http.NoBody)
		r.Header.Set("Authorization", "Bearer secret of a")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r) // for an hour, were it not ended
		if got := strings.Count(w.Body.String(), "event: release"); w.Code != http.StatusOK || got != events {
			t.Errorf("revoked after %d looks: %d, %d events", looks, w.Code, got)
		}
		if n.left.Load() != -1 {
			t.Errorf("revoked after %d looks, it went on: %d", looks, n.left.Load())
		}
	}
}

// TestStreamsOfOneParty: each keeps a connection, so there are few.
func TestStreamsOfOneParty(t *testing.T) {
	t.Parallel()
	s, err := notice.New(notice.Config{Exchange: told{}, Secret: make([]byte, 32), Every: time.Millisecond, PerParty: 1})
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(s)
	t.Cleanup(door.Close)
	ctx, stop := context.WithCancel(t.Context())
	open := func(of string) (int, func()) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, door.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer secret of "+of)
		resp, err := http.DefaultClient.Do(r) //nolint:bodyclose // the caller closes it
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, func() { _ = resp.Body.Close() }
	}
	first, closeFirst := open("a")
	second, closeSecond := open("a")
	other, closeOther := open("b")
	if first != http.StatusOK || second != http.StatusServiceUnavailable || other != http.StatusOK {
		t.Errorf("%d, %d, and another party %d", first, second, other)
	}
	stop()
	closeFirst()
	closeSecond()
	closeOther()
}

// TestH10NothingIsCached: neither a stream nor a refusal is kept by a cache.
func TestH10NothingIsCached(t *testing.T) {
	t.Parallel()
	s, err := notice.New(notice.Config{Exchange: told{}, Secret: make([]byte, 32), Every: time.Millisecond, Lasts: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for status, r := range map[int]*http.Request{
		http.StatusOK:                  httptest.NewRequestWithContext(t.Context(), http.MethodGet, notice.Path, http.NoBody),
		http.StatusUnauthorized:        httptest.NewRequestWithContext(t.Context(), http.MethodGet, notice.Path, http.NoBody),
		http.StatusUnprocessableEntity: httptest.NewRequestWithContext(t.Context(), http.MethodPost, notice.Path, http.NoBody),
	} {
		if status == http.StatusOK {
			r.Header.Set("Authorization", "Bearer secret of isac-borealis")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != status || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
}
