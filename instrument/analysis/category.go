package analysis

import (
	"slices"
	"strconv"

	"entente/instrument"
	"entente/privacy"
)

// categoryClass is categories that the norms in view and the transformations
// treat alike: it only matters whether an object has one of them.
type categoryClass []privacy.Category

// otherCategory stands for every category no clause in view names.
const otherCategory = privacy.Category(Other)

// maxClasses bounds the classes of categories of one cell: more than 2^20 forms
// are not looked at.
const maxClasses = 20

// categoryClasses lists the classes that can make a difference to the norms in
// view. A category that no norm tells from its absence, and that turns into no
// such one, makes none.
func (c *cases) categoryClasses(live []int) []categoryClass {
	transforms := c.transforms()
	signs := map[privacy.Category]string{}
	words := c.categoryWords(live, transforms)
	relevant := map[privacy.Category]bool{}
	for _, w := range words {
		s, neutral := c.sign(live, w)
		signs[w] = s
		relevant[w] = !neutral
	}
	for range transforms {
		for _, t := range transforms {
			for from, to := range t.Maps {
				relevant[from] = relevant[from] || to != "" && relevant[to]
			}
		}
	}
	for _, w := range words {
		if relevant[w] && personal(w) {
			relevant[privacy.Unclassified] = true
		}
	}
	at := map[string]int{}
	var out []categoryClass
	for _, w := range words {
		if !relevant[w] {
			continue
		}
		key := signs[w] + "/"
		for i, t := range transforms {
			if to, ok := t.Maps[w]; ok {
				key += strconv.Itoa(i) + string(to) + " "
			}
		}
		if w == privacy.Unclassified {
			key += "?"
		}
		k, ok := at[key]
		if !ok {
			k = len(out)
			at[key] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], w)
	}
	return out
}

func (c *cases) transforms() []privacy.Transform {
	out := slices.Clone(c.q.laws[0].Transforms)
	if c.engines[1] != nil && c.less < 0 {
		out = append(out, c.q.laws[1].Transforms...)
	}
	return out
}

func (c *cases) categoryWords(live []int, transforms []privacy.Transform) []privacy.Category {
	seen := map[privacy.Category]bool{privacy.Unclassified: true, otherCategory: true}
	see := func(ws ...privacy.Category) {
		for _, w := range ws {
			seen[w] = w != "" || seen[w]
		}
	}
	for _, i := range live {
		l := &c.norms[i]
		for _, list := range slices.Concat(l.cats.any, l.cats.within) {
			see(list...)
		}
		see(l.cats.none...)
		see(l.without...)
	}
	for _, t := range transforms {
		for from, to := range t.Maps {
			see(from, to)
		}
	}
	delete(seen, "")
	return sortedKeys(seen)
}

// sign is equal for two categories no norm in view tells apart; neutral says that
// none tells it from its absence.
func (c *cases) sign(live []int, w privacy.Category) (sign string, neutral bool) {
	b := make([]byte, 0, 4*len(live))
	neutral = true
	note := func(v bool) {
		if v {
			neutral = false
			b = append(b, '1')
		} else {
			b = append(b, '0')
		}
	}
	for _, i := range live {
		l := &c.norms[i]
		for _, list := range l.cats.any {
			note(slices.Contains(list, w))
		}
		for _, list := range l.cats.within {
			note(!slices.Contains(list, w))
		}
		note(slices.Contains(l.cats.none, w))
		note(slices.Contains(l.without, w))
	}
	return string(b), neutral
}

// view is the classes of categories of the norms left in a box, worked out once.
func (c *cases) view(live []int) *view {
	key := make([]byte, 0, 2*len(live))
	for _, i := range live {
		key = append(key, byte(i), byte(i>>8))
	}
	v := c.looked[string(key)]
	if v != nil {
		return v
	}
	v = &view{classes: c.categoryClasses(live)}
	for _, whole := range c.classes {
		v.of = append(v.of, slices.IndexFunc(v.classes, func(cl categoryClass) bool { return slices.Contains(cl, whole[0]) }))
	}
	if c.classes == nil && len(v.classes) <= maxClasses {
		differ, open := c.prospects(live, v.classes, nil)
		for m := range uint32(1) << len(v.classes) {
			if anyAdmits(differ, m) && anyAdmits(open, m) {
				v.masks = append(v.masks, m)
			}
		}
	}
	if c.looked == nil {
		c.looked = map[string]*view{}
	}
	c.looked[string(key)] = v
	return v
}

// worth lists the sets of categories that are worth judging as they are, in the
// classes of a view.
func (c *cases) worth(b box, live []int, v *view) []uint32 {
	if c.classes == nil {
		return v.masks
	}
	if !c.matters(b, live) {
		return nil
	}
	var out []uint32
	seen := newBits(1 << len(v.classes))
	c.scratch[2].each(func(whole int) {
		var m uint32
		for k, at := range v.of {
			if at >= 0 && whole&(1<<k) != 0 {
				m |= 1 << at
			}
		}
		if !seen.has(int(m)) {
			seen.set(int(m))
			out = append(out, m)
		}
	})
	return out
}

// prospect says in which sets of categories a norm can match, in the object as it
// is or in a form the transformations can give it.
type prospect struct {
	any []uint32 // of each list, at least one of these classes
	bar uint32   // none of these: nothing can take them out
}

func (p *prospect) admits(mask uint32) bool {
	if mask&p.bar != 0 {
		return false
	}
	for _, a := range p.any {
		if mask&a == 0 {
			return false
		}
	}
	return true
}

// prospects gives the sets of categories that are worth a decision: those in
// which a norm that differs can match and something can open the exchange, in a
// form the transformations can give; without transformations, in the object as it
// is.
func (c *cases) prospects(live []int, classes []categoryClass, transforms []privacy.Transform) (differs, opens []prospect) {
	for _, i := range live {
		l := &c.norms[i]
		if !l.changed && l.opens == 0 {
			continue
		}
		p := c.prospect(l, classes, transforms)
		if l.changed {
			differs = append(differs, p)
		}
		if l.opens != 0 {
			opens = append(opens, p)
		}
	}
	return differs, opens
}

func (c *cases) prospect(l *local, classes []categoryClass, transforms []privacy.Transform) prospect {
	var p prospect
	n := &c.q.norms[l.norm]
	if n.clause == nil {
		return p // the head of an instrument
	}
	for _, list := range l.cats.any {
		reach := slices.Clone(list)
		if slices.ContainsFunc(list, personal) {
			reach = append(reach, privacy.Unclassified)
		}
		for range transforms {
			for _, t := range transforms {
				for from, to := range t.Maps {
					if slices.Contains(reach, to) && !slices.Contains(reach, from) {
						reach = append(reach, from)
					}
				}
			}
		}
		var m uint32
		for k, class := range classes {
			if slices.ContainsFunc(class, func(w privacy.Category) bool { return slices.Contains(reach, w) }) {
				m |= 1 << k
			}
		}
		p.any = append(p.any, m)
	}
	for k, class := range classes {
		stays := !slices.ContainsFunc(transforms, func(t privacy.Transform) bool { _, ok := t.Maps[class[0]]; return ok })
		if stays && c.excludes(l, class[0]) {
			p.bar |= 1 << k
		}
	}
	return p
}

// excludes reports whether a category in an object keeps a norm from having any
// effect.
func (c *cases) excludes(l *local, w privacy.Category) bool {
	return slices.Contains(l.cats.none, w) || c.q.norms[l.norm].is(instrument.Permission) && slices.Contains(l.without, w) ||
		slices.ContainsFunc(l.cats.within, func(list []privacy.Category) bool { return !slices.Contains(list, w) })
}

func anyAdmits(ps []prospect, mask uint32) bool {
	for i := range ps {
		if ps[i].admits(mask) {
			return true
		}
	}
	return false
}

// categoriesOf is the categories of an object that has one of each class of a mask.
func categoriesOf(classes []categoryClass, mask uint32) []privacy.Category {
	out := []privacy.Category{}
	for i, class := range classes {
		if mask&(1<<i) != 0 {
			out = append(out, class[0])
		}
	}
	slices.Sort(out)
	return out
}

// cube is a set of masks: those that have some classes and lack others.
type cube struct{ some, none uint32 }

// cubes covers a set of masks by as few disjoint cubes as pairwise merging finds.
func cubes(masks []uint32, classes int) []cube {
	full := uint32(1)<<classes - 1
	set := make(map[cube]bool, len(masks))
	for _, m := range masks {
		set[cube{m, full &^ m}] = true
	}
	for i := range classes {
		bit := uint32(1) << i
		for k := range set {
			other := cube{k.some &^ bit, k.none | bit}
			if k.some&bit != 0 && set[k] && set[other] {
				delete(set, k)
				delete(set, other)
				set[cube{k.some &^ bit, k.none &^ bit}] = true
			}
		}
	}
	out := make([]cube, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b cube) int {
		if a.some != b.some {
			return int(a.some) - int(b.some)
		}
		return int(a.none) - int(b.none)
	})
	return out
}
