package privacy_test

import (
	"testing"

	"entente/intel/stix"
	"entente/privacy"
)

// TestAdvisoryExtensionsAreClassified: what a conversion writes is technical but
// for what its text says, and what somebody puts beside it is unclassified.
func TestAdvisoryExtensionsAreClassified(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]privacy.Category{
		`"cvss":[{"version":"3.1","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","base_score":9.8,"base_severity":"CRITICAL"}],"discovery_date":"2026-11-01T10:00:00.000Z"`: "",
		`"purl":"pkg:generic/helio/gateway@4.1","version_range":"vers:npm/<4.2","skus":["HG-39"]`:                                                                                    "",
		`"purl":"pkg:generic/ada.marsh@helio.example"`: privacy.PersonalIdentifier,
		`"owner":"Ada Marsh"`:                          privacy.Unclassified,
	} {
		raw := `{"type":"vulnerability","spec_version":"2.1","id":"vulnerability--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z",` +
			`"name":"CVE-2026-31337","extensions":{"` + stix.CSAFExtension + `":{"extension_type":"property-extension",` + members + `}}}`
		o, _, err := stix.ParseObject([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		found := privacy.ContextOf(nil).Find(o)
		if want == "" && len(found) > 0 || want != "" && (len(found) != 1 || found[0].Category != want) {
			t.Errorf("%s: %+v", members, found)
		}
	}
}
