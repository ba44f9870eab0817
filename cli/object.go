package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/api/view"
	"entente/client"
	"entente/exchange"
)

func (a *app) objectCommand() *cobra.Command {
	return group("object", "What is shared: import and look at objects", []string{"objects"},
		a.objectImport(), a.objectDate(), a.objectList(), a.objectShow(), a.objectQuarantine(), a.objectMatch(), a.objectValidate(),
		a.objectSearch(), a.objectDuplicates())
}

func (a *app) objectImport() *cobra.Command {
	var assign, source string
	c := &cobra.Command{
		Use: "import FILE…", Short: "Import STIX bundles, MISP events and other formats; - is standard input",
		Long: "Imports STIX 2.1 or 2.0 bundles as they are, and MISP events, CSAF 2.0 advisories, CISA's KEV catalogue, lists of indicators, CSV, VERIS, CACAO playbooks and Attack Flow files as STIX with the original kept beside. Every object is accounted for: new, updated, unchanged or quarantined with a reason. " +
			"Objects without a label stay closed to everybody unless --assign gives them one. Importing a file again changes nothing.",
		Example: "  entente object import bundle.json\n  entente object import --assign amber feed.json\n  entente object import event.misp.json\n  entente object import --assign clear kev.json",
		Args:    args(1, -1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, files []string) error {
			total := exchange.ImportReport{Objects: []exchange.ImportLine{}}
			for _, file := range files {
				r, err := a.importFile(ctx, c, file, source, assign)
				if err != nil {
					return err
				}
				total = sum(total, r)
			}
			if total.Quarantined > 0 && total.New+total.Updated+total.Unchanged > 0 {
				a.code = exitPartial
			} else if total.Quarantined > 0 {
				a.code = exitUsage
			}
			return a.printImport(total)
		}),
	}
	c.Flags().StringVar(&assign, "assign", "", "TLP `label` for objects that carry none: "+strings.Join(view.Labels(), ", "))
	c.Flags().StringVar(&source, "source", "", "where it comes from, for people; default the file `name`")
	return c
}

func (a *app) importFile(ctx context.Context, c *client.Client, file, source, assign string) (exchange.ImportReport, error) {
	b, err := a.readFile(file)
	if err != nil {
		return exchange.ImportReport{}, err
	}
	if source == "" {
		source = file
	}
	stop := a.counting(fmt.Sprintf("importing %s (%d KB)", clean(file), (len(b)+1023)/1024))
	defer stop()
	return c.Import(ctx, b, source, assign)
}

// counting tells a person at a terminal that long work goes on, once it has
// taken two seconds; the function it returns ends that.
func (a *app) counting(what string) (stop func()) {
	if !isTerminal(a.stderr) {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-done:
				if n > 2 {
					fmt.Fprintln(a.stderr)
				}
				return
			case <-tick.C:
				if n > 1 {
					fmt.Fprintf(a.stderr, "\r%s: %d s", what, n)
				}
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func sum(a, b exchange.ImportReport) exchange.ImportReport {
	a.New += b.New
	a.Updated += b.Updated
	a.Unchanged += b.Unchanged
	a.Quarantined += b.Quarantined
	a.Objects = append(a.Objects, b.Objects...)
	a.Epoch = b.Epoch
	return a
}

func (a *app) printImport(r exchange.ImportReport) error {
	return a.print(r, func(t *table) {
		t.line("%d new, %d updated, %d unchanged, %d quarantined", r.New, r.Updated, r.Unchanged, r.Quarantined)
		for _, o := range r.Objects {
			if o.Result == "quarantined" || a.verbose || len(o.Warnings) > 0 {
				t.row(o.Result, o.Pointer, o.ID, strings.TrimPrefix(o.Code+": "+o.Detail, ": "))
			}
			for _, w := range o.Warnings {
				t.row("", "", "", "warning: "+w)
			}
			if o.Next != "" {
				t.row("", "", "", "next: "+o.Next)
			}
		}
	})
}

func (a *app) objectDate() *cobra.Command {
	return &cobra.Command{
		Use: "date MANIFEST…", Short: "Keep the dates of another TAXII server for objects that are here; - is standard input",
		Long: "For moving from another TAXII server: takes date_added of each version from the server's manifest, as it answers it, page by page. What is released as it is from then on comes into the feed of its recipient at that date, " +
			"so that clients go on from where they stood with the other server. What is in a feed already never moves, and nothing comes before it. Import first, then date, then release.",
		Example: "  entente object import objects.json\n  entente object date manifest-1.json manifest-2.json",
		Args:    args(1, -1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, files []string) error {
			total := exchange.DateReport{Missing: []string{}}
			for _, file := range files {
				b, err := a.readFile(file)
				if err != nil {
					return err
				}
				r, err := c.DateObjects(ctx, b)
				if err != nil {
					return err
				}
				total.Dated += r.Dated
				total.Missing = append(total.Missing, r.Missing...)
			}
			return a.print(total, func(t *table) {
				t.line("%d dated, %d of the manifest not here", total.Dated, len(total.Missing))
				for _, id := range total.Missing {
					t.row("not here", id)
				}
			})
		}),
	}
}

func (a *app) objectList() *cobra.Command {
	var f exchange.ObjectFilter
	c := &cobra.Command{
		Use: "list", Short: "List objects with who has them", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			l, err := c.Objects(ctx, f)
			if err != nil {
				return err
			}
			return list(a, l.Items, l.Next, "objects", []any{"ID", "TYPE", "VERSION", "FROM", "RELEASED TO"}, func(o view.Object) []any {
				return []any{o.ID, o.Type, o.Version, o.From, joined(o.ReleasedTo)}
			})
		}),
	}
	c.Flags().StringVar(&f.Type, "type", "", "only objects of this STIX `type`")
	c.Flags().BoolVar(&f.Unreleased, "unreleased", false, "only objects nobody else has")
	pageFlags(c, &f.After, &f.Limit)
	return c
}

func pageFlags(c *cobra.Command, after *int64, limit *int) {
	c.Flags().Int64Var(after, "after", 0, "go on after this `cursor`")
	c.Flags().IntVar(limit, "limit", 100, "at most this `many`")
}

func (a *app) objectShow() *cobra.Command {
	var raw bool
	var at string
	c := &cobra.Command{
		Use: "show OBJECT", Short: "One object with its markings, personal data, decisions and facts", Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if raw {
				return a.writeBytes(c.ObjectContent(ctx, args[0]))
			}
			moment, ok := parseTime(at)
			if at != "" && !ok {
				return badTime("at")
			}
			o, err := c.Object(ctx, args[0])
			if err != nil {
				return err
			}
			if at != "" {
				left, err := c.Confidence(ctx, args[0], moment)
				if err != nil {
					return err
				}
				o.Confidence = &left
			}
			return a.print(o, func(t *table) { drawObject(t, o) })
		}),
	}
	c.Flags().StringVar(&at, "at", "", "the confidence left at this `time`; default now")
	c.Flags().BoolVar(&raw, "raw", false, "only its bytes, exactly as received")
	return c
}

// writeBytes writes an answer that is bytes and no document.
func (a *app) writeBytes(b []byte, err error) error {
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(b)
	return err
}

func drawObject(t *table, o view.ObjectDetail) {
	label := "TLP:" + strings.ToUpper(o.TLP)
	if !o.Labelled {
		label += " (no label; the strictest one counts)"
	}
	t.row("object", o.ID)
	t.row("version", o.Version)
	t.row("hash", o.Hash)
	t.row("from", string(o.From)+", "+when(o.At, "-"))
	t.row("marking", label)
	if o.Closed != "" {
		t.row("closed", o.Closed)
	}
	t.row("released to", joined(o.ReleasedTo))
	if len(o.Findings) > 0 {
		t.line("\nData categories (%d places)", len(o.Findings))
		for _, f := range o.Findings {
			t.row("  "+string(f.Category), f.Path, f.Rule)
		}
	}
	if o.Confidence != nil {
		t.row("confidence", fmt.Sprintf("%d of 100. %s", o.Confidence.Score, o.Confidence.Why))
	}
	drawRemarks(t, o.Remarks)
	if len(o.Same) > 0 {
		t.line("\nAlso known from (never merged: each came under its own law)")
		for _, h := range o.Same {
			t.row("  "+h.Value, h.ID, "from "+string(h.From), strings.TrimSpace("TLP:"+strings.ToUpper(h.TLP)))
		}
	}
	if len(o.Reports) > 0 {
		t.line("\nReports")
		for _, r := range o.Reports {
			t.row("  "+r.Type, r.ID, "from "+string(r.From), r.At, knownUnder(r), r.Text)
		}
	}
	if len(o.Decisions) > 0 {
		t.line("\nDecisions")
		for _, d := range o.Decisions {
			t.row("  "+string(d.Recipient), verdict(d.Outcome), when(d.At, "-"), d.Digest)
		}
	}
	if len(o.Facts) > 0 {
		t.line("\nFacts")
		for _, f := range o.Facts {
			t.row("  "+f.Name, f.Value, "by "+f.Issuer, f.Evidence)
		}
	}
}

func knownUnder(r exchange.Report) string {
	if r.Under == "" {
		return ""
	}
	return "as " + r.Under
}

func (a *app) objectQuarantine() *cobra.Command {
	var after int64
	var limit int
	show := &cobra.Command{
		Use: "list", Short: "What was refused or set aside, with the reason", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			l, err := c.Quarantined(ctx, after, limit)
			if err != nil {
				return err
			}
			return list(a, l.Items, l.Next, "objects in quarantine", []any{"AT", "FROM", "SOURCE", "POINTER", "OBJECT", "CODE", "DETAIL"},
				func(q exchange.Quarantine) []any {
					return []any{when(q.At, "-"), q.From, q.Source, q.Pointer, q.ObjectID, q.Code, q.Detail}
				})
		}),
	}
	pageFlags(show, &after, &limit)
	return group("quarantine", "Objects that were refused or set aside", nil, show)
}
