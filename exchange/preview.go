package exchange

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/decision"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// DefaultPurpose is what an exchange is for unless somebody says otherwise.
const DefaultPurpose = "incident-response"

// Preview decides every object of the closure for every recipient and builds
// the form in which it would leave. Nothing is written and nothing is sent.
// Send calls the same function, so a preview is the decision.
func (s *Service) Preview(ctx context.Context, in PreviewRequest) (Preview, error) {
	return read(ctx, s, func(r Reader) (Preview, error) {
		p, err := s.plan(ctx, r, in)
		if err != nil {
			return Preview{}, err
		}
		p.Remarks, err = s.remarks(ctx, r, p.closure.atoms())
		return p.Preview, err
	})
}

// plan is a preview with the bytes and scopes a send needs.
type plan struct {
	Preview
	closure *closure
	columns []column
}

// column is everything for one recipient; it parallels Preview.Recipients.
type column struct {
	to        decision.Actor
	decisions []decision.Decision // by member
	formed    []privacy.Formed    // by member; Sent nil = does not leave
}

func (s *Service) plan(ctx context.Context, r Reader, in PreviewRequest) (*plan, error) {
	l, err := s.lawAt(ctx, r)
	if err != nil {
		return nil, err
	}
	to, err := l.candidates(in.To, s.self)
	if err != nil {
		return nil, err
	}
	c, err := s.gather(ctx, r, in.Objects, in.Alone)
	if err != nil {
		return nil, err
	}
	p := &plan{closure: c}
	p.Epoch, p.At, p.Purpose = l.epoch, s.time(), orDefault(in.Purpose)
	p.Objects = slices.Collect(c.ids())
	p.columns = s.decide(l, c, to, p.Purpose)
	if err := s.form(p); err != nil {
		return nil, err
	}
	for _, col := range p.columns {
		p.Recipients = append(p.Recipients, col.preview(c, l.parties[col.to.ID].Name))
	}
	p.Digest, err = p.digest()
	return p, err
}

func orDefault(purpose string) string {
	if purpose == "" {
		return DefaultPurpose
	}
	return purpose
}

// decide fills one column per recipient. Every cell is a decision of its own
// (promise P1); the engine shares work between recipients of one class.
func (s *Service) decide(l *law, c *closure, to []decision.Actor, purpose string) []column {
	columns := make([]column, len(to))
	for i, a := range to {
		columns[i] = column{to: a, decisions: make([]decision.Decision, len(c.members))}
	}
	for m, mem := range c.members {
		sub := s.subject(mem.object, mem.stored.Provenance, mem.marks, privacy.Categories(mem.findings))
		about := c.about(mem.object.ID)
		for i, a := range to {
			columns[i].decisions[m] = l.engine.Decide(s.question(l, sub, about, a, purpose))
		}
	}
	return columns
}

// form builds what would leave, once per class of recipients: those with the
// same transformations of the same objects under the same instruments.
func (s *Service) form(p *plan) error {
	built := map[string][]privacy.Formed{}
	for i := range p.columns {
		col := &p.columns[i]
		scope := col.scope()
		class := scope + "\n" + col.class() + col.reads(p.closure)
		formed, ok := built[class]
		if !ok {
			var err error
			if formed, err = s.build(p, col, scope); err != nil {
				return err
			}
			built[class] = formed
		}
		col.formed = formed
	}
	return nil
}

func (s *Service) build(p *plan, col *column, scope string) ([]privacy.Formed, error) {
	formed := make([]privacy.Formed, len(p.closure.members))
	var items []privacy.Item
	var at []int // where each item came from
	reported, absent := p.closure.reported(), slices.Clip(p.closure.absent)
	for m := range p.closure.members {
		mem := &p.closure.members[m]
		formed[m].Original = mem.object
		if p.closure.goesBack(mem, col.to.ID, reported) {
			formed[m].Left = "its recipient sent it, and knows it under this id"
			absent = append(absent, mem.object.ID)
			continue
		}
		if d := col.decisions[m]; d.Outcome == decision.Permit || d.Outcome == decision.Transform {
			item := privacy.Item{Object: mem.object, Findings: mem.findings, Transforms: d.Transforms}
			if !mem.readAsSent(col.to.ID) {
				item.Object, item.Altered = mem.meaning, true
			}
			items = append(items, item)
			at = append(at, m)
		}
	}
	if len(items) == 0 {
		return formed, nil
	}
	form, err := privacy.Build(items, privacy.Scope{Key: s.scopeKey(scope), Publisher: s.publisher, Absent: absent, At: p.At})
	if err != nil {
		return nil, fault.New(fault.Internal, "release.form", "The form to be released could not be built.").Because(err)
	}
	for i, f := range form.Items {
		f.Original = p.closure.members[at[i]].object
		formed[at[i]] = f
	}
	return formed, nil
}

// scopeKey derives the key of pseudonyms and derived ids for one scope, so that
// they agree within it and cannot be joined across scopes.
func (s *Service) scopeKey(scope string) []byte {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("entente-scope-v1\n" + scope))
	return mac.Sum(nil)
}

// scope names the instruments the column relies on. Parties to the same
// instruments see the same pseudonyms; nobody else does.
func (col *column) scope() string {
	var under []string
	for _, d := range col.decisions {
		under = append(under, reliedOn(d)...)
	}
	slices.Sort(under)
	return strings.Join(slices.Compact(under), " ")
}

// reliedOn lists the instruments whose clauses open the way.
func reliedOn(d decision.Decision) []string {
	var ids []string
	for _, b := range d.Basis {
		if b.Effect == decision.EffectPermits || b.Effect == decision.EffectObliges {
			ids = append(ids, b.Instrument)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// reads tells recipients apart to whom the ids in a report mean the same as to its
// sender from those that know what it is about under another id.
func (col *column) reads(c *closure) string {
	reported := c.reported()
	if len(reported) == 0 {
		return ""
	}
	var b strings.Builder
	for i := range c.members {
		m := &c.members[i]
		fmt.Fprintln(&b, m.readAsSent(col.to.ID), c.goesBack(m, col.to.ID, reported))
	}
	return b.String()
}

func (col *column) class() string {
	var b strings.Builder
	for _, d := range col.decisions {
		b.WriteString(string(d.Outcome) + " " + strings.Join(d.Transforms, ",") + "\n")
	}
	return b.String()
}

// preview is the column as a person sees it.
func (col *column) preview(c *closure, name string) RecipientPreview {
	rp := RecipientPreview{Party: col.to.ID, Name: name, Items: make([]ItemPreview, 0, len(c.members))}
	var transforms []string
	for m, mem := range c.members {
		d, f := col.decisions[m], col.formed[m]
		item := ItemPreview{ObjectID: mem.object.ID, Decision: d, Left: f.Left, Changes: f.Changes}
		if f.Sent != nil {
			item.SentID, item.SentHash = f.Sent.ID, f.Sent.Hash
		}
		rp.count(d.Outcome, mem.object, f.Sent)
		transforms = append(transforms, d.Transforms...)
		rp.Items = append(rp.Items, item)
	}
	slices.Sort(transforms)
	rp.Transforms = slices.Compact(transforms)
	root := col.decisions[0]
	rp.Outcome, rp.Lead = root.Outcome, lead(root)
	return rp
}

// count goes by what leaves: an object that changes only because something it
// refers to is withheld is transformed too.
func (rp *RecipientPreview) count(o decision.Outcome, original, sent *intel.Object) {
	switch {
	case o == decision.Refer:
		rp.Referred++
	case o == decision.Deny || sent == nil:
		rp.Denied++
	case sent.Hash != original.Hash:
		rp.Transformed++
	default:
		rp.Permitted++
	}
}

// lead picks the clauses that decided, for one line on a screen: why not, or
// why only in this form, or on what basis.
func lead(d decision.Decision) []decision.Reason {
	if len(d.Because) > 0 {
		return d.Because
	}
	var out []decision.Reason
	for _, n := range d.Needs {
		if n.Cite != "" {
			out = append(out, n.Reason)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, effect := range []string{decision.EffectPermits, decision.EffectObliges} {
		for _, b := range d.Basis {
			if b.Effect == effect {
				out = append(out, decision.Reason{ClauseRef: b.ClauseRef, Text: b.Effect})
			}
		}
	}
	return out
}

// digest covers everything about the preview but the moment it was made: the
// same law, objects and recipients give the same digest a minute later.
func (p *plan) digest() (ident.Digest, error) {
	type cell struct {
		Object   ident.Digest `json:"object"`
		Decision ident.Digest `json:"decision"`
		SentID   string       `json:"sent_id,omitempty"`
		Sent     ident.Digest `json:"sent"`
	}
	type row struct {
		To    party.ID `json:"to"`
		Cells []cell   `json:"cells"`
	}
	rows := make([]row, 0, len(p.columns))
	for _, col := range p.columns {
		r := row{To: col.to.ID, Cells: make([]cell, len(col.decisions))}
		for m, d := range col.decisions {
			d.Request.At = time.Time{}
			timeless, err := d.Digest()
			if err != nil {
				return ident.Digest{}, err
			}
			r.Cells[m] = cell{Object: p.closure.members[m].object.Hash, Decision: timeless}
			if sent := col.formed[m].Sent; sent != nil {
				r.Cells[m].SentID, r.Cells[m].Sent = sent.ID, sent.Hash
			}
		}
		rows = append(rows, r)
	}
	body, err := canonical(struct {
		Epoch   int64  `json:"epoch"`
		Purpose string `json:"purpose"`
		Rows    []row  `json:"rows"`
	}{p.Epoch, p.Purpose, rows})
	return ident.Sum(body), err
}
