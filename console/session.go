package console

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"entente/internal/fault"
)

const (
	enterPath  = "/enter/"
	cookieName = "entente"

	inviteLife  = 30 * time.Minute
	sessionLife = 12 * time.Hour
	maxInvites  = 32 // the oldest gives way, so that nobody can fill the memory
	maxSessions = 256
)

// sessions remembers invitations and browsers, by the digest of their secret:
// comparing map keys then says nothing about the secret itself.
type sessions struct {
	now func() time.Time

	mu      sync.Mutex
	invites map[[32]byte]time.Time // until when
	entered map[[32]byte]time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, invites: map[[32]byte]time.Time{}, entered: map[[32]byte]time.Time{}}
}

// invite returns a fresh code.
func (s *sessions) invite() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	code := rand.Text()
	s.put(s.invites, code, inviteLife, maxInvites)
	return code
}

// redeem uses a code up and returns the secret of a new session.
func (s *sessions) redeem(code string) (secret string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256([]byte(code))
	until, known := s.invites[key]
	delete(s.invites, key)
	if !known || !s.now().Before(until) {
		return "", false
	}
	secret = rand.Text()
	s.put(s.entered, secret, sessionLife, maxSessions)
	return secret, true
}

func (s *sessions) holds(secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.entered[sha256.Sum256([]byte(secret))]
	return ok && s.now().Before(until)
}

// put adds a secret, dropping what has expired and, when full, what expires first.
func (s *sessions) put(m map[[32]byte]time.Time, secret string, life time.Duration, most int) {
	now := s.now()
	var oldest [32]byte
	first := time.Time{}
	for k, until := range m {
		if !now.Before(until) {
			delete(m, k)
			continue
		}
		if first.IsZero() || until.Before(first) {
			oldest, first = k, until
		}
	}
	if len(m) >= most {
		delete(m, oldest)
	}
	m[sha256.Sum256([]byte(secret))] = now.Add(life)
}

// enterPage asks for one press of a button: a link previewer that fetches the
// address must not use the invitation up.
func (c *Console) enterPage(w http.ResponseWriter, r *http.Request) {
	c.render(w, r, http.StatusOK, "enter.html", page{Title: "Enter", Data: r.URL.EscapedPath(), Outside: true})
}

func (c *Console) enter(w http.ResponseWriter, r *http.Request) {
	secret, ok := c.sessions.redeem(r.PathValue("code"))
	if !ok {
		c.fail(w, r, fault.New(fault.Unauthenticated, "console.link", "This link was used already or is older than half an hour.").
			Try("Start entente serve again for a new one."))
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: the console is served on loopback without TLS, where Secure would lock people out
		Name: cookieName, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil, MaxAge: int(sessionLife / time.Second),
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *Console) entered(r *http.Request) bool {
	cookie, err := r.Cookie(cookieName)
	return err == nil && c.sessions.holds(cookie.Value)
}
