package privacy

import (
	"slices"
	"strings"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// advised are the members that conversions of security advisories and of the
// catalogue of known exploited vulnerabilities write, by their extension. They
// are about products and scores; what is text in them is read as any text.
// Anything else under those names is somebody else's, and unclassified.
var advised = map[string][]string{
	stix.CSAFExtension: strings.Fields("extension_type cpe purl version_range model_numbers sbom_urls serial_numbers skus files cvss discovery_date release_date " +
		"product_status category date product_refs"),
	stix.KEVExtension: strings.Fields("extension_type vendor_project product vulnerability_name date_added due_date required_action known_ransomware_campaign_use notes"),
}

// advisory reads such an extension.
func (f *finder) advisory(members []string, v *strictjson.Value) {
	if v.Kind != strictjson.Object {
		f.add(Unclassified, ruleCustom)
		return
	}
	for i := range v.Members {
		m := &v.Members[i]
		if mute(m.Name) {
			continue
		}
		f.steps = append(f.steps, pathStep{name: m.Name})
		if slices.Contains(members, m.Name) {
			f.value(&m.Value)
		} else {
			f.add(Unclassified, ruleCustom)
		}
		f.steps = f.steps[:len(f.steps)-1]
	}
}
