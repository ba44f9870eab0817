package privacy

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// needle is something that was removed and must not turn up again.
type needle struct {
	text     string // folded
	edges    bool   // counts only as a whole word
	number   bool   // counts only where the digits do not go on
	squeezed bool   // without anything but letters and digits
	id       bool   // the UUID of an object
}

const (
	shortestNeedle = 4
	// longestNeedle bounds the automaton; the start of a long text identifies it.
	longestNeedle = 128
	// wholeWord is the length from which a value is looked for inside words too.
	wholeWord = 8
)

// seek remembers what a finding about a whole value removes.
func (b *builder) seek(v *strictjson.Value, f Finding, k kind) {
	switch v.Kind {
	case strictjson.String:
		b.seekText(v.Text, k, f.Category)
	case strictjson.Number:
		if len(v.Text) >= wholeWord && f.Category != Unclassified {
			b.sought = append(b.sought, needle{text: v.Text, edges: true})
		}
	case strictjson.Array:
		for i := range v.Items {
			b.seek(&v.Items[i], f, k)
		}
	case strictjson.Object:
		for i := range v.Members {
			if !mute(v.Members[i].Name) {
				b.seek(&v.Members[i].Value, f, k)
			}
		}
	case strictjson.Null, strictjson.Bool:
	}
}

// seekText remembers a removed text with the other forms people give it.
func (b *builder) seekText(s string, k kind, cat Category) {
	if k == aTime || cat == Unclassified && !telling(s) {
		return
	}
	if k == anAddress {
		b.seekAddress(s)
		return
	}
	b.want(s, false)
	switch k {
	case aMailbox:
		plain := refang(s)
		b.want(plain, false)
		if at := strings.IndexByte(plain, '@'); at >= wholeWord || at >= shortestNeedle && strings.ContainsAny(plain[:at], ".0123456789") {
			b.want(plain[:at], true)
		}
	case aName:
		var sq strings.Builder
		eachWord(s, func(start, end int) { sq.WriteString(fold(s[start:end])) })
		if sq.Len() >= wholeWord {
			b.sought = append(b.sought, needle{text: clip(sq.String()), squeezed: true})
		}
	case aPhone:
		if d := onlyDigits(s); len(d) >= wholeWord {
			b.sought = append(b.sought, needle{text: d, squeezed: true})
		}
	case aContact:
		for _, sp := range detect(nil, s) {
			b.seekText(s[sp.start:sp.end], kindOf[sp.rule], cat)
		}
	default:
	}
}

// telling reports whether an unclassified value says something about somebody,
// and is not just a word of some vocabulary that other objects use as well.
func telling(s string) bool {
	if len(s) < wholeWord {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-_ ") != "" || len(s) >= 3*wholeWord
}

func (b *builder) want(s string, edges bool) {
	folded := clip(fold(s))
	if len(folded) < shortestNeedle || genericNeedle(folded) || folded == Withheld || folded == withheldWord {
		return
	}
	b.sought = append(b.sought, needle{text: folded, edges: edges || len(folded) < wholeWord})
}

func clip(s string) string { return s[:min(len(s), longestNeedle)] }

// seekAddress adds the number an address is, in decimal and hexadecimal.
func (b *builder) seekAddress(s string) {
	p, ok := address(s)
	if !ok {
		b.want(s, false)
		return
	}
	a := p.Addr()
	if strings.HasPrefix(prefixOf(p), a.String()+"/") {
		return // a network's own address is what is left of its hosts
	}
	for _, form := range []string{fold(s), a.String(), a.StringExpanded()} {
		b.sought = append(b.sought, needle{text: clip(form), number: a.Is4(), edges: !a.Is4()})
	}
	if !a.Is4() {
		b.want(hex.EncodeToString(a.AsSlice()), true)
		return
	}
	n := binary.BigEndian.Uint32(a.AsSlice())
	b.want(strconv.FormatUint(uint64(n), 10), true)
	b.want(hex.EncodeToString(a.AsSlice()), true)
	b.want(netip.AddrFrom16(a.As16()).String(), true)
}

// automaton finds many needles in one pass (Aho and Corasick, 1975).
type automaton struct {
	next    []map[byte]int32
	fail    []int32
	ends    [][]int32 // needles that end at a state, those of its suffixes included
	needles []needle
}

func newAutomaton(needles []needle) *automaton {
	a := &automaton{next: []map[byte]int32{{}}, fail: []int32{0}, ends: [][]int32{nil}, needles: needles}
	for i, n := range needles {
		s := int32(0)
		for _, c := range []byte(n.text) {
			t, ok := a.next[s][c]
			if !ok {
				t = int32(len(a.next)) //nolint:gosec // bounded by the needles, each at most longestNeedle
				a.next = append(a.next, map[byte]int32{})
				a.fail = append(a.fail, 0)
				a.ends = append(a.ends, nil)
				a.next[s][c] = t
			}
			s = t
		}
		a.ends[s] = append(a.ends[s], int32(i))
	}
	queue := make([]int32, 0, len(a.next))
	for _, t := range a.next[0] {
		queue = append(queue, t)
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for c, t := range a.next[s] {
			a.fail[t] = a.step(a.fail[s], c)
			a.ends[t] = append(a.ends[t], a.ends[a.fail[t]]...)
			queue = append(queue, t)
		}
	}
	return a
}

func (a *automaton) step(s int32, c byte) int32 {
	for {
		if t, ok := a.next[s][c]; ok {
			return t
		}
		if s == 0 {
			return 0
		}
		s = a.fail[s]
	}
}

// find calls f for every occurrence; it stops when f returns false.
func (a *automaton) find(s string, f func(n *needle, start, end int) bool) {
	state := int32(0)
	for i := range len(s) {
		state = a.step(state, s[i])
		for _, n := range a.ends[state] {
			nd := &a.needles[n]
			start := i + 1 - len(nd.text)
			if nd.edges && (start > 0 && alnum(s[start-1]) || i+1 < len(s) && alnum(s[i+1])) {
				continue
			}
			if nd.number && (start > 0 && digit(s[start-1]) || i+1 < len(s) && digit(s[i+1])) {
				continue
			}
			if !f(nd, start, i+1) {
				return
			}
		}
	}
}
