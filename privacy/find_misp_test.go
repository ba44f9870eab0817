package privacy

import (
	"slices"
	"testing"

	"entente/intel"
	"entente/intel/stix"
)

// TestMISPTypes: what MISP says a value is decides what kind of data it is, in
// custom objects and in the hints of a conversion.
func TestMISPTypes(t *testing.T) {
	t.Parallel()
	const head = `"spec_version":"2.1","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z",`
	attribute := func(typ, value string) string {
		return `{"type":"x-misp-attribute","id":"x-misp-attribute--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head + `"x_misp_type":"` + typ + `","x_misp_value":"` + value + `"}`
	}
	hinted := func(hints string) string {
		return `{"type":"observed-data","id":"observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head +
			`"first_observed":"2026-11-20T10:00:00Z","last_observed":"2026-11-20T10:00:00Z","number_observed":1,"object_refs":["domain-name--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"],` +
			`"extensions":{"` + stix.MISPExtension + `":{"extension_type":"property-extension",` + hints + `}}}`
	}
	for _, c := range []struct {
		raw  string
		want []Category
	}{
		{attribute("btc", "1E38kt7ryhbRXUzbam6iQ6sd93VHUUdjEE"), []Category{Technical}},
		{attribute("full-name", "Anna Analyst"), []Category{PersonalContact, Technical}},
		{attribute("iban", "LU280019400644750000"), []Category{Financial, Technical}},
		{attribute("special-service-request", "WCHR"), []Category{PersonalSpecial, Technical}},
		{attribute("target-org", "Ministry"), []Category{Technical, VictimIdentity}},
		{attribute("text", "write to anna@example.org"), []Category{PersonalIdentifier, Technical}},
		{attribute("no-such-type", "x"), []Category{Technical, Unclassified}},
		{`{"type":"x-misp-object","id":"x-misp-object--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head + `"x_misp_name":"person","x_misp_attributes":[{"type":"phone-number","object_relation":"phone","value":"1"},{"type":"md5","object_relation":"h","value":"7fa3abc229fd3cb9a0a6f07d9da15e35"}]}`, []Category{PersonalContact, Technical}},
		{hinted(`"date":"2026-11-20","distribution":"3","timestamp":"1795168810","attributes":[{"uuid":"40000000-0000-4000-8000-000000000001","type":"domain","object_relation":"domain","timestamp":"1795168811"}]`), []Category{Technical}},
		{hinted(`"attributes":[{"type":"email-dst","object_relation":"to","value":"a@b.example"}]`), []Category{PersonalIdentifier, Technical}},
		{hinted(`"value":"anything"`), []Category{Technical, Unclassified}},
		{hinted(`"data":"UEsDBA=="`), []Category{Technical, Unclassified}},
		{hinted(`"comment":"ask anna@example.org"`), []Category{PersonalIdentifier, Technical}},
	} {
		o, _, err := stix.ParseObject([]byte(c.raw))
		if err != nil {
			t.Fatalf("%v: %s", err, c.raw)
		}
		if got := Categories(ContextOf([]*intel.Object{o}).Find(o)); !slices.Equal(got, c.want) {
			t.Errorf("%s\n got  %v\n want %v", c.raw, got, c.want)
		}
	}
}
