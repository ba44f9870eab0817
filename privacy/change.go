package privacy

// Change is one line of the difference between an object and the form of it
// that leaves.
type Change struct {
	Path   string `json:"path"`   // STIX selector into the original
	Before string `json:"before"` // JSON text
	After  string `json:"after"`  // JSON text; "" = removed
	By     string `json:"by"`     // transformation id, or "closure"
}
