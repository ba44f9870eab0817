package strictjson

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"entente/internal/fault"
)

// Limits bound what one document may cost. A zero field means its default.
type Limits struct {
	Bytes  int // length of the document
	Depth  int // nested arrays and objects
	Tokens int // values, names and delimiters: memory follows tokens, not bytes
}

// Default returns the limits for one object: 16 MiB, 64 levels, 200 000 tokens.
func Default() Limits { return Limits{Bytes: 16 << 20, Depth: 64, Tokens: 200_000} }

func (l Limits) orDefault() Limits {
	d := Default()
	if l.Bytes == 0 {
		l.Bytes = d.Bytes
	}
	if l.Depth == 0 {
		l.Depth = d.Depth
	}
	if l.Tokens == 0 {
		l.Tokens = d.Tokens
	}
	return l
}

// Parse reads exactly one JSON value and nothing after it. It returns an
// invalid fault with one of the codes json.size, json.depth, json.tokens,
// json.utf8, json.duplicate, json.number, json.trailing and json.syntax, which
// points at the offending value.
//
// Strings of the result share memory with one copy of b.
func Parse(b []byte, l Limits) (Value, error) {
	l = l.orDefault()
	if len(b) > l.Bytes {
		return Value{}, refuse("json.size", "", l.Bytes, "The document is longer than %d bytes.", l.Bytes).
			Try("Split the document.")
	}
	if at := firstBadByte(b); at >= 0 {
		return Value{}, refuse("json.utf8", "", at, "The document is not UTF-8 without a byte order mark.").
			Try("Send UTF-8 without a byte order mark.")
	}
	p := parser{src: string(b), limits: l, dec: jsontext.NewDecoder(bytes.NewBuffer(b)), members: make([]Member, 0, 16)}
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	if at := p.skip(false); at != len(b) {
		return Value{}, refuse("json.trailing", "", at, "There is something after the end of the value.").
			Try("Send one JSON value and nothing else.")
	}
	return v, nil
}

// firstBadByte returns the offset of a byte order mark or of the first byte
// that is not UTF-8, and -1 when there is none.
func firstBadByte(b []byte) int {
	if bytes.HasPrefix(b, []byte("\ufeff")) {
		return 0
	}
	if utf8.Valid(b) {
		return -1
	}
	at := 0
	for at < len(b) {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return at
}

func refuse(code, pointer string, offset int, format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, format, args...).At(pointer, "at byte "+strconv.Itoa(offset))
}

type parser struct {
	src    string // the document, so that plain strings need no copy of their own
	limits Limits
	dec    *jsontext.Decoder
	tokens int

	items   []Value // of the arrays that are open
	members []Member
}

// skip returns the offset of the first byte after the last token that is not
// white space or, between tokens, punctuation.
func (p *parser) skip(punctuation bool) int {
	at := int(p.dec.InputOffset())
	for at < len(p.src) {
		switch p.src[at] {
		case ' ', '\t', '\r', '\n':
		case ',', ':':
			if !punctuation {
				return at
			}
		default:
			return at
		}
		at++
	}
	return at
}

// next reads one token and returns where it starts and ends.
func (p *parser) next() (t jsontext.Token, start, end int, err error) {
	if p.tokens++; p.tokens > p.limits.Tokens {
		return t, 0, 0, p.fail("json.tokens", int(p.dec.InputOffset()), "The document has more than %d values, names and brackets.", p.limits.Tokens).
			Try("Split the document.")
	}
	start = p.skip(true)
	t, err = p.dec.ReadToken()
	if err != nil {
		return t, 0, 0, p.syntax(err, start)
	}
	return t, start, int(p.dec.InputOffset()), nil
}

func (p *parser) fail(code string, at int, format string, args ...any) *fault.Error {
	return refuse(code, string(p.dec.StackPointer()), at, format, args...)
}

// syntax translates what the decoder refuses.
func (p *parser) syntax(err error, start int) error {
	pointer, at := string(p.dec.StackPointer()), start
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		pointer, at = string(s.JSONPointer), int(s.ByteOffset)
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return refuse("json.duplicate", pointer, at, "A name occurs twice in one object.").
			Try("Send each name once: two readers would disagree on which one counts.")
	case isSurrogate(p.src[min(at, len(p.src)):]):
		return refuse("json.utf8", pointer, at, "A string has half of a surrogate pair.").
			Try("Escape characters outside the basic plane as a pair, or not at all.")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refuse("json.syntax", pointer, len(p.src), "The document ends in the middle of a value.").
			Try("Send the whole document.")
	default:
		return refuse("json.syntax", pointer, at, "The document is not JSON.").
			Try("Send JSON as RFC 8259 defines it: no comments, no trailing commas, no NaN.").Because(err)
	}
}

func isSurrogate(s string) bool {
	return len(s) > 3 && s[0] == '\\' && s[1] == 'u' && (s[2]|0x20) == 'd' && strings.IndexByte("89abcdefABCDEF", s[3]) >= 0
}

func (p *parser) value(depth int) (Value, error) {
	t, start, end, err := p.next()
	if err != nil {
		return Value{}, err
	}
	return p.rest(t, start, end, depth)
}

// rest reads the value that begins with t.
func (p *parser) rest(t jsontext.Token, start, end, depth int) (v Value, err error) {
	v.Start, v.End = start, end
	switch t.Kind() {
	case 'n':
		v.Kind = Null
	case 't', 'f':
		v.Kind, v.Bool = Bool, t.Kind() == 't'
	case '"':
		v.Kind = String
		v.Text, err = p.text(t, start, end)
	case '0':
		v.Kind, v.Text = Number, p.src[start:end]
		err = p.number(v.Text, start)
	case '[', '{':
		if depth >= p.limits.Depth {
			return v, p.fail("json.depth", start, "The document nests deeper than %d levels.", p.limits.Depth).
				Try("Flatten the document.")
		}
		if t.Kind() == '[' {
			v.Kind = Array
			v.Items, v.End, err = p.array(depth + 1)
		} else {
			v.Kind = Object
			v.Members, v.End, err = p.object(depth + 1)
		}
	default: // the end of an array or object, which its own loop reads
	}
	return v, err
}

// array and object collect on a stack shared by all levels, so that each list
// of the tree is allocated once, in its exact size.
func (p *parser) array(depth int) (items []Value, end int, err error) {
	base := len(p.items)
	for {
		t, start, end, err := p.next()
		if err != nil {
			return nil, 0, err
		}
		if t.Kind() == ']' {
			items = append(items, p.items[base:]...)
			p.items = p.items[:base]
			return items, end, nil
		}
		v, err := p.rest(t, start, end, depth)
		if err != nil {
			return nil, 0, err
		}
		p.items = append(p.items, v)
	}
}

func (p *parser) object(depth int) (members []Member, end int, err error) {
	base := len(p.members)
	for {
		t, start, end, err := p.next()
		if err != nil {
			return nil, 0, err
		}
		if t.Kind() == '}' {
			members = append(members, p.members[base:]...)
			p.members = p.members[:base]
			return members, end, nil
		}
		name, err := p.text(t, start, end)
		if err != nil {
			return nil, 0, err
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, 0, err
		}
		p.members = append(p.members, Member{Name: name, Value: v})
	}
}

// text decodes a string and refuses what I-JSON forbids in one (RFC 7493,
// section 2.1: noncharacters) and NUL, where C readers stop and others do not.
func (p *parser) text(t jsontext.Token, start, end int) (string, error) {
	s := p.src[start+1 : end-1]
	escaped := strings.IndexByte(s, '\\') >= 0
	if !escaped && isASCII(s) {
		return s, nil // the decoder has refused control characters
	}
	if escaped {
		s = t.String()
	}
	for _, r := range s {
		if r == 0 || r&0xFFFE == 0xFFFE || (r >= 0xFDD0 && r <= 0xFDEF) {
			return "", p.fail("json.utf8", start, "A string has the code point U+%04X, which is not a character.", r).
				Try("Remove the code point.")
		}
	}
	return s, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Numbers that every reader takes for the same value (RFC 7493, section 2.2).
const (
	maxSafe     = 1<<53 - 1
	exactDigits = 15 // any decimal of so many digits survives a double
)

// number refuses literals that do not survive a double: -0, integers beyond
// 2^53−1, overflow, and underflow to nothing. Beyond 2^53 only exponent
// notation of few digits is left, as in 1e30.
func (p *parser) number(lit string, start int) error {
	if len(lit) < 16 && strings.IndexByte("123456789", lit[0]) >= 0 && !strings.ContainsAny(lit, "eE") {
		return nil // at most 15 digits and not zero
	}
	f, err := strconv.ParseFloat(lit, 64)
	mantissa, _, exponent := strings.Cut(strings.ReplaceAll(lit, "E", "e"), "e")
	digits := strings.Trim(strings.TrimPrefix(strings.ReplaceAll(mantissa, ".", ""), "-"), "0")
	var problem string
	switch {
	case err != nil:
		problem = "is too large"
	case f == 0 && lit[0] == '-':
		problem = "is minus zero"
	case f == 0 && digits != "":
		problem = "is too small"
	case math.Abs(f) > maxSafe && (!exponent || len(digits) > exactDigits):
		problem = "is beyond 2^53−1"
	default:
		return nil
	}
	return p.fail("json.number", start, "A number %s, so readers would disagree on its value.", problem).
		Try("Send such a number as a string.")
}
