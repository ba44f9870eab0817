package serve_test

import (
	"testing"

	"entente/internal/serve"
	"entente/party"
)

// TestPlacesAreOfEachParty: one that has taken all of its own takes none of
// another's, and gets one again for each that it gives back.
func TestPlacesAreOfEachParty(t *testing.T) {
	t.Parallel()
	p := serve.NewPlaces(2)
	for _, step := range []struct {
		leave bool
		from  string
		want  bool
	}{
		{from: "a", want: true},
		{from: "a", want: true},
		{from: "a"},
		{from: "b", want: true},
		{leave: true, from: "a"},
		{from: "a", want: true},
		{from: "a"},
	} {
		if step.leave {
			p.Leave(party.ID(step.from))
			continue
		}
		if got := p.Enter(party.ID(step.from)); got != step.want {
			t.Errorf("%+v: entered %v", step, got)
		}
	}
}
