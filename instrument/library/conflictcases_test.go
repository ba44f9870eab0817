package library_test

import (
	"slices"
	"testing"

	"entente/decision"
	"entente/intel"
)

// What the cases are about.
var (
	incident    = thing("incident", intel.Amber, "technical")
	breach      = thing("incident", intel.Amber, "technical personal-identifier")
	indicator   = thing("indicator", intel.Green, "technical")
	addresses   = thing("indicator", intel.Green, "technical personal-identifier")
	patients    = thing("incident", intel.Amber, "technical health")
	request     = thing("report", intel.Amber, "technical")
	hole        = thing("vulnerability", intel.Amber, "technical vuln-undisclosed")
	certificate = thing("certificate", intel.Clear, "technical")
)

// conflictCases are the 29 conflicts, each in at least one case.
func conflictCases(t *testing.T) []conflictCase {
	t.Helper()
	return slices.Concat(transferConflicts(), dataConflicts(t), reportConflicts(), evidenceConflicts(t), handlingConflicts())
}

// transferConflicts are those of data that leave a law's reach.
func transferConflicts() []conflictCase {
	return []conflictCase{
		{
			id: "X-AIS-GDPR", name: "stripped to infrastructure", from: csirtNL, to: aisUS, object: addresses, purpose: "cyber-defence",
			facts:   "public_task !essential_interest !explicit_consent own_object",
			outcome: decision.Transform, forms: []string{"generalise-ip"},
			conflicts: []string{"permit-deny eu-gdpr/art44 over eu-nis2/art10-7: transformed"},
		},
		{
			id: "X-AIS-GDPR", name: "case by case where a law recognises the interest", from: csirtNL, to: aisUS, object: addresses, purpose: "cyber-defence",
			facts:   "public_task own_object !essential_interest identifiable_form_necessary important_public_interest public_interest_recognised !public_powers !explicit_consent",
			outcome: decision.Permit, warns: []string{"x-ais-gdpr"},
		},
		{
			id: "X-AIS-GDPR", name: "patients", from: csirtNL, to: aisUS, object: patients, purpose: "cyber-defence",
			facts: "public_task own_object article_9_2_exception !essential_interest !explicit_consent", law: between(csirtNL, aisUS, permits("share")),
			outcome: decision.Deny, warns: []string{"x-ais-gdpr", "x-special"},
			conflicts: []string{"permit-deny eu-gdpr/art44 over agreement/permits: conjunction"},
		},
		{
			id: "X-CISA-SUNSET", from: companyUS, to: aisUS, object: indicator, purpose: "cyber-defence",
			outcome: decision.Deny, warns: []string{"x-cisa-sunset"},
			conflicts: []string{"status nothing over us-cisa2015/sec1503-c-3: status"},
		},
		{
			id: "X-CISA-SUNSET", name: "before", from: companyUS, to: aisUS, object: indicator, purpose: "cyber-defence", at: "2026-09-30",
			facts:   "listed_exception_to_dhs personal_unrelated_removed",
			outcome: decision.Permit,
		},
		{
			id: "X-USPERSON", name: "masked", from: aisUS, to: csirtGB, object: addresses, purpose: "cyber-defence", at: "2026-05-01",
			facts: "us_person_named own_object", law: between(aisUS, csirtGB, permits("share")),
			outcome: decision.Transform, forms: []string{"pseudonymise"}, warns: []string{"x-usperson"},
		},
		{
			id: "X-USPERSON", name: "an answer to an order passed on", from: policeGB, to: csirtGH, object: received(thing("report", intel.Amber, "personal-identifier"), "company-us", "uk-us-daa"), purpose: "law-enforcement",
			facts: "us_person_named needed_for_order originator_consent own_object", law: between(policeGB, csirtGH, permits("share")),
			outcome: decision.Deny, warns: []string{"x-usperson-order"},
		},
		{
			id: "X-USPERSON", name: "to a country of concern", from: companyUS, to: makerCN, object: addresses, purpose: "cyber-defence",
			facts: "us_person_named bulk_us_personal_data cisa_extension_confirmed", law: between(companyUS, makerCN, permits("share")),
			outcome: decision.Deny, warns: []string{"x-dsp-pseudo", "x-usperson-concern"},
			conflicts: []string{"permit-deny us-dsp/prohibited over agreement/permits: conjunction"},
		},
		{
			id: "X-DSP-PSEUDO", from: companyUS, to: makerCN, object: thing("indicator", intel.Green, "technical personal-pseudonymous"), purpose: "cyber-defence",
			facts: "!us_person_named bulk_us_personal_data data_changed_to_protect", law: between(companyUS, makerCN, permits("share")),
			outcome: decision.Deny, warns: []string{"x-dsp-pseudo"},
			conflicts: []string{"permit-deny us-dsp/no-deid over agreement/permits: conjunction"},
		},
		{
			id: "X-DSP-PSEUDO", name: "to a covered person", from: companyUS, to: branchSG, object: thing("indicator", intel.Green, "technical personal-pseudonymous"), purpose: "cyber-defence",
			facts: "bulk_us_personal_data data_changed_to_protect", law: between(companyUS, branchSG, permits("share")),
			outcome: decision.Deny, warns: []string{"x-dsp-pseudo-person"},
			conflicts: []string{"permit-deny us-dsp/prohibited-person over agreement/permits: conjunction"},
		},
		{
			id: "X-MALABO", name: "out of Africa", from: csirtGH, to: csirtNL, object: patients, purpose: "incident-response",
			facts: "!significant own_object", law: between(csirtGH, csirtNL, permits("share")),
			outcome: decision.Deny, warns: []string{"x-malabo"},
			conflicts: []string{"permit-deny au-malabo/art14-6 over agreement/permits: conjunction"},
		},
		{
			id: "X-MALABO", name: "the other way", from: csirtNL, to: csirtGH, object: patients, purpose: "incident-response",
			facts: "!significant !essential_interest own_object public_task article_9_2_exception !purpose_changed !explicit_consent", law: between(csirtNL, csirtGH, permits("share")),
			outcome: decision.Deny, warns: []string{"x-malabo-reverse", "x-special"},
			conflicts: []string{"permit-deny eu-gdpr/art44 over agreement/permits: conjunction"},
		},
	}
}

// dataConflicts are those of personal data within it.
func dataConflicts(t *testing.T) []conflictCase {
	t.Helper()
	return []conflictCase{
		{
			id: "X-SPECIAL", name: "patients", from: csirtNL, to: csirtBE, object: patients, purpose: "incident-response",
			facts: "public_task special_category_data !significant !essential_interest !purpose_changed own_object", law: between(csirtNL, csirtBE, permits("share")),
			outcome: decision.Deny, warns: []string{"x-special"},
			conflicts: []string{"permit-deny eu-gdpr/art9-1 over agreement/permits: conjunction"},
		},
		{
			id: "X-SPECIAL", name: "a suspect", from: csirtNL, to: csirtBE, object: thing("incident", intel.Amber, "technical personal-special"), purpose: "incident-response",
			facts: "public_task offence_data !significant !essential_interest !purpose_changed own_object", law: between(csirtNL, csirtBE, permits("share")),
			outcome: decision.Transform, forms: []string{"redact-special"},
			conflicts: []string{"permit-deny eu-gdpr/art10 over agreement/permits: transformed"},
		},
		{
			id: "X-GROUND-PUBLIC", name: "legitimate interests", from: csirtNL, to: csirtBE, object: patients, purpose: "incident-response",
			facts: "!significant !essential_interest legitimate_interest_assessed article_9_2_exception !purpose_changed own_object", law: between(csirtNL, csirtBE, permits("share")),
			outcome: decision.Deny, warns: []string{"x-ground-public", "x-special"},
		},
		{
			id: "X-GROUND-PUBLIC", name: "consent to a transfer", from: csirtNL, to: csirtCA, object: patients, purpose: "incident-response",
			facts: "!significant !essential_interest !purpose_changed public_task explicit_consent public_powers article_9_2_exception own_object", law: between(csirtNL, csirtCA, permits("share")),
			outcome: decision.Deny, warns: []string{"x-ground-public-transfer", "x-special"},
			conflicts: []string{"permit-deny eu-gdpr/art44 over agreement/permits: conjunction"},
		},
		{
			id: "X-ERASE-LOG", from: csirtNL, to: csirtBE, object: thing("notice", intel.Amber, "personal-contact"), purpose: "data-subject-rights",
			facts: "erasure_due public_task identifiable_form_necessary own_object", law: between(csirtNL, csirtBE, permits("share")),
			outcome: decision.Permit, warns: []string{"x-erase-log"},
			duties: []string{"eu-gdpr/art17-1", "eu-gdpr/art19"},
		},
		{
			id: "X-RETENTION", from: companyUS, to: csirtGB, object: thing("incident", intel.Green, "technical personal-pseudonymous"), purpose: "incident-response",
			facts: "covered_entity covered_cyber_incident !us_person_named", law: append(between(companyUS, csirtGB, kept("P180D")),
				modelled(t, "us-circia")...),
			outcome: decision.Permit, warns: []string{"x-retention"},
			conflicts: []string{"keep-delete us-circia/sec681b-a4 over agreement/permits: unsettled"},
		},
		{
			id: "X-CRIME-VS-SECURITY", name: "to the police", from: csirtNL, to: policeNL, object: breach, purpose: "law-enforcement",
			facts: "public_task purpose_changed own_object identifiable_form_necessary", law: between(csirtNL, policeNL, permits("share")),
			outcome: decision.Transform, forms: []string{"generalise-ip"}, warns: []string{"x-crime-vs-security"},
			conflicts: []string{"permit-deny eu-gdpr/art6-4 over agreement/permits: transformed"},
		},
		{
			id: "X-CRIME-VS-SECURITY", name: "from the police", from: policeNL, to: csirtNL, object: breach, purpose: "incident-response",
			facts: "public_task collected_for_law_enforcement own_object !legitimate_interest_assessed", law: between(policeNL, csirtNL, permits("share")),
			outcome: decision.Transform, forms: []string{"generalise-ip"}, warns: []string{"x-crime-vs-security-back"},
			conflicts: []string{"permit-deny eu-led/art9-1 over agreement/permits: transformed"},
		},
	}
}

// reportConflicts are those of reports and notices.
func reportConflicts() []conflictCase {
	return []conflictCase{
		{
			id: "X-NIS2-NATSEC", from: spocNL, to: spocDE, object: incident, purpose: "incident-response",
			facts:   "significant cross_border essential_interest !forwarding_requested own_object",
			outcome: decision.Deny, warns: []string{"x-nis2-natsec"},
			conflicts: []string{"must-must-not eu-nis2/art2-11 over eu-nis2/art23-6: dilemma"}, dilemma: "art23-6",
		},
		{
			id: "X-NIS2-NATSEC", name: "under an agreement of both teams", from: spocNL, to: spocDE, object: incident, purpose: "incident-response",
			facts: "significant cross_border essential_interest !forwarding_requested own_object", law: between(spocNL, spocDE, permits("share")),
			outcome: decision.Deny, warns: []string{"x-nis2-natsec"},
			conflicts: []string{"permit-deny eu-nis2/art2-11 over agreement/permits: strict"}, dilemma: "art23-6",
		},
		{
			id: "X-CRA-DELAY", name: "held back", from: csirtNL, to: csirtDE, object: hole, purpose: "cyber-defence", at: "2028-01-10",
			facts:   "cvd_running product_available_there partial_release_grounds cross_border !reporter_anonymous !essential_interest own_object",
			outcome: decision.Deny, warns: []string{"x-cra-delay"},
			conflicts: []string{"must-must-not eu-cra/art16-2-partial over eu-cra/art16-2: dilemma", "must-must-not eu-cra/art16-2-partial over eu-nis2/art12-1-states: dilemma"}, dilemma: "art12-1-states",
		},
		{
			id: "X-CRA-DELAY", name: "sent", from: csirtNL, to: csirtDE, object: hole, purpose: "cyber-defence", at: "2028-01-10",
			facts:   "cvd_running product_available_there !partial_release_grounds cross_border !reporter_anonymous !essential_interest own_object",
			outcome: decision.Permit, warns: []string{"x-cra-delay"},
			duties: []string{"eu-cra/art16-2-at-once"},
		},
		{
			id: "X-ANON", name: "the supervisor's view", from: supervisorNL, to: spocNL, object: thing("incident", intel.Amber, "technical victim-identity"), purpose: "regulatory-reporting",
			facts:   "major_incident own_object",
			outcome: decision.Permit, warns: []string{"x-anon"},
			duties: []string{"eu-dora/art19-6"},
		},
		{
			id: "X-ANON", name: "the statistician's view", from: spocNL, to: enisaEU, object: thing("summary-report", intel.Amber, "technical victim-identity"), purpose: "regulatory-reporting",
			facts:   "aggregated own_object",
			outcome: decision.Transform, forms: []string{"redact-victim"},
		},
		{
			id: "X-CLOCKS", name: "of an essential entity", from: gridNL, to: csirtNL, object: breach, purpose: "incident-response",
			facts:   "significant personal_breach !established_in_several_states own_object legal_obligation identifiable_form_necessary",
			outcome: decision.Permit, warns: []string{"x-clocks"},
			conflicts: []string{"two-clocks eu-nis2/art23-4a over eu-gdpr/art33-1: earliest", "two-addressees eu-gdpr/art33-1 over eu-nis2/art23-4a: both"}, duties: []string{"eu-nis2/art23-4a", "eu-nis2/art23-4b", "eu-gdpr/art33-1"},
		},
		{
			id: "X-CLOCKS", name: "of a bank", from: bankNL, to: supervisorNL, object: breach, purpose: "incident-response",
			facts:   "major_incident significant personal_breach !established_in_several_states own_object legal_obligation identifiable_form_necessary",
			outcome: decision.Permit, warns: []string{"x-auth", "x-clocks", "x-clocks-dora"},
			conflicts: []string{"two-clocks eu-dora/art19-4a over eu-gdpr/art33-1: both", "two-clocks eu-dora/art19-4a over eu-nis2/art23-4a: both", "two-clocks eu-nis2/art23-4a over eu-gdpr/art33-1: earliest"}, duties: []string{"eu-dora/art19-4a", "eu-nis2/art23-4a", "eu-gdpr/art33-1"},
		},
		{
			id: "X-CLOCKS", name: "of a maker", from: makerNL, to: csirtNL, object: breach, purpose: "incident-response",
			facts:   "severe_product_incident !significant personal_breach own_object legal_obligation identifiable_form_necessary",
			outcome: decision.Permit, warns: []string{"x-clocks-cra"},
			conflicts: []string{"two-clocks eu-cra/art14-4a over eu-gdpr/art33-1: earliest"}, duties: []string{"eu-cra/art14-4a", "eu-gdpr/art33-1"},
		},
		{
			id: "X-AUTH", name: "of a bank", from: bankNL, to: supervisorNL, object: incident, purpose: "incident-response",
			facts:   "major_incident significant !personal_breach !established_in_several_states own_object",
			outcome: decision.Permit, warns: []string{"x-auth"},
			conflicts: []string{"two-addressees eu-dora/art19-4a over eu-nis2/art23-4a: both"},
		},
		{
			id: "X-AUTH", name: "of a maker in several States", from: makerNL, to: csirtNL, object: incident, purpose: "incident-response",
			facts:   "severe_product_incident significant !personal_breach established_in_several_states own_object",
			outcome: decision.Permit, warns: []string{"x-auth-product", "x-auth-states"},
			conflicts: []string{"two-addressees eu-cra/art14-4a over eu-nis2/art23-4a: both"},
		},
		{
			id: "X-VULN-CN", from: makerNL, to: csirtNL, object: hole, purpose: "cyber-defence",
			facts:   "actively_exploited maker_active_in_china own_object",
			outcome: decision.Permit, warns: []string{"x-vuln-cn"},
			duties: []string{"eu-cra/art14-2a", "eu-cra/art14-2b"},
		},
	}
}

// evidenceConflicts are those of treaties on evidence.
func evidenceConflicts(t *testing.T) []conflictCase {
	t.Helper()
	return []conflictCase{
		{
			id: "X-PRESERVE-ERASE", from: cpNL, to: cpNO, object: thing("report", intel.Amber, "evidence personal-identifier"), purpose: "law-enforcement",
			facts: "preservation_effected retention_ended public_task !purpose_changed identifiable_form_necessary !spontaneous_information !mla_request_granted !mla_request_intended own_object", law: between(cpNL, cpNO, kept("P30D")),
			outcome: decision.Permit, warns: []string{"x-preserve-erase"},
			conflicts: []string{"keep-delete coe-budapest/art29-7 over agreement/permits: unsettled"},
		},
		{
			id: "X-FOREIGN-ORDER", name: "no agreement", from: providerHU, to: policeJP, object: thing("report", intel.Amber, "personal-contact"), purpose: "law-enforcement",
			facts:   "foreign_order specific_investigation subscriber_information legal_obligation !preservation_effected own_object",
			outcome: decision.Deny, warns: []string{"x-foreign-order", "x-treaty-status"},
			conflicts: []string{"status nothing over coe-budapest-2ap/art7-1-answer: status"},
		},
		{
			id: "X-FOREIGN-ORDER", name: "a contract is no agreement of States", from: providerHU, to: policeJP, object: patients, purpose: "law-enforcement",
			facts: "foreign_order legal_obligation article_9_2_exception !preservation_effected !purpose_changed own_object", law: between(providerHU, policeJP, permits("share")),
			outcome: decision.Deny, warns: []string{"x-foreign-order", "x-special", "x-treaty-status"},
			conflicts: []string{"permit-deny eu-gdpr/art48 over agreement/permits: conjunction"},
		},
		{
			id: "X-DUALCRIM", name: "preserved", from: cpNL, to: cpNO, object: request, act: "assist", purpose: "law-enforcement",
			facts:   "data_in_requested_territory mla_request_intended !dual_criminality !convention_offence",
			outcome: decision.Permit, warns: []string{"x-dualcrim"},
			duties: []string{"coe-budapest/art29-1"},
		},
		{
			id: "X-TREATY-STATUS", name: "the Second Protocol", from: justiceRS, to: providerJP, object: request, act: "assist", purpose: "law-enforcement",
			facts:   "specific_investigation",
			outcome: decision.Deny, warns: []string{"x-treaty-status"},
			conflicts: []string{"status nothing over coe-budapest-2ap/art7-1: status"},
		},
		{
			id: "X-TREATY-STATUS", name: "the UN Convention", from: justiceQA, to: justiceVN, object: request, act: "assist", purpose: "law-enforcement",
			facts:   "evidence_covered !mlat_in_force !mla_request_intended",
			outcome: decision.Deny, warns: []string{"x-treaty-status-un"},
			conflicts: []string{"status nothing over un-cybercrime/art40-request: status"},
		},
		{
			id: "X-DOUBLE-PARTY", name: "both allow", from: justiceNL, to: justiceNO, object: request, act: "assist", purpose: "law-enforcement",
			facts: "mlat_in_force evidence_covered !mla_request_intended", law: between(justiceNL, justiceNO, permits("assist")),
			outcome: decision.Permit, warns: []string{"x-double-party"},
		},
		{
			id: "X-DOUBLE-PARTY", name: "their own treaty refuses", from: justiceNL, to: justiceNO, object: request, act: "assist", purpose: "law-enforcement",
			facts: "mlat_in_force evidence_covered !mla_request_intended fiscal_offence", law: between(justiceNL, justiceNO, refusesFiscal()),
			outcome: decision.Deny, warns: []string{"x-double-party"},
			conflicts: []string{"permit-deny agreement/fiscal over coe-budapest/art25-1: protective"},
		},
		{
			id: "X-SCOPE-EVIDENCE", name: "between parties to Budapest", from: justiceNL, to: justiceNO, object: request, act: "assist", purpose: "law-enforcement",
			facts:   "!mlat_in_force !evidence_covered !mla_request_intended",
			outcome: decision.Permit, warns: []string{"x-scope-evidence"},
		},
		{
			id: "X-SCOPE-EVIDENCE", name: "under the UN Convention", from: justiceQA, to: justiceVN, object: request, act: "assist", purpose: "law-enforcement",
			facts:   "!mlat_in_force !evidence_covered !mla_request_intended",
			law:     modelled(t, "un-cybercrime"),
			outcome: decision.Deny, warns: []string{"x-scope-evidence", "x-treaty-status-un"},
		},
	}
}

// handlingConflicts are those of markings, policies, records and certificates.
func handlingConflicts() []conflictCase {
	return []conflictCase{
		{
			id: "X-ORIGIN", name: "the originator is asked", from: csirtNL, to: csirtDE, object: received(thing("indicator", intel.Amber, "technical"), "csirt-be", "tlp-2"), purpose: "incident-response",
			facts: "!own_object !tlp1_marked", law: between(csirtNL, csirtDE, permits("share")),
			outcome: decision.Refer, warns: []string{"x-origin"},
			asks: "originator-consent by originator",
		},
		{
			id: "X-ORIGIN", name: "the originator says no", from: csirtNL, to: csirtDE, object: received(thing("indicator", intel.Amber, "technical"), "csirt-be", "tlp-2"), purpose: "incident-response",
			facts: "!own_object !tlp1_marked !originator_consent", law: between(csirtNL, csirtDE, permits("share")),
			outcome: decision.Deny, warns: []string{"x-origin"},
			conflicts: []string{"permit-deny tlp-2/amber over agreement/permits: conjunction"},
		},
		{
			id: "X-ORIGIN", name: "from the police of another State", from: policeNL, to: policeGB, object: received(thing("report", intel.Amber, "technical"), "police-be", "eu-led"), purpose: "law-enforcement",
			facts: "!own_object !tlp1_marked", law: between(policeNL, policeGB, permits("share")),
			outcome: decision.Refer, warns: []string{"x-origin"},
			asks: "originator-consent by police-be",
		},
		{
			id: "X-FOI", name: "before it is sent", from: csirtNL, to: ministryNL, object: incident, purpose: "incident-response",
			facts: "own_object", law: between(csirtNL, ministryNL, permits("share")),
			outcome: decision.Permit, warns: []string{"x-foi"},
		},
		{
			id: "X-FOI", name: "a demand for records", from: aisUS, to: readerUS, object: received(indicator, "company-us", "us-cisa2015"), purpose: "freedom-of-information", at: "2026-05-01",
			facts: "!us_person_named personal_unrelated_removed", law: enacted("records", "US", "share", "cooperation"),
			outcome: decision.Deny, warns: []string{"x-foi-request"},
			conflicts: []string{"must-must-not us-cisa2015/sec1504-d3 over records/demand: dilemma"}, dilemma: "demand",
		},
		{
			id: "X-VICTIM", name: "the policy stands", from: gridNL, to: customerNL, object: received(incident, "vendor-x", "iep-2"), act: "notify", purpose: "incident-response",
			facts: "iep_notify_must_not significant service_likely_affected !personal_breach !established_in_several_states", law: between(gridNL, customerNL, permits("notify")),
			outcome: decision.Deny, warns: []string{"x-victim"},
			conflicts: []string{"must-must-not iep-2/notify-must-not over eu-nis2/art23-1-recipients: dilemma"}, dilemma: "art23-1-recipients",
		},
		{
			id: "X-VICTIM", name: "law beats policy", from: gridNL, to: customerNL, object: received(incident, "vendor-x", "iep-2"), act: "notify", purpose: "incident-response",
			facts: "iep_notify_must_not significant service_likely_affected !personal_breach !established_in_several_states legal_obligation", law: between(gridNL, customerNL, permits("notify")),
			outcome: decision.Refer, warns: []string{"x-victim"},
			asks: "human-approval by legal",
		},
		{
			id: "X-PAP-TLP", name: "may be known", from: csirtNL, to: csirtBE, object: marked(thing("indicator", intel.Clear, "technical"), intel.PAPRed), purpose: "cyber-defence",
			outcome: decision.Permit, warns: []string{"x-pap-tlp"},
		},
		{
			id: "X-PAP-TLP", name: "may not be acted on", from: csirtNL, to: csirtBE, object: marked(thing("indicator", intel.Clear, "technical"), intel.PAPRed), act: "act-on", purpose: "cyber-defence",
			law:     between(csirtNL, csirtBE, permits("act-on")),
			outcome: decision.Deny, warns: []string{"x-pap-tlp"},
			conflicts: []string{"permit-deny pap/red over agreement/permits: conjunction"},
		},
		{
			id: "X-PAP-TLP", name: "may be looked up", from: csirtNL, to: csirtBE, object: marked(thing("indicator", intel.Clear, "technical"), intel.PAPAmber), act: "act-on", purpose: "cyber-defence",
			facts: "!touches_target !blocks_visibly", law: between(csirtNL, csirtBE, permits("act-on")),
			outcome: decision.Permit, warns: []string{"x-pap-tlp-amber"},
		},
		{
			id: "X-COMPETITION", name: "in the Union", from: bankNL, to: bankDE, object: thing("report", intel.Amber, "technical commercial"), purpose: "cyber-defence",
			facts:   "competitors sharing_arrangement trusted_community own_object",
			outcome: decision.Deny, warns: []string{"x-competition"},
		},
		{
			id: "X-COMPETITION", name: "in the United States", from: companyUS, to: rivalUS, object: thing("indicator", intel.Amber, "technical commercial"), purpose: "cyber-defence", at: "2026-05-01",
			facts: "competitors own_object personal_unrelated_removed", law: between(companyUS, rivalUS, permits("share")),
			outcome: decision.Permit, warns: []string{"x-competition"},
		},
		{
			id: "X-CERT", name: "withdrawn", from: makerNL, to: buyerNL, object: certificate, act: "use", purpose: "procurement",
			facts: "certificate_withdrawn certificate_in_period", law: between(makerNL, buyerNL, permits("use")),
			outcome: decision.Deny, warns: []string{"x-cert"},
			conflicts: []string{"permit-deny eu-csa/art58-7 over agreement/permits: conjunction"},
		},
		{
			id: "X-CERT", name: "expired", from: makerNL, to: buyerNL, object: certificate, act: "use", purpose: "procurement",
			facts: "!certificate_withdrawn !certificate_in_period", law: between(makerNL, buyerNL, permits("use")),
			outcome: decision.Deny, warns: []string{"x-cert-expired"},
			conflicts: []string{"permit-deny eu-csa/art56-9 over agreement/permits: conjunction"},
		},
		{
			id: "X-CERT", name: "a flow that relies on one", from: csirtNL, to: socDE, object: incident, purpose: "incident-response",
			facts: "certificate_withdrawn own_object", law: between(csirtNL, socDE, demandsCertificate()),
			outcome: decision.Refer, warns: []string{"x-cert-flow"},
			asks: "certified-recipient by security-officer",
		},
		{
			id: "X-EXERCISE", name: "a live duty in an exercise", from: gridNL, to: csirtNL, object: incident, purpose: "exercise",
			facts: "exercise significant !personal_breach !established_in_several_states own_object", law: labelled(),
			outcome: decision.Permit, warns: []string{"x-exercise"},
			duties: []string{"eu-nis2/art23-4a"},
		},
		{
			id: "X-EXERCISE", name: "play on its way to be filed", from: gridNL, to: csirtNL, object: incident, purpose: "regulatory-reporting",
			facts: "exercise significant !personal_breach !established_in_several_states own_object", law: labelled(),
			outcome: decision.Deny, warns: []string{"x-exercise-live"},
			conflicts: []string{"must-must-not exercise-policy/never-file over eu-nis2/art23-1: dilemma"},
		},
	}
}
