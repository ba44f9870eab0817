package csaf

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"entente/internal/strictjson"
)

// schemas are the schema of the standard and those of CVSS it refers to, by
// where they are published, so that nothing is fetched. schema/NOTICE.md has
// their terms.
//
//go:embed schema
var schemas embed.FS

const schemaURL = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json"

var published = map[string]string{
	schemaURL: "schema/csaf-2.0.json",
	"https://www.first.org/cvss/cvss-v2.0.json": "schema/cvss-v2.0.json",
	"https://www.first.org/cvss/cvss-v3.0.json": "schema/cvss-v3.0.json",
	"https://www.first.org/cvss/cvss-v3.1.json": "schema/cvss-v3.1.json",
}

// sources are the schemas as trees.
var sources = sync.OnceValues(func() (map[string]strictjson.Value, error) {
	trees := map[string]strictjson.Value{}
	for url, name := range published {
		b, err := schemas.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if trees[url], err = strictjson.Parse(b, strictjson.Default()); err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
	}
	return trees, nil
})

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	trees, err := sources()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat() // section 2 makes the formats part of the rules
	for url, tree := range trees {
		if err := compiler.AddResource(url, plain(&tree)); err != nil {
			return nil, fmt.Errorf("add %s: %w", url, err)
		}
	}
	return compiler.Compile(schemaURL)
})

// plain is a tree in the form the schema library reads.
func plain(v *strictjson.Value) any {
	switch v.Kind {
	case strictjson.Null:
		return nil
	case strictjson.Bool:
		return v.Bool
	case strictjson.Number:
		f, err := strconv.ParseFloat(v.Text, 64)
		if err != nil {
			return v.Text // strictjson lets no such number through
		}
		return f
	case strictjson.String:
		return v.Text
	case strictjson.Array:
		items := make([]any, len(v.Items))
		for i := range v.Items {
			items[i] = plain(&v.Items[i])
		}
		return items
	case strictjson.Object:
	}
	members := make(map[string]any, len(v.Members))
	for i := range v.Members {
		members[v.Members[i].Name] = plain(&v.Members[i].Value)
	}
	return members
}

// scorePlace is where the schemas of CVSS apply. What is wrong there is test
// 6.1.8 and costs that score, not the document.
var scorePlace = regexp.MustCompile(`^/vulnerabilities/[0-9]+/scores/[0-9]+/cvss_v[23]/`)

// checkSchema returns what breaks the schema, and apart from it what breaks
// those of CVSS.
func checkSchema(tree *strictjson.Value) (wrong, scores []Finding) {
	schema, err := compiled()
	if err != nil {
		return []Finding{{Test: "schema", Level: Error, Detail: "the schema of CSAF cannot be used: " + err.Error()}}, nil
	}
	e, ok := errors.AsType[*jsonschema.ValidationError](schema.Validate(plain(tree)))
	if !ok {
		return nil, nil
	}
	for _, leaf := range leaves(e, nil) {
		f := Finding{Test: "schema", Level: Error, Pointer: strictjson.Pointer(leaf.InstanceLocation...), Detail: leaf.ErrorKind.LocalizedString(english)}
		if scorePlace.MatchString(f.Pointer + "/") {
			f.Test = "6.1.8"
			scores = append(scores, f)
		} else {
			wrong = append(wrong, f)
		}
	}
	return sorted(wrong), sorted(scores)
}

var english = message.NewPrinter(language.English)

func leaves(e *jsonschema.ValidationError, found []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(found, e)
	}
	for _, c := range e.Causes {
		found = leaves(c, found)
	}
	return found
}

// sorted puts findings in one order; the library walks maps.
func sorted(found []Finding) []Finding {
	slices.SortStableFunc(found, func(a, b Finding) int {
		return strings.Compare(a.Pointer+"\x00"+a.Detail, b.Pointer+"\x00"+b.Detail)
	})
	return slices.Compact(found)
}

// unknownMembers are those the schemas do not name (test 6.2.20).
func (d *document) unknownMembers() {
	trees, err := sources()
	if err != nil {
		return // without schemas there is no document
	}
	w := schemaWalk{d: d, trees: trees}
	w.value(d.root, []place{{schemaURL, ref(trees, schemaURL)}})
}

func ref(trees map[string]strictjson.Value, url string) *strictjson.Value {
	v := trees[url]
	return &v
}

// place is a part of a schema and the schema it is in.
type place struct {
	url string
	at  *strictjson.Value
}

type schemaWalk struct {
	d     *document
	trees map[string]strictjson.Value
}

// resolve follows references and alternatives to the parts that describe.
func (w *schemaWalk) resolve(p place) []place {
	if to := p.at.GetText("$ref"); to != "" {
		if path, ok := strings.CutPrefix(to, "#/"); ok {
			v := ref(w.trees, p.url)
			for name := range strings.SplitSeq(path, "/") {
				v = v.Get(name)
			}
			return w.resolve(place{p.url, v})
		}
		return w.resolve(place{to, ref(w.trees, to)})
	}
	if of := p.at.Get("oneOf"); of != nil {
		var all []place
		for i := range of.Items {
			all = append(all, w.resolve(place{p.url, &of.Items[i]})...)
		}
		return all
	}
	return []place{p}
}

func (w *schemaWalk) value(n node, schemas []place) {
	var parts []place
	for _, s := range schemas {
		parts = append(parts, w.resolve(s)...)
	}
	if n.v.Kind == strictjson.Array {
		var items []place
		for _, p := range parts {
			if it := p.at.Get("items"); it != nil {
				items = append(items, place{p.url, it})
			}
		}
		for _, it := range n.items() {
			w.value(it, items)
		}
		return
	}
	for i := range n.v.Members {
		name := n.v.Members[i].Name
		var below []place
		for _, p := range parts {
			if s := p.at.Get("properties").Get(name); s != nil {
				below = append(below, place{p.url, s})
			}
		}
		switch {
		case len(below) > 0:
			w.value(n.get(name), below)
		case len(parts) > 0:
			w.d.warn("6.2.20", n.get(name), "is not a property that CSAF 2.0 defines")
		}
	}
}
