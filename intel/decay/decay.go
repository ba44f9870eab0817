// Package decay says how much of the confidence in an object is left: an address
// that was hostile a year ago is probably somebody else's today.
//
// It follows the polynomial model of MISP's decaying models, which loses little
// at the end and most at the beginning. It writes nothing and suppresses
// nothing: the score is worked out when somebody looks. Invariant: without a new
// sighting a score never grows with age.
package decay

import (
	"fmt"
	"math"
	"time"

	"entente/intel/atom"
)

// speed is the exponent δ of the model; at 2, half of the confidence is gone
// after a quarter of the lifetime.
const speed = 2

// Life is how long a kind of value means something.
type Life struct {
	Kind atom.Kind
	Days int // lifetime τ, after which nothing is left; 0 = it does not fade
}

// HalfLife is when half of the confidence is gone.
func (l Life) HalfLife() int { return l.Days / (1 << speed) }

// lives is from the shortest to the longest. Addresses have the 120 days of
// MISP's model for network detection; the others are ours, by how fast each kind
// changes hands.
var lives = []Life{
	{atom.URL, 60},
	{atom.Address, 120},
	{atom.Range, 120},
	{atom.Domain, 180},
	{atom.Email, 240},
	{atom.Account, 240},
	{atom.AS, 720},
	{atom.Certificate, 720},
	{atom.Mutex, 1440},
	{atom.Registry, 1440},
	{atom.FileName, 720},
	{atom.MAC, 720},
	{atom.Hash, 2880},
	{atom.CVE, 0},
	{atom.Attack, 0},
}

// LifeOf returns the lifetime of a kind of value.
func LifeOf(k atom.Kind) Life {
	for _, l := range lives {
		if l.Kind == k {
			return l
		}
	}
	return Life{k, 360}
}

// Unsaid is the confidence in an object whose author gives none.
const Unsaid = 50

// Evidence is what is known of an object.
type Evidence struct {
	Base     int // confidence of its author, 0 to 100
	Said     bool
	Kinds    []atom.Kind // of its values; the one that fades fastest counts
	From     time.Time   // when it began to hold
	Until    time.Time   // when its author takes it to end; zero: not said
	Revoked  bool
	Sighting []Sighting
}

// Sighting is one report that something was seen, or was looked for and not
// seen.
type Sighting struct {
	At       time.Time
	Negative bool // not seen, or not what it was taken for
}

// Assessment is what is left, and why.
type Assessment struct {
	Score int       `json:"score"` // 0 to 100
	At    time.Time `json:"at"`
	Why   string    `json:"why"` // in one sentence
}

// Assess works out what is left of the confidence at an instant. Sightings after
// it do not count yet.
func Assess(e Evidence, at time.Time) Assessment {
	a := Assessment{At: at}
	switch {
	case e.Revoked:
		a.Why = "Its author has revoked it."
		return a
	case !e.Until.IsZero() && !at.Before(e.Until):
		a.Why = fmt.Sprintf("Its author took it to hold until %s.", e.Until.UTC().Format(time.DateOnly))
		return a
	}
	since, seen, negative := e.refreshed(at)
	life := shortest(e.Kinds)
	left := fading(at.Sub(since), life) * math.Pow(0.75, float64(negative))
	a.Score = int(math.Round(float64(e.Base) * left))
	a.Why = e.why(at, since, seen, negative, life)
	return a
}

// refreshed returns from when on it fades: when it began to hold, or was last
// seen; and how many have not seen it since.
func (e Evidence) refreshed(at time.Time) (since time.Time, seen bool, negative int) {
	since = e.From
	for _, s := range e.Sighting {
		if !s.Negative && !s.At.After(at) && s.At.After(since) {
			since, seen = s.At, true
		}
	}
	for _, s := range e.Sighting {
		if s.Negative && !s.At.After(at) && !s.At.Before(since) {
			negative++
		}
	}
	return since, seen, negative
}

// fading is 1-(t/τ)^(1/δ).
func fading(age time.Duration, l Life) float64 {
	if l.Days == 0 || age <= 0 {
		return 1
	}
	t := age.Hours() / 24 / float64(l.Days)
	return max(0, 1-math.Pow(t, 1.0/speed))
}

func shortest(kinds []atom.Kind) Life {
	best := Life{}
	for _, k := range kinds {
		if l := LifeOf(k); l.Days > 0 && (best.Days == 0 || l.Days < best.Days) || best.Kind == "" {
			best = l
		}
	}
	return best
}

func (e Evidence) why(at, since time.Time, seen bool, negative int, l Life) string {
	base := fmt.Sprintf("Its author's confidence of %d", e.Base)
	if !e.Said {
		base = fmt.Sprintf("The %d for an author who gives no confidence", e.Base)
	}
	begin := "it began to hold"
	if seen {
		begin = "it was last seen"
	}
	if l.Days == 0 {
		base += fmt.Sprintf(" does not fade for the kind %s", l.Kind)
	} else {
		days := max(0, int(at.Sub(since).Hours()/24))
		base += fmt.Sprintf(" halves in %d days for the kind %s; %s %d days ago", l.HalfLife(), l.Kind, begin, days)
	}
	if negative > 0 {
		base += fmt.Sprintf(", and was not seen, or falsely, %d times since", negative)
	}
	return base + "."
}
