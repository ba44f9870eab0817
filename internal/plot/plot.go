// Package plot draws measurements on logarithmic axes as SVG for the reference
// pages, where growth is a slope.
//
// It measures nothing and is not used by the product itself. Invariant: the same
// series make the same bytes.
package plot

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Series is one line of a chart.
type Series struct {
	Name   string
	Colour string // of the line and its points, as CSS writes it
	Points []Point
	Limits []Limit
}

// Point is one measurement. Both values are greater than zero; a smaller Y than
// the axis has is drawn on the axis.
type Point struct{ X, Y float64 }

// Limit is what was asked for at one X.
type Limit struct {
	Point
	Label string
}

// Chart is several series over one pair of axes, whose ends are powers of ten.
type Chart struct {
	X, Y   string // what is along the axes, units included
	XRange [2]int // exponents of ten
	YRange [2]int
	Series []Series
}

const width, height, left, right, top, bottom = 640, 400, 70, 20, 20, 60

// SVG draws the chart: a white ground, so that it reads in a dark page too.
func (c Chart) SVG() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img" aria-label="%s by %s">`+"\n",
		width, height, html.EscapeString(c.Y), html.EscapeString(c.X))
	b.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	for e := c.XRange[0]; e <= c.XRange[1]; e++ {
		x := c.x(math.Pow10(e))
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#dddddd"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x, top, height-bottom, x, height-bottom+16, number(e))
	}
	for e := c.YRange[0]; e <= c.YRange[1]; e++ {
		y := c.y(math.Pow10(e))
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#dddddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, y, width-right, left-6, y+4, number(e))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (width+left)/2, height-bottom+34, html.EscapeString(c.X))
	fmt.Fprintf(&b, `<text x="%d" y="14">%s</text>`+"\n", left, html.EscapeString(c.Y))
	for n, s := range c.Series {
		c.draw(&b, s)
		x := left + n*(width-left-right)/len(c.Series)
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">● %s</text>`+"\n", x, height-8, s.Colour, html.EscapeString(s.Name))
	}
	return b.String() + "</svg>\n"
}

func (c Chart) draw(b *strings.Builder, s Series) {
	var path strings.Builder
	for n, p := range s.Points {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(n, 1)], c.x(p.X), c.y(p.Y))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", c.x(p.X), c.y(p.Y), s.Colour)
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", path.String(), s.Colour)
	for _, l := range s.Limits {
		fmt.Fprintf(b, `<path d="M%.1f %.1fh28" stroke="%s" stroke-width="3"/><text x="%.1f" y="%.1f" text-anchor="end" fill="%s">%s</text>`+"\n",
			c.x(l.X)-14, c.y(l.Y), s.Colour, c.x(l.X)+14, c.y(l.Y)-6, s.Colour, html.EscapeString(l.Label))
	}
}

func (c Chart) x(v float64) float64 { return left + along(v, c.XRange)*(width-left-right) }

func (c Chart) y(v float64) float64 { return height - bottom - along(v, c.YRange)*(height-bottom-top) }

// along is where a value lies between the ends of an axis, from 0 to 1.
func along(v float64, ends [2]int) float64 {
	at := (math.Log10(v) - float64(ends[0])) / float64(ends[1]-ends[0])
	return min(max(at, 0), 1)
}

// number writes a power of ten as people do, thousands apart.
func number(e int) string {
	if e < 0 {
		return fmt.Sprintf("%g", math.Pow10(e))
	}
	s := "1" + strings.Repeat("0", e)
	for n := len(s) - 3; n > 0; n -= 3 {
		s = s[:n] + " " + s[n:]
	}
	return s
}
