package console

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"entente/exchange"
	"entente/internal/fault"
)

// dutyLine is a duty with its state as it is shown.
type dutyLine struct {
	exchange.DutyView
	Symbol, Words string
}

func lineOf(d exchange.DutyView) dutyLine {
	l := dutyLine{DutyView: d}
	l.Symbol, l.Words = d.State.Said()
	if d.Late() {
		l.Words += " late"
	}
	return l
}

// dutyList is the list with what narrows it.
type dutyList struct {
	All   bool
	About string
	Lines []dutyLine
}

func (c *Console) duties(r *http.Request) (string, page, error) {
	q := r.URL.Query()
	shown := dutyList{All: q.Has("all"), About: q.Get("about")}
	f := exchange.DutyFilter{Open: !shown.All, About: shown.About, Limit: pageSize}
	var ok bool
	if f.After, ok = exchange.ParseDutyPlace(q.Get("after")); !ok {
		return "", page{}, fault.New(fault.Invalid, "request.invalid", "This address is not valid.").
			At("/query/after", "is not a place in a list").Try("Go back to the first page.")
	}
	ds, err := c.Exchange.Duties(r.Context(), f)
	for _, d := range ds {
		shown.Lines = append(shown.Lines, lineOf(d))
	}
	p := page{Title: "Duties", Data: shown}
	if len(ds) == pageSize {
		q.Set("after", ds[len(ds)-1].Place().String())
		p.More = (&url.URL{Path: "/duties", RawQuery: q.Encode()}).String()
	}
	return "duties.html", p, err
}

// dutyPage is one duty with its time drawn as a line.
type dutyPage struct {
	dutyLine
	Clock *clock
}

func (c *Console) duty(r *http.Request) (string, page, error) {
	d, err := c.Exchange.Duty(r.Context(), r.PathValue("id"))
	if err != nil {
		return "", page{}, err
	}
	return "duty.html", page{Title: d.Summary(), Data: dutyPage{lineOf(d), clockOf(d, c.Now())}}, nil
}

// clock is the time of a duty from its start to its end, in shares of a line that
// is 1 000 long.
type clock struct {
	Said  string // the same in words
	Due   int    // where the time that is allowed ends
	Ended int    // up to where time has gone: now, or when it was done
	Marks []clockMark
}

type clockMark struct {
	Name string
	Now  bool
	At   int
	Row  int // labels take turns, so that two close ones do not cover each other
}

// Top is where the line of the mark begins, under its label.
func (m clockMark) Top() int { return 14 + 14*(m.Row%3) }

// Anchor keeps a label inside the drawing.
func (m clockMark) Anchor() string {
	if m.At > 500 {
		return "end"
	}
	return "start"
}

// clockOf returns nil for a duty without a start or without a due time.
func clockOf(d exchange.DutyView, now time.Time) *clock {
	if d.Started.IsZero() || d.Due.IsZero() || !d.Due.After(d.Started) {
		return nil
	}
	end, what := now, "now"
	if d.Closed() {
		end, what = d.Done, "done"
		if d.Cancelled != nil {
			end, what = d.Cancelled.At, "cancelled"
		}
	}
	from, to := d.Started, d.Due
	if end.After(to) {
		to = end
	}
	at := func(t time.Time) int { return int(min(max(share(t.Sub(from), to.Sub(from)), 0), 1000)) }
	c := &clock{
		Due: at(d.Due), Ended: at(end),
		Said: fmt.Sprintf("The time of this duty: from %s to %s; %s %s.", instant(d.Started), instant(d.Due), what, instant(end)),
	}
	for row, m := range []struct {
		name string
		t    time.Time
	}{{"start", d.Started}, {"due soon", d.Warn}, {"due", d.Due}, {what, end}} {
		c.Marks = append(c.Marks, clockMark{Name: m.name, Now: m.t.Equal(end) && row == 3, At: at(m.t), Row: row})
	}
	return c
}

// share is a part of a whole in thousandths.
func share(part, whole time.Duration) int64 { return int64(float64(part) / float64(whole) * 1000) }
