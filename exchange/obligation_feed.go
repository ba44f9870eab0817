package exchange

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/obligation"
)

const (
	// feedMost bounds a calendar: what a program that shows one can hold.
	feedMost = 2_000
	// feedPast and feedAhead are for how long duties that ended stay in it, so that
	// every program that has their event learns of the end.
	feedPast  = 366 * 24 * time.Hour
	feedAhead = 2 * 366 * 24 * time.Hour
)

// DutyFeed writes the duties as iCalendar (RFC 5545): those that are open, the
// first due first, and those that ended lately or before they were due.
func (s *Service) DutyFeed(ctx context.Context) ([]byte, error) {
	return read(ctx, s, func(r Reader) ([]byte, error) {
		duties, err := r.Duties(ctx, DutyFilter{Open: true, Limit: feedMost})
		if err != nil {
			return nil, err
		}
		now := s.time()
		around, err := r.Duties(ctx, DutyFilter{After: DutyPlace{Due: now.Add(-feedPast)}, DueBy: now.Add(feedAhead), Limit: feedMost})
		if err != nil {
			return nil, err
		}
		for _, d := range around {
			if d.Closed() {
				duties = append(duties, d)
			}
		}
		return obligation.AppendFeed(nil, string(s.self), duties), nil
	})
}

// CalendarLink is a secret by which a program that knows no header reads the
// calendar of duties, and nothing else.
type CalendarLink struct {
	Link string `json:"link"`
}

// calendarLink is what is kept of one: not the link itself.
type calendarLink struct {
	Hash ident.Digest `json:"hash"`
}

const (
	settingLink = "calendar-link"
	linkBytes   = 32
)

// NewCalendarLink makes a link, in place of the one there was.
func (s *Service) NewCalendarLink(ctx context.Context) (CalendarLink, error) {
	secret := make([]byte, linkBytes)
	if _, err := io.ReadFull(s.rand, secret); err != nil {
		return CalendarLink{}, fmt.Errorf("draw a link: %w", err)
	}
	link := base64.RawURLEncoding.EncodeToString(secret)
	return CalendarLink{link}, s.keepLink(ctx, ident.Sum([]byte(link)))
}

// EndCalendarLink makes the link there was worthless.
func (s *Service) EndCalendarLink(ctx context.Context) error { return s.keepLink(ctx, ident.Digest{}) }

func (s *Service) keepLink(ctx context.Context, hash ident.Digest) error {
	b, err := json.Marshal(calendarLink{hash})
	if err != nil {
		return err
	}
	return s.store.Write(ctx, func(tx Tx) error { return tx.PutDutySetting(ctx, settingLink, b) })
}

// LinkedFeed is [Service.DutyFeed] for whoever has the link. It returns an
// unauthenticated fault "calendar.link" for another one; neither the time it takes
// nor what it says tells how much of a guess was right.
func (s *Service) LinkedFeed(ctx context.Context, link string) ([]byte, error) {
	b, err := read(ctx, s, func(r Reader) ([]byte, error) { return r.DutySetting(ctx, settingLink) })
	if err != nil {
		return nil, err
	}
	var held calendarLink
	if b != nil {
		if err := json.Unmarshal(b, &held); err != nil {
			return nil, fmt.Errorf("read the link of the calendar: %w", err)
		}
	}
	given := ident.Sum([]byte(link))
	if subtle.ConstantTimeCompare(given[:], held.Hash[:]) != 1 {
		return nil, fault.New(fault.Unauthenticated, "calendar.link", "This is not the link of the calendar.").
			Try("Ask the operator of the node for the newest: entente duty calendar-link.")
	}
	return s.DutyFeed(ctx)
}
