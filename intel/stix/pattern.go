package stix

import (
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// Limits of a STIX pattern (J21): beyond them a pattern costs more to match
// than any indicator is worth.
const (
	maxPatternBytes  = 64 << 10
	maxPatternDepth  = 32      // nested parentheses
	maxPatternParts  = 4096    // observations and comparisons, joined by AND, OR and FOLLOWEDBY
	maxPatternRepeat = 100_000 // REPEATS n TIMES
)

// sanePattern checks patterns in STIX's own language for balance and cost. It
// is not the grammar: what it accepts may still not parse.
func sanePattern(c *checker, v *strictjson.Value) {
	if textOf(v, "pattern_type") != "stix" {
		return
	}
	if wrong := insanity(textOf(v, "pattern")); wrong != "" {
		c.refuseAt("pattern", "stix.pattern", wrong)
	}
}

// insanity reads a pattern once, without recursion, and says what is wrong.
func insanity(s string) string {
	if len(s) > maxPatternBytes {
		return "is longer than " + strconv.Itoa(maxPatternBytes) + " bytes"
	}
	s = strings.TrimSpace(s)
	if s == "" || strings.IndexByte("[(/", s[0]) < 0 {
		return "does not begin with an observation in brackets"
	}
	p := patternScan{}
	for i := 0; i < len(s); {
		n, wrong := p.token(s[i:])
		if wrong != "" {
			return wrong
		}
		i += n
	}
	if len(p.open) > 0 {
		return "leaves a bracket open"
	}
	if p.repeats {
		return "ends after REPEATS"
	}
	return ""
}

type patternScan struct {
	open    []byte // closing brackets expected
	parts   int
	repeats bool // the last word was REPEATS
}

// token reads one token of s and returns its length.
func (p *patternScan) token(s string) (n int, wrong string) {
	switch b := s[0]; {
	case strings.HasPrefix(s, "/*"):
		if n = strings.Index(s[2:], "*/"); n < 0 {
			return 0, "leaves a comment open"
		}
		return n + len("/**/"), ""
	case strings.HasPrefix(s, "//"):
		line, _, _ := strings.Cut(s, "\n")
		return len(line), ""
	case b == '\'':
		n = quoted(s)
		if n == 0 {
			return 0, "leaves a quotation open"
		}
		return n, ""
	case b == '(' || b == '[':
		return 1, p.push(b)
	case b == ')' || b == ']':
		if len(p.open) == 0 || p.open[len(p.open)-1] != b {
			return 0, "closes a bracket that is not open"
		}
		p.open = p.open[:len(p.open)-1]
		return 1, ""
	case isLower(b|0x20) || isDigit(b) || b == '_':
		for n < len(s) && (isLower(s[n]|0x20) || isDigit(s[n]) || s[n] == '_') {
			n++
		}
		return n, p.word(s[:n])
	case b == '"':
		return 0, "quotes with double quotation marks"
	default:
		return 1, ""
	}
}

// push opens a bracket. Index brackets of object paths count as well; they
// never nest.
func (p *patternScan) push(b byte) string {
	if len(p.open) == maxPatternDepth {
		return "nests deeper than " + strconv.Itoa(maxPatternDepth) + " levels"
	}
	closing := byte(')')
	if b == '[' {
		closing = ']'
	}
	p.open = append(p.open, closing)
	return ""
}

func (p *patternScan) word(w string) string {
	switch {
	case p.repeats:
		p.repeats = false
		if n, err := strconv.Atoi(w); err != nil || n < 1 || n > maxPatternRepeat {
			return "repeats more often than " + strconv.Itoa(maxPatternRepeat) + " times"
		}
	case w == "REPEATS":
		p.repeats = true
	case w == "AND" || w == "OR" || w == "FOLLOWEDBY":
		if p.parts++; p.parts > maxPatternParts {
			return "has more than " + strconv.Itoa(maxPatternParts) + " parts"
		}
	}
	return ""
}

// quoted returns the length of the quotation s begins with, and 0 when it does
// not end.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return 0
}
