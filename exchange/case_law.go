package exchange

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"entente/casework"
	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// engineLaw is the law that decides: the texts, and what their procedures imply.
// Who agrees on a procedure agrees that its acts go between those who take part;
// all other law applies to them as to anything else.
func engineLaw(docs []*instrument.Instrument) decision.Law {
	out := make([]*instrument.Instrument, len(docs))
	for n, d := range docs {
		out[n] = d
		if len(d.Procedures) > 0 {
			with := *d
			with.Clauses = slices.Clone(d.Clauses)
			for _, p := range d.Procedures {
				with.Clauses = append(with.Clauses, impliedClause(d, p))
			}
			out[n] = &with
		}
	}
	return lawOf(out)
}

func impliedClause(d *instrument.Instrument, p instrument.Procedure) instrument.Clause {
	return instrument.Clause{
		ID: impliedClauseID(p.ID), Cite: p.Cite, Text: "Acts of the procedure go between those who take part in it.",
		Modality: instrument.Permission, Act: "share", Verified: p.Verified,
		When: instrument.When{Type: []string{casework.ObjectType}, Facts: map[string]instrument.FactMatch{procedureFact(d.ID, p.ID): instrument.IsTrue}},
	}
}

func impliedClauseID(procedure string) string { return "procedure." + procedure }

// procedureFact is what the node establishes for each event: that it is an act of
// that procedure, between two who take part in it.
func procedureFact(instrumentID, procedure string) string {
	return "act_of_" + strings.NewReplacer("-", "_", ".", "_").Replace(instrumentID+"_"+procedure)
}

// caseLaw is what cases are judged by: every text this node holds, active or only
// proposed, and the keys on the cards of today.
func (l *law) caseLaw() casework.Law {
	return casework.Law{
		Procedure: func(o casework.Opening) (*instrument.Procedure, error) {
			n := slices.IndexFunc(l.deeds.docs, func(d *instrument.Instrument) bool { return d.Hash == o.Hash })
			if n < 0 {
				return casework.InText(nil)(o)
			}
			return casework.InText(l.deeds.docs[n])(o)
		},
		Keys: func(p party.ID, keyID string, at time.Time) (ed25519.PublicKey, bool) {
			card, ok := l.parties[p]
			if !ok {
				return nil, false
			}
			return card.VerifyKey(keyID, at)
		},
	}
}

// decideCase puts one event of a case to the law for one participant. Who shares
// it is its author, who addressed it to all participants; the home of the case
// only carries it. So the marking of the case binds each author, and is no bar to
// the home passing on what was meant for everybody in it.
func (s *Service) decideCase(l *law, o *casework.Opening, e casework.Opened, to party.ID) decision.Decision {
	sub := decision.Subject{
		ID: "case-event--" + e.Case + "/" + e.ID, Type: casework.ObjectType, Hash: e.Digest,
		Categories: privacy.Categories(caseFindings(e.Event)), Origin: e.By,
	}
	sub.TLP, _ = intel.ParseTLP(o.TLP)
	q := s.question(l, sub, map[string]bool{sub.ID: true, e.Case: true}, l.actor(to), o.Purpose)
	q.Sender, q.Facts[factOwnObject] = l.actor(e.By), true
	between := slices.Contains(o.Participants(), to) && slices.Contains(o.Participants(), e.By)
	for _, v := range l.instruments {
		for _, p := range v.Doc.Procedures {
			q.Facts[procedureFact(v.ID, p.ID)] = between && v.ID == o.Instrument && p.ID == o.Procedure
		}
	}
	return l.engine.Decide(q)
}

// actor is a party as the law sees it; of an unknown one it knows the id.
func (l *law) actor(id party.ID) decision.Actor {
	p, known := l.parties[id]
	if !known {
		p.ID = id
	}
	return actorOf(p)
}

// caseFindings looks for personal data in everything people wrote in an event. The
// path of a finding is the member it is in.
func caseFindings(e casework.Event) []privacy.Finding {
	texts := map[string]string{"text": e.Text, "on_behalf": e.OnBehalf}
	if e.Opening != nil {
		texts["title"] = e.Opening.Title
	}
	for name, value := range e.Fields {
		texts["fields/"+name] = value
	}
	var found []privacy.Finding
	for name, text := range texts {
		for _, f := range textFindings(text) {
			f.Path = name
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(a, b privacy.Finding) int {
		return strings.Compare(a.Path+"\n"+string(a.Category), b.Path+"\n"+string(b.Category))
	})
	return found
}

// textFindings reads a text as the note it is to people.
func textFindings(text string) []privacy.Finding {
	if text == "" {
		return nil
	}
	raw, err := json.Marshal(struct {
		Type     string   `json:"type"`
		Spec     string   `json:"spec_version"`
		ID       string   `json:"id"`
		Created  string   `json:"created"`
		Modified string   `json:"modified"`
		Content  string   `json:"content"`
		Refs     []string `json:"object_refs"`
	}{
		"note", "2.1", "note--" + ident.Random(), "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", text,
		[]string{"identity--" + ident.Random()},
	})
	if err != nil {
		return []privacy.Finding{{Category: privacy.Unclassified}}
	}
	o, _, err := stix.ParseObject(raw)
	if err != nil {
		return []privacy.Finding{{Category: privacy.Unclassified}} // what cannot be read may be anything
	}
	return privacy.ContextOf([]*intel.Object{o}).Find(o)
}

// mayGo refuses to sign what one of the other participants may not have as it is.
// A signed event cannot be transformed, so what would have to be is named.
func (s *Service) mayGo(l *law, o *casework.Opening, e casework.Opened) error {
	for _, to := range o.Participants() {
		if to == s.self || to == e.By {
			continue
		}
		d := s.decideCase(l, o, e, to)
		if d.Outcome == decision.Permit {
			continue
		}
		f := fault.New(fault.Denied, "case.denied", "The law does not let this go to %s as it is: %s.", to, firstReason(d)).
			Try("Change what is named, or leave it out; all participants of a case see all of it.")
		if d.Outcome == decision.Transform {
			f = fault.New(fault.Denied, "case.transform", "The event would have to be changed before %s may have it (%s), and a signed event cannot be.", to, strings.Join(d.Transforms, ", ")).
				Try("Write it without what is named, and send that as an object by a release.")
		}
		for _, x := range caseFindings(e.Event) {
			f = f.At("/"+x.Path, string(x.Category))
		}
		return f
	}
	return nil
}
