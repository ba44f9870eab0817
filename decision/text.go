package decision

import (
	"fmt"
	"strings"
	"time"
)

// Text renders a decision for people, one fact a line. The same decision always
// gives the same text.
func (d Decision) Text() string {
	var b strings.Builder
	r := &d.Request
	fmt.Fprintf(&b, "%s (%s, TLP:%s, %s, purpose %s) %s -> %s on %s\n", r.Subject.ID, r.Subject.Type,
		strings.ToUpper(r.Subject.TLP.String()), words(r.Subject.Categories), r.Purpose,
		r.Sender.ID, r.Recipient.ID, r.At.UTC().Format(time.DateOnly))
	fmt.Fprintf(&b, "   DECISION: %s\n", d.headline())
	for _, n := range d.Needs {
		fmt.Fprintf(&b, "     %-15s because without it %s %s\n", n.Transform, n.where(), n.Text)
	}
	for _, n := range d.Because {
		fmt.Fprintf(&b, "     because  %s: %s\n", n.where(), n.Text)
	}
	for _, n := range d.Basis {
		fmt.Fprintf(&b, "     basis    %s: %s\n", n.where(), d.effect(&n))
	}
	for _, n := range d.Duties {
		fmt.Fprintf(&b, "     duty     %s: %s%s (%s)\n", n.Bearer, n.What, n.clock(), n.where())
	}
	for _, n := range d.Preconditions {
		fmt.Fprintf(&b, "     first    %s%s (%s)\n", n.Safeguard, prefixed(" by ", n.ApprovalBy), n.where())
	}
	for _, n := range d.NotUsed {
		fmt.Fprintf(&b, "     not used %s: %s\n", n.Instrument, n.Why)
	}
	for _, n := range d.Unknowns {
		fmt.Fprintf(&b, "     unknown  fact %q: treated in the protective direction\n", n)
	}
	for _, n := range d.WhatIf {
		fmt.Fprintf(&b, "     what if  %s: %s\n", n.Change, n.result())
	}
	for _, n := range d.Warnings {
		fmt.Fprintf(&b, "     warning  %s\n", n.warning())
	}
	for _, n := range d.Conflicts {
		if n.Kind == NotInForce || n.By == byForm {
			continue // "not used" says so, and what made each transformation necessary
		}
		fmt.Fprintf(&b, "     conflict %s\n", n.Text())
	}
	if d.Dilemma != nil {
		fmt.Fprintf(&b, "     dilemma  %s\n", d.Dilemma.Text)
	}
	fmt.Fprint(&b, "     instruments applied:")
	for _, l := range d.LawApplied {
		fmt.Fprintf(&b, " %s@%s", l.Instrument, l.Version)
	}
	return b.String() + "\n"
}

func (d Decision) headline() string {
	out := string(d.Outcome)
	switch d.Outcome {
	case Transform:
		out = string(Permit)
	case Permit:
		return out + ", unchanged"
	case Deny, Refer:
	}
	if len(d.Transforms) == 0 {
		return out
	}
	return fmt.Sprintf("%s after %s; categories sent: %s", out, strings.Join(d.Transforms, ", "), words(d.Sent))
}

// Text is the conflict in one line.
func (c Conflict) Text() string {
	winner, loser := c.Winner.where(), c.Loser.where()
	switch c.Kind {
	case PermitDeny:
		return fmt.Sprintf("%s prevails over %s (%s)", winner, loser, c.By)
	case MustMustNot:
		return fmt.Sprintf("%s and %s cannot both be obeyed (%s)", winner, loser, c.By)
	case TwoClocks:
		return fmt.Sprintf("%s and %s run different clocks (%s)", winner, loser, c.By)
	case TwoAddress:
		return fmt.Sprintf("%s and %s name different addressees (%s)", winner, loser, c.By)
	case KeepDelete:
		return fmt.Sprintf("%s keeps for longer than %s allows (%s)", winner, loser, c.By)
	default:
		return fmt.Sprintf("%s would permit this and is not in force between the two (%s)", loser, c.By)
	}
}

// warning is a warning in one line; one of the node itself cites nothing.
func (r *Reason) warning() string {
	if r.Instrument == "" {
		return r.Text
	}
	return r.where() + ": " + r.Text
}

func (d Decision) effect(b *Basis) string {
	switch b.Effect {
	case "exception-applies":
		return "exception applies"
	case "defeated":
		for _, s := range d.Conflicts {
			if s.Loser == b.ClauseRef && s.Winner.Instrument+" "+s.Winner.Cite == b.DefeatedBy {
				return fmt.Sprintf("defeated by %s (%s)", b.DefeatedBy, s.By)
			}
		}
		return "defeated by its exception " + b.DefeatedBy
	default:
		return b.Effect
	}
}

func (w *WhatIf) result() string {
	out := string(w.Outcome)
	if w.Outcome == Transform {
		out = string(Permit)
	}
	if len(w.Transforms) == 0 {
		return out
	}
	return out + " with transformations " + bracketed(strings.Join(w.Transforms, ", "))
}

func (c ClauseRef) where() string {
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	return dash(c.Instrument) + " " + dash(c.Cite)
}

func (r *DutyRef) clock() string {
	if r.Clock != "" {
		return " " + bracketed(r.Clock)
	}
	if r.Within == "" {
		return ""
	}
	return " " + bracketed("within "+r.Within+prefixed(" of ", r.After))
}

func bracketed(s string) string { return "[" + s + "]" }

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func words[W ~string](ws []W) string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = string(w)
	}
	return bracketed(strings.Join(out, " "))
}
