package exchange

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/internal/ident"
)

const (
	// firstTellPause and longestPause bound how long a failing webhook is left alone.
	firstTellPause = 5 * time.Second
	// tellFor is how long it may fail before it is paused: longer than any weekend.
	tellFor = 5 * 24 * time.Hour
)

// WebhookMessage is a notice as it travels, in the form of Standard Webhooks
// 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
type WebhookMessage struct {
	ID        string `json:"id"`        // webhook-id: the same however often it is told
	Timestamp int64  `json:"timestamp"` // webhook-timestamp: of this attempt, in seconds
	Signature string `json:"signature"` // webhook-signature
	Body      string `json:"body"`      // the [Notice] as JSON, as it was signed
}

// WebhookTurn is what telling a webhook came to.
type WebhookTurn struct {
	Webhook Webhook
	Told    int
}

// message signs what a webhook is told. The id begins with that of the webhook:
// all webhooks have one key, and what one receiver got must be worth nothing at
// another (section "Additional considerations"). The name makes it the message of
// one event. No id has a full stop, and none can begin like the envelopes that
// the key signs too.
func (s *Service) message(h Webhook, n Notice, name string) (WebhookMessage, error) {
	body, err := json.Marshal(n)
	if err != nil {
		return WebhookMessage{}, err
	}
	m := WebhookMessage{ID: h.ID + "_" + n.Kind + "_" + name, Timestamp: s.time().Unix(), Body: string(body)}
	signed := fmt.Appendf(nil, "%s.%d.%s", m.ID, m.Timestamp, m.Body)
	m.Signature = "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(s.keys.Private, signed))
	return m, nil
}

// WebhooksDue returns the ids of the webhooks that have something to be told now
// and that nobody calls at this moment.
func (s *Service) WebhooksDue(ctx context.Context) (due []string, err error) {
	err = s.store.Read(ctx, func(r Reader) error {
		all, err := r.Webhooks(ctx)
		if err != nil {
			return err
		}
		for _, h := range all {
			if _, taken := s.telling.Load(h.ID); taken || !s.tellable(h) {
				continue
			}
			told, _, err := s.noticesTo(ctx, r, h.Party, h.State.Place, 1)
			if err != nil {
				return err
			}
			if len(told) > 0 {
				due = append(due, h.ID)
			}
		}
		return nil
	})
	return due, err
}

func (s *Service) tellable(h Webhook) bool { return !h.Paused && !h.State.Due.After(s.time()) }

// TellWebhook tells a webhook what it has not been told yet, one notice after the
// other, until nothing is left or one fails, which is on record in its state. Its
// place moves only when the receiver took the notice, so that a crash tells it
// again and loses none.
func (s *Service) TellWebhook(ctx context.Context, id string) (turn WebhookTurn, err error) {
	if _, taken := s.telling.LoadOrStore(id, true); taken {
		return turn, nil // another caller is at it
	}
	defer s.telling.Delete(id)
	for {
		if turn.Webhook, err = s.Webhook(ctx, id); err != nil {
			return turn, unlessRemoved(err)
		}
		if !s.tellable(turn.Webhook) {
			return turn, nil
		}
		told, err := s.tellNext(ctx, &turn.Webhook)
		if err != nil || !told {
			return turn, unlessRemoved(err)
		}
		turn.Told++
	}
}

// unlessRemoved: whoever removed a webhook wanted it to end.
func unlessRemoved(err error) error {
	if fault.CodeOf(err) == "webhook.unknown" {
		return nil
	}
	return err
}

// tellNext tells one notice; told is false when there is none. A recall goes before
// releases: it has a deadline, and what it takes back is announced no more.
func (s *Service) tellNext(ctx context.Context, h *Webhook) (told bool, err error) {
	waiting, upto, err := s.Notices(ctx, h.Party, h.State.Place, 1)
	if err != nil || len(waiting) == 0 {
		return false, err
	}
	n, place := waiting[len(waiting)-1], h.State.Place
	name := n.Release
	switch n.Kind {
	case NoticeRecall:
		place.Recall = upto.Recall
	case NoticeDuty:
		place.Duty, name = upto.Duty, strconv.FormatInt(n.Duty.seq, 10)
	default:
		place.Release = upto.Release
	}
	m, err := s.message(*h, n, name)
	if err != nil {
		return false, err
	}
	if wait, err := s.webhooks.Post(ctx, *h, m); err != nil {
		return false, s.failedTell(ctx, h, wait, err)
	}
	*h, err = s.changeWebhook(ctx, h.ID, func(held *Webhook) {
		st := &held.State
		st.recover()
		st.Place, st.Upto, st.Told = place, later(st.Upto, n.At), st.Told+1
		st.Tried, st.Succeeded = s.time(), s.time()
	})
	return true, err
}

// failedTell notes why a webhook could not be told, and leaves it alone for twice
// as long as the last time or as long as the receiver asks. It is paused when the
// receiver wants no more, or when this has gone on for too long.
func (s *Service) failedTell(ctx context.Context, h *Webhook, wait time.Duration, why error) error {
	if ctx.Err() != nil {
		return ctx.Err() // this node stops; that is not the receiver's fault
	}
	changed, err := s.changeWebhook(ctx, h.ID, func(held *Webhook) {
		now := s.time()
		st := &held.State
		if st.Failures == 0 {
			st.Since = now
		}
		st.Tried, st.Failures = now, st.Failures+1
		st.Code, st.Fault = inWords(why)
		pause := min(firstTellPause<<min(st.Failures-1, 20), longestPause)
		st.Due = later(now.Add(s.jitter(pause)), now.Add(min(wait, longestWait)))
		switch {
		case st.Code == "webhook.gone":
			held.Paused = true
		case now.Sub(st.Since) >= tellFor:
			held.Paused = true
			st.Fault = sentences(st.Fault, fmt.Sprintf("This has gone on for %d days, so it is paused. When it is mended: entente webhook resume %s", tellFor/(24*time.Hour), held.ID))
		}
	})
	if err != nil {
		return errors.Join(why, err)
	}
	*h = changed
	return why
}

// TestWebhook tells a webhook that nothing happened, whether it is paused or not,
// and returns what was sent. A dry run only returns it. Its state stays as it is.
func (s *Service) TestWebhook(ctx context.Context, id string, dryRun bool) (WebhookMessage, error) {
	h, err := s.Webhook(ctx, id)
	if err != nil {
		return WebhookMessage{}, err
	}
	m, err := s.message(h, Notice{Kind: NoticeTest, At: s.time(), Exercise: s.exercise}, ident.New())
	if err != nil || dryRun {
		return m, err
	}
	_, err = s.webhooks.Post(ctx, h, m)
	return m, err
}
