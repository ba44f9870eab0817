package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/internal/fault"
	"entente/obligation"
)

func duties(t *testing.T, s exchange.Store) {
	d := obligation.Duty{
		ID: "d1", Bearer: "csirt-aurelia", Object: Object(1).ID, Release: "r1", From: "b",
		Duty: decision.DutyRef{
			ClauseRef: decision.ClauseRef{Instrument: "mou-1", Clause: "4.2", Cite: "Art. 4(2)"},
			ID:        "delete", What: "delete", Bearer: "recipient", Within: "P180D", After: "receipt",
		},
		Started: instant, Due: instant.Add(180 * 24 * time.Hour), Anchors: map[string]time.Time{"receipt": instant},
		History: []obligation.HistoryOf{{Act: obligation.Act{At: instant, By: "é", Why: "x"}, What: obligation.Taken}},
	}
	second := obligation.Duty{ID: "d0", Bearer: "b"}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddDuty(ctx, d))
		wantKind(t, tx.AddDuty(ctx, d), fault.Conflict)
		wantKind(t, tx.UpdateDuty(ctx, obligation.Duty{ID: "none"}), fault.NotFound)
		return tx.AddDuty(ctx, second)
	})
	equal(t, listDuties(t, s, exchange.DutyFilter{Open: true}), []string{"d1", "d0"})
	d.Done = instant.Add(time.Minute)
	d.Evidence = &obligation.Evidence{Note: "letter"}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.UpdateDuty(ctx, d) })
	equal(t, listDuties(t, s, exchange.DutyFilter{Open: true}), []string{"d0"})
	equal(t, listDuties(t, s, exchange.DutyFilter{}), []string{"d1", "d0"})
	second.Cancelled = &obligation.Act{At: instant, By: "a", Why: "w"}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.UpdateDuty(ctx, second) })
	equal(t, listDuties(t, s, exchange.DutyFilter{Open: true}), []string(nil))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Duty(ctx, "d1")
		must(t, err)
		equal(t, got, d)
		_, err = r.Duty(ctx, "D1")
		wantKind(t, err, fault.NotFound)
		return nil
	})
}

func listDuties(t *testing.T, s exchange.Store, f exchange.DutyFilter) (ids []string) {
	t.Helper()
	for _, d := range get(t, s, func(ctx context.Context, r exchange.Reader) ([]obligation.Duty, error) { return r.Duties(ctx, f) }) {
		ids = append(ids, d.ID)
	}
	return ids
}

func dutyOrder(t *testing.T, s exchange.Store) {
	due := func(id string, hours int, matter, release string) obligation.Duty {
		d := obligation.Duty{ID: id, Bearer: "b", Matter: matter, Release: release, Started: instant}
		if hours >= 0 {
			d.Due = instant.Add(time.Duration(hours) * time.Hour)
		}
		return d
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, d := range []obligation.Duty{
			due("z", 1, "inc-1", ""), due("B", 5, "inc-1", "r"), due("a", 5, "INC-1", "r"), due("never", -1, "inc-1", ""), due("late", 9, "inc-1", "R"),
		} {
			must(t, tx.AddDuty(ctx, d))
		}
		done := due("done", 2, "inc-1", "r")
		done.Done = instant
		return tx.AddDuty(ctx, done)
	})
	for name, tc := range map[string]struct {
		f    exchange.DutyFilter
		want []string
	}{
		"all":               {exchange.DutyFilter{}, []string{"z", "done", "B", "a", "late", "never"}},
		"open":              {exchange.DutyFilter{Open: true}, []string{"z", "B", "a", "late", "never"}},
		"due by":            {exchange.DutyFilter{Open: true, DueBy: instant.Add(5 * time.Hour)}, []string{"z", "B", "a"}},
		"about":             {exchange.DutyFilter{About: "inc-1"}, []string{"z", "done", "B", "late", "never"}},
		"about, open":       {exchange.DutyFilter{About: "inc-1", Open: true, Limit: 2}, []string{"z", "B"}},
		"release":           {exchange.DutyFilter{Release: "r"}, []string{"B", "a"}},
		"a page":            {exchange.DutyFilter{Open: true, Limit: 2}, []string{"z", "B"}},
		"the next":          {exchange.DutyFilter{Open: true, Limit: 2, After: exchange.DutyPlace{Due: instant.Add(5 * time.Hour), ID: "B"}}, []string{"a", "late"}},
		"after the last":    {exchange.DutyFilter{Open: true, After: exchange.DutyPlace{ID: "never"}}, nil},
		"the one with none": {exchange.DutyFilter{Open: true, After: exchange.DutyPlace{Due: instant.Add(9 * time.Hour), ID: "late"}}, []string{"never"}},
	} {
		if got := listDuties(t, s, tc.f); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func wakingDuties(t *testing.T, s exchange.Store) {
	waking := func(at time.Time) []string {
		return get(t, s, func(ctx context.Context, r exchange.Reader) ([]string, error) { return r.WakingDuties(ctx, at, 10) })
	}
	d := obligation.Duty{ID: "d", Bearer: "b", Started: instant, Due: instant.Add(4 * time.Hour)}
	closed := obligation.Duty{ID: "closed", Started: instant, Due: d.Due, Done: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddDuty(ctx, closed))
		must(t, tx.AddDuty(ctx, obligation.Duty{ID: "never", Started: instant}))
		return tx.AddDuty(ctx, d)
	})
	equal(t, waking(d.Warn().Add(-time.Microsecond)), []string(nil))
	equal(t, waking(d.Warn()), []string{"d"})
	d, _ = d.Fire(d.Warn())
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.UpdateDuty(ctx, d) })
	equal(t, waking(d.Warn()), []string(nil))
	equal(t, waking(d.Due), []string{"d"})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.WakeDuties(ctx, instant) })
	if got := waking(instant); len(got) != 2 {
		t.Errorf("after all are woken: %v", got)
	}
}

func dutyNotices(t *testing.T, s exchange.Store) {
	notice := func(id string, kind obligation.Kind) obligation.Notice {
		return obligation.Notice{Kind: kind, At: instant, Sent: instant, Due: instant.Add(time.Hour), Duty: obligation.Duty{ID: id, Bearer: "b"}}
	}
	add := func(n obligation.Notice) (added bool) {
		write(t, s, func(ctx context.Context, tx exchange.Tx) (err error) {
			added, err = tx.AddDutyNotice(ctx, n)
			return err
		})
		return added
	}
	end := func() int64 {
		return get(t, s, func(ctx context.Context, r exchange.Reader) (int64, error) { return r.DutyNoticesEnd(ctx) })
	}
	equal(t, end(), int64(0))
	equal(t, []bool{add(notice("a", obligation.Warned)), add(notice("a", obligation.Warned)), add(notice("a", obligation.FellDue)), add(notice("A", obligation.Warned))},
		[]bool{true, false, true, true})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		all, err := r.DutyNotices(ctx, 0, 10)
		must(t, err)
		if len(all) != 3 || all[2].Seq != end() {
			t.Fatalf("%+v", all)
		}
		equal(t, all[1].Notice, notice("a", obligation.FellDue))
		rest, err := r.DutyNotices(ctx, all[0].Seq, 1)
		must(t, err)
		equal(t, rest, all[1:2])
		of, err := r.NoticesOfDuty(ctx, "a")
		must(t, err)
		equal(t, of, all[:2])
		return nil
	})
}

func matterEvents(t *testing.T, s exchange.Store) {
	e := exchange.MatterEvent{Matter: "inc-1", Event: "aware", At: instant, By: "é", Why: "w", Recorded: instant.Add(time.Second)}
	other := exchange.MatterEvent{Matter: "INC-1", Event: "aware", At: instant}
	classified := exchange.MatterEvent{Matter: "inc-1", Event: "classified", At: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		before := e
		before.At = instant.Add(-time.Hour)
		must(t, tx.PutMatterEvent(ctx, before))
		must(t, tx.PutMatterEvent(ctx, classified))
		must(t, tx.PutMatterEvent(ctx, other))
		return tx.PutMatterEvent(ctx, e)
	})
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.MatterEvent, error) {
		return r.MatterEvents(ctx, "inc-1")
	}),
		[]exchange.MatterEvent{e, classified})
	setting := func() string {
		return string(get(t, s, func(ctx context.Context, r exchange.Reader) ([]byte, error) { return r.DutySetting(ctx, "x") }))
	}
	equal(t, setting(), "")
	for _, v := range []string{"1", "2"} {
		write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutDutySetting(ctx, "x", []byte(v)) })
		equal(t, setting(), v)
	}
}
