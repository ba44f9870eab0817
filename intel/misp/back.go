package misp

import (
	"cmp"
	"strings"

	"entente/internal/strictjson"
)

// found is an attribute as STIX objects tell it, without the hints.
type found struct {
	typ, category, value, comment, data string
	toIDs                               bool
}

// label returns the value of a label such as misp:type="md5".
func label(o *strictjson.Value, name string) string {
	for _, l := range o.GetList("labels") {
		if v, ok := strings.CutPrefix(l.Text, "misp:"+name+`="`); ok {
			return strings.TrimSuffix(v, `"`)
		}
	}
	return ""
}

// single reads the objects that one attribute became.
func single(made []strictjson.Value) found {
	var f found
	for i := range made {
		o := &made[i]
		f.toIDs = f.toIDs || strings.EqualFold(label(o, "to_ids"), "true")
		f.typ, f.category = cmp.Or(f.typ, label(o, "type")), cmp.Or(f.category, label(o, "category"))
	}
	m, _ := mappingOf(f.typ)
	for i := range made {
		o := &made[i]
		switch o.GetText("type") {
		case "x-misp-attribute":
			f.value, f.comment, f.category = o.GetText("x_misp_value"), o.GetText("x_misp_comment"), cmp.Or(o.GetText("x_misp_category"), f.category)
			f.typ = cmp.Or(o.GetText("x_misp_type"), f.typ)
			f.toIDs = f.toIDs || label(o, "to_ids") == "" && attributeTypes[f.typ].toIDs
		case "campaign", "vulnerability":
			if label(o, "type") != "" {
				f.value = o.GetText("name")
			}
		case "indicator":
			f.toIDs, f.comment = true, cmp.Or(o.GetText("description"), f.comment)
			if f.value == "" {
				f.value = m.fromPattern(f.typ, o.GetText("pattern"))
			}
		case "observed-data":
			scos := made[i+1:]
			if list := o.Get("objects"); list != nil {
				continue // of STIX 2.0, which is upgraded before
			}
			f.value, f.data = m.fromObservables(f.typ, scos)
		}
	}
	return f
}

// fromObservables reads the value back from the observables of an attribute.
func (m mapping) fromObservables(typ string, scos []strictjson.Value) (v, data string) {
	if typ == "attachment" || typ == "malware-sample" {
		return contentOf(typ, scos)
	}
	var parts [2]string
	for _, t := range m.scos {
		o := ofType(scos, t.typ)
		if o == nil {
			continue
		}
		for _, l := range t.leaves {
			s := asText(at(o, l.path))
			switch l.from {
			case whole, lower, hive, key, first:
				parts[0] = s
			case second, port:
				parts[1] = s
			case digits:
				parts[0] = "AS" + s
			case literal, isFalse, isTrue, refOf, address, named:
			}
		}
	}
	return joined(parts), ""
}

func joined(parts [2]string) string {
	if parts[1] == "" {
		return parts[0]
	}
	return parts[0] + separator + parts[1]
}

// ofType finds an observable by type; "ip" is an address of either kind.
func ofType(scos []strictjson.Value, typ string) *strictjson.Value {
	for i := range scos {
		if t := scos[i].GetText("type"); t == typ || typ == "ip" && (t == "ipv4-addr" || t == "ipv6-addr") {
			return &scos[i]
		}
	}
	return nil
}

func contentOf(typ string, scos []strictjson.Value) (v, data string) {
	file, artifact := ofType(scos, "file"), ofType(scos, "artifact")
	v = file.GetText("name")
	if hash := asText(at(file, "hashes/MD5")); typ == "malware-sample" && hash != "" {
		v += separator + hash
	}
	return v, artifact.GetText("payload_bin")
}

// fromPattern reads the value back from the pattern of an attribute.
func (m mapping) fromPattern(typ, pattern string) string {
	if ruleLanguages[typ] {
		return strings.TrimSuffix(strings.TrimPrefix(pattern, "["), "]")
	}
	tests, ok := conjunction(pattern)
	if !ok {
		return ""
	}
	if typ == "attachment" || typ == "malware-sample" {
		m = mapping{pattern: []comparison{{path: "file:name", from: first}, {path: "file:hashes.MD5", from: second}}}
	}
	var parts [2]string
	for _, t := range tests {
		for _, p := range m.pattern {
			if p.path != t.path {
				continue
			}
			switch p.from {
			case whole, lower, hive, key, first:
				parts[0] = t.value
			case second, port:
				parts[1] = t.value
			case digits:
				parts[0] = "AS" + t.value
			case literal, isFalse, isTrue, refOf, address, named:
			}
		}
	}
	return joined(parts)
}
