package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/obligation"
)

// sampleDuties use every part of the pages.
func sampleDuties() []exchange.DutyView {
	ref := decision.DutyRef{ClauseRef: decision.ClauseRef{Instrument: "eu-dora", Clause: "art19", Cite: "Art. 19(4)(a)"}, ID: "initial-notification", What: "initial notification"}
	start := noon.Add(-3 * time.Hour)
	ana := obligation.Act{At: start, By: "ana <1>", Why: "the shift log says so"}
	return []exchange.DutyView{
		{
			Duty: obligation.Duty{
				ID: "d1", Duty: ref, Bearer: "csirt-aurelia", Beneficiary: "ncsc-cordova", Matter: "INC-7 <b>", Started: start, Due: noon.Add(time.Hour),
				Anchors:  map[string]time.Time{"classified": start},
				Extended: &obligation.Extension{Act: ana, Due: noon.Add(time.Hour), Base: noon, Override: true},
				Evidence: &obligation.Evidence{Object: "report--1", SHA256: strings.Repeat("0", 64), Note: "letter"},
				History:  []obligation.HistoryOf{{Act: ana, What: obligation.Taken, Due: noon}, {Act: ana, What: obligation.WasExtended, From: noon, Due: noon.Add(time.Hour)}},
			},
			State: obligation.DueSoon, Warn: noon, Waiting: []string{"aware"}, Provisional: true, LocalDue: "2026-11-24 14:00:00 Europe/Madrid",
			Notices: []exchange.DutyTold{{Kind: obligation.Warned, At: noon, Sent: noon, Due: noon.Add(time.Hour)}},
		},
		{Duty: obligation.Duty{ID: "d2", Duty: ref, Exercise: "Autumn", Factor: 60}, State: obligation.NotStarted, Waiting: []string{"classified", "aware"}},
		{Duty: obligation.Duty{ID: "d3", Duty: ref, Started: start, Due: noon.Add(-time.Hour)}, State: obligation.Overdue},
		{Duty: obligation.Duty{ID: "d4", Duty: ref, Started: start, Due: start.Add(time.Hour), Done: noon}, State: obligation.Met},
		{Duty: obligation.Duty{ID: "d5", Duty: ref, Started: start, Cancelled: &ana}, State: obligation.Cancelled},
		{Duty: obligation.Duty{ID: "d6", Duty: ref, Started: start}, State: obligation.OpenEnded},
	}
}

// TestDutyPages (IH-3): a state is read without colour, and time as a line is
// said in words too.
func TestDutyPages(t *testing.T) {
	t.Parallel()
	b := enter(t, newConsole(fake{duties: sampleDuties()}, fixed))
	list := b.get("/duties?about=x").Body.String()
	for _, want := range []string{"</span> due soon</span>", "</span> overdue</span>", "</span> done late</span>", "</span> waiting</span>", "EXERCISE Autumn ×60: initial notification", "about <bdi class=\"id\">x</bdi>"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list has no %q", want)
		}
	}
	for path, want := range map[string]string{"/duties/d1": `aria-label="The time of this duty: from`, "/duties/d3": `class="gone late"`, "/duties/d4": ">done</text>", "/duties/d2": "waits for classified, aware"} {
		if w := b.get(path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, no %q", path, w.Code, want)
		}
	}
	for path, status := range map[string]int{"/duties/none": 404, "/duties?after=x": 422, "/duties?all": 200} {
		if w := b.get(path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}

// TestAFullPageOfDutiesLeadsOn keeps what narrows the list.
func TestAFullPageOfDutiesLeadsOn(t *testing.T) {
	t.Parallel()
	many := make([]exchange.DutyView, pageSize)
	for i := range many {
		many[i] = exchange.DutyView{Duty: obligation.Duty{ID: "d", Due: noon}}
	}
	b := enter(t, newConsole(fake{duties: many}, fixed))
	if s := b.get("/duties?all&about=x").Body.String(); !strings.Contains(s, `href="/duties?about=x&amp;after=`+exchange.DutyPlace{Due: noon, ID: "d"}.String()+`&amp;all="`) {
		t.Error("the next page is another list")
	}
}
