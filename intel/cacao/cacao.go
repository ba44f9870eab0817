// Package cacao reads CACAO security playbooks (OASIS, versions 1.0, 1.1 and
// 2.0) as STIX 2.1 courses of action, so that what to do is shared under the
// same rules as what was seen.
//
// It runs nothing and checks no workflow. Invariant: how to log in to a system
// is in no object it makes, and a marking nobody can read closes the playbook.
package cacao

import (
	"bytes"
	"strings"

	"github.com/google/uuid"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// maxDocument is the size of a whole document; one playbook is bound by
// [strictjson.Default].
const maxDocument = 64 << 20

// Extension is the property extension for playbooks in courses of action
// (github.com/cyentific-rni/stix2.1-coa-playbook-extension).
const Extension = "extension-definition--1e1c1bd7-c527-4215-8e18-e199e74da57c"

var namespace = uuid.MustParse("4d1f9a37-62c8-4be5-9f10-b7c35d2e8a06")

// Is reports whether a document is a playbook or a list of playbooks.
func Is(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) > maxDocument {
		return false
	}
	if bytes.HasPrefix(b, []byte("[")) {
		items, err := stix.Items(b)
		return err == nil && len(items) > 0 && bytes.HasPrefix(items[0].Raw, []byte("{")) && Is(items[0].Raw)
	}
	members, err := stix.Members(b)
	if err != nil {
		return false
	}
	playbook, workflow := false, false
	for _, m := range members {
		playbook = playbook || m.Name == "type" && strings.HasPrefix(string(m.Raw), `"playbook`)
		workflow = workflow || m.Name == "workflow"
	}
	return playbook && workflow
}

// Parse reads playbooks. It returns an error only when the document cannot be
// taken apart; a playbook that cannot be read is in its Rejected, with codes
// cacao.* and those of packages strictjson and stix.
//
// The result shares memory with b.
func Parse(b []byte) (stix.Bundle, error) {
	if len(b) > maxDocument {
		return stix.Bundle{}, stix.TooLong(maxDocument)
	}
	parts, err := conversion.Parts(bytes.TrimSpace(b))
	if err != nil {
		return stix.Bundle{}, err
	}
	var a conversion.Account
	for _, p := range parts {
		if err := keep(&a, p); err != nil {
			a.Reject(p, "", err)
		}
	}
	return a.Bundle, nil
}

func keep(a *conversion.Account, p conversion.Part) error {
	tree, err := strictjson.Parse(p.Raw, strictjson.Default())
	if err != nil {
		return err
	}
	id, isPlaybook := strings.CutPrefix(tree.GetText("id"), tree.GetText("type")+"--")
	if !isPlaybook || !strings.HasPrefix(tree.GetText("type"), "playbook") {
		return fault.New(fault.Invalid, "cacao.playbook", "There is no CACAO playbook here: type and id do not say so.").At("/id", "is not the id of a playbook").
			Try("Send the playbook as its editor exports it.")
	}
	twice := fault.New(fault.Invalid, "cacao.duplicate", "Two playbooks of the document have the same id.").At("/id", "is used twice").Try("Give each playbook an id of its own.")
	c := converter{playbook: &tree}
	if err := a.Keep(p, twice, c.course(id)); err != nil {
		return err
	}
	for _, w := range c.warnings {
		a.Warn(w)
	}
	return nil
}

// converter makes the course of action of one playbook.
type converter struct {
	playbook *strictjson.Value
	warnings []string
}

func (c *converter) course(id string) strictjson.Value {
	if !stix.IsUUID(id) {
		id = stix.NameUUID(namespace, id)
	}
	created, modified := c.times()
	o := conversion.Domain("course-of-action", id, created, modified)
	p := c.playbook
	if by := p.GetText("created_by"); strings.HasPrefix(by, "identity--") && stix.IsUUID(by[len("identity--"):]) {
		o.SetText("created_by_ref", by)
	}
	name := p.GetText("name")
	if name == "" {
		name = "Playbook without a name"
	}
	o.SetText("name", name)
	o.SetText("description", p.GetText("description"))
	o.SetTexts("labels", p.GetTexts("labels"))
	if r := p.Get("revoked"); r != nil && r.Kind == strictjson.Bool && r.Bool {
		o.Set("revoked", strictjson.NewBool(true))
	}
	c.references(&o)
	o.SetTexts("object_marking_refs", c.markings())
	var stated conversion.Stated
	stated.HearTree(p)
	stated.Mark(&o)
	conversion.Extend(&o, Extension, c.extension(created, modified))
	return o
}

// times are those of the playbook. Editors write playbooks that were changed
// before they were made; STIX does not have these.
func (c *converter) times() (created, modified string) {
	from, ok := conversion.Time(c.playbook.GetText("created"))
	if !ok {
		from = conversion.Epoch
	}
	to, ok := conversion.Time(c.playbook.GetText("modified"))
	if !ok {
		to = from
	}
	if to.Before(from) {
		to = from
		c.warnings = append(c.warnings, "says it was modified before it was created: created counts")
	}
	return conversion.Version(from), conversion.Version(to)
}

// references are the external references, which CACAO names otherwise.
func (c *converter) references(o *strictjson.Value) {
	refs := strictjson.NewList()
	given := c.playbook.GetList("external_references")
	for i := range given {
		g := &given[i]
		r := strictjson.NewObject("source_name", g.GetText("name"), "description", g.GetText("description"),
			"url", g.GetText("url"), "external_id", g.GetText("external_id"))
		if r.Get("source_name") != nil && len(r.Members) > 1 {
			refs.Items = append(refs.Items, r)
		}
	}
	if len(refs.Items) > 0 {
		o.Set("external_references", refs)
	}
}

// markings are the TLP markings, whose ids differ from those of STIX only in
// their type. Whatever else a playbook is under closes it.
func (c *converter) markings() []string {
	var ids []string
	given := c.playbook.Get("markings")
	if given == nil {
		return nil
	}
	if given.Kind != strictjson.Array {
		return []string{c.closed("has markings that are no list")}
	}
	for _, m := range given.Items {
		id := "marking-definition--" + strings.TrimPrefix(m.Text, "marking-tlp--")
		if m.Kind == strictjson.String && strings.HasPrefix(m.Text, "marking-tlp--") && stix.WellKnownMarking(id) {
			ids = append(ids, id)
			continue
		}
		ids = append(ids, c.closed("has a marking that is not one of TLP"))
	}
	return ids
}

// closed puts a playbook under the strictest marking, and says why.
func (c *converter) closed(why string) string {
	c.warnings = append(c.warnings, why+": it is closed as TLP:RED")
	return stix.TLPMarking(2, "red")
}

// extension describes the playbook, and has it as text without what nobody
// outside may have: as base64 nobody could look for personal data in it.
func (c *converter) extension(created, modified string) strictjson.Value {
	p := c.playbook
	x := strictjson.NewObject("extension_type", "property-extension", "playbook_id", p.GetText("id"), "created", created, "modified", modified,
		"playbook_creator", p.GetText("created_by"), "playbook_standard", "cacao")
	for _, name := range []string{"valid_from", "valid_until"} {
		if t, ok := conversion.Time(p.GetText(name)); ok {
			x.SetText("playbook_"+name, conversion.Version(t))
		}
	}
	for _, name := range []string{"impact", "severity", "priority"} {
		if n := p.Get(name); n != nil && n.Kind == strictjson.Number {
			x.Set("playbook_"+name, *n)
		}
	}
	x.SetTexts("playbook_type", p.GetTexts("playbook_types"))
	open := p.Clone()
	conceal(&open)
	x.SetText("playbook", string(strictjson.Append(nil, &open)))
	return x
}

// conceal takes out how to log in, wherever a playbook says it, and signatures,
// which would not hold any more.
func conceal(v *strictjson.Value) {
	kept := v.Members[:0]
	for _, m := range v.Members {
		if m.Name == "authentication_info_definitions" || m.Name == "signatures" || m.Name == "signature" {
			continue
		}
		conceal(&m.Value)
		kept = append(kept, m)
	}
	if v.Kind == strictjson.Object {
		v.Members = kept
	}
	for i := range v.Items {
		conceal(&v.Items[i])
	}
}
