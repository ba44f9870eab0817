package exchange_test

import (
	"testing"

	"entente/exchange"
	"entente/party"
)

// TestSendingAPreviewTwiceSendsOnce (P8): who lost the answer asks again and is
// told of the same release; once it was recalled, the same preview can be sent
// anew.
func TestSendingAPreviewTwiceSendsOnce(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, gridshare)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	ask := exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}, To: []party.ID{borealis, gridshare}}
	p, err := a.Preview(t.Context(), ask)
	must(t, err)
	send := func() []exchange.ReleaseReport {
		rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: ask, Preview: p.Digest})
		must(t, err)
		f.deliver(a)
		return rep.Releases
	}
	first, again := send(), send()
	for i := range first {
		if first[i].Release == "" || first[i].Release != again[i].Release || first[i].Leaf != again[i].Leaf {
			t.Errorf("first %+v, again %+v", first[i], again[i])
		}
	}
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: first[0].Release, Reason: "mistake"})
	must(t, err)
	f.deliver(a)
	third := send()
	if third[0].Release == first[0].Release || third[1].Release != first[1].Release {
		t.Errorf("after the recall: %+v", third)
	}
	if got := f.nodes[borealis].state(t); got.objects != 1 {
		t.Errorf("Borealis holds %+v", got)
	}
}
