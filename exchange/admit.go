package exchange

import (
	"time"

	"entente/intel"
	"entente/internal/ident"
	"entente/party"
)

// admission is what becomes of an object that was read without fault. It is
// decided from the versions already held, never from who shouts last.
type admission struct {
	result  string // ResultNew, …
	state   ObjectState
	setBack []int64      // versions that stop being live
	back    ObjectState  // what they become; "" is Overtaken
	discard bool         // the bytes are not kept
	twin    ident.Digest // the version held that has the same content, when nothing is stored
	// taken is the version held with the same bytes, which becomes the arrival's.
	taken  int64
	claim  int64  // another party's copy of the same bytes that was set aside; the creator's takes its place
	code   string // why it was quarantined
	detail string
	next   string
}

// What an import line can say.
const (
	ResultNew         = "new"
	ResultUpdated     = "updated"
	ResultUnchanged   = "unchanged"
	ResultQuarantined = "quarantined"
)

func setAside(code, detail, next string) admission {
	return admission{result: ResultQuarantined, state: SetAside, code: code, detail: detail, next: next}
}

// arrival is an object on its way in.
type arrival struct {
	object *intel.Object
	from   party.ID // verified signer, or ourselves
	// creator is the party that creates objects under the identity in
	// created_by_ref, "" for none that is known. It is a claim of the bytes.
	creator party.ID
	// sameContent reports whether a held version differs in bytes only, not in
	// content (member order, white space). It is asked only when id and version
	// agree and the digests do not.
	sameContent func(Head) (bool, error)
	// createdBy reads the identity in created_by_ref of a held version.
	createdBy func(Head) (string, error)
	// undated is an object whose version is that of the document it came in, and
	// says nothing about when the object itself changed.
	undated bool
}

// admit holds an arrival against the versions already held, oldest arrival
// first (STIX 2.1 sections 3.5 and 3.6; ASSURANCE J9, J10, J11, J15, J19).
func admit(a arrival, self party.ID, heads []Head) (admission, error) {
	if len(heads) == 0 {
		return admission{result: ResultNew, state: Live}, nil
	}
	back, err := returns(a, self, heads)
	if err != nil || back != nil {
		if back != nil {
			return *back, nil
		}
		return admission{}, err
	}
	var claim int64
	for _, h := range heads {
		if h.Hash != a.object.Hash || h.State.Gone() {
			continue
		}
		if !claimed(h, a, heads) {
			return admission{result: ResultUnchanged, twin: h.Hash}, nil
		}
		claim = h.Seq
	}
	ad, err := judge(a, self, heads)
	if ad.result != ResultUnchanged && !ad.discard {
		ad.claim = claim
	}
	return ad, err
}

// judge holds an arrival, whose bytes do not count here yet, against what does.
func judge(a arrival, self party.ID, heads []Head) (admission, error) {
	if ad, refused := refusal(a, self, heads); refused {
		return ad, nil
	}
	same, err := sameVersion(a, heads)
	if err != nil || same != nil {
		if same != nil {
			return *same, nil
		}
		return admission{}, err
	}
	if known, err := knownAlready(a, heads); err != nil || known {
		return admission{result: ResultUnchanged}, err
	}
	return succeed(a.object, heads), nil
}

// claimed reports whether a held version is only what another party than the
// creator sent. It must not stand in the way of what the creator itself sends.
func claimed(h Head, a arrival, heads []Head) bool {
	return (h.State == SetAside || h.State == Returned) && h.From != a.from && owner(heads) == a.from
}

// owner is the party whose versions an id has: the first that sent one, unless
// the id was given back to whom it belongs.
func owner(heads []Head) party.ID {
	for _, h := range heads {
		if h.State != Returned && h.State != Withdrawn {
			return h.From
		}
	}
	return heads[0].From
}

// returns gives an id back to whom it belongs: to its creator, when another sent
// something under it first, and to this node, when a partner defined a marking
// that the operator defines now. What the other sent is set aside as evidence.
func returns(a arrival, self party.ID, heads []Head) (*admission, error) {
	first := heads[0]
	if holder := owner(heads); holder == a.from || holder == self || holder != first.From {
		return nil, nil //nolint:nilnil // the id is with whom it belongs
	}
	if a.from != self || a.object.Type != "marking-definition" {
		if a.creator == "" || a.creator != a.from {
			return nil, nil //nolint:nilnil // nothing says it belongs to the sender
		}
		says, err := a.createdBy(first)
		if err != nil || says != a.object.CreatedBy {
			return nil, err // two claims: a person has to decide
		}
	}
	ad := &admission{result: ResultUpdated, state: Live, back: Returned}
	for _, h := range heads {
		switch {
		case h.From == a.from || h.State == Withdrawn:
		case h.Hash == a.object.Hash && !h.State.Gone():
			ad.taken = h.Seq
		default:
			ad.setBack = append(ad.setBack, h.Seq)
		}
	}
	return ad, nil
}

// refusal covers what no version may do.
func refusal(a arrival, self party.ID, heads []Head) (admission, bool) {
	first := owner(heads)
	revoked, erasedBy := false, party.ID("")
	for _, h := range heads {
		revoked = revoked || h.Revoked && h.State != SetAside && h.State != Returned
		if h.State == Erased {
			erasedBy = h.From
		}
	}
	switch {
	case erasedBy != "" && erasedBy != a.from:
		ad := setAside("object.tombstone", "This object was erased here; a copy does not bring it back (J19).",
			"Ask its creator to issue it under a new id.")
		ad.discard = true
		return ad, true
	case first == self && a.from != self:
		return setAside("object.ours", "A partner sent different content under the id of an object of ours (J10).",
			"Ask the partner to publish its version under an id of its own."), true
	case first != a.from:
		return setAside("object.not-creator", "A new version came from another party than the object's creator (STIX 2.1 section 3.6, J11).",
			"Keep it as a claim, or ask the creator for the new version."), true
	case revoked && !a.object.Revoked:
		return setAside("object.revoked", "The object was revoked, which is permanent (STIX 2.1 section 3.6, J19).",
			"Ask the creator to issue it under a new id."), true
	}
	return admission{}, false
}

// sameVersion handles another body under a version already held.
func sameVersion(a arrival, heads []Head) (*admission, error) {
	for _, h := range heads {
		// A marking definition has no versions; another date makes it no other one.
		if h.State.Gone() || h.State == Returned || claimed(h, a, heads) || !sameInstant(h.Version, a.object.Version) && a.object.Type != "marking-definition" {
			continue
		}
		equal, err := a.sameContent(h)
		if err != nil {
			return nil, err
		}
		if equal {
			return &admission{result: ResultUnchanged, twin: h.Hash}, nil
		}
		var ad admission
		switch {
		case a.object.Type == "marking-definition":
			ad = setAside("object.marking-altered", "A marking definition never changes (STIX 2.1 section 7.2.1, J15); the one held stays in force.",
				"Treat the sender's copy as suspect and tell its creator.")
		case a.object.Version == "":
			ad = setAside("object.observable-conflict", "Another content is held under this id and neither has a version (STIX 2.1 appendix D).",
				"Compare both; an observable's id must follow from its content.")
		default:
			ad = setAside("object.equivocation", "Two contents carry the same id and version (J9); both are set aside as evidence.",
				"Ask the creator which one stands and for a new version of it.")
			ad.back = SetAside
			if h.State == Live || h.State == Overtaken {
				ad.setBack = []int64{h.Seq}
			}
		}
		return &ad, nil
	}
	return nil, nil
}

// knownAlready reports whether an undated object says what the live version says.
func knownAlready(a arrival, heads []Head) (bool, error) {
	for _, h := range heads {
		if a.undated && h.State == Live {
			return a.sameContent(h)
		}
	}
	return false, nil
}

// succeed places a version among its siblings: the newest is live.
func succeed(o *intel.Object, heads []Head) admission {
	ad := admission{result: ResultUpdated, state: Live}
	for _, h := range heads {
		if h.State != Live {
			continue
		}
		if older(o.Version, h.Version) {
			ad.state = Overtaken
			ad.code = "object.older"
			ad.detail = "Older than the version held; kept as history."
			continue
		}
		ad.setBack = append(ad.setBack, h.Seq)
	}
	if ad.state == Overtaken {
		ad.setBack = nil
	}
	return ad
}

// instant reads a STIX timestamp; ok is false for "" and for what is none.
func instant(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

func sameInstant(a, b string) bool {
	ta, oka := instant(a)
	tb, okb := instant(b)
	if !oka || !okb {
		return a == b
	}
	return ta.Equal(tb)
}

func older(a, b string) bool {
	ta, oka := instant(a)
	tb, okb := instant(b)
	return oka && okb && ta.Before(tb)
}
