package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/decision"
	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// Message kinds between nodes and in the outbox.
const (
	kindRelease    = "release"
	kindRecall     = "recall"
	kindInstrument = "instrument"
	kindCase       = "case"
	kindReceipt    = "receipt"
)

// Send releases what a preview showed. With a preview digest it sends exactly
// that or returns a conflict fault "release.stale", and sending the same preview
// again, because an answer was lost, reports what was sent the first time;
// without one it previews and sends in one act. When it returns, decisions, releases, duties and log leaves
// are on disk and the deliveries are in the outbox.
//
// It returns a denied fault "release.denied" when nothing may go to anybody.
func (s *Service) Send(ctx context.Context, in SendRequest) (SendReport, error) {
	p, err := read(ctx, s, func(r Reader) (*plan, error) { return s.plan(ctx, r, in.PreviewRequest) })
	if err != nil {
		return SendReport{}, err
	}
	if !in.Preview.IsZero() && in.Preview != p.Digest {
		return SendReport{}, stale()
	}
	rep := p.report()
	if in.DryRun {
		return rep, nil
	}
	err = s.store.Write(ctx, func(tx Tx) error {
		epoch, err := tx.Epoch(ctx)
		if err != nil {
			return err
		}
		if epoch != p.Epoch {
			return stale()
		}
		if err := p.unchanged(ctx, tx); err != nil {
			return err
		}
		for i := range p.columns {
			col, line := &p.columns[i], &rep.Releases[i]
			before, err := p.sentBefore(ctx, tx, in.Preview, col, line)
			if err != nil {
				return err
			}
			if before {
				continue
			}
			if err := s.release(ctx, tx, p, col, line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return SendReport{}, err
	}
	s.wake()
	return rep, rep.verdict()
}

func stale() error {
	return fault.New(fault.Conflict, "release.stale", "The object, the law or the facts changed since the preview.").
		Try("Preview again and look at what changed before sending.")
}

// unchanged makes sure, inside the transaction, that the versions decided on
// are still the live ones.
func (p *plan) unchanged(ctx context.Context, tx Tx) error {
	heads, err := tx.Heads(ctx, p.Objects)
	if err != nil {
		return err
	}
	for _, m := range p.closure.members {
		if !slices.ContainsFunc(heads[m.object.ID], func(h Head) bool { return h.State == Live && h.Hash == m.object.Hash }) {
			return stale()
		}
	}
	return nil
}

// sentBefore fills in the release that the preview named led to before, if it
// stands; one that was recalled or refused can be sent again.
func (p *plan) sentBefore(ctx context.Context, r Reader, named ident.Digest, col *column, line *ReleaseReport) (bool, error) {
	items, _ := col.items(p.closure)
	if named.IsZero() || len(items) == 0 {
		return false, nil
	}
	releases, err := r.ListReleases(ctx, ReleaseFilter{Object: items[0].ObjectID, Recipient: col.to.ID})
	for _, rel := range releases {
		if rel.Preview == p.Digest && (rel.State == Queued || rel.State == Delivered) {
			line.Release, line.Leaf = rel.ID, rel.Leaf
			return true, err
		}
	}
	return false, err
}

func (p *plan) report() SendReport {
	rep := SendReport{Preview: p.Digest}
	for _, rp := range p.Recipients {
		line := ReleaseReport{
			Recipient: rp.Party, Outcome: rp.Outcome, Items: rp.Permitted + rp.Transformed,
			Denied: rp.Denied + rp.Referred,
		}
		if line.Items == 0 {
			line.Because = rp.Lead
		}
		rep.Releases = append(rep.Releases, line)
	}
	return rep
}

// verdict turns a send in which nothing left for anybody into a denial.
func (rep SendReport) verdict() error {
	for _, r := range rep.Releases {
		if r.Release != "" {
			return nil
		}
	}
	f := fault.New(fault.Denied, "release.denied", "No agreement or law permits this release to any of the recipients.").
		Try("Ask why for one object and one recipient; it lists what would make it possible.")
	for _, r := range rep.Releases {
		for _, b := range r.Because {
			f = f.At("/to/"+string(r.Recipient), strings.TrimSpace(b.Instrument+" "+b.Cite+" "+b.Text))
		}
	}
	return f
}

// release writes everything about one recipient: a decision with its leaf for
// every object, denied ones included, and the release of what may leave.
func (s *Service) release(ctx context.Context, tx Tx, p *plan, col *column, line *ReleaseReport) error {
	items, objects := col.items(p.closure)
	rel := Release{
		ID: ident.New(), Recipient: col.to.ID, Purpose: p.Purpose, At: p.At, Epoch: p.Epoch,
		Preview: p.Digest, State: Queued, StateAt: p.At,
	}
	if len(items) == 0 {
		rel.ID = ""
	}
	digests, err := s.recordDecisions(ctx, tx, p, col, rel.ID)
	if err != nil || len(items) == 0 {
		return err
	}
	for i := range items {
		items[i].Decision = digests[items[i].ObjectID]
	}
	msg := col.message(p, rel, items, s.self)
	body, err := s.seal(msg, objects)
	if err != nil {
		return err
	}
	rel.Envelope = body.Envelope
	rel.Leaf, err = s.append(ctx, tx, transparency.EventRelease, releaseEvent{
		Release: rel.ID, To: rel.Recipient, At: rel.At, Epoch: rel.Epoch, Preview: rel.Preview,
		Envelope: ident.Sum(rel.Envelope), Items: items,
	})
	if err != nil {
		return err
	}
	line.Release, line.Leaf = rel.ID, rel.Leaf
	if err := tx.AddRelease(ctx, rel, items); err != nil {
		return err
	}
	if err := s.addToFeed(ctx, tx, rel, col); err != nil {
		return err
	}
	if err := s.ownDuties(ctx, tx, p, col, rel); err != nil {
		return err
	}
	return tx.Enqueue(ctx, Delivery{ID: ident.New(), Kind: kindRelease, Ref: rel.ID, To: rel.Recipient, State: DeliveryQueued, NextAt: rel.At})
}

// releaseEvent is what the log commits to when objects leave. Salt and event go
// to the recipient, who can hold the sender to it.
type releaseEvent struct {
	Release  string        `json:"release"`
	To       party.ID      `json:"to"`
	At       time.Time     `json:"at"`
	Epoch    int64         `json:"epoch"`
	Preview  ident.Digest  `json:"preview"`
	Envelope ident.Digest  `json:"envelope"`
	Items    []ReleaseItem `json:"items"`
}

// decisionEvent is what the log commits to for each object and recipient.
type decisionEvent struct {
	Decision ident.Digest     `json:"decision"` // of the decision's canonical JSON
	Object   ident.Digest     `json:"object"`
	To       party.ID         `json:"to"`
	Outcome  decision.Outcome `json:"outcome"`
	Release  string           `json:"release,omitempty"`
	Preview  ident.Digest     `json:"preview"`
	At       time.Time        `json:"at"`
}

func (s *Service) recordDecisions(ctx context.Context, tx Tx, p *plan, col *column, release string) (map[string]ident.Digest, error) {
	digests := make(map[string]ident.Digest, len(col.decisions))
	for m, d := range col.decisions {
		rec, err := newDecisionRecord(d, p.Epoch)
		if err != nil {
			return nil, err
		}
		if col.formed[m].Sent != nil {
			rec.Release = release
		}
		if rec.Leaf, err = s.append(ctx, tx, transparency.EventDecision, decisionEvent{
			Decision: rec.Digest, Object: rec.Object, To: rec.Recipient, Outcome: rec.Outcome,
			Release: rec.Release, Preview: p.Digest, At: rec.At,
		}); err != nil {
			return nil, err
		}
		if err := tx.AddDecision(ctx, rec); err != nil {
			return nil, err
		}
		digests[rec.ObjectID] = rec.Digest
	}
	return digests, nil
}

func newDecisionRecord(d decision.Decision, epoch int64) (DecisionRecord, error) {
	body, err := d.Canonical()
	if err != nil {
		return DecisionRecord{}, err
	}
	question, err := questionOf(d)
	if err != nil {
		return DecisionRecord{}, err
	}
	return DecisionRecord{
		Question: question, Digest: ident.Sum(body), ObjectID: d.Request.Subject.ID, Object: d.Request.Subject.Hash,
		Recipient: d.Request.Recipient.ID, Outcome: d.Outcome, Body: body, Epoch: epoch, At: d.Request.At,
	}, nil
}

// items lists what leaves for one recipient, with its bytes.
func (col *column) items(c *closure) (items []ReleaseItem, objects [][]byte) {
	for m, mem := range c.members {
		sent := col.formed[m].Sent
		if sent == nil {
			continue
		}
		items = append(items, ReleaseItem{
			ObjectID: mem.object.ID, Original: mem.object.Hash, SentID: sent.ID, SentHash: sent.Hash, Sent: sent.Raw,
		})
		objects = append(objects, sent.Raw)
	}
	return items, objects
}

// message is the signed half of a release: digests, terms and instruments.
func (col *column) message(p *plan, rel Release, items []ReleaseItem, self party.ID) envelope.Message {
	msg := envelope.Message{
		Kind: kindRelease, ID: rel.ID, To: rel.Recipient, At: rel.At, Purpose: rel.Purpose,
	}
	subjects := map[string]*decision.Subject{}
	for m, mem := range p.closure.members {
		subjects[mem.object.ID] = &col.decisions[m].Request.Subject
	}
	for _, it := range items {
		sub := subjects[it.ObjectID]
		item := envelope.Item{ID: it.SentID, Hash: it.SentHash, TLP: sub.TLP.String()}
		if sub.Origin != self { // its terms go with it
			item.Through, item.Hops = slices.Compact(slices.Sorted(slices.Values(sub.ReceivedUnder))), sub.Hops+1
		}
		msg.Objects = append(msg.Objects, item)
	}
	seen := map[envelope.Term]bool{}
	for m := range p.closure.members {
		if col.formed[m].Sent == nil {
			continue
		}
		msg.Under = append(msg.Under, reliedOn(col.decisions[m])...)
		for _, d := range col.decisions[m].Duties {
			t := termOf(d)
			if d.Bearer == "recipient" && !seen[t] {
				seen[t] = true
				msg.Terms = append(msg.Terms, t)
			}
		}
	}
	slices.Sort(msg.Under)
	msg.Under = slices.Compact(msg.Under)
	return msg
}

func termOf(d decision.DutyRef) envelope.Term {
	return envelope.Term{
		Instrument: d.Instrument, Clause: d.Clause, Cite: d.Cite, Duty: d.ID,
		What: d.What, Bearer: d.Bearer, Within: d.Within, After: d.After,
	}
}

func dutyOf(t envelope.Term) decision.DutyRef {
	return decision.DutyRef{
		ClauseRef: decision.ClauseRef{Instrument: t.Instrument, Clause: t.Clause, Cite: t.Cite},
		ID:        t.Duty, What: t.What, Bearer: t.Bearer, Within: t.Within, After: t.After,
	}
}

// ownDuties starts the clocks of what this node has to do because of the
// release. A duty that many objects bring is one duty.
func (s *Service) ownDuties(ctx context.Context, tx Tx, p *plan, col *column, rel Release) error {
	planner, err := s.planner(ctx, tx)
	if err != nil {
		return err
	}
	bearers := map[string]party.ID{"sender": s.self, "origin": s.self}
	anchors := map[string]time.Time{"share": rel.At}
	seen := map[string]bool{}
	for m, mem := range p.closure.members {
		if col.formed[m].Sent == nil {
			continue
		}
		planned, err := planner.Plan(col.decisions[m], anchors, bearers)
		if err != nil {
			return err
		}
		for _, d := range planned {
			key := d.Duty.Instrument + " " + d.Duty.Clause + " " + d.Duty.ID
			if d.Bearer != s.self || seen[key] {
				continue
			}
			seen[key] = true
			d.Object, d.Release = mem.object.ID, rel.ID
			if err := tx.AddDuty(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}
