package misp

import (
	"strings"
)

// usualTypes are types of relations that templates have in common and that are
// not named like a type.
var usualTypes = map[string]string{
	"host": "hostname", "ip": "ip-dst", "first-seen": "datetime", "last-seen": "datetime", "creation-date": "datetime", "registration-date": "datetime",
	"compilation-timestamp": "datetime", "original-filename": "filename", "internal-filename": "filename", "fullpath": "text", "subnet-announced": "ip-src",
	"entropy": "float", "cvss-score": "float", "created": "datetime", "published": "datetime", "modified": "datetime", "references": "link", "ref": "link",
	"profile-image": "attachment", "certificate": "x509-fingerprint-sha1", "hostname-dst": "hostname", "hostname-src": "hostname", "ip-src": "ip-src",
	"domain": "domain", "number-sections": "counter", "state": "text", "src-port": "port", "dst-port": "port", "product-version": "text", "file-version": "text",
}

// usualType is the type an attribute most likely has, when only its relation is
// known.
func usualType(relation string) string {
	if t := usualTypes[relation]; t != "" {
		return t
	}
	if _, known := attributeTypes[relation]; known {
		return relation
	}
	return "text"
}

// detected marks what the pattern names as meant for detection.
func (vs *values) detected(pattern string) {
	tests, _ := conjunction(pattern)
	named := map[string]bool{}
	for _, t := range tests {
		if !strings.HasSuffix(t.path, ".type") {
			named[t.value] = true
		}
	}
	for _, e := range vs.all {
		e.toIDs = e.toIDs || e.value != "" && named[e.value]
	}
}

// pattern reads an object of which there is nothing but its indicator.
func (vs *values) pattern(sh shape, pattern string) {
	tests, ok := conjunction(pattern)
	if !ok {
		return
	}
	used, of, data := map[int]bool{}, "", ""
	for _, t := range tests {
		_, path, _ := strings.Cut(t.path, ":")
		if strings.HasSuffix(path, "_ref.type") {
			of = t.value
			continue
		}
		if relation, ok := strings.CutPrefix(path, "x_misp_"); ok {
			relation, isData := strings.CutSuffix(relation, ".data")
			relation = strings.ReplaceAll(strings.TrimSuffix(relation, ".value"), "_", "-")
			if isData {
				data = t.value
				continue
			}
			vs.add(entry{relation: relation, misp: usualType(relation), value: t.value, data: data, toIDs: true})
			data = ""
			continue
		}
		if sh.typ == "network-traffic" && of == "domain-name" && vs.name == "ip-port" && path == "dst_ref.value" {
			vs.add(entry{relation: "domain", misp: "domain", value: t.value, toIDs: true})
			continue
		}
		for i := range sh.slots {
			sl := &sh.slots[i]
			if sl.tested(sh.typ, path, of) && (!used[i] || strings.Contains(sl.path, "*")) {
				used[i] = true
				vs.add(entry{relation: sl.relation, misp: sl.misp, value: t.value, toIDs: true})
				break
			}
		}
	}
}

// tested reports whether a comparison at path is about a slot. of is the type
// that the pattern gave to what a reference leads to.
func (sl *slot) tested(typ, path, of string) bool {
	if sl.to == "ip" && of == "domain-name" || sl.to == "domain-name" && of != "domain-name" {
		return false
	}
	want := sl.testPath()
	if sl.kind == asRef && typ == "network-traffic" {
		want += ".value"
	}
	before, after, numbered := strings.Cut(want, "#")
	return path == want || numbered && strings.HasPrefix(path, before) && strings.HasSuffix(path, after)
}

// testPath is the path of a slot in patterns.
func (sl *slot) testPath() string {
	if sl.tests != "" {
		return sl.tests
	}
	names := strings.Split(strings.TrimSuffix(sl.path, "/*"), "/")
	for i := range names {
		names[i] = segment(names[i])
	}
	return strings.Join(names, ".")
}
