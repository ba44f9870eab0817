package cli

import (
	"context"
	"fmt"

	"entente/casework"
	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

// beatCase runs a procedure of the pact: each step is signed by who takes it, and
// both nodes come to the same state.
func beatCase(ctx context.Context, l *lantern) (string, error) {
	a, c := l.at(aurelia).client, l.at(cordova).client
	open, err := a.OpenCase(ctx, exchange.OpenCaseRequest{
		Instrument: pact, Procedure: "help", Title: "Gateway logs of HelioGrid",
		Roles: map[string][]party.ID{"asking": {aurelia}, "asked": {cordova}},
	})
	if err != nil {
		return "", err
	}
	id := open.Case.ID
	step := exchange.CaseActRequest{Act: casework.Step, Step: "send"}
	if _, err := a.ActInCase(ctx, id, step); fault.CodeOf(err) != "case.fields" {
		return "", differs("A step without its field gave %v.", err)
	}
	step.Fields = map[string]string{"what": "Were the addresses of our report seen in the shared control zone?"}
	if _, err := a.ActInCase(ctx, id, step); err != nil {
		return "", err
	}
	accept := exchange.CaseActRequest{Act: casework.Step, Step: "accept"}
	if _, err := a.ActInCase(ctx, id, accept); fault.CodeOf(err) != "case.role" {
		return "", differs("A step of the other party gave %v.", err)
	}
	if err := l.reached(ctx, c, id, "sent"); err != nil {
		return "", err
	}
	if _, err := c.ActInCase(ctx, id, accept); err != nil {
		return "", err
	}
	if err := l.reached(ctx, a, id, "accepted"); err != nil {
		return "", err
	}
	if _, err := a.ActInCase(ctx, id, exchange.CaseActRequest{Act: casework.Step, Step: "finish"}); err != nil {
		return "", err
	}
	if err := l.reached(ctx, c, id, "done"); err != nil {
		return "", err
	}
	return caseHolds(ctx, a, c, id)
}

// caseHolds verifies the case as the other side exports it, offline.
func caseHolds(ctx context.Context, a, c *client.Client, id string) (string, error) {
	file, err := c.ExportCase(ctx, id)
	if err != nil {
		return "", err
	}
	parties, err := a.Parties(ctx)
	if err != nil {
		return "", err
	}
	keys := keysOf(parties)
	b, err := casework.OpenBundle(file, keys)
	if err != nil {
		return "", err
	}
	held, err := b.Verify(keys)
	if err != nil {
		return "", err
	}
	ours, err := a.Case(ctx, id)
	if err != nil || ours.Head != held.Head {
		return "", errorOr(err, differs("The two sides have different cases."))
	}
	return fmt.Sprintf("%d signed events, the same on both sides, and the case is %s; a missing field and a step of the wrong party were refused", held.Seq(), held.State), nil
}

// reached waits until a case is in a state at a node.
func (l *lantern) reached(ctx context.Context, c *client.Client, id, state string) error {
	return l.until(ctx, func() (bool, error) {
		v, err := c.Case(ctx, id)
		return err == nil && v.State == state, nil
	})
}
