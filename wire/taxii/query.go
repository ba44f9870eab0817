package taxii

import (
	"crypto/sha256"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/problem"
	"entente/party"
)

// query is what the URL of a request asks for (3.4).
type query struct {
	after    time.Time
	limit    int // 0: as many as the server gives
	next     string
	ids      []string
	types    []string
	specs    []string
	versions exchange.FeedVersions
	// asked is every part of the question but next and limit, as read.
	asked []string
}

// maxValues bounds what one parameter may list.
const maxValues = 1000

func badQuery(name, detail string) error {
	return fault.New(fault.Invalid, "taxii.query", "The query is not one of TAXII 2.1: %s %s.", name, detail).
		Try("See section 3.4 of the standard.")
}

// parseQuery reads the parameters a resource has; others are ignored, as 3.4.1
// allows. What the standard calls malformed is refused.
func parseQuery(raw string, has []string) (query, error) {
	var q query
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, badQuery("the query string", "cannot be read")
	}
	for _, name := range has {
		given, ok := values[name]
		if !ok {
			continue
		}
		if len(given) != 1 {
			return q, badQuery(name, "occurs more than once")
		}
		if !problem.IsText(given[0]) {
			return q, badQuery(name, "is no text")
		}
		if name != "limit" && name != "next" {
			q.asked = append(q.asked, name, given[0])
		}
		if err := q.set(name, given[0]); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *query) set(name, text string) (err error) {
	switch name {
	case "added_after":
		var ok bool
		if q.after, ok = parseTime(text); !ok {
			return badQuery(name, "is not a timestamp")
		}
	case "limit":
		if q.limit, err = parseLimit(text); err != nil {
			return err
		}
	case "next":
		if q.next = text; text == "" {
			return badQuery(name, "is empty")
		}
	case "match[id]":
		q.ids, err = list(name, text)
	case "match[type]":
		q.types, err = list(name, text)
	case "match[spec_version]":
		q.specs, err = list(name, text)
	case "match[version]":
		q.versions, err = parseVersions(name, text)
	}
	return err
}

// parseTime takes any RFC 3339 timestamp: clients send milliseconds, or none.
func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil && !strings.Contains(text, ",")
}

// parseLimit takes a positive integer of any size; what is more than a page is
// a page (3.4).
func parseLimit(text string) (int, error) {
	digits := strings.TrimLeft(text, "0")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, badQuery("limit", "is not a positive integer")
	}
	n := 0
	for _, c := range digits[:min(len(digits), 9)] {
		n = 10*n + int(c-'0')
	}
	return n, nil
}

func list(name, text string) ([]string, error) {
	all := strings.Split(text, ",")
	if slices.Contains(all, "") {
		return nil, badQuery(name, "has an empty value")
	}
	if len(all) > maxValues {
		return nil, badQuery(name, "has too many values")
	}
	return all, nil
}

func parseVersions(name, text string) (v exchange.FeedVersions, err error) {
	all, err := list(name, text)
	if err != nil {
		return v, err
	}
	for _, word := range all {
		keyword := map[string]*bool{"all": &v.All, "first": &v.First, "last": &v.Last}[word]
		switch {
		case keyword != nil && *keyword:
			return v, badQuery(name, "has a keyword twice")
		case keyword != nil:
			*keyword = true
		case word == unversioned:
			v.Exact = append(v.Exact, "")
		default:
			moment := exchange.Moment(word)
			if moment == "" {
				return v, badQuery(name, "is neither first, last, all nor a timestamp")
			}
			v.Exact = append(v.Exact, moment)
		}
	}
	if v.All && len(all) > 1 {
		return v, badQuery(name, "has all beside something else")
	}
	return v, nil
}

// question is what a cursor is bound to: who asks what of which resource.
func (q *query) question(of party.ID, resource ...string) []byte {
	h := sha256.New()
	for _, part := range slices.Concat([]string{string(of)}, resource, []string{""}, q.asked) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// nothing reports whether the filters leave nothing out of anything: every
// object is of one version of STIX.
func (q *query) nothing() bool { return len(q.specs) > 0 && !slices.Contains(q.specs, stixSpec) }
