package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"entente/api/view"
	"entente/client"
	"entente/exchange"
	"entente/intel/search"
)

func (a *app) objectSearch() *cobra.Command {
	var r exchange.SearchRequest
	c := &cobra.Command{
		Use: "search QUERY…", Short: "Find objects by word, field or value, newest arrival first",
		Long: "All parts of the query must hold. A word is searched in names, descriptions, aliases, labels, references, values and patterns; \"words in quotes\" stand in a row; " +
			"field:value narrows by " + strings.Join(search.Fields(), ", ") + ", and the same field twice means either. " +
			"An address, domain, URL, hash or number pasted as it is, or made harmless as hxxp://evil[.]example, is looked up exactly; an address is found in the ranges around it.",
		Example: "  entente object search 198.51.100[.]7\n  entente object search 'loader \"operation lantern\"' tlp:amber type:report\n  entente object search from:ncsc-cordova after:2026-11-01",
		Args:    args(1, -1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, words []string) error {
			r.Query = strings.Join(words, " ")
			f, err := c.Search(ctx, r)
			if err != nil {
				return err
			}
			if f.Next != "" {
				a.say("There is more: --after %s", clean(f.Next))
			}
			if f.Waiting > 0 {
				a.say("The text of %s is not indexed yet and may be missing; try again later.", count(int(f.Waiting), "object"))
			}
			return a.print(f, func(t *table) { drawFound(t, f) })
		}),
	}
	pageFlags(c, &r.After, &r.Limit)
	return c
}

func drawFound(t *table, f view.Found) {
	more := ""
	if f.More {
		more = "more than "
	}
	t.line("%s%s for %s", more, count(f.Total, "object"), f.Query)
	for _, facet := range f.Facets {
		var all []string
		for _, v := range facet.Values {
			all = append(all, fmt.Sprintf("%s (%d)", v.Value, v.Count))
		}
		if len(all) > 0 {
			t.row("  "+facet.Field, strings.Join(all, ", "))
		}
	}
	if len(f.Items) == 0 {
		return
	}
	t.line("")
	t.row("ID", "TLP", "FROM", "CONFIDENCE", "TEXT")
	for _, h := range f.Items {
		left := "-"
		if h.Confidence != nil {
			left = strconv.Itoa(h.Confidence.Score)
		}
		t.row(h.ID, h.TLP, h.From, left, search.Text(h.Excerpt, "»", "«"))
		for _, r := range h.Remarks {
			t.row("", "", "", "", "remark: "+r.String())
		}
	}
}

func (a *app) objectDuplicates() *cobra.Command {
	var f exchange.DuplicateFilter
	c := &cobra.Command{
		Use: "duplicates", Short: "Values that several objects have, most first", Args: args(0, 0),
		Long: "Lists the addresses, names, hashes and numbers that at least two objects are about. The objects stay apart: what two sources say of one value " +
			"came under two laws. Look at them with entente object search VALUE.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Duplicates(ctx, f)
			if err != nil {
				return err
			}
			return list(a, all, "", "values that several objects have", []any{"KIND", "VALUE", "OBJECTS", "PARTIES"}, func(d exchange.Duplicate) []any {
				return []any{d.Kind, d.Value, d.Objects, d.Parties}
			})
		}),
	}
	c.Flags().StringVar(&f.Kind, "kind", "", "only values of this `kind`, such as ip, domain, url, email, hash")
	c.Flags().BoolVar(&f.Parties, "parties", false, "only values that came from at least two parties")
	c.Flags().IntVar(&f.Limit, "limit", 100, "at most this `many`")
	return c
}
