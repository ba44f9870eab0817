package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"entente/decision"
	"entente/party"
)

// names lists the members of a set of n values, nil for all of them.
func names(v uint64, n int, name func(int) string) []string {
	if v == 1<<n-1 {
		return nil
	}
	var out []string
	for i := range n {
		if v&(1<<i) != 0 {
			out = append(out, name(i))
		}
	}
	return out
}

func (r receipt) text() string {
	from := [...]string{"the sender's own", "the recipient's own", "somebody else's", r.named + "'s"}[r.from]
	if r.under == "" {
		return from
	}
	return from + ", received under " + r.under
}

// describe names the senders and the recipients of some pairs.
func (u *universe) describe(ps []pair) (senders, recipients, pairs []string) {
	from, to := map[int32]bool{}, map[int32]bool{}
	for _, p := range ps {
		from[p.from], to[p.to] = true, true
	}
	possible := 0
	for s := range from {
		for r := range to {
			if u.senders[s].ID != u.recipients[r].ID {
				possible++
			}
		}
	}
	if possible == len(ps) {
		return u.people(u.senders, from), u.people(u.recipients, to), nil
	}
	for _, p := range ps {
		if len(pairs) == 50 {
			pairs = append(pairs, fmt.Sprintf("and %d more", len(ps)-len(pairs)))
			break
		}
		pairs = append(pairs, u.name(u.senders, p.from)+" to "+u.name(u.recipients, p.to))
	}
	return nil, nil, pairs
}

// name is one party: a known one by its id alone.
func (u *universe) name(all []decision.Actor, i int32) string {
	if int(i) < u.known {
		return string(all[i].ID)
	}
	return personText(all[i])
}

// people names a set of parties: nobody when it is everybody.
func (u *universe) people(all []decision.Actor, in map[int32]bool) []string {
	if len(in) == len(all) {
		return nil
	}
	total, chosen := map[party.ID]int{}, map[party.ID]int{}
	for i := range all {
		total[all[i].ID]++
		if in[int32(i)] {
			chosen[all[i].ID]++
		}
	}
	var out []string
	for _, i := range sortedKeys(in) {
		a := all[i]
		if chosen[a.ID] == total[a.ID] {
			a = decision.Actor{ID: a.ID} // whatever it is
		}
		out = append(out, personText(a))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// personText names a party, or a kind of parties nobody knows.
func personText(a decision.Actor) string {
	if a.ID != Somebody && a.ID != SomebodyElse {
		return string(a.ID) + strangerText(a, " as ")
	}
	if text := strangerText(a, " that is "); text != "" {
		return "any other party" + text
	}
	return "anybody else"
}

func strangerText(a decision.Actor, lead string) string {
	var b strings.Builder
	add := func(s string) {
		if b.Len() == 0 {
			b.WriteString(lead)
		} else {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	if a.Kind != "" && a.Kind != Other {
		add(a.Kind)
	}
	if a.Jurisdiction != "" && a.Jurisdiction != Other {
		add("in " + a.Jurisdiction)
	}
	for _, r := range a.Roles {
		add(r)
	}
	for _, s := range a.Sectors {
		add("in the sector " + s)
	}
	return b.String()
}

// text is the class in one sentence.
func (c *Class) text() string {
	verb := map[string]string{
		NewlyPermits: "newly permits ", NewlyAsks: "newly asks a person about ", Reshapes: "permits in another form ",
		NowAsks: "now asks a person about ", NowDenies: "no longer asks a person about, and denies, ", NoLonger: "no longer permits ",
	}[c.Change]
	return verb + c.Box.String() + c.forms()
}

// forms says in which form what changes leaves, or left.
func (c *Class) forms() string {
	whole := false
	var transforms []string
	for i := range c.Cells {
		a := c.Cells[i].To
		if a.Outcome == decision.Deny {
			a = c.Cells[i].From
		}
		whole = whole || len(a.Transforms) == 0
		transforms = merged(transforms, a.Transforms)
	}
	switch {
	case len(transforms) == 0:
		return "; as it is"
	case whole:
		return "; as it is where nothing in it stands against it, else after " + someOf(transforms)
	default:
		return "; after " + someOf(transforms)
	}
}

// String is the box as the object of a sentence.
func (b Box) String() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	parts = append(parts, b.Type.text("anything", "anything but %s"))
	if b.Act != nil && (len(b.Act.In) != 1 || b.Act.In[0] != share) {
		add("act %s", b.Act.text("", "any but %s"))
	}
	if len(b.TLP) > 0 {
		add("TLP %s", rangeText(b.TLP, []string{"clear", "green", "amber", "amber+strict", "red"}))
	}
	if len(b.PAP) > 0 {
		add("PAP %s", rangeText(b.PAP, []string{"clear", "green", "amber", "red"}))
	}
	if b.Purpose != nil {
		add("purpose %s", b.Purpose.text("", "any but %s"))
	}
	for _, f := range slices.Sorted(maps.Keys(b.Facts)) {
		add("%s %s", f, strings.Join(b.Facts[f], " or "))
	}
	if len(b.Received) > 0 {
		add("%s", someOf(b.Received))
	}
	if len(b.Senders) > 0 {
		add("from %s", someOf(b.Senders))
	}
	if len(b.Recipients) > 0 {
		add("to %s", someOf(b.Recipients))
	}
	if len(b.Pairs) > 0 {
		add("from %s", someOf(b.Pairs))
	}
	return strings.Join(parts, ", ")
}

// someOf lists a few of many.
func someOf(all []string) string {
	if len(all) > 8 {
		return strings.Join(all[:7], ", ") + fmt.Sprintf(" and %d more", len(all)-7)
	}
	return strings.Join(all, " or ")
}

func (w *Words) text(anything, but string) string {
	switch {
	case w == nil:
		return anything
	case len(w.In) > 0:
		return strings.Join(w.In, " or ")
	default:
		return fmt.Sprintf(but, strings.Join(w.But, " or "))
	}
}

// rangeText writes labels that follow each other as a limit.
func rangeText(have, all []string) string {
	switch first, last := slices.Index(all, have[0]), slices.Index(all, have[len(have)-1]); {
	case len(have) == 1 || last-first+1 != len(have) || first < 0:
		return strings.Join(have, " or ")
	case first == 0:
		return "up to " + have[len(have)-1]
	case last == len(all)-1:
		return "from " + have[0]
	default:
		return have[0] + " to " + have[len(have)-1]
	}
}
