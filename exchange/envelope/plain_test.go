package envelope

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzPlain: what is read without a JSON parser is what the parser reads, and is
// in the one form.
func FuzzPlain(f *testing.F) {
	const kind = "application/vnd.example+json;version=1"
	for _, s := range []string{
		`{"payload":"e30=","payloadType":"` + kind + `","signatures":[{"keyid":"k0","sig":"AAAA"}]}`,
		`{"payload":"","payloadType":"` + kind + `","signatures":[{"keyid":"","sig":""}]}`,
		`{"payload":"e30=","payloadType":"` + kind + `","signatures":[{"keyid":"k\u0030","sig":"AAAA"}]}`,
		`{"payload":"e30=","payloadType":"` + kind + `","signatures":[{"keyid":"k","sig":"A"},{"keyid":"k","sig":"A"}]}`,
		`{"payload":"e30=","payloadType":"` + kind + `","signatures":[{"keyid":"k","sig":"A","x":"` + `"}]}`,
		`{"payloadType":"` + kind + `","payload":"e30=","signatures":[]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := plain(raw, kind)
		if !ok {
			return
		}
		var want dsse
		if err := decode(raw, &want); err != nil {
			t.Fatalf("%q is no JSON of this form: %v", raw, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if again, err := encode(want); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("%q has another form: %q, %v", raw, again, err)
		}
	})
}
