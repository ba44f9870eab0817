package atom

import (
	"strings"
	"testing"
)

// TestRefang: every spelling by which people make a value harmless, and what
// looks like one and is none.
func TestRefang(t *testing.T) {
	t.Parallel()
	for spelled, want := range map[string]string{
		"evil[.]example":                     "evil.example",
		"evil(.)example":                     "evil.example",
		"evil{.}example":                     "evil.example",
		"evil<.>example":                     "evil.example",
		"evil[.)example":                     "evil.example",
		"evil[dot]example":                   "evil.example",
		"evil(DOT)example":                   "evil.example",
		"evil{dot}example":                   "evil.example",
		"evil[Dot]co[Dot]example":            "evil.co.example",
		`evil\.example`:                      "evil.example",
		"198[.]51[.]100[.]7":                 "198.51.100.7",
		"2001[:]db8[:][:]7":                  "2001:db8::7",
		"eve[@]evil[.]example":               "eve@evil.example",
		"eve(@)evil.example":                 "eve@evil.example",
		"eve[at]evil[dot]example":            "eve@evil.example",
		"eve{AT}evil.example":                "eve@evil.example",
		"hxxp://evil.example/a":              "http://evil.example/a",
		"hXXps://evil[.]example/a":           "https://evil.example/a",
		"hxxp[:]//evil[.]example/a":          "http://evil.example/a",
		"hxxps[://]evil[.]example":           "https://evil.example",
		"h**p://evil.example":                "http://evil.example",
		"meow://evil.example":                "http://evil.example",
		"fxp://evil.example":                 "ftp://evil.example",
		"http://evil[.]example[/]a":          "http://evil.example/a",
		"  evil[.]example\t":                 "evil.example",
		"evil[[.]]example":                   "evil.example",
		"evil.example":                       "evil.example",
		"http://evil.example/a?hxxp://b":     "http://evil.example/a?hxxp://b",
		"[2001:db8::7]:443":                  "[2001:db8::7]:443",
		`HKEY_USERS\.DEFAULT\Software\Run`:   `HKEY_USERS\.DEFAULT\Software\Run`,
		`HKU\.DEFAULT\Software`:              `HKU\.DEFAULT\Software`,
		"(attached)":                         "(attached)",
		"http://evil.example/[dotted](atom)": "http://evil.example/[dotted](atom)",
	} {
		if got := Refang(spelled); got != want {
			t.Errorf("Refang(%q) = %q, want %q", spelled, got, want)
		}
		if got := Refang(Refang(spelled)); got != Refang(spelled) {
			t.Errorf("Refang twice of %q = %q", spelled, got)
		}
	}
}

// TestRefangIsBounded: brackets in brackets cost no more than their length.
func TestRefangIsBounded(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000) + "." + strings.Repeat("]", 100_000)
	if got := Refang(deep); len(got) != len(deep)-2*deepest {
		t.Errorf("%d bytes became %d", len(deep), len(got))
	}
}
