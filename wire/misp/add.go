package misp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"entente/exchange"
	"entente/intel/misp"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// add takes in an event. Each part of it is judged on its own; the event as a
// whole is refused only when it cannot be taken apart.
func (s *Server) add(rq request) error {
	body, err := s.body(rq)
	if err != nil {
		return err
	}
	return s.takeIn(rq, body)
}

// edit takes in another edition of an event, which has to be the one of the path.
func (s *Server) edit(rq request) error {
	body, err := s.body(rq)
	if err != nil {
		return err
	}
	head, err := misp.HeadOf(body)
	if err != nil {
		return err
	}
	if id := strings.ToLower(head.UUID); rq.arg != id && rq.arg != misp.EventNumber(id) {
		return fault.New(fault.Invalid, "misp.uuid", "The event in the body is another than that of the path.").
			At("/Event/uuid", "is not the one in the path").Try("Send the event under its own uuid.")
	}
	return s.takeIn(rq, body)
}

// eventAnswer is an event that was taken in, and what was wrong with parts of it.
// Clients show errors, by the place in what they sent.
type eventAnswer struct {
	Event  jsontext.Value    `json:"Event"`
	Errors map[string]string `json:"errors,omitempty"`
}

func (s *Server) takeIn(rq request, body []byte) error {
	stamp, err := s.stamp(rq, body)
	if err != nil {
		return err
	}
	doc, err := misp.Complete(body, stamp, s.cfg.NewID)
	if err != nil {
		return err
	}
	c, err := s.cfg.Exchange.ContributeEvent(rq.r.Context(), rq.from, doc, "MISP")
	if err != nil {
		return err
	}
	shown := c.Document
	if _, brief := rq.with["metadata"]; brief {
		shown = c.Brief
	}
	w, err := misp.ReadWhole(shown)
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, eventAnswer{Event: w.Entry(false), Errors: refused(c)})
	return nil
}

// stamp is the timestamp of what the client gave none: now, or the second after
// its last edition. MISP counts seconds, and two editions of one would be two
// contents of one version.
func (s *Server) stamp(rq request, body []byte) (time.Time, error) {
	now := s.cfg.Now()
	head, err := misp.HeadOf(body)
	if err != nil || head.UUID == "" {
		return now, err
	}
	last, err := s.cfg.Exchange.ContributedEvents(rq.r.Context(), rq.from, strings.ToLower(head.UUID))
	if err == nil && len(last) == 1 && now.Before(last[0].Changed.Add(time.Second)) {
		now = last[0].Changed.Add(time.Second)
	}
	return now, err
}

func refused(c exchange.Contribution) map[string]string {
	wrong := map[string]string{}
	for _, l := range c.Lines {
		if l.Code != "" {
			wrong[firstOf(l.Pointer, l.ID)] = l.Code + ": " + l.Detail
		}
	}
	return wrong
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// maxAsked bounds a list of events that a client asks about.
const maxAsked = 100_000

// filterForPush says which events of a list are wanted. What counts is what the
// client added itself: the answer tells nothing of other events.
func (s *Server) filterForPush(rq request) error {
	offered, err := s.list(rq, maxAsked)
	if err != nil {
		return err
	}
	own, err := s.cfg.Exchange.ContributedEvents(rq.r.Context(), rq.from, "")
	if err != nil {
		return err
	}
	have := map[string]time.Time{}
	for _, c := range own {
		have[c.Event] = c.Changed
	}
	wanted := []string{}
	for i := range offered {
		ev := offered[i].Get("Event")
		id := textOf(ev.Get("uuid"))
		seconds, _ := strconv.ParseInt(textOf(ev.Get("timestamp")), 10, 64)
		if at, known := have[strings.ToLower(id)]; id != "" && (!known || at.Before(time.Unix(seconds, 0))) {
			wanted = append(wanted, id)
		}
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, wanted)
	return nil
}

// list reads a body that is a JSON list of at most so many.
func (s *Server) list(rq request, most int) ([]strictjson.Value, error) {
	body, err := s.body(rq)
	if err != nil {
		return nil, err
	}
	v, err := strictjson.Parse(body, strictjson.Limits{Bytes: int(s.cfg.MaxBody), Tokens: 10 * maxAsked})
	if err != nil {
		return nil, err
	}
	if v.Kind != strictjson.Array || len(v.Items) > most {
		return nil, fault.New(fault.Invalid, "misp.query", "The body is no list of at most %d.", most).At("", "is no such list")
	}
	return v.Items, nil
}

// textOf is a value as text; MISP writes numbers either way.
func textOf(v *strictjson.Value) string {
	if v == nil || v.Kind != strictjson.String && v.Kind != strictjson.Number {
		return ""
	}
	return v.Text
}

// publish refuses what does not happen through this door: an event that was
// added is with the people of this node, who decide about it.
func (*Server) publish(request) error {
	return fault.New(fault.Forbidden, "misp.publish", "Nothing is published through this door.").
		Try("What you add is taken in. Who may have it is decided here, for each party, under the agreements that bind both sides.")
}

// remove refuses to delete, as the TAXII door does.
func (*Server) remove(request) error {
	return fault.New(fault.Forbidden, "misp.delete", "Nothing is deleted through this door.").
		Try("What was released to you is taken back by its sender; delete your own copy. For what you added, set deleted on its parts and send it again.")
}
