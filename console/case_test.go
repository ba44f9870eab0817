package console

import (
	"strings"
	"testing"
	"time"

	"entente/casework"
	"entente/exchange"
	"entente/internal/ident"
	"entente/party"
)

// sampleCases are a request that goes its way, and a case whose home told two
// stories.
func sampleCases() []exchange.CaseView {
	asked := exchange.CaseView{
		CaseSummary: exchange.CaseSummary{
			ID: "c1", Title: "Logs <of> the gateway", Instrument: "pact", Version: "1.0.0", Procedure: "help", Home: "csirt-aurelia", Opener: "csirt-aurelia",
			TLP: "amber", Purpose: "incident-response", State: "sent", Seq: 2, Opened: noon, Updated: noon, Turn: []string{"accept"}, Due: noon.Add(24 * time.Hour),
		},
		Hash: ident.Sum([]byte("text")), Cite: "Art. 9", Head: ident.Sum([]byte("head")), Mine: []string{"asked"},
		Roles: map[string][]party.ID{"asking": {"csirt-aurelia"}, "asked": {"ncsc-cordova"}},
		Next: []casework.Next{
			{Step: "accept", Role: "asked", Parties: []party.ID{"ncsc-cordova"}, To: "accepted", Cite: "Art. 9(2)", Due: noon.Add(24 * time.Hour), Overdue: true},
			{Step: "refuse", Role: "asked", Parties: []party.ID{"ncsc-cordova"}, To: "refused", Requires: []string{"reason_text"}, Grounds: []string{"no-means"}},
		},
		Events: []exchange.CaseEventView{
			{Seq: 1, At: noon, Digest: ident.Sum([]byte("1")), By: "csirt-aurelia", Act: casework.Open, State: "draft"},
			{
				Seq: 2, At: noon, Digest: ident.Sum([]byte("2")), By: "csirt-aurelia", OnBehalf: "Ministry", Act: casework.Step, Step: "send", State: "sent", Late: true, Due: noon,
				Text: "Please <b>hurry</b>.", Fields: map[string]string{"what": "logs\nof two hours"}, Objects: []casework.Attachment{{ID: "indicator--1", Hash: ident.Sum(nil)}},
			},
		},
		Unordered:  []exchange.CaseEventView{{At: noon, Digest: ident.Sum([]byte("3")), By: "ncsc-cordova", Act: casework.Note, Text: "Hello", State: "refused", Code: "case.previous"}},
		Tallies:    []casework.Tally{{Step: "adopt", Quorum: "majority", Voters: []party.ID{"a", "b"}, Yes: 1, Ballots: []casework.Ballot{{By: "a", Choice: casework.Yes, At: noon}, {By: "b", Choice: casework.No, At: noon, Excluded: "late"}}}},
		Deliveries: []exchange.CaseMessage{{To: "ncsc-cordova", State: exchange.DeliveryDone, Refused: "case.text", StateAt: noon}},
	}
	bad := asked
	bad.ID, bad.Title, bad.Next, bad.Unordered, bad.Tallies, bad.Deliveries = "c2", "Two stories", nil, nil, nil, nil
	bad.Findings = []casework.Finding{{Code: "case.equivocation", Seq: 2, About: "csirt-aurelia", Detail: "csirt-aurelia signed two different orders in place 2."}}
	return []exchange.CaseView{asked, bad}
}

// TestCasePages: what people wrote stays text, and a finding is said in words.
func TestCasePages(t *testing.T) {
	t.Parallel()
	b := enter(t, newConsole(fake{cases: sampleCases(), parties: []party.Party{{ID: "ncsc-cordova", Name: "NCSC Cordova"}}}, fixed))
	for path, wants := range map[string][]string{
		"/cases":    {"Logs &lt;of&gt; the gateway", `href="/cases/c1"`, "accept", "with findings"},
		"/cases/c1": {"Please &lt;b&gt;hurry&lt;/b&gt;.", "<strong>overdue</strong>", "It came late", "not taken: <code>case.text</code>", "no: late", "Cordova", "(this party)"},
		"/cases/c2": {"signed two different orders in place 2", "case.equivocation"},
		"/cases/c3": {"There is no case c3."},
	} {
		page := b.get(path).Body.String()
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
}
