package misp

import (
	"strings"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Whole is an event that is read to be searched, shown or cut.
type Whole struct{ doc strictjson.Value }

// ReadWhole reads {"Event": …}.
func ReadWhole(doc []byte) (*Whole, error) {
	v, err := strictjson.Parse(doc, strictjson.Limits{Bytes: maxDocument, Tokens: maxTokens})
	if err != nil {
		return nil, err
	}
	if ev := v.Get("Event"); ev == nil || ev.Kind != strictjson.Object {
		return nil, notEvent("/Event")
	}
	return &Whole{doc: v}, nil
}

func (w *Whole) event() *strictjson.Value { return w.doc.Get("Event") }

// JSON is {"Event": …}.
func (w *Whole) JSON() []byte { return strictjson.Append(nil, &w.doc) }

// Entry is one line of events/index: the event's own fields, unwrapped.
func (w *Whole) Entry(minimal bool) []byte {
	ev := w.event()
	if !minimal {
		return strictjson.Append(nil, ev)
	}
	line := object()
	for _, name := range []string{"id", "timestamp", "published", "uuid"} {
		if m := ev.Get(name); m != nil {
			line.Set(name, *m)
		}
	}
	line.Set("sighting_timestamp", str("0"))
	line.Set("orgc_uuid", str(ev.Get("Orgc").GetText("uuid")))
	return strictjson.Append(nil, &line)
}

// Cut takes out what a client did not ask for: deleted attributes and objects,
// and the bytes of attachments.
func (w *Whole) Cut(deleted, data bool) {
	ev := w.event()
	keep := func(v *strictjson.Value) {
		if v == nil {
			return
		}
		kept := v.Items[:0]
		for i := range v.Items {
			if is, _ := flag(&v.Items[i], "deleted"); is && !deleted {
				continue
			}
			if !data {
				v.Items[i].Drop("data")
			}
			kept = append(kept, v.Items[i])
		}
		v.Items = kept
	}
	keep(ev.Get("Attribute"))
	keep(ev.Get("Object"))
	keep(ev.Get("EventReport"))
	if objects := ev.Get("Object"); objects != nil {
		for i := range objects.Items {
			keep(objects.Items[i].Get("Attribute"))
		}
	}
}

// each calls f with every attribute, and the object it is of.
func (w *Whole) each(f func(a, within *strictjson.Value)) {
	ev := w.event()
	for i := range ev.GetList("Attribute") {
		f(&ev.Get("Attribute").Items[i], nil)
	}
	objects := ev.Get("Object")
	if objects == nil {
		return
	}
	for i := range objects.Items {
		o := &objects.Items[i]
		for j := range o.GetList("Attribute") {
			f(&o.Get("Attribute").Items[j], o)
		}
	}
}

// Holder returns the UUID under which something of the event is shared: an
// attribute's own, or that of the object an attribute is part of. Values are
// compared whole.
func (w *Whole) Holder(uuid, value string) (holders []string) {
	w.each(func(a, within *strictjson.Value) {
		if uuid != "" && a.GetText("uuid") != uuid || value != "" && a.GetText("value") != value {
			return
		}
		if within != nil {
			a = within
		}
		holders = append(holders, a.GetText("uuid"))
	})
	return holders
}

// MatchHead reports whether what an event says of itself is what a query wants:
// all of it that needs no content.
func (q *Query) MatchHead(w *Whole) bool {
	ev := w.event()
	day, _ := dated(ev.GetText("date"))
	stamp, _ := unix(scalar(ev, "timestamp"))
	out, _ := unix(scalar(ev, "publish_timestamp"))
	is, _ := flag(ev, "published")
	org := ev.Get("Orgc")
	switch {
	case q.group, q.published != nil && *q.published != is:
		return false
	case !q.ids.match(ev.GetText("uuid"), scalar(ev, "id")), !q.info.match(ev.GetText("info")), !q.org.match(org.GetText("name"), org.GetText("uuid")):
		return false
	case !q.days.has(day), !q.eventChanged.has(stamp), !q.publishedAt.has(out):
		return false
	}
	return q.eventTags.match(tagged(ev)...)
}

// MatchIndex reports whether an entry of the index is what a query wants. The
// index has no content, so it answers for the event's own fields alone.
func (q *Query) MatchIndex(w *Whole) bool {
	ev := w.event()
	stamp, _ := unix(scalar(ev, "timestamp"))
	return q.MatchHead(w) && q.uuids.match(ev.GetText("uuid")) && q.changed.has(stamp) && q.tags.match(tagged(ev)...) &&
		(q.anywhere == "" || contains(ev.GetText("info"), q.anywhere))
}

// MatchEvent reports whether a whole event is what a query wants.
func (q *Query) MatchEvent(w *Whole) bool {
	ev := w.event()
	if !q.MatchHead(w) {
		return false
	}
	stamp, _ := unix(scalar(ev, "timestamp"))
	if !q.changed.has(stamp) {
		return false
	}
	info := q.anywhere == "" || contains(ev.GetText("info"), q.anywhere)
	own := q.uuids.match(ev.GetText("uuid")) && q.tags.match(tagged(ev)...)
	if own && info && q.noContent() {
		return true
	}
	found := false
	w.each(func(a, within *strictjson.Value) {
		found = found || q.matchAttribute(ev, a, within, own) && (info || contains(a.GetText("value"), q.anywhere))
	})
	return found
}

// noContent reports whether a query asks nothing about attributes.
func (q *Query) noContent() bool {
	return q.values.empty() && q.types.empty() && q.category.empty() && q.objects.empty() && q.toIDs == nil
}

func (q *Query) matchAttribute(ev, a, within *strictjson.Value, own bool) bool {
	if is, _ := flag(a, "deleted"); is && !q.deleted {
		return false
	}
	if is, _ := flag(a, "to_ids"); q.toIDs != nil && *q.toIDs != is {
		return false
	}
	if !own && (!q.uuids.match(a.GetText("uuid"), ev.GetText("uuid")) || !q.tags.match(append(tagged(ev), tagged(a)...)...)) {
		return false
	}
	return q.values.match(append(strings.Split(a.GetText("value"), separator), a.GetText("value"))...) &&
		q.types.match(a.GetText("type")) && q.category.match(a.GetText("category")) && (q.objects.empty() || q.objects.match(within.GetText("name")))
}

// Attributes returns the attributes of an event that a query wants, each as
// attributes/restSearch has it.
func (q *Query) Attributes(w *Whole) (found [][]byte) {
	ev := w.event()
	if !q.MatchHead(w) {
		return nil
	}
	head := object()
	for _, name := range []string{"id", "uuid", "info", "distribution"} {
		if m := ev.Get(name); m != nil {
			head.Set(name, *m)
		}
	}
	w.each(func(a, within *strictjson.Value) {
		stamp, _ := unix(scalar(a, "timestamp"))
		if !q.matchAttribute(ev, a, within, false) || !q.changed.has(stamp) || q.anywhere != "" && !contains(a.GetText("value"), q.anywhere) {
			return
		}
		line := a.Clone()
		if !q.data {
			line.Drop("data")
		}
		line.Set("event_id", str(scalar(ev, "id")))
		line.Set("Event", head.Clone())
		found = append(found, strictjson.Append(nil, &line))
	})
	return found
}

// Wants says what of an event the answer to a query has.
func (q *Query) Wants() (deleted, data bool) { return q.deleted, q.data }

func contains(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

func tagged(v *strictjson.Value) (names []string) {
	for _, t := range v.GetList("Tag") {
		names = append(names, t.GetText("name"))
	}
	return names
}

// Page cuts a list as a query asks.
func Page[T any](q Query, all []T) []T {
	if q.Limit == 0 {
		return all
	}
	from := min(len(all), (q.Page-1)*q.Limit)
	return all[from:min(len(all), from+q.Limit)]
}

// CheckFormat refuses a form of answer that there is not.
func (q *Query) CheckFormat() error {
	if q.Format == "json" {
		return nil
	}
	return fault.New(fault.Invalid, "misp.format", "This node answers searches in JSON only, not in %.20q.", q.Format).
		At("/returnFormat", "is not json").Try("Leave returnFormat out, or convert what you get.")
}
