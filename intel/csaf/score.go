package csaf

import (
	"math"
	"strconv"
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"

	"entente/internal/strictjson"
)

// vector computes the scores of one version of CVSS.
type vector interface {
	Set(metric, value string) error
	BaseScore() float64
	TemporalScore() float64
	EnvironmentalScore() float64
}

// metric is a property of the CVSS schemas and its name in a vector.
type metric struct {
	property, name string
	optional       bool
}

var metrics3 = []metric{
	{"attackVector", "AV", false},
	{"attackComplexity", "AC", false},
	{"privilegesRequired", "PR", false},
	{"userInteraction", "UI", false},
	{"scope", "S", false},
	{"confidentialityImpact", "C", false},
	{"integrityImpact", "I", false},
	{"availabilityImpact", "A", false},
	{"exploitCodeMaturity", "E", true},
	{"remediationLevel", "RL", true},
	{"reportConfidence", "RC", true},
	{"confidentialityRequirement", "CR", true},
	{"integrityRequirement", "IR", true},
	{"availabilityRequirement", "AR", true},
	{"modifiedAttackVector", "MAV", true},
	{"modifiedAttackComplexity", "MAC", true},
	{"modifiedPrivilegesRequired", "MPR", true},
	{"modifiedUserInteraction", "MUI", true},
	{"modifiedScope", "MS", true},
	{"modifiedConfidentialityImpact", "MC", true},
	{"modifiedIntegrityImpact", "MI", true},
	{"modifiedAvailabilityImpact", "MA", true},
}

var metrics2 = []metric{
	{"accessVector", "AV", false},
	{"accessComplexity", "AC", false},
	{"authentication", "Au", false},
	{"confidentialityImpact", "C", false},
	{"integrityImpact", "I", false},
	{"availabilityImpact", "A", false},
	{"exploitability", "E", true},
	{"remediationLevel", "RL", true},
	{"reportConfidence", "RC", true},
	{"collateralDamagePotential", "CDP", true},
	{"targetDistribution", "TD", true},
	{"confidentialityRequirement", "CR", true},
	{"integrityRequirement", "IR", true},
	{"availabilityRequirement", "AR", true},
}

// words are the values of CVSS 2 that a vector does not write as their first
// letter.
var words = map[string]string{
	"PROOF_OF_CONCEPT": "POC", "OFFICIAL_FIX": "OF", "TEMPORARY_FIX": "TF", "UNCONFIRMED": "UC", "UNCORROBORATED": "UR",
	"LOW_MEDIUM": "LM", "MEDIUM_HIGH": "MH", "NOT_DEFINED": "ND",
}

// rating is a score of an advisory.
type rating struct {
	node           // cvss_v2 or cvss_v3
	products       []string
	version        string
	metrics        []metric
	inVector       map[string]string
	computed       vector // nil when the vector has not what the base score needs
	fromProperties bool   // some metrics are only in properties
}

// ratings are the scores of a vulnerability that keep their schemas.
func (d *document) ratings(v node) []rating {
	var all []rating
	for _, s := range v.list("scores") {
		for _, name := range []string{"cvss_v2", "cvss_v3"} {
			if c := s.get(name); c.there() && c.v.Kind == strictjson.Object && !d.badScore[c.at] {
				all = append(all, newRating(c, s.get("products").strings()))
			}
		}
	}
	return all
}

func newRating(c node, products []string) rating {
	r := rating{node: c, products: products, version: c.text("version"), metrics: metrics3, inVector: map[string]string{}}
	none := "X"
	var all vector
	switch r.version {
	case "2.0":
		r.metrics, none, all = metrics2, "ND", &gocvss20.CVSS20{}
	case "3.0":
		all = &gocvss30.CVSS30{}
	default:
		all = &gocvss31.CVSS31{}
	}
	for part := range strings.SplitSeq(strings.Trim(c.text("vectorString"), "()"), "/") {
		if name, value, ok := strings.Cut(part, ":"); ok && name != "CVSS" {
			r.inVector[name] = value
		}
	}
	r.computed = all
	for _, m := range r.metrics {
		value, given := r.inVector[m.name]
		if !given && m.optional {
			value = none
			if c.get(m.property).there() {
				value, r.fromProperties = r.letter(c.text(m.property)), true
			}
		}
		if all.Set(m.name, value) != nil {
			r.computed = nil
		}
	}
	return r
}

// letter is how a vector writes a value.
func (r *rating) letter(word string) string {
	if r.version == "2.0" {
		if s, ok := words[word]; ok {
			return s
		}
	}
	if word == "NOT_DEFINED" {
		return "X"
	}
	return word[:min(1, len(word))]
}

// scores are tests 6.1.7 to 6.1.10.
func (d *document) scores() {
	for _, v := range d.vulnerabilities {
		rated := map[string]bool{}
		for _, r := range d.ratings(v) {
			for _, id := range r.products {
				if rated[r.version+" "+id] {
					d.fail("6.1.7", r.node, "is a second score of CVSS "+r.version+" for "+id)
				}
				rated[r.version+" "+id] = true
			}
		}
	}
	d.found = append(d.found, d.badScores...) // 6.1.8
	for _, v := range d.vulnerabilities {
		for _, r := range d.ratings(v) {
			d.computation(r)
			for _, m := range r.metrics {
				value, given := r.inVector[m.name]
				if p := r.get(m.property); given && p.there() && r.letter(p.string()) != value {
					d.fail("6.1.10", p, "is not what the vector says, "+m.name+":"+value)
				}
			}
		}
	}
}

// computation is test 6.1.9.
func (d *document) computation(r rating) {
	if r.computed == nil {
		d.fail("6.1.9", r.get("vectorString"), "has not every metric of a base score")
		return
	}
	for _, s := range []struct {
		name string
		want float64
	}{{"base", r.computed.BaseScore()}, {"temporal", r.computed.TemporalScore()}, {"environmental", r.computed.EnvironmentalScore()}} {
		have, given := number(r.get(s.name + "Score"))
		if given && math.Abs(have-s.want) > 0.001 {
			d.fail("6.1.9", r.get(s.name+"Score"), "is not what the vector comes to, "+strconv.FormatFloat(s.want, 'f', 1, 64))
		}
		if severity := r.get(s.name + "Severity"); r.version != "2.0" && severity.there() && severity.string() != severityOf(s.want) {
			d.fail("6.1.9", severity, "is not the severity of "+strconv.FormatFloat(s.want, 'f', 1, 64)+", "+severityOf(s.want))
		}
	}
}

func number(n node) (float64, bool) {
	if n.v == nil || n.v.Kind != strictjson.Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.v.Text, 64)
	return f, err == nil
}

// severityOf is the qualitative scale of CVSS 3 (its section 5).
func severityOf(score float64) string {
	switch {
	case score >= 9:
		return "CRITICAL"
	case score >= 7:
		return "HIGH"
	case score >= 4:
		return "MEDIUM"
	case score > 0:
		return "LOW"
	}
	return "NONE"
}
