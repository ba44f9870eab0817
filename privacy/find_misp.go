package privacy

import (
	"strings"

	"entente/intel/misp"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// mispRules is the classification of MISP attribute types (the sector's default,
// levels P1 to P4), where a value stands under its type: in the custom objects
// of a conversion and in its hints. A type of MISP that is not here is
// technical, and its text goes through the detectors; a type MISP does not have
// is unclassified.
var mispRules = []struct {
	types    string
	kind     kind
	category Category
}{
	{"full-name first-name middle-name last-name email-src-display-name email-dst-display-name whois-registrant-name whois-registrant-org", aName, PersonalContact},
	{"phone-number whois-registrant-phone", aPhone, PersonalContact},
	{"primary-residence", aPlace, PersonalContact},
	{"date-of-birth place-of-birth gender nationality country-of-residence travel-details passport-number passport-country passport-expiration identity-card-number visa-number issue-date-of-the-visa redress-number frequent-flyer-number passenger-name-record-locator-number", anID, PersonalIdentifier},
	{"email email-src email-dst email-reply-to whois-registrant-email dns-soa-email eppn jabber-id", aMailbox, PersonalIdentifier},
	{"github-username twitter-id", anAccount, PersonalIdentifier},
	{"mac-address mac-eui-64", aMAC, PersonalIdentifier},
	{"ip-src ip-dst", anAddress, PersonalIdentifier},
	{"ip-src|port ip-dst|port domain|ip email-message-id pgp-public-key", opaque, PersonalIdentifier},
	{"target-user target-email target-machine target-org target-location target-external", opaque, VictimIdentity},
	{"iban bank-account-nr cc-number payment-details", opaque, Financial},
	{"pgp-private-key", opaque, Credentials},
	{"special-service-request", opaque, PersonalSpecial},
	{"email-header email-body attachment malware-sample", opaque, Unclassified},
}

// mispCategories and mispKinds are mispRules by type and by rule.
var mispCategories, mispKinds = func() (map[string]Category, map[string]kind) {
	categories, kinds := map[string]Category{}, map[string]kind{}
	for _, r := range mispRules {
		for t := range strings.FieldsSeq(r.types) {
			categories[t], kinds["misp."+t] = r.category, r.kind
		}
	}
	return categories, kinds
}()

// misp reads the properties that a conversion from MISP gives a custom object,
// and reports whether m was one.
func (f *finder) misp(o, m *strictjson.Value, name string) bool {
	switch f.typ + "." + name {
	case "x-misp-attribute.x_misp_value":
		f.mispValue(o.GetText("x_misp_type"), m)
	case "x-misp-object.x_misp_attributes":
		f.mispEntries(m)
	default:
		return false
	}
	return true
}

// mispHints reads the extension in which a conversion keeps what STIX has no
// place for.
func (f *finder) mispHints(v *strictjson.Value) {
	for i := range v.Members {
		f.steps = append(f.steps, pathStep{name: v.Members[i].Name})
		f.mispMember("", &v.Members[i])
		f.steps = f.steps[:len(f.steps)-1]
	}
}

// mispEntries reads a list of attributes, or of objects that have such a list.
func (f *finder) mispEntries(v *strictjson.Value) {
	for i := range v.Items {
		it := &v.Items[i]
		for k := range it.Members {
			f.steps = append(f.steps, pathStep{index: i}, pathStep{name: it.Members[k].Name})
			f.mispMember(it.GetText("type"), &it.Members[k])
			f.steps = f.steps[:len(f.steps)-2]
		}
	}
}

func (f *finder) mispMember(typ string, m *strictjson.Member) {
	switch m.Name {
	case "attributes", "parts", "references":
		f.mispEntries(&m.Value)
	case "value":
		f.mispValue(typ, &m.Value)
	case "data":
		f.add(Unclassified, ruleCustom)
	case "comment", "tags":
		f.value(&m.Value)
	} // the others are ids, times, levels and names of types and templates
}

// mispValue reads a value by the type that MISP gives it.
func (f *finder) mispValue(typ string, v *strictjson.Value) {
	category, listed := mispCategories[typ]
	switch {
	case listed:
		f.add(category, "misp."+typ)
	case misp.Known(typ):
		f.value(v)
	default:
		f.add(Unclassified, ruleCustom)
	}
}

// mispExtension is where the hints are.
const mispExtension = stix.MISPExtension
