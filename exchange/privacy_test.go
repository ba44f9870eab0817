package exchange_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"entente/exchange"
	"entente/internal/ident"
)

// TestP13TheLogTellsNothing plays the same acts in two worlds that differ in one
// indicator. What a log operator or witness sees (tiles, sizes and checkpoints)
// has the same shape, and no digest of anything guessable.
func TestP13TheLogTellsNothing(t *testing.T) {
	t.Parallel()
	world := func(address string) (shape string, tiles []byte) {
		f := newFederation(t, aurelia, borealis)
		a := f.nodes[aurelia]
		object := sdo("indicator", "0001", jan, tlpAmber, fmt.Sprintf(`"pattern":"[ipv4-addr:value = '%s']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`, address))
		a.imports(t, bundleOf(object))
		f.send(aurelia, borealis, idOf("indicator", "0001"))
		must(t, a.store.Read(t.Context(), func(r exchange.Reader) error {
			head, checkpoint, err := r.LogHead(t.Context())
			if err != nil {
				return err
			}
			entries, err := r.LogEntries(t.Context(), 0, head.Size)
			if err != nil {
				return err
			}
			var kinds []string
			for _, e := range entries {
				kinds = append(kinds, e.Type)
				leaf := e.Leaf()
				tiles = append(tiles, leaf[:]...)
				for _, guess := range [][]byte{e.Body, []byte(object), []byte(address)} {
					if d := ident.Sum(guess); bytes.Equal(d[:], leaf[:]) {
						t.Errorf("the leaf of a %s can be guessed", e.Type)
					}
				}
			}
			shape = fmt.Sprintf("%d %v lines %d", head.Size, kinds, strings.Count(string(checkpoint), "\n"))
			for _, told := range []string{address, object, "indicator", string(borealis)} {
				if bytes.Contains(checkpoint, []byte(told)) {
					t.Errorf("the checkpoint tells %s", told)
				}
			}
			return nil
		}))
		return shape, tiles
	}
	one, tilesOne := world("198.51.100.7")
	two, tilesTwo := world("198.51.100.8")
	again, tilesAgain := world("198.51.100.7")
	if one != two || one != again {
		t.Errorf("shapes differ:\n%s\n%s\n%s", one, two, again)
	}
	for i := 0; i < len(tilesOne); i += 32 {
		// Equal worlds share no leaf either: a salt makes each one fresh.
		leaf := tilesOne[i : i+32]
		if bytes.Contains(tilesTwo, leaf) || bytes.Contains(tilesAgain, leaf) {
			t.Errorf("leaf %d is the same in two worlds", i/32)
		}
	}
}
