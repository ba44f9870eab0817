package decision

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/privacy"
)

// Canonical returns the RFC 8785 JSON of a decision: what is logged, compared
// and shown to have been previewed.
func (d Decision) Canonical() ([]byte, error) { return canonical(d) }

// Digest is the digest of the canonical form.
func (d Decision) Digest() (ident.Digest, error) {
	b, err := d.Canonical()
	if err != nil {
		return ident.Digest{}, err
	}
	return ident.Sum(b), nil
}

func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	b, err = strictjson.Canonical(b)
	if err != nil {
		return nil, fmt.Errorf("canonical form: %w", err)
	}
	return b, nil
}

// hashLaw covers what the answers depend on, in an order that does not.
func hashLaw(insts []inst, l Law, catalogue []transform) (ident.Digest, error) {
	type entry struct {
		Instrument string       `json:"instrument"`
		Hash       ident.Digest `json:"hash"`
		Records    ident.Digest `json:"records,omitzero"`
	}
	law := struct {
		Engine      string              `json:"engine"`
		Instruments []entry             `json:"instruments"`
		Transforms  []privacy.Transform `json:"transforms"`
		Ranks       map[string]int      `json:"ranks"`
	}{Engine: EngineVersion, Ranks: l.Ranks}
	for i := range insts {
		in := &insts[i]
		law.Instruments = append(law.Instruments, entry{in.doc.Ref(), in.doc.Hash, in.records})
	}
	for i := range catalogue {
		law.Transforms = append(law.Transforms, catalogue[i].source)
	}
	b, err := canonical(law)
	if err != nil {
		return ident.Digest{}, fmt.Errorf("hash the law: %w", err)
	}
	return ident.Sum(b), nil
}

// natural orders names the way people number things: art6 before art44.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m > 0 && n > 0 {
			p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
			x, y = x[m:], y[n:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// digits counts the decimal digits at the start of s.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
