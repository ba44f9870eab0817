package exchange_test

import (
	"bytes"
	"strings"
	"testing"

	"entente/exchange"
)

// TestADocumentHasWhatWasSent: exactly the bytes of the decided form, and
// nothing once the release was recalled.
func TestADocumentHasWhatWasSent(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	v, err := a.Release(t.Context(), release)
	must(t, err)
	d, err := a.Export(t.Context(), release, "stix")
	must(t, err)
	for _, it := range v.ItemList {
		if !bytes.Contains(d.Document, it.Sent) {
			t.Errorf("%s is not in the bundle as it was sent", it.SentID)
		}
	}
	rep, err := f.nodes[borealis].Import(t.Context(), exchange.ImportRequest{Data: d.Document, Source: "file"})
	must(t, err)
	if rep.Unchanged != len(v.ItemList) {
		t.Errorf("the bundle is not what arrived: %+v", rep)
	}
	m, err := a.Export(t.Context(), release, "misp")
	must(t, err)
	if !strings.HasPrefix(string(m.Document), `{"response":[{"Event":`) {
		t.Errorf("MISP: %s", m.Document)
	}
	_, err = a.Export(t.Context(), release, "xls")
	wantCode(t, err, "release.format")
	_, err = a.Export(t.Context(), "no-such", "stix")
	wantCode(t, err, "release.unknown")
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "wrong address"})
	must(t, err)
	_, err = a.Export(t.Context(), release, "stix")
	wantCode(t, err, "release.gone")
}
