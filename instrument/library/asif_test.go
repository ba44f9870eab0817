package library_test

import (
	"io/fs"
	"strings"
	"testing"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/library"
	"entente/privacy"
)

// TestWhatIsNotLawYetSaysWhatItWould: the Second Protocol and the UN Convention
// as if they were in force between all their parties, so that their clauses are
// tested before the day on which they start to count; and the Budapest
// Convention as if a party had made the reservation it allows.
func TestWhatIsNotLawYetSaysWhatItWould(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file     string
		old, new string // of the text
		vectors  string
	}{
		{file: "coe-budapest-2ap.yaml", vectors: secondProtocol},
		{file: "un-cybercrime.yaml", vectors: unConvention},
		{
			"coe-budapest.yaml", "    events: [{in-force: 2026-01-01}]\n",
			"    events: [{in-force: 2026-01-01}]\n    reservations: [{id: invented, excludes: [art29-3], cite: Art. 29(4)}]\n", reservation,
		},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			src, err := fs.ReadFile(library.Files(), c.file)
			if err != nil {
				t.Fatal(err)
			}
			text, _, _ := strings.Cut(string(src), "\nvectors:\n")
			if !strings.Contains(text, c.old) {
				t.Fatalf("it does not say %q any more", c.old)
			}
			doc, err := instrument.Load(c.file, []byte(strings.Replace(text, c.old, c.new, 1)+"\nvectors:\n"+c.vectors))
			if err != nil {
				t.Fatal(err)
			}
			results, err := decision.TestInstrument(doc, privacy.Catalogue())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if !r.OK() {
					t.Errorf("%s: %s", r.Name, r.Diff)
				}
			}
		})
	}
}

const secondProtocol = `  - name: an order goes straight to a provider (Art. 7(1), (7))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-authority-rs, kind: authority, jurisdiction: RS}
      recipient: {id: x-company-jp, kind: company, jurisdiction: JP, roles: [service-provider]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {specific_investigation: true}
    expect: {outcome: permit, because: [art7-1], duties: [art7-7]}
  - name: only for a specific investigation (Art. 7(1))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-authority-rs, kind: authority, jurisdiction: RS}
      recipient: {id: x-company-jp, kind: company, jurisdiction: JP, roles: [service-provider]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {specific_investigation: false}
    expect: {outcome: deny}
  - name: the provider answers with subscriber information (Art. 7(1))
    given:
      object: {type: report, tlp: amber, categories: [personal-contact, financial]}
      sender: {id: x-company-jp, kind: company, jurisdiction: JP, roles: [service-provider]}
      recipient: {id: x-authority-rs, kind: authority, jurisdiction: RS}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {specific_investigation: true, subscriber_information: true}
    expect: {outcome: permit, because: [art7-1-answer], duties: [check-accuracy, retention-review]}
  - name: and with nothing else (Art. 7(1))
    given:
      object: {type: report, tlp: amber, categories: [personal-contact, evidence]}
      sender: {id: x-company-jp, kind: company, jurisdiction: JP, roles: [service-provider]}
      recipient: {id: x-authority-rs, kind: authority, jurisdiction: RS}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {specific_investigation: true, subscriber_information: true}
    expect: {outcome: deny}
  - name: traffic data - served in 45 days, returned in 45 more (Art. 8(6))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-authority-rs, kind: authority, jurisdiction: RS, roles: [central-authority]}
      recipient: {id: x-authority-jp, kind: authority, jurisdiction: JP, roles: [central-authority]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {specific_investigation: true, traffic_data: true, subscriber_information: false}
    expect: {outcome: permit, duties: [serve-traffic, return-traffic]}
  - name: an emergency goes from point to point (Art. 9(1))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-contact-point-rs, kind: contact-point, jurisdiction: RS, roles: [contact-point-24-7]}
      recipient: {id: x-contact-point-jp, kind: contact-point, jurisdiction: JP, roles: [contact-point-24-7]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      incident: {risk_to_life_or_safety: true, risk_significant: true, risk_imminent: true}
    expect: {outcome: permit, because: [art9-1], duties: [emergency-help]}
  - name: an emergency nobody has stated is none (Art. 3(2)(c))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-contact-point-rs, kind: contact-point, jurisdiction: RS, roles: [contact-point-24-7]}
      recipient: {id: x-contact-point-jp, kind: contact-point, jurisdiction: JP, roles: [contact-point-24-7]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
    expect: {outcome: deny}
  - name: emergency assistance rests on an unverified clause (Art. 10)
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-authority-rs, kind: authority, jurisdiction: RS, roles: [central-authority]}
      recipient: {id: x-authority-jp, kind: authority, jurisdiction: JP, roles: [central-authority]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {emergency: true, specific_investigation: false}
    expect: {outcome: refer, because: [art10-1]}
  - name: sensitive data need safeguards (Art. 14(4))
    given:
      object: {type: report, tlp: amber, categories: [evidence, personal-special]}
      sender: {id: x-contact-point-rs, kind: contact-point, jurisdiction: RS, roles: [contact-point-24-7]}
      recipient: {id: x-contact-point-jp, kind: contact-point, jurisdiction: JP, roles: [contact-point-24-7]}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {emergency: true, emergency_disclosure_requested: true}
    expect: {outcome: transform, transforms: [redact-special]}
  - name: with safeguards they go (Art. 14(4))
    given:
      object: {type: report, tlp: amber, categories: [evidence, personal-special]}
      sender: {id: x-contact-point-rs, kind: contact-point, jurisdiction: RS, roles: [contact-point-24-7]}
      recipient: {id: x-contact-point-jp, kind: contact-point, jurisdiction: JP, roles: [contact-point-24-7]}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {emergency: true, emergency_disclosure_requested: true, sensitive_data_safeguards: true}
    expect: {outcome: permit, because: [art9-1-answer]}
`

const unConvention = `  - name: a request about a serious crime (Arts. 2(h), 40)
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      incident: {max_penalty_months: 48}
    expect: {outcome: refer, because: [art40-request], duties: [give-reasons]}
  - name: none about a lesser offence (Art. 35(1))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      incident: {max_penalty_months: 40, convention_offence: false}
    expect: {outcome: deny}
  - name: what was granted is supplied (Art. 40)
    given:
      object: {type: report, tlp: amber, categories: [evidence]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {mla_request_granted: true, evidence_covered: true, suppresses_rights: false}
    expect: {outcome: refer, because: [art40-supply]}
  - name: nobody has looked at human rights (Art. 6)
    given:
      object: {type: report, tlp: amber, categories: [evidence]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {mla_request_granted: true, evidence_covered: true}
    expect: {outcome: deny, because: [art6]}
  - name: personal data in line with the law go (Art. 36(1))
    given:
      object: {type: report, tlp: amber, categories: [evidence, personal-contact]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {mla_request_granted: true, evidence_covered: true, suppresses_rights: false, data_protection_complied: true}
    expect: {outcome: refer, duties: [safeguard-data]}
  - name: otherwise without them (Art. 36(1))
    given:
      object: {type: report, tlp: amber, categories: [evidence, personal-contact]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {mla_request_granted: true, evidence_covered: true, suppresses_rights: false}
    expect: {outcome: refer}
  - name: or under conditions (Art. 36(1))
    given:
      object: {type: report, tlp: amber, categories: [evidence, personal-contact]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {mla_request_granted: true, evidence_covered: true, suppresses_rights: false, data_protection_complied: false, conditions_make_compliant: true}
    expect: {outcome: refer, duties: [keep-conditions]}
  - name: preservation starts its clocks (Art. 42)
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {data_in_requested_territory: true, mla_request_intended: true, evidence_covered: false}
    expect: {outcome: refer, because: [art42], duties: [preserve, follow-up]}
  - name: use ends with the proceedings named (Art. 40)
    given:
      object: {type: report, tlp: amber, categories: [evidence], received_under: [un-cybercrime]}
      sender: {id: x-authority-qa, kind: authority, jurisdiction: QA, roles: [central-authority]}
      recipient: {id: x-authority-vn, kind: authority, jurisdiction: VN, roles: [central-authority]}
      act: use
      purpose: law-enforcement
      at: 2026-11-22
      modelled: true
      facts: {within_named_proceedings: false}
    expect: {outcome: deny, because: [art40-use]}
`

const reservation = `  - name: between a Party with the reservation and another a person decides whether to ask (Art. 29(4))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-contact-point-nl, kind: contact-point, jurisdiction: NL, roles: [contact-point-24-7]}
      recipient: {id: x-contact-point-no, kind: contact-point, jurisdiction: "NO", roles: [contact-point-24-7]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      facts: {data_in_requested_territory: true, mla_request_intended: true, convention_offence: false, dual_criminality: false}
    expect: {outcome: refer, because: [art29-4-ask]}
  - name: where both punish the conduct the reservation does not matter (Art. 29(4))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-contact-point-nl, kind: contact-point, jurisdiction: NL, roles: [contact-point-24-7]}
      recipient: {id: x-contact-point-no, kind: contact-point, jurisdiction: "NO", roles: [contact-point-24-7]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      facts: {data_in_requested_territory: true, mla_request_intended: true, convention_offence: false, dual_criminality: true}
    expect: {outcome: permit}
  - name: for Arts. 2-11 it does not matter either (Art. 29(4))
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: x-contact-point-nl, kind: contact-point, jurisdiction: NL, roles: [contact-point-24-7]}
      recipient: {id: x-contact-point-no, kind: contact-point, jurisdiction: "NO", roles: [contact-point-24-7]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      facts: {data_in_requested_territory: true, mla_request_intended: true, convention_offence: true}
    expect: {outcome: permit}
`
