package exchange_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/exchange"
)

const documentation = `{"name":"Documentation","version":1,"type":"cidr","matching_attributes":["ip-src"],"list":["203.0.113.0/24"]}`

// TestWarninglistsChangeNoDecision plays the same exchange on a node without
// lists and on one with them. Decisions, digests of previews and what leaves are
// the same bytes; a partner's receipt does not tell of our lists.
func TestWarninglistsChangeNoDecision(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	bundle := bundleOf(address("0001", tlpAmber, "2026-01-01T00:00:00.000Z", "203.0.113.1"), address("0002", tlpRed, "2026-01-01T00:00:00.000Z", "203.0.113.2"))
	a.imports(t, bundle)
	request := exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001"), idOf("indicator", "0002")}}
	before, err := a.Preview(t.Context(), request)
	must(t, err)
	whyBefore, err := a.Why(t.Context(), exchange.WhyRequest{Object: request.Objects[0], Recipient: borealis})
	must(t, err)
	if len(before.Remarks) != 0 {
		t.Fatalf("remarks without a list: %v", before.Remarks)
	}

	for _, n := range []*testNode{a, b} {
		added, err := n.AddWarninglist(t.Context(), []byte(documentation))
		must(t, err)
		if added.ID != "documentation" || added.Entries != 1 {
			t.Errorf("added %+v", added)
		}
	}
	after, err := a.Preview(t.Context(), request)
	must(t, err)
	if len(after.Remarks) != 2 || after.Remarks[0].String() != `203.0.113.1 is on the list "Documentation"` {
		t.Errorf("remarks %v", after.Remarks)
	}
	after.Remarks = nil
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the preview changed: %s", diff)
	}
	whyAfter, err := a.Why(t.Context(), exchange.WhyRequest{Object: request.Objects[0], Recipient: borealis})
	must(t, err)
	if diff := cmp.Diff(whyBefore, whyAfter); diff != "" {
		t.Errorf("the decision changed: %s", diff)
	}

	// The digest from before the lists still releases, in the bytes it promised.
	sent, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: request, Preview: before.Digest})
	must(t, err)
	f.deliver(a)
	for _, r := range sent.Releases {
		if r.Recipient != borealis {
			continue
		}
		v, err := a.Release(t.Context(), r.Release)
		must(t, err)
		for _, item := range v.ItemList {
			for _, column := range before.Recipients {
				for _, cell := range column.Items {
					if column.Party == borealis && cell.ObjectID == item.ObjectID && cell.SentHash != item.SentHash {
						t.Errorf("%s left as %s, not as %s", item.ObjectID, item.SentHash, cell.SentHash)
					}
				}
			}
		}
		if len(v.ItemList) == 0 || strings.Contains(string(v.Receipt), "Documentation") || strings.Contains(string(v.Envelope), "Documentation") {
			t.Errorf("%d items; receipt %s", len(v.ItemList), v.Receipt)
		}
	}

	rep := a.imports(t, bundle)
	if w := rep.Objects[0].Warnings; rep.Unchanged != 2 || len(w) != 1 || w[0] != `203.0.113.1 is on the list "Documentation"` {
		t.Errorf("the import says %+v", rep)
	}
	must(t, a.RemoveWarninglist(t.Context(), "documentation"))
	wantCode(t, a.RemoveWarninglist(t.Context(), "documentation"), "warninglist.unknown")
	if rep := a.imports(t, bundle); len(rep.Objects[0].Warnings) != 0 {
		t.Errorf("a list that was removed still speaks: %+v", rep)
	}
}
