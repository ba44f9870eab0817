package plot_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"entente/internal/plot"
)

func TestChart(t *testing.T) {
	t.Parallel()
	c := plot.Chart{
		X: "objects", Y: "ms <server>", XRange: [2]int{1, 4}, YRange: [2]int{-1, 2},
		Series: []plot.Series{
			{Name: "page", Colour: "#1f5fa8", Points: []plot.Point{{10, 0.1}, {10_000, 100}, {100, 0.000001}}, Limits: []plot.Limit{{plot.Point{X: 1000, Y: 1}, "at most 1 ms"}}},
			{Name: "id & all", Colour: "#b35900", Points: []plot.Point{{100, 1}}},
		},
	}
	svg := c.SVG()
	if svg != c.SVG() {
		t.Error("the same chart makes other bytes")
	}
	for _, want := range []string{
		`cx="70.0" cy="340.0"`,  // the lower left corner
		`cx="620.0" cy="20.0"`,  // the upper right one
		`cx="253.3" cy="340.0"`, // too small for the axis
		">10 000<", ">0.1<", "at most 1 ms", "id &amp; all", "ms &lt;server&gt;",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
}
