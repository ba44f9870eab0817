package client_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"entente/client"
	"entente/exchange"
	"entente/obligation"
)

func dutyView(id string) exchange.DutyView {
	return exchange.DutyView{Duty: obligation.Duty{ID: id, Due: at}, State: obligation.Running, Waiting: []string{"fixed"}, LocalDue: "noon"}
}

func (e echo) Duties(_ context.Context, f exchange.DutyFilter) ([]exchange.DutyView, error) {
	d := dutyView("d")
	d.Matter, d.Series = f.About, f.After.ID
	d.Taken, d.Started = f.DueBy, f.After.Due
	if f.Open {
		d.State = obligation.Overdue
	}
	return []exchange.DutyView{d}, e.err
}

func (e echo) Duty(_ context.Context, id string) (exchange.DutyView, error) {
	return dutyView(id), e.err
}

func (e echo) TakeDuty(_ context.Context, r exchange.DutyRequest) (exchange.DutyView, error) {
	d := dutyView(r.Instrument + " " + r.Duty)
	d.Matter, d.Anchors, d.Factor = r.Matter, r.Anchors, r.Factor
	return d, e.err
}

func (e echo) CompleteDuty(_ context.Context, id string, r exchange.DutyDone) (exchange.DutyView, error) {
	d := dutyView(id)
	d.Done, d.Evidence = r.At, &r.Evidence
	return d, e.err
}

func (e echo) ExtendDuty(_ context.Context, id string, r exchange.DutyExtension) (exchange.DutyView, error) {
	d := dutyView(id)
	d.Extended = &obligation.Extension{Act: obligation.Act{By: r.By, Why: r.Why}, Due: r.Due, Override: r.Override}
	return d, e.err
}

func (e echo) CancelDuty(_ context.Context, id string, r exchange.DutyCancellation) (exchange.DutyView, error) {
	d := dutyView(id)
	d.Cancelled = &obligation.Act{By: r.By, Why: r.Why}
	return d, e.err
}

func (e echo) Anchor(_ context.Context, r exchange.AnchorRequest) ([]exchange.DutyView, error) {
	d := dutyView(r.Matter + r.Event + r.By + r.Why)
	d.Started = r.At
	return []exchange.DutyView{d}, e.err
}

func (e echo) MatterEvents(_ context.Context, matter string) ([]exchange.MatterEvent, error) {
	return []exchange.MatterEvent{{Matter: matter, At: at}}, e.err
}

func (e echo) Places(context.Context) (exchange.Places, error) {
	return exchange.Places{By: "p", Edition: 3}, e.err
}

func (e echo) SetPlaces(_ context.Context, r exchange.PlacesRequest) (exchange.Places, error) {
	return exchange.Places{By: r.By, Calendars: r.Calendars}, e.err
}

func (e echo) DutyFeed(context.Context) ([]byte, error) { return []byte("BEGIN:VCALENDAR\r\n"), e.err }

func (e echo) NewCalendarLink(context.Context) (exchange.CalendarLink, error) {
	return exchange.CalendarLink{Link: "l"}, e.err
}

func (e echo) EndCalendarLink(context.Context) error { return e.err }

func (e echo) LinkedFeed(_ context.Context, link string) ([]byte, error) { return []byte(link), e.err }

func (e echo) TestMail(context.Context) error { return e.err }

func TestDutiesArriveAndComeBack(t *testing.T) {
	t.Parallel()
	const id = "a/b c?d"
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		ctx := t.Context()
		first, err := c.Duties(ctx, client.DutyQuery{Open: true, DueBy: at, About: "ü&x", Limit: 1})
		if err != nil || len(first.Items) != 1 || first.Next == "" || first.Items[0].State != obligation.Overdue || first.Items[0].Matter != "ü&x" || !first.Items[0].Taken.Equal(at) {
			t.Fatalf("Duties: %+v, %v", first, err)
		}
		next, err := c.Duties(ctx, client.DutyQuery{After: first.Next, Limit: 1})
		if err != nil || next.Items[0].Series != "d" || !next.Items[0].Started.Equal(at) {
			t.Errorf("the next page: %+v, %v", next, err)
		}
		for _, bad := range []string{"x", "1", "1_", "z_d"} {
			if _, err := c.Duties(ctx, client.DutyQuery{After: bad}); err == nil {
				t.Errorf("the cursor %q is taken", bad)
			}
		}
		if d, err := c.Duty(ctx, id); err != nil || d.ID != id || d.LocalDue != "noon" || d.Waiting[0] != "fixed" {
			t.Errorf("Duty: %+v, %v", d, err)
		}
		in := exchange.DutyRequest{Instrument: "i", Duty: "d", Matter: "m", Anchors: map[string]time.Time{"aware": at}, Factor: 2}
		if d, err := c.TakeDuty(ctx, in); err != nil || d.ID != "i d" || d.Matter != "m" || !d.Anchors["aware"].Equal(at) || d.Factor != 2 {
			t.Errorf("TakeDuty: %+v, %v", d, err)
		}
		if d, err := c.CompleteDuty(ctx, id, exchange.DutyDone{At: at, Evidence: obligation.Evidence{Note: "n"}}); err != nil || d.ID != id || !d.Done.Equal(at) || d.Evidence.Note != "n" {
			t.Errorf("CompleteDuty: %+v, %v", d, err)
		}
		if d, err := c.ExtendDuty(ctx, id, exchange.DutyExtension{Due: at, Override: true, By: "b", Why: "w"}); err != nil || !d.Extended.Override || d.Extended.By+d.Extended.Why != "bw" {
			t.Errorf("ExtendDuty: %+v, %v", d, err)
		}
		if d, err := c.CancelDuty(ctx, id, exchange.DutyCancellation{By: "b", Why: "w"}); err != nil || d.Cancelled.By+d.Cancelled.Why != "bw" {
			t.Errorf("CancelDuty: %+v, %v", d, err)
		}
		if d, err := c.Anchor(ctx, exchange.AnchorRequest{Matter: "m", Event: "e", At: at, By: "b", Why: "w"}); err != nil || d[0].ID != "mebw" || !d[0].Started.Equal(at) {
			t.Errorf("Anchor: %+v, %v", d, err)
		}
		if e, err := c.MatterEvents(ctx, "ü&x"); err != nil || e[0].Matter != "ü&x" {
			t.Errorf("MatterEvents: %+v, %v", e, err)
		}
		if l, err := c.NewCalendarLink(ctx); err != nil || !strings.HasPrefix(l, "http://") || !strings.HasSuffix(l, "/v1/calendar/l") {
			t.Errorf("NewCalendarLink: %q, %v", l, err)
		}
		if err := c.EndCalendarLink(ctx); err != nil {
			t.Errorf("EndCalendarLink: %v", err)
		}
		if err := c.TestMail(ctx); err != nil {
			t.Errorf("TestMail: %v", err)
		}
		if p, err := c.Places(ctx); err != nil || p.Edition != 3 {
			t.Errorf("Places: %+v, %v", p, err)
		}
		if p, err := c.SetPlaces(ctx, exchange.PlacesRequest{By: "b", Calendars: []obligation.Calendar{{Name: "ES"}}}); err != nil || p.By != "b" || p.Calendars[0].Name != "ES" {
			t.Errorf("SetPlaces: %+v, %v", p, err)
		}
		if b, err := c.DutyFeed(ctx); err != nil || string(b) != "BEGIN:VCALENDAR\r\n" {
			t.Errorf("DutyFeed: %q, %v", b, err)
		}
	})
}
