package stix

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// Upgrading from STIX 2.0 says in 2.1 what the object said, and nothing more:
//
//   - every object gets spec_version 2.1, an indicator pattern_type stix, and
//     malware is_family true (2.0 had no samples to describe, and ATT&CK made
//     the same choice), all inserted before the first member; the other bytes
//     stay as they were;
//   - observed-data is rebuilt: each of its embedded objects becomes an
//     observable of its own, with a deterministic id, the renamed properties of
//     2.1, HTTP headers in lists, and the markings of the observed-data, and is
//     accepted beside it.
//
// The bytes that came are in Upgraded of every object made from them.
func upgrade(raw []byte, tree *strictjson.Value) ([]Accepted, error) {
	origin := &intel.Upgrade{Raw: raw, Hash: ident.Sum(raw)}
	if tree.GetText("type") == "observed-data" && tree.Get("objects") != nil {
		return upgradeObserved(origin, tree)
	}
	insert := `"spec_version":"2.1"`
	switch typ := tree.GetText("type"); {
	case typ == "indicator" && tree.Get("pattern_type") == nil:
		insert += `,"pattern_type":"stix"`
	case typ == "malware" && tree.Get("is_family") == nil:
		insert += `,"is_family":true`
	}
	if len(tree.Members) > 0 {
		insert += ","
	}
	a, err := accept(slices.Concat(raw[:1], []byte(insert), raw[1:]), origin)
	if err != nil {
		return nil, err
	}
	return []Accepted{a}, nil
}

// accept checks an object that was made from a 2.0 one.
func accept(made []byte, origin *intel.Upgrade) (Accepted, error) {
	o, warnings, err := ParseObject(made)
	if err != nil {
		return Accepted{}, err
	}
	o.Upgraded = origin
	return Accepted{Object: o, Warnings: warnings}, nil
}

// renamed are the properties of 2.0 observables that have another name in 2.1.
var renamed = map[string]map[string]string{
	"directory":            {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"file":                 {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"process":              {"created": "created_time", "binary_ref": "image_ref"},
	"user-account":         {"password_last_changed": "credential_last_changed"}, //nolint:gosec // names of properties
	"windows-registry-key": {"modified": "modified_time"},
}

// observation turns the embedded objects of one observed-data into observables.
type observation struct {
	id      string              // of the observed-data
	objects *strictjson.Value   // by key
	ids     map[string]string   // key → id, "" while it is being made
	made    []strictjson.Value  // in the order they were finished
	keys    []string            // of made
	at      map[string]int      // id → place in made
	own     map[string][]string // key → markings of that object alone
}

func upgradeObserved(origin *intel.Upgrade, tree *strictjson.Value) ([]Accepted, error) {
	o := observation{
		id: tree.GetText("id"), objects: tree.Get("objects"), ids: map[string]string{}, at: map[string]int{}, own: map[string][]string{},
	}
	kept := o.rebase(tree)
	for i := range o.objects.Members {
		if _, err := o.make(o.objects.Members[i].Name); err != nil {
			return nil, err
		}
	}
	refs := strictjson.Value{Kind: strictjson.Array}
	for i := range o.made {
		refs.Items = append(refs.Items, strictjson.NewString(o.made[i].GetText("id")))
	}
	kept.Members = append(kept.Members, strictjson.Member{Name: "object_refs", Value: refs})
	data, err := accept(strictjson.Append(nil, &kept), origin)
	if err != nil {
		return nil, err
	}
	all := []Accepted{data}
	for i := range o.made {
		a, err := accept(strictjson.Append(nil, &o.made[i]), origin)
		if err != nil {
			return nil, inside(err, strictjson.Pointer("objects", o.keys[i]))
		}
		all = append(all, a)
	}
	return all, nil
}

// inside makes the pointers of a fault point from the object around.
func inside(err error, prefix string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		for i := range f.Fields {
			f.Fields[i].Pointer = prefix + f.Fields[i].Pointer
		}
	}
	return err
}

// rebase returns the observed-data without its objects, and hands the markings
// on: object markings to every observable, and a granular marking that
// selected into the objects, as a whole, to the observable it selected.
func (o *observation) rebase(tree *strictjson.Value) strictjson.Value {
	kept := strictjson.Value{Kind: strictjson.Object}
	kept.Members = append(kept.Members, strictjson.Member{Name: "spec_version", Value: strictjson.NewString("2.1")})
	for i := range tree.Members {
		m := tree.Members[i]
		switch m.Name {
		case "objects":
			continue
		case "object_marking_refs":
			for j := range m.Value.Items {
				o.mark("", m.Value.Items[j].Text)
			}
		case "granular_markings":
			m.Value = o.granular(&m.Value)
			if len(m.Value.Items) == 0 {
				continue
			}
		}
		kept.Members = append(kept.Members, m)
	}
	return kept
}

// mark adds a marking to the observable of a key, or to all for "".
func (o *observation) mark(key, id string) {
	o.own[key] = append(o.own[key], id)
}

func (o *observation) granular(v *strictjson.Value) strictjson.Value {
	rest := strictjson.Value{Kind: strictjson.Array}
	for i := range v.Items {
		entry := v.Items[i].Clone()
		selectors := entry.Get("selectors")
		if selectors == nil || entry.GetText("marking_ref") == "" {
			rest.Items = append(rest.Items, entry)
			continue
		}
		selectors.Items = slices.DeleteFunc(selectors.Items, func(s strictjson.Value) bool {
			path := strings.SplitN(s.Text, ".", 3)
			if path[0] != "objects" {
				return false
			}
			key := ""
			if len(path) > 1 {
				key = path[1]
			}
			o.mark(key, entry.GetText("marking_ref"))
			return true
		})
		if len(selectors.Items) > 0 {
			rest.Items = append(rest.Items, entry)
		}
	}
	return rest
}

// make builds the observable of a key, those it refers to first, since their
// ids contribute to its own.
func (o *observation) make(key string) (string, error) {
	if id, ok := o.ids[key]; ok {
		if id == "" {
			return "", o.unresolved(key, "refers to itself through others")
		}
		return id, nil
	}
	source := o.objects.Get(key)
	if source == nil || source.Kind != strictjson.Object {
		return "", o.unresolved(key, "is not an object of this observed-data")
	}
	o.ids[key] = ""
	v := source.Clone()
	typ := v.GetText("type")
	for i := range v.Members {
		if to := renamed[typ][v.Members[i].Name]; to != "" {
			v.Members[i].Name = to
		}
	}
	listHeaders(&v)
	if err := o.resolve(&v); err != nil {
		return "", err
	}
	id, ok := SCOID(&v)
	if !ok {
		id = typ + "--" + namedV4(o.id+"/"+key)
	}
	o.ids[key] = id
	o.add(id, key, v)
	return id, nil
}

// add keeps an observable under its id. Two keys of one id are one observable,
// under the markings of both; what else the second says is only in the bytes
// that came.
func (o *observation) add(id, key string, v strictjson.Value) {
	refs := o.markings(key)
	if at, twice := o.at[id]; twice {
		if had := o.made[at].Get("object_marking_refs"); had != nil {
			had.Items = append(had.Items, refs.Items...)
		} else if len(refs.Items) > 0 {
			o.made[at].Members = append(o.made[at].Members, strictjson.Member{Name: "object_marking_refs", Value: refs})
		}
		return
	}
	v.Members = append([]strictjson.Member{{Name: "id", Value: strictjson.NewString(id)}, {Name: "spec_version", Value: strictjson.NewString("2.1")}}, v.Members...)
	if len(refs.Items) > 0 {
		v.Members = append(v.Members, strictjson.Member{Name: "object_marking_refs", Value: refs})
	}
	o.at[id] = len(o.made)
	o.made = append(o.made, v)
	o.keys = append(o.keys, key)
}

// listHeaders makes a list of each HTTP header, which 2.0 held as one string.
func listHeaders(v *strictjson.Value) {
	headers := v.Get("extensions").Get("http-request-ext").Get("request_header")
	if headers == nil {
		return
	}
	for i := range headers.Members {
		if h := &headers.Members[i].Value; h.Kind == strictjson.String {
			*h = strictjson.Value{Kind: strictjson.Array, Items: []strictjson.Value{strictjson.NewString(h.Text)}}
		}
	}
}

func (o *observation) unresolved(key, detail string) error {
	return fault.New(fault.Invalid, "stix.reference", "An object inside observed-data cannot be resolved.").
		At(strictjson.Pointer("objects", key), detail).Try("%s", hints["stix.reference"])
}

// resolve replaces keys in *_ref and *_refs by ids.
func (o *observation) resolve(v *strictjson.Value) error {
	for i := range v.Members {
		m := &v.Members[i]
		switch {
		case strings.HasSuffix(m.Name, "_ref") && m.Value.Kind == strictjson.String:
			id, err := o.make(m.Value.Text)
			if err != nil {
				return err
			}
			m.Value.Text = id
		case strings.HasSuffix(m.Name, "_refs"):
			for j := range m.Value.Items {
				id, err := o.make(m.Value.Items[j].Text)
				if err != nil {
					return err
				}
				m.Value.Items[j].Text = id
			}
		default:
			if err := o.resolve(&m.Value); err != nil {
				return err
			}
		}
	}
	for i := range v.Items {
		if err := o.resolve(&v.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (o *observation) markings(key string) strictjson.Value {
	refs := strictjson.Value{Kind: strictjson.Array}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(o.own[""], o.own[key])))) {
		refs.Items = append(refs.Items, strictjson.NewString(id))
	}
	return refs
}

// namedV4 makes an id for an observable that must have a UUIDv4, so that the
// same document gives the same id again: random bits, drawn from a hash.
func namedV4(name string) string {
	sum := sha256.Sum256([]byte(name))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
