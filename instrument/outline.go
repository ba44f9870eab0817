package instrument

import (
	"slices"
	"strings"
)

// Outline is what the machine understood of one clause, in words, to be held
// against the text it was made from.
type Outline struct {
	Clause      string       `json:"clause"`
	Cite        string       `json:"cite"`
	At          string       `json:"at,omitempty"` // file:line:column
	Text        string       `json:"text,omitempty"`
	Verified    Verification `json:"verified,omitempty"`
	Sentence    string       `json:"sentence"`        // all that follows, in one
	Does        string       `json:"does"`            // permits, forbids or demands, and what
	Warns       bool         `json:"warns,omitempty"` // not binding: it warns and decides nothing
	When        []string     `json:"when,omitempty"`
	Provided    []string     `json:"provided,omitempty"`     // requirements, safeguards, consent
	Unless      []Link       `json:"unless,omitempty"`       // exceptions to it
	ExceptionTo []Link       `json:"exception_to,omitempty"` // what it is an exception to
	Then        []string     `json:"then,omitempty"`         // duties, onward terms, retention, grounds for refusing
	InForce     string       `json:"in_force,omitempty"`     // when it starts or ends apart from its instrument
}

// Link names another clause.
type Link struct {
	Clause string `json:"clause"`
	Cite   string `json:"cite"`
	While  string `json:"while,omitempty"` // of a derogation: the fact that must be true
}

func (l Link) phrase() string {
	out := l.Cite + " [" + l.Clause + "]"
	if l.While != "" {
		out += " while " + l.While + " is true"
	}
	return out
}

// Outline says what every clause was understood as, in the order of the file.
func (i *Instrument) Outline() []Outline {
	out := make([]Outline, len(i.Clauses))
	for n := range i.Clauses {
		out[n] = i.outline(&i.Clauses[n])
	}
	return out
}

func (i *Instrument) outline(c *Clause) Outline {
	o := Outline{
		Clause: c.ID, Cite: c.Cite, Text: strings.Join(strings.Fields(c.Text), " "), Verified: c.Verified,
		Does: c.does(), Warns: !i.Binding || c.Strength == "guidance",
		When: i.conditions(&c.When), Unless: i.exceptionsTo(c.ID), Then: c.consequences(),
	}
	if p, ok := i.Positions[c.ID]; ok {
		o.At = p.String()
	}
	if c.InForce != nil {
		o.InForce = c.InForce.phrase()
	}
	for n := range c.Requires {
		o.Provided = append(o.Provided, c.Requires[n].phrase())
	}
	if c.Consent != nil {
		o.Provided = append(o.Provided, c.Consent.phrase())
	}
	if c.Modality == Permission && c.Verified == Unverified && !o.Warns {
		o.Provided = append(o.Provided, "a person of the legal team approves, because nobody has checked this text, unless another clause permits it too")
	}
	o.ExceptionTo = i.links(c.ExceptionTo)
	if d := c.Derogation; d != nil {
		o.When = append(o.When, d.DeclaredBy+" has declared it (the fact "+d.Declared(c.ID)+" is true)")
		o.ExceptionTo = append(o.ExceptionTo, i.links(d.Of)...)
	}
	o.Sentence = o.sentence()
	return o
}

// sentence puts the parts of an outline into one normalised sentence.
func (o *Outline) sentence() string {
	var b strings.Builder
	if o.Warns {
		b.WriteString("Not binding, it only warns: ")
	}
	b.WriteString(o.Does)
	if len(o.When) > 0 {
		b.WriteString(", when " + strings.Join(o.When, "; and "))
	} else {
		b.WriteString(", in every case the instrument covers")
	}
	if len(o.Provided) > 0 {
		b.WriteString("; provided that " + strings.Join(o.Provided, "; and "))
	}
	if len(o.Unless) > 0 {
		b.WriteString("; unless " + alternatives(phrases(o.Unless)) + " applies")
	}
	if len(o.ExceptionTo) > 0 {
		b.WriteString("; as an exception to " + list(phrases(o.ExceptionTo)))
	}
	if len(o.Then) > 0 {
		b.WriteString("; then " + strings.Join(o.Then, "; and "))
	}
	if o.InForce != "" {
		b.WriteString("; " + o.InForce)
	}
	text := b.String() + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

func phrases(links []Link) []string {
	out := make([]string, len(links))
	for n, l := range links {
		out[n] = l.phrase()
	}
	return out
}

// does says what a clause does about which act.
func (c *Clause) does() string {
	who := ""
	if c.Bearer != "" {
		who = " for " + c.Bearer
		if slices.Contains(Bearers(), c.Bearer) {
			who = " for the " + c.Bearer
		}
	}
	switch c.Modality {
	case Permission:
		return "it is permitted" + who + " to " + actPhrase(c.Act)
	case Prohibition:
		return "it is forbidden" + who + " to " + actPhrase(c.Act)
	default:
		return "it is a duty" + who + " to " + actPhrase(c.Act)
	}
}

func actPhrase(act string) string {
	switch act {
	case "share":
		return "share the object"
	case "onward-share":
		return "pass the object on"
	case "use", "store", "delete":
		return act + " the object"
	case "act-on":
		return "act on the object"
	case "audit", "exercise":
		return "carry out an " + act
	default: // report, assist, notify, certify, consult
		return act
	}
}

// consequences says what follows once a clause applies.
func (c *Clause) consequences() []string {
	var out []string
	if c.Grants != "" {
		out = append(out, "doing so is itself a basis in the regime "+c.Grants)
	}
	for n := range c.Duties {
		out = append(out, c.Duties[n].phrase())
	}
	if c.Onward != nil {
		out = append(out, c.Onward.phrase())
	}
	if c.Retention != nil {
		out = append(out, c.Retention.phrase())
	}
	if d := c.Derogation; d != nil {
		if !d.MaxDuration.IsZero() {
			out = append(out, "it lasts at most "+d.MaxDuration.phrase())
		}
		if len(d.Notify) > 0 {
			out = append(out, "whoever relies on it notifies "+list(d.Notify))
		}
	}
	if c.Refusal != nil {
		out = append(out, c.Refusal.phrase())
	}
	return out
}

func (f *Refusal) phrase() string {
	grounds := make([]string, len(f.Grounds))
	for n, g := range f.Grounds {
		grounds[n] = g.Code + bracketed(g.Cite)
	}
	if f.Closed {
		return "it may be refused on no other ground than " + alternatives(grounds)
	}
	return "it may be refused on the ground of " + alternatives(grounds)
}

// exceptionsTo lists the clauses that set one aside.
func (i *Instrument) exceptionsTo(id string) []Link {
	var out []Link
	for n := range i.Clauses {
		c := &i.Clauses[n]
		switch {
		case slices.Contains(c.ExceptionTo, id):
			out = append(out, Link{Clause: c.ID, Cite: c.Cite})
		case c.Derogation != nil && slices.Contains(c.Derogation.Of, id):
			out = append(out, Link{Clause: c.ID, Cite: c.Cite, While: c.Derogation.Declared(c.ID)})
		}
	}
	return out
}

func (i *Instrument) links(ids []string) []Link {
	var out []Link
	for _, id := range ids {
		for n := range i.Clauses {
			if i.Clauses[n].ID == id {
				out = append(out, Link{Clause: id, Cite: i.Clauses[n].Cite})
			}
		}
	}
	return out
}
