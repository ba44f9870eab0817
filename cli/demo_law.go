package cli

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"entente/client"
	"entente/decision"
	"entente/examples"
	"entente/exchange"
	"entente/instrument"
	"entente/party"
)

// beatWhatIf asks what the decisions made so far would have been had the
// memorandum with Cordova covered less, and changes nothing.
func beatWhatIf(ctx context.Context, l *lantern) (string, error) {
	c := l.at(aurelia).client
	draft, err := c.InstrumentSource(ctx, "mou-aurelia-cordova")
	if err != nil {
		return "", err
	}
	text, _, _ := bytes.Cut(draft, []byte("\nvectors:")) // they say what the old text means
	for _, change := range [][2]string{{"version: 1.1.0", "version: 1.2.0"}, {"tlp: {max: amber}", "tlp: {max: green}"}} {
		text = bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
	}
	w, err := c.WhatIf(ctx, exchange.WhatIfRequest{File: "draft.yaml", Source: text, Examples: 1})
	if err != nil {
		return "", err
	}
	if len(w.ByRecipient) == 0 || w.Changed == 0 || w.Changed != denied(w.Changes) {
		return "", differs("The draft would have changed %d decisions, %d to deny.", w.Changed, denied(w.Changes))
	}
	again, err := c.InstrumentSource(ctx, "mou-aurelia-cordova")
	if err != nil || bytes.Contains(again, []byte("1.2.0")) {
		return "", errorOr(err, differs("The question changed the law."))
	}
	return fmt.Sprintf("of %d decisions, %d about Cordova would have been denied; nothing was changed", w.Decisions, w.Changed), nil
}

// denied counts what would have become a denial.
func denied(changes []exchange.Change) int64 {
	n := int64(0)
	for _, c := range changes {
		if c.New == decision.Deny {
			n += c.Count
		}
	}
	return n
}

const pact = "early-warning-pact"

// beatPact lets the two teams sign a text that no file gives a date, and each
// node derive from the signatures alone that it is in force.
func beatPact(ctx context.Context, l *lantern) (string, error) {
	src, err := examples.Files.ReadFile("drafts/" + pact + ".yaml")
	if err != nil {
		return "", err
	}
	a, c := l.at(aurelia).client, l.at(cordova).client
	if _, err := a.SignAct(ctx, exchange.ActRequest{File: pact + ".yaml", Source: src, Act: instrument.ActSignature, By: "Head of Legal"}); err != nil {
		return "", err
	}
	if err := l.tell(ctx, a, c, cordova, 1); err != nil {
		return "", err
	}
	for _, act := range []instrument.ActKind{instrument.ActSignature, instrument.ActRatification} {
		if _, err := c.SignAct(ctx, exchange.ActRequest{Instrument: pact, Act: act, By: "General Counsel"}); err != nil {
			return "", err
		}
	}
	if _, err := a.SignAct(ctx, exchange.ActRequest{Instrument: pact, Act: instrument.ActRatification, By: "Head of Legal"}); err != nil {
		return "", err
	}
	if err := l.tell(ctx, c, a, aurelia, 4); err != nil {
		return "", err
	}
	if err := l.tell(ctx, a, c, cordova, 4); err != nil {
		return "", err
	}
	for _, side := range []*client.Client{a, c} {
		if _, err := side.AddInstrument(ctx, exchange.AddInstrumentRequest{File: pact + ".yaml", Source: src, By: "Demonstration"}); err != nil {
			return "", err
		}
		if v, err := side.InstrumentText(ctx, pact); err != nil || v.Phase != instrument.PhaseInForce {
			return "", errorOr(err, differs("The pact is %s: %s", v.Phase, v.Why))
		}
	}
	return "two signatures and two ratifications; both nodes derive from them that it is in force", nil
}

// beatSuspend lets one side suspend the pact: the other learns it by a signed act.
func beatSuspend(ctx context.Context, l *lantern) (string, error) {
	a, c := l.at(aurelia).client, l.at(cordova).client
	if _, err := c.SignAct(ctx, exchange.ActRequest{Instrument: pact, Act: instrument.ActSuspension, By: "General Counsel", Note: "under review"}); err != nil {
		return "", err
	}
	if err := l.tell(ctx, c, a, aurelia, 5); err != nil {
		return "", err
	}
	s, err := a.InstrumentStatus(ctx, pact, aurelia, cordova, time.Time{})
	if err != nil || s.InForce {
		return "", errorOr(err, differs("The pact is still in force at Aurelia."))
	}
	return s.Why, nil
}

// tell publishes the pact and waits until the other side has so many acts on it.
func (l *lantern) tell(ctx context.Context, from, to *client.Client, id party.ID, acts int) error {
	if _, err := from.PublishInstrument(ctx, exchange.PublishRequest{Instrument: pact, To: []party.ID{id}}); err != nil {
		return err
	}
	return l.until(ctx, func() (bool, error) {
		v, err := to.InstrumentText(ctx, pact)
		return err == nil && len(v.Acts) >= acts, nil
	})
}
