package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// String returns the pattern in its canonical form: one space, the first
// spelling of each operator, and only the parentheses that are needed.
func (p *Pattern) String() string { return string(p.Root.appendTo(nil)) }

func (o *Observation) appendTo(dst []byte) []byte {
	return append(o.Test.appendTo(append(dst, '[')), ']')
}

func (j *Join) appendTo(dst []byte) []byte {
	for i, of := range j.Of {
		if i > 0 {
			dst = append(append(append(dst, ' '), j.Op.String()...), ' ')
		}
		inner, isJoin := of.(*Join)
		dst = grouped(dst, isJoin && inner.Op >= j.Op, of)
	}
	return dst
}

func (q *Qualified) appendTo(dst []byte) []byte {
	_, plain := q.Of.(*Observation)
	if _, twice := q.duplicate(); twice {
		plain = false // only a group may have two qualifiers of a kind
	}
	dst = grouped(dst, !plain, q.Of)
	for i := range q.By {
		dst = q.By[i].appendTo(append(dst, ' '))
	}
	return dst
}

// duplicate returns the place of the second qualifier of one kind.
func (q *Qualified) duplicate() (at int, twice bool) {
	var seen [StartStop + 1]bool
	for i := range q.By {
		if seen[q.By[i].Kind] {
			return q.By[i].at, true
		}
		seen[q.By[i].Kind] = true
	}
	return 0, false
}

func (q *Qualifier) appendTo(dst []byte) []byte {
	switch q.Kind {
	case Within:
		return append(append(append(dst, "WITHIN "...), q.Seconds...), " SECONDS"...)
	case Repeats:
		return append(strconv.AppendInt(append(dst, "REPEATS "...), int64(q.Times), 10), " TIMES"...)
	default:
		dst = Constant{Timestamp, q.Start}.appendTo(append(dst, "START "...))
		return Constant{Timestamp, q.Stop}.appendTo(append(dst, " STOP "...))
	}
}

func (j *Junction) appendTo(dst []byte) []byte {
	for i, of := range j.Of {
		if i > 0 {
			dst = append(append(append(dst, ' '), j.Op.String()...), ' ')
		}
		inner, isJunction := of.(*Junction)
		dst = grouped(dst, isJunction && inner.Op >= j.Op, of)
	}
	return dst
}

func grouped(dst []byte, parentheses bool, of interface{ appendTo([]byte) []byte }) []byte {
	if !parentheses {
		return of.appendTo(dst)
	}
	return append(of.appendTo(append(dst, '(')), ')')
}

func (c *Comparison) appendTo(dst []byte) []byte {
	if c.Op == Exists {
		if c.Not {
			dst = append(dst, "NOT "...)
		}
		return c.Path.appendTo(append(dst, "EXISTS "...))
	}
	dst = append(c.Path.appendTo(dst), ' ')
	if c.Not {
		dst = append(dst, "NOT "...)
	}
	dst = append(append(dst, c.Op.String()...), ' ')
	if c.Op != In {
		return c.Values[0].appendTo(dst)
	}
	dst = append(dst, '(')
	for i, v := range c.Values {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = v.appendTo(dst)
	}
	return append(dst, ')')
}

// String returns the path as patterns write it, such as
// "file:hashes.'SHA-256'".
func (p Path) String() string { return string(p.appendTo(nil)) }

func (p Path) appendTo(dst []byte) []byte {
	dst = append(append(dst, p.Type...), ':')
	for i, s := range p.Steps {
		switch s.Kind {
		case AnyStep:
			dst = append(dst, "[*]"...)
		case IndexStep:
			dst = append(strconv.AppendInt(append(dst, '['), int64(s.Index), 10), ']')
		default:
			if i > 0 {
				dst = append(dst, '.')
			}
			dst = appendKey(dst, s.Key)
		}
	}
	return dst
}

// appendKey quotes a key that would not be read as one identifier.
func appendKey(dst []byte, key string) []byte {
	l := lexer{src: key}
	if key != "" && isLetter(key[0]) && l.word(token{}).kind == nameToken && l.at == len(key) {
		return append(dst, key...)
	}
	return Constant{String, key}.appendTo(dst)
}

// String returns the constant as patterns write it.
func (c Constant) String() string { return string(c.appendTo(nil)) }

var quoting = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

func (c Constant) appendTo(dst []byte) []byte {
	switch c.Kind {
	case Integer, Float, Boolean:
		return append(dst, c.Text...)
	case Timestamp:
		dst = append(append(dst, "t'"...), c.Text...)
	case Hex:
		dst = hex.AppendEncode(append(dst, "h'"...), []byte(c.Text))
	case Binary:
		dst = base64.StdEncoding.AppendEncode(append(dst, "b'"...), []byte(c.Text))
	default:
		dst = append(append(dst, '\''), quoting.Replace(c.Text)...)
	}
	return append(dst, '\'')
}
