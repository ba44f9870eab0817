package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/casework"
	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

func (a *app) caseCommand() *cobra.Command {
	return group("case", "Run a procedure of an agreement with its parties: requests, votes, proposals", []string{"cases"},
		a.caseProcedures(), a.caseOpen(), a.caseList(), a.caseShow(), a.caseStep(), a.caseVote(), a.caseNote(), a.caseEvidence(), a.caseCorrect(),
		a.caseSend(), a.caseExport(), a.caseVerify())
}

func (a *app) caseProcedures() *cobra.Command {
	return &cobra.Command{
		Use: "procedures [TEXT]", Short: "List the procedures of the texts that are here, or the steps of those of one", Args: args(0, 1), ValidArgsFunction: a.completeFirst(completeTexts),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			all, err := c.Procedures(ctx)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return list(a, all, "", "procedures", []any{"TEXT", "PROCEDURE", "CITE", "ROLES", "ACTIVE", "TITLE"}, func(p exchange.ProcedureView) []any {
					return []any{p.Instrument + "@" + p.Version, p.ID, p.Cite, joined(p.Roles), yes(p.Active), p.Title}
				})
			}
			all = slices.DeleteFunc(all, func(p exchange.ProcedureView) bool {
				return args[0] != p.Instrument && args[0] != p.Instrument+"@"+p.Version && args[0] != p.Hash.String()
			})
			if len(all) == 0 {
				return fault.New(fault.NotFound, "case.procedure", "No text %q with a procedure is here.", args[0]).Try("List them with entente case procedures.")
			}
			return a.print(all, func(t *table) {
				for _, p := range all {
					drawProcedure(t, p)
				}
			})
		}),
	}
}

func drawProcedure(t *table, p exchange.ProcedureView) {
	t.line("%s  %s  %s", p.ID, p.Cite, p.Title)
	t.row("STEP", "FROM", "TO", "BY", "WITH", "WHEN", "CITE")
	for _, s := range p.Transitions {
		with := slices.Clone(s.Requires)
		if len(s.Refusal) > 0 {
			with = append(with, "ground: "+strings.Join(s.Refusal, "|"))
		}
		var when []string
		for _, w := range []struct{ word, period string }{{"within", s.Within.String()}, {"not before", s.NotBefore.String()}, {"silence", s.Silence.String()}} {
			if w.period != "" && w.period != "PT0S" {
				when = append(when, w.word+" "+w.period+" of "+s.After)
			}
		}
		if s.Quorum != "" {
			when = append(when, s.Quorum+" of "+s.Voters())
		}
		t.row(s.ID, joined(s.From), s.To, s.By, joined(with), joined(when), s.Cite)
	}
	t.line("")
}

func (a *app) caseOpen() *cobra.Command {
	var r exchange.OpenCaseRequest
	var roles []string
	var home string
	c := &cobra.Command{
		Use: "open TEXT PROCEDURE --title TITLE --role ROLE=PARTY…", Short: "Begin a case by a procedure of a text", Args: args(2, 2), ValidArgsFunction: a.completeFirst(completeTexts),
		Long: "The case and all that happens in it goes to the parties of all its roles, in the order its home gives it. " +
			"Before anything is signed the law is asked for each of them: what may not go to all as it is, is not signed, and the message names what stands in the way.",
		Example: "  entente case open coe-budapest expedited-preservation --title 'Logs of 10 March' \\\n    --role requesting-party=csirt-aa --role requested-party=csirt-bb",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Instrument, r.Procedure, r.Home, r.Roles = args[0], args[1], party.ID(home), map[string][]party.ID{}
			for _, word := range roles {
				role, parties, ok := strings.Cut(word, "=")
				if !ok {
					return fault.New(fault.Invalid, "usage", "--role %s does not say which party.", word).Try("Write --role ROLE=PARTY, and commas between several parties.")
				}
				r.Roles[role] = append(r.Roles[role], ids(strings.Split(parties, ","))...)
			}
			done, err := c.OpenCase(ctx, r)
			return a.acted(done, r.DryRun, err)
		}),
	}
	f := c.Flags()
	f.StringVar(&r.Title, "title", "", "what it is about, in a few words")
	f.StringArrayVar(&roles, "role", nil, "who takes part as what: `role=party`[,party…], repeatable")
	f.StringVar(&home, "home", "", "`party` whose node orders the events; default this one")
	f.StringVar(&r.Purpose, "purpose", "", "purpose of the exchange; default "+exchange.DefaultPurpose)
	f.StringVar(&r.TLP, "tlp", "", "marking of everything in the case: clear, green, amber, amber+strict or red; default amber")
	f.StringVar(&r.Text, "text", "", "more to say")
	f.StringVar(&r.OnBehalf, "on-behalf", "", "for whom, when not for the party itself")
	f.BoolVar(&r.DryRun, "dry-run", false, "check it and begin nothing")
	return c
}

// acted says what became of an act and shows the case.
func (a *app) acted(done exchange.CaseActed, dryRun bool, err error) error {
	if err != nil {
		return err
	}
	switch {
	case dryRun:
		a.say("Dry run: it may be done; nothing was signed.")
	case done.State == exchange.CaseOrdered:
		a.say("Ordered in place %d.", done.Seq)
	default:
		a.say("Sent to %s, which orders the events of this case.", clean(string(done.Case.Home)))
	}
	return a.print(done, func(t *table) { drawCaseHead(t, done.Case) })
}

func (a *app) caseList() *cobra.Command {
	var f exchange.CaseFilter
	c := &cobra.Command{
		Use: "list", Short: "List the cases with where they stand and whose turn it is", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			page, err := c.Cases(ctx, f)
			if err != nil {
				return err
			}
			return list(a, page.Items, page.Next, "cases", []any{"ID", "STATE", "MY STEPS", "DUE", "PROCEDURE", "HOME", "TITLE"}, func(s exchange.CaseSummary) []any {
				return []any{s.ID, caseState(s), joined(s.Turn), when(s.Due, "-"), s.Instrument + "/" + s.Procedure, s.Home, s.Title}
			})
		}),
	}
	c.Flags().BoolVar(&f.Open, "open", false, "only those that are not over")
	c.Flags().StringVar(&f.Before, "after", "", "go on after this `case`")
	c.Flags().IntVar(&f.Limit, "limit", 0, "how many; default 100")
	return c
}

func caseState(s exchange.CaseSummary) string {
	switch {
	case len(s.Findings) > 0:
		return "✗ " + s.State
	case s.State == "":
		return "· not ordered"
	case s.Final:
		return "✓ " + s.State
	}
	return "○ " + s.State
}

func (a *app) caseShow() *cobra.Command {
	return &cobra.Command{
		Use: "show CASE", Short: "A case: state, next steps, deadlines, votes, events, and what is wrong with its record", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeCases),
		Long: "All of it is worked out from the signed events. Exit code 7 when there is a finding: somebody broke the procedure or showed different orders to different parties.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			v, err := c.Case(ctx, args[0])
			if err != nil {
				return err
			}
			if len(v.Findings) > 0 {
				a.code = exitUnverified
			}
			return a.print(v, func(t *table) { drawCase(t, v) })
		}),
	}
}

func completeCases(ctx context.Context, c *client.Client) ([]string, error) {
	page, err := c.Cases(ctx, exchange.CaseFilter{Open: true})
	return wordsOf(page.Items, func(s exchange.CaseSummary) string { return s.ID }), err
}

func drawCaseHead(t *table, v exchange.CaseView) {
	t.row("case", v.ID)
	t.row("title", v.Title)
	t.row("procedure", v.Instrument+"@"+v.Version+" "+v.Procedure+" ("+v.Cite+")")
	t.row("state", caseState(v.CaseSummary))
	t.row("marking", "TLP:"+strings.ToUpper(v.TLP))
	t.row("home", v.Home)
	for _, role := range slices.Sorted(maps.Keys(v.Roles)) {
		mine := ""
		if slices.Contains(v.Mine, role) {
			mine = " (this party)"
		}
		t.row(role, joined(v.Roles[role])+mine)
	}
	t.end()
	if len(v.Next) > 0 {
		t.line("")
		t.row("NEXT", "BY", "LEADS TO", "NEEDS", "FROM", "DUE", "CITE")
		for _, n := range v.Next {
			needs := slices.Clone(n.Requires)
			if len(n.Grounds) > 0 {
				needs = append(needs, "ground: "+strings.Join(n.Grounds, "|"))
			}
			if n.Tally != nil {
				needs = append(needs, fmt.Sprintf("%s of %d votes: %d yes, %d no, %d abstain", n.Tally.Quorum, len(n.Tally.Voters), n.Tally.Yes, n.Tally.No, n.Tally.Abstain))
			}
			due := when(n.Due, "-")
			if n.Overdue {
				due = "! overdue " + due
			}
			t.row(n.Step, joined(n.Parties), n.To, joined(needs), when(n.NotBefore, "-"), due, n.Cite)
		}
		t.end()
	}
}

func drawCase(t *table, v exchange.CaseView) {
	drawCaseHead(t, v)
	t.line("")
	t.row("#", "AT", "BY", "WHAT", "STATE", "EVENT")
	for _, e := range v.Events {
		state := e.State
		if e.Late {
			state += " (late: due " + when(e.Due, "") + ")"
		}
		t.row(e.Seq, when(e.At, "-"), e.By, whatOf(e), state, e.Digest.Short())
	}
	for _, e := range v.Unordered {
		state := e.State
		if e.Code != "" {
			state += ": " + e.Code
		}
		t.row("-", when(e.At, "-"), e.By, whatOf(e), "! "+state, e.Digest.Short())
	}
	t.end()
	for _, y := range v.Tallies {
		for _, b := range y.Ballots {
			excluded := ""
			if b.Excluded != "" {
				excluded = ", not counted: " + b.Excluded
			}
			t.line("vote on %s: %s says %s%s", y.Step, string(b.By), string(b.Choice), excluded)
		}
	}
	for _, f := range v.Findings {
		t.line("✗ %s: %s", f.Code, f.Detail)
	}
	latest := map[party.ID]exchange.CaseMessage{}
	for _, d := range v.Deliveries {
		latest[d.To] = d
	}
	for _, to := range slices.Sorted(maps.Keys(latest)) {
		d := latest[to]
		if d.Refused != "" {
			t.line("to %s: %s, not taken: %s", string(to), d.State, d.Refused)
		} else if d.State != exchange.DeliveryDone {
			t.line("to %s: %s", string(to), d.State)
		}
	}
}

// whatOf says what an event does, in a line.
func whatOf(e exchange.CaseEventView) string {
	words := []string{string(e.Act), e.Step, string(e.Ballot)}
	if e.Ground != "" {
		words = append(words, "on ground "+e.Ground+" ("+e.Clause+")")
	}
	if e.OnBehalf != "" {
		words = append(words, "for "+e.OnBehalf)
	}
	if !e.Corrects.IsZero() {
		words = append(words, "of "+e.Corrects.Short())
	}
	if len(e.Corrected) > 0 {
		words = append(words, "(corrected)")
	}
	for _, o := range e.Objects {
		words = append(words, o.ID)
	}
	line, _, _ := strings.Cut(e.Text, "\n")
	words = append(words, line)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

func (a *app) caseStep() *cobra.Command {
	r := exchange.CaseActRequest{Act: casework.Step}
	return a.caseAct(&cobra.Command{
		Use: "step CASE STEP", Short: "Take a step of the procedure", Args: args(2, 2),
		Example: "  entente case step 0198… send --field authority_seeking='CSIRT AA' --file offence_and_brief_facts=facts.txt\n  entente case step 0198… refuse --ground essential-interests --field reason_text='…'",
	}, &r, func(c *cobra.Command, given *fieldFlags) {
		given.register(c)
		c.Flags().StringVar(&r.Ground, "ground", "", "`code` of the ground for refusing; one the procedure has")
		c.Flags().StringArrayVar(&r.Objects, "object", nil, "`object` that belongs to it, repeatable; its bytes travel by a release")
	}, func(args []string) { r.Step = args[1] })
}

func (a *app) caseVote() *cobra.Command {
	r := exchange.CaseActRequest{Act: casework.Vote}
	return a.caseAct(&cobra.Command{
		Use: "vote CASE STEP yes|no|abstain", Short: "Cast a signed ballot on a step that needs votes", Args: args(3, 3),
		Long: "The latest ballot of a party counts. One that comes after the deadline is shown and not counted.",
	}, &r, nil, func(args []string) { r.Step, r.Ballot = args[1], casework.Choice(args[2]) })
}

func (a *app) caseNote() *cobra.Command {
	r := exchange.CaseActRequest{Act: casework.Note}
	return a.caseAct(&cobra.Command{Use: "note CASE TEXT", Short: "Say something in a case", Args: args(2, 2)}, &r, nil, func(args []string) { r.Text = args[1] })
}

func (a *app) caseEvidence() *cobra.Command {
	r := exchange.CaseActRequest{Act: casework.Evidence}
	return a.caseAct(&cobra.Command{
		Use: "evidence CASE OBJECT…", Short: "Name objects that belong to a case, by id and hash", Args: args(2, -1),
		Long: "The case names them; their bytes travel by a release of their own, under the law for each.",
	}, &r, nil, func(args []string) { r.Objects = args[1:] })
}

func (a *app) caseCorrect() *cobra.Command {
	r := exchange.CaseActRequest{Act: casework.Correction}
	var event string
	c := a.caseAct(&cobra.Command{
		Use: "correct CASE --event EVENT", Short: "Correct an event of this party; the first one stays", Args: args(1, 1),
	}, &r, func(c *cobra.Command, given *fieldFlags) { given.register(c) }, nil)
	act := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if r.Corrects, err = ident.ParseDigest(event); err != nil {
			return fault.New(fault.Invalid, "usage", "--event is not the digest of an event.").Try("Take it in full from entente case show CASE -o json.")
		}
		return act(cmd, args)
	}
	c.Flags().StringVar(&event, "event", "", "`digest` of the event to correct")
	return c
}

// fieldFlags are fields of a step, on the command line or in files.
type fieldFlags struct{ fields, files []string }

func (g *fieldFlags) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&g.fields, "field", nil, "field of the step: `name=value`, repeatable")
	c.Flags().StringArrayVar(&g.files, "file", nil, "field whose value is in a file: `name=file`, repeatable")
}

func (a *app) fields(g *fieldFlags) (map[string]string, error) {
	fields := map[string]string{}
	for n, words := range [][]string{g.fields, g.files} {
		for _, word := range words {
			name, value, ok := strings.Cut(word, "=")
			if !ok {
				return nil, fault.New(fault.Invalid, "usage", "%q is not name=value.", word).Try("Write --field name=value or --file name=file.")
			}
			if n == 1 {
				b, err := a.readFile(value)
				if err != nil {
					return nil, err
				}
				value = string(b)
			}
			fields[name] = value
		}
	}
	return fields, nil
}

// caseAct makes a command of one act in a case.
func (a *app) caseAct(c *cobra.Command, r *exchange.CaseActRequest, flags func(*cobra.Command, *fieldFlags), read func(args []string)) *cobra.Command {
	var given fieldFlags
	c.ValidArgsFunction = a.completeFirst(completeCases)
	c.RunE = a.onNode(func(ctx context.Context, cl *client.Client, args []string) (err error) {
		if read != nil {
			read(args)
		}
		if r.Fields, err = a.fields(&given); err != nil {
			return err
		}
		done, err := cl.ActInCase(ctx, args[0], *r)
		return a.acted(done, r.DryRun, err)
	})
	if flags != nil {
		flags(c, &given)
	}
	if r.Act != casework.Note {
		c.Flags().StringVar(&r.Text, "text", "", "more to say")
	}
	c.Flags().StringVar(&r.OnBehalf, "on-behalf", "", "for whom, when not for the party itself")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "check it and sign nothing")
	return c
}

func (a *app) caseSend() *cobra.Command {
	return &cobra.Command{
		Use: "send CASE", Short: "Send a case again to who may not have all of it", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeCases),
		Long: "The home of the case sends what was not acknowledged. Any other participant sends the case as it has it, and its event that waits to be ordered, to all others: " +
			"so everybody sees when the home holds an event back or shows different orders to different parties, and who lost the case has it again.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			to, err := c.SendCase(ctx, args[0])
			if err != nil {
				return err
			}
			return list(a, to, "", "participants that lack anything", []any{"SENT TO"}, func(p party.ID) []any { return []any{p} })
		}),
	}
}

func (a *app) caseExport() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "export CASE --out FILE", Short: "Write a whole case as a signed file that verifies offline", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeCases),
		Long:    "The file has the text of the agreement, every event as its author signed it, and the orders with the signature of the home. Check it with entente verify.",
		Example: "  entente case export 0198… --out case.entente\n  entente verify case.entente --card aa.json --card bb.json",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			b, err := c.ExportCase(ctx, args[0])
			if err != nil || out == "-" {
				return a.writeBytes(b, err)
			}
			if err := os.WriteFile(out, b, 0o600); err != nil {
				return fault.New(fault.Invalid, "file.unwritable", "%s cannot be written.", clean(out)).Because(err)
			}
			a.say("%s: %d bytes", clean(out), len(b))
			return nil
		}),
	}
	c.Flags().StringVar(&out, "out", "-", "`file` to write; - is standard output")
	return c
}

func (a *app) caseVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify CASE", Short: "Check every signature, link and rule of a case anew", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeCases),
		Long: "Takes what entente case export writes and checks it here, by the cards of the parties this node knows. Exit code 7 when anything does not hold.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			b, err := c.ExportCase(ctx, args[0])
			if err != nil {
				return err
			}
			parties, err := c.Parties(ctx)
			if err != nil {
				return err
			}
			return a.verifyCase(args[0], b, parties)
		}),
	}
}
