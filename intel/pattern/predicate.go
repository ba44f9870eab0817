package pattern

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"entente/internal/strictjson"
)

// operand is an observed value as section 9.6 compares it.
type operand struct {
	class  class
	text   string // of textClass and numberClass; the bytes of bytesClass
	truth  bool
	broken bool // a *_hex or *_bin that does not decode
}

// class is what can be compared with what.
type class uint8

const (
	otherClass class = iota // null, lists and objects are equal to no constant
	textClass
	bytesClass
	numberClass
	truthClass
	timeClass // of constants only: observed times are text
)

// operandOf reads a value by the name of its property: the suffix says how it
// is encoded (section 3.1).
func operandOf(v *strictjson.Value, name string) operand {
	switch v.Kind {
	case strictjson.String:
		var raw []byte
		var err error
		switch {
		case strings.HasSuffix(name, "_hex"):
			raw, err = hex.DecodeString(v.Text)
		case strings.HasSuffix(name, "_bin"):
			raw, err = base64.StdEncoding.DecodeString(v.Text)
		default:
			return operand{class: textClass, text: v.Text}
		}
		return operand{class: bytesClass, text: string(raw), broken: err != nil}
	case strictjson.Number:
		return operand{class: numberClass, text: v.Text}
	case strictjson.Bool:
		return operand{class: truthClass, truth: v.Bool}
	default:
		return operand{}
	}
}

// known is a constant, ready to be compared with.
type known struct {
	class  class
	text   string
	truth  bool
	moment instant
}

func knownOf(c Constant) (k known, ok bool) {
	k = known{text: c.Text}
	switch c.Kind {
	case Integer, Float:
		k.class = numberClass
	case Boolean:
		k.class, k.truth = truthClass, c.Text == "true"
	case Binary, Hex:
		k.class = bytesClass
	case Timestamp:
		k.class = timeClass
		k.moment, ok = instantOf(c.Text)
		return k, ok
	default:
		k.class = textClass
	}
	return k, true
}

// compare orders a value and a constant. Comparable is false for types that
// have no order between them. Wrong is not "" for a value that should have been
// of another form.
func (k *known) compare(v operand) (order int, comparable bool, wrong string) {
	switch {
	case v.broken:
		return 0, false, "is not encoded as the name of its property says"
	case k.class == timeClass && v.class == textClass:
		moment, ok := instantOf(v.text)
		if !ok {
			return 0, false, "is compared with a timestamp and is none"
		}
		return moment.compare(k.moment), true, ""
	case k.class == textClass && v.class == bytesClass:
		return strings.Compare(latin1(v.text), k.text), isBinary(k.text), ""
	case k.class == bytesClass && v.class == textClass:
		return strings.Compare(v.text, latin1(k.text)), isBinary(v.text), ""
	case k.class != v.class || k.class == otherClass:
		return 0, false, ""
	case k.class == numberClass:
		return compareNumbers(v.text, k.text), true, ""
	case k.class == truthClass:
		if v.truth == k.truth {
			return 0, true, ""
		}
		return 1, true, ""
	default:
		return strings.Compare(v.text, k.text), true, ""
	}
}

// compareNumbers compares integers exactly and everything else as doubles.
func compareNumbers(a, b string) int {
	if x, err := strconv.ParseInt(a, 10, 64); err == nil {
		if y, err := strconv.ParseInt(b, 10, 64); err == nil {
			return cmp.Compare(x, y)
		}
	}
	x, _ := strconv.ParseFloat(a, 64) // out of range is infinite, which orders as it should
	y, _ := strconv.ParseFloat(b, 64)
	return cmp.Compare(x, y)
}

// predicate tests one observed value. Size is what a test of one byte may cost.
type predicate struct {
	holds func(v operand) (holds bool, wrong string)
	size  int
}

// predicateOf prepares a comparison; code and wrong say why it cannot be made.
func predicateOf(c *Comparison) (p predicate, code, wrong string) {
	switch c.Op {
	case Exists:
		return predicate{}, "", ""
	case Like, Matches:
		compile := likeOf
		if c.Op == Matches {
			compile = matchingOf
		}
		m, wrong := compile(c.Values[0].Text)
		if wrong != "" {
			return p, "pattern.regex", "has an expression that " + wrong
		}
		return predicate{m.holds, m.size}, "", ""
	case IsSubset, IsSuperset:
		want, ok := rangeOf(c.Values[0].Text)
		if !ok {
			return p, "pattern.range", "has an address range that is none"
		}
		return predicate{func(v operand) (bool, string) {
			got, ok := rangeOf(v.text)
			if !ok || v.class != textClass {
				return false, ""
			}
			if c.Op == IsSubset {
				return within(got, want), ""
			}
			return within(want, got), ""
		}, 1}, "", ""
	default:
		return comparing(c)
	}
}

// comparing prepares the comparisons by equality and order.
func comparing(c *Comparison) (p predicate, code, wrong string) {
	constants := make([]known, len(c.Values))
	for i, v := range c.Values {
		var ok bool
		if constants[i], ok = knownOf(v); !ok {
			return p, "pattern.time", "has a time that does not exist"
		}
		if constants[i].class != constants[0].class {
			return p, "pattern.set", "has a list of constants of several types"
		}
	}
	holds := func(v operand) (bool, string) {
		for i := range constants {
			order, comparable, wrong := constants[i].compare(v)
			if wrong != "" {
				return false, wrong
			}
			if comparable && order == 0 {
				return c.Op != NotEqual, ""
			}
		}
		return c.Op == NotEqual, ""
	}
	if slices.Contains([]Comparator{Equal, NotEqual, In}, c.Op) {
		return predicate{holds, 1}, "", ""
	}
	return predicate{func(v operand) (bool, string) {
		order, comparable, wrong := constants[0].compare(v)
		if wrong != "" || !comparable {
			return c.Not, wrong // what has no order is neither below nor NOT below
		}
		switch c.Op {
		case Less:
			return order < 0, ""
		case LessOrEqual:
			return order <= 0, ""
		case Greater:
			return order > 0, ""
		default:
			return order >= 0, ""
		}
	}, 1}, "", ""
}

// holds searches text in normal form, and bytes as they are.
func (m matching) holds(v operand) (bool, string) {
	switch {
	case v.broken:
		return false, "is not encoded as the name of its property says"
	case v.class == textClass:
		return m.re.MatchString(norm.NFC.String(v.text)), ""
	case v.class == bytesClass && m.binary:
		if m.folds && !isASCII(v.text) {
			return false, "is binary, which has no capital letters beyond ASCII"
		}
		return m.re.MatchString(latin1(v.text)), ""
	default:
		return false, ""
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > 0x7f {
			return false
		}
	}
	return true
}

// rangeOf reads an address or a range in CIDR notation; bits beyond the prefix
// do not count.
func rangeOf(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err == nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

func within(inner, outer netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
