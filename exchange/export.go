package exchange

import (
	"bytes"
	"context"

	"entente/intel"
	"entente/intel/misp"
	"entente/intel/stix"
	"entente/internal/fault"
)

// Document is what a release let go, as a file for tools that read files.
type Document struct {
	Format   string   `json:"format"`   // stix: one bundle; misp: {"response": [events]}
	Document []byte   `json:"document"` // base64 in JSON
	Left     []string `json:"left"`     // ids of objects the format has no place for
}

// Formats are the formats of a [Document].
func Formats() []string { return []string{"stix", "misp"} }

// Export writes what a release let go, in the form that was decided, never the
// originals. It returns a conflict fault "release.gone" for a release that was
// recalled or withheld, whose form nobody may have any more, and an invalid
// fault "release.format".
func (s *Service) Export(ctx context.Context, release, format string) (Document, error) {
	d := Document{Format: format, Left: []string{}}
	return read(ctx, s, func(r Reader) (Document, error) {
		rel, err := r.Release(ctx, release)
		if err != nil {
			return d, err
		}
		if !rel.State.MayBeThere() {
			return d, fault.New(fault.Conflict, "release.gone", "The release is %s; what it let go is not given out any more.", rel.State).
				Try("Release the objects again, if that is lawful.")
		}
		items, err := r.ReleaseItems(ctx, release)
		if err != nil {
			return d, err
		}
		switch format {
		case "stix":
			d.Document = bundleOf(rel.ID, items)
		case "misp":
			err = d.mispOf(items)
		default:
			err = fault.New(fault.Invalid, "release.format", "There is no format %.40q.", format).At("/format", "is not stix or misp")
		}
		return d, err
	})
}

// bundleOf puts the bytes that were sent into one bundle, as they are.
func bundleOf(release string, items []ReleaseItem) []byte {
	parts := make([][]byte, len(items))
	for n, it := range items {
		parts[n] = it.Sent
	}
	var b bytes.Buffer
	b.WriteString(`{"type":"bundle","id":"bundle--` + release + `","objects":[`)
	b.Write(bytes.Join(parts, []byte(",\n")))
	b.WriteString("]}\n")
	return b.Bytes()
}

func (d *Document) mispOf(items []ReleaseItem) error {
	objects := make([]*intel.Object, len(items))
	for n, it := range items {
		o, _, err := stix.ParseObject(it.Sent)
		if err != nil {
			return err
		}
		objects[n] = o
	}
	w := misp.Write(objects)
	d.Left = append(d.Left, w.Left...)
	d.Document = append(append([]byte(`{"response":[`), bytes.Join(w.Events, []byte(",\n"))...), "]}\n"...)
	return nil
}
