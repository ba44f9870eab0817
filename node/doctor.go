package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/obligation"
)

// The states of a [Check].
const (
	ok   = "ok"
	warn = "warn"
	fail = "fail"
)

// Check is one line of the doctor's report.
type Check struct {
	Name   string
	State  string // ok, warn, fail
	Detail string
	Fix    string // what to do about it
	Anchor string // heading in docs/guide/doctor.md
}

// examination is one check; it returns the state, what was seen and the fix.
type examination struct {
	name string
	run  func(ctx context.Context) (state, detail, fix string)
}

// Doctor examines the node. Every check runs, whatever the others say.
func (n *Node) Doctor(ctx context.Context) []Check {
	checks := make([]Check, 0, 16)
	for _, e := range []examination{
		{"folder", n.checkFolder},
		{"keys", n.checkKeys},
		{"certificate", n.checkCertificate},
		{"database", n.checkDatabase},
		{"log", n.checkLog},
		{"engine", n.checkEngine},
		{"instruments", n.checkInstruments},
		{"parties", n.checkParties},
		{"identities", n.checkIdentities},
		{"quotas", n.checkQuotas},
		{"outbox", n.checkOutbox},
		{"recalls", n.checkRecalls},
		{"duties", n.checkDuties},
		{"sources", n.checkSources},
		{"webhooks", n.checkWebhooks},
		{"mail", n.checkMail},
	} {
		state, detail, fix := e.run(ctx)
		checks = append(checks, Check{Name: e.name, State: state, Detail: detail, Fix: fix, Anchor: e.name})
	}
	return checks
}

func failed(err error, fix string) (state, detail, what string) { return fail, err.Error(), fix }

func (n *Node) checkFolder(context.Context) (state, detail, fix string) {
	for _, name := range []string{".", keysFolder, tokenFile, selfFile} {
		info, err := os.Stat(filepath.Join(n.config.Dir, name))
		if err != nil {
			return failed(err, "Restore the data folder from a backup.")
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fail, fmt.Sprintf("%s can be read by others (%v)", name, info.Mode().Perm()), "Take the rights away: chmod -R go= " + n.config.Dir
		}
	}
	return ok, "only its owner can read it", ""
}

func (n *Node) checkKeys(context.Context) (state, detail, fix string) {
	keys := n.ring.SigningKeys()
	newest := keys[len(keys)-1]
	age := n.config.Now().Sub(newest.From)
	if age > 2*365*24*time.Hour {
		return warn, "the signing key is more than two years old", "Plan a rotation with your partners; they need the new card."
	}
	return ok, "signing with " + newest.ID, ""
}

func (n *Node) checkCertificate(context.Context) (state, detail, fix string) {
	c, err := n.ring.Certificate(n.config.Now())
	if err != nil {
		return failed(err, "Check the node's clock.")
	}
	return ok, "valid until " + c.Leaf.NotAfter.UTC().Format(time.DateTime) + " UTC", ""
}

func (n *Node) checkDatabase(ctx context.Context) (state, detail, fix string) {
	count := 0
	bad, err := n.store.Scrub(ctx, func(done, _ int64) { count = int(done) })
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	if len(bad) > 0 {
		return fail, fmt.Sprintf("%s %s: %s", bad[0].Table, bad[0].Key, bad[0].Problem), "Stop the node; restore from a backup and compare with partners' receipts."
	}
	return ok, fmt.Sprintf("%d rows re-read and compared with their digests", count), ""
}

func (n *Node) checkLog(ctx context.Context) (state, detail, fix string) {
	rep, err := n.exchange.VerifyLog(ctx)
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	if rep.FirstBad >= 0 {
		return fail, fmt.Sprintf("entry %d: %s", rep.FirstBad, rep.Problem), "Stop the node; somebody or something changed the record. Compare with partners' receipts."
	}
	return ok, fmt.Sprintf("%d entries fit the signed root %s", rep.Size, rep.Root.Short()), ""
}

// checkEngine asks a question that must be denied: no law at all permits nothing.
func (n *Node) checkEngine(context.Context) (state, detail, fix string) {
	e, err := decision.Compile(decision.Law{})
	if err != nil {
		return failed(err, "Do not use this build.")
	}
	d := e.Decide(decision.Request{Act: "share", Purpose: exchange.DefaultPurpose, At: n.config.Now()})
	if d.Outcome != decision.Deny {
		return fail, "without any law the answer is " + string(d.Outcome), "Do not use this build."
	}
	return ok, "a known deny denies", ""
}

func (n *Node) checkInstruments(ctx context.Context) (state, detail, fix string) {
	views, err := n.exchange.Instruments(ctx)
	if err != nil {
		return failed(err, "Look at the instrument the message names.")
	}
	illustrative := 0
	for _, v := range views {
		if v.Illustrative {
			illustrative++
		}
		if s := v.Doc.Term.Sunset; !s.IsZero() && n.config.Now().After(s) {
			return warn, fmt.Sprintf("%s lapsed on %s", v.ID, s.Format(time.DateOnly)), "Renew it with the other parties, or take in its successor."
		}
	}
	switch {
	case len(views) == 0:
		return warn, "none is active, so nothing may leave", "Activate an instrument: entente instrument add FILE --by NAME"
	case illustrative > 0:
		return warn, fmt.Sprintf("%d of %d are illustrative", illustrative, len(views)), "Have a named legal owner activate the encodings you rely on."
	}
	return ok, fmt.Sprintf("%d active", len(views)), ""
}

func (n *Node) checkParties(ctx context.Context) (state, detail, fix string) {
	parties, err := n.exchange.Parties(ctx)
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	if len(parties) < 2 {
		return warn, "no other party is known", "Add a partner's card: entente party add FILE --fingerprint DIGEST"
	}
	return ok, fmt.Sprintf("%d known besides this one", len(parties)-1), ""
}

func (n *Node) checkIdentities(ctx context.Context) (state, detail, fix string) {
	claims, err := n.exchange.Claims(ctx)
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	for _, c := range claims {
		if !c.Counts {
			return warn, fmt.Sprintf("%s claims to create objects as %s, and nobody has confirmed it", c.Party, c.Identity),
				"Ask the party and add its card again with --identity: entente party show " + string(c.Party)
		}
	}
	return ok, fmt.Sprintf("%d confirmed", len(claims)), ""
}

// nearlyFull is how much of a quota, in percent, may be used before people are told.
const nearlyFull = 80

func (n *Node) checkQuotas(ctx context.Context) (state, detail, fix string) {
	all, err := n.exchange.Intakes(ctx)
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	for _, in := range all {
		if in.Full >= nearlyFull && !in.Quota.Closed() {
			return warn, fmt.Sprintf("%s has used %d%% of what is taken in from it", in.Party, in.Full),
				"Look at what it sends: entente party show " + string(in.Party) + ". Allow more with entente party limit."
		}
	}
	return ok, fmt.Sprintf("%d parties within theirs", len(all)), ""
}

func (n *Node) checkOutbox(ctx context.Context) (state, detail, fix string) {
	waiting, err := n.exchange.Outbox(ctx)
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	for _, d := range waiting {
		if d.State == exchange.DeliveryRetrying && d.Attempts > 5 {
			return warn, fmt.Sprintf("%s has not answered %d times: %s", d.To, d.Attempts, d.LastError), "Call the partner; check its endpoint."
		}
	}
	return ok, fmt.Sprintf("%d waiting", len(waiting)), ""
}

func (n *Node) checkRecalls(ctx context.Context) (state, detail, fix string) {
	recalls, err := n.exchange.Recalls(ctx, "")
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	for _, r := range recalls {
		if r.Overdue(n.config.Now()) {
			return warn, fmt.Sprintf("%s has not answered a recall due %s", r.To, r.Due.Format(time.DateTime)), "Call the partner's contact point."
		}
	}
	return ok, fmt.Sprintf("%d in all, none overdue", len(recalls)), ""
}

func (n *Node) checkDuties(ctx context.Context) (state, detail, fix string) {
	late, err := n.exchange.Duties(ctx, exchange.DutyFilter{Open: true, DueBy: n.config.Now()})
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	for _, d := range late {
		if d.State == obligation.Overdue && d.Exercise == "" {
			return fail, fmt.Sprintf("%s was due %s (%s)", d.Duty.Duty.What, d.Due.Format(time.DateTime), d.Duty.Duty.Cite), "Do it now and record it: entente duty done " + d.ID
		}
	}
	return ok, "none overdue", ""
}

func (n *Node) checkSources(ctx context.Context) (state, detail, fix string) {
	all, err := n.exchange.Sources(ctx)
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	paused := 0
	for _, s := range all {
		if s.Failing() && s.State.Failures > 3 && !s.Paused {
			return warn, fmt.Sprintf("%s failed %d times: %s", s.Name, s.State.Failures, s.State.Fault), "Look at it: entente source show " + s.ID
		}
		if s.Paused {
			paused++
		}
	}
	return ok, fmt.Sprintf("%d collected from, %d paused", len(all)-paused, paused), ""
}

func (n *Node) checkWebhooks(ctx context.Context) (state, detail, fix string) {
	all, err := n.exchange.Webhooks(ctx)
	if err != nil {
		return failed(err, "Stop the node and check the disk.")
	}
	paused := 0
	for _, h := range all {
		if h.Failing() && (h.Paused || h.State.Failures > 3) {
			return warn, fmt.Sprintf("%s is not told: %s", h.Party, h.State.Fault), "Look at it: entente webhook show " + h.ID
		}
		if h.Paused {
			paused++
		}
	}
	return ok, fmt.Sprintf("%d told, %d paused", len(all)-paused, paused), ""
}

func (n *Node) checkMail(ctx context.Context) (state, detail, fix string) {
	st, err := n.exchange.MailState(ctx)
	switch {
	case err != nil:
		return failed(err, "Stop the node and check the disk.")
	case st.Failures > 3:
		return warn, "notices about duties do not reach people: " + st.Fault, "Try it: entente duty test-mail"
	case st.Succeeded.IsZero():
		return ok, "nothing was sent", ""
	}
	return ok, "sent last " + st.Succeeded.Format(time.DateTime), ""
}
