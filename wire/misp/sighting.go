package misp

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"entente/exchange"
	"entente/intel/misp"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

const (
	// maxSighted bounds the values of one sighting, and on how many attributes it
	// is noted.
	maxSighted = 100
	// maxBulk bounds the sightings a server pushes at a time.
	maxBulk = 1_000
)

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
		if holders, err = s.sighted(rq, id, &v); err == nil {
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
			err = wrongPart(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// valuesOf is the set of values a sighting is of.
func valuesOf(v *strictjson.Value) (map[string]bool, error) {
	values := map[string]bool{}
	for _, name := range []string{"value", "values"} {
		m := v.Get(name)
		if m == nil {
			continue
		}
		for _, item := range append(m.Items, *m) {
			if t := textOf(&item); t != "" {
				values[t] = true
			}
			if len(values) > maxSighted {
				return nil, fault.New(fault.Invalid, "misp.query", "The sighting is of more than %d values.", maxSighted).At("/"+name, "has too many members").
					Try("Send the values in parts.")
			}
		}
	}
	return values, nil
}

// sighted finds in the party's events what has a UUID, or one of the values that
// a sighting is of.
func (s *Server) sighted(rq request, id string, v *strictjson.Value) ([]string, error) {
	uuids, values := map[string]bool{id: true}, map[string]bool{}
	if id == "" {
		var err error
		if values, err = valuesOf(v); err != nil {
			return nil, err
		}
		uuids = nil
	}
	ctx := rq.r.Context()
	all, err := s.cfg.Exchange.FeedEvents(ctx, rq.from)
	if err != nil {
		return nil, err
	}
	var holders []string
	for _, e := range all {
		w, _, err := s.whole(rq, e.UUID)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err == nil {
			err = w.Holders(ctx, uuids, values, func(_, holder string) bool {
				if !slices.Contains(holders, holder) {
					holders = append(holders, holder)
				}
				return len(holders) < maxSighted
			})
		}
		if err != nil {
			return nil, err
		}
		if len(holders) == maxSighted {
			break
		}
	}
	if len(holders) == 0 {
		return nil, fault.New(fault.NotFound, "event.attribute", "There is no such attribute for you.").Try("Take its UUID from the event.")
	}
	return holders, nil
}

// wrong counts what was refused.
func wrong(c exchange.Contribution) (n int) {
	for _, l := range c.Lines {
		if l.Code != "" {
			n++
		}
	}
	return n
}

func wrongPart(c exchange.Contribution) error {
	for _, l := range c.Lines {
		if l.Code != "" {
			return fault.New(fault.Invalid, l.Code, "%s", l.Detail)
		}
	}
	return nil
}

// bulkSightings takes in the sightings a MISP server pushes for one event, those
// of one attribute or object together. One that names no attribute is of none.
func (s *Server) bulkSightings(rq request) error {
	w, _, err := s.whole(rq, rq.arg)
	if err != nil {
		return err
	}
	list, err := s.list(rq, maxBulk)
	if err != nil {
		return err
	}
	groups, err := s.byHolder(rq, w, list)
	if err != nil {
		return err
	}
	saved := 0
	for _, holder := range slices.Sorted(maps.Keys(groups)) {
		group := strictjson.Value{Kind: strictjson.Array, Items: groups[holder]}
		c, err := s.cfg.Exchange.ContributeSightings(rq.r.Context(), rq.from, holder, strictjson.Append(nil, &group), "MISP")
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err == nil {
			saved += max(0, len(group.Items)-wrong(c))
		}
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]any{"saved": saved > 0, "success": strconv.Itoa(saved) + " sightings added."})
	return nil
}

// byHolder groups sightings by what of an event they are shared with.
func (s *Server) byHolder(rq request, w *misp.Whole, list []strictjson.Value) (map[string][]strictjson.Value, error) {
	named := make([]string, len(list))
	wanted := map[string]bool{}
	for i := range list {
		named[i] = textOf(list[i].Get("attribute_uuid"))
		if named[i] == "" {
			named[i] = textOf(list[i].Get("Attribute").Get("uuid"))
		}
		if named[i] != "" {
			wanted[named[i]] = true
		}
	}
	holders := map[string]string{}
	err := w.Holders(rq.r.Context(), wanted, nil, func(attribute, holder string) bool {
		holders[attribute] = holder
		return true
	})
	groups := map[string][]strictjson.Value{}
	for i, attribute := range named {
		if holder := holders[attribute]; holder != "" {
			groups[holder] = append(groups[holder], list[i])
		}
	}
	return groups, err
}

// filterSightings says which sightings of an event are here already: none, since
// the same one sent twice is one.
func (s *Server) filterSightings(rq request) error {
	if _, _, err := s.whole(rq, rq.arg); err != nil {
		return err
	}
	return s.none(rq)
}

// sightings lists none: those released to the party are in its events.
func (s *Server) sightings(rq request) error { return s.noneWrapped(rq) }
