// Package api serves the node's own HTTP JSON API under /v1 and describes it
// in an OpenAPI 3.1 document.
//
// One file per feature. A handler decodes, calls one method of [Exchange] and
// encodes; it holds no rule. Invariant: every handler is registered through
// [register], so no error text that is not a fault ever reaches a client.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"entente/api/view"
	"entente/decision"
	"entente/exchange"
	"entente/instrument"
	"entente/instrument/analysis"
	"entente/party"
)

// Exchange is what the API asks of the domain; [exchange.Service] implements it.
type Exchange interface {
	Import(ctx context.Context, r exchange.ImportRequest) (exchange.ImportReport, error)
	DateObjects(ctx context.Context, manifest []byte) (exchange.DateReport, error)
	Objects(ctx context.Context, f exchange.ObjectFilter) ([]exchange.Stored, error)
	Object(ctx context.Context, id string) (exchange.ObjectView, error)
	Quarantined(ctx context.Context, after int64, limit int) ([]exchange.Quarantine, error)

	Preview(ctx context.Context, r exchange.PreviewRequest) (exchange.Preview, error)
	Send(ctx context.Context, r exchange.SendRequest) (exchange.SendReport, error)
	Why(ctx context.Context, r exchange.WhyRequest) (decision.Decision, error)
	Release(ctx context.Context, id string) (exchange.ReleaseView, error)
	Releases(ctx context.Context, f exchange.ReleaseFilter) ([]exchange.Release, error)
	Export(ctx context.Context, release, format string) (exchange.Document, error)
	Recall(ctx context.Context, r exchange.RecallRequest) ([]exchange.Recall, error)
	Recalls(ctx context.Context, release string) ([]exchange.Recall, error)
	Decisions(ctx context.Context, before int64, limit int) ([]exchange.DecisionRecord, error)

	AddParty(ctx context.Context, r exchange.AddPartyRequest) (exchange.AddedParty, error)
	Claims(ctx context.Context) ([]exchange.Claim, error)
	Parties(ctx context.Context) ([]party.Party, error)
	Party(ctx context.Context, id party.ID) (party.Party, error)
	Card(ctx context.Context) ([]byte, error)
	Intakes(ctx context.Context) ([]exchange.Intake, error)
	SetQuota(ctx context.Context, r exchange.QuotaRequest) (exchange.Intake, error)

	AddInstrument(ctx context.Context, r exchange.AddInstrumentRequest) (exchange.InstrumentView, error)
	Instruments(ctx context.Context) ([]exchange.InstrumentView, error)
	Instrument(ctx context.Context, id string) (exchange.InstrumentView, error)
	InstrumentStatus(ctx context.Context, id string, a, b party.ID, at time.Time) (instrument.Standing, error)
	WhatIf(ctx context.Context, r exchange.WhatIfRequest) (exchange.WhatIf, error)
	Analyse(ctx context.Context, r exchange.AnalysisRequest) (analysis.Report, error)
	Compare(ctx context.Context, r exchange.ComparisonRequest) (analysis.Difference, error)
	Cases
	InstrumentActs
	Credentials
	Search
	Warninglists
	Sources
	Webhooks
	Duties

	RecordFact(ctx context.Context, f exchange.Fact) (exchange.Fact, error)
	WithdrawFact(ctx context.Context, id string) (exchange.Withdrawal, error)
	Facts(ctx context.Context) ([]exchange.Fact, error)

	Inbox(ctx context.Context, limit int) ([]exchange.Received, error)
	Outbox(ctx context.Context) ([]exchange.Delivery, error)
	HandOut(ctx context.Context, ref string) (exchange.ByHand, error)
	TakeByHand(ctx context.Context, raw []byte) (exchange.TakenByHand, error)
	TakeReceipt(ctx context.Context, answer []byte) (exchange.Acknowledged, error)

	Checkpoint(ctx context.Context) ([]byte, error)
	Prove(ctx context.Context, ref string, since int64) ([]byte, error)
	VerifyLog(ctx context.Context) (exchange.LogReport, error)
}

// Config is what the API needs from the node.
type Config struct {
	Exchange Exchange
	Token    func() string                      // the operator's bearer token; "" refuses everybody
	Doctor   func(context.Context) []view.Check // nil: no checks
	Now      func() time.Time
	Log      *slog.Logger // nil discards
	Version  string       // of the program, for the OpenAPI document
}

// server is what the handlers share.
type server struct {
	Config
	api    huma.API
	routes *routeTable
}

// Handler returns the API, ready to be served under the root of its listener.
func Handler(c Config) http.Handler {
	return newServer(c).handler()
}

func newServer(c Config) *server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Config: c, routes: &routeTable{mux: http.NewServeMux()}}
	s.api = humago.New(s.routes, humaConfig(c.Version))
	s.objectRoutes()
	s.releaseRoutes()
	s.whyRoutes()
	s.partyRoutes()
	s.instrumentRoutes()
	s.whatIfRoutes()
	s.analysisRoutes()
	s.instrumentActRoutes()
	s.instrumentLibraryRoutes()
	s.caseRoutes()
	s.factRoutes()
	s.dutyRoutes()
	s.inboxRoutes()
	s.credentialRoutes()
	s.searchRoutes()
	s.warninglistRoutes()
	s.sourceRoutes()
	s.webhookRoutes()
	s.logRoutes()
	s.healthRoutes()
	s.openAPIRoute()
	return s
}

// handler wraps the routes, outermost first: a panic becomes an internal
// error, a caller proves who it is before its body is read, and an unknown
// route is told apart from a known one only after that.
func (s *server) handler() http.Handler {
	s.routes.mux.HandleFunc("/", s.unknownRoute)
	return s.recovered(noStore(s.authenticated(s.readable(s.routes.mux))))
}

// routeTable is a mux that remembers what was registered with it, so that a
// test can compare it with the OpenAPI document.
type routeTable struct {
	mux      *http.ServeMux
	patterns []string
}

func (t *routeTable) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	t.patterns = append(t.patterns, pattern)
	t.mux.HandleFunc(pattern, handler)
}

func (t *routeTable) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }
