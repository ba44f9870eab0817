package exchange

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/transparency"
	"entente/transparency/verify"
)

// Prove writes an evidence file that verifies offline: of a release or recall
// by its id, of a decision by its digest, of an object by its id. For a reader
// who saw the log at an earlier size, since, the file also shows that it only
// grew; 0 is nobody. It returns a not-found fault for a size the log never had.
func (s *Service) Prove(ctx context.Context, ref string, since int64) ([]byte, error) {
	return read(ctx, s, func(r Reader) ([]byte, error) {
		e, err := s.evidence(ctx, r, ref)
		if err == nil && since != 0 {
			e.Since, err = s.grownSince(ctx, r, since)
		}
		if err != nil {
			return nil, err
		}
		return e.Encode()
	})
}

// grownSince proves that the log now extends the log at an earlier size.
func (s *Service) grownSince(ctx context.Context, r Reader, size int64) (*verify.Since, error) {
	head, _, err := s.signedHead(ctx, r)
	if err != nil {
		return nil, err
	}
	old, err := transparency.RootAt(head, r.LogTiles(ctx), size)
	if err != nil {
		return nil, err
	}
	proof, err := transparency.ProveConsistency(r.LogTiles(ctx), old, head)
	if err != nil {
		return nil, err
	}
	since := &verify.Since{Size: old.Size, Root: old.Root}
	for _, h := range proof {
		since.Proof = append(since.Proof, h[:])
	}
	return since, nil
}

func (s *Service) evidence(ctx context.Context, r Reader, ref string) (verify.Evidence, error) {
	switch {
	case strings.HasPrefix(ref, recallID("")):
		return s.recallEvidence(ctx, r, ref)
	case strings.Contains(ref, "--"):
		st, err := r.Object(ctx, ref)
		if err != nil {
			return verify.Evidence{}, err
		}
		return s.disclose(ctx, r, verify.KindEntries, "", []int64{st.Leaf})
	}
	if d, err := ident.ParseDigest(ref); err == nil {
		rec, err := r.DecisionByDigest(ctx, d)
		if err != nil {
			return verify.Evidence{}, err
		}
		e, err := s.disclose(ctx, r, verify.KindEntries, "", []int64{rec.Leaf})
		e.Decisions = []string{string(rec.Body)}
		return e, err
	}
	return s.releaseEvidence(ctx, r, ref)
}

func (s *Service) disclose(ctx context.Context, r Reader, kind, subject string, leaves []int64) (verify.Evidence, error) {
	head, checkpoint, err := s.signedHead(ctx, r)
	if err != nil {
		return verify.Evidence{}, err
	}
	entries := make([]transparency.Logged, 0, len(leaves))
	for _, i := range leaves {
		e, err := r.LogEntry(ctx, i)
		if err != nil {
			return verify.Evidence{}, err
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b transparency.Logged) int { return cmp.Compare(a.Index, b.Index) })
	log := verify.Log{Party: s.self, Head: head, Checkpoint: checkpoint, Tiles: r.LogTiles(ctx)}
	return verify.Build(kind, subject, log, entries, nil)
}

func (s *Service) releaseEvidence(ctx context.Context, r Reader, id string) (verify.Evidence, error) {
	rel, err := r.Release(ctx, id)
	if err != nil {
		return verify.Evidence{}, err
	}
	items, err := r.ReleaseItems(ctx, id)
	if err != nil {
		return verify.Evidence{}, err
	}
	leaves := []int64{rel.Leaf}
	var documents []string
	for _, it := range items {
		rec, err := r.DecisionByDigest(ctx, it.Decision)
		if err != nil {
			return verify.Evidence{}, err
		}
		leaves = append(leaves, rec.Leaf)
		documents = append(documents, string(rec.Body))
	}
	kind := verify.KindRelease
	receipt, err := receiptEvidence(rel.Receipt)
	if err != nil {
		return verify.Evidence{}, err
	}
	if rel.State == Refused {
		receipt = nil // a refusal is an answer, but no acknowledgement
	}
	if receipt != nil {
		kind = verify.KindDelivery
	}
	e, err := s.disclose(ctx, r, kind, id, leaves)
	if err != nil {
		return e, err
	}
	e.Message, e.Decisions, e.Receipt = string(rel.Envelope), documents, receipt
	for _, it := range items {
		e.Objects = append(e.Objects, verify.Object{Hash: it.SentHash, Raw: it.Sent})
	}
	return e, nil
}

func (s *Service) recallEvidence(ctx context.Context, r Reader, id string) (verify.Evidence, error) {
	rc, err := findRecall(ctx, r, id)
	if err != nil {
		return verify.Evidence{}, err
	}
	kind := verify.KindRecall
	receipt, err := receiptEvidence(rc.Receipt)
	if err != nil {
		return verify.Evidence{}, err
	}
	if receipt != nil && rc.State == recallPurged {
		kind = verify.KindPurge
	}
	e, err := s.disclose(ctx, r, kind, id, []int64{rc.Leaf})
	if err != nil {
		return e, err
	}
	e.Message = string(rc.Envelope)
	if kind == verify.KindPurge {
		e.Receipt = receipt
	}
	return e, nil
}

// receiptEvidence splits the answer of a partner into its signed half and its proof.
func receiptEvidence(answer []byte) (*verify.Receipt, error) {
	if len(answer) == 0 {
		return nil, nil //nolint:nilnil // no receipt yet is no error
	}
	b, err := envelope.DecodeBody(answer)
	if err != nil {
		return nil, fault.New(fault.Unverified, "store.corrupt", "A stored receipt can no longer be read.").Because(err)
	}
	return &verify.Receipt{Message: string(b.Envelope), Proof: string(b.Proof)}, nil
}
