package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
	"entente/internal/fault"
)

// Duties is what the API needs of package exchange for what somebody must do by when.
type Duties interface {
	Duties(ctx context.Context, f exchange.DutyFilter) ([]exchange.DutyView, error)
	Duty(ctx context.Context, id string) (exchange.DutyView, error)
	TakeDuty(ctx context.Context, r exchange.DutyRequest) (exchange.DutyView, error)
	CompleteDuty(ctx context.Context, id string, r exchange.DutyDone) (exchange.DutyView, error)
	ExtendDuty(ctx context.Context, id string, r exchange.DutyExtension) (exchange.DutyView, error)
	CancelDuty(ctx context.Context, id string, r exchange.DutyCancellation) (exchange.DutyView, error)
	Anchor(ctx context.Context, r exchange.AnchorRequest) ([]exchange.DutyView, error)
	MatterEvents(ctx context.Context, matter string) ([]exchange.MatterEvent, error)
	Places(ctx context.Context) (exchange.Places, error)
	SetPlaces(ctx context.Context, r exchange.PlacesRequest) (exchange.Places, error)
	DutyFeed(ctx context.Context) ([]byte, error)
	NewCalendarLink(ctx context.Context) (exchange.CalendarLink, error)
	EndCalendarLink(ctx context.Context) error
	LinkedFeed(ctx context.Context, link string) ([]byte, error)
	TestMail(ctx context.Context) error
}

// linkedPath begins the one path whose last part is itself what lets in: programs
// that show calendars send no header.
const linkedPath = "/v1/calendar/"

type linkInput struct {
	Link string `path:"link"`
}

type dutiesInput struct {
	Open  bool   `query:"open" doc:"Only duties that are not done or cancelled"`
	DueBy string `query:"due_by" format:"date-time" doc:"Only duties due by then, those overdue included"`
	About string `query:"about" doc:"Only duties about this object, incident or case"`
	After string `query:"after" doc:"Cursor: the next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type dutyInput struct {
	ID string `path:"id"`
}

type dutyBody[T any] struct {
	ID string `path:"id"`
	body[T]
}

type eventsInput struct {
	Matter string `query:"matter" required:"true" doc:"Incident, case or object"`
}

func (s *server) dutyRoutes() {
	register(s, huma.Operation{
		OperationID: "list-duties", Method: http.MethodGet, Path: "/v1/duties", Tags: []string{"duty"},
		Summary: "What somebody must do by when, the first due first",
	}, s.duties)
	register(s, huma.Operation{
		OperationID: "add-duty", Method: http.MethodPost, Path: "/v1/duties", Tags: []string{"duty"},
		Summary:     "Take on a duty of a clause in a matter",
		Description: "Duties of a release are taken on by themselves. This is for those of an incident or a case.",
	}, func(ctx context.Context, in *body[exchange.DutyRequest]) (exchange.DutyView, error) {
		return s.Exchange.TakeDuty(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "get-duty", Method: http.MethodGet, Path: "/v1/duties/{id}", Tags: []string{"duty"},
		Summary: "One duty with its history and what went out about it",
	}, func(ctx context.Context, in *dutyInput) (exchange.DutyView, error) {
		return s.Exchange.Duty(ctx, in.ID)
	})
	s.dutyActs()
	s.dutyCalendars()
}

func (s *server) duties(ctx context.Context, in *dutiesInput) (view.List[exchange.DutyView], error) {
	f := exchange.DutyFilter{Open: in.Open, About: in.About, Limit: in.Limit}
	var err error
	var ok bool
	if f.After, ok = exchange.ParseDutyPlace(in.After); !ok {
		return view.List[exchange.DutyView]{}, badQuery("after", "is not a place in this list")
	}
	if in.DueBy != "" {
		if f.DueBy, err = time.Parse(time.RFC3339Nano, in.DueBy); err != nil {
			return view.List[exchange.DutyView]{}, badQuery("due_by", "is not a time like 2026-11-24T08:30:00Z").Because(err)
		}
	}
	d, err := s.Exchange.Duties(ctx, f)
	return page(d, in.Limit, same, func(d exchange.DutyView) string { return d.Place().String() }), err
}

func badQuery(name, wrong string) *fault.Error {
	return fault.New(fault.Invalid, "request.invalid", "The request is not valid.").At("/query/"+name, wrong).Try("Correct what is named.")
}

func (s *server) dutyActs() {
	register(s, huma.Operation{
		OperationID: "complete-duty", Method: http.MethodPost, Path: "/v1/duties/{id}/done", Tags: []string{"duty"},
		Summary: "Record that a duty was done, with what shows it",
	}, func(ctx context.Context, in *dutyBody[exchange.DutyDone]) (exchange.DutyView, error) {
		return s.Exchange.CompleteDuty(ctx, in.ID, in.value)
	})
	register(s, huma.Operation{
		OperationID: "extend-duty", Method: http.MethodPost, Path: "/v1/duties/{id}/extend", Tags: []string{"duty"},
		Summary: "Move the due time of a duty, with the reason",
	}, func(ctx context.Context, in *dutyBody[exchange.DutyExtension]) (exchange.DutyView, error) {
		return s.Exchange.ExtendDuty(ctx, in.ID, in.value)
	})
	register(s, huma.Operation{
		OperationID: "cancel-duty", Method: http.MethodPost, Path: "/v1/duties/{id}/cancel", Tags: []string{"duty"},
		Summary: "End a duty that need not be done, with the reason",
	}, func(ctx context.Context, in *dutyBody[exchange.DutyCancellation]) (exchange.DutyView, error) {
		return s.Exchange.CancelDuty(ctx, in.ID, in.value)
	})
	register(s, huma.Operation{
		OperationID: "anchor-duties", Method: http.MethodPost, Path: "/v1/events", Tags: []string{"duty"},
		Summary:     "Record when something happened in a matter, and start or move the clocks that count from it",
		Description: "The answer is the duties that it moved. To change what is on record takes a reason.",
	}, func(ctx context.Context, in *body[exchange.AnchorRequest]) (view.List[exchange.DutyView], error) {
		d, err := s.Exchange.Anchor(ctx, in.value)
		return all(d), err
	})
	register(s, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/v1/events", Tags: []string{"duty"},
		Summary: "What is on record about a matter",
	}, func(ctx context.Context, in *eventsInput) (view.List[exchange.MatterEvent], error) {
		e, err := s.Exchange.MatterEvents(ctx, in.Matter)
		return all(e), err
	})
}

func (s *server) dutyCalendars() {
	register(s, huma.Operation{
		OperationID: "get-places", Method: http.MethodGet, Path: "/v1/places", Tags: []string{"duty"},
		Summary: "The time zones, weekends and holidays of places",
	}, func(ctx context.Context, _ *struct{}) (exchange.Places, error) { return s.Exchange.Places(ctx) })
	register(s, huma.Operation{
		OperationID: "set-places", Method: http.MethodPost, Path: "/v1/places", Tags: []string{"duty"},
		Summary: "Set the time zones, weekends and holidays of places; every open duty is computed anew",
	}, func(ctx context.Context, in *body[exchange.PlacesRequest]) (exchange.Places, error) {
		return s.Exchange.SetPlaces(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "test-duty-mail", Method: http.MethodPost, Path: "/v1/duties/test-mail", Tags: []string{"duty"},
		Summary: "Tell people by e-mail that nothing happened, to try whether it works",
	}, func(ctx context.Context, _ *struct{}) (struct{}, error) { return struct{}{}, s.Exchange.TestMail(ctx) })
	registerRaw(s, huma.Operation{
		OperationID: "get-duty-calendar", Method: http.MethodGet, Path: "/v1/calendar", Tags: []string{"duty"},
		Summary: "The duties of the last and the coming months as iCalendar (RFC 5545)",
	}, func(ctx context.Context, _ *struct{}) (*rawOutput, error) {
		b, err := s.Exchange.DutyFeed(ctx)
		return &rawOutput{ContentType: "text/calendar; charset=utf-8", Body: b}, err
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-linked-calendar", Method: http.MethodGet, Path: linkedPath + "{link}", Tags: []string{"duty"},
		Summary: "The same for programs that know nothing but a link", Security: []map[string][]string{},
	}, func(ctx context.Context, in *linkInput) (*rawOutput, error) {
		b, err := s.Exchange.LinkedFeed(ctx, in.Link)
		return &rawOutput{ContentType: "text/calendar; charset=utf-8", Body: b}, err
	})
	register(s, huma.Operation{
		OperationID: "new-calendar-link", Method: http.MethodPost, Path: "/v1/calendar-link", Tags: []string{"duty"},
		Summary: "Make a link to the calendar, in place of the one there was",
	}, func(ctx context.Context, _ *struct{}) (exchange.CalendarLink, error) {
		return s.Exchange.NewCalendarLink(ctx)
	})
	register(s, huma.Operation{
		OperationID: "end-calendar-link", Method: http.MethodPost, Path: "/v1/calendar-link/remove", Tags: []string{"duty"},
		Summary: "Make the link to the calendar worthless",
	}, func(ctx context.Context, _ *struct{}) (struct{}, error) {
		return struct{}{}, s.Exchange.EndCalendarLink(ctx)
	})
}
