package exchange

import (
	"context"
	"slices"
	"strconv"
	"time"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// DateReport says what became of the lines of a manifest.
type DateReport struct {
	Dated int `json:"dated"` // versions that have a date now
	// Missing are ids of which no version that the manifest names is here.
	Missing []string `json:"missing"`
}

// mostComplaints is how much of what is wrong with a manifest is said at once.
const mostComplaints = 20

// dateGiven is one line of a manifest.
type dateGiven struct {
	id, moment string
	added      time.Time
}

// DateObjects takes the dates from a manifest of another TAXII server (TAXII 2.1,
// section 5.3) for the versions of objects that are here: when each was added to
// the collection it was served from before. A version that is released as it is
// from now on comes into the feed of its recipient at that date, so that a client
// that goes on from where it stood with the other server gets what it has not
// seen and nothing again; where something later is in that feed already, it comes
// after that.
//
// It returns an invalid fault "object.dates" when the document is not a manifest,
// or has a date that has not come.
func (s *Service) DateObjects(ctx context.Context, manifest []byte) (DateReport, error) {
	given, err := parseDates(manifest, s.time())
	if err != nil {
		return DateReport{}, err
	}
	ids := make([]string, len(given))
	for i, g := range given {
		ids[i] = g.id
	}
	rep := DateReport{Missing: []string{}}
	err = s.store.Write(ctx, func(tx Tx) error {
		heads, err := tx.Heads(ctx, ids)
		if err != nil {
			return err
		}
		for _, g := range given {
			found, err := giveDate(ctx, tx, g, heads[g.id])
			if err != nil {
				return err
			}
			if rep.Dated += found; found == 0 {
				rep.Missing = append(rep.Missing, g.id)
			}
		}
		return nil
	})
	slices.Sort(rep.Missing)
	rep.Missing = slices.Compact(rep.Missing)
	return rep, err
}

// giveDate dates the versions a line names. What has no version is named by its
// id alone: which one a manifest gives it, its server chose (section 3.4.1).
func giveDate(ctx context.Context, tx Tx, g dateGiven, heads []Head) (n int, err error) {
	for _, h := range heads {
		if h.State.Gone() || h.Version != "" && Moment(h.Version) != g.moment {
			continue
		}
		if err := tx.GiveDate(ctx, h.Seq, g.added); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// parseDates reads a manifest.
func parseDates(manifest []byte, now time.Time) ([]dateGiven, error) {
	bad := fault.New(fault.Invalid, "object.dates", "This is not a manifest of a TAXII 2.1 collection with dates that have come.").
		Try("Give it as the other server answers it, one page after the other.")
	v, err := strictjson.Parse(manifest, strictjson.Default())
	if err != nil {
		return nil, bad.Because(err)
	}
	list := v.Get("objects")
	if v.Kind != strictjson.Object || list != nil && list.Kind != strictjson.Array {
		return nil, bad.At("", "is not an object with a list of objects")
	}
	all := v.GetList("objects")
	given := make([]dateGiven, len(all))
	for i := range all {
		if len(bad.Fields) == mostComplaints {
			break
		}
		at := "/objects/" + strconv.Itoa(i)
		added, ok := instant(all[i].GetText("date_added"))
		g := dateGiven{id: all[i].GetText("id"), moment: Moment(all[i].GetText("version")), added: added.UTC().Truncate(time.Microsecond)}
		switch {
		case g.id == "":
			bad = bad.At(at+"/id", "is missing")
		case g.moment == "":
			bad = bad.At(at+"/version", "is not a timestamp")
		case !ok || Moment(all[i].GetText("date_added")) == "" || g.added.Unix() <= 0:
			bad = bad.At(at+"/date_added", "is not a timestamp after 1970")
		case g.added.After(now):
			bad = bad.At(at+"/date_added", "has not come yet")
		}
		given[i] = g
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return given, nil
}
