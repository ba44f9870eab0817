package exchange

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/internal/ident"
)

// Question is what the law looks at in a decision, and what was answered: the
// decision less the object's id and bytes and the moment. The same is asked
// again and again, so it is kept once, and it holds when the object is erased.
// A law that looks at more needs no change here: a request is kept as it is.
type Question struct {
	Request    decision.Request  `json:"request"` // Subject.ID, Subject.Hash and At are zero
	Outcome    decision.Outcome  `json:"outcome"`
	Transforms []string          `json:"transforms,omitempty"`
	Lead       []decision.Reason `json:"lead,omitempty"` // the clauses that decided
}

// QuestionRecord is a question as kept, with how often it was decided in the
// window asked about.
type QuestionRecord struct {
	Seq    int64
	Body   []byte // JSON of the [Question]
	Count  int64  // decisions
	Newest int64  // Seq of the newest of them
}

// QuestionFilter is a range of questions, by Seq, and a window of time.
type QuestionFilter struct {
	After, Upto int64     // exclusive, inclusive
	From, To    time.Time // inclusive, exclusive
}

// questionOf writes the same bytes for the same question; nobody signs them, so
// they need not be RFC 8785, which would take as long again on every release.
func questionOf(d decision.Decision) ([]byte, error) {
	q := Question{Request: d.Request, Outcome: d.Outcome, Transforms: d.Transforms, Lead: lead(d)}
	q.Request.Subject.ID, q.Request.Subject.Hash, q.Request.At = "", ident.Digest{}, time.Time{}
	return json.Marshal(q, json.Deterministic(true))
}

// QuestionOf works out the question of a decision from the canonical JSON of
// the decision itself. It fails when that says neither what was asked nor what
// was answered.
func QuestionOf(body []byte) ([]byte, error) {
	var d decision.Decision
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("read a kept decision: %w", err)
	}
	if d.Outcome == "" || d.Request.Recipient.ID == "" {
		return nil, errors.New("a kept decision does not say what it was about")
	}
	return questionOf(d)
}

// ReliedOn lists the instruments that a decision relied on, from its canonical
// JSON.
func ReliedOn(body []byte) ([]string, error) {
	var d decision.Decision
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("read a kept decision: %w", err)
	}
	return reliedOn(d), nil
}
