package instrument

import (
	"testing"
	"time"
)

// TestEditorsAcceptEveryTemplate: what the program writes is right by the schema
// that the node gives to editors.
func TestEditorsAcceptEveryTemplate(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	for _, name := range Templates() {
		src, err := New(Draft{ID: "our-text", Template: name}, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
