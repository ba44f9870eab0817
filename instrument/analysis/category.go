package analysis

import (
	"slices"
	"strconv"

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
		key := append([]byte(signs[w]), '/')
		for i, t := range transforms {
			if to, ok := t.Maps[w]; ok {
				key = append(append(strconv.AppendInt(key, int64(i), 10), to...), ' ')
			}
		}
		if w == privacy.Unclassified {
			key = append(key, '?')
		}
		k, ok := at[string(key)]
		if !ok {
			k = len(out)
			at[string(key)] = k
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
