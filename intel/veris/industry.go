package veris

import "strings"

// industries are the sectors of NAICS, by the first two digits or by the words
// that reduced copies of the database have, and what they are in the vocabulary
// of STIX (section 10.9). Where STIX has no word for one there is none.
var industries = []struct{ code, word, sector string }{
	{"11", "Agriculture", "agriculture"},
	{"21", "Mining", "mining"},
	{"22", "Utilities", "utilities"},
	{"23", "Construction", "construction"},
	{"31", "Manufacturing", "manufacturing"},
	{"32", "Manufacturing", "manufacturing"},
	{"33", "Manufacturing", "manufacturing"},
	{"42", "Trade", "commercial"},
	{"44", "Retail", "retail"},
	{"45", "Retail", "retail"},
	{"48", "Transportation", "transportation"},
	{"49", "Transportation", "transportation"},
	{"51", "Information", "communications"},
	{"52", "Finance", "financial-services"},
	{"53", "Real Estate", "commercial"},
	{"54", "Professional", "commercial"},
	{"55", "Management", "commercial"},
	{"56", "Administrative", "commercial"},
	{"61", "Educational", "education"},
	{"62", "Healthcare", "healthcare"},
	{"71", "Entertainment", "entertainment"},
	{"72", "Accommodation", "hospitality-leisure"},
	{"72", "Accomodation", "hospitality-leisure"}, //nolint:misspell // as the database spells it
	{"81", "Other Services", "commercial"},
	{"92", "Public", "government"},
}

func sector(industry string) string {
	for _, i := range industries {
		if industry == i.word || strings.HasPrefix(industry, i.code) {
			return i.sector
		}
	}
	return ""
}

// industry is the way back for incidents that were never VERIS. Sectors that
// several industries share have none: 000 is unknown.
func industry(sectors []string) string {
	for _, s := range sectors {
		for _, i := range industries {
			if i.sector == s && s != "commercial" {
				return i.code
			}
		}
	}
	return "000"
}
