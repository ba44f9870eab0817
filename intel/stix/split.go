package stix

import (
	"bytes"
	"strconv"

	"entente/internal/fault"
)

// element is the place of one value in a document.
type element struct {
	name       []byte // the quoted name, of a member
	start, end int
}

// splitter finds where the parts of a document begin and end without judging
// them, so that what is wrong inside one part stays there. It understands
// strings and brackets and nothing else.
type splitter struct {
	src []byte
	at  int
}

func (s *splitter) space() {
	for s.at < len(s.src) && bytes.IndexByte([]byte(" \t\r\n"), s.src[s.at]) >= 0 {
		s.at++
	}
}

// is consumes b when it is next.
func (s *splitter) is(b byte) bool {
	s.space()
	if s.at < len(s.src) && s.src[s.at] == b {
		s.at++
		return true
	}
	return false
}

func (s *splitter) fail(what string) error {
	return fault.New(fault.Invalid, "json.syntax", "The document cannot be taken apart: %s.", what).
		At("", "at byte "+strconv.Itoa(s.at)).Try("Send one JSON object, bundle or list of objects.")
}

func (s *splitter) tooMany(what string) error {
	return fault.New(fault.Invalid, "json.tokens", "The document has more than %d %s.", maxObjects, what).
		At("", "at byte "+strconv.Itoa(s.at)).Try("Split the document.")
}

// quotation consumes a string.
func (s *splitter) quotation() error {
	for i := s.at + 1; i < len(s.src); i++ {
		switch s.src[i] {
		case '\\':
			i++
		case '"':
			s.at = i + 1
			return nil
		}
	}
	return s.fail("a string does not end")
}

// value consumes one value and returns its place. Brackets are counted, not
// matched: a value with the wrong ones is refused when it is parsed.
func (s *splitter) value() (element, error) {
	s.space()
	e := element{start: s.at}
	for depth := 0; s.at < len(s.src); {
		switch b := s.src[s.at]; b {
		case '"':
			if err := s.quotation(); err != nil {
				return e, err
			}
			if depth == 0 {
				e.end = s.at
				return e, nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				e.end = s.at
				return e, s.notEmpty(e)
			}
			if depth--; depth == 0 {
				s.at++
				e.end = s.at
				return e, nil
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				e.end = s.at
				return e, s.notEmpty(e)
			}
		}
		s.at++
	}
	return e, s.fail("it ends in the middle of a value")
}

func (s *splitter) notEmpty(e element) error {
	if e.start == e.end {
		return s.fail("a value is missing")
	}
	return nil
}

// items consumes a list and returns the places of its items.
func (s *splitter) items() ([]element, error) {
	if !s.is('[') {
		return nil, s.fail("a list was expected")
	}
	var found []element
	if s.is(']') {
		return nil, nil
	}
	for {
		e, err := s.value()
		if err != nil {
			return nil, err
		}
		found = append(found, e)
		switch {
		case len(found) > maxObjects:
			return nil, s.tooMany("objects")
		case s.is(']'):
			return found, nil
		case !s.is(','):
			return nil, s.fail("a comma was expected")
		}
	}
}

// members consumes an object and returns the places of its members.
func (s *splitter) members() ([]element, error) {
	if !s.is('{') {
		return nil, s.fail("an object was expected")
	}
	var found []element
	if s.is('}') {
		return nil, nil
	}
	for {
		s.space()
		from := s.at
		if from == len(s.src) || s.src[from] != '"' {
			return nil, s.fail("a name was expected")
		}
		if err := s.quotation(); err != nil {
			return nil, err
		}
		name := s.src[from:s.at]
		if !s.is(':') {
			return nil, s.fail("a colon was expected")
		}
		e, err := s.value()
		if err != nil {
			return nil, err
		}
		e.name = name
		found = append(found, e)
		switch {
		case len(found) > maxObjects:
			return nil, s.tooMany("members")
		case s.is('}'):
			return found, nil
		case !s.is(','):
			return nil, s.fail("a comma was expected")
		}
	}
}

// end checks that nothing follows.
func (s *splitter) end() error {
	s.space()
	if s.at == len(s.src) {
		return nil
	}
	return fault.New(fault.Invalid, "json.trailing", "There is something after the end of the document.").
		At("", "at byte "+strconv.Itoa(s.at)).Try("Send one document and nothing else.")
}
