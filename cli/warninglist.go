package cli

import (
	"context"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
)

func (a *app) warninglistCommand() *cobra.Command {
	return group("warninglist", "Lists of values that are often reported by mistake", []string{"warninglists"},
		a.warninglistAdd(), a.warninglistList(), a.warninglistShow(), a.warninglistRemove())
}

func (a *app) warninglistAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add FILE…", Short: "Add lists in the format of misp-warninglists; - is standard input",
		Long: "Values on a list are remarked on wherever people see them: at import, in a search, on an object, in the preview of a release. " +
			"Nothing is suppressed and no decision changes. A list takes the place of the one of the same name. An entry that cannot be used costs itself only.",
		Example: "  entente warninglist add lists/rfc5735/list.json",
		Args:    args(1, -1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, files []string) error {
			added := make([]exchange.Warninglist, 0, len(files))
			for _, file := range files {
				b, err := a.readFile(file)
				if err != nil {
					return err
				}
				l, err := c.AddWarninglist(ctx, b)
				if err != nil {
					return err
				}
				added = append(added, l)
			}
			return a.listWarninglists(added)
		}),
	}
}

func (a *app) listWarninglists(all []exchange.Warninglist) error {
	return list(a, all, "", "warninglists", []any{"ID", "TYPE", "VERSION", "ENTRIES", "NOT USED", "NAME"}, func(l exchange.Warninglist) []any {
		return []any{l.ID, l.Type, l.Version, l.Entries, l.Rejected, l.Name}
	})
}

func (a *app) warninglistList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the warninglists of this node", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Warninglists(ctx)
			if err != nil {
				return err
			}
			return a.listWarninglists(all)
		}),
	}
}

func (a *app) warninglistShow() *cobra.Command {
	return &cobra.Command{
		Use: "show LIST", Short: "Print a list as it was given", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeWarninglists),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			return a.writeBytes(c.WarninglistSource(ctx, args[0]))
		}),
	}
}

func (a *app) warninglistRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove LIST", Short: "Forget a list", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeWarninglists),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.RemoveWarninglist(ctx, args[0]); err != nil {
				return err
			}
			a.say("removed %s", clean(args[0]))
			return nil
		}),
	}
}

// drawRemarks shows which values are on warninglists.
func drawRemarks(t *table, all []exchange.Remark) {
	for _, r := range all {
		t.line("remark: %s", r.String())
	}
}
