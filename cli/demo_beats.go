package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"entente/decision"
	"entente/examples"
	"entente/exchange"
	"entente/internal/fault"
	"entente/node"
	"entente/party"
	"entente/transparency/verify"
)

// The parties of Operation Lantern (all fictional).
const (
	aurelia   = "csirt-aurelia"
	borealis  = "csirt-borealis"
	cordova   = "ncsc-cordova"
	gridshare = "gridshare-isac"
	regulator = "dpa-aurelia"
	vendor    = "vendor-x"
)

// beat is one thing the demonstration shows. Its text says what was seen, not
// what was hoped for; an error ends the demonstration.
type beat struct {
	title string
	run   func(ctx context.Context, l *lantern) (seen string, err error)
}

func beats() []beat {
	return []beat{
		{"Five parties start, each on its own", beatStart},
		{"They know each other by cards compared out of band", beatMeet},
		{"They put the same law in force", beatLaw},
		{"Aurelia imports published intelligence", beatPublished},
		{"Aurelia imports the HelioGrid breach", beatImport},
		{"Who may have it, in what form, on what basis", beatPreview},
		{"Why not the vendor?", beatWhy},
		{"A preview goes stale when the facts change", beatStale},
		{"Sent, taken in and acknowledged", beatSend},
		{"What arrived is what was previewed, byte for byte", beatDigests},
		{"The release is proved offline, and one flipped byte is caught", beatVerify},
		{"HelioGrid consents: the ISAC may know the victim", beatConsent},
		{"HelioGrid withdraws its consent: the ISAC purges what relied on it", beatWithdraw},
		{"What if the memorandum with Cordova covered TLP:GREEN only?", beatWhatIf},
		{"Aurelia and Cordova sign a pact, and follow it by signatures alone", beatPact},
		{"Aurelia asks Cordova for help, by the steps of that pact", beatCase},
		{"Cordova suspends it, and Aurelia knows", beatSuspend},
		{"Every log still verifies", beatLogs},
	}
}

// play runs every beat in order and narrates.
func (l *lantern) play(ctx context.Context) error {
	begun := l.app.now()
	for _, b := range beats() {
		seen, err := b.run(ctx, l)
		at := l.app.now().Sub(begun).Round(10 * time.Millisecond)
		if err != nil {
			fmt.Fprintf(l.app.stdout, "✗ %6s  %s\n", at, b.title)
			return fmt.Errorf("%s: %w", b.title, err)
		}
		fmt.Fprintf(l.app.stdout, "✓ %6s  %s\n", at, b.title)
		for line := range strings.Lines(seen) {
			fmt.Fprintf(l.app.stdout, "          %s\n", strings.TrimRight(line, "\n"))
		}
	}
	return nil
}

// differs is the error of a beat that saw something else.
func differs(format string, args ...any) error {
	return fault.New(fault.Internal, "demo.differs", format, args...)
}

func beatStart(ctx context.Context, l *lantern) (string, error) {
	var err error
	if l.parties, err = examples.LanternParties(); err != nil {
		return "", err
	}
	for _, p := range l.parties {
		if p.ID == vendor {
			continue
		}
		if err := l.start(ctx, p); err != nil {
			return "", err
		}
	}
	if len(l.nodes) != 5 {
		return "", differs("%d nodes are up.", len(l.nodes))
	}
	return "five data folders, key rings, databases and logs under " + l.dir, nil
}

func beatMeet(ctx context.Context, l *lantern) (string, error) {
	if err := l.meet(ctx); err != nil {
		return "", err
	}
	var x party.Party
	for _, p := range l.parties {
		if p.ID == vendor {
			x = p
		}
	}
	x.Endpoint = "https://127.0.0.1:9"
	card, err := node.Init(ctx, node.InitOptions{Dir: filepath.Join(l.dir, vendor), Party: x, Now: l.app.now})
	if err != nil {
		return "", err
	}
	n, err := node.Open(ctx, node.Config{Dir: filepath.Join(l.dir, vendor), Now: l.app.now})
	if err != nil {
		return "", err
	}
	body, err := n.Exchange().Card(ctx)
	if err != nil {
		return "", err
	}
	if _, err := l.at(aurelia).client.AddParty(ctx, exchange.AddPartyRequest{Card: body, Fingerprint: card.Fingerprint().String(), Identity: card.Identity}); err != nil {
		return "", err
	}
	_, err = l.at(aurelia).client.AddParty(ctx, exchange.AddPartyRequest{Card: body, Fingerprint: "sha256:" + strings.Repeat("0", 64)})
	if fault.CodeOf(err) != "party.fingerprint" {
		return "", differs("A card with another fingerprint gave %v.", err)
	}
	return "a card whose fingerprint does not match is refused", n.Close()
}

func beatLaw(ctx context.Context, l *lantern) (string, error) {
	count, err := l.agree(ctx)
	return fmt.Sprintf("%d instruments on each node, every one illustrative, their vectors run before activation", count), err
}

func beatPublished(ctx context.Context, l *lantern) (string, error) {
	files, err := examples.PublishedIntelligence()
	if err != nil {
		return "", err
	}
	var lines []string
	for _, f := range files {
		rep, err := l.at(aurelia).client.Import(ctx, f.Data, f.Name, "clear")
		if err != nil {
			return "", err
		}
		if rep.New == 0 {
			return "", differs("Nothing of %s was new.", f.Name)
		}
		lines = append(lines, fmt.Sprintf("%s: %s", f.Name, counts(rep)))
	}
	return strings.Join(lines, "\n"), nil
}

func counts(r exchange.ImportReport) string {
	return fmt.Sprintf("%d new, %d updated, %d unchanged, %d quarantined", r.New, r.Updated, r.Unchanged, r.Quarantined)
}

func beatImport(ctx context.Context, l *lantern) (string, error) {
	c := l.at(aurelia).client
	bundle, err := examples.HelioGrid()
	if err != nil {
		return "", err
	}
	rep, err := c.Import(ctx, bundle, "heliogrid.json", "")
	if err != nil {
		return "", err
	}
	if rep.New != 120 || rep.Quarantined != 0 {
		return "", differs("The import counted %s.", counts(rep))
	}
	for _, line := range rep.Objects {
		if strings.HasPrefix(line.ID, "report--") {
			l.report = line.ID
		}
	}
	again, err := c.Import(ctx, bundle, "heliogrid.json", "")
	if err != nil {
		return "", err
	}
	if again.Unchanged != 120 {
		return "", differs("Importing it again counted %s.", counts(again))
	}
	return counts(rep) + "; again: " + counts(again), nil
}

func beatPreview(ctx context.Context, l *lantern) (string, error) {
	c := l.at(aurelia).client
	for _, f := range []exchange.Fact{
		{Name: "significant", Value: true, Issuer: aurelia, Evidence: "triage of 22 November"},
		{Name: "cross_border", Value: true, Issuer: aurelia, Evidence: "shared control zone with Borealis"},
		{Name: "emergency", Value: false, Issuer: aurelia, Evidence: "triage of 22 November"},
	} {
		f.About = l.report
		if _, err := c.RecordFact(ctx, f); err != nil {
			return "", err
		}
	}
	p, err := c.Preview(ctx, exchange.PreviewRequest{Objects: []string{l.report}})
	if err != nil {
		return "", err
	}
	l.preview = p
	want := map[party.ID]decision.Outcome{
		borealis: decision.Permit, gridshare: decision.Transform, cordova: decision.Transform, regulator: decision.Permit, vendor: decision.Deny,
	}
	var lines []string
	for _, r := range p.Recipients {
		if r.Outcome != want[r.Party] {
			return "", differs("%s gets %s instead of %s.", r.Party, r.Outcome, want[r.Party])
		}
		lines = append(lines, previewLine(r))
	}
	if len(lines) != len(want) {
		return "", differs("The preview has %d recipients.", len(lines))
	}
	return strings.Join(lines, "\n"), nil
}

func previewLine(r exchange.RecipientPreview) string {
	line := fmt.Sprintf("%-16s %-9s %3d as they are, %3d transformed, %3d withheld", r.Party, r.Outcome, r.Permitted, r.Transformed, r.Denied+r.Referred)
	if len(r.Transforms) > 0 {
		line += "; " + strings.Join(r.Transforms, ", ")
	}
	if len(r.Lead) > 0 {
		line += "; " + citation(r.Lead[0])
	}
	return line
}

func citation(r decision.Reason) string {
	return strings.TrimSpace(r.Instrument + " " + r.Cite + " " + r.Text)
}

func beatWhy(ctx context.Context, l *lantern) (string, error) {
	d, err := l.at(aurelia).client.Why(ctx, l.report, vendor, "")
	if err != nil {
		return "", err
	}
	if d.Outcome != decision.Deny || len(d.Because) == 0 {
		return "", differs("The answer is %s with %d reasons.", d.Outcome, len(d.Because))
	}
	lines := make([]string, 0, len(d.Because)+1)
	for _, b := range d.Because {
		lines = append(lines, citation(b))
	}
	best := "nothing on record would make it possible"
	if len(d.WhatIf) > 0 {
		w := d.WhatIf[0]
		best = fmt.Sprintf("but: if %s, %s %s", w.Change, w.Outcome, strings.Join(w.Transforms, ", "))
	}
	return strings.Join(append(lines, best), "\n"), nil
}

func beatStale(ctx context.Context, l *lantern) (string, error) {
	c := l.at(aurelia).client
	fact, err := c.RecordFact(ctx, exchange.Fact{Name: "reviewed", Value: true, About: l.report, Issuer: aurelia, Evidence: "second reader"})
	if err != nil {
		return "", err
	}
	_, err = c.Send(ctx, exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{l.report}}, Preview: l.preview.Digest})
	if fault.CodeOf(err) != "release.stale" {
		return "", differs("Sending an old preview gave %v.", err)
	}
	if _, err := c.WithdrawFact(ctx, fact.ID); err != nil {
		return "", err
	}
	l.preview, err = c.Preview(ctx, exchange.PreviewRequest{Objects: []string{l.report}})
	return "refused: " + "release.stale" + ", exit code 6; previewed again", err
}

func beatSend(ctx context.Context, l *lantern) (string, error) {
	c := l.at(aurelia).client
	var err error
	l.sent, err = c.Send(ctx, exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{l.report}}, Preview: l.preview.Digest})
	if err != nil {
		return "", err
	}
	var lines []string
	for _, r := range l.sent.Releases {
		if r.Release == "" {
			if r.Recipient != vendor {
				return "", differs("Nothing left for %s.", r.Recipient)
			}
			continue
		}
		v, err := l.await(ctx, r.Release, exchange.Delivered)
		if err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprintf("%-16s %3d objects, receipt at %s, leaf %d", r.Recipient, r.Items, v.StateAt.Format(time.TimeOnly), r.Leaf))
	}
	if len(lines) != 4 {
		return "", differs("%d releases left.", len(lines))
	}
	return strings.Join(lines, "\n"), nil
}

func beatDigests(ctx context.Context, l *lantern) (string, error) {
	total := 0
	for _, r := range l.preview.Recipients {
		n := l.nodes[string(r.Party)]
		for _, item := range r.Items {
			if item.SentID == "" {
				continue
			}
			got, err := n.client.Object(ctx, item.SentID)
			if err != nil {
				return "", fmt.Errorf("%s looks for %s: %w", r.Party, item.SentID, err)
			}
			if got.Hash != item.SentHash {
				return "", differs("%s holds other bytes of %s.", r.Party, item.SentID)
			}
			total++
		}
	}
	return fmt.Sprintf("%d objects compared at four partners", total), nil
}

func beatVerify(ctx context.Context, l *lantern) (string, error) {
	i := slices.IndexFunc(l.sent.Releases, func(r exchange.ReleaseReport) bool { return r.Recipient == cordova })
	evidence, err := l.at(aurelia).client.Prove(ctx, l.sent.Releases[i].Release, 0)
	if err != nil {
		return "", err
	}
	trust := verify.Trust{Parties: []party.Party{l.at(aurelia).party, l.at(cordova).party}}
	if _, err := verify.Check(evidence, trust); err != nil {
		return "", err
	}
	for _, at := range []int{0, len(evidence) / 3, len(evidence) / 2, len(evidence) - 2} {
		forged := slices.Clone(evidence)
		forged[at] ^= 1
		if _, err := verify.Check(forged, trust); fault.KindOf(err) != fault.Unverified {
			return "", differs("A flip at byte %d gave %v.", at, err)
		}
	}
	return fmt.Sprintf("%d bytes of evidence hold without any node; every flipped copy fails with exit code 7", len(evidence)), nil
}

func beatConsent(ctx context.Context, l *lantern) (string, error) {
	c := l.at(aurelia).client
	_, err := c.RecordFact(ctx, exchange.Fact{
		ID: "consent-heliogrid", Name: "victim_consent", Value: true, About: l.report, Issuer: "HelioGrid", Evidence: "signed letter of 23 November",
	})
	if err != nil {
		return "", err
	}
	rep, err := c.Send(ctx, exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{l.report}, To: []party.ID{gridshare}}})
	if err != nil {
		return "", err
	}
	l.consented = rep.Releases[0].Release
	if _, err := l.await(ctx, l.consented, exchange.Delivered); err != nil {
		return "", err
	}
	known, err := l.isacKnows(ctx)
	if err != nil || !known {
		return "", errorOr(err, differs("The ISAC did not get the victim's name."))
	}
	return fmt.Sprintf("%d objects, now with the victim's name", rep.Releases[0].Items), nil
}

func beatWithdraw(ctx context.Context, l *lantern) (string, error) {
	c := l.at(aurelia).client
	w, err := c.WithdrawFact(ctx, "consent-heliogrid")
	if err != nil {
		return "", err
	}
	if len(w.Recalls) != 1 || w.Recalls[0].Release != l.consented {
		return "", differs("The withdrawal recalled %d releases.", len(w.Recalls))
	}
	if err := l.awaitRecall(ctx, l.consented); err != nil {
		return "", err
	}
	known, err := l.isacKnows(ctx)
	if err != nil || known {
		return "", errorOr(err, differs("The ISAC still has the victim's name."))
	}
	return fmt.Sprintf("%d releases decided again, 1 recalled, purged and acknowledged by the ISAC", w.Redecide), nil
}

func beatLogs(ctx context.Context, l *lantern) (string, error) {
	var lines []string
	for _, p := range l.parties {
		n := l.nodes[string(p.ID)]
		if n == nil {
			continue
		}
		rep, err := n.client.VerifyLog(ctx)
		if err != nil {
			return "", err
		}
		if rep.FirstBad >= 0 {
			return "", differs("The log of %s breaks at entry %d: %s", p.ID, rep.FirstBad, rep.Problem)
		}
		lines = append(lines, fmt.Sprintf("%-16s %4d entries, root %s", p.ID, rep.Size, rep.Root.Short()))
	}
	return strings.Join(lines, "\n"), nil
}
