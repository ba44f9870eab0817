package privacy

// The ids of the transformations.
const (
	Pseudonymise       = "pseudonymise"
	GeneraliseIP       = "generalise-ip"
	RedactContact      = "redact-contact"
	RedactVictim       = "redact-victim"
	RedactSource       = "redact-source"
	RedactSpecial      = "redact-special"
	DropCredentials    = "drop-credentials"
	RedactText         = "redact-text"
	GeneraliseTime     = "generalise-time"
	GeneraliseLocation = "generalise-location"
)

// closure is what a [Change] says it was made by when no transformation asked
// for it: a reference to something that does not leave, an id, a leftover.
const closure = "closure"

// Catalogue returns the transformations this node can do. What an entry maps is
// what Find reports afterwards, and nothing more: a category in Maps turns into
// its image everywhere in the object, in structured fields and in text. The
// legal effect is the Basis, which the node's legal owner signs off.
//
// GeneraliseTime and GeneraliseLocation map nothing: they make an object say
// less without making a category disappear, so no search for the least
// destructive form picks them; an instrument or a person asks for them.
func Catalogue() []Transform {
	return []Transform{
		{
			ID: Pseudonymise, Cost: 1,
			Maps:  map[Category]Category{PersonalIdentifier: PersonalPseudonymous, PersonalContact: PersonalPseudonymous},
			Basis: "GDPR Art. 4(5), recital 26: data that only additional information kept separately can attribute; still personal for the holder of the key (CJEU C-413/23 P, EDPS v SRB)",
		},
		{
			ID: GeneraliseIP, Cost: 3,
			Maps:  map[Category]Category{PersonalIdentifier: Technical, PersonalPseudonymous: Technical},
			Basis: "GDPR recital 26, CJEU C-582/14 Breyer: /24 and /48 prefixes, mail domains and whole days single nobody out by means reasonably likely to be used",
		},
		{
			ID: RedactContact, Cost: 2,
			Maps:  map[Category]Category{PersonalContact: ""},
			Basis: "GDPR Art. 5(1)(c): names and contact details removed, the role of a contact kept",
		},
		{
			ID: RedactVictim, Cost: 4,
			Maps:  map[Category]Category{VictimIdentity: ""},
			Basis: "GDPR Art. 5(1)(c), NIS2 Art. 23(6): the identity of who was hit replaced by sector and class",
		},
		{
			ID: RedactSource, Cost: 3,
			Maps:  map[Category]Category{SourceIdentity: ""},
			Basis: "ISO/IEC 27010 8.4.5, NIS2 Art. 30: the identity of who reported is not passed on",
		},
		{
			ID: RedactSpecial, Cost: 4,
			Maps:  map[Category]Category{PersonalSpecial: ""},
			Basis: "GDPR Art. 9 and 10: names of persons said to have committed an offence removed",
		},
		{
			ID: DropCredentials, Cost: 1,
			Maps:  map[Category]Category{Credentials: ""},
			Basis: "GDPR Art. 32(1): passwords, session and key material removed",
		},
		{
			ID: RedactText, Cost: 3,
			Maps:  map[Category]Category{Unclassified: "", Financial: ""},
			Basis: "GDPR Art. 5(1)(c) and 25: what nobody classified removed, and every personal stretch of free text with it",
		},
		{
			ID: GeneraliseTime, Cost: 1,
			Basis: "GDPR Art. 5(1)(c), NIS2 recital 121: times of observation cut to the day",
		},
		{
			ID: GeneraliseLocation, Cost: 1,
			Basis: "GDPR Art. 5(1)(c): places cut to the country",
		},
	}
}
