package stix

// WellKnownMarking reports whether id is one of the TLP marking definitions
// that every reader already has. They are never shipped (STIX best practice
// guide); a reference to one is never dangling.
func WellKnownMarking(id string) bool {
	_, ok := tlpDefinitions[id]
	return ok
}
