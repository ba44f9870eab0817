package attackflow

import (
	"net/url"
	"slices"
	"strings"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// types are the nodes that only flows have; all others are named as in STIX,
// with an underscore for each hyphen.
var types = map[string]string{
	"action": "attack-action", "condition": "attack-condition", "asset": "attack-asset", "AND_operator": "attack-operator", "OR_operator": "attack-operator",
	"flow": "attack-flow",
}

// properties are what the types of the extension have of their own; the rest of
// a node, such as a confidence in words, stays in its bytes.
var properties = map[string][]string{
	"attack-flow":      {"name", "description", "scope", "external_references"},
	"attack-action":    {"name", "tactic_id", "tactic_ref", "technique_id", "technique_ref", "description", "execution_start", "execution_end"},
	"attack-condition": {"description", "pattern", "pattern_type", "pattern_version"},
	"attack-asset":     {"name", "description"},
	"attack-operator":  {"operator"},
}

// convert makes everything. Nodes are checked before they are related, so that
// nothing refers to one that was set aside; the flow comes last, because it
// names where it starts.
func (f *flow) convert() {
	created, ok := conversion.Time(f.root.props.GetText("created"))
	if !ok {
		created = conversion.Epoch
	}
	f.created = conversion.Version(created)
	f.connect()
	for _, n := range f.nodes {
		f.build(n)
	}
	for _, n := range f.nodes {
		if !n.kept {
			continue
		}
		f.refer(n)
		f.keep(n, n.object)
	}
	f.related()
	f.flow()
}

// connect finds what each line means.
func (f *flow) connect() {
	for _, l := range f.lines {
		from, ok := f.anchors[f.latches[l.source]]
		to, there := f.anchors[f.latches[l.target]]
		if ok && there && from.of != to.of {
			from.of.out = append(from.of.out, edge{to.of, from.name})
			to.of.in = append(to.of.in, edge{from.of, from.name})
		}
	}
}

// typeOf is the type of STIX that a node becomes.
func typeOf(n *node) string {
	if t := types[n.kind]; t != "" {
		return t
	}
	return strings.ReplaceAll(n.kind, "_", "-")
}

func idOf(n *node) string { return typeOf(n) + "--" + uuidOf(n) }

// observables are the nodes without times.
var observables = strings.Fields("artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr mac-addr mutex network-traffic process software url " +
	"user-account windows-registry-key x509-certificate")

// begin makes what a node has without its lines.
func (f *flow) begin(n *node) strictjson.Value {
	typ := typeOf(n)
	if slices.Contains(observables, typ) {
		return strictjson.NewObject("type", typ, "spec_version", "2.1", "id", idOf(n))
	}
	return conversion.Domain(typ, uuidOf(n), f.created, f.created)
}

// build makes the object of a node and tries whether it can be one.
func (f *flow) build(n *node) {
	o := f.begin(n)
	own, isFlow := properties[typeOf(n)]
	begun := len(o.Members)
	for _, m := range n.props.Members {
		if isFlow && !slices.Contains(own, m.Name) {
			continue
		}
		m.Value = adapt(m.Name, m.Value)
		if i := slices.IndexFunc(o.Members[:begun], func(b strictjson.Member) bool { return b.Name == m.Name }); i >= 0 {
			o.Members[i] = m
			continue
		}
		o.Members = append(o.Members, m)
	}
	if isFlow {
		extend(&o)
	}
	n.object = o
	trial := o.Clone()
	if n.kind == "note" {
		trial.Set("object_refs", strictjson.NewStrings(idOf(f.root))) // told by its lines, below
	}
	if err := f.check(n, &trial); err != nil {
		f.Reject(n.Part, idOf(n), err)
		return
	}
	n.kept = true
}

// check refuses what STIX does not have: types that are neither in the standard
// nor in the extension, and what breaks a rule.
func (f *flow) check(n *node, o *strictjson.Value) error {
	_, warnings, err := stix.ParseObject(strictjson.Append(nil, o))
	if err != nil {
		return err
	}
	for _, w := range warnings {
		if strings.HasPrefix(w.Detail, "stix.custom-type") {
			return fault.New(fault.Invalid, "attackflow.node", "A node is of a type that is not known here.").At("/id", "is not a type of the Attack Flow Builder").
				Try("Look at %s in the file.", n.Pointer)
		}
	}
	return nil
}

// adapt gives a property the form STIX has: truth values are words in the
// builder, hashes a list.
func adapt(name string, v strictjson.Value) strictjson.Value {
	switch {
	case v.Kind == strictjson.String && (v.Text == "true" || v.Text == "false") && (strings.HasPrefix(name, "is_") || name == "can_escalate_privs"):
		return strictjson.NewBool(v.Text == "true")
	case name == "hashes" && v.Kind == strictjson.Array:
		return conversion.Digests(v.Items, "hash_type", "hash_value")
	}
	return v
}

func extend(o *strictjson.Value) {
	conversion.Extend(o, Extension, strictjson.NewObject("extension_type", "new-sdo"))
}

// steps are the types that follow each other in a flow.
var steps = []string{"attack-action", "attack-condition", "attack-operator"}

func isStep(n *node) bool { return slices.Contains(steps, typeOf(n)) }

// refer adds what the lines from a node mean for it.
func (f *flow) refer(n *node) {
	switch typeOf(n) {
	case "attack-action":
		n.object.SetTexts("effect_refs", targets(n.out, isStep))
		n.object.SetTexts("asset_refs", targets(n.out, isAsset))
		if commands := targets(n.out, func(t *node) bool { return t.kind == "process" }); len(commands) > 0 {
			n.object.SetText("command_ref", commands[0])
		}
	case "attack-condition":
		no := slices.DeleteFunc(slices.Clone(n.out), func(e edge) bool { return e.branch != "branch:False" })
		yes := slices.DeleteFunc(slices.Clone(n.out), func(e edge) bool { return e.branch == "branch:False" })
		n.object.SetTexts("on_true_refs", targets(yes, isStep))
		n.object.SetTexts("on_false_refs", targets(no, isStep))
	case "attack-operator":
		n.object.SetTexts("effect_refs", targets(n.out, isStep))
	case "attack-asset":
		if of := targets(n.out, isThing); len(of) > 0 {
			n.object.SetText("object_ref", of[0])
		}
	case "note":
		about := targets(append(slices.Clone(n.out), n.in...), func(*node) bool { return true })
		if len(about) == 0 {
			about = []string{idOf(f.root)}
		}
		n.object.SetTexts("object_refs", about)
	}
}

func isAsset(n *node) bool { return n.kind == "asset" }
func isThing(n *node) bool { return !isStep(n) && !isAsset(n) && n.kind != "note" }

// targets are the ids of the kept ends that pass a test, each once.
func targets(edges []edge, test func(*node) bool) []string {
	var ids []string
	seen := map[string]bool{}
	for _, e := range edges {
		if id := idOf(e.to); e.to.kept && test(e.to) && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// related makes a relationship of each line that no property has.
func (f *flow) related() {
	for _, n := range f.nodes {
		if !n.kept {
			continue
		}
		told := map[string]bool{}
		for _, r := range stix.Refs(&n.object) {
			told[r.ID] = true
		}
		for _, id := range targets(n.out, func(to *node) bool { return to.kind != "note" }) {
			if !told[id] {
				uuid := stix.NameUUID(namespace, idOf(n)+" related-to "+id)
				f.keep(n, conversion.Relationship(uuid, "related-to", idOf(n), id, f.created, f.created))
			}
		}
	}
}

// keep takes an object in, or accounts for its node.
func (f *flow) keep(n *node, made ...strictjson.Value) {
	twice := fault.New(fault.Invalid, "attackflow.node", "Two nodes have the same instance.").At("/instance", "is used twice").Try("Open the file in the Attack Flow Builder and save it.")
	for i := range made {
		f.stated.Mark(&made[i])
	}
	if err := f.Keep(n.Part, twice, made...); err != nil {
		f.Reject(n.Part, idOf(n), err)
	}
}

// references writes addresses as people mistype them where text goes: one of
// them does not cost the flow.
func references(o *strictjson.Value) {
	refs := o.Get("external_references")
	if refs == nil {
		return
	}
	for i := range refs.Items {
		r := &refs.Items[i]
		link := strings.TrimSpace(r.GetText("url"))
		u, err := url.Parse(link)
		switch {
		case link == "":
		case err == nil && u.Host != "" && !strings.ContainsAny(link, " <>\"{}|\\^`"):
			r.SetText("url", link)
		default:
			r.Members = slices.DeleteFunc(r.Members, func(m strictjson.Member) bool { return m.Name == "url" })
			r.SetText("description", strings.TrimSpace(r.GetText("description")+" "+link))
		}
	}
}

// flow makes the flow and who drew it: a name only, as in MISP.
func (f *flow) flow() {
	n := f.root
	o := f.begin(n)
	for _, name := range properties["attack-flow"] {
		if v := n.props.Get(name); v != nil {
			o.Set(name, *v)
		}
	}
	references(&o)
	if scopes := []string{"incident", "campaign", "threat-actor", "malware", "emulation-plan", "attack-tree", "other"}; !slices.Contains(scopes, o.GetText("scope")) {
		o.SetText("scope", "other")
	}
	var starts, all []edge
	for _, s := range f.nodes {
		all = append(all, edge{to: s})
		if !slices.ContainsFunc(s.in, func(e edge) bool { return isStep(e.to) }) {
			starts = append(starts, edge{to: s})
		}
	}
	first := targets(starts, func(s *node) bool { return s.kind == "action" || s.kind == "condition" })
	if len(first) == 0 { // a circle has no beginning
		first = targets(all, func(s *node) bool { return s.kind == "action" || s.kind == "condition" })
	}
	o.SetTexts("start_refs", first)
	extend(&o)
	made := []strictjson.Value{o}
	author := n.props.Get("author")
	if name := author.GetText("name"); name != "" {
		who := conversion.Domain("identity", stix.NameUUID(namespace, "author "+name+f.stated.Key()), conversion.Version(conversion.Epoch), conversion.Version(conversion.Epoch))
		who.SetText("name", name)
		who.SetText("identity_class", author.GetText("identity_class"))
		made[0].SetText("created_by_ref", who.GetText("id"))
		made = append(made, who)
	}
	n.Raw, n.Pointer = f.whole, ""
	f.keep(n, made...)
}
