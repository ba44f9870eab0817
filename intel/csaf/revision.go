package csaf

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// revision is an item of the revision history.
type revision struct {
	node
	date    time.Time
	version string
}

// semantic is a version as package semver reads it: an integer is a version
// without minor and patch.
func semantic(v string) string { return "v" + v }

func isInteger(v string) bool { return !strings.Contains(v, ".") }

func major(v string) string { return strings.TrimPrefix(semver.Major(semantic(v)), "v") }

func withoutBuild(v string) string {
	v, _, _ = strings.Cut(v, "+")
	return v
}

func prerelease(v string) bool { return semver.Prerelease(semantic(v)) != "" }

// unreleased are version 0 and 0.y.z.
func unreleased(v string) bool { return major(v) == "0" }

// instant reads a date-time, which the schema has checked.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// history are the revisions by date, those of one instant by number.
func (d *document) history() []revision {
	var all []revision
	for _, r := range d.tracking.list("revision_history") {
		all = append(all, revision{r, instant(r.text("date")), r.text("number")})
	}
	slices.SortStableFunc(all, func(a, b revision) int {
		if c := a.date.Compare(b.date); c != 0 {
			return c
		}
		return semver.Compare(semantic(a.version), semantic(b.version))
	})
	return all
}

// revisions are tests 6.1.14, 6.1.18, 6.1.19, 6.1.21 and 6.1.22.
func (d *document) revisions() {
	history := d.history()
	seen := map[string]bool{}
	released := d.tracking.text("status") != "draft"
	for i, r := range history {
		number := r.get("number")
		if i > 0 && semver.Compare(semantic(history[i-1].version), semantic(r.version)) > 0 {
			d.fail("6.1.14", number, "is lower than that of an earlier date")
		}
		if released && unreleased(r.version) {
			d.fail("6.1.18", number, "is a version before the first release of a released document")
		}
		if prerelease(r.version) {
			d.fail("6.1.19", number, "is a pre-release version")
		}
		if seen[r.version] {
			d.fail("6.1.22", number, "is in the history twice")
		}
		seen[r.version] = true
	}
	d.omitted(history)
}

// omitted is test 6.1.21.
func (d *document) omitted(history []revision) {
	for i, r := range history {
		m := major(r.version)
		if i == 0 {
			if m != "0" && m != "1" {
				d.fail("6.1.21", r.get("number"), "is the first version and neither 0 nor 1")
			}
			continue
		}
		was := major(history[i-1].version)
		if m != was && m != successor(was) && semver.Compare("v"+m, "v"+was) > 0 {
			d.fail("6.1.21", r.get("number"), "follows "+was+" and leaves versions out")
		}
	}
}

func successor(m string) string {
	n, err := strconv.Atoi(m)
	if err != nil {
		return "" // beyond any history
	}
	return strconv.Itoa(n + 1)
}

// versions are tests 6.1.16, 6.1.17, 6.1.20 and 6.1.30.
func (d *document) versions() {
	version, status := d.tracking.get("version"), d.tracking.text("status")
	v := version.string()
	history := d.history()
	if len(history) > 0 {
		last := history[len(history)-1].version
		want, have := withoutBuild(last), withoutBuild(v)
		if status == "draft" {
			want, _, _ = strings.Cut(want, "-")
			have, _, _ = strings.Cut(have, "-")
		}
		if want != have {
			d.fail("6.1.16", version, "is not the latest of the revision history, "+last)
		}
	}
	if status != "draft" && (unreleased(v) || prerelease(v)) {
		d.fail("6.1.17", d.tracking.get("status"), "is not draft, though the version is before a release")
	}
	if status != "draft" && prerelease(v) {
		d.fail("6.1.20", version, "is a pre-release version of a released document")
	}
	for _, r := range d.tracking.list("revision_history") {
		if number := r.get("number"); isInteger(number.string()) != isInteger(v) {
			d.fail("6.1.30", number, "mixes integer and semantic versioning")
		}
	}
}
