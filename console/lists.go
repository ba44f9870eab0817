package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

// pageSize is how many lines a list shows at once.
const pageSize = 100

func (c *Console) decisions(r *http.Request) (string, page, error) {
	before, err := cursor(r, "before")
	if err != nil {
		return "", page{}, err
	}
	ds, err := c.Exchange.Decisions(r.Context(), before, pageSize)
	p := page{Title: "Decisions", Data: ds}
	if len(ds) == pageSize {
		p.More = "/?before=" + strconv.FormatInt(ds[len(ds)-1].Seq, 10)
	}
	return "decisions.html", p, err
}

func (c *Console) releases(r *http.Request) (string, page, error) {
	rs, err := c.Exchange.Releases(r.Context(), exchange.ReleaseFilter{Before: r.URL.Query().Get("before"), Limit: pageSize})
	p := page{Title: "Releases", Data: rs}
	if len(rs) == pageSize {
		p.More = "/releases?before=" + url.QueryEscape(rs[len(rs)-1].ID)
	}
	return "releases.html", p, err
}

func (c *Console) objects(r *http.Request) (string, page, error) {
	after, err := cursor(r, "after")
	if err != nil {
		return "", page{}, err
	}
	os, err := c.Exchange.Objects(r.Context(), exchange.ObjectFilter{After: after, Limit: pageSize})
	p := page{Title: "Objects", Data: os}
	if len(os) == pageSize {
		p.More = "/objects?after=" + strconv.FormatInt(os[len(os)-1].Seq, 10)
	}
	return "objects.html", p, err
}

func (c *Console) parties(r *http.Request) (string, page, error) {
	ps, err := c.Exchange.Parties(r.Context())
	if err != nil {
		return "", page{}, err
	}
	intakes, err := c.Exchange.Intakes(r.Context())
	if err != nil {
		return "", page{}, err
	}
	claims, err := c.Exchange.Claims(r.Context())
	rows := make([]partyRow, len(ps))
	for i, p := range ps {
		rows[i].Party = p
		if n := slices.IndexFunc(intakes, func(in exchange.Intake) bool { return in.Party == p.ID }); n >= 0 {
			rows[i].Intake = &intakes[n]
		}
		if n := slices.IndexFunc(claims, func(cl exchange.Claim) bool { return cl.Party == p.ID }); n >= 0 {
			rows[i].Claim = &claims[n]
		}
	}
	return "parties.html", page{Title: "Parties", Data: rows}, err
}

// partyRow is one line of the list of parties; there is no intake of this node's own.
type partyRow struct {
	party.Party
	Intake *exchange.Intake
	Claim  *exchange.Claim // nil when it claims no identity
}

func (c *Console) sources(r *http.Request) (string, page, error) {
	all, err := c.Exchange.Sources(r.Context())
	return "sources.html", page{Title: "Sources", Data: all}, err
}

func (c *Console) webhooks(r *http.Request) (string, page, error) {
	all, err := c.Exchange.Webhooks(r.Context())
	return "webhooks.html", page{Title: "Webhooks", Data: all}, err
}

// cursor reads a sequence number from the address; none is the first page.
func cursor(r *http.Request, name string) (int64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "request.invalid", "This address is not valid.").
			At("/query/"+name, "is not a place in a list").Try("Go back to the first page.")
	}
	return n, nil
}
