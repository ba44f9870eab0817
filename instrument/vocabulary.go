package instrument

import (
	"regexp"
	"slices"
	"strings"

	"entente/party"
	"entente/privacy"
)

// Natures are the kinds of text an instrument can be.
func Natures() []string {
	return []string{
		"charter", "treaty", "protocol", "mou", "regulation", "directive", "statute", "decision",
		"marking-scheme", "community-rules", "contract", nodePolicy, "norm", "standard",
	}
}

// nodePolicy is the nature of what a node sets for itself.
const nodePolicy = "node-policy"

// Acts are what a clause can be about.
func Acts() []string {
	return []string{
		"share", "onward-share", "use", "act-on", "store", "report", "assist", "notify", "delete",
		"audit", "certify", "exercise", "consult",
	}
}

// EventKinds are the dated acts of a party that decide its status.
func EventKinds() []string {
	return []string{
		signature, ratification, "acceptance", "approval", "accession", "succession", inForce,
		provisional, suspension, resumption, denunciation, withdrawal,
	}
}

// Bearers are the roles a duty can fall on; a bearer may also be a party id.
func Bearers() []string { return []string{"sender", "recipient", "origin", "victim", "both"} }

// Outcomes are the answers a vector can expect.
func Outcomes() []string { return []string{"permit", "transform", "deny", "refer"} }

// Safeguards are the preconditions a clause can require.
func Safeguards() []string {
	return []string{
		"encrypt-in-transit", "encrypt-at-rest", "sign", "log", "dual-control", "human-approval",
		"certified-recipient",
	}
}

// Verifications are how far an encoding can have been checked, best first.
func Verifications() []string {
	return []string{string(VerifiedText), string(VerifiedSecondary), string(VerifiedTaxonomy), string(Unverified)}
}

func categories() []string {
	all := []privacy.Category{
		privacy.Technical, privacy.PersonalContact, privacy.PersonalIdentifier, privacy.PersonalPseudonymous,
		privacy.PersonalSpecial, privacy.VictimIdentity, privacy.SourceIdentity, privacy.Credentials,
		privacy.VulnUndisclosed, privacy.Classified, privacy.Commercial, privacy.Evidence, privacy.Financial,
		privacy.Health, privacy.Unclassified,
	}
	words := make([]string, len(all))
	for i, c := range all {
		words[i] = string(c)
	}
	return words
}

// Event kinds the status computation knows by name.
const (
	signature    = "signature"
	ratification = "ratification"
	inForce      = "in-force"
	provisional  = "provisional-application"
	suspension   = "suspension"
	resumption   = "resumption"
	denunciation = "denunciation"
	withdrawal   = "withdrawal"
)

var (
	slugForm         = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	factForm         = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	fieldForm        = regexp.MustCompile(`^[a-z][a-z0-9_.]*$`)
	jurisdictionForm = regexp.MustCompile(`^[A-Z][A-Z0-9-]{1,11}$`)
	timeForm         = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	versionForm      = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$`)
	languageForm     = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

// oneOf is a closed vocabulary.
func oneOf(words []string) check {
	return func(w string) string {
		if slices.Contains(words, w) {
			return ""
		}
		if hint := didYouMean(w, words); hint != "" {
			return quoted(w) + " is not one of the words allowed here" + hint
		}
		return quoted(w) + " is not one of " + strings.Join(words, ", ")
	}
}

func form(re *regexp.Regexp, example string) check {
	return func(w string) string {
		if len(w) <= 120 && re.MatchString(w) {
			return ""
		}
		return quoted(w) + " must be written like " + example
	}
}

func slug(w string) string {
	return form(slugForm, "art5-1: lower-case letters, digits, dots and hyphens")(w)
}

func fact(w string) string { return form(factForm, "victim_consent")(w) }

// fieldName is a field of a report or a request.
func fieldName(w string) string {
	return form(fieldForm, "initial_cause: lower-case letters, digits, underscores and dots")(w)
}

// timeOfDay is an hour and a minute.
func timeOfDay(w string) string { return form(timeForm, "12:00")(w) }

func jurisdiction(w string) string {
	return form(jurisdictionForm, "AA: a country code in capitals")(w)
}

// partyID refuses wildcards: a clause about everybody says so by naming nobody,
// and status between parties is never guessed (ASSURANCE.md T4).
func partyID(w string) string {
	if strings.Contains(w, "*") || slices.Contains([]string{"any", "all", "everyone", "anyone", "everybody"}, w) {
		return quoted(w) + " is a wildcard; name the parties, or leave the key out"
	}
	return form(slugForm, "csirt-aurelia: a party id")(w)
}

func partyKind(w string) string { return oneOf(party.Kinds())(w) }

func quoted(w string) string {
	if len(w) > 60 {
		w = strings.ToValidUTF8(w[:60], "") + "…"
	}
	return `"` + w + `"`
}

// didYouMean returns "; did you mean …?" for the nearest known word, or "".
func didYouMean(word string, known []string) string {
	best, distance := "", min(3, 1+len(word)/3)
	if len(word) > 60 {
		return ""
	}
	for _, k := range known {
		if d := editDistance(word, k); d < distance || d == distance && best == "" {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return `; did you mean "` + best + `"?`
}

// editDistance counts the single-letter edits between a and b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
