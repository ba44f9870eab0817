package instrument

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/intel"
)

// conditions says in words what a matcher asks for, one condition a phrase, in
// the order of the format. All of them must hold.
func (i *Instrument) conditions(w *When) []string {
	var out []string
	say := func(phrase string, words []string) {
		if len(words) > 0 {
			out = append(out, phrase+" "+alternatives(words))
		}
	}
	say("the object is of type", w.Type)
	if w.TLP != nil {
		out = append(out, "it is marked "+labels("TLP:", w.TLP.Min.String(), w.TLP.Max.String(), w.TLP.Min == intel.Clear, w.TLP.Max == intel.Red))
	}
	if w.PAP != nil {
		out = append(out, "it is marked "+labels("PAP:", w.PAP.Min.String(), w.PAP.Max.String(), w.PAP.Min == intel.PAPClear, w.PAP.Max == intel.PAPRed))
	}
	say("the purpose is", w.Purpose)
	if c := w.Categories; c != nil {
		say("it contains", texts(c.Any))
		say("it does not contain", texts(c.None))
		if len(c.Within) > 0 {
			out = append(out, "it contains nothing but "+list(texts(c.Within)))
		}
	}
	say("the sender is of the kind", w.SenderKind)
	say("the sender has the role", w.SenderRole)
	say("the sender is of the sector", w.SenderSector)
	i.placed(say, "the sender", w.SenderJurisdiction)
	say("the recipient is", texts(w.Recipient))
	say("the recipient is of the kind", w.RecipientKind)
	say("the recipient has the role", w.RecipientRole)
	say("the recipient is of the sector", w.RecipientSector)
	i.placed(say, "the recipient", w.RecipientJurisdiction)
	if s := w.Origin; s != nil {
		say("it originates from", s.In)
		say("it does not originate from", s.NotIn)
	}
	say("it was received under", w.ReceivedUnder)
	for _, fact := range slices.Sorted(maps.Keys(w.Facts)) {
		out = append(out, "the fact "+fact+" "+w.Facts[fact].phrase())
	}
	return out
}

func (m FactMatch) phrase() string {
	switch m {
	case IsTrue:
		return "is true"
	case IsFalse:
		return "is false"
	default:
		return "is not known to be true"
	}
}

// placed says where somebody is established, by the name the document has for
// those jurisdictions when it has one.
func (i *Instrument) placed(say func(string, []string), who string, s *Set) {
	if s == nil {
		return
	}
	say(who+" is established in", i.named(s.In))
	say(who+" is not established in", i.named(s.NotIn))
}

// named puts the names of areas in the place of the jurisdictions they stand for.
func (i *Instrument) named(jurisdictions []string) []string {
	left := slices.Clone(jurisdictions)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(i.Areas)) {
		area := i.Areas[name]
		whole := len(area) > 1 && !slices.ContainsFunc(area, func(j string) bool { return !slices.Contains(left, j) })
		if whole {
			left = slices.DeleteFunc(left, func(j string) bool { return slices.Contains(area, j) })
			names = append(names, name)
		}
	}
	return append(names, left...)
}

func labels(scheme, low, high string, fromLeast, toMost bool) string {
	low, high = scheme+strings.ToUpper(low), scheme+strings.ToUpper(high)
	switch {
	case low == high:
		return low
	case fromLeast:
		return high + " or less"
	case toMost:
		return low + " or more"
	default:
		return low + " to " + high
	}
}

// phrase says what has to be done or seen to first.
func (q *Requirement) phrase() string {
	var parts []string
	if q.Without != "" {
		parts = append(parts, string(q.Without)+" is transformed, at least by "+q.AtLeast)
	}
	if q.Safeguard != "" {
		parts = append(parts, safeguardPhrase(q.Safeguard))
	}
	if q.ApprovalBy != "" {
		parts = append(parts, "the approver is "+q.ApprovalBy)
	}
	return strings.Join(parts, ", and ") + bracketed(q.Cite)
}

func safeguardPhrase(s string) string {
	switch s {
	case "encrypt-in-transit":
		return "it is encrypted on the way"
	case "encrypt-at-rest":
		return "it is encrypted where it is kept"
	case "sign":
		return "it is signed"
	case "log":
		return "the transfer is logged"
	case "dual-control":
		return "two persons approve"
	case "human-approval":
		return "a person approves"
	case "certified-recipient":
		return "the recipient is certified"
	default:
		return s
	}
}

// phrase says who must do what by when.
func (d *Duty) phrase() string {
	who := d.Bearer
	if slices.Contains(Bearers(), who) && who != "both" {
		who = "the " + who
	}
	if who == "both" {
		who = "each side"
	}
	out := who + " owes: " + d.What
	if d.To != "" {
		out += ", to " + d.To
	}
	switch {
	case len(d.EarliestOf) > 0:
		out += ", at the earliest of: " + clocks(d.EarliestOf)
	case len(d.LatestOf) > 0:
		out += ", at the latest of: " + clocks(d.LatestOf)
	case d.After != "":
		out += ", " + Clock{d.Within, d.After}.phrase()
	}
	if d.Calendar != "" && d.Calendar != "hours" {
		out += " (counted in " + strings.ReplaceAll(d.Calendar, "-", " ") + ")"
	}
	if d.NonWorkingDay != nil {
		out += ", " + d.NonWorkingDay.phrase()
	}
	if d.Extension != nil {
		out += ", which may be extended by " + d.Extension.AtMost.phrase() + bracketed(d.Extension.Cite)
	}
	if !d.Every.IsZero() {
		out += ", every " + d.Every.phrase()
	}
	if d.Soft {
		out += ", where possible"
	}
	if len(d.Fields) > 0 {
		out += ", with " + list(d.Fields)
	}
	return out + bracketed(d.Cite)
}

func (n *NonWorkingDay) phrase() string {
	out := "or, if that is a " + strings.Join(n.Weekend, ", a ") + " or a holiday, until " + n.Until + " of the next working day"
	if len(n.NotFor) > 0 {
		out += ", but not for " + list(n.NotFor)
	}
	return out + bracketed(n.Cite)
}

func clocks(cs []Clock) string {
	out := make([]string, len(cs))
	for n, c := range cs {
		out[n] = c.phrase()
	}
	return strings.Join(out, "; ")
}

func (c Clock) phrase() string {
	event := map[string]string{
		"aware": "becoming aware", "share": "sharing", "receipt": "receipt",
	}[c.After]
	if event == "" {
		event = `"` + c.After + `"`
	}
	if c.Within.IsZero() {
		return "upon " + event
	}
	return "within " + c.Within.phrase() + " of " + event
}

// phrase writes a period in words: 72 hours, 1 month.
func (p Period) phrase() string {
	var parts []string
	add := func(n int, unit string) {
		if n > 0 {
			parts = append(parts, plural(n, unit))
		}
	}
	add(p.Years, "year")
	add(p.Months, "month")
	add(p.Days, "day")
	add(int(p.Clock/time.Hour), "hour")
	add(int(p.Clock%time.Hour/time.Minute), "minute")
	add(int(p.Clock%time.Minute/time.Second), "second")
	return list(parts)
}

func (o *Onward) phrase() string {
	var out string
	switch o.Allowed {
	case "never":
		return "the recipient does not pass it on"
	case "originator-consent":
		out = "the recipient passes it on only with the consent of the originator"
	case "listed":
		out = "the recipient passes it on only to " + list(o.To)
	default:
		out = "the recipient passes it on only under the same conditions"
	}
	if o.Hops > 0 {
		out += ", at most " + plural(o.Hops, "time")
	}
	return out
}

func (k *Retention) phrase() string {
	var parts []string
	if !k.AtLeast.IsZero() {
		parts = append(parts, "at least "+k.AtLeast.phrase())
	}
	if !k.AtMost.IsZero() {
		parts = append(parts, "at most "+k.AtMost.phrase())
	}
	return "it is kept for " + strings.Join(parts, " and ")
}

func (c *Consent) phrase() string {
	out := "it rests on the consent of the " + strings.ReplaceAll(c.Of, "-", " ")
	if c.Form != "" && c.Form != "any" {
		out = "it rests on the " + c.Form + " consent of the " + strings.ReplaceAll(c.Of, "-", " ")
	}
	if c.Withdrawable {
		out += ", which can be withdrawn"
		switch c.OnWithdrawal {
		case "recall":
			out += ": what was sent is then recalled"
		case "delete":
			out += ": what was sent is then deleted"
		case "stop":
			out += ": nothing more is then sent"
		}
	}
	return out
}

// phrase says from when to when something is law.
func (f *InForce) phrase() string {
	var parts []string
	if c := f.Condition; c != nil {
		of := ""
		if len(c.Of) > 0 {
			of = " of " + list(c.Of)
		}
		after := ""
		if !c.ThenAfter.IsZero() {
			after = c.ThenAfter.phrase() + " after "
		}
		parts = append(parts, "from "+after+plural(c.Ratifications, "ratification")+of)
	}
	if !f.From.IsZero() {
		parts = append(parts, "from "+day(f.From))
	}
	if !f.ProvisionalFrom.IsZero() {
		parts = append(parts, "provisionally from "+day(f.ProvisionalFrom))
	}
	if !f.Until.IsZero() {
		parts = append(parts, "until "+day(f.Until))
	}
	return strings.Join(parts, ", ")
}

func bracketed(cite string) string {
	if cite == "" {
		return ""
	}
	return " (" + cite + ")"
}

func texts[S ~string](words []S) []string {
	out := make([]string, len(words))
	for n, w := range words {
		out[n] = string(w)
	}
	return out
}

// list joins words: one, two and three.
func list(words []string) string { return joined(words, "and") }

// alternatives joins words: one, two or three.
func alternatives(words []string) string { return joined(words, "or") }

func joined(words []string, last string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
	}
}

// phrase says what a criterion asks.
func (c *Criterion) phrase() string {
	join := func(parts []Criterion, word string) string {
		out := make([]string, len(parts))
		for n := range parts {
			out[n] = parts[n].phrase()
			if len(parts[n].Any) > 0 || len(parts[n].All) > 0 {
				out[n] = "(" + out[n] + ")"
			}
		}
		return strings.Join(out, " "+word+" ")
	}
	switch {
	case c.Not != nil:
		return "not (" + c.Not.phrase() + ")"
	case len(c.Any) > 0:
		return join(c.Any, "or")
	case len(c.All) > 0:
		return join(c.All, "and")
	case c.Fact != "":
		return c.Fact + " is true"
	}
	than := strconv.FormatInt(c.Number, 10)
	if c.Other != "" {
		than = c.Other
	}
	return fmt.Sprintf("%s is %s %s", c.Quantity, strings.ReplaceAll(string(c.Than), "_", " "), than)
}
