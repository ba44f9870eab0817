package exchange

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"entente/decision"
	"entente/exchange/envelope"
	"entente/intel"
	"entente/intel/search"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
	"entente/privacy"
	"entente/transparency"
)

// importChunk is how many objects share a commit: large enough that the commit
// is not what binds, small enough that progress moves and a crash loses little.
const importChunk = 256

// Import takes in a STIX bundle, one object, a list of objects, or a document of
// any format in [readers].
// One bad object never blocks the others: it is quarantined with its reason.
// Importing the same bytes again changes nothing.
//
// It returns an invalid fault when the bytes cannot be split into objects at
// all, and the error of the store with what was accounted for so far.
func (s *Service) Import(ctx context.Context, in ImportRequest) (ImportReport, error) {
	bundle, err := parse(in.Data)
	if err != nil {
		return ImportReport{}, err
	}
	origin := Provenance{From: s.self, At: s.time(), Source: in.Source}
	if in.Assign != nil {
		origin.Assigned = in.Assign.String()
	}
	rep, err := s.newIntake(bundle, origin).ingest(ctx, bundle, in.Progress)
	if err != nil {
		return rep, err
	}
	return rep, s.remarkOn(ctx, bundle, &rep)
}

// ingest admits everything in a bundle, chunk by chunk.
func (in *intake) ingest(ctx context.Context, bundle stix.Bundle, progress func(done, total int)) (ImportReport, error) {
	rep := ImportReport{Objects: make([]ImportLine, 0, len(bundle.Accepted)+len(bundle.Rejected))}
	if progress == nil {
		progress = func(int, int) {}
	}
	total := len(bundle.Accepted) + len(bundle.Rejected)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := 0
	for chunk := range in.ahead(ctx, bundle.Accepted) {
		lines, err := in.admit(ctx, chunk)
		if err != nil {
			return rep, fmt.Errorf("import objects from %d: %w", done, err)
		}
		rep.add(lines)
		rep.Epoch = chunk.epoch
		done += len(lines)
		progress(done, total)
	}
	lines, err := in.reject(ctx, bundle.Rejected)
	if err != nil {
		return rep, fmt.Errorf("record refused objects: %w", err)
	}
	rep.add(lines)
	progress(total, total)
	return rep, nil
}

func (rep *ImportReport) add(lines []ImportLine) {
	for _, l := range lines {
		switch l.Result {
		case ResultNew:
			rep.New++
		case ResultUpdated:
			rep.Updated++
		case ResultUnchanged:
			rep.Unchanged++
		default:
			rep.Quarantined++
		}
	}
	rep.Objects = append(rep.Objects, lines...)
}

// intake is one import under way.
type intake struct {
	s        *Service
	origin   Provenance
	answered bool                     // the sender is told what became of its objects
	carried  map[string]envelope.Item // by id, what came along with objects that were passed on
	context  privacy.Context
	together markings // marking definitions of the same bundle
	aliases  aliases  // of the objects under way
}

func (s *Service) newIntake(bundle stix.Bundle, origin Provenance) *intake {
	objects := make([]*intel.Object, len(bundle.Accepted))
	for i, a := range bundle.Accepted {
		objects[i] = a.Object
	}
	return &intake{s: s, origin: origin, context: privacy.ContextOf(objects), together: newMarkings(s.self, objects)}
}

// provenance is where an object came from. One that was passed on brings the
// terms it came to its sender with, beside those of its sender.
func (in *intake) provenance(id string) Provenance {
	p := in.origin
	if item, ok := in.carried[id]; ok && item.Hops > 0 {
		p.Hops = item.Hops
		p.Under = slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.Under, item.Through))))
	}
	return p
}

// candidate is an object with everything worked out before the transaction.
type candidate struct {
	stix.Accepted
	epoch   int64 // of the law that the outlook follows
	outlook map[party.ID]decision.Outcome
	entry   search.Entry
}

// prepared is a chunk of objects worked out before its transaction, under the
// law of one epoch.
type prepared struct {
	candidates []candidate
	epoch      int64
	creators   map[string]party.ID // by STIX identity, as of that epoch
	err        error               // why there is nothing to admit
}

// ahead prepares the objects chunk by chunk while the chunk before is written:
// parsing, categories and decisions cost about as much as the writes. It stays one
// chunk ahead, and ends with the first that fails.
func (in *intake) ahead(ctx context.Context, accepted []stix.Accepted) <-chan prepared {
	out := make(chan prepared)
	go func() {
		defer close(out)
		for chunk := range slices.Chunk(accepted, importChunk) {
			p := in.prepare(ctx, chunk)
			select {
			case out <- p:
			case <-ctx.Done():
				return
			}
			if p.err != nil {
				return
			}
		}
	}()
	return out
}

// admit takes a chunk in, in one transaction.
func (in *intake) admit(ctx context.Context, chunk prepared) ([]ImportLine, error) {
	if chunk.err != nil {
		return nil, chunk.err
	}
	var lines []ImportLine
	err := in.s.store.Write(ctx, func(tx Tx) error {
		lines = lines[:0]
		if err := in.admitAll(ctx, tx, chunk, &lines); err != nil || in.answered {
			return err // what is answered was counted when it came
		}
		objects, size := 0, 0
		for i, l := range lines {
			if l.Result != ResultUnchanged {
				objects++
				size += len(chunk.candidates[i].Object.Raw)
			}
		}
		return in.s.count(ctx, tx, in.origin.From, objects, size)
	})
	return lines, err
}

// prepare works out categories and outlook of each object.
func (in *intake) prepare(ctx context.Context, accepted []stix.Accepted) prepared {
	p := prepared{candidates: make([]candidate, len(accepted))}
	p.err = in.s.store.Read(ctx, func(r Reader) error {
		l, err := in.s.lawAt(ctx, r)
		if err != nil {
			return err
		}
		p.epoch, p.creators = l.epoch, l.creators
		for i, a := range accepted {
			marks, err := in.together.resolve(ctx, r, a.Object, in.origin.From)
			if err != nil {
				return err
			}
			subject := in.s.subject(a.Object, in.provenance(a.Object.ID), marks, privacy.Categories(in.context.Find(a.Object)))
			entry := searchEntry(a.Object, in.provenance(a.Object.ID), subject.TLP)
			p.candidates[i] = candidate{Accepted: a, epoch: l.epoch, outlook: in.s.outlook(l, subject), entry: entry}
		}
		return nil
	})
	return p
}

func (in *intake) admitAll(ctx context.Context, tx Tx, chunk prepared, lines *[]ImportLine) error {
	ids := make([]string, len(chunk.candidates))
	for i, c := range chunk.candidates {
		ids[i] = c.Object.ID
	}
	heads, err := tx.Heads(ctx, ids)
	if err != nil {
		return err
	}
	if err := in.recognise(ctx, tx, chunk.candidates); err != nil {
		return err
	}
	for _, c := range chunk.candidates {
		line, err := in.admitOne(ctx, tx, c, chunk.creators[c.Object.CreatedBy], heads)
		if err != nil {
			return err
		}
		*lines = append(*lines, line)
	}
	if err := in.countMade(ctx, tx, chunk.candidates, *lines); err != nil {
		return err
	}
	if !in.answered {
		return nil
	}
	return in.judgeAll(ctx, tx, chunk.candidates, ids, *lines)
}

// recognise finds the ids in reports under which their sender has objects from us.
func (in *intake) recognise(ctx context.Context, r Reader, candidates []candidate) error {
	objects := make([]*intel.Object, len(candidates))
	for i, c := range candidates {
		objects[i] = c.Object
	}
	ids := refIDs(objects)
	if len(ids) == 0 || in.origin.From == in.s.self {
		return nil
	}
	all, err := r.Derivations(ctx, ids)
	in.aliases = aliasesOf(all, in.origin.From)
	return err
}

// judgeAll works out what the sender is told. It is done for every object alike,
// so that the time an answer takes says no more than the answer.
func (in *intake) judgeAll(ctx context.Context, tx Tx, candidates []candidate, ids []string, lines []ImportLine) error {
	l, err := in.s.openLedger(ctx, tx, in.origin.From, ids)
	if err != nil {
		return err
	}
	for i, c := range candidates {
		if lines[i].told, err = l.judge(c); err != nil {
			return err
		}
	}
	return l.save(ctx, tx)
}

func (in *intake) admitOne(ctx context.Context, tx Tx, c candidate, creator party.ID, heads map[string][]Head) (ImportLine, error) {
	o := c.Object
	ad, err := admit(arrival{
		object: o, from: in.origin.From, creator: creator,
		sameContent: contentComparer(ctx, tx, o), createdBy: creatorReader(ctx, tx), undated: c.Undated,
	}, in.s.self, heads[o.ID])
	if err != nil {
		return ImportLine{}, err
	}
	if o.Type == "marking-definition" && ad.twin != (ident.Digest{}) {
		if err := tx.Vouch(ctx, ad.twin, in.origin.From); err != nil {
			return ImportLine{}, err
		}
	}
	line := ImportLine{Pointer: c.Pointer, ID: o.ID, Result: ad.result, Code: ad.code, Detail: ad.detail, Next: ad.next, Warnings: warningsOf(c.Accepted)}
	if ad.result == ResultUnchanged {
		return line, nil
	}
	for _, seq := range ad.setBack {
		back := cmp.Or(ad.back, Overtaken)
		if stateOf(heads[o.ID], seq) == Erased {
			back = Withdrawn
		}
		if err := tx.SetObjectState(ctx, seq, back); err != nil {
			return line, err
		}
		for i := range heads[o.ID] {
			if heads[o.ID][i].Seq == seq {
				heads[o.ID][i].State = back
			}
		}
	}
	if ad.back == Returned {
		if err := in.giveBack(ctx, tx, c, heads[o.ID]); err != nil {
			return line, err
		}
	}
	if ad.taken != 0 {
		return line, in.takeOver(ctx, tx, c, ad, heads[o.ID])
	}
	if ad.claim != 0 {
		// Its place is taken, with the creator's provenance; its leaf stays in the log.
		if err := tx.SetObjectState(ctx, ad.claim, Erased); err != nil {
			return line, err
		}
		heads[o.ID] = slices.DeleteFunc(heads[o.ID], func(h Head) bool { return h.Seq == ad.claim })
	}
	seq, err := in.keep(ctx, tx, c, ad)
	if err != nil || ad.discard {
		return line, err
	}
	heads[o.ID] = append(heads[o.ID], Head{
		Seq: seq, Version: o.Version, Hash: o.Hash, From: in.origin.From,
		Type: o.Type, Revoked: o.Revoked, State: ad.state,
	})
	return line, nil
}

// keep stores one version with its leaf, and its quarantine record when it is
// set aside.
func (in *intake) keep(ctx context.Context, tx Tx, c candidate, ad admission) (int64, error) {
	o := c.Object
	leaf, err := in.s.append(ctx, tx, transparency.EventObject, objectEvent{
		Object: o.ID, Version: o.Version, Hash: o.Hash, From: in.origin.From, At: in.origin.At,
		Release: in.origin.Release, State: ad.state, Code: ad.code, Epoch: c.epoch, Outlook: c.outlook,
	})
	if err != nil {
		return 0, err
	}
	if ad.discard {
		return 0, in.note(ctx, tx, c, ad)
	}
	seq, err := tx.AddObject(ctx, Stored{
		ID: o.ID, Type: o.Type, SpecVersion: o.SpecVersion, Version: o.Version, CreatedBy: o.CreatedBy,
		Revoked: o.Revoked, Hash: o.Hash, Raw: o.Raw, State: ad.state, Upgraded: o.Upgraded,
		Provenance: in.provenance(o.ID), Leaf: leaf, Entry: &c.entry,
	}, in.aliases.refsOf(o))
	if err != nil || ad.state != SetAside {
		return seq, err
	}
	return seq, in.note(ctx, tx, c, ad)
}

func stateOf(heads []Head, seq int64) ObjectState {
	for _, h := range heads {
		if h.Seq == seq {
			return h.State
		}
	}
	return ""
}

// takeOver makes a version that another party sent first that of its creator,
// which has sent the same bytes: its terms and its markings count from now on,
// also for what was released before.
func (in *intake) takeOver(ctx context.Context, tx Tx, c candidate, ad admission, heads []Head) error {
	o := c.Object
	leaf, err := in.s.append(ctx, tx, transparency.EventObject, objectEvent{
		Object: o.ID, Version: o.Version, Hash: o.Hash, From: in.origin.From, At: in.origin.At,
		Release: in.origin.Release, State: ad.state, Epoch: c.epoch, Outlook: c.outlook,
	})
	if err != nil {
		return err
	}
	if err := tx.TakeOver(ctx, ad.taken, in.provenance(o.ID), leaf); err != nil {
		return err
	}
	if err := tx.SetObjectState(ctx, ad.taken, ad.state); err != nil {
		return err
	}
	for i := range heads {
		if heads[i].Seq == ad.taken {
			heads[i].From, heads[i].State = in.origin.From, ad.state
		}
	}
	return in.s.releasesOf(ctx, tx, o.ID, o.Hash, func(rel Release) error {
		_, err := in.s.reconsider(ctx, tx, rel, c.epoch)
		return err
	})
}

// giveBack tells people that a party had sent something under the id of
// another's object, and recalls what was released of it.
func (in *intake) giveBack(ctx context.Context, tx Tx, c candidate, heads []Head) error {
	for _, h := range heads {
		if h.State != Returned {
			continue
		}
		err := in.s.releasesOf(ctx, tx, c.Object.ID, h.Hash, func(rel Release) error {
			_, err := in.s.recallRelease(ctx, tx, rel, "another party had sent the object in its creator's name")
			return err
		})
		if err != nil {
			return err
		}
		err = tx.AddQuarantine(ctx, Quarantine{
			At: in.origin.At, From: h.From, Source: in.origin.Source, ObjectID: c.Object.ID, Pointer: c.Pointer, Code: "object.returned",
			Detail: "Sent under an id that belongs to " + string(in.origin.From) + ", which has sent the object itself; what came first is kept as evidence.",
			Next:   "Look at what the first sender made of it, and ask it how that came about.", Hash: h.Hash,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// note records why an object was set aside. Its bytes, if kept, are with the object.
func (in *intake) note(ctx context.Context, tx Tx, c candidate, ad admission) error {
	return tx.AddQuarantine(ctx, Quarantine{
		At: in.origin.At, From: in.origin.From, Source: in.origin.Source, ObjectID: c.Object.ID,
		Pointer: c.Pointer, Code: ad.code, Detail: ad.detail, Next: ad.next, Hash: c.Object.Hash,
	})
}

// objectEvent is what the log commits to when an object version is accepted.
// Outlook is what each known party could have got at that moment: denials are
// on record as completely as permits.
type objectEvent struct {
	Object  string                        `json:"object"`
	Version string                        `json:"version,omitempty"`
	Hash    ident.Digest                  `json:"hash"`
	From    party.ID                      `json:"from"`
	At      time.Time                     `json:"at"`
	Release string                        `json:"release,omitempty"`
	State   ObjectState                   `json:"state"`
	Code    string                        `json:"code,omitempty"`
	Epoch   int64                         `json:"epoch"`
	Outlook map[party.ID]decision.Outcome `json:"outlook,omitempty"`
}

// quarantineEvent commits to something that was refused, by digest only.
type quarantineEvent struct {
	Hash   ident.Digest `json:"hash"`
	From   party.ID     `json:"from"`
	At     time.Time    `json:"at"`
	Code   string       `json:"code"`
	Detail string       `json:"detail"`
}

// reject records what the parser refused; the bytes are kept for the person who
// has to look, never decided and never sent.
func (in *intake) reject(ctx context.Context, rejected []stix.Rejected) ([]ImportLine, error) {
	var lines []ImportLine
	for len(rejected) > 0 {
		chunk := rejected[:min(importChunk, len(rejected))]
		rejected = rejected[len(chunk):]
		err := in.s.store.Write(ctx, func(tx Tx) error {
			size := 0
			for _, r := range chunk {
				size += len(r.Raw)
				if err := in.s.quarantine(ctx, tx, in.origin, r); err != nil {
					return err
				}
			}
			if in.answered {
				return nil
			}
			return in.s.count(ctx, tx, in.origin.From, len(chunk), size)
		})
		if err != nil {
			return lines, err
		}
		for _, r := range chunk {
			lines = append(lines, refusedLine(r))
		}
	}
	return lines, nil
}

func (s *Service) quarantine(ctx context.Context, tx Tx, origin Provenance, r stix.Rejected) error {
	_, err := s.append(ctx, tx, transparency.EventQuarantine, quarantineEvent{
		Hash: r.Hash, From: origin.From, At: origin.At, Code: r.Code, Detail: r.Detail,
	})
	if err != nil {
		return err
	}
	return tx.AddQuarantine(ctx, Quarantine{
		At: origin.At, From: origin.From, Source: origin.Source, ObjectID: r.ID, Pointer: r.Pointer,
		Code: r.Code, Detail: r.Detail, Next: r.Next, Hash: r.Hash, Raw: r.Raw,
	})
}

// creatorReader reads who a held version says created it. It is asked only when
// the party that an arrival says created it sends one that another sent first.
func creatorReader(ctx context.Context, r Reader) func(Head) (string, error) {
	return func(h Head) (string, error) {
		held, err := r.Version(ctx, h.Seq)
		return held.CreatedBy, err
	}
}

// contentComparer tells a difference in form from one in content by comparing
// canonical JSON. It reads the held version only when asked.
func contentComparer(ctx context.Context, r Reader, o *intel.Object) func(Head) (bool, error) {
	return func(h Head) (bool, error) {
		held, err := r.Version(ctx, h.Seq)
		if err != nil {
			return false, err
		}
		if held.Upgraded != nil && o.Upgraded != nil && held.Upgraded.Hash == o.Upgraded.Hash {
			return true, nil
		}
		a, err := strictjson.Canonical(held.Raw)
		if err != nil {
			return false, fault.New(fault.Unverified, "store.corrupt", "Version %s of %s is not readable.", h.Version, o.ID).Because(err)
		}
		b, err := strictjson.Canonical(o.Raw)
		return bytes.Equal(a, b), err
	}
}
