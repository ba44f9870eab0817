package taxii

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/serve"
)

// statusBody says what became of objects that were added (4.3.1). Everything is
// decided before the answer, so nothing is ever pending.
type statusBody struct {
	ID        string         `json:"id"`
	Status    string         `json:"status"`
	Requested string         `json:"request_timestamp"`
	Total     int            `json:"total_count"`
	Success   int            `json:"success_count"`
	Successes []statusDetail `json:"successes,omitempty"`
	Failure   int            `json:"failure_count"`
	Failures  []statusDetail `json:"failures,omitempty"`
	Pending   int            `json:"pending_count"`
}

type statusDetail struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Message string `json:"message,omitempty"`
}

// add takes in objects (5.5). Each is judged on its own; the body as a whole is
// refused only when it cannot be taken apart.
func (s *Server) add(rq request) error {
	if err := checkMedia(rq.r.Header); err != nil {
		return err
	}
	body, err := serve.Body(rq.w, rq.r, s.cfg.MaxBody)
	if err != nil {
		return err
	}
	list, err := objectsIn(body)
	if err != nil {
		return err
	}
	c, err := s.cfg.Exchange.Contribute(rq.r.Context(), rq.from, list, "TAXII")
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusAccepted, statusOfContribution(c))
	return nil
}

// objectsIn returns the list of objects in an envelope, byte for byte. What is
// wrong inside one object is left for that object to answer for; a bundle is no
// envelope (3.7), and other members are ignored (7.1).
func objectsIn(body []byte) ([]byte, error) {
	bad := func(detail string) error {
		return fault.New(fault.Invalid, "taxii.envelope", "The body is not an envelope: %s.", detail).
			Try(`Send {"objects": [ … ]} with STIX objects in it.`)
	}
	d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return nil, bad("it is not a JSON object")
	}
	var list []byte
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, bad("it is not JSON")
		}
		named := name.String() // before the next read reuses it
		value, err := d.ReadValue()
		switch {
		case err != nil:
			return nil, bad("it is not JSON")
		case named == "type":
			return nil, bad("it has a type, as a bundle or an object has")
		case named != "objects":
			continue
		case list != nil:
			return nil, bad("it has two lists of objects")
		case value.Kind() != '[':
			return nil, bad("its objects are not a list")
		}
		list = bytes.Clone(value)
	}
	if token, err := d.ReadToken(); err != nil || token.Kind() != '}' {
		return nil, bad("it is not JSON")
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, bad("something follows it")
	}
	if list == nil {
		return []byte("[]"), nil
	}
	return list, nil
}

// status answers what became of objects the same party added.
func (s *Server) status(rq request) error {
	c, err := s.cfg.Exchange.Contribution(rq.r.Context(), rq.from, rq.at.status)
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, statusOfContribution(c))
	return nil
}

func statusOfContribution(c exchange.Contribution) statusBody {
	b := statusBody{ID: c.ID, Status: "complete", Requested: timestamp(c.At), Total: len(c.Lines)}
	for _, l := range c.Lines {
		d := statusDetail{ID: l.ID, Version: l.Version, Message: l.Code}
		if d.Version == "" {
			d.Version = unversioned
		}
		if l.Code == "" {
			b.Successes = append(b.Successes, d)
			continue
		}
		d.Message += ": " + l.Detail
		b.Failures = append(b.Failures, d)
	}
	b.Success, b.Failure = len(b.Successes), len(b.Failures)
	return b
}
