package exchange

import (
	"slices"
	"strings"
	"testing"

	"entente/intel"
	"entente/privacy"
)

// TestNoFormatHidesPersonalData: what a conversion carries is where package
// privacy looks, and what is of the envelope is in no object.
func TestNoFormatHidesPersonalData(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, typ string
		want          privacy.Category
		nowhere       string
	}{
		{"comment of a row", "value,comment,reporter\nevil.example,ask anna@csirt.example,bob@csirt.example\n", "indicator", privacy.PersonalIdentifier, "bob@"},
		{"summary of an incident", `{"incident_id":"x","summary":"anna@csirt.example clicked","action":{}}`, "incident", privacy.PersonalIdentifier, "\x00"},
		{"notes of an incident", `{"incident_id":"x","action":{},"notes":"anna@csirt.example clicked"}`, "incident", privacy.Unclassified, "\x00"},
		{
			"playbook", `{"type":"playbook","id":"playbook--1","workflow":{},"x":"anna@csirt.example","authentication_info_definitions":{"a":{"username":"bob"}}}`,
			"course-of-action", privacy.Unclassified, "bob",
		},
		{
			"flow", `{"schema":"attack_flow_v2","objects":[{"id":"flow","properties":[["name","x"],["author",[["name","Bob"],["contact_information","bob@csirt.example"]]]]},` +
				`{"id":"action","instance":"1","properties":[["name","anna@csirt.example"]]}]}`,
			"attack-action", privacy.Unclassified, "bob@",
		},
	} {
		b, err := parse([]byte(c.in))
		if err != nil || len(b.Rejected) > 0 {
			t.Errorf("%s: %v %+v", c.name, err, b.Rejected)
			continue
		}
		objects := make([]*intel.Object, len(b.Accepted))
		for i, a := range b.Accepted {
			objects[i] = a.Object
		}
		ctx, found := privacy.ContextOf(objects), false
		for _, o := range objects {
			found = found || o.Type == c.typ && slices.Contains(privacy.Categories(ctx.Find(o)), c.want)
			if strings.Contains(string(o.Raw), c.nowhere) {
				t.Errorf("%s: %s is in %s", c.name, c.nowhere, o.Raw)
			}
		}
		if !found {
			t.Errorf("%s: no %s has %s", c.name, c.typ, c.want)
		}
	}
}

// TestADocumentHasOneFormat: no reader takes what another one reads.
func TestADocumentHasOneFormat(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`{"Event":{"info":"x"}}`, "evil.example\n", "value\nevil.example\n", `{"incident_id":"x","action":{}}`, `{"type":"playbook","id":"playbook--1","workflow":{}}`,
		`{"schema":"attack_flow_v2","objects":[]}`,
	} {
		n := 0
		for _, r := range readers {
			if r.is([]byte(doc)) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d readers take %s", n, doc)
		}
	}
	for _, doc := range []string{`{"type":"bundle","id":"bundle--1","objects":[]}`, `[{"type":"incident","id":"incident--1"}]`, `[]`, `{}`, "", "hello", "\x1f\x8b", "1", `"x"`} {
		for i, r := range readers {
			if r.is([]byte(doc)) {
				t.Errorf("reader %d takes %q", i, doc)
			}
		}
	}
}
