// Package indicators reads lists of indicators, one value a line or CSV with a
// header, as STIX 2.1 indicators, and writes indicators and observables as CSV,
// so that a partner whose tools read lists is served from the same store.
//
// It does not fetch lists, does not judge values and asks nobody about them.
// Invariant: each line costs itself only. It is in one indicator that has the
// exact bytes of the line beside it, or it is rejected with them and a reason.
package indicators

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"entente/intel/conversion"
	"entente/intel/pattern"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Limits of a list. Published lists have up to some 100 000 lines of up to 40
// columns; a URL is rarely longer than 2 000 bytes.
const (
	maxDocument = 64 << 20
	maxLines    = 250_000  // with a value
	maxLine     = 64 << 10 // bytes, of a row also when it runs over several lines
	maxBreaks   = 64       // of lines, in a row
	maxColumns  = 256
	maxSample   = 64 // lines with a value that Is looks at
)

// namespace is where ids of indicators are made, of what a value is and the
// value alone: the same value in two lists is the same indicator.
var namespace = uuid.MustParse("6f0b7c52-0d7e-4c39-8e1b-5a9f2d84c6e1")

// Is reports whether a document is a list of indicators: neither JSON nor
// anything else, with a header that names a column of values, or lines whose
// first and most are indicators.
func Is(b []byte) bool {
	b = trimmed(b)
	if len(b) > maxDocument || bytes.HasPrefix(b, []byte("{")) || bytes.HasPrefix(b, []byte("[")) {
		return false
	}
	seen, known := 0, 0
	s := scanner{src: b}
	for seen < maxSample {
		p, ok := s.line()
		if !ok {
			break
		}
		if !utf8.Valid(p.Raw) || len(p.Raw) > maxLine {
			return false
		}
		if _, _, is, err := header(p.Raw); is && seen == 0 || err != nil {
			return true
		}
		text := plain(string(p.Raw))
		if text == "" {
			continue
		}
		seen++
		if _, err := detect(text); err == nil {
			known++
		} else if seen == 1 {
			return false
		}
	}
	return known > 0 && 2*known >= seen
}

// trimmed takes away the byte order mark that spreadsheets write.
func trimmed(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }

// Parse reads a list. It returns an error only for a document beyond the
// limits; whatever is wrong with one line is in its Rejected, with the number
// of the line as pointer and codes indicators.*.
//
// The result shares memory with b.
func Parse(b []byte) (stix.Bundle, error) {
	if len(b) > maxDocument {
		return stix.Bundle{}, stix.TooLong(maxDocument)
	}
	r := &reader{scanner: scanner{src: trimmed(b)}, first: map[string]firstSeen{}}
	if err := r.lines(r.remark); err != nil { // a label at the end holds from the beginning
		return stix.Bundle{}, err
	}
	r.scanner, r.columns, r.read = scanner{src: trimmed(b)}, columns{}, 0
	err := r.lines(func(p conversion.Part) {
		if err := r.keep(p); err != nil {
			r.Reject(p, "", err)
		}
	})
	return r.Bundle, err
}

// reader reads one list.
type reader struct {
	conversion.Account
	scanner

	columns   columns // of a CSV with a header
	separator byte
	read      int
	stated    conversion.Stated // what comments say about who may have the list
	first     map[string]firstSeen
}

// firstSeen is where an indicator was made, and of what.
type firstSeen struct {
	at   int // in Accepted
	made string
}

// lines reads the list, and gives each line that is not empty or a comment.
func (r *reader) lines(each func(conversion.Part)) error {
	for {
		p, ok := r.line()
		if !ok {
			return nil
		}
		if r.columns.at == nil && r.read == 0 {
			found, separator, is, err := header(p.Raw)
			if err != nil {
				return err
			}
			if is {
				r.columns, r.separator, r.comma = found, separator, separator
				r.stated.Add(found.stated)
				continue
			}
		}
		if plain(string(p.Raw)) == "" {
			r.stated.Read(uncommented(string(p.Raw)))
			continue
		}
		if r.read++; r.read > maxLines {
			return fault.New(fault.Invalid, "json.tokens", "The list has more than %d lines.", maxLines).At("", "is beyond what one document may hold").Try("Split the list.")
		}
		each(p)
	}
}

// keep makes the indicator of one line.
func (r *reader) keep(p conversion.Part) error {
	if len(p.Raw) > maxLine {
		return lineFault("indicators.line", "The line is longer than %d bytes.", maxLine).Try("Send one value a line.")
	}
	if !utf8.Valid(p.Raw) || bytes.IndexByte(p.Raw, 0) >= 0 {
		return lineFault("indicators.encoding", "The line is not UTF-8.").Try("Save the whole list as UTF-8.")
	}
	e := entry{value: plain(string(p.Raw))}
	if r.columns.at != nil {
		var err error
		if e, err = r.row(p.Raw); err != nil {
			return err
		}
	}
	e.stated.Add(r.stated)
	o, warning, err := e.indicator()
	if err != nil {
		return err
	}
	return r.once(p, o, strings.TrimPrefix(strings.TrimSuffix(e.closed+"; "+warning, "; "), "; "))
}

// once keeps an indicator, and tells where else the list has the same.
func (r *reader) once(p conversion.Part, o strictjson.Value, warning string) error {
	id, made := o.GetText("id"), string(strictjson.Append(nil, &o))
	if was, twice := r.first[id]; twice {
		a := &r.Bundle.Accepted[was.at]
		if was.made != made {
			return lineFault("indicators.duplicate", "The list says something else about the same value at %s.", a.Pointer).Try("Say all about one value in one line.")
		}
		a.Warnings = append(a.Warnings, fault.Field{Detail: "the same is at " + p.Pointer})
		return nil
	}
	if err := r.Keep(p, nil, o); err != nil { // ids are unique here
		return err
	}
	r.first[id] = firstSeen{len(r.Bundle.Accepted) - 1, made}
	if warning != "" {
		r.Warn(warning)
	}
	return nil
}

func lineFault(code, format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, format, args...)
}

// entry is what one line says.
type entry struct {
	value, kind, name, description string
	created, modified, from, until string
	confidence                     string
	labels                         []string
	stated                         conversion.Stated
	closed                         string // why, when a marking cannot be read
}

// indicator makes the indicator of an entry, and says what a person should look
// at.
//
// Times are those of the list or the epoch: the moment of reading would make
// the same list other objects each time.
func (e *entry) indicator() (strictjson.Value, string, error) {
	v, err := read(e.kind, e.value)
	if err != nil {
		return strictjson.Value{}, "", err
	}
	times, err := e.times()
	if err != nil {
		return strictjson.Value{}, "", err
	}
	o := conversion.Domain("indicator", stix.NameUUID(namespace, v.kind+" "+v.text), conversion.Version(times.created), conversion.Version(times.modified))
	o.SetText("name", e.name)
	o.SetText("description", e.description)
	src := v.pattern()
	if _, err := pattern.Parse(src); err != nil {
		return o, "", err
	}
	o.SetText("pattern", src)
	o.SetText("pattern_type", "stix")
	o.SetText("pattern_version", "2.1")
	o.SetText("valid_from", conversion.Version(times.from))
	if e.until != "" {
		o.SetText("valid_until", conversion.Version(times.until))
	}
	o.SetTexts("labels", e.labels)
	e.stated.Mark(&o)
	if err := e.sure(&o); err != nil {
		return o, "", err
	}
	return o, v.warning, nil
}

// words are the levels of the scale None / Low / Med / High (STIX 2.1,
// appendix A).
var words = map[string]string{"none": "0", "low": "15", "med": "50", "medium": "50", "high": "85"}

// sure sets the confidence.
func (e *entry) sure(o *strictjson.Value) error {
	if e.confidence == "" {
		return nil
	}
	level := e.confidence
	if w, ok := words[strings.ToLower(level)]; ok {
		level = w
	}
	n, err := strconv.Atoi(strings.TrimSuffix(level, "%"))
	if err != nil || n < 0 || n > 100 {
		return lineFault("indicators.cell", "The confidence is neither a number from 0 to 100 nor none, low, medium or high.").Try("Correct the confidence.")
	}
	o.Set("confidence", strictjson.NewNumber(strconv.Itoa(n)))
	return nil
}
