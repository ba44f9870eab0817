package library_test

import (
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/library"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// The parties of the cases.
var (
	csirtNL      = actor("csirt-nl", "csirt", "NL", "csirt", "cvd-coordinator")
	csirtBE      = actor("csirt-be", "csirt", "BE", "csirt")
	csirtDE      = actor("csirt-de", "csirt", "DE", "csirt", "cvd-coordinator")
	csirtGB      = actor("csirt-gb", "csirt", "GB", "csirt")
	csirtCA      = actor("csirt-ca", "csirt", "CA", "csirt")
	csirtGH      = actor("csirt-gh", "csirt", "GH", "csirt")
	spocNL       = actor("spoc-nl", "contact-point", "NL", "single-point-of-contact")
	spocDE       = actor("spoc-de", "contact-point", "DE", "single-point-of-contact")
	aisUS        = actor("cisa-us", "authority", "US", "dhs", "federal-entity", "third-country-csirt")
	companyUS    = actor("company-us", "company", "US", "non-federal-entity")
	rivalUS      = actor("rival-us", "company", "US", "non-federal-entity")
	makerCN      = actor("maker-cn", "company", "CN")
	branchSG     = actor("branch-sg", "company", "SG", "covered-person")
	bankNL       = actor("bank-nl", "company", "NL", "financial-entity", "essential-entity")
	bankDE       = actor("bank-de", "company", "DE", "financial-entity")
	gridNL       = actor("grid-nl", "company", "NL", "essential-entity")
	makerNL      = actor("maker-nl", "company", "NL", "manufacturer", "important-entity")
	supervisorNL = actor("supervisor-nl", "regulator", "NL", "financial-supervisor")
	policeNL     = actor("police-nl", "authority", "NL", "le-competent-authority")
	policeGB     = actor("police-gb", "authority", "GB", "designated-authority")
	providerHU   = actor("provider-hu", "company", "HU", "service-provider")
	providerJP   = actor("provider-jp", "company", "JP", "service-provider")
	policeJP     = actor("police-jp", "authority", "JP", "central-authority")
	justiceRS    = actor("justice-rs", "authority", "RS", "central-authority")
	justiceNL    = actor("justice-nl", "authority", "NL", "central-authority")
	justiceNO    = actor("justice-no", "authority", "NO", "central-authority")
	justiceQA    = actor("justice-qa", "authority", "QA", "central-authority")
	justiceVN    = actor("justice-vn", "authority", "VN", "central-authority")
	cpNL         = actor("cp-nl", "contact-point", "NL", "contact-point-24-7")
	cpNO         = actor("cp-no", "contact-point", "NO", "contact-point-24-7")
	ministryNL   = actor("ministry-nl", "authority", "NL", "public-record-body")
	customerNL   = actor("customer-nl", "individual", "NL")
	readerUS     = actor("reader-us", "individual", "US")
	socDE        = actor("soc-de", "company", "DE", "certificate-holder")
	buyerNL      = actor("buyer-nl", "company", "NL")
	enisaEU      = actor("enisa", "authority", "EU", "enisa")
)

// thing is an object of a case; categories are separated by spaces.
func thing(typ string, tlp intel.TLP, categories string) decision.Subject {
	s := decision.Subject{Type: typ, TLP: tlp}
	for c := range strings.FieldsSeq(categories) {
		s.Categories = append(s.Categories, privacy.Category(c))
	}
	return s
}

// received is what came from somebody else, under terms.
func received(s decision.Subject, origin party.ID, under ...string) decision.Subject {
	s.Origin, s.ReceivedUnder = origin, under
	return s
}

func marked(s decision.Subject, pap intel.PAP) decision.Subject {
	s.PAP = pap
	return s
}

// kept permits sharing what is erased after a while.
func kept(atMost string) instrument.Clause {
	c := permits("share")
	p, _ := instrument.ParsePeriod(atMost)
	c.Retention = &instrument.Retention{AtMost: p}
	return c
}

// refusesFiscal refuses assistance in tax matters, as many treaties do.
func refusesFiscal() instrument.Clause {
	return instrument.Clause{
		ID: "fiscal", Cite: "Art. 2", Modality: instrument.Prohibition, Act: "assist",
		When: instrument.When{Purpose: []string{"law-enforcement"}, Facts: map[string]instrument.FactMatch{"fiscal_offence": instrument.IsTrue}},
	}
}

// demandsCertificate permits sharing with a certified recipient.
func demandsCertificate() instrument.Clause {
	c := permits("share")
	c.Requires = []instrument.Requirement{{Safeguard: "certified-recipient", ApprovalBy: "security-officer"}}
	return c
}

// enacted is a statute of a State that demands an act, which is then lawful.
func enacted(id, jurisdiction, act, grants string) []*instrument.Instrument {
	return []*instrument.Instrument{{
		ID: id, Title: "A statute", Version: "1.0.0", Nature: "statute", Binding: true, Regime: "public-records", Default: instrument.Silent,
		InForce: instrument.InForce{From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}, Jurisdictions: []string{jurisdiction},
		Clauses: []instrument.Clause{{
			ID: "demand", Cite: "s. 1", Modality: instrument.Obligation, Act: act, Grants: grants, When: instrument.When{Purpose: []string{"freedom-of-information"}},
			Duties: []instrument.Duty{{ID: "disclose", What: "disclose the record", Bearer: "sender"}},
		}},
	}}
}

// labelled is the rule of a node that nothing of an exercise is filed.
func labelled() []*instrument.Instrument {
	return []*instrument.Instrument{{
		ID: "exercise-policy", Title: "A node's policy", Version: "1.0.0", Nature: "node-policy", Binding: true, Regime: "exercises", Default: instrument.Silent, Universal: true,
		InForce: instrument.InForce{From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)},
		Clauses: []instrument.Clause{{
			ID: "never-file", Cite: "s. 1", Modality: instrument.Prohibition, Act: "share",
			When: instrument.When{Purpose: []string{"regulatory-reporting"}, Facts: map[string]instrument.FactMatch{"exercise": instrument.IsTrue}},
		}},
	}}
}

// modelled is an instrument of the library as if it were law between all its
// parties.
func modelled(t *testing.T, id string) []*instrument.Instrument {
	t.Helper()
	doc, err := library.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	return []*instrument.Instrument{doc.Modelled()}
}
