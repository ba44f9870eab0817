package misp

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// Organisation is a party as MISP names it.
type Organisation struct {
	UUID string
	Name string
}

// Edition is one event as it is handed to one client.
type Edition struct {
	UUID    string
	Report  string       // id of its report or grouping; "" when the objects are in none
	Changed time.Time    // when the client could last see something new in it
	Org     Organisation // who hands it out
	Brief   bool         // only what the event says of itself
}

// WriteEvent writes the objects of a release as one event. Where they have
// several reports, what none of them names goes with the first. What MISP has no
// place for is left out, see [Write].
func WriteEvent(objects []*intel.Object, e Edition) []byte {
	w := newWriter(objects)
	w.edition = &e
	var report *strictjson.Value
	var ids []string
	if report = w.byID[e.Report]; report != nil && !e.Brief {
		ids = w.under(report)
	}
	if !e.Brief && (report == nil || w.reports[0] == report) {
		ids = append(ids, w.unnamed()...)
	}
	w.event(report, ids)
	return w.out.Events[0]
}

// unnamed returns the objects that no report names.
func (w *writer) unnamed() []string {
	named := map[string]bool{}
	for _, r := range w.reports {
		named[r.GetText("id")] = true
		for _, id := range w.under(r) {
			named[id] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(w.order), func(id string) bool { return named[id] })
}

// hand makes a written event the edition of one client.
func (w *writer) hand() {
	e, changed := w.edition, strconv.FormatInt(w.edition.Changed.Unix(), 10)
	w.ev.Set("id", str(EventNumber(e.UUID)))
	each(w.ev, func(part *strictjson.Value) { part.Set("distribution", str(inherit)) })
	w.ev.Set("published", truth(true)) // to this client it is
	w.ev.Set("publish_timestamp", str(changed))
	// A client takes nothing that is not newer than what it has.
	if t, ok := unix(w.ev.GetText("timestamp")); !ok || t.Before(e.Changed) {
		w.ev.Set("timestamp", str(changed))
	}
	for _, name := range []string{"threat_level_id", "analysis"} {
		if w.ev.Get(name) == nil {
			w.ev.Set(name, str(undefined[name]))
		}
	}
	org := object(member("uuid", str(e.Org.UUID)), member("name", str(e.Org.Name)))
	w.ev.Set("Org", org)
	if w.ev.Get("Orgc") == nil {
		w.ev.Set("Orgc", org.Clone())
	}
	if e.Brief {
		*w.ev = briefly(w.ev)
	}
}

// undefined is what MISP writes where nothing was said: undefined threat, initial
// analysis.
var undefined = map[string]string{"threat_level_id": "4", "analysis": "0"}

// Levels of distribution.
const (
	ownOrganisation = "0"
	inherit         = "5" // that of its event
)

// each calls f with every attribute, object and report of an event.
func each(ev *strictjson.Value, f func(part *strictjson.Value)) {
	all := func(list *strictjson.Value) {
		for i := range listOf(list) {
			f(&list.Items[i])
		}
	}
	all(ev.Get("Attribute"))
	all(ev.Get("EventReport"))
	objects := ev.Get("Object")
	all(objects)
	for i := range listOf(objects) {
		all(objects.Items[i].Get("Attribute"))
	}
}

func listOf(v *strictjson.Value) []strictjson.Value {
	if v == nil {
		return nil
	}
	return v.Items
}

// EventNumber is the id by which clients that cannot use a UUID call an event: a
// number worked out from the UUID, so that it tells nothing of other events.
func EventNumber(id string) string {
	u, err := uuid.Parse(id)
	if err != nil {
		return "0"
	}
	return strconv.FormatUint(uint64(u[0]&0x7f)<<24|uint64(u[1])<<16|uint64(u[2])<<8|uint64(u[3]), 10)
}

// Head is what an event says of itself.
type Head struct {
	UUID      string
	Timestamp time.Time // zero when it does not say
	Brief     []byte    // {"Event": …} without its content, at most 64 KiB
}

// HeadOf reads the head of the one event in a document. It returns an invalid
// fault "misp.not-event" when there is none or more than one.
func HeadOf(doc []byte) (Head, error) {
	raw, err := only(doc)
	if err != nil {
		return Head{}, err
	}
	members, err := stix.Members(raw)
	if err != nil {
		return Head{}, err
	}
	ev := object()
	for _, m := range members {
		switch m.Name {
		case "uuid", "info", "date", "timestamp", "publish_timestamp", "published", "analysis", "threat_level_id", "Orgc", "Tag":
			v, err := strictjson.Parse(m.Raw, strictjson.Default())
			if err != nil {
				return Head{}, err
			}
			ev.Set(m.Name, v)
		}
	}
	h := Head{UUID: scalar(&ev, "uuid")}
	h.Timestamp, _ = unix(scalar(&ev, "timestamp"))
	ev.Set("id", str(EventNumber(h.UUID)))
	brief := object(member("Event", briefly(&ev)))
	h.Brief = strictjson.Append(nil, &brief)
	return h, nil
}

// only returns the bytes of the one event in a document.
func only(doc []byte) ([]byte, error) {
	members, err := stix.Members(doc)
	if err != nil {
		return nil, err
	}
	if has := stix.Names(members); !has["Event"] {
		if has["response"] || !has["info"] && !has["Attribute"] && !has["Object"] {
			return nil, notEvent("")
		}
		return doc, nil
	}
	var raw []byte
	for _, m := range members {
		if m.Name == "Event" {
			if raw != nil {
				return nil, notEvent("/Event")
			}
			raw = m.Raw
		}
	}
	return raw, nil
}

// maxTokens is of an event that is completed: four for each value, as the parts
// are counted.
const maxTokens = 40 * maxParts

// Complete gives an event, and every attribute, object and report of it that has
// none, a UUID and the timestamp now: the server gives them where a client does
// not, since without them the next edition could not be told from this one. The
// result is {"Event": …}; an event that lacks nothing keeps its bytes.
//
// newID makes UUIDs. The event has to be JSON with each name once; parts that
// are no attributes are left for [Parse] to refuse.
func Complete(doc []byte, now time.Time, newID func() string) ([]byte, error) {
	raw, err := only(doc)
	if err != nil {
		return nil, err
	}
	ev, err := strictjson.Parse(raw, strictjson.Limits{Bytes: maxDocument, Tokens: maxTokens})
	if err != nil {
		return nil, err
	}
	if ev.Kind != strictjson.Object {
		return nil, notEvent("/Event")
	}
	c := completer{now: strconv.FormatInt(now.Unix(), 10), newID: newID}
	c.part(&ev)
	each(&ev, c.part)
	if c.added {
		raw = strictjson.Append(nil, &ev)
	}
	return slices.Concat([]byte(`{"Event":`), raw, []byte("}")), nil
}

type completer struct {
	now   string
	newID func() string
	added bool
}

func (c *completer) part(v *strictjson.Value) {
	if v.Kind != strictjson.Object {
		return
	}
	if scalar(v, "uuid") == "" {
		v.Set("uuid", str(c.newID()))
		c.added = true
	}
	if scalar(v, "timestamp") == "" {
		v.Set("timestamp", str(c.now))
		c.added = true
	}
}
