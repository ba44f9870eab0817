package exchange

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"entente/intel"
	"entente/intel/indicators"
	"entente/intel/misp"
	"entente/intel/navigator"
	"entente/intel/stix"
	"entente/intel/veris"
	"entente/internal/fault"
)

// Document is what a release let go, as a file for tools that read files.
type Document struct {
	Format   string   `json:"format"`   // one of [Formats]
	Document []byte   `json:"document"` // base64 in JSON
	Left     []string `json:"left"`     // ids of objects the format has no place for
}

// Export writes what a release let go, in the form that was decided, never the
// originals. It returns a conflict fault "release.gone" for a release that was
// recalled or withheld, whose form nobody may have any more, and an invalid
// fault "release.format".
func (s *Service) Export(ctx context.Context, release, format string) (Document, error) {
	n := slices.IndexFunc(writers, func(w writer) bool { return w.name == format })
	if n < 0 {
		known := strings.Join(Formats(), ", ")
		return Document{}, fault.New(fault.Invalid, "release.format", "There is no format %.40q.", format).At("/format", "is none of "+known)
	}
	return read(ctx, s, func(r Reader) (Document, error) {
		rel, err := r.Release(ctx, release)
		if err != nil {
			return Document{}, err
		}
		if !rel.State.MayBeThere() {
			return Document{}, gone(string(rel.State))
		}
		items, err := r.ReleaseItems(ctx, release)
		if err != nil {
			return Document{}, err
		}
		d := Document{Format: format}
		d.Document, d.Left, err = writers[n].write(rel.ID, items)
		if d.Left == nil {
			d.Left = []string{} // an empty list in JSON
		}
		return d, err
	})
}

func gone(state string) error {
	return fault.New(fault.Conflict, "release.gone", "The release is %s; what it let go is not given out any more.", state).
		Try("Release the objects again, if that is lawful.")
}

// writeBundle puts the bytes that were sent into one bundle, as they are.
func writeBundle(release string, items []ReleaseItem) ([]byte, []string, error) {
	parts := make([][]byte, len(items))
	for n, it := range items {
		parts[n] = it.Sent
	}
	var b bytes.Buffer
	b.WriteString(`{"type":"bundle","id":"bundle--` + release + `","objects":[`)
	b.Write(bytes.Join(parts, []byte(",\n")))
	b.WriteString("]}\n")
	return b.Bytes(), nil, nil
}

func writeMISP(_ string, items []ReleaseItem) ([]byte, []string, error) {
	objects, err := sent(items)
	if err != nil {
		return nil, nil, err
	}
	w := misp.Write(objects)
	return append(append([]byte(`{"response":[`), bytes.Join(w.Events, []byte(",\n"))...), "]}\n"...), w.Left, nil
}

func writeCSV(_ string, items []ReleaseItem) ([]byte, []string, error) {
	objects, err := sent(items)
	if err != nil {
		return nil, nil, err
	}
	w := indicators.Write(objects)
	return w.Document, w.Left, nil
}

func writeVERIS(_ string, items []ReleaseItem) ([]byte, []string, error) {
	objects, err := sent(items)
	if err != nil {
		return nil, nil, err
	}
	w := veris.Write(objects)
	return w.Document, w.Left, nil
}

func writeLayer(release string, items []ReleaseItem) ([]byte, []string, error) {
	objects, err := sent(items)
	if err != nil {
		return nil, nil, err
	}
	w := navigator.Write("Release "+release, objects)
	return w.Document, w.Left, nil
}

// sent reads what left.
func sent(items []ReleaseItem) ([]*intel.Object, error) {
	objects := make([]*intel.Object, len(items))
	for n, it := range items {
		o, _, err := stix.ParseObject(it.Sent)
		if err != nil {
			return nil, err
		}
		objects[n] = o
	}
	return objects, nil
}
