package cacao

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
)

const playbook = `{"type":"playbook","spec_version":"cacao-2.0","id":"playbook--300270f9-0e64-42c8-93cc-0927edbe3ae7","name":"Isolate a host",` +
	`"description":"Ask ops@csirt.example first.","playbook_types":["mitigation"],"created_by":"identity--96abab60-238a-44ff-8962-5806aa60cbce",` +
	`"created":"2026-11-20T15:56:00.123456Z","modified":"2026-11-20T15:56:00.123456Z","valid_until":"2027-11-20T15:56:00Z","priority":1,"labels":["isolation"],` +
	`"markings":["marking-tlp--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],` +
	`"external_references":[{"name":"Manual","url":"https://csirt.example/manual"},{"description":"no name"}],` +
	`"authentication_info_definitions":{"user-auth--b7ddc2ea-9f6a-4e82-8eaa-be202e942090":{"type":"user-auth","username":"root","password":"hunter2"}},` +
	`"workflow_start":"start--1","workflow":{"start--1":{"type":"start"}},"signatures":[{"value":"abc"}]}`

func one(t *testing.T, src string) stix.Accepted {
	t.Helper()
	b, err := Parse([]byte(src))
	if err != nil || len(b.Accepted) != 1 || len(b.Rejected) > 0 {
		t.Fatal(err, b.Rejected)
	}
	return b.Accepted[0]
}

// TestPlaybookBecomesCourseOfAction with what the extension for playbooks has.
func TestPlaybookBecomesCourseOfAction(t *testing.T) {
	t.Parallel()
	a := one(t, playbook)
	open := strings.NewReplacer(`"authentication_info_definitions":{"user-auth--b7ddc2ea-9f6a-4e82-8eaa-be202e942090":{"type":"user-auth","username":"root","password":"hunter2"}},`, "",
		`,"signatures":[{"value":"abc"}]`, "").Replace(playbook)
	want := `{"type":"course-of-action","spec_version":"2.1","id":"course-of-action--300270f9-0e64-42c8-93cc-0927edbe3ae7","created":"2026-11-20T15:56:00.123Z","modified":"2026-11-20T15:56:00.123Z",` +
		`"created_by_ref":"identity--96abab60-238a-44ff-8962-5806aa60cbce","name":"Isolate a host","description":"Ask ops@csirt.example first.","labels":["isolation"],` +
		`"external_references":[{"source_name":"Manual","url":"https://csirt.example/manual"}],"object_marking_refs":["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],` +
		`"extensions":{"` + Extension + `":{"extension_type":"property-extension","playbook_id":"playbook--300270f9-0e64-42c8-93cc-0927edbe3ae7","created":"2026-11-20T15:56:00.123Z",` +
		`"modified":"2026-11-20T15:56:00.123Z","playbook_creator":"identity--96abab60-238a-44ff-8962-5806aa60cbce","playbook_standard":"cacao","playbook_valid_until":"2027-11-20T15:56:00.000Z",` +
		`"playbook_priority":1,"playbook_type":["mitigation"],"playbook":"` + strings.ReplaceAll(open, `"`, `\"`) + `"}}}`
	if diff := cmp.Diff(want, string(a.Object.Raw)); diff != "" {
		t.Error(diff)
	}
	if string(a.Object.Upgraded.Raw) != playbook {
		t.Error("the playbook is not beside it as it was")
	}
}

// TestMarkingsNobodyCanReadCloseThePlaybook (CACAO 2.0, data markings).
func TestMarkingsNobodyCanReadCloseThePlaybook(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]intel.Markings{
		`["marking-tlp--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]`:                                                     {TLP: intel.Green, Labelled: true},
		`["marking-statement--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]`:                                               {TLP: intel.Red, Labelled: true},
		`["marking-tlp--11111111-1111-4111-8111-111111111111"]`:                                                     {TLP: intel.Red, Labelled: true},
		`["marking-tlp--bab4a63c-aed9-4cf5-a766-dfca5abac2bb","marking-iep--11111111-1111-4111-8111-111111111111"]`: {TLP: intel.Red, Labelled: true},
		`[1]`: {TLP: intel.Red, Labelled: true},
		`"marking-tlp--e828b379-4e03-4974-9ac4-e53a884c97c1"`:     {TLP: intel.Red, Labelled: true}, // M6: no list
		`"marking-tlp--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"`:     {TLP: intel.Red, Labelled: true},
		`{"marking-tlp--bab4a63c-aed9-4cf5-a766-dfca5abac2bb":1}`: {TLP: intel.Red, Labelled: true},
		`null`: {TLP: intel.Red, Labelled: true},
		`[],"data_marking_definitions":{"marking-tlp--1":{"tlpv2_level":"TLP:AMBER"}}`: {TLP: intel.Red, Labelled: true},
		`["marking-tlp--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],"x":"as TLP:RED"`:       {TLP: intel.Red, Labelled: true},
		`[],"x":"as TLP:RED"`: {TLP: intel.Red, Labelled: true},
	} {
		a := one(t, strings.Replace(playbook, `["marking-tlp--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]`, given, 1))
		m := stix.Mark(a.Object, func(string) (*intel.Object, bool) { return nil, false })
		if m.TLP != want.TLP || m.Labelled != want.Labelled || m.Closed != "" {
			t.Errorf("%s: %+v", given, m)
		}
	}
}

// TestABadPlaybookCostsItself and nothing else is taken for one.
func TestABadPlaybookCostsItself(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte("[" + playbook + `,{"type":"playbook","id":"x"},` + strings.Replace(playbook, "Isolate", "Unplug", 1) + "]"))
	if err != nil || len(b.Accepted) != 1 || len(b.Rejected) != 2 || b.Rejected[0].Code != "cacao.playbook" || b.Rejected[1].Code != "cacao.duplicate" {
		t.Errorf("%v %+v", err, b)
	}
	if _, err := Parse([]byte(`{"type":"playbook"`)); fault.CodeOf(err) != "json.syntax" {
		t.Error(err)
	}
	for in, want := range map[string]bool{
		playbook: true, "[" + playbook + "]": true, `{"type":"playbook-template","workflow":{}}`: true,
		`{"type":"playbook"}`: false, `{"type":"bundle","workflow":{}}`: false, `[[]]`: false, ``: false,
	} {
		if Is([]byte(in)) != want {
			t.Errorf("%s: %v", in, !want)
		}
	}
}

// TestPlaybooksCorpus reads the playbooks of a real orchestrator: none of their
// passwords is in what is shared.
func TestPlaybooksCorpus(t *testing.T) {
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the playbooks are not here")
	}
	files, err := filepath.Glob(filepath.Join(shared, "corpus", "playbooks", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no playbooks", err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !Is(src) {
			t.Errorf("%s is not known as a playbook", name)
		}
		o := one(t, string(src)).Object
		for _, secret := range []string{"Password1234!", `"password`, `\"password`} {
			if strings.Contains(string(o.Raw), secret) {
				t.Errorf("%s: %s is in %s", name, secret, o.ID)
			}
		}
		if o.Tree.GetText("name") == "" {
			t.Errorf("%s has no name", name)
		}
	}
}

// FuzzParse reads anything as a playbook. Whatever comes out keeps the rules of
// STIX and is the same each time.
func FuzzParse(f *testing.F) {
	f.Add([]byte(playbook))
	f.Add([]byte(`[{"type":"playbook-template","id":"playbook-template--1","workflow":{"a":[{"signature":1}]},"markings":[1],"external_references":[{"name":"a","url":"b"}]}]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		Is(src)
		b, err := Parse(src)
		if err != nil {
			return
		}
		for _, a := range b.Accepted {
			if _, _, err := stix.ParseObject(a.Object.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, a.Object.Raw)
			}
		}
		again, _ := Parse(src)
		if len(again.Accepted) != len(b.Accepted) || len(again.Rejected) != len(b.Rejected) {
			t.Fatal("not the same twice")
		}
	})
}
