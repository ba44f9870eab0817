// Package console is the node's pages for people: decisions, releases,
// objects, cases, instruments, parties, sources, webhooks, duties and the reasons
// of one decision. They only read.
//
// It holds no rule and works without JavaScript. Invariant: a page is shown
// only to a browser that came through a one-time link of [Console.EnterPath], and
// every value is escaped by its place in the page.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"entente/exchange"
	"entente/party"
)

// Exchange is what the pages ask of the domain; [exchange.Service] implements it.
type Exchange interface {
	Decisions(ctx context.Context, before int64, limit int) ([]exchange.DecisionRecord, error)
	Releases(ctx context.Context, f exchange.ReleaseFilter) ([]exchange.Release, error)
	Objects(ctx context.Context, f exchange.ObjectFilter) ([]exchange.Stored, error)
	Object(ctx context.Context, id string) (exchange.ObjectView, error)
	Search(ctx context.Context, r exchange.SearchRequest) (exchange.Found, error)
	Parties(ctx context.Context) ([]party.Party, error)
	Intakes(ctx context.Context) ([]exchange.Intake, error)
	Claims(ctx context.Context) ([]exchange.Claim, error)
	Instruments(ctx context.Context) ([]exchange.InstrumentView, error)
	Instrument(ctx context.Context, id string) (exchange.InstrumentView, error)
	InstrumentText(ctx context.Context, name string) (exchange.TextView, error)
	Sources(ctx context.Context) ([]exchange.Source, error)
	Webhooks(ctx context.Context) ([]exchange.Webhook, error)
	Duties(ctx context.Context, f exchange.DutyFilter) ([]exchange.DutyView, error)
	Duty(ctx context.Context, id string) (exchange.DutyView, error)
	Cases(ctx context.Context, f exchange.CaseFilter) ([]exchange.CaseSummary, error)
	Case(ctx context.Context, id string) (exchange.CaseView, error)
}

// Config is what the console needs from the node.
type Config struct {
	Exchange Exchange
	Party    string // name of this node's party, shown on every page; may be empty
	Exercise string // the node takes part in, shown on every page; empty in earnest
	Now      func() time.Time
	Log      *slog.Logger // nil discards
}

// Console is the pages with who may see them.
type Console struct {
	Config
	sessions *sessions
}

// New returns a console nobody has entered yet.
func New(c Config) *Console {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Console{Config: c, sessions: newSessions(c.Now)}
}

// EnterPath returns the path of a new link that lets one browser in, once, within
// half an hour.
func (c *Console) EnterPath() string { return enterPath + c.sessions.invite() }

// Handler returns the pages, to be served under the root of their listener.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+enterPath+"{code}", c.enterPage)
	mux.HandleFunc("POST "+enterPath+"{code}", c.enter)
	mux.HandleFunc("GET /style.css", style)
	mux.HandleFunc("GET /favicon.svg", favicon)
	mux.Handle("GET /{$}", c.page(c.decisions))
	mux.Handle("GET /releases", c.page(c.releases))
	mux.Handle("GET /objects", c.page(c.objects))
	mux.Handle("GET /objects/{id}", c.page(c.object))
	mux.Handle("GET /search", c.page(c.search))
	mux.Handle("GET /instruments", c.page(c.instruments))
	mux.Handle("GET /instruments/{id}", c.page(c.instrument))
	mux.Handle("GET /cases", c.page(c.cases))
	mux.Handle("GET /cases/{id}", c.page(c.oneCase))
	mux.Handle("GET /parties", c.page(c.parties))
	mux.Handle("GET /sources", c.page(c.sources))
	mux.Handle("GET /webhooks", c.page(c.webhooks))
	mux.Handle("GET /duties", c.page(c.duties))
	mux.Handle("GET /duties/{id}", c.page(c.duty))
	mux.Handle("GET /why/{digest}", c.page(c.why))
	mux.Handle("/", c.page(nothingHere))
	return secured(http.NewCrossOriginProtection().Handler(mux))
}

// secured sets the response headers of every page.
func secured(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types entente"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
