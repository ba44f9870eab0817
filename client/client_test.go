package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/api"
	"entente/client"
	"entente/decision"
	"entente/exchange"
	"entente/instrument"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

var at = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // read only

// echo answers every question with something that shows what was asked.
type echo struct{ err error }

func (e echo) Import(_ context.Context, r exchange.ImportRequest) (exchange.ImportReport, error) {
	label := ""
	if r.Assign != nil {
		label = r.Assign.String()
	}
	return exchange.ImportReport{New: len(r.Data), Objects: []exchange.ImportLine{{ID: r.Source, Detail: label}}}, e.err
}

func (e echo) DateObjects(_ context.Context, manifest []byte) (exchange.DateReport, error) {
	return exchange.DateReport{Dated: len(manifest), Missing: []string{"m"}}, e.err
}

func (e echo) Objects(_ context.Context, f exchange.ObjectFilter) ([]exchange.Stored, error) {
	return []exchange.Stored{{Seq: f.After + 1, Type: f.Type, Revoked: f.Unreleased}}, e.err
}

func (e echo) Object(_ context.Context, id string) (exchange.ObjectView, error) {
	return exchange.ObjectView{
		Stored: exchange.Stored{ID: id, SpecVersion: "2.1", Raw: []byte(`{ "a":1}`)}, Markings: intel.Markings{TLP: intel.AmberStrict},
		Findings: []privacy.Finding{{Path: "value", Category: privacy.PersonalIdentifier}},
	}, e.err
}

func (e echo) Quarantined(_ context.Context, after int64, limit int) ([]exchange.Quarantine, error) {
	return []exchange.Quarantine{{Seq: after + int64(limit)}}, e.err
}

func (e echo) Preview(_ context.Context, r exchange.PreviewRequest) (exchange.Preview, error) {
	d := decision.Decision{Request: decision.Request{Subject: decision.Subject{TLP: intel.Red, PAP: intel.PAPAmber}}, Outcome: decision.Deny}
	return exchange.Preview{
		Objects: r.Objects, Purpose: r.Purpose, Digest: ident.Sum(nil), At: at,
		Recipients: []exchange.RecipientPreview{{Party: r.To[0], Items: []exchange.ItemPreview{{Decision: d}}}},
	}, e.err
}

func (e echo) Send(_ context.Context, r exchange.SendRequest) (exchange.SendReport, error) {
	return exchange.SendReport{Preview: r.Preview, Releases: []exchange.ReleaseReport{{Recipient: r.To[0]}}}, e.err
}

func (e echo) Why(_ context.Context, r exchange.WhyRequest) (decision.Decision, error) {
	return decision.Decision{
		Request: decision.Request{Subject: decision.Subject{ID: r.Object, TLP: intel.AmberStrict}, Recipient: decision.Actor{ID: r.Recipient}, Purpose: r.Purpose, At: at},
		Outcome: decision.Refer, LawApplied: []decision.LawRef{{Hash: ident.Sum(nil)}},
	}, e.err
}

func (e echo) Release(_ context.Context, id string) (exchange.ReleaseView, error) {
	return exchange.ReleaseView{Release: exchange.Release{ID: id, At: at}, ItemList: []exchange.ReleaseItem{{ObjectID: "x"}}}, e.err
}

func (e echo) Releases(_ context.Context, f exchange.ReleaseFilter) ([]exchange.Release, error) {
	return []exchange.Release{{ID: f.Before, Recipient: f.Recipient, Purpose: f.Object, Items: f.Limit}}, e.err
}

func (e echo) Recall(_ context.Context, r exchange.RecallRequest) ([]exchange.Recall, error) {
	return []exchange.Recall{{Release: r.Release, Reason: r.Reason}}, e.err
}

func (e echo) Recalls(_ context.Context, release string) ([]exchange.Recall, error) {
	return []exchange.Recall{{Release: release}}, e.err
}

func (e echo) Decisions(_ context.Context, before int64, limit int) ([]exchange.DecisionRecord, error) {
	return []exchange.DecisionRecord{{Seq: before - int64(limit)}}, e.err
}

func (e echo) Claims(context.Context) ([]exchange.Claim, error) {
	return []exchange.Claim{{Identity: "i"}}, e.err
}

func (e echo) AddParty(_ context.Context, r exchange.AddPartyRequest) (exchange.AddedParty, error) {
	return exchange.AddedParty{Party: party.Party{ID: party.ID(r.Card), Name: r.Fingerprint, SigningKeys: []party.Key{{PublicKey: []byte{1, 2}, From: at}}}}, e.err
}

func (e echo) Parties(context.Context) ([]party.Party, error) {
	return []party.Party{{ID: "a"}}, e.err
}

func (e echo) Party(_ context.Context, id party.ID) (party.Party, error) {
	return party.Party{ID: id}, e.err
}
func (e echo) Card(context.Context) ([]byte, error) { return []byte(`{ "id":"me"}`), e.err }

func (e echo) AddInstrument(_ context.Context, r exchange.AddInstrumentRequest) (exchange.InstrumentView, error) {
	return exchange.InstrumentView{InstrumentRecord: exchange.InstrumentRecord{ID: r.File, By: r.By}, Title: string(r.Source)}, e.err
}

func (e echo) Instruments(context.Context) ([]exchange.InstrumentView, error) {
	return []exchange.InstrumentView{{Title: "t"}}, e.err
}

func (e echo) Instrument(_ context.Context, id string) (exchange.InstrumentView, error) {
	doc := &instrument.Instrument{Clauses: []instrument.Clause{{ID: "c", Cite: "Art. 1", Modality: instrument.Permission, Act: "share"}}}
	return exchange.InstrumentView{InstrumentRecord: exchange.InstrumentRecord{ID: id, Source: []byte("x: 1\n")}, Doc: doc}, e.err
}

func (e echo) InstrumentStatus(_ context.Context, id string, a, b party.ID, t time.Time) (instrument.Standing, error) {
	return instrument.Standing{Why: strings.Join([]string{id, string(a), string(b), t.Format(time.RFC3339)}, " ")}, e.err
}

func (e echo) RecordFact(_ context.Context, f exchange.Fact) (exchange.Fact, error) { return f, e.err }

func (e echo) WithdrawFact(_ context.Context, id string) (exchange.Withdrawal, error) {
	return exchange.Withdrawal{Fact: exchange.Fact{ID: id}}, e.err
}

func (e echo) Facts(context.Context) ([]exchange.Fact, error) {
	return []exchange.Fact{{ID: "f"}}, e.err
}

func (e echo) Inbox(_ context.Context, limit int) ([]exchange.Received, error) {
	return []exchange.Received{{Accepted: limit}}, e.err
}

func (e echo) Outbox(context.Context) ([]exchange.Delivery, error) {
	return []exchange.Delivery{{ID: "d"}}, e.err
}

func (e echo) Intakes(context.Context) ([]exchange.Intake, error) {
	return []exchange.Intake{{Full: 7}}, e.err
}

func (e echo) SetQuota(_ context.Context, r exchange.QuotaRequest) (exchange.Intake, error) {
	return exchange.Intake{Usage: exchange.Usage{Party: r.Party}, Quota: *r.Quota}, e.err
}

func (e echo) HandOut(_ context.Context, ref string) (exchange.ByHand, error) {
	return exchange.ByHand{Ref: ref}, e.err
}

func (e echo) TakeByHand(_ context.Context, raw []byte) (exchange.TakenByHand, error) {
	return exchange.TakenByHand{ID: string(raw)}, e.err
}

func (e echo) TakeReceipt(_ context.Context, raw []byte) (exchange.Acknowledged, error) {
	return exchange.Acknowledged{Ref: string(raw)}, e.err
}

func (e echo) Checkpoint(context.Context) ([]byte, error) { return []byte("origin\n3\n"), e.err }

func (e echo) Prove(_ context.Context, ref string, _ int64) ([]byte, error) {
	return []byte(ref), e.err
}

func (e echo) VerifyLog(context.Context) (exchange.LogReport, error) {
	return exchange.LogReport{FirstBad: -1}, e.err
}

// both runs f over TCP and in this process: there is one behaviour.
func both(t *testing.T, e echo, f func(t *testing.T, c *client.Client)) {
	t.Helper()
	h := api.Handler(api.Config{Exchange: e, Token: func() string { return "token" }, Now: func() time.Time { return at }})
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	t.Run("over TCP", func(t *testing.T) { f(t, client.New(srv.URL+"/", "token", srv.Client().Transport)) })
	t.Run("in process", func(t *testing.T) { f(t, client.New("http://node", "token", client.Local(h))) })
}

// TestEveryQuestionArrivesAndItsAnswerComesBack calls every method once with
// values that have to survive escaping.
func TestEveryQuestionArrivesAndItsAnswerComesBack(t *testing.T) {
	t.Parallel()
	const odd = "a/b c?d=ü&e"
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		ctx := t.Context()
		check := func(name string, err error, got, want any) {
			t.Helper()
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		ir, err := c.Import(ctx, []byte("{}"), odd, "amber+strict")
		check("Import", err, []any{ir.New, ir.Objects[0].ID, ir.Objects[0].Detail}, []any{2, odd, "amber+strict"})
		dr, err := c.DateObjects(ctx, []byte("{}"))
		check("DateObjects", err, dr, exchange.DateReport{Dated: 2, Missing: []string{"m"}})
		ol, err := c.Objects(ctx, exchange.ObjectFilter{Type: odd, Unreleased: true, After: 6, Limit: 1})
		check("Objects", err, []any{ol.Items[0].Type, ol.Items[0].Revoked, ol.Next}, []any{odd, true, "7"})
		o, err := c.Object(ctx, odd)
		check("Object", err, []any{o.ID, o.TLP, string(o.Content), len(o.Findings)}, []any{odd, "amber+strict", `{"a":1}`, 1})
		raw, err := c.ObjectContent(ctx, odd)
		check("ObjectContent", err, string(raw), `{ "a":1}`)
		q, err := c.Quarantined(ctx, 5, 2)
		check("Quarantined", err, q.Items[0].Seq, int64(7))
		p, err := c.Preview(ctx, exchange.PreviewRequest{Objects: []string{odd}, To: []party.ID{"p"}, Purpose: "x"})
		sub := p.Recipients[0].Items[0].Decision.Request.Subject
		check("Preview", err, []any{p.Objects, p.Purpose, p.Digest, p.At, sub.TLP, sub.PAP}, []any{[]string{odd}, "x", ident.Sum(nil), at, intel.Red, intel.PAPAmber})
		sr, err := c.Send(ctx, exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{To: []party.ID{"p"}}, Preview: ident.Sum([]byte("x"))})
		check("Send", err, []any{sr.Preview, sr.Releases[0].Recipient}, []any{ident.Sum([]byte("x")), party.ID("p")})
		d, err := c.Why(ctx, odd, "p", "cyber-defence")
		check("Why", err, []any{d.Request.Subject.ID, d.Request.Subject.TLP, d.Request.Recipient.ID, d.Request.Purpose, d.Outcome}, []any{odd, intel.AmberStrict, party.ID("p"), "cyber-defence", decision.Refer})
		rv, err := c.Release(ctx, odd)
		check("Release", err, []any{rv.ID, rv.At, len(rv.ItemList)}, []any{odd, at, 1})
		rl, err := c.Releases(ctx, exchange.ReleaseFilter{Object: odd, Recipient: "p", Before: "b", Limit: 1})
		check("Releases", err, []any{rl.Items[0].Purpose, rl.Items[0].Recipient, rl.Next}, []any{odd, party.ID("p"), "b"})
		rc, err := c.Recall(ctx, exchange.RecallRequest{Release: odd, Reason: "r"})
		check("Recall", err, []any{rc[0].Release, rc[0].Reason}, []any{odd, "r"})
		rc, err = c.Recalls(ctx, odd)
		check("Recalls", err, rc[0].Release, odd)
		dl, err := c.Decisions(ctx, 9, 2)
		check("Decisions", err, dl.Items[0].Seq, int64(7))
		pa, err := c.AddParty(ctx, exchange.AddPartyRequest{Card: []byte(odd), Fingerprint: "f"})
		check("AddParty", err, []any{pa.ID, pa.Name, pa.SigningKeys[0].PublicKey}, []any{party.ID(odd), "f", []byte{1, 2}})
		ps, err := c.Parties(ctx)
		check("Parties", err, ps[0].ID, party.ID("a"))
		one, err := c.Party(ctx, odd)
		check("Party", err, one.ID, party.ID(odd))
		card, err := c.Card(ctx)
		check("Card", err, string(card), `{ "id":"me"}`)
		ai, err := c.AddInstrument(ctx, exchange.AddInstrumentRequest{File: odd, Source: []byte("s"), By: "b"})
		check("AddInstrument", err, []any{ai.ID, ai.Title, ai.By}, []any{odd, "s", "b"})
		is, err := c.Instruments(ctx)
		check("Instruments", err, is[0].Title, "t")
		in, err := c.Instrument(ctx, odd)
		check("Instrument", err, []any{in.ID, in.Text[0].Cite, in.Text[0].Modality}, []any{odd, "Art. 1", "permission"})
		src, err := c.InstrumentSource(ctx, odd)
		check("InstrumentSource", err, string(src), "x: 1\n")
		st, err := c.InstrumentStatus(ctx, "i", "a", "b", time.Time{})
		check("InstrumentStatus now", err, st.Why, "i a b 2026-11-24T08:00:00Z")
		st, err = c.InstrumentStatus(ctx, "i", "a", "b", at.AddDate(1, 0, 0))
		check("InstrumentStatus", err, st.Why, "i a b 2027-11-24T08:00:00Z")
		f := exchange.Fact{ID: odd, Name: "n", Value: true, From: at}
		got, err := c.RecordFact(ctx, f)
		check("RecordFact", err, got, f)
		w, err := c.WithdrawFact(ctx, odd)
		check("WithdrawFact", err, w.Fact.ID, odd)
		fs, err := c.Facts(ctx)
		check("Facts", err, fs[0].ID, "f")
		rx, err := c.Inbox(ctx, 7)
		check("Inbox", err, rx[0].Accepted, 7)
		out, err := c.Outbox(ctx)
		check("Outbox", err, out[0].ID, "d")
		cl, err := c.Claims(ctx)
		check("Claims", err, cl[0].Identity, "i")
		ins, err := c.Intakes(ctx)
		check("Intakes", err, ins[0].Full, 7)
		sq, err := c.SetQuota(ctx, exchange.QuotaRequest{Party: odd, Quota: &exchange.Quota{Bytes: 3}})
		check("SetQuota", err, sq.Quota.Bytes, int64(3))
		ho, err := c.HandOut(ctx, odd)
		check("HandOut", err, ho.Ref, odd)
		th, err := c.TakeByHand(ctx, []byte(odd))
		check("TakeByHand", err, th.ID, odd)
		tr, err := c.TakeReceipt(ctx, []byte(odd))
		check("TakeReceipt", err, tr.Ref, odd)
		cp, err := c.Checkpoint(ctx)
		check("Checkpoint", err, string(cp), "origin\n3\n")
		pr, err := c.Prove(ctx, odd, 7)
		check("Prove", err, string(pr), odd)
		lr, err := c.VerifyLog(ctx)
		check("VerifyLog", err, lr.FirstBad, int64(-1))
		ds, err := c.Doctor(ctx)
		check("Doctor", err, len(ds), 0)
		check("Live", c.Live(ctx), nil, nil)
	})
}

func TestErrorsComeBackAsTheFaultsTheyWere(t *testing.T) {
	t.Parallel()
	for kind := fault.Unavailable; kind <= fault.Unverified; kind++ {
		both(t, echo{err: fault.New(kind, "thing.wrong", "Wrong.").At("/a", "b").Try("Do.")}, func(t *testing.T, c *client.Client) {
			_, err := c.Parties(t.Context())
			if fault.KindOf(err) != kind || fault.CodeOf(err) != "thing.wrong" {
				t.Errorf("%v: %v", kind, err)
			}
		})
	}
}

func TestTheTokenIsNeeded(t *testing.T) {
	t.Parallel()
	h := api.Handler(api.Config{Exchange: echo{}, Token: func() string { return "token" }})
	c := client.New("http://node", "other", client.Local(h))
	if _, err := c.Parties(t.Context()); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("%v", err)
	}
	if err := c.Live(t.Context()); err != nil {
		t.Errorf("live: %v", err)
	}
}

func TestWhatIsNoNodeIsUnavailable(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"a proxy's error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad gateway", http.StatusBadGateway) },
		"another answer":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"duplicate names": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"items":[],"items":[{}]}`)) },
	} {
		if _, err := client.New("http://node", "t", client.Local(h)).Parties(t.Context()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := client.New("http://127.0.0.1:1", "t", nil).Parties(t.Context()); fault.CodeOf(err) != "node.unreachable" {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.New("http://127.0.0.1:1", "t", nil).Parties(ctx); fault.CodeOf(err) != "internal" {
		t.Errorf("an interruption is no fault of the node: %v", err)
	}
}
