package verify

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange/envelope"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// act says what a kind of evidence must show.
type act struct {
	message string // kind of the envelope
	entry   string // type of the log entry that commits to it
	outcome string // of the receipt; "" when the file has none
}

func actOf(kind string) (act, bool) {
	switch kind {
	case KindRelease:
		return act{envelope.KindRelease, transparency.EventRelease, ""}, true
	case KindDelivery:
		return act{envelope.KindRelease, transparency.EventRelease, "accepted"}, true
	case KindRecall:
		return act{envelope.KindRecall, transparency.EventRecall, ""}, true
	case KindPurge:
		return act{envelope.KindRecall, transparency.EventRecall, "purged"}, true
	}
	return act{}, false
}

// event is what the verifier reads of an entry's body. A body may hold more;
// all of it is covered by the leaf.
type event struct {
	// of a release or recall: what was committed to, for whom
	Release  string       `json:"release"`
	To       party.ID     `json:"to"`
	Envelope ident.Digest `json:"envelope"`
	Items    []item       `json:"items"`
	// of a decision
	Decision ident.Digest `json:"decision"`
	Object   ident.Digest `json:"object"`
	Outcome  string       `json:"outcome"`
	// of a receive in the recipient's log
	Message string   `json:"message"`
	From    party.ID `json:"from"`
	// of a receipt
	Receipt ident.Digest `json:"receipt"`
	Proof   ident.Digest `json:"proof"`
}

type item struct {
	Original ident.Digest `json:"original"`
	SentID   string       `json:"sent_id"`
	SentHash ident.Digest `json:"sent_hash"`
	Decision ident.Digest `json:"decision"`
}

// story verifies that the parts belong together and that nothing is in the file
// that does not.
func (c *check) story() error {
	if c.ev.Kind == KindEntries {
		return c.loose()
	}
	a, ok := actOf(c.ev.Kind)
	if !ok {
		return unverified("kind", "%.40q is not a kind of evidence known here.", c.ev.Kind)
	}
	m, err := c.message(a)
	if err != nil {
		return err
	}
	items, err := c.commitment(a, m)
	if err != nil {
		return err
	}
	if err := c.decisions(items, m); err != nil {
		return err
	}
	if err := c.documents(); err != nil {
		return err
	}
	if err := c.objects(m); err != nil {
		return err
	}
	return c.receipt(a, m)
}

// loose is evidence of entries alone.
func (c *check) loose() error {
	ev := c.ev
	if ev.Subject != "" || ev.Message != "" || len(ev.Objects) > 0 || ev.Receipt != nil {
		return unverified("unrelated", "Evidence of entries has parts that no entry vouches for.")
	}
	for _, l := range c.logged {
		c.report.say("Entry %d, %s: %s", l.Index, l.Type, ident.Sum(l.Body))
	}
	return c.documents()
}

// message verifies the envelope by the sender's key of that time.
func (c *check) message(a act) (envelope.Message, error) {
	m, err := envelope.Open([]byte(c.ev.Message), c.keys)
	if err != nil {
		return m, unverified("message", "The message does not verify.").At("/message", "is not signed by its sender").Because(err)
	}
	if m.Kind != a.message || m.From != c.ev.Log || m.ID != c.ev.Subject {
		return m, unverified("message", "The message is another one than the file says.").At("/message", "does not match kind, log or subject")
	}
	c.report.To, c.report.At, c.report.Purpose = m.To, m.At, m.Purpose
	c.report.say("%s signed %s %s to %s on %s.", m.From, m.Kind, m.ID, m.To, m.At.Format(time.RFC3339))
	if m.Exercise != "" {
		c.report.say("It belongs to the exercise %s.", m.Exercise)
	}
	return m, nil
}

// keys gives the key a party had at a time, from the reader's own cards.
func (c *check) keys(from party.ID, keyID string, at time.Time) (ed25519.PublicKey, bool) {
	for _, p := range c.trust.Parties {
		if p.ID != from {
			continue
		}
		if key, ok := p.VerifyKey(keyID, at); ok {
			return key, true
		}
	}
	return nil, false
}

// commitment finds the one entry that commits to the message.
func (c *check) commitment(a act, m envelope.Message) ([]item, error) {
	var found *event
	for i, l := range c.logged {
		if l.Type != a.entry {
			continue
		}
		e, err := c.event(i)
		if err != nil {
			return nil, err
		}
		if found != nil {
			return nil, unrelated(i)
		}
		found = &e
	}
	if found == nil {
		return nil, unverified("release", "The file does not show that the %s is in the log.", m.Kind)
	}
	subject := m.ID
	if m.Recall != nil {
		subject = m.Recall.Release
	}
	if found.Envelope != ident.Sum([]byte(c.ev.Message)) || found.To != m.To || found.Release != subject {
		return nil, unverified("release", "The log entry commits to another message.")
	}
	same := func(it item, o envelope.Item) bool { return it.SentID == o.ID && it.SentHash == o.Hash }
	if !slices.EqualFunc(found.Items, m.Objects, same) {
		return nil, unverified("release", "The log entry lists other objects than the message.")
	}
	c.report.say("The log of %s commits to exactly this message.", m.From)
	return found.Items, nil
}

// decisions verifies that every object left under a logged decision that allowed
// it, and that there is no decision in the file about anything else.
func (c *check) decisions(items []item, m envelope.Message) error {
	wanted := make(map[ident.Digest]bool, len(items))
	for _, it := range items {
		wanted[it.Decision] = true
	}
	logged := make(map[ident.Digest]event, len(items))
	for i, l := range c.logged {
		switch l.Type {
		case transparency.EventRelease, transparency.EventRecall:
		case transparency.EventDecision:
			e, err := c.event(i)
			if err != nil {
				return err
			}
			if _, twice := logged[e.Decision]; twice || !wanted[e.Decision] {
				return unrelated(i)
			}
			logged[e.Decision] = e
		case transparency.EventReceipt:
			if c.ev.Receipt == nil {
				return unrelated(i)
			}
		default:
			return unrelated(i)
		}
	}
	for _, it := range items {
		e, ok := logged[it.Decision]
		if !ok || e.To != m.To || e.Object != it.Original || e.Outcome != "permit" && e.Outcome != "transform" {
			return unverified("decision", "No logged decision allowed %s to go to %s.", it.SentID, m.To)
		}
	}
	if len(items) > 0 {
		c.report.say("Each of the %d objects left under a logged decision.", len(items))
	}
	return nil
}

// documents verifies that each decision document is one that an entry commits to.
func (c *check) documents() error {
	open := map[ident.Digest]string{}
	for i, l := range c.logged {
		if l.Type != transparency.EventDecision {
			continue
		}
		e, err := c.event(i)
		if err != nil {
			return err
		}
		open[e.Decision] = e.Outcome
	}
	outcomes := map[string]int{}
	for i, doc := range c.ev.Decisions {
		digest := ident.Sum([]byte(doc))
		outcome, ok := open[digest]
		if !ok {
			return unverified("decision", "Decision document %d is not one the entries commit to.", i).At(fmt.Sprintf("/decisions/%d", i), "is changed, repeated or unrelated")
		}
		delete(open, digest)
		outcomes[outcome]++
	}
	var counts []string
	for _, outcome := range slices.Sorted(maps.Keys(outcomes)) {
		counts = append(counts, fmt.Sprintf("%d %s", outcomes[outcome], outcome))
	}
	if len(counts) > 0 {
		c.report.say("Decisions in the file, each logged and unchanged: %s.", strings.Join(counts, ", "))
	}
	return nil
}

// objects verifies the bytes that are in the file. They may be some of those that
// left, in the same order.
func (c *check) objects(m envelope.Message) error {
	next := 0
	for i, o := range c.ev.Objects {
		at := fmt.Sprintf("/objects/%d", i)
		if ident.Sum(o.Raw) != o.Hash {
			return unverified("object", "The bytes of object %d are not the ones their hash names.", i).At(at, "has other bytes")
		}
		for next < len(m.Objects) && m.Objects[next].Hash != o.Hash {
			next++
		}
		if next == len(m.Objects) {
			return unverified("object", "Object %d is not part of the message.", i).At(at, "is unrelated, repeated or out of order")
		}
		next++
	}
	if len(c.ev.Objects) > 0 {
		c.report.say("%d of %d objects are in the file, byte for byte as they left.", len(c.ev.Objects), len(m.Objects))
	}
	return nil
}

// receipt verifies the recipient's signed answer, that the recipient's own log
// holds the message, and what the sender logged of the answer.
func (c *check) receipt(a act, m envelope.Message) error {
	rc := c.ev.Receipt
	if (rc != nil) != (a.outcome != "") {
		return unverified("receipt", "Evidence of a %s %s.", c.ev.Kind, map[bool]string{true: "has no receipt", false: "needs the recipient's receipt"}[rc != nil])
	}
	if rc == nil {
		return nil
	}
	answer, err := envelope.Open([]byte(rc.Message), c.keys)
	if err != nil {
		return unverified("receipt", "The receipt does not verify.").At("/receipt/message", "is not signed by the recipient").Because(err)
	}
	sent := ident.Sum([]byte(c.ev.Message))
	if answer.Receipt == nil || answer.From != m.To || answer.To != m.From || answer.Receipt.Message != m.ID || answer.Receipt.Envelope != sent {
		return unverified("receipt", "The receipt answers another message.").At("/receipt/message", "is unrelated")
	}
	if answer.Receipt.Outcome != a.outcome {
		return unverified("receipt", "The recipient answered %q, which is not what the file claims.", answer.Receipt.Outcome)
	}
	if err := c.witnessed(m, sent); err != nil {
		return err
	}
	for i, l := range c.logged {
		if l.Type != transparency.EventReceipt {
			continue
		}
		e, err := c.event(i)
		if err != nil {
			return err
		}
		if e.Receipt != ident.Sum([]byte(rc.Message)) || e.Proof != ident.Sum([]byte(rc.Proof)) {
			return unrelated(i)
		}
	}
	c.report.say("%s signed that it %s the message on %s.", answer.From, a.outcome, answer.At.Format(time.RFC3339))
	return nil
}

// witnessed verifies the proof from the recipient's own log.
func (c *check) witnessed(m envelope.Message, sent ident.Digest) error {
	bad := unverified("receipt", "The recipient's log does not show that the message arrived.").At("/receipt/proof", "does not hold")
	p, err := transparency.ParseProof([]byte(c.ev.Receipt.Proof))
	if err != nil {
		return bad.Because(err)
	}
	checkpoint, err := c.openCheckpoint(m.To, p.Checkpoint)
	if err != nil {
		return bad.Because(err)
	}
	opened, err := transparency.ParseOpening(p.Extra)
	if err != nil {
		return bad.Because(err)
	}
	if err := transparency.CheckInclusion(checkpoint.Head, p.Index, opened.Leaf(), p.Hashes); err != nil {
		return bad.Because(err)
	}
	var e event
	if err := json.Unmarshal(opened.Body, &e); err != nil {
		return bad.Because(err)
	}
	if opened.Type != transparency.EventReceive || e.Message != m.ID || e.From != m.From || e.Envelope != sent {
		return bad
	}
	c.report.say("The log of %s holds the message at entry %d of %d.", m.To, p.Index, checkpoint.Head.Size)
	return nil
}

func (c *check) event(i int) (event, error) {
	var e event
	if err := json.Unmarshal(c.logged[i].Body, &e); err != nil {
		return e, unverified("entry", "Entry %d has a body of a form unknown here.", c.logged[i].Index).
			At(fmt.Sprintf("/entries/%d/body", i), "cannot be read").Because(err)
	}
	return e, nil
}

func unrelated(i int) error {
	return unverified("unrelated", "The file has an entry that is no part of what it shows.").At(fmt.Sprintf("/entries/%d", i), "is unrelated or repeated")
}
