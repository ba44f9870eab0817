package analysis

import (
	"slices"
	"strconv"

	"entente/instrument"
	"entente/privacy"
)

// view is the classes of categories of the norms left in a box, worked out once.
func (c *cases) view(live []int) *view {
	key := make([]byte, 0, 2*len(live))
	for _, i := range live {
		key = strconv.AppendInt(append(key, ' '), int64(i), 36)
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
	if n.clause == nil || l.always {
		return p
	}
	for _, list := range l.cats.any {
		reach := reaching(list, transforms)
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

// reaching lists the categories that are or may become one of a list.
func reaching(list []privacy.Category, transforms []privacy.Transform) []privacy.Category {
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
	return reach
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
