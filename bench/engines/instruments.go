package engines

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"entente/bench/workload"
	"entente/instrument"
	"entente/intel"
)

const (
	sender = "sender"
	share  = "share"

	// begin is before any clause of a workload is in force.
	begin = "2020-01-01"

	// statuteClauses is how many clauses one statute has: as many as an
	// agreement has on average.
	statuteClauses = 10
)

// instruments writes the clauses of a workload as instruments and loads them as
// a node would. Agreements and statutes are of the cooperation regime;
// statutes, which bind whatever was agreed, rank above agreements.
func instruments(ps []workload.Policy) ([]*instrument.Instrument, error) {
	agreements := map[string][]any{}
	var law []any
	for i := range ps {
		c, err := clause(&ps[i])
		if err != nil {
			return nil, err
		}
		if ps[i].Agreement == workload.Everywhere {
			law = append(law, c)
		} else {
			agreements[ps[i].Agreement] = append(agreements[ps[i].Agreement], c)
		}
	}
	parties := signatories()
	var out []*instrument.Instrument
	load := func(doc object) error {
		b, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			return fmt.Errorf("write %s: %w", doc["id"], err)
		}
		i, err := instrument.Load(fmt.Sprint(doc["id"], ".json"), b)
		if err != nil {
			return fmt.Errorf("load %s: %w", doc["id"], err)
		}
		out = append(out, i)
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(agreements)) {
		doc := document(id, "treaty", "prohibit", 1, agreements[id])
		doc["parties"] = parties
		if err := load(doc); err != nil {
			return nil, err
		}
	}
	number := 0
	for clauses := range slices.Chunk(law, statuteClauses) {
		number++
		doc := document(fmt.Sprintf("statute-%04d", number), "statute", "silent", 2, clauses)
		doc["universal"] = true
		if err := load(doc); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type object map[string]any

func document(id, nature, byDefault string, rank int, clauses []any) object {
	return object{
		"entente": 1, "kind": "Instrument", "id": id, "title": id, "nature": nature, "binding": true, "rank": rank,
		"regime": "cooperation", "default": byDefault, "version": "1.0.0", "in_force": object{"from": begin}, "clauses": clauses,
	}
}

// signatories is the sender and everybody it may be asked to send to.
func signatories() []any {
	out := make([]any, 0, workload.NumParties+1)
	bound := []any{object{"in-force": begin}}
	for i := range workload.NumParties {
		out = append(out, object{"party": workload.PartyID(i), "events": bound})
	}
	return append(out, object{"party": sender, "events": bound})
}

func clause(p *workload.Policy) (object, error) {
	modality, ok := map[string]instrument.Modality{
		workload.EffectPermit: instrument.Permission,
		workload.EffectForbid: instrument.Prohibition,
		workload.EffectOblige: instrument.Obligation,
	}[p.Effect]
	if !ok {
		return nil, fmt.Errorf("%s: unknown effect %q", p.ID, p.Effect)
	}
	c := object{
		"id": p.ID, "cite": p.Article, "modality": modality, "act": share, "when": when(p),
		"in_force": object{"from": instant(p.From), "until": instant(p.Until)},
	}
	var duties []any
	for _, t := range p.Transforms {
		duties = append(duties, object{"id": p.ID + "-" + t, "what": t, "bearer": sender})
	}
	if duties != nil {
		c["duties"] = duties
	}
	return c, nil
}

func when(p *workload.Policy) object {
	w := object{"tlp": object{"min": intel.TLP(p.TLPMin), "max": intel.TLP(p.TLPMax)}} //nolint:gosec // G115: 0 to 4
	list := func(in object, key string, words []string) {
		if len(words) > 0 {
			in[key] = words
		}
	}
	list(w, "type", p.Types)
	list(w, "purpose", p.Purposes)
	list(w, "recipient", p.Parties)
	if len(p.Jurisdictions) > 0 {
		w["recipient_jurisdiction"] = object{"in": p.Jurisdictions}
	}
	categories := object{}
	list(categories, "any", p.CatsAny)
	list(categories, "within", p.CatsWithin)
	if len(categories) > 0 {
		w["categories"] = categories
	}
	return w
}

func instant(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
