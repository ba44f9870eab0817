package exchange_test

import (
	"testing"
	"time"

	"entente/exchange"
)

const emergencyLaw = `entente: 1
kind: Instrument
id: emergency-act
title: Emergency Act (illustrative)
nature: statute
binding: true
illustrative: true
regime: cooperation
default: silent
jurisdictions: [AA]
version: 1.0.0
in_force: {from: 2025-01-01}
clauses:
  - {id: s1, cite: s. 1, text: Nothing amber leaves., modality: prohibition, act: share, when: {tlp: {min: amber}}}
  - id: s2
    cite: s. 2
    text: In a declared emergency section 1 is set aside, for ten days at most.
    modality: permission
    act: share
    derogation: {of: [s1], declared_by: csirt-aurelia, fact: emergency_declared, max_duration: P10D}
vectors:
  - name: amber stays
    given:
      object: {type: indicator, tlp: amber, categories: [technical]}
      sender: {id: csirt-aurelia, kind: csirt, jurisdiction: AA}
      recipient: {id: ncsc-cordova, kind: csirt, jurisdiction: CC}
      purpose: cyber-defence
      at: 2026-03-02
    expect: {outcome: deny, because: [s1]}
`

// TestADerogationEndsInTime: a declaration without an end gets the last instant
// the text allows, a longer one is refused, and a denial has no limit.
func TestADerogationEndsInTime(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	_, err := a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "act.yaml", Source: []byte(emergencyLaw), By: "test"})
	must(t, err)
	declare := func(value bool, end time.Time) (exchange.Fact, error) {
		return a.RecordFact(t.Context(), exchange.Fact{Name: "emergency_declared", Value: value, Issuer: "minister", Evidence: "decree 1", Expires: end})
	}
	limit := f.now.AddDate(0, 0, 10)
	got, err := declare(true, time.Time{})
	must(t, err)
	if !got.Expires.Equal(limit) {
		t.Errorf("ends %s, want %s", got.Expires, limit)
	}
	got, err = declare(true, limit)
	must(t, err)
	if !got.Expires.Equal(limit) {
		t.Errorf("ends %s, want %s", got.Expires, limit)
	}
	_, err = declare(true, limit.Add(time.Second))
	wantCode(t, err, "fact.derogation")
	got, err = declare(false, time.Time{})
	must(t, err)
	if !got.Expires.IsZero() {
		t.Errorf("a denial ends %s", got.Expires)
	}
}
