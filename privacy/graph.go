package privacy

import (
	"strings"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// close decides for this round what leaves, what changes and under which id.
// Every reference is looked at once per round, whatever the shape of the graph
// (J18): a death or a change is put on a queue and told to those who refer to it.
func (b *builder) close() {
	b.queue, b.again = b.queue[:0], false
	b.reset()
	b.startLosses()
	b.spreadLosses()
	for i := range b.pieces {
		b.rename(i)
	}
	b.spreadChanges()
	b.firstOf = make(map[string]int, len(b.pieces))
	for i := range b.pieces {
		p := &b.pieces[i]
		if p.left != "" {
			continue
		}
		// The first by original id, so that the order of items does not matter.
		if j, taken := b.firstOf[p.id]; !taken || p.obj.ID < b.pieces[j].obj.ID {
			b.firstOf[p.id] = i
		}
	}
}

// reset starts a round with what the last ones settled: edits, and who is out.
func (b *builder) reset() {
	for i := range b.pieces {
		p := &b.pieces[i]
		p.touched, p.state, p.id, p.out, p.changes = p.altered || len(p.edits) > 0, unvisited, p.obj.ID, nil, nil
		p.live = 0
		if p.left == "" {
			p.left = p.doomed
		}
		if p.left != "" {
			b.queue = append(b.queue, i)
		}
		for _, r := range p.obj.Refs {
			if needOf(p.obj.Type, r.Path) == oneOf {
				p.live++
			}
		}
	}
}

// startLosses finds the references and mentions that lead out of the form.
func (b *builder) startLosses() {
	for i := range b.pieces {
		p := &b.pieces[i]
		for _, r := range p.obj.Refs {
			_, item := b.at[r.ID]
			_, edited := p.edits[r.Path]
			if !item && !b.stays(r.ID) || edited {
				b.lose(i, r.Path, r.ID)
			}
		}
		for _, m := range p.text {
			if _, item := b.at[m.id]; !item && !b.stays(m.id) {
				p.touched = true
			}
		}
	}
}

// need says how much an object depends on a reference.
type need uint8

const (
	optional need = iota
	required      // without it the object says nothing, or quotes what is withheld
	oneOf         // one of several must stay
	marking       // without its definition nobody may have the object
)

// needOf: STIX 2.1 sections 4 and 5 for what is required; EXCHANGE S19 for
// notes and opinions, which speak about every object they refer to.
func needOf(typ, path string) need {
	root, _, _ := strings.Cut(path, ".")
	switch root {
	case "object_marking_refs", "granular_markings":
		return marking
	case "created_by_ref":
		return optional
	}
	switch typ {
	case "relationship":
		if root == "source_ref" || root == "target_ref" {
			return required
		}
	case "sighting":
		if root == "sighting_of_ref" {
			return required
		}
	case "language-content":
		return required
	case "note", "opinion":
		if root == "object_refs" {
			return required
		}
	case "report", "grouping", "observed-data":
		if root == "object_refs" {
			return oneOf
		}
	case "network-traffic":
		if root == "src_ref" || root == "dst_ref" {
			return oneOf
		}
	}
	return optional
}

// lose tells a piece that a reference of it does not lead anywhere any more.
func (b *builder) lose(i int, path, id string) {
	p := &b.pieces[i]
	if p.left != "" {
		return
	}
	why := ""
	switch needOf(p.obj.Type, path) {
	case required:
		why = "it is about " + id + ", which does not leave"
	case marking:
		why = "its marking " + id + " is not in the form"
	case oneOf:
		p.live--
		if p.live == 0 {
			why = "nothing it refers to leaves"
		}
	case optional:
	}
	p.touched = true
	if why != "" {
		b.drop(i, why)
	}
}

func (b *builder) drop(i int, why string) {
	if b.pieces[i].left == "" {
		b.pieces[i].left = why
		b.queue = append(b.queue, i)
	}
}

func (b *builder) spreadLosses() {
	for len(b.queue) > 0 {
		i := b.queue[len(b.queue)-1]
		b.queue = b.queue[:len(b.queue)-1]
		for _, u := range b.users[b.pieces[i].obj.ID] {
			if u.text {
				b.pieces[u.by].touched = true
				continue
			}
			if _, edited := b.pieces[u.by].edits[u.path]; !edited {
				b.lose(u.by, u.path, b.pieces[i].obj.ID)
			}
		}
	}
}

const (
	unvisited uint8 = iota
	visiting
	visited
	spread
)

// observable reports whether ids of a type are made from content: objects
// without created_by_ref, created and modified.
func observable(o *strictjson.Value) bool {
	typ := o.GetText("type")
	return o.Get("created") == nil && typ != "marking-definition" && known[typ] != nil
}

// rename gives piece i its id, after the observables whose ids its own is made
// from. Only the ids of observables depend on each other.
func (b *builder) rename(i int) {
	p := &b.pieces[i]
	if p.state != unvisited || p.left != "" {
		return
	}
	p.state = visiting
	defer func() { p.state = visited }()
	if !observable(p.obj.Tree) {
		if p.touched {
			p.id = b.newID(p)
		}
		return
	}
	circular, moved := false, p.touched
	for _, r := range p.obj.Refs {
		j, ok := b.at[r.ID]
		if !ok || !contributes(r.Path) {
			continue
		}
		b.rename(j)
		circular = circular || b.pieces[j].state == visiting
		moved = moved || b.pieces[j].id != r.ID
	}
	if !moved {
		return
	}
	tree, _ := b.write(p)
	id, ok := stix.SCOID(&tree)
	if !ok || circular {
		// Section 2.9: an observable without contributing properties has a
		// random id; ours is random to whoever lacks the key.
		id = shapedID(b.sc.Key, p.obj.Type, p.obj.ID, 4)
	}
	p.id = id
}

// contributes reports whether a reference is part of what makes an observable
// what it is (STIX 2.1, section 6).
func contributes(path string) bool {
	root, _, _ := strings.Cut(path, ".")
	switch root {
	case "parent_directory_ref", "from_ref", "src_ref", "dst_ref", "extensions", "values":
		return true
	}
	return false
}

func (b *builder) newID(p *piece) string {
	if !p.class {
		return derivedID(b.sc.Key, p.obj.Type, p.obj.ID)
	}
	tree, _ := b.write(p)
	for i := range tree.Members {
		switch m := &tree.Members[i]; m.Name {
		case "id":
			m.Value = strictjson.Value{}
		case "object_marking_refs", "granular_markings":
			// By their original ids: theirs in the form may not be known yet.
			m.Value = *p.obj.Tree.Get(m.Name)
		}
	}
	return derivedID(b.sc.Key, p.obj.Type, "class\x00"+string(strictjson.AppendCanonical(nil, &tree)))
}

// spreadChanges gives new ids to whoever refers to something that has one, and
// drops translations of what changed: they hold the text that was changed.
func (b *builder) spreadChanges() {
	for i := range b.pieces {
		if p := &b.pieces[i]; p.left == "" && (p.id != p.obj.ID || p.touched) {
			b.queue = append(b.queue, i)
		}
	}
	for len(b.queue) > 0 {
		i := b.queue[len(b.queue)-1]
		b.queue = b.queue[:len(b.queue)-1]
		p := &b.pieces[i]
		if p.state == spread && p.left == "" {
			continue
		}
		p.state = spread
		for _, u := range b.users[p.obj.ID] {
			b.tell(u, p)
		}
	}
}

// tell informs one user of an id that the piece behind it changed or left.
func (b *builder) tell(u use, p *piece) {
	user := &b.pieces[u.by]
	if user.left != "" {
		return
	}
	switch {
	case p.left != "" && !u.text:
		b.lose(u.by, u.path, p.obj.ID)
	case user.obj.Type == "language-content" && !u.text && u.path == "object_ref":
		b.drop(u.by, "it translates "+p.obj.ID+", which changes")
		return
	case p.left == "" && p.id == p.obj.ID:
		return
	}
	if user.left != "" || user.touched && user.id != user.obj.ID {
		return
	}
	user.touched = true
	if !observable(user.obj.Tree) {
		user.id = b.newID(user)
	}
	b.queue = append(b.queue, u.by)
}
