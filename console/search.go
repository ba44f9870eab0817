package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"entente/exchange"
	"entente/intel/search"
)

// shown is a search: what was typed, and what it found.
type shown struct {
	Typed string
	Found exchange.Found
}

func (c *Console) search(r *http.Request) (string, page, error) {
	after, err := cursor(r, "after")
	if err != nil {
		return "", page{}, err
	}
	typed := r.URL.Query().Get("q")
	f, err := c.Exchange.Search(r.Context(), exchange.SearchRequest{Query: typed, After: after, Limit: pageSize})
	p := page{Title: "Search", Data: shown{typed, f}}
	if f.Next > 0 {
		p.More = "/search?q=" + url.QueryEscape(f.Query) + "&after=" + strconv.FormatInt(f.Next, 10)
	}
	return "found.html", p, err
}

func (c *Console) object(r *http.Request) (string, page, error) {
	v, err := c.Exchange.Object(r.Context(), r.PathValue("id"))
	return "object.html", page{Title: v.ID, Data: v}, err
}

// shell quotes a text for a POSIX shell.
func shell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// asValue writes the query for a value.
func asValue(s string) string { return search.Query{}.Narrowed("value", s) }

// longestContent is how much of an object's bytes a page shows.
const longestContent = 64 << 10

func content(raw []byte) string {
	if len(raw) > longestContent {
		return strings.ToValidUTF8(string(raw[:longestContent]), "") + "…"
	}
	return string(raw)
}
