package instrument

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/fault"
)

// Current splits versions of the law at an instant into those that speak and
// those that a later one has replaced. A version replaces the one whose hash it
// names in supersedes from the moment its own text is in force, never before,
// so that there is no day without law. The result maps the hash of a replaced
// version to the id@version of what replaced it.
//
// A claim that would roll the law back (same id, version not higher) replaces
// nothing (ASSURANCE.md T5).
func Current(all []*Instrument, at time.Time) (current []*Instrument, superseded map[string]string) {
	byHash := make(map[string]*Instrument, len(all))
	for _, i := range all {
		byHash[i.Hash.String()] = i
	}
	superseded = make(map[string]string)
	for _, next := range all {
		old, known := byHash[next.Supersedes]
		if !known || CheckSuccession(old, next) != nil {
			continue
		}
		if phase, _ := next.text(at); phase == operative || phase == lapsed {
			superseded[next.Supersedes] = next.Ref()
		}
	}
	for _, i := range all {
		if _, gone := superseded[i.Hash.String()]; !gone {
			current = append(current, i)
		}
	}
	return current, superseded
}

// CheckSuccession returns a conflict fault unless next is a later version of
// old: it names old by hash, has the same id and a higher version, and does not
// start before it.
func CheckSuccession(old, next *Instrument) error {
	refuse := func(pointer, detail string) error {
		return fault.New(fault.Conflict, "instrument.rollback", "%s does not follow %s.", next.Ref(), old.Ref()).
			At(pointer, detail).Try("Raise the version and name the hash of the version it replaces.")
	}
	switch {
	case next.Supersedes != old.Hash.String():
		return refuse("/supersedes", "does not name "+old.Hash.String())
	case next.ID == old.ID && CompareVersions(next.Version, old.Version) <= 0:
		return refuse("/version", "is not higher than "+old.Version)
	case next.InForce.From.Before(old.InForce.From) && next.InForce.Condition == nil:
		return refuse("/in_force/from", "is before the version it replaces")
	}
	return nil
}

// CompareVersions orders versions of three numbers: negative when a is lower.
func CompareVersions(a, b string) int {
	return slices.Compare(numbers(a), numbers(b))
}

func numbers(version string) []int {
	var out []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			n = -1
		}
		out = append(out, n)
	}
	return out
}

// Ranks collects where the policies of a node place other instruments in its
// legal order, by id (DECISION.md, step 4). Of two versions of a policy the later
// one speaks; of two policies that place one instrument differently, the lower
// place counts.
func Ranks(all []*Instrument) map[string]int {
	newest := map[string]*Instrument{}
	for _, i := range all {
		if old := newest[i.ID]; len(i.Ranks) > 0 && (old == nil || CompareVersions(i.Version, old.Version) > 0) {
			newest[i.ID] = i
		}
	}
	ranks := map[string]int{}
	for _, i := range newest {
		for id, n := range i.Ranks {
			if had, ok := ranks[id]; !ok || n < had {
				ranks[id] = n
			}
		}
	}
	return ranks
}

// CheckPrecedence returns an invalid fault when the precedence clauses of
// several instruments defer to each other in a circle (ASSURANCE.md T4).
func CheckPrecedence(all []*Instrument) error {
	above := make(map[string][]string) // id → ids that prevail over it
	for _, i := range all {
		above[i.ID] = append(above[i.ID], i.Precedence.SubjectTo...)
		for _, id := range i.Precedence.PrevailsOver {
			above[id] = append(above[id], i.ID)
		}
	}
	f := fault.New(fault.Invalid, "instrument.precedence", "The precedence clauses of several instruments go in a circle.").
		Try("Remove one of the precedence clauses named.")
	for _, id := range circles(sortedKeys(above), func(id string) []string { return above[id] }) {
		f = f.At("/precedence", id+" ends up subject to itself")
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
