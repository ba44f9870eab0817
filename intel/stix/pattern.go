package stix

import (
	"errors"

	"entente/intel/pattern"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// stixPattern reads patterns in STIX's own language. What does not parse is
// refused; what parses and breaks a rule beyond the grammar, such as a hash of
// the wrong length, is kept with a warning: real producers send such, and other
// readers take it.
func stixPattern(c *checker, v *strictjson.Value) {
	source := v.Get("pattern")
	if v.GetText("pattern_type") != "stix" || source == nil || source.Kind != strictjson.String {
		return
	}
	p, err := pattern.Parse(source.Text)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		c.refuseAt("pattern", "stix.pattern", f.Fields[0].Detail+" ("+f.Code+")")
		return
	}
	if f, ok := errors.AsType[*fault.Error](p.Check()); ok {
		c.under(step{name: "pattern"}, func(c *checker, _ *strictjson.Value) {
			for _, field := range f.Fields {
				c.warn("stix.pattern-rule", field.Detail)
			}
		}, nil)
	}
}
