package exchange

import (
	"context"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
	"entente/transparency"
)

// canonical is the RFC 8785 form of v: the bytes that digests and log leaves cover.
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return strictjson.Canonical(b)
}

// append adds an event to the log inside tx and returns its index.
func (s *Service) append(ctx context.Context, tx Tx, typ string, event any) (int64, error) {
	body, err := canonical(event)
	if err != nil {
		return 0, err
	}
	e, err := transparency.NewEntry(typ, body, s.rand)
	if err != nil {
		return 0, err
	}
	return tx.Append(ctx, e)
}

// proof discloses one entry with its audit path under the newest checkpoint.
func (s *Service) proof(ctx context.Context, r Reader, index int64) ([]byte, error) {
	head, checkpoint, err := s.signedHead(ctx, r)
	if err != nil {
		return nil, err
	}
	entry, err := r.LogEntry(ctx, index)
	if err != nil {
		return nil, err
	}
	path, err := transparency.ProveInclusion(head, r.LogTiles(ctx), index)
	if err != nil {
		return nil, err
	}
	return transparency.Disclose(entry, path, checkpoint).Encode(), nil
}

// signedHead returns the newest tree head with its checkpoint, verified: what
// was changed behind the node's back is not shown to anybody (P10).
func (s *Service) signedHead(ctx context.Context, r Reader) (transparency.Head, []byte, error) {
	head, checkpoint, err := r.LogHead(ctx)
	if err != nil {
		return head, nil, err
	}
	verifier, err := note.NewVerifier(s.logKey)
	if err != nil {
		return head, nil, err
	}
	return head, checkpoint, checkHead(head, checkpoint, verifier)
}

func checkHead(head transparency.Head, checkpoint []byte, verifier note.Verifier) error {
	signed, err := transparency.OpenCheckpoint(checkpoint, verifier)
	if err == nil && signed.Head != head {
		err = fault.New(fault.Unverified, "log.checkpoint", "The stored tree is not the one that was signed.")
	}
	return err
}

// checkProof verifies that a partner's log holds an entry about exactly the
// message whose envelope has this digest.
func checkProof(text []byte, from party.Party, message ident.Digest) error {
	verifier, err := note.NewVerifier(from.LogKey)
	if err != nil {
		return fault.New(fault.Unverified, "proof.key", "The log key on the card of %s cannot be read.", from.ID).Because(err)
	}
	p, err := transparency.ParseProof(text)
	if err != nil {
		return err
	}
	entry, _, err := p.Open(verifier)
	if err != nil {
		return err
	}
	var event struct {
		Envelope ident.Digest `json:"envelope"`
	}
	if err := json.Unmarshal(entry.Body, &event); err != nil || event.Envelope != message {
		return fault.New(fault.Unverified, "proof.other", "The log entry shown by %s is about another message.", from.ID).Because(err)
	}
	return nil
}

// committed makes sure that what is about to leave, and for whom, is what the
// log holds: a row changed behind the node's back sends nothing anywhere (P10).
func committed(ctx context.Context, r Reader, leaf int64, to party.ID, b envelope.Body) error {
	entry, err := r.LogEntry(ctx, leaf)
	if err != nil {
		return err
	}
	var event releaseEvent // a recall has the same members, without items
	if err := json.Unmarshal(entry.Body, &event); err != nil || event.To != to || event.Envelope != ident.Sum(b.Envelope) || len(event.Items) != len(b.Objects) {
		return fault.New(fault.Unverified, "store.corrupt", "Entry %d of the log commits to another message than the one to %s.", leaf, to).
			Try("Check the database with entente doctor; nothing was sent.").Because(err)
	}
	for i, it := range event.Items {
		if it.SentHash != ident.Sum(b.Objects[i]) {
			return fault.New(fault.Unverified, "store.corrupt", "Entry %d of the log commits to other objects than those to %s.", leaf, to)
		}
	}
	return nil
}

// Checkpoint returns the newest signed checkpoint of this node's log.
func (s *Service) Checkpoint(ctx context.Context) ([]byte, error) {
	return read(ctx, s, func(r Reader) ([]byte, error) {
		_, checkpoint, err := r.LogHead(ctx)
		return checkpoint, err
	})
}

// Consistency proves to a partner that the log at size to extends the log at size
// from. It returns a not-found fault for a size the log has not reached.
func (s *Service) Consistency(ctx context.Context, from, to int64) ([]tlog.Hash, error) {
	return read(ctx, s, func(r Reader) ([]tlog.Hash, error) {
		head, _, err := r.LogHead(ctx)
		if err != nil {
			return nil, err
		}
		tiles := r.LogTiles(ctx)
		newer, err := transparency.RootAt(head, tiles, to)
		if err != nil {
			return nil, err
		}
		return transparency.ProveConsistency(tiles, transparency.Head{Size: from}, newer)
	})
}

// VerifyLog recomputes every leaf from what is stored and holds it against the
// signed tree. It names the first entry that does not fit; reads of objects,
// decisions and envelopes verify their own digests on the way.
func (s *Service) VerifyLog(ctx context.Context) (LogReport, error) {
	rep := LogReport{FirstBad: -1}
	err := s.store.Read(ctx, func(r Reader) error {
		head, checkpoint, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		rep.Size, rep.Root, rep.Checkpoint = head.Size, head.Root, string(checkpoint)
		verifier, err := note.NewVerifier(s.logKey)
		if err != nil {
			return err
		}
		rep.FirstBad, rep.Problem = audit(ctx, r, head, checkpoint, verifier)
		return nil
	})
	return rep, err
}

// audit returns the index of the first entry that does not fit and what is wrong
// with it, or -1.
func audit(ctx context.Context, r Reader, head transparency.Head, checkpoint []byte, verifier note.Verifier) (int64, string) {
	if err := checkHead(head, checkpoint, verifier); err != nil {
		return 0, err.Error()
	}
	bad, err := transparency.Audit(head, r.LogTiles(ctx), entryReader(ctx, r))
	if err != nil {
		return bad, err.Error()
	}
	return -1, ""
}

// auditBatch is how many entries are read at once when the whole log is checked.
const auditBatch = 1024

// entryReader returns the leaves of the log in order, reading ahead in batches.
func entryReader(ctx context.Context, r Reader) func(int64) (tlog.Hash, error) {
	var batch []transparency.Logged
	return func(i int64) (tlog.Hash, error) {
		if len(batch) == 0 || i < batch[0].Index || i > batch[len(batch)-1].Index {
			var err error
			if batch, err = r.LogEntries(ctx, i, i+auditBatch); err != nil {
				return tlog.Hash{}, err
			}
		}
		if len(batch) == 0 || batch[0].Index > i || i-batch[0].Index >= int64(len(batch)) {
			return tlog.Hash{}, fault.New(fault.Unverified, "log.entry", "Entry %d is missing.", i)
		}
		return batch[i-batch[0].Index].Leaf(), nil
	}
}
