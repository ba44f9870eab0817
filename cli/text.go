package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"entente/decision"
)

// clean makes text from outside safe to show on a terminal: control
// characters, line breaks and characters that reorder or hide others are
// written as escapes (ASSURANCE.md H16, T2).
func clean(s string) string {
	if strings.IndexFunc(s, unsafe) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unsafe(r) {
			b.WriteString(escape(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafe(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}

// escape writes a rune the way JSON does.
func escape(r rune) string {
	if r > 0xffff {
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// verdict is an outcome as a symbol and a word, so that it needs no colour.
func verdict(o decision.Outcome) string {
	switch o {
	case decision.Permit:
		return "✓ permit"
	case decision.Transform:
		return "≈ transform"
	case decision.Deny:
		return "✗ deny"
	case decision.Refer:
		return "? refer"
	}
	return "! " + clean(string(o))
}

// when writes an instant for people; never is the word for the zero time.
func when(t time.Time, never string) string {
	if t.IsZero() {
		return never
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// parseTime reads an instant or a date given by a person.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// count writes "1 object", "2 objects".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// joined lists words, and says none rather than nothing.
func joined[S ~string](words []S) string {
	if len(words) == 0 {
		return "-"
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// around is how much of what stays the same is shown around a difference.
const around = 40

// difference shortens two long texts to where they differ.
func difference(before, after string) (was, is string) {
	a, b := []rune(before), []rune(after)
	if len(a) <= 4*around && len(b) <= 4*around {
		return before, after
	}
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	tail := 0
	for tail < min(len(a), len(b))-same && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return window(a, same, tail), window(b, same, tail)
}

func window(s []rune, head, tail int) string {
	from, to := max(0, head-around), min(len(s), len(s)-tail+around)
	out := string(s[from:to])
	if from > 0 {
		out = "…" + out
	}
	if to < len(s) {
		out += "…"
	}
	return out
}
