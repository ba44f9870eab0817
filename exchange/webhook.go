package exchange

import (
	"context"
	"net/url"
	"time"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// Webhook is an address of a party's own tool that is told each [Notice] of the
// party, and of no other. A tool of this node's own party is told about duties.
type Webhook struct {
	ID    string   `json:"id"`
	Party party.ID `json:"party"`
	URL   string   `json:"url"`
	Label string   `json:"label,omitempty"` // what it is for, for people
	CA    string   `json:"ca,omitempty"`    // PEM: the only authorities trusted to vouch for the server; "" are those of the system

	Added  time.Time    `json:"added"`
	Paused bool         `json:"paused"`
	State  WebhookState `json:"state"`
}

// WebhookState is up to where a webhook has been told and how it went.
type WebhookState struct {
	Place     NoticePlace `json:"place"`
	Upto      time.Time   `json:"upto"` // when what it was told last had happened
	Told      int64       `json:"told"` // notices it has taken
	Tried     time.Time   `json:"tried,omitzero"`
	Succeeded time.Time   `json:"succeeded,omitzero"`
	Due       time.Time   `json:"due,omitzero"`    // it is left alone until then
	Failures  int         `json:"failures"`        // since the last success
	Since     time.Time   `json:"since,omitzero"`  // of the first of them
	Code      string      `json:"code,omitempty"`  // of the last failure, until it goes well again
	Fault     string      `json:"fault,omitempty"` // the same for people
}

// Failing reports whether the last call failed.
func (h Webhook) Failing() bool { return h.State.Failures > 0 }

// WebhookRequest describes a webhook.
type WebhookRequest struct {
	Party party.ID `json:"party"`
	URL   string   `json:"url"`
	Label string   `json:"label,omitempty"`
	CA    string   `json:"ca,omitempty"`
}

// WebhookPoster calls webhooks. Package wire/webhook implements it.
type WebhookPoster interface {
	// Check returns an invalid fault "webhook.invalid" for a webhook that this
	// node may not call.
	Check(ctx context.Context, h Webhook) error
	// Post returns nil only when the receiver took the message, and a fault
	// "webhook.gone" when it wants no more. With an error, the receiver asks not to
	// be called again before wait is over.
	Post(ctx context.Context, h Webhook, m WebhookMessage) (wait time.Duration, err error)
}

// WebhookReader is what can be read of the webhooks.
type WebhookReader interface {
	Webhooks(ctx context.Context) ([]Webhook, error) // oldest first
	// Webhook returns a not-found fault "webhook.unknown" when there is none.
	Webhook(ctx context.Context, id string) (Webhook, error)
}

// WebhookTx is what an act may change of the webhooks.
type WebhookTx interface {
	// AddWebhook returns a conflict fault when the id is taken.
	AddWebhook(ctx context.Context, h Webhook) error
	// PutWebhook replaces a webhook. Not-found fault "webhook.unknown" when there
	// is none.
	PutWebhook(ctx context.Context, h Webhook) error
	// RemoveWebhook returns a not-found fault "webhook.unknown" when there is none.
	RemoveWebhook(ctx context.Context, id string) error
}

// AddWebhook begins to tell a party's tool what happens from now on. It returns a
// not-found fault when the party is unknown, an invalid fault "webhook.invalid"
// with what is wrong, and a conflict fault "webhook.exists" when the party is told
// at this address already.
func (s *Service) AddWebhook(ctx context.Context, in WebhookRequest) (Webhook, error) {
	if _, err := s.Party(ctx, in.Party); err != nil {
		return Webhook{}, err
	}
	h := Webhook{ID: ident.New(), Party: in.Party, URL: in.URL, Label: in.Label, CA: in.CA, Added: s.time()}
	if err := s.checkWebhook(ctx, h); err != nil {
		return Webhook{}, err
	}
	err := s.store.Write(ctx, func(tx Tx) error {
		all, err := tx.Webhooks(ctx)
		if err != nil {
			return err
		}
		for _, o := range all {
			if o.Party == h.Party && o.URL == h.URL {
				return fault.New(fault.Conflict, "webhook.exists", "The webhook %s tells %s at this address already.", o.ID, o.Party).Try("Keep it, or remove it first.")
			}
		}
		h.State.Upto = h.Added
		if h.State.Place, err = s.noticesEnd(ctx, tx, h.Party); err != nil {
			return err
		}
		if err := s.noteWebhook(ctx, tx, "webhook", h); err != nil {
			return err
		}
		return tx.AddWebhook(ctx, h)
	})
	return h, err
}

// checkWebhook says what is wrong with a webhook. Whoever calls is shown by the
// signature, so an address needs no secret; one in it would be shown and logged.
func (s *Service) checkWebhook(ctx context.Context, h Webhook) error {
	bad := fault.New(fault.Invalid, "webhook.invalid", "The webhook cannot be added as it is.")
	if h.Label != "" {
		if wrong := party.CheckName(h.Label); wrong != "" {
			_ = bad.At("/label", wrong)
		}
	}
	u, err := url.Parse(h.URL)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || len(h.URL) > maxSourceURL:
		_ = bad.At("/url", "is not the https address of a server")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		_ = bad.At("/url", "holds a user, a query or a fragment, which would be shown and logged")
	}
	if len(h.CA) > maxCA {
		_ = bad.At("/ca", "is longer than any list of authorities")
	}
	if len(bad.Fields) > 0 {
		return bad.Try("entente webhook add --help says what a webhook needs.")
	}
	return s.webhooks.Check(ctx, h)
}

// noteWebhook commits to who was told where, from when to when. It moves no
// epoch: a webhook changes what nobody may have.
func (s *Service) noteWebhook(ctx context.Context, tx Tx, change string, h Webhook) error {
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return err
	}
	h.State, h.CA, h.Paused = WebhookState{}, "", false
	terms, err := canonical(h)
	if err != nil {
		return err
	}
	_, err = s.append(ctx, tx, transparency.EventLaw, lawEvent{
		Epoch: epoch, Change: change, ID: h.ID, Hash: ident.Sum(terms), By: string(h.Party), At: s.time(),
	})
	return err
}

// Webhooks lists the webhooks, oldest first.
func (s *Service) Webhooks(ctx context.Context) ([]Webhook, error) {
	return read(ctx, s, func(r Reader) ([]Webhook, error) { return r.Webhooks(ctx) })
}

// Webhook returns one webhook or a not-found fault.
func (s *Service) Webhook(ctx context.Context, id string) (Webhook, error) {
	return read(ctx, s, func(r Reader) (Webhook, error) { return r.Webhook(ctx, id) })
}

// PauseWebhook stops a webhook, or lets it go on where it was, at once and with
// its failures forgotten. It returns a not-found fault when there is none.
func (s *Service) PauseWebhook(ctx context.Context, id string, paused bool) (Webhook, error) {
	return s.changeWebhook(ctx, id, func(h *Webhook) {
		h.Paused = paused
		if !paused {
			h.State.recover()
		}
	})
}

// recover forgets what went wrong.
func (st *WebhookState) recover() {
	st.Due, st.Since, st.Failures, st.Code, st.Fault = time.Time{}, time.Time{}, 0, "", ""
}

// RemoveWebhook ends a webhook. It returns a not-found fault when there is none.
func (s *Service) RemoveWebhook(ctx context.Context, id string) error {
	return s.store.Write(ctx, func(tx Tx) error {
		h, err := tx.Webhook(ctx, id)
		if err != nil {
			return err
		}
		if err := s.noteWebhook(ctx, tx, "webhook-removed", h); err != nil {
			return err
		}
		return tx.RemoveWebhook(ctx, id)
	})
}

// changeWebhook changes what is kept of a webhook at this moment, so that whoever
// pauses it and whoever calls it do not undo each other's work.
func (s *Service) changeWebhook(ctx context.Context, id string, f func(*Webhook)) (h Webhook, err error) {
	err = s.store.Write(ctx, func(tx Tx) error {
		var err error
		if h, err = tx.Webhook(ctx, id); err != nil {
			return err
		}
		f(&h)
		return tx.PutWebhook(ctx, h)
	})
	return h, err
}
