package privacy_test

import (
	"strings"
	"testing"

	"entente/privacy"
)

// TestMISPFormsKeepThePromise: what a transformation takes out of an attribute
// that is a custom object, or of the hints of a conversion, is nowhere in what
// leaves (the checks are in build).
func TestMISPFormsKeepThePromise(t *testing.T) {
	t.Parallel()
	const hint = `"extensions":{"extension-definition--3f5a2c1e-7b84-4d0a-9a43-6c1f0e9b7d52":{"extension_type":"property-extension","attributes":[` +
		`{"uuid":"40000000-0000-4000-8000-000000000001","type":"email-dst","object_relation":"to","value":"Minister@ministry.example"},{"type":"full-name","object_relation":"to-name","value":"Anna Analyst"}]}}`
	objs := parseAll(t,
		`{"type":"x-misp-attribute","id":"x-misp-attribute--aaaaaaaa-0000-4000-8000-000000000001",`+sdoHead+`"x_misp_type":"full-name","x_misp_value":"Anna Analyst"}`,
		`{"type":"x-misp-attribute","id":"x-misp-attribute--aaaaaaaa-0000-4000-8000-000000000002",`+sdoHead+`"x_misp_type":"passport-number","x_misp_value":"ABA9875413"}`,
		`{"type":"x-misp-object","id":"x-misp-object--aaaaaaaa-0000-4000-8000-000000000003",`+sdoHead+`"x_misp_name":"person","x_misp_attributes":[`+
			`{"type":"phone-number","object_relation":"phone","value":"+352 247 88444"},{"type":"target-org","object_relation":"org","value":"Ministry of Tests"},{"type":"ip-dst","object_relation":"ip","value":"198.51.100.7"}]}`,
		`{"type":"observed-data","id":"observed-data--aaaaaaaa-0000-4000-8000-000000000004",`+sdoHead+`"first_observed":"2026-11-20T10:00:00Z","last_observed":"2026-11-20T10:00:00Z","number_observed":1,"object_refs":["email-addr--28bb3599-77cd-4a82-a950-b5bc3caf07c4"],`+hint+`}`,
		`{"type":"email-addr","spec_version":"2.1","id":"email-addr--28bb3599-77cd-4a82-a950-b5bc3caf07c4","value":"minister@ministry.example"}`,
	)
	for transform, gone := range map[string][]string{
		privacy.Pseudonymise:  {"Anna", "ABA9875413", "247 88444", "198.51.100.7", "inister@"},
		privacy.RedactContact: {"Anna", "247 88444"},
		privacy.RedactVictim:  {"Ministry of Tests"},
	} {
		for _, o := range sent(build(t, items(objs, transform), scope(1))) {
			for _, s := range gone {
				if strings.Contains(string(o.Raw), s) {
					t.Errorf("%s leaves %q in %s", transform, s, o.Raw)
				}
			}
		}
	}
}
