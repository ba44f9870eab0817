package misp

import (
	"slices"
	"strconv"
	"strings"
)

// segment quotes one part of an object path where the grammar asks for it.
func segment(s string) string {
	for i := range len(s) {
		b := s[i]
		if b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || i > 0 && b >= '0' && b <= '9' {
			continue
		}
		return quote(s)
	}
	return s
}

// quote writes a string of the pattern language.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// equals writes one comparison.
func equals(path, value string) string { return path + " = " + quote(value) }

// test is one comparison that was read.
type test struct{ path, value string }

// conjunction reads a pattern that is one observation of comparisons for
// equality joined by AND, brackets around them allowed: what conversions from
// MISP write. Everything else is for package pattern; ok is then false.
func conjunction(pattern string) (tests []test, ok bool) {
	s, open := strings.CutPrefix(strings.TrimSpace(pattern), "[")
	if !open {
		return nil, false
	}
	for {
		s = strings.TrimLeft(s, " (")
		path, rest, found := cutPath(s)
		if !found {
			return nil, false
		}
		value, rest, found := cutValue(rest)
		if !found {
			return nil, false
		}
		tests = append(tests, test{path, value})
		s = strings.TrimLeft(rest, " )")
		if s == "]" {
			return tests, true
		}
		if s, found = strings.CutPrefix(s, "AND "); !found {
			return nil, false
		}
	}
}

// cutPath reads an object path and the equals sign after it.
func cutPath(s string) (path, rest string, ok bool) {
	quoted := false
	for i := range len(s) {
		switch b := s[i]; {
		case b == '\'':
			quoted = !quoted
		case quoted:
		case b == ' ' || b == '=':
			path = s[:i]
			rest, ok = strings.CutPrefix(strings.TrimLeft(s[i:], " "), "=")
			return path, rest, ok && strings.Contains(path, ":")
		case b == '[' || b == ']' || b == '*' || b == ':' || b == '.' || b == '-' || b == '_':
		case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z':
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// cutValue reads a literal: a string, or a bare word such as a number.
func cutValue(s string) (value, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if strings.HasPrefix(s, "t'") {
		s = s[1:]
	}
	if !strings.HasPrefix(s, "'") {
		end := strings.IndexAny(s, " )]")
		if end <= 0 {
			return "", "", false
		}
		return s[:end], s[end:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
			b.WriteByte(s[i])
		case '\'':
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// segments splits an object path. "[*]" is a position of its own, that of the
// nth comparison: each is about some element, and nobody says which.
func segments(path string, nth int) (steps []string, ok bool) {
	var b strings.Builder
	end := func() {
		if b.Len() > 0 {
			steps = append(steps, b.String())
			b.Reset()
		}
	}
	quoted := false
	for i := range len(path) {
		switch c := path[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
			b.WriteByte(c)
		case c == '.' || c == '[' || c == ']':
			end()
		case c == '*':
			b.WriteString(strconv.Itoa(nth))
		default:
			b.WriteByte(c)
		}
	}
	end()
	return steps, len(steps) > 0 && !slices.ContainsFunc(steps, outOfReach)
}

// outOfReach reports whether a step is a position that no list of a real object
// has: a pattern must not make us build it.
func outOfReach(step string) bool {
	n, err := strconv.Atoi(step)
	return err == nil && (n < 0 || n > 1000) || strings.Contains(step, "/")
}
