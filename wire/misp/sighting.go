package misp

import (
	"net/http"
	"strconv"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// maxSighted bounds how many attributes one sighting of a value is noted on.
const maxSighted = 100

// addSighting takes in one sighting: of the attribute in the path or the body, or
// of every attribute that has one of the values and that the party may fetch.
func (s *Server) addSighting(rq request) error {
	body, err := s.body(rq)
	if err != nil {
		return err
	}
	v, err := strictjson.Parse(body, strictjson.Limits{Bytes: 1 << 20})
	if err != nil {
		return err
	}
	for _, wrap := range []string{"request", "Sighting"} {
		if inner := v.Get(wrap); inner != nil {
			v = *inner
		}
	}
	line := sightingOf(&v)
	id := firstOf(rq.arg, firstOf(textOf(v.Get("id")), textOf(v.Get("uuid"))))
	holders := []string{id}
	err = s.sight(rq, holders, line)
	if fault.KindOf(err) == fault.NotFound { // of an object then, or told by its value
		if holders, err = s.sighted(rq, id, valuesOf(&v)); err == nil {
			err = s.sight(rq, holders, line)
		}
	}
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]any{
		"saved": true, "success": true, "message": strconv.Itoa(len(holders)) + " sightings added.", "name": "Sighting added",
	})
	return nil
}

// sightingOf is a list of the one sighting that v describes.
func sightingOf(v *strictjson.Value) []byte {
	one := strictjson.Value{Kind: strictjson.Object}
	for _, name := range []string{"type", "source", "date_sighting", "timestamp", "uuid"} {
		m := v.Get(name)
		if m == nil || name == "uuid" && v.Get("type") == nil { // of the attribute then
			continue
		}
		one.Members = append(one.Members, strictjson.Member{Name: name, Value: *m})
	}
	list := strictjson.Value{Kind: strictjson.Array, Items: []strictjson.Value{one}}
	return strictjson.Append(nil, &list)
}

// sight adds one sighting to each of some attributes and objects.
func (s *Server) sight(rq request, holders []string, line []byte) error {
	for _, about := range holders {
		c, err := s.cfg.Exchange.ContributeSightings(rq.r.Context(), rq.from, about, line, "MISP")
		if err == nil {
			err = wrongSighting(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// valuesOf lists the values a sighting is of.
func valuesOf(v *strictjson.Value) (values []string) {
	for _, name := range []string{"value", "values"} {
		m := v.Get(name)
		if m == nil {
			continue
		}
		for _, item := range append(m.Items, *m) {
			if t := textOf(&item); t != "" {
				values = append(values, t)
			}
		}
	}
	return values
}

// sighted finds in the party's events what has a UUID, or one of some values.
func (s *Server) sighted(rq request, id string, values []string) ([]string, error) {
	var holders []string
	all, err := s.cfg.Exchange.FeedEvents(rq.r.Context(), rq.from)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		w, err := s.whole(rq, e.UUID)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if id != "" {
			holders = append(holders, w.Holder(id, "")...)
			continue
		}
		for _, value := range values {
			holders = append(holders, w.Holder("", value)...)
		}
	}
	if len(holders) == 0 {
		return nil, fault.New(fault.NotFound, "event.attribute", "There is no such attribute for you.").Try("Take its UUID from the event.")
	}
	return holders[:min(len(holders), maxSighted)], nil
}

func wrongSighting(c exchange.Contribution) error {
	for _, l := range c.Lines {
		if l.Code != "" {
			return fault.New(fault.Invalid, l.Code, "%s", l.Detail)
		}
	}
	return nil
}

// bulkSightings takes in the sightings a MISP server pushes for one event.
func (s *Server) bulkSightings(rq request) error {
	w, err := s.whole(rq, rq.arg)
	if err != nil {
		return err
	}
	list, err := s.list(rq)
	if err != nil {
		return err
	}
	saved := 0
	for i := range list {
		about := textOf(list[i].Get("attribute_uuid"))
		if about == "" {
			about = textOf(list[i].Get("Attribute").Get("uuid"))
		}
		for _, holder := range w.Holder(about, "") {
			one := strictjson.Value{Kind: strictjson.Array, Items: list[i : i+1]}
			c, err := s.cfg.Exchange.ContributeSightings(rq.r.Context(), rq.from, holder, strictjson.Append(nil, &one), "MISP")
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			if err == nil && wrongSighting(c) == nil {
				saved++
			}
		}
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]any{"saved": saved > 0, "success": strconv.Itoa(saved) + " sightings added."})
	return nil
}

// filterSightings says which sightings of an event are here already: none, since
// the same one sent twice is one.
func (s *Server) filterSightings(rq request) error {
	if _, err := s.whole(rq, rq.arg); err != nil {
		return err
	}
	return s.none(rq)
}

// sightings lists none: those released to the party are in its events.
func (s *Server) sightings(rq request) error { return s.noneWrapped(rq) }
