package atom

import (
	"regexp"
	"strings"
)

// What people write so that nobody follows a value by accident, and what it
// stands for. The brackets may be of any kind, and of two kinds.
var (
	dots     = regexp.MustCompile(`(?i)[\[({<](?:\.|dot|punkt|point)[\])}>]`)
	ats      = regexp.MustCompile(`(?i)[\[({<](?:@|at)[\])}>]`)
	rests    = regexp.MustCompile(`[\[({<](://|:|/)[\])}>]`)
	harmless = regexp.MustCompile(`^(?i:hxxp|hxtp|htxp|h\*\*p|meow)(s?)(://)`)
	transfer = regexp.MustCompile(`^(?i:fxp)(s?)(://)`)
	hive     = regexp.MustCompile(`^(?i:hkey_|hk[a-z]{1,2}\\)`)
)

// deepest is how often a value is looked through: brackets in brackets must not
// cost more than their length.
const deepest = 4

// Refang undoes what people do to a value so that nobody follows it by accident:
// hxxp://evil[.]example, evil{dot}example, a(at)evil\.example. Everything that
// reads values that people pasted or listed asks here, so that a value is found
// by any spelling of it.
func Refang(s string) string {
	s = strings.TrimSpace(s)
	for range deepest {
		next := ats.ReplaceAllString(dots.ReplaceAllString(s, "."), "@")
		next = rests.ReplaceAllString(next, "$1")
		if !hive.MatchString(next) { // HKEY_USERS\.DEFAULT is a key
			next = strings.ReplaceAll(next, `\.`, ".")
		}
		next = transfer.ReplaceAllString(harmless.ReplaceAllString(next, "http$1$2"), "ftp$1$2")
		if next == s {
			break
		}
		s = next
	}
	return s
}
