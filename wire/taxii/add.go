package taxii

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/inflate"
)

// maxRatio is how much larger than what was sent a compressed body may be.
const maxRatio = 20

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
	if len(rq.r.TransferEncoding) > 0 {
		// Where a length was sent too, whoever stands in between may have believed
		// that one: nothing more is read from this connection.
		rq.w.Header().Set("Connection", "close")
	}
	body, err := s.readBody(rq)
	if err != nil {
		// What is left of the body would be read as the next request.
		rq.w.Header().Set("Connection", "close")
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

func (s *Server) readBody(rq request) ([]byte, error) {
	tooLarge := fault.New(fault.Invalid, "taxii.size", "A body has at most %d bytes.", s.cfg.MaxBody).Try("Send fewer objects at once.")
	if rq.r.ContentLength > s.cfg.MaxBody {
		return nil, tooLarge
	}
	var body io.Reader = http.MaxBytesReader(rq.w, rq.r.Body, s.cfg.MaxBody)
	if rq.r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = inflate.NewReader(body, int(s.cfg.MaxBody), maxRatio); err != nil {
			return nil, interrupted(err, tooLarge)
		}
	}
	b, err := io.ReadAll(body)
	return b, interrupted(err, tooLarge)
}

func interrupted(err, tooLarge error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.New(fault.Unavailable, "taxii.interrupted", "The body did not arrive whole.").Try("Send it again.").Because(err)
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
