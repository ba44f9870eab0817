package exchange_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"entente/casework"
	"entente/exchange"
	"entente/internal/ident"
	"entente/party"
)

// casePact is an agreement whose only clauses are procedures.
const casePact = `entente: 1
kind: Instrument
id: pact
title: A pact for tests
version: 1.0.0
nature: mou
binding: true
rank: 40
regime: cooperation
default: prohibit
parties:
  - party: csirt-aurelia
    events: [{signature: 2026-01-01}, {in-force: 2026-02-01}]
  - party: ncsc-cordova
    events: [{signature: 2026-01-01}, {in-force: 2026-02-01}]
  - party: csirt-borealis
    events: [{signature: 2026-01-01}, {in-force: 2026-02-01}]
in_force: {from: 2026-01-01}
procedures:
  - id: help
    cite: Art. 9
    title: Asking for help
    roles: [asking, asked]
    initial: draft
    states: [{id: draft}, {id: sent}, {id: accepted}, {id: done, final: true}, {id: refused, final: true}]
    transitions:
      - {id: send, from: [draft], to: sent, by: asking, requires: [what]}
      - {id: accept, from: [sent], to: accepted, by: asked, within: PT24H, after: send, cite: Art. 9(2)}
      - {id: refuse, from: [sent], to: refused, by: asked, refusal: [no-means]}
      - {id: finish, from: [accepted], to: done, by: asking}
    refusal: {closed: true, grounds: [{code: no-means, cite: Art. 9(3)}]}
  - id: silent
    cite: Art. 13
    title: Adoption by silence
    roles: [chair, member]
    initial: draft
    states: [{id: draft}, {id: tabled}, {id: adopted, final: true}, {id: broken, final: true}]
    transitions:
      - {id: table, from: [draft], to: tabled, by: chair}
      - {id: adopt, from: [tabled], to: adopted, by: chair, silence: P3D, after: table}
      - {id: object, from: [tabled], to: broken, by: member, within: P3D, after: table, preclusive: true}
clauses:
  - {id: art4, cite: Art. 4, text: They tell each other., modality: permission, act: share, when: {type: [incident]}}
`

func newCaseFederation(t testing.TB, ids ...party.ID) *federation {
	t.Helper()
	f := newFederation(t, ids...)
	for _, n := range f.nodes {
		_, err := n.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "pact.yaml", Source: []byte(casePact), By: "test"})
		must(t, err)
	}
	return f
}

func (f *federation) opens(n *testNode, procedure string, home party.ID, roles map[string][]party.ID) string {
	f.t.Helper()
	f.now = f.now.Add(time.Minute)
	done, err := n.OpenCase(f.t.Context(), exchange.OpenCaseRequest{Instrument: "pact", Procedure: procedure, Title: "Case for tests", Home: home, Roles: roles})
	must(f.t, err)
	f.settles()
	return done.Case.ID
}

// settles delivers what there is, without letting time pass.
func (f *federation) settles() {
	f.t.Helper()
	for moved := true; moved; {
		moved = false
		for _, n := range f.nodes {
			if f.down[n.id] {
				continue
			}
			tried, err := n.DeliverDue(f.t.Context())
			must(f.t, err)
			moved = moved || tried > 0
		}
	}
}

func (f *federation) steps(n *testNode, id, step string, fields map[string]string) exchange.CaseActed {
	f.t.Helper()
	f.now = f.now.Add(time.Minute)
	done, err := n.ActInCase(f.t.Context(), id, exchange.CaseActRequest{Act: casework.Step, Step: step, Fields: fields})
	must(f.t, err)
	f.settles()
	return done
}

// sees holds the state of a case on nodes against what is wanted.
func (f *federation) sees(id, state string, seq int, nodes ...*testNode) {
	f.t.Helper()
	var head ident.Digest
	for _, n := range nodes {
		v, err := n.Case(f.t.Context(), id)
		must(f.t, err)
		for _, e := range v.Unordered {
			f.t.Logf("%s: %s of %s is %s %s", n.id, e.Act, e.By, e.State, e.Code)
		}
		if v.State != state || v.Seq != seq || len(v.Findings) > 0 {
			f.t.Errorf("%s: the case is %s at %d with %v, want %s at %d", n.id, v.State, v.Seq, v.Findings, state, seq)
		}
		if head.IsZero() {
			head = v.Head
		} else if v.Head != head {
			f.t.Errorf("%s: another head", n.id)
		}
	}
}

var helpRoles = map[string][]party.ID{"asking": {aurelia}, "asked": {cordova}}

// TestCaseBetweenTwoNodes: the same state on both, whoever is home.
func TestCaseBetweenTwoNodes(t *testing.T) {
	t.Parallel()
	for _, home := range []party.ID{aurelia, cordova} {
		t.Run(string(home), func(t *testing.T) {
			t.Parallel()
			f := newCaseFederation(t, aurelia, cordova)
			a, c := f.nodes[aurelia], f.nodes[cordova]
			id := f.opens(a, "help", home, helpRoles)
			f.sees(id, "draft", 1, a, c)
			f.steps(a, id, "send", map[string]string{"what": "logs of the gateway"})
			f.sees(id, "sent", 2, a, c)
			duties, err := c.Duties(t.Context(), exchange.DutyFilter{Open: true})
			must(t, err)
			if len(duties) != 1 || duties[0].Duty.Duty.ID != "accept" || !duties[0].Due.Equal(f.now.Add(24*time.Hour)) {
				t.Errorf("duties of the one asked: %+v", duties)
			}
			f.steps(c, id, "accept", nil)
			f.sees(id, "accepted", 3, a, c)
			f.steps(a, id, "finish", nil)
			f.sees(id, "done", 4, a, c)
			if duties, err = c.Duties(t.Context(), exchange.DutyFilter{Open: true}); err != nil || len(duties) != 0 {
				t.Errorf("duties after all was done: %v %v", duties, err)
			}
			for _, n := range []*testNode{a, c} {
				rep, err := n.VerifyLog(t.Context())
				must(t, err)
				if rep.FirstBad >= 0 {
					t.Errorf("%s: %s", n.id, rep.Problem)
				}
				raw, err := n.ExportCase(t.Context(), id)
				must(t, err)
				b, err := casework.OpenBundle(raw, f.keys)
				must(t, err)
				cs, err := b.Verify(f.keys)
				must(t, err)
				if cs.State != "done" {
					t.Errorf("the bundle says %s", cs.State)
				}
			}
		})
	}
}

// keys are those of all nodes, as somebody has them who trusts no node.
func (f *federation) keys(p party.ID, keyID string, _ time.Time) (ed25519.PublicKey, bool) {
	n := f.nodes[p]
	if n == nil {
		return nil, false
	}
	id, key := n.ring.Signing()
	return key.Public().(ed25519.PublicKey), id == keyID
}
