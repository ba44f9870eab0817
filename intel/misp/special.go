package misp

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// What single templates have that no slot can say.

// payload is the content of an artifact object.
func payload(main *strictjson.Value, left *[]*attribute) {
	*left = slices.DeleteFunc(*left, func(a *attribute) bool {
		if a.relation != "payload_bin" || a.data == "" {
			return false
		}
		main.Set("payload_bin", str(a.data))
		return true
	})
}

// listening is the state of a socket, as far as STIX has it.
func listening(main *strictjson.Value, left *[]*attribute) {
	*left = slices.DeleteFunc(*left, func(a *attribute) bool {
		if a.relation != "state" || a.value != "listening" && a.value != "blocking" {
			return false
		}
		put(main, "extensions/socket-ext/is_"+a.value, truth(true))
		return true
	})
}

// contact joins the contact details of an identity, and the parts of a name.
func contact(main *strictjson.Value, relations []string, left *[]*attribute) {
	values := func(relation string) []string {
		var found []string
		*left = slices.DeleteFunc(*left, func(a *attribute) bool {
			if a.relation == relation {
				found = append(found, a.value)
			}
			return a.relation == relation
		})
		return found
	}
	if main.Get("name") == nil {
		var name []string
		for _, r := range []string{"first-name", "middle-name", "last-name"} {
			name = append(name, values(r)...)
		}
		main.SetText("name", strings.Join(name, " "))
	}
	var details []string
	for _, r := range relations {
		if vs := values(r); len(vs) > 0 {
			details = append(details, r+": "+strings.Join(vs, "; "))
		}
	}
	if main.Get("contact_information") == nil {
		main.SetText("contact_information", strings.Join(details, " / "))
	}
}

// contacts reads what [contact] joined.
func (vs *values) contacts(sh shape, o *strictjson.Value) {
	if vs.name == "person" && o.GetText("name") != "" {
		if first, rest, both := strings.Cut(o.GetText("name"), " "); both {
			vs.spare("first-name", first)
			vs.spare("last-name", rest)
		}
	}
	for detail := range strings.SplitSeq(o.GetText("contact_information"), " / ") {
		relation, all, ok := strings.Cut(detail, ": ")
		if !ok || !slices.Contains(sh.contacts, relation) {
			continue
		}
		for v := range strings.SplitSeq(all, "; ") {
			vs.add(entry{relation: relation, value: v})
		}
	}
}

// spare adds a value that is there only for who asks for it: another reading of
// one that was added already.
func (vs *values) spare(relation, v string) {
	key := relationKey(relation)
	vs.byRelation[key] = append(vs.byRelation[key], &entry{relation: relation, value: v})
}

// mail adds attachments and the names people are displayed with.
func (c *converter) mail(main *strictjson.Value, addresses []strictjson.Value, left *[]*attribute, uuid string) []strictjson.Value {
	for _, role := range []string{"from", "to", "cc", "bcc"} {
		for i := range addresses {
			if refersTo(main, role, addresses[i].GetText("id")) {
				displayed(&addresses[i], role, left)
			}
		}
	}
	var files []strictjson.Value
	for _, relation := range []string{"attachment", "screenshot"} {
		*left = slices.DeleteFunc(*left, func(a *attribute) bool {
			if a.relation != relation {
				return false
			}
			typ := "file"
			if a.data != "" {
				typ = "artifact"
			}
			id := typ + "--" + c.idOf(a.uuid, uuid+" - "+a.Pointer)
			f := object(member("type", str(typ)), member("spec_version", str("2.1")), member("id", str(id)))
			if a.data == "" {
				f.Set("name", str(a.value))
			} else {
				f.Set("payload_bin", str(a.data))
				f.Set("x_misp_filename", str(a.value))
			}
			files = append(files, f)
			appendTo(main, "body_multipart", object(
				member("body_raw_ref", str(id)), member("content_disposition", str(relation+"; filename='"+a.value+"'")),
			))
			main.Set("is_multipart", truth(true))
			return true
		})
	}
	return files
}

func refersTo(main *strictjson.Value, role, id string) bool {
	if role == "from" {
		return main.GetText("from_ref") == id
	}
	for _, r := range main.GetList(role + "_refs") {
		if r.Text == id {
			return true
		}
	}
	return false
}

// displayed gives an address the name it is displayed with: the first of the
// role of which every word is in the address, else one that shares a word or
// has its initials there.
func displayed(address *strictjson.Value, role string, left *[]*attribute) {
	mailbox := address.GetText("value")
	match := func(fits func(name string) bool) bool {
		i := slices.IndexFunc(*left, func(a *attribute) bool {
			return a.relation == role+"-display-name" && fits(strings.ToLower(a.value))
		})
		if i < 0 {
			return false
		}
		address.Set("display_name", str((*left)[i].value))
		*left = slices.Delete(*left, i, i+1)
		return true
	}
	all := func(name string) bool {
		return !slices.ContainsFunc(strings.Fields(name), func(w string) bool { return !strings.Contains(mailbox, w) })
	}
	some := func(name string) bool {
		var initials []byte
		for w := range strings.FieldsSeq(name) {
			initials = append(initials, w[0])
		}
		return len(initials) > 1 && strings.Contains(mailbox, string(initials)) ||
			slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(mailbox), func(r rune) bool { return strings.ContainsRune("_.@-", r) }), func(w string) bool { return strings.Contains(name, w) })
	}
	if !match(all) {
		match(some)
	}
}

func mailTests(attachments, screenshots []*attribute) []string {
	var out []string
	for _, a := range append(attachments, screenshots...) {
		at := "email-message:body_multipart[" + strconv.Itoa(len(out)/2) + "]."
		out = append(out, equals(at+"body_raw_ref.name", a.value), equals(at+"content_disposition", a.relation))
	}
	return out
}

// mail reads attachments and display names back.
func (vs *values) mail(o *strictjson.Value, scos []strictjson.Value) {
	for _, role := range []string{"from", "to", "cc", "bcc"} {
		for i := range scos {
			if name := scos[i].GetText("display_name"); name != "" && refersTo(o, role, scos[i].GetText("id")) {
				vs.add(entry{relation: role + "-display-name", value: name})
			}
		}
	}
	for _, b := range o.GetList("body_multipart") {
		f := byID(scos, b.GetText("body_raw_ref"))
		relation, _, _ := strings.Cut(b.GetText("content_disposition"), ";")
		if f == nil || relation != "attachment" && relation != "screenshot" {
			continue
		}
		vs.add(entry{relation: relation, uuid: suffix(f.GetText("id")), value: cmp.Or(f.GetText("name"), f.GetText("x_misp_filename")), data: f.GetText("payload_bin")})
	}
}
