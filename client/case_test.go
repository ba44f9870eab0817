package client_test

import (
	"context"
	"testing"

	"entente/casework"
	"entente/client"
	"entente/exchange"
	"entente/instrument"
	"entente/party"
)

func (e echo) Procedures(context.Context) ([]exchange.ProcedureView, error) {
	return []exchange.ProcedureView{{Instrument: "pact", Procedure: instrument.Procedure{ID: "help", Roles: []string{"asked"}}}}, e.err
}

func (e echo) Cases(_ context.Context, f exchange.CaseFilter) ([]exchange.CaseSummary, error) {
	return []exchange.CaseSummary{{ID: "c", Title: f.Before, Final: f.Open, Seq: f.Limit, Updated: at}}, e.err
}

func (e echo) Case(_ context.Context, id string) (exchange.CaseView, error) {
	return exchange.CaseView{CaseSummary: exchange.CaseSummary{ID: id, Opened: at}, Next: []casework.Next{{Step: "send", Due: at}}}, e.err
}

func (e echo) OpenCase(_ context.Context, r exchange.OpenCaseRequest) (exchange.CaseActed, error) {
	return exchange.CaseActed{State: exchange.CaseOrdered, Seq: len(r.Roles["asked"]), Case: exchange.CaseView{CaseSummary: exchange.CaseSummary{Title: r.Title}}}, e.err
}

func (e echo) ActInCase(_ context.Context, id string, r exchange.CaseActRequest) (exchange.CaseActed, error) {
	return exchange.CaseActed{State: exchange.CaseSubmitted, Case: exchange.CaseView{CaseSummary: exchange.CaseSummary{ID: id, Title: r.Fields["what"]}}}, e.err
}

func (e echo) SendCase(_ context.Context, id string) ([]party.ID, error) {
	return []party.ID{party.ID(id)}, e.err
}

func (e echo) ExportCase(_ context.Context, id string) ([]byte, error) {
	return []byte(id + "\xff"), e.err
}

func TestCasesArriveAndComeBack(t *testing.T) {
	t.Parallel()
	const id = "a/b c?d"
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		if all, err := c.Procedures(t.Context()); err != nil || len(all) != 1 || all[0].ID != "help" || all[0].Instrument != "pact" || all[0].Roles[0] != "asked" {
			t.Errorf("Procedures: %+v, %v", all, err)
		}
		page, err := c.Cases(t.Context(), exchange.CaseFilter{Open: true, Before: "x", Limit: 7})
		if err != nil || len(page.Items) != 1 || page.Items[0].Title != "x" || !page.Items[0].Final || page.Items[0].Seq != 7 || !page.Items[0].Updated.Equal(at) {
			t.Errorf("Cases: %+v, %v", page, err)
		}
		if v, err := c.Case(t.Context(), id); err != nil || v.ID != id || !v.Opened.Equal(at) || !v.Next[0].Due.Equal(at) {
			t.Errorf("Case: %+v, %v", v, err)
		}
		done, err := c.OpenCase(t.Context(), exchange.OpenCaseRequest{Title: "t", Roles: map[string][]party.ID{"asked": {"a", "b"}}})
		if err != nil || done.Seq != 2 || done.Case.Title != "t" || done.State != exchange.CaseOrdered {
			t.Errorf("OpenCase: %+v, %v", done, err)
		}
		done, err = c.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Step, Step: "send", Fields: map[string]string{"what": "w"}})
		if err != nil || done.Case.ID != id || done.Case.Title != "w" || done.State != exchange.CaseSubmitted {
			t.Errorf("ActInCase: %+v, %v", done, err)
		}
		if to, err := c.SendCase(t.Context(), id); err != nil || len(to) != 1 || to[0] != id {
			t.Errorf("SendCase: %v, %v", to, err)
		}
		if b, err := c.ExportCase(t.Context(), id); err != nil || string(b) != id+"\xff" {
			t.Errorf("ExportCase: %q, %v", b, err)
		}
	})
}
