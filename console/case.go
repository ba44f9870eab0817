package console

import (
	"net/http"
	"net/url"
	"slices"

	"entente/exchange"
	"entente/party"
)

func (c *Console) cases(r *http.Request) (string, page, error) {
	list, err := c.Exchange.Cases(r.Context(), exchange.CaseFilter{Before: r.URL.Query().Get("before"), Limit: pageSize})
	p := page{Title: "Cases", Data: list}
	if len(list) == pageSize {
		p.More = "/cases?before=" + url.QueryEscape(list[len(list)-1].ID)
	}
	return "cases.html", p, err
}

// casePage is one case, for the screen and for paper.
type casePage struct {
	exchange.CaseView
	// Lacking is the newest message of each participant that did not take it.
	Lacking []exchange.CaseMessage
	Titles  map[string]string // of the parties
}

func (c *Console) oneCase(r *http.Request) (string, page, error) {
	v, err := c.Exchange.Case(r.Context(), r.PathValue("id"))
	if err != nil {
		return "", page{}, err
	}
	p := casePage{CaseView: v, Titles: map[string]string{}}
	seen := map[party.ID]bool{}
	for _, m := range slices.Backward(v.Deliveries) {
		if !seen[m.To] && (m.State != exchange.DeliveryDone || m.Refused != "") {
			p.Lacking = append(p.Lacking, m)
		}
		seen[m.To] = true
	}
	parties, err := c.Exchange.Parties(r.Context())
	for _, known := range parties {
		p.Titles[string(known.ID)] = known.Name
	}
	return "case.html", page{Title: v.Title, Data: p}, err
}

// MyStep reports whether a step is this node's party's to take.
func (p casePage) MyStep(step string) bool { return slices.Contains(p.Turn, step) }

// Name is the name of a party, as far as it is known.
func (p casePage) Name(id party.ID) string { return p.Titles[string(id)] }
