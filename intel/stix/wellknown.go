package stix

// TLPMarking returns the id of the marking definition that a label has in that
// version of TLP, and "" when it has none. The label is in lower case, without
// "tlp:". White of TLP 1 is clear in TLP 2.
func TLPMarking(version int, label string) string {
	if version == 2 && label == "white" {
		label = "clear"
	}
	for id, known := range tlpDefinitions {
		if known.version == version && known.word == label {
			return id
		}
	}
	return ""
}

// TLPLabel returns the label of a TLP marking definition as [TLPMarking] reads
// it, and "" for any other id.
func TLPLabel(id string) string { return tlpDefinitions[id].word }

// WellKnownMarking reports whether id is one of the TLP marking definitions
// that every reader already has. They are never shipped (STIX best practice
// guide); a reference to one is never dangling.
func WellKnownMarking(id string) bool {
	_, ok := tlpDefinitions[id]
	return ok
}
