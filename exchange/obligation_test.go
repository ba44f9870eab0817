package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/instrument/library"
	"entente/obligation"
	"entente/store"
)

// obliged is a node under NIS2 and DORA.
func obliged(t testing.TB) (*federation, *testNode) {
	t.Helper()
	f := newFederation(t, aurelia, borealis)
	n := f.nodes[aurelia]
	for _, id := range []string{"eu-nis2", "eu-dora"} {
		source, err := fs.ReadFile(library.Files(), id+".yaml")
		must(t, err)
		_, err = n.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: id + ".yaml", Source: source, By: "test"})
		must(t, err)
	}
	return f, n
}

func take(t testing.TB, s *exchange.Service, in exchange.DutyRequest) exchange.DutyView {
	t.Helper()
	d, err := s.TakeDuty(t.Context(), in)
	must(t, err)
	return d
}

func nis2(duty, matter string) exchange.DutyRequest {
	return exchange.DutyRequest{Instrument: "eu-nis2", Duty: duty, Matter: matter}
}

// outbox is every notice that went out, as "kind due" by duty.
func outbox(t testing.TB, db *store.Store) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	must(t, db.Read(t.Context(), func(r exchange.Reader) error {
		notices, err := r.DutyNotices(t.Context(), 0, 1_000_000)
		for _, n := range notices {
			all[n.Duty.ID] = append(all[n.Duty.ID], string(n.Kind)+" "+n.Due.Format(time.RFC3339))
		}
		return err
	}))
	return all
}

// fireAll looks at the clocks until nothing is left to do, as the node does.
func fireAll(t testing.TB, s *exchange.Service) {
	t.Helper()
	for range 1_000 {
		fired, err := s.FireDuties(t.Context())
		must(t, err)
		if fired.Duties == 0 {
			return
		}
	}
	t.Fatal("there is always something to fire")
}

// TestDutiesOfAMatter plays an incident under NIS2 Art. 23(4): one event starts the
// clocks, a report that was made starts the next, and a correction moves them.
func TestDutiesOfAMatter(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	ctx, aware := t.Context(), f.now.Add(-2*time.Hour)
	early := take(t, n.Service, nis2("early-warning", "INC-1"))
	if early.State != obligation.NotStarted || fmt.Sprint(early.Waiting) != "[aware]" || early.Bearer != aurelia {
		t.Fatalf("%+v", early)
	}
	moved, err := n.Anchor(ctx, exchange.AnchorRequest{Matter: "INC-1", Event: "aware", At: aware, By: "ana"})
	must(t, err)
	if len(moved) != 1 || !moved[0].Due.Equal(aware.Add(24*time.Hour)) {
		t.Fatalf("moved %+v", moved)
	}
	notify := take(t, n.Service, nis2("incident-notification", "INC-1"))
	if !notify.Due.Equal(aware.Add(72 * time.Hour)) {
		t.Errorf("a duty taken on later does not know what is on record: %+v", notify)
	}
	final := take(t, n.Service, nis2("final-report", "INC-1"))
	other := take(t, n.Service, nis2("final-report", "INC-2"))

	f.now = f.now.Add(time.Hour)
	done, err := n.CompleteDuty(ctx, notify.ID, exchange.DutyDone{Evidence: obligation.Evidence{Note: "receipt 4711"}, By: "ana"})
	must(t, err)
	if done.State != obligation.Met || done.Evidence.Note != "receipt 4711" {
		t.Errorf("done: %+v", done)
	}
	final, err = n.Duty(ctx, final.ID)
	must(t, err)
	if want := f.now.AddDate(0, 1, 0); !final.Due.Equal(want) {
		t.Errorf("the final report is due %v, want a month after the notification, %v", final.Due, want)
	}
	if other, err = n.Duty(ctx, other.ID); err != nil || !other.Started.IsZero() {
		t.Errorf("another matter moved: %+v %v", other, err)
	}
	again := take(t, n.Service, nis2("final-report", "INC-1"))
	if !again.Due.Equal(final.Due) {
		t.Errorf("a duty taken on later does not know of the report: %v", again.Due)
	}

	_, err = n.Anchor(ctx, exchange.AnchorRequest{Matter: "INC-1", Event: "aware", At: aware.Add(-time.Hour), By: "ben"})
	wantCode(t, err, "duty.anchored")
	moved, err = n.Anchor(ctx, exchange.AnchorRequest{Matter: "INC-1", Event: "aware", At: aware.Add(-time.Hour), By: "ben", Why: "the shift log says so"})
	must(t, err)
	last := moved[0].History[len(moved[0].History)-1]
	if len(moved) != 1 || last.By != "ben" || last.Why != "the shift log says so" || !last.From.Equal(aware.Add(24*time.Hour)) || !last.Due.Equal(aware.Add(23*time.Hour)) {
		t.Errorf("IH-1: %+v", last)
	}
	events, err := n.MatterEvents(ctx, "INC-1")
	must(t, err)
	if len(events) != 2 || events[0].By != "ben" || events[1].Event != "eu-nis2/incident-notification" {
		t.Errorf("on record: %+v", events)
	}
	rep, err := n.VerifyLog(ctx)
	must(t, err)
	if rep.FirstBad != -1 {
		t.Errorf("log: %+v", rep)
	}
}

// TestAnEventOfOneInstrumentGoesBeforeThatOfAll: an authority can count from another
// hour than the others; what is said of it stays when the others are corrected.
func TestAnEventOfOneInstrumentGoesBeforeThatOfAll(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	anchor := func(event string, hours int) {
		_, err := n.Anchor(t.Context(), exchange.AnchorRequest{Matter: "INC-1", Event: event, At: f.now.Add(-time.Duration(hours) * time.Hour), Why: "x"})
		must(t, err)
	}
	anchor("aware", 5)
	first := take(t, n.Service, nis2("early-warning", "INC-1"))
	dora := take(t, n.Service, exchange.DutyRequest{Instrument: "eu-dora", Duty: "initial-notification", Matter: "INC-1"})
	anchor("eu-nis2/aware", 4)
	anchor("aware", 3)
	second := take(t, n.Service, nis2("early-warning", "INC-1"))
	for id, hours := range map[string]int{first.ID: 4, second.ID: 4, dora.ID: 3} {
		d, err := n.Duty(t.Context(), id)
		must(t, err)
		if !d.Due.Equal(f.now.Add(time.Duration(24-hours) * time.Hour)) {
			t.Errorf("%s of %s is due %v", d.Duty.Duty.ID, d.Duty.Duty.Instrument, d.Due)
		}
	}
}

func TestDutyFaults(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	ctx := t.Context()
	for name, tc := range map[string]struct {
		in   exchange.DutyRequest
		code string
	}{
		"no instrument":          {exchange.DutyRequest{Instrument: "none", Duty: "x"}, "instrument.unknown"},
		"no duty":                {nis2("none", "m"), "duty.clause"},
		"no party":               {exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Bearer: "nobody"}, "party.unknown"},
		"no place":               {exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Calendar: "ES"}, "calendar.unknown"},
		"EP-2: a real one, fast": {exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Factor: 60}, "duty.invalid"},
		"not yet":                {exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Matter: "m", Anchors: map[string]time.Time{"aware": f.now.AddDate(1, 0, 0)}}, "duty.anchor"},
	} {
		_, err := n.TakeDuty(ctx, tc.in)
		t.Run(name, func(t *testing.T) { wantCode(t, err, tc.code) })
	}
	d := take(t, n.Service, exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Matter: "m", Anchors: map[string]time.Time{"aware": f.now}})
	_, err := n.ExtendDuty(ctx, d.ID, exchange.DutyExtension{Due: d.Due.Add(time.Hour), Why: "flood"})
	wantCode(t, err, "duty.extension")
	x, err := n.ExtendDuty(ctx, d.ID, exchange.DutyExtension{Due: d.Due.Add(time.Hour), Why: "flood", Override: true, By: "head"})
	must(t, err)
	if !x.Due.Equal(d.Due.Add(time.Hour)) || !x.Extended.Override || x.Extended.By != "head" {
		t.Errorf("extended: %+v", x)
	}
	_, err = n.CompleteDuty(ctx, d.ID, exchange.DutyDone{Evidence: obligation.Evidence{Object: "report--none"}})
	wantCode(t, err, "duty.evidence")
	_, err = n.CancelDuty(ctx, d.ID, exchange.DutyCancellation{})
	wantCode(t, err, "duty.reason")
	_, err = n.CancelDuty(ctx, d.ID, exchange.DutyCancellation{Why: "no incident after all"})
	must(t, err)
	_, err = n.CompleteDuty(ctx, d.ID, exchange.DutyDone{})
	wantCode(t, err, "duty.closed")
	_, err = n.CompleteDuty(ctx, "none", exchange.DutyDone{})
	wantCode(t, err, "duty.unknown")
	f.now = f.now.AddDate(1, 0, 0)
	fireAll(t, n.Service)
	if all := outbox(t, n.store); len(all) != 0 {
		t.Errorf("a cancelled duty is told about: %v", all)
	}
}

// flaky is a store whose commits fail, or whose answers are lost after the commit.
type flaky struct {
	*store.Store
	random *rand.Rand
	mu     sync.Mutex
}

var errLost = errors.New("lost")

func (s *flaky) Write(ctx context.Context, f func(exchange.Tx) error) error {
	s.mu.Lock()
	lot := s.random.IntN(6)
	s.mu.Unlock()
	if lot == 0 { // it did all and was killed before the commit
		return s.Store.Write(ctx, func(tx exchange.Tx) error {
			if err := f(tx); err != nil {
				return err
			}
			return errLost
		})
	}
	if err := s.Store.Write(ctx, f); err != nil || lot > 1 {
		return err
	}
	return errLost // it was killed after the commit
}

// TestP16P17EveryNoticeGoesOutOnce: for two years of deadlines, whatever fails,
// however often it is started again, with two nodes at work on one database, and
// with a clock that jumps to and fro by 400 days, every notice of every due time goes
// out, in order, and once; nothing goes out before its time by any clock there was.
func TestP16P17EveryNoticeGoesOutOnce(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	start := f.now
	random := rand.New(rand.NewPCG(1, 2))
	var clock sync.Mutex
	now := func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return f.now
	}
	service := func() *exchange.Service {
		conf := f.anew(n, &flaky{Store: n.store, random: rand.New(rand.NewPCG(random.Uint64(), 3))})
		conf.Now = now
		return exchange.New(conf)
	}
	want := map[string][]string{}
	for i := range 60 {
		matter := fmt.Sprintf("INC-%d", i)
		d := take(t, n.Service, exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Matter: matter, Anchors: map[string]time.Time{"aware": start.Add(-time.Duration(i) * 97 * time.Second)}})
		for _, kind := range []string{"warn", "due", "overdue", "escalated"} {
			want[d.ID] = append(want[d.ID], kind+" "+d.Due.Format(time.RFC3339))
		}
		if i%7 == 0 {
			done, err := n.CompleteDuty(t.Context(), d.ID, exchange.DutyDone{})
			must(t, err)
			delete(want, done.ID)
		}
	}
	latest := start
	for range 60 {
		services := []*exchange.Service{service(), service()} // restarted, and a second one beside
		clock.Lock()
		f.now = start.Add(time.Duration(random.Int64N(int64(40 * time.Hour))))
		if random.IntN(10) == 0 {
			f.now = start.AddDate(0, 0, -400)
		}
		if f.now.After(latest) {
			latest = f.now
		}
		clock.Unlock()
		var wg sync.WaitGroup
		for _, s := range services {
			wg.Go(func() {
				for range 3 {
					_, _ = s.FireDuties(t.Context()) // what fails is tried again at the next look
				}
			})
		}
		wg.Wait()
		for id, all := range outbox(t, n.store) {
			if !slices.Equal(all, want[id][:min(len(all), len(want[id]))]) {
				t.Fatalf("%s was told %v, want %v", id, all, want[id])
			}
		}
	}
	f.now = start.AddDate(0, 0, 400)
	fireAll(t, n.Service)
	got := outbox(t, n.store)
	for id, all := range want {
		if !slices.Equal(got[id], all) {
			t.Errorf("%s was told %v, want %v", id, got[id], all)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d duties were told about, want %d", len(got), len(want))
	}
}

// TestP17RoundsAreTakenOnOnce: NIS2 Art. 23(9), a summary every three months. A
// node that was off for a year has all the rounds, each once.
func TestP17RoundsAreTakenOnOnce(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	f.now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	first := take(t, n.Service, nis2("quarterly-summary", "reports"))
	if first.Due.Format(time.DateOnly) != "2026-04-30" {
		t.Fatalf("first due %v", first.Due)
	}
	f.now = f.now.AddDate(1, 0, 0)
	fireAll(t, n.Service)
	f.now = f.now.AddDate(0, -6, 0)
	fireAll(t, exchange.New(f.anew(n, n.store)))
	all, err := n.Duties(t.Context(), exchange.DutyFilter{About: "reports"})
	must(t, err)
	var due []string
	for _, d := range all {
		due = append(due, d.Due.Format(time.DateOnly))
	}
	if got := strings.Join(due, " "); got != "2026-04-30 2026-07-31 2026-10-31 2027-01-31 2027-04-30" {
		t.Errorf("rounds are due %s", got)
	}
}

// TestPlacesMoveOpenDuties: DORA RTS 2025/301 Art. 5(2) with a holiday that became
// known later. The history says why the due time moved.
func TestPlacesMoveOpenDuties(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	f.now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) // a Saturday
	ctx := t.Context()
	_, err := n.SetPlaces(ctx, exchange.PlacesRequest{Calendars: []obligation.Calendar{{Name: "AA", Zone: "Europe/Nowhere"}}})
	wantCode(t, err, "calendar.invalid")
	places := func(holidays ...string) {
		_, err := n.SetPlaces(ctx, exchange.PlacesRequest{By: "ana", Calendars: []obligation.Calendar{{Name: "AA", Zone: "Europe/Madrid", Holidays: holidays}}})
		must(t, err)
		fireAll(t, n.Service)
	}
	places()
	d := take(t, n.Service, exchange.DutyRequest{
		Instrument: "eu-dora", Duty: "final-report", Matter: "m", Anchors: map[string]time.Time{"intermediate-report": f.now.AddDate(0, -1, 1)},
	})
	if d.Calendar != "AA" || d.LocalDue != "2026-11-23 12:00:00 Europe/Madrid" {
		t.Fatalf("due %v %q at %q", d.Due, d.LocalDue, d.Calendar)
	}
	places("2026-11-23")
	d, err = n.Duty(ctx, d.ID)
	must(t, err)
	last := d.History[len(d.History)-1]
	if d.LocalDue != "2026-11-24 12:00:00 Europe/Madrid" || last.What != obligation.Recalculated || last.By != "ana" {
		t.Errorf("due %s, %+v", d.LocalDue, last)
	}
}

// TestOwnToolIsToldAboutDuties: a webhook of this node's own party is told each
// notice, at least once and with the same id; those of others are told none.
func TestOwnToolIsToldAboutDuties(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	r := newReceivers()
	conf := f.anew(n, n.store)
	conf.Webhooks, conf.Exercise = r, "autumn"
	s := exchange.New(conf)
	before := take(t, s, exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Matter: "before", Anchors: map[string]time.Time{"aware": f.now.AddDate(0, 0, -3)}})
	fireAll(t, s)
	h := addWebhook(t, s, aurelia, toolB)
	addWebhook(t, s, borealis, toolC)
	take(t, s, exchange.DutyRequest{
		Instrument: "eu-nis2", Duty: "early-warning", Matter: "INC-9", Factor: 60, Anchors: map[string]time.Time{"aware": f.now},
	})
	f.now = f.now.Add(24 * time.Minute)
	fireAll(t, s)
	tellAll(t, s)
	tellAll(t, s)
	told := r.took[toolB]
	if len(told) != 2 || len(r.took[toolC]) != 0 {
		t.Fatalf("told %+v, another's tool %+v", told, r.took[toolC])
	}
	if !strings.HasPrefix(told[1].ID, h.ID+"_duty_") || !strings.Contains(told[1].Body, `"news":"due"`) || !strings.Contains(told[1].Body, `"factor":60},"exercise":"autumn"`) ||
		strings.Contains(told[0].Body+told[1].Body, before.ID) {
		t.Errorf("told %+v", told)
	}
}

// TestACalendarLinkIsOneSecret: the newest link alone reads the calendar, until it
// is ended, and what is kept is not the link.
func TestACalendarLinkIsOneSecret(t *testing.T) {
	t.Parallel()
	_, n := obliged(t)
	ctx := t.Context()
	for _, guess := range []string{"", "x", strings.Repeat("A", 43)} {
		_, err := n.LinkedFeed(ctx, guess)
		wantCode(t, err, "calendar.link")
	}
	first, err := n.NewCalendarLink(ctx)
	must(t, err)
	b, err := n.LinkedFeed(ctx, first.Link)
	must(t, err)
	if !strings.HasPrefix(string(b), "BEGIN:VCALENDAR\r\n") || len(first.Link) < 43 {
		t.Errorf("%q by %q", b, first.Link)
	}
	second, err := n.NewCalendarLink(ctx)
	must(t, err)
	_, err = n.LinkedFeed(ctx, first.Link)
	wantCode(t, err, "calendar.link")
	must(t, n.store.Read(ctx, func(r exchange.Reader) error {
		held, err := r.DutySetting(ctx, "calendar-link")
		if strings.Contains(string(held), second.Link) {
			t.Error("the link is kept as it is")
		}
		return err
	}))
	must(t, n.EndCalendarLink(ctx))
	_, err = n.LinkedFeed(ctx, second.Link)
	wantCode(t, err, "calendar.link")
}

// FuzzParseDutyPlace: a cursor that is read is written as it was.
func FuzzParseDutyPlace(f *testing.F) {
	for _, seed := range []string{"", "_d", "1772442000000000_d", "-1_d_e", "1_", "x_d", "9223372036854775808_d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		p, ok := exchange.ParseDutyPlace(cursor)
		if !ok || cursor == "" {
			return
		}
		if again, ok := exchange.ParseDutyPlace(p.String()); !ok || again.ID != p.ID || !again.Due.Equal(p.Due) {
			t.Fatalf("%q is %+v and then %+v", cursor, p, again)
		}
	})
}

// post is a mail server that fails when it is told to.
type post struct {
	took []string
	fail error
}

func (p *post) Mail(_ context.Context, m exchange.DutyMail) error {
	if p.fail != nil {
		return p.fail
	}
	p.took = append(p.took, m.Name+" "+m.Notice.Kind)
	return nil
}

// TestP17MailLosesNothing: a mail server that fails is tried again, under the same
// names, in order, also by a node that was started again; what went out before
// e-mail was set up is not sent.
func TestP17MailLosesNothing(t *testing.T) {
	t.Parallel()
	f, n := obliged(t)
	p := &post{}
	service := func() *exchange.Service {
		conf := f.anew(n, n.store)
		conf.Mailer = p
		return exchange.New(conf)
	}
	wantCode(t, n.TestMail(t.Context()), "mail.absent")
	overdue := func(matter string) {
		take(t, n.Service, exchange.DutyRequest{Instrument: "eu-nis2", Duty: "early-warning", Matter: matter, Anchors: map[string]time.Time{"aware": f.now.AddDate(0, 0, -9)}})
		fireAll(t, n.Service)
	}
	send := func(want int) {
		t.Helper()
		sent, err := service().MailDuties(t.Context())
		if (err == nil) != (p.fail == nil || want == 0) || sent != want {
			t.Fatalf("%d sent, %v, want %d", sent, err, want)
		}
	}
	overdue("before")
	send(0) // it begins here
	overdue("INC-1")
	send(4)
	overdue("INC-2")
	p.fail = errors.New("canary: connection refused")
	_, err := service().MailDuties(t.Context())
	if !errors.Is(err, p.fail) {
		t.Fatalf("%v", err)
	}
	st, err := n.MailState(t.Context())
	must(t, err)
	if st.Failures != 1 || st.Sent != 4 || !st.Due.After(f.now) || strings.Contains(st.Fault, "canary") {
		t.Errorf("%+v", st)
	}
	send(0) // left alone
	f.now, p.fail = st.Due.Add(time.Second), nil
	send(4)
	send(0)
	if got := strings.Join(p.took, ", "); got != "duty-5 duty, duty-6 duty, duty-7 duty, duty-8 duty, duty-9 duty, duty-10 duty, duty-11 duty, duty-12 duty" {
		t.Errorf("sent %s", got)
	}
	must(t, service().TestMail(t.Context()))
	if last := p.took[len(p.took)-1]; !strings.HasSuffix(last, " test") {
		t.Errorf("the test says %q", last)
	}
}

// BenchmarkFireDuties is one look at the clocks among ENTENTE_DUTIES open duties
// (default 100 000) when nothing is due, as it happens each second, and when ten
// notices have to go out.
func BenchmarkFireDuties(b *testing.B) {
	total := number("ENTENTE_DUTIES", 100_000)
	f, n := obliged(b)
	must(b, n.store.Write(b.Context(), func(tx exchange.Tx) error {
		for i := range total {
			due := f.now.AddDate(1, 0, 0).Add(time.Duration(i) * time.Minute)
			err := tx.AddDuty(b.Context(), obligation.Duty{ID: fmt.Sprintf("duty-%07d", i), Bearer: aurelia, Matter: "m", Started: due.AddDate(0, 0, -1), Due: due})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	b.Run("nothing is due", func(b *testing.B) {
		for b.Loop() {
			_, err := n.FireDuties(b.Context())
			must(b, err)
		}
	})
	b.Run("ten notices", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			must(b, n.store.Write(b.Context(), func(tx exchange.Tx) error {
				for k := range 10 {
					d := obligation.Duty{ID: fmt.Sprintf("now-%d-%d", i, k), Duty: decision.DutyRef{Within: "PT1H", After: "aware"}, Bearer: aurelia, Started: f.now.Add(-time.Hour), Due: f.now}
					d, _ = d.Fire(f.now.Add(-time.Minute))
					if err := tx.AddDuty(b.Context(), d); err != nil {
						return err
					}
				}
				return nil
			}))
			b.StartTimer()
			fired, err := n.FireDuties(b.Context())
			must(b, err)
			if fired.Notices != 10 {
				b.Fatalf("%d notices", fired.Notices)
			}
		}
	})
}
