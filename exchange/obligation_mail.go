package exchange

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// Mailer sends notices about duties to people. Package wire/mail implements it.
type Mailer interface {
	// Mail returns nil only when the server took the message.
	Mail(ctx context.Context, m DutyMail) error
}

// DutyMail is a notice for people.
type DutyMail struct {
	Name   string // the same however often it is sent
	Node   party.ID
	Notice Notice
}

// MailState is up to where people have been told by e-mail, and how it went.
type MailState struct {
	Place     int64     `json:"place"`
	Sent      int64     `json:"sent"`
	Succeeded time.Time `json:"succeeded,omitzero"`
	Due       time.Time `json:"due,omitzero"` // it is left alone until then
	Failures  int       `json:"failures"`     // since the last success
	Code      string    `json:"code,omitempty"`
	Fault     string    `json:"fault,omitempty"`
}

const (
	settingMail = "mail"
	// firstMailPause and longestMailPause bound how long a failing server is left
	// alone. They are alarms: they are tried again soon, and never given up.
	firstMailPause   = 5 * time.Second
	longestMailPause = 10 * time.Minute
)

// MailDuties sends what has not been sent yet until nothing is left or one fails,
// which is on record in the state. It begins with what happens after it was first
// called. Its place moves only when the server took the message, so that a crash
// sends it again, under the same id, and loses none.
func (s *Service) MailDuties(ctx context.Context) (sent int, err error) {
	if s.mailer == nil {
		return 0, nil
	}
	for ; ; sent++ {
		st, begun, err := s.mailState(ctx)
		if err != nil {
			return sent, err
		}
		if !begun {
			return sent, s.beginMail(ctx)
		}
		if st.Due.After(s.time()) {
			return sent, nil
		}
		told, upto, err := s.Notices(ctx, s.self, NoticePlace{Duty: st.Place}, 1)
		if err != nil || len(told) == 0 {
			return sent, err
		}
		name := NoticeDuty + "-" + strconv.FormatInt(upto.Duty, 10)
		if err := s.mailer.Mail(ctx, DutyMail{Name: name, Node: s.self, Notice: told[0]}); err != nil {
			return sent, s.failedMail(ctx, st, err)
		}
		if err := s.keepMail(ctx, MailState{Place: upto.Duty, Sent: st.Sent + 1, Succeeded: s.time()}); err != nil {
			return sent, err
		}
	}
}

func (s *Service) beginMail(ctx context.Context) error {
	return s.store.Write(ctx, func(tx Tx) error {
		end, err := tx.DutyNoticesEnd(ctx)
		if err != nil {
			return err
		}
		return putMail(ctx, tx, MailState{Place: end})
	})
}

func (s *Service) failedMail(ctx context.Context, st MailState, why error) error {
	if ctx.Err() != nil {
		return ctx.Err() // this node stops; that is not the server's fault
	}
	pause := min(firstMailPause<<min(st.Failures, 20), longestMailPause)
	st.Failures++
	st.Due = s.time().Add(s.jitter(pause))
	st.Code, st.Fault = inWords(why)
	return errors.Join(why, s.keepMail(ctx, st))
}

func (s *Service) keepMail(ctx context.Context, st MailState) error {
	return s.store.Write(ctx, func(tx Tx) error { return putMail(ctx, tx, st) })
}

func putMail(ctx context.Context, tx Tx, st MailState) error {
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return tx.PutDutySetting(ctx, settingMail, b)
}

func (s *Service) mailState(ctx context.Context) (st MailState, begun bool, err error) {
	b, err := read(ctx, s, func(r Reader) ([]byte, error) { return r.DutySetting(ctx, settingMail) })
	if err != nil || b == nil {
		return st, false, err
	}
	if err := json.Unmarshal(b, &st); err != nil {
		return st, false, fmt.Errorf("read the state of e-mail: %w", err)
	}
	return st, true, nil
}

// MailState returns up to where people have been told by e-mail.
func (s *Service) MailState(ctx context.Context) (MailState, error) {
	st, _, err := s.mailState(ctx)
	return st, err
}

// TestMail sends a message that says that nothing happened. It returns a conflict
// fault "mail.absent" when this node has no mail server.
func (s *Service) TestMail(ctx context.Context) error {
	if s.mailer == nil {
		return fault.New(fault.Conflict, "mail.absent", "This node sends no e-mail.").Try("Start it with entente serve --mail and a setup.")
	}
	return s.mailer.Mail(ctx, DutyMail{
		Name: NoticeTest + "-" + ident.New(), Node: s.self, Notice: Notice{Kind: NoticeTest, At: s.time(), Exercise: s.exercise},
	})
}
