package misp

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Whole is an event that is read to be searched, shown or cut.
type Whole struct {
	doc strictjson.Value
	own head
}

// head is what an event says of itself. It is read once: an event may have as
// many members as attributes, and each look for one goes through them.
type head struct {
	uuid, number, info string
	orgName, orgUUID   string
	day, stamp, out    time.Time
	published          bool
	tags               []string
}

// ReadWhole reads {"Event": …}.
func ReadWhole(doc []byte) (*Whole, error) {
	v, err := strictjson.Parse(doc, strictjson.Limits{Bytes: maxDocument, Tokens: maxTokens})
	if err != nil {
		return nil, err
	}
	ev := v.Get("Event")
	if ev == nil || ev.Kind != strictjson.Object {
		return nil, notEvent("/Event")
	}
	return &Whole{doc: v, own: headOf(ev)}, nil
}

func headOf(ev *strictjson.Value) head {
	org := ev.Get("Orgc")
	h := head{
		uuid: ev.GetText("uuid"), number: scalar(ev, "id"), info: ev.GetText("info"),
		orgName: org.GetText("name"), orgUUID: org.GetText("uuid"), tags: tagged(ev),
	}
	h.day, _ = dated(ev.GetText("date"))
	h.stamp, _ = unix(scalar(ev, "timestamp"))
	h.out, _ = unix(scalar(ev, "publish_timestamp"))
	h.published, _ = flag(ev, "published")
	return h
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
	objects := ev.GetList("Object")
	for i := range objects {
		keep(objects[i].Get("Attribute"))
	}
}

// within is the object that an attribute is part of; nil is none.
type within struct{ name, uuid string }

// lookUp is how many attributes are gone through before somebody looks whether
// the answer is still waited for.
const lookUp = 256

// each calls f with every attribute, and the object it is of, until f wants no
// more. It ends with ctx.
func (w *Whole) each(ctx context.Context, f func(a *strictjson.Value, in *within) (more bool)) error {
	seen, more := 0, true
	all := func(attributes []strictjson.Value, in *within) error {
		for i := range attributes {
			if seen++; seen%lookUp == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if more = f(&attributes[i], in); !more {
				return nil
			}
		}
		return nil
	}
	ev := w.event()
	err := all(ev.GetList("Attribute"), nil)
	objects := ev.GetList("Object")
	for i := range objects {
		if err != nil || !more {
			return err
		}
		o := &objects[i]
		err = all(o.GetList("Attribute"), &within{o.GetText("name"), o.GetText("uuid")})
	}
	return err
}

// Holders calls f with the UUID of each attribute that has one of some UUIDs or
// values, and the UUID under which it is shared: its own, or that of the object it
// is part of, until f wants no more. Values are compared whole. It ends with ctx.
func (w *Whole) Holders(ctx context.Context, uuids, values map[string]bool, f func(attribute, holder string) (more bool)) error {
	return w.each(ctx, func(a *strictjson.Value, in *within) bool {
		own := a.GetText("uuid")
		if !uuids[own] && !values[a.GetText("value")] {
			return true
		}
		if in != nil {
			return f(own, in.uuid)
		}
		return f(own, own)
	})
}

// MatchHead reports whether what an event says of itself is what a query wants:
// all of it that needs no content.
func (q *Query) MatchHead(w *Whole) bool {
	h := &w.own
	switch {
	case q.group, q.published != nil && *q.published != h.published:
		return false
	case !q.ids.match(h.uuid, h.number), !q.info.match(h.info), !q.org.match(h.orgName, h.orgUUID):
		return false
	case !q.days.has(h.day), !q.eventChanged.has(h.stamp), !q.publishedAt.has(h.out):
		return false
	}
	return q.eventTags.match(h.tags...)
}

// MatchIndex reports whether an entry of the index is what a query wants. The
// index has no content, so it answers for the event's own fields alone.
func (q *Query) MatchIndex(w *Whole) bool {
	h := &w.own
	return q.MatchHead(w) && q.uuids.match(h.uuid) && q.changed.has(h.stamp) && q.tags.match(h.tags...) && q.contained(h.info)
}

// contained reports whether a text has what is looked for anywhere.
func (q *Query) contained(text string) bool {
	return q.anywhere == "" || strings.Contains(strings.ToLower(text), q.anywhere)
}

// MatchEvent reports whether a whole event is what a query wants. It ends with
// ctx.
func (q *Query) MatchEvent(ctx context.Context, w *Whole) (found bool, err error) {
	if !q.MatchHead(w) || !q.changed.has(w.own.stamp) {
		return false, nil
	}
	m := q.matcher(w)
	m.own = q.uuids.wanted(m.uuid) && q.tags.wanted(m.tags)
	info := q.contained(w.own.info)
	if m.own && info && q.noContent() {
		return true, nil
	}
	err = w.each(ctx, func(a *strictjson.Value, in *within) bool {
		found = m.match(a, in) && (info || q.contained(a.GetText("value")))
		return !found
	})
	return found, err
}

// noContent reports whether a query asks nothing about attributes.
func (q *Query) noContent() bool {
	return q.values.empty() && q.types.empty() && q.category.empty() && q.objects.empty() && q.toIDs == nil
}

// matcher compares the attributes of one event.
type matcher struct {
	q          *Query
	uuid, tags look // of the event
	own        bool // the event itself has the UUID and the tags
}

func (q *Query) matcher(w *Whole) matcher {
	return matcher{q: q, uuid: q.uuids.look(w.own.uuid), tags: q.tags.look(w.own.tags...)}
}

func (m *matcher) match(a *strictjson.Value, in *within) bool {
	q := m.q
	if is, _ := flag(a, "deleted"); is && !q.deleted {
		return false
	}
	if is, _ := flag(a, "to_ids"); q.toIDs != nil && *q.toIDs != is {
		return false
	}
	if !m.own && (!q.uuids.wanted(m.uuid, q.uuids.look(a.GetText("uuid"))) || !q.tags.wanted(m.tags, q.tags.look(tagged(a)...))) {
		return false
	}
	if !q.objects.empty() && (in == nil || !q.objects.match(in.name)) {
		return false
	}
	return q.matchValue(a.GetText("value")) && q.types.match(a.GetText("type")) && q.category.match(a.GetText("category"))
}

// matchValue compares a value, and each part of one that is made of two.
func (q *Query) matchValue(value string) bool {
	if q.values.empty() {
		return true
	}
	return q.values.match(append(strings.Split(value, separator), value)...)
}

// Attributes calls found with each attribute of an event that a query wants,
// until it wants no more; line writes it as attributes/restSearch has it. It ends
// with ctx.
func (q *Query) Attributes(ctx context.Context, w *Whole, found func(line func() []byte) (more bool)) error {
	if !q.MatchHead(w) {
		return nil
	}
	m, of := q.matcher(w), w.lineHead()
	return w.each(ctx, func(a *strictjson.Value, in *within) bool {
		stamp, _ := unix(scalar(a, "timestamp"))
		if !m.match(a, in) || !q.changed.has(stamp) || !q.contained(a.GetText("value")) {
			return true
		}
		return found(func() []byte {
			line := object(slices.Clone(a.Members)...)
			if !q.data {
				line.Drop("data")
			}
			line.Set("event_id", str(w.own.number))
			line.Set("Event", of)
			return strictjson.Append(nil, &line)
		})
	})
}

// lineHead is what a line about an attribute says of its event.
func (w *Whole) lineHead() strictjson.Value {
	ev, of := w.event(), object()
	for _, name := range []string{"id", "uuid", "info", "distribution"} {
		if m, ok := short(name, ev.Get(name)); ok {
			of.Set(name, m)
		}
	}
	return of
}

// Wants says what of an event the answer to a query has.
func (q *Query) Wants() (deleted, data bool) { return q.deleted, q.data }

func tagged(v *strictjson.Value) (names []string) {
	tags := v.GetList("Tag")
	for i := range tags {
		names = append(names, tags[i].GetText("name"))
	}
	return names
}

// CheckFormat refuses a form of answer that there is not.
func (q *Query) CheckFormat() error {
	if q.Format == "json" {
		return nil
	}
	return fault.New(fault.Invalid, "misp.format", "This node answers searches in JSON only, not in %.20q.", q.Format).
		At("/returnFormat", "is not json").Try("Leave returnFormat out, or convert what you get.")
}
