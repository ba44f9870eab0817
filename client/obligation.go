package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"entente/api/view"
	"entente/exchange"
)

// DutyQuery narrows a list of duties; zero fields do not narrow.
type DutyQuery struct {
	Open  bool
	DueBy time.Time
	About string
	After string // cursor
	Limit int
}

// Duties returns one page of duties, the first due first, with the cursor of the next.
func (c *Client) Duties(ctx context.Context, f DutyQuery) (view.List[exchange.DutyView], error) {
	q := url.Values{}
	if f.Open {
		q.Set("open", "true")
	}
	if !f.DueBy.IsZero() {
		q.Set("due_by", f.DueBy.UTC().Format(time.RFC3339Nano))
	}
	for name, value := range map[string]string{"about": f.About, "after": f.After} {
		if value != "" {
			q.Set(name, value)
		}
	}
	number(q, "limit", int64(f.Limit))
	return get[view.List[exchange.DutyView]](ctx, c, "/v1/duties", q)
}

// Duty returns one duty with its history and what went out about it.
func (c *Client) Duty(ctx context.Context, id string) (exchange.DutyView, error) {
	return get[exchange.DutyView](ctx, c, dutyPath(id, ""), nil)
}

// TakeDuty takes on a duty of a clause.
func (c *Client) TakeDuty(ctx context.Context, r exchange.DutyRequest) (exchange.DutyView, error) {
	return post[exchange.DutyView](ctx, c, "/v1/duties", r)
}

// CompleteDuty records that a duty was done.
func (c *Client) CompleteDuty(ctx context.Context, id string, r exchange.DutyDone) (exchange.DutyView, error) {
	return post[exchange.DutyView](ctx, c, dutyPath(id, "/done"), r)
}

// ExtendDuty moves the due time of a duty.
func (c *Client) ExtendDuty(ctx context.Context, id string, r exchange.DutyExtension) (exchange.DutyView, error) {
	return post[exchange.DutyView](ctx, c, dutyPath(id, "/extend"), r)
}

// CancelDuty ends a duty that need not be done.
func (c *Client) CancelDuty(ctx context.Context, id string, r exchange.DutyCancellation) (exchange.DutyView, error) {
	return post[exchange.DutyView](ctx, c, dutyPath(id, "/cancel"), r)
}

// Anchor records when something happened in a matter and returns the duties it moved.
func (c *Client) Anchor(ctx context.Context, r exchange.AnchorRequest) ([]exchange.DutyView, error) {
	l, err := post[view.List[exchange.DutyView]](ctx, c, "/v1/events", r)
	return l.Items, err
}

// MatterEvents returns what is on record about a matter.
func (c *Client) MatterEvents(ctx context.Context, matter string) ([]exchange.MatterEvent, error) {
	l, err := get[view.List[exchange.MatterEvent]](ctx, c, "/v1/events", url.Values{"matter": {matter}})
	return l.Items, err
}

// Places returns the calendars of places.
func (c *Client) Places(ctx context.Context) (exchange.Places, error) {
	return get[exchange.Places](ctx, c, "/v1/places", nil)
}

// SetPlaces sets the calendars of places.
func (c *Client) SetPlaces(ctx context.Context, r exchange.PlacesRequest) (exchange.Places, error) {
	return post[exchange.Places](ctx, c, "/v1/places", r)
}

// DutyFeed returns the duties as iCalendar.
func (c *Client) DutyFeed(ctx context.Context) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/calendar"})
}

// NewCalendarLink makes a link to the calendar and returns the address it is at.
func (c *Client) NewCalendarLink(ctx context.Context) (string, error) {
	l, err := post[exchange.CalendarLink](ctx, c, "/v1/calendar-link", nil)
	return c.base + "/v1/calendar/" + url.PathEscape(l.Link), err
}

// EndCalendarLink makes the link to the calendar worthless.
func (c *Client) EndCalendarLink(ctx context.Context) error {
	_, err := post[struct{}](ctx, c, "/v1/calendar-link/remove", nil)
	return err
}

// TestMail tells people by e-mail that nothing happened.
func (c *Client) TestMail(ctx context.Context) error {
	_, err := post[struct{}](ctx, c, "/v1/duties/test-mail", nil)
	return err
}

func dutyPath(id, verb string) string { return "/v1/duties/" + url.PathEscape(id) + verb }
