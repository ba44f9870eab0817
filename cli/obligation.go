package cli

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
	"entente/obligation"
	"entente/party"
)

func (a *app) dutyCommand() *cobra.Command {
	return group("duty", "What somebody must do by when", []string{"duties", "obligation", "obligations"},
		a.dutyDue(), a.dutyList(), a.dutyShow(), a.dutyAdd(), a.dutyAnchor(), a.dutyEvents(), a.dutyDone(), a.dutyExtend(), a.dutyCancel(),
		a.dutyCalendar(), a.dutyCalendarLink(), a.dutyPlaces(), a.dutySetPlaces(), a.dutyTestMail())
}

func (a *app) dutyDue() *cobra.Command {
	var within time.Duration
	var q client.DutyQuery
	c := &cobra.Command{
		Use: "due", Short: "What is due soon, and what is overdue", Args: args(0, 0),
		Example: "  entente duty due --within 24h",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			q.Open, q.DueBy = true, a.now().Add(within)
			return a.listDuties(ctx, c, q)
		}),
	}
	c.Flags().DurationVar(&within, "within", 72*time.Hour, "how far to look ahead: 24h, 90m")
	c.Flags().StringVar(&q.About, "about", "", "only about this `matter`: an incident, a case or an object")
	c.Flags().StringVar(&q.After, "after", "", "`cursor` of the page before")
	c.Flags().IntVar(&q.Limit, "limit", 100, "how many at once")
	return c
}

func (a *app) dutyList() *cobra.Command {
	var q client.DutyQuery
	c := &cobra.Command{
		Use: "list", Short: "List duties, the first due first", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error { return a.listDuties(ctx, c, q) }),
	}
	c.Flags().BoolVar(&q.Open, "open", false, "only duties that are not done or cancelled")
	c.Flags().StringVar(&q.About, "about", "", "only about this `matter`: an incident, a case or an object")
	c.Flags().StringVar(&q.After, "after", "", "`cursor` of the page before")
	c.Flags().IntVar(&q.Limit, "limit", 100, "how many at once")
	return c
}

func (a *app) listDuties(ctx context.Context, c *client.Client, q client.DutyQuery) error {
	l, err := c.Duties(ctx, q)
	if err != nil {
		return err
	}
	return list(a, l.Items, l.Next, "duties", dutyHeader(), dutyRow)
}

func dutyHeader() []any { return []any{"DUTY", "STATE", "DUE", "BEARER", "WHAT", "CLAUSE", "ABOUT"} }

func dutyRow(d exchange.DutyView) []any {
	return []any{d.ID, dutyState(d), dueTime(d), orAll(string(d.Bearer), "-"), d.Summary(), cite(d.Duty.Duty.ClauseRef), d.About()}
}

func dueTime(d exchange.DutyView) string {
	switch {
	case !d.Due.IsZero() && d.Provisional:
		return when(d.Due, "") + " or earlier"
	case d.Due.IsZero() && d.State == obligation.NotStarted:
		return "waits for " + joined(d.Waiting)
	}
	return when(d.Due, "no deadline")
}

func dutyState(d exchange.DutyView) string {
	symbol, words := d.State.Said()
	if d.Late() {
		words += " late"
	}
	return symbol + " " + words
}

func (a *app) dutyShow() *cobra.Command {
	return &cobra.Command{
		Use: "show DUTY", Short: "One duty: its clocks, its history and what went out about it", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeDuties),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			d, err := c.Duty(ctx, args[0])
			if err != nil {
				return err
			}
			return a.print(d, func(t *table) { drawDuty(t, d) })
		}),
	}
}

func drawDuty(t *table, d exchange.DutyView) {
	t.row("duty", d.ID)
	t.row("what", d.Summary())
	t.row("clause", cite(d.Duty.Duty.ClauseRef))
	t.row("bearer", orAll(string(d.Bearer), "nobody here is known to hold that role"))
	if d.Beneficiary != "" {
		t.row("owed to", d.Beneficiary)
	}
	t.row("about", d.About())
	t.row("state", dutyState(d))
	t.row("due", dueTime(d))
	if d.LocalDue != "" {
		t.row("", d.LocalDue)
	}
	for _, event := range slices.Sorted(maps.Keys(d.Anchors)) {
		t.row(event, when(d.Anchors[event], ""))
	}
	if len(d.Waiting) > 0 {
		t.row("not recorded", joined(d.Waiting))
	}
	if x := d.Extended; x != nil {
		t.row("extended", "from "+when(x.Base, "")+map[bool]string{true: ", by an override"}[x.Override])
	}
	if e := d.Evidence; e != nil {
		t.row("evidence", strings.TrimSpace(strings.Join([]string{e.Object, e.SHA256, e.Note}, " ")))
	}
	drawHistory(t, d)
}

func drawHistory(t *table, d exchange.DutyView) {
	t.line("\nHistory")
	for _, h := range d.History {
		what := h.What
		if h.Event != "" {
			what += " " + h.Event
		}
		if !h.Due.Equal(h.From) {
			what += ", due " + when(h.Due, "never")
		}
		t.row("  "+when(h.At, ""), what, h.By, h.Why)
	}
	if len(d.Notices) > 0 {
		t.line("\nNotices")
	}
	for _, n := range d.Notices {
		t.row("  "+when(n.Sent, ""), string(n.Kind), "due "+when(n.Due, ""))
	}
}

func completeDuties(ctx context.Context, c *client.Client) ([]string, error) {
	l, err := c.Duties(ctx, client.DutyQuery{Open: true})
	words := make([]string, len(l.Items))
	for i, d := range l.Items {
		words[i] = d.ID
	}
	return words, err
}

func (a *app) dutyAdd() *cobra.Command {
	var r exchange.DutyRequest
	var bearer, owed string
	var anchors map[string]string
	c := &cobra.Command{
		Use: "add INSTRUMENT DUTY", Short: "Take on a duty of a clause in a matter", Args: args(2, 2),
		Long: "Duties that come with a release are taken on by themselves. This is for those of an incident or a case: the clock of the clause starts with the events on record about the matter. " +
			"On a node of an exercise, and there alone, a clock can run faster.",
		Example: "  entente duty add eu-nis2 early-warning --matter INC-7 --anchor aware=2026-11-24T08:30:00Z\n" +
			"  entente duty add eu-dora initial-notification --matter X-1 --factor 60",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Instrument, r.Duty, r.Bearer, r.Beneficiary = args[0], args[1], party.ID(bearer), party.ID(owed)
			r.Anchors = map[string]time.Time{}
			for event, text := range anchors {
				at, ok := parseTime(text)
				if !ok {
					return badTime("anchor")
				}
				r.Anchors[event] = at
			}
			return a.showDuty(c.TakeDuty(ctx, r))
		}),
	}
	c.Flags().StringVar(&r.Matter, "matter", "", "incident or case it is about")
	c.Flags().StringVar(&r.Object, "object", "", "or `id` of the object it is about")
	c.Flags().StringVar(&bearer, "bearer", "", "`party` that has to do it; default this node's own")
	c.Flags().StringVar(&owed, "owed-to", "", "`party` to which it is owed")
	c.Flags().StringVar(&r.Calendar, "place", "", "`name` of the place whose days count; default that of the bearer")
	c.Flags().StringToStringVar(&anchors, "anchor", nil, "when an event of its clocks happened, `event=time`; repeatable")
	c.Flags().IntVar(&r.Factor, "factor", 0, "how much faster its clock runs, on a node of an exercise")
	a.actFlags(c, &r.By, &r.Why)
	return c
}

// actFlags are the flags of every act on a duty: who, and why.
func (a *app) actFlags(c *cobra.Command, by, why *string) {
	c.Flags().StringVar(by, "by", "", "`who` does this; default this node's own party")
	c.Flags().StringVar(why, "reason", "", "why, for the record")
}

func (a *app) showDuty(d exchange.DutyView, err error) error {
	if err != nil {
		return err
	}
	if a.opened && !d.Due.IsZero() && !d.Closed() {
		a.say("Notices go out while the node runs: entente serve")
	}
	return a.print(d, func(t *table) { drawDuty(t, d) })
}

func (a *app) dutyAnchor() *cobra.Command {
	var r exchange.AnchorRequest
	var at string
	c := &cobra.Command{
		Use: "anchor MATTER EVENT", Short: "Record when something happened in a matter: clocks start or move", Aliases: []string{"start"}, Args: args(2, 2),
		Long: "The clocks of all duties about the matter that count from EVENT follow, and so do those taken on later. Events are the words of the clauses (" +
			strings.Join(obligation.Anchors(), ", ") + "); INSTRUMENT/EVENT counts for one instrument alone. What is on record changes only with --reason.",
		Example: "  entente duty anchor INC-7 classified --at 2026-11-24T09:10:00Z\n  entente duty anchor INC-7 classified --at 2026-11-24T08:55:00Z --reason 'the shift log says 08:55'",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Matter, r.Event = args[0], args[1]
			var ok bool
			if r.At, ok = parseTime(at); at != "" && !ok {
				return badTime("at")
			}
			moved, err := c.Anchor(ctx, r)
			if err != nil {
				return err
			}
			return list(a, moved, "", "duties that count from it", dutyHeader(), dutyRow)
		}),
	}
	c.Flags().StringVar(&at, "at", "", "`time` at which it happened; default now")
	a.actFlags(c, &r.By, &r.Why)
	return c
}

func (a *app) dutyEvents() *cobra.Command {
	return &cobra.Command{
		Use: "events MATTER", Short: "What is on record about a matter", Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			events, err := c.MatterEvents(ctx, args[0])
			if err != nil {
				return err
			}
			return list(a, events, "", "events", []any{"EVENT", "AT", "RECORDED", "BY", "WHY"}, func(e exchange.MatterEvent) []any {
				return []any{e.Event, when(e.At, ""), when(e.Recorded, ""), e.By, e.Why}
			})
		}),
	}
}

func (a *app) dutyDone() *cobra.Command {
	var r exchange.DutyDone
	var at string
	c := &cobra.Command{
		Use: "done DUTY", Short: "Record that a duty was done, with what shows it", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeDuties),
		Long:    "Clocks that count from it start: the final report is due a month after the notification was made.",
		Example: "  entente duty done 0198f3a1-… --at 2026-11-25T07:40:00Z --sha256 9f86d08… --note 'receipt of the authority, no. 4711'",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			var ok bool
			if r.At, ok = parseTime(at); at != "" && !ok {
				return badTime("at")
			}
			return a.showDuty(c.CompleteDuty(ctx, args[0], r))
		}),
	}
	c.Flags().StringVar(&at, "at", "", "`time` at which it was done; default now")
	c.Flags().StringVar(&r.Evidence.Object, "object", "", "`id` of an object that shows it")
	c.Flags().StringVar(&r.Evidence.SHA256, "sha256", "", "`digest` of a file that shows it, 64 hexadecimal digits")
	c.Flags().StringVar(&r.Evidence.Note, "note", "", "where it can be checked, for people")
	a.actFlags(c, &r.By, &r.Why)
	return c
}

func (a *app) dutyExtend() *cobra.Command {
	var r exchange.DutyExtension
	var until string
	c := &cobra.Command{
		Use: "extend DUTY --until TIME --reason WHY", Short: "Move the due time of a duty, with the reason", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeDuties),
		Long: "As far as the clause allows. --override goes further: it stays on record as such, with who answers for it.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			var ok bool
			if r.Due, ok = parseTime(until); !ok {
				return badTime("until")
			}
			return a.showDuty(c.ExtendDuty(ctx, args[0], r))
		}),
	}
	c.Flags().StringVar(&until, "until", "", "`time` until which it is moved")
	c.Flags().BoolVar(&r.Override, "override", false, "although the clause does not allow it")
	a.actFlags(c, &r.By, &r.Why)
	return c
}

func (a *app) dutyCancel() *cobra.Command {
	var r exchange.DutyCancellation
	c := &cobra.Command{
		Use: "cancel DUTY --reason WHY", Short: "End a duty that need not be done, with the reason", Aliases: []string{"waive"},
		Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeDuties),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			return a.showDuty(c.CancelDuty(ctx, args[0], r))
		}),
	}
	a.actFlags(c, &r.By, &r.Why)
	return c
}

func (a *app) dutyCalendar() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "calendar", Short: "Write the duties as a calendar (iCalendar) for programs that show and remind", Args: args(0, 0),
		Example: "  entente duty calendar --out duties.ics",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			b, err := c.DutyFeed(ctx)
			if err != nil {
				return err
			}
			if file == "" {
				_, err = a.stdout.Write(b) // every value in it is escaped, see obligation.AppendFeed
				return err
			}
			if err := os.WriteFile(file, b, 0o600); err != nil {
				return fault.New(fault.Invalid, "file.unwritable", "%s cannot be written.", file).Try("Name another file with --out.").Because(err)
			}
			return nil
		}),
	}
	c.Flags().StringVar(&file, "out", "", "`file` to write; default standard output")
	return c
}

func (a *app) dutyCalendarLink() *cobra.Command {
	var end bool
	c := &cobra.Command{
		Use: "calendar-link", Short: "Make a link by which a program subscribes to the calendar of duties", Args: args(0, 0),
		Long: "The link is a secret: whoever has it reads the calendar, and nothing else. A new one takes the place of the one there was; --end only ends that.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			if end {
				return c.EndCalendarLink(ctx)
			}
			link, err := c.NewCalendarLink(ctx)
			if err != nil {
				return err
			}
			if a.opened {
				a.say("It leads somewhere while the node runs, in place of \"node\": entente serve")
			}
			return a.print(link, func(t *table) { t.line("%s", link) })
		}),
	}
	c.Flags().BoolVar(&end, "end", false, "only end the link there was")
	return c
}

func (a *app) dutyPlaces() *cobra.Command {
	return &cobra.Command{
		Use: "places", Short: "The time zones, weekends and holidays of places", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			p, err := c.Places(ctx)
			if err != nil {
				return err
			}
			return a.printPlaces(p)
		}),
	}
}

func (a *app) dutySetPlaces() *cobra.Command {
	var r exchange.PlacesRequest
	c := &cobra.Command{
		Use: "set-places FILE", Short: "Set the time zones, weekends and holidays of places; open duties follow", Args: args(1, 1),
		Long: `FILE is JSON: {"calendars": [{"name": "ES", "zone": "Europe/Madrid", "weekend": ["saturday", "sunday"], "holidays": ["2026-12-25"]}]}. ` +
			"A name is a jurisdiction as on the cards of parties, or the id of a party, which goes first. It takes the place of what was set before.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			b, err := a.readFile(args[0])
			if err != nil {
				return err
			}
			if r.Calendars, err = obligation.ReadCalendars(b); err != nil {
				return err
			}
			p, err := c.SetPlaces(ctx, r)
			if err != nil {
				return err
			}
			return a.printPlaces(p)
		}),
	}
	c.Flags().StringVar(&r.By, "by", "", "`who` does this; default this node's own party")
	return c
}

func (a *app) printPlaces(p exchange.Places) error {
	return list(a, p.Calendars, "", "places", []any{"PLACE", "ZONE", "WEEKEND", "HOLIDAYS"}, func(c obligation.Calendar) []any {
		return []any{c.Name, c.Zone, orAll(strings.Join(c.Weekend, ", "), "as each law says"), len(c.Holidays)}
	})
}

func (a *app) dutyTestMail() *cobra.Command {
	return &cobra.Command{
		Use: "test-mail", Short: "Tell people by e-mail that nothing happened, to try whether it works", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			if err := c.TestMail(ctx); err != nil {
				return err
			}
			a.say("the mail server took it")
			return nil
		}),
	}
}
