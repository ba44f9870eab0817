package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/api/view"
	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

func (a *app) sourceCommand() *cobra.Command {
	return group("source", "Foreign servers from which this node collects by itself (TAXII 2.1, MISP)", []string{"sources"},
		a.sourceAdd(), a.sourceList(), a.sourceShow(), a.sourceCollections(), a.sourcePoll(),
		a.sourceSet("pause", "Stop polling a source for now", true), a.sourceSet("resume", "Poll a source again, at once and from now on", false),
		a.sourceRemove())
}

// sourceFlags are how a server is reached, as the commands that reach one take it.
type sourceFlags struct {
	kind, token, user, password, ca string
	certificate                     bool
}

func (f *sourceFlags) on(c *cobra.Command) {
	c.Flags().StringVar(&f.kind, "kind", "taxii", "`protocol` of the server: taxii or misp")
	c.Flags().StringVar(&f.token, "bearer-file", "", "`file` with a bearer token, or the key of a MISP server; - is standard input")
	c.Flags().StringVar(&f.user, "user", "", "`name` for Basic, together with --password-file")
	c.Flags().StringVar(&f.password, "password-file", "", "`file` with the password of --user; - is standard input")
	c.Flags().BoolVar(&f.certificate, "certificate", false, "show the certificate this node uses between nodes")
	c.Flags().StringVar(&f.ca, "ca-file", "", "PEM `file` with the only authorities to trust for the server; default those of the system")
}

// fill reads what the flags name. A secret is never a flag itself.
func (a *app) fill(r *exchange.SourceRequest, f sourceFlags) error {
	ways := 0
	for auth, given := range map[string]bool{exchange.AuthBearer: f.token != "", exchange.AuthBasic: f.user != "" || f.password != "", exchange.AuthCertificate: f.certificate} {
		if given {
			ways++
			r.Auth = auth
		}
	}
	if ways > 1 {
		return fault.New(fault.Invalid, "usage", "A source is shown one credential.").Try("Give --bearer-file, or --user with --password-file, or --certificate.")
	}
	r.Kind, r.Secret.User = f.kind, f.user
	for _, file := range []struct {
		name string
		into *string
		trim bool
	}{{f.token, &r.Secret.Token, true}, {f.password, &r.Secret.Password, true}, {f.ca, &r.CA, false}} {
		if file.name == "" {
			continue
		}
		b, err := a.readFile(file.name)
		if err != nil {
			return err
		}
		if *file.into = string(b); file.trim {
			*file.into = strings.TrimSpace(string(b))
		}
	}
	return nil
}

func (a *app) sourceAdd() *cobra.Command {
	var r exchange.SourceRequest
	var f sourceFlags
	var from string
	var every time.Duration
	c := &cobra.Command{
		Use: "add URL", Short: "Collect from a server by itself, again and again",
		Long: "URL is the server's discovery (https://…/taxii2/) or one of its API roots; with --kind misp the address of a MISP server, whose key is in --bearer-file. What comes in goes the way of an import: every object is judged on its own and nothing is released by it. " +
			"--from says whose feed it is, a party this node knows; --under names the instruments the objects are received under, whose terms bind this node when it passes them on.",
		Example: "  entente source add https://taxii.aurelia.example:8422/taxii2/ --collection released --from csirt-aurelia --under mou-aurelia --user csirt-bb --password-file bb.secret --ca-file aurelia-ca.pem\n" +
			"  entente source add https://feed.example/taxii2/ --collection 91a7b528-80eb-42ed-a74d-c6fbd5a26116 --from feed-example --assign clear --licence 'CC BY 4.0' --every 6h\n" +
			"  entente source add https://misp.example/ --kind misp --from isac-delphi --bearer-file misp.key",
		Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if err := a.fill(&r, f); err != nil {
				return err
			}
			r.URL, r.From, r.Every = args[0], party.ID(from), int64(every/time.Second)
			src, err := c.AddSource(ctx, r)
			if err != nil {
				return err
			}
			if a.opened {
				a.say("It is polled while the node runs: entente serve. At once: entente source poll %s", src.ID)
			}
			return a.print(src, func(t *table) { drawSource(t, src) })
		}),
	}
	f.on(c)
	c.Flags().StringVar(&r.Name, "name", "", "`name` for people; default the host of the URL")
	c.Flags().StringVar(&r.Collection, "collection", "", "`id` or alias of the collection; default the only one there is")
	c.Flags().StringVar(&from, "from", "", "`party` whose feed it is, another than this node's own; required")
	c.Flags().StringSliceVar(&r.Under, "under", nil, "`instrument` the objects are received under; repeatable")
	c.Flags().StringVar(&r.Licence, "licence", "", "`terms` no instrument says, for people")
	c.Flags().StringVar(&r.Assign, "assign", "", "TLP `label` for objects that carry none: "+strings.Join(view.Labels(), ", "))
	c.Flags().DurationVar(&every, "every", time.Hour, "`time` from one poll to the next")
	return c
}

func (a *app) sourceCollections() *cobra.Command {
	var r exchange.SourceRequest
	var f sourceFlags
	c := &cobra.Command{
		Use: "collections URL", Short: "List what a server has for whoever shows the credential; nothing is kept",
		Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if err := a.fill(&r, f); err != nil {
				return err
			}
			r.URL = args[0]
			stop := a.counting("asking " + clean(r.URL))
			offers, err := c.SourceOffers(ctx, r)
			stop()
			if err != nil {
				return err
			}
			return list(a, offers, "", "collections", []any{"COLLECTION", "ALIAS", "TITLE", "READABLE", "API ROOT"}, func(o exchange.SourceOffer) []any {
				return []any{o.Collection, o.Alias, o.Title, yes(o.Readable), o.Root}
			})
		}),
	}
	f.on(c)
	return c
}

func (a *app) sourceList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the sources with how it goes", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Sources(ctx)
			if err != nil {
				return err
			}
			return list(a, all, "", "sources", []any{"ID", "NAME", "STATE", "LAST SUCCESS", "NEXT", "NEW", "UPDATED", "QUARANTINED"}, func(s exchange.Source) []any {
				return []any{s.ID, s.Name, sourceState(s), when(s.State.Succeeded, "never"), nextPoll(s), s.State.New, s.State.Updated, s.State.Quarantined}
			})
		}),
	}
}

func sourceState(s exchange.Source) string {
	switch {
	case s.Paused:
		return "paused"
	case s.Failing():
		return fmt.Sprintf("failing (%d): %s", s.State.Failures, s.State.Code)
	case s.State.Succeeded.IsZero():
		return "new"
	}
	return "ok"
}

func nextPoll(s exchange.Source) string {
	if s.Paused {
		return ""
	}
	return when(s.State.Due, "at once")
}

func drawSource(t *table, s exchange.Source) {
	t.row("source", s.ID)
	t.row("name", s.Name)
	t.row("url", s.URL)
	t.row("collection", s.Collection)
	t.row("from", s.From)
	t.row("under", strings.Join(s.Under, ", "))
	t.row("licence", s.Licence)
	t.row("assigned", s.Assign)
	t.row("every", time.Duration(s.Every)*time.Second)
	t.row("credential", s.Auth)
	t.row("state", sourceState(s))
	if s.Failing() {
		t.row("last fault", s.State.Fault)
	}
	t.row("last poll", when(s.State.Polled, "never"))
	t.row("last success", when(s.State.Succeeded, "never"))
	t.row("next poll", nextPoll(s))
	t.row("brought", fmt.Sprintf("%d new, %d updated, %d unchanged, %d quarantined", s.State.New, s.State.Updated, s.State.Unchanged, s.State.Quarantined))
}

func (a *app) sourceShow() *cobra.Command {
	return &cobra.Command{
		Use: "show SOURCE", Short: "One source with its state and the last fault", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeSources),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			s, err := c.Source(ctx, args[0])
			if err != nil {
				return err
			}
			return a.print(s, func(t *table) { drawSource(t, s) })
		}),
	}
}

func (a *app) sourcePoll() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use: "poll SOURCE", Short: "Collect from a source now", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeSources),
		Long: "Collects page by page until nothing is left. --dry-run fetches one page, says what could be read and keeps nothing. " +
			"It can be interrupted: what a page brought is kept, and the next poll goes on there.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			stop := a.counting("collecting from " + clean(args[0]))
			total, err := pollAll(ctx, c, args[0], dryRun)
			stop()
			if err != nil {
				return err
			}
			if total.Quarantined > 0 {
				a.code = exitPartial
			}
			return a.print(total, func(t *table) { drawPoll(t, total) })
		}),
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only look: fetch one page and keep nothing")
	return c
}

// pollAll asks for one turn after the other for as long as they bring something.
func pollAll(ctx context.Context, c *client.Client, id string, dryRun bool) (exchange.PollReport, error) {
	total, err := c.PollSource(ctx, id, dryRun)
	for brought := total.New + total.Updated; err == nil && !dryRun && total.More && brought > 0; {
		var next exchange.PollReport
		next, err = c.PollSource(ctx, id, false)
		brought = next.New + next.Updated
		total.Source, total.More = next.Source, next.More
		total.Pages, total.New, total.Updated = total.Pages+next.Pages, total.New+next.New, total.Updated+next.Updated
		total.Unchanged, total.Quarantined = total.Unchanged+next.Unchanged, total.Quarantined+next.Quarantined
		total.Refused = append(total.Refused, next.Refused...)
	}
	return total, err
}

func drawPoll(t *table, r exchange.PollReport) {
	if r.DryRun {
		t.line("%d objects can be read, %d would be quarantined; nothing was kept", r.Found, r.Quarantined)
	} else {
		t.line("%d new, %d updated, %d unchanged, %d quarantined in %d pages", r.New, r.Updated, r.Unchanged, r.Quarantined, r.Pages)
	}
	if r.More {
		t.line("The server has more.")
	}
	for _, o := range r.Refused {
		t.row(o.Result, o.Pointer, o.ID, strings.TrimPrefix(o.Code+": "+o.Detail, ": "))
		if o.Next != "" {
			t.row("", "", "", "next: "+o.Next)
		}
	}
}

func (a *app) sourceSet(verb, short string, paused bool) *cobra.Command {
	return &cobra.Command{
		Use: verb + " SOURCE", Short: short, Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeSources),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			s, err := c.PauseSource(ctx, args[0], paused)
			if err != nil {
				return err
			}
			return a.print(s, func(t *table) { drawSource(t, s) })
		}),
	}
}

func (a *app) sourceRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove SOURCE", Short: "Forget a source and destroy its credential; what it brought stays", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeSources),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.RemoveSource(ctx, args[0]); err != nil {
				return err
			}
			a.say("removed %s", clean(args[0]))
			return nil
		}),
	}
}
