package instrument

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestLayoutHasEveryKeyOfTheSchema keeps the canonical order complete: a key of
// the format that it lacks would sink to the end of its mapping.
func TestLayoutHasEveryKeyOfTheSchema(t *testing.T) {
	t.Parallel()
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	c := layoutCheck{t: t, defs: root["$defs"].(map[string]any), seen: map[*layout]bool{}}
	c.mapping("document", root, documentLayout())
}

type layoutCheck struct {
	t    *testing.T
	defs map[string]any
	seen map[*layout]bool
}

// properties of a schema, following references.
func (c *layoutCheck) properties(schema map[string]any) map[string]any {
	out := map[string]any{}
	if ref, ok := schema["$ref"].(string); ok {
		maps.Copy(out, c.properties(c.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)))
	}
	if items, ok := schema["items"].(map[string]any); ok {
		maps.Copy(out, c.properties(items))
	}
	if p, ok := schema["properties"].(map[string]any); ok {
		for k, v := range p {
			if m, ok := v.(map[string]any); ok {
				if _, had := out[k]; !had || len(m) > 1 || m["properties"] == nil {
					out[k] = m
				}
			}
		}
	}
	return out
}

func (c *layoutCheck) mapping(where string, schema map[string]any, l *layout) {
	properties := c.properties(schema)
	if len(properties) == 0 || l != nil && c.seen[l] {
		return
	}
	if l == nil {
		c.t.Errorf("%s has no layout, and the schema has %v", where, slices.Sorted(maps.Keys(properties)))
		return
	}
	c.seen[l] = true
	for k, v := range properties {
		if !slices.Contains(l.keys, k) {
			c.t.Errorf("%s: the layout lacks %s", where, k)
		}
		c.mapping(where+"."+k, v.(map[string]any), l.of(k))
	}
	for _, k := range l.keys {
		if properties[k] == nil {
			c.t.Errorf("%s: the layout has %s, the schema does not", where, k)
		}
	}
}
