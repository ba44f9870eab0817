package inflate_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"entente/internal/fault"
	"entente/internal/inflate"
)

const (
	maxBytes = 64 << 20
	maxRatio = 20
)

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func deflate(tb fataler, content []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestJ8RefusesBombs(t *testing.T) {
	t.Parallel()
	bomb := deflate(t, make([]byte, 200<<20))
	if len(bomb) > 250_000 {
		t.Fatalf("the bomb of J8 has %d bytes", len(bomb))
	}
	noise := make([]byte, 2<<20)
	r := rand.NewChaCha8([32]byte{})
	if _, err := r.Read(noise); err != nil {
		t.Fatal(err)
	}
	hello := deflate(t, []byte(`{"a":1}`))
	for _, c := range []struct {
		name     string
		src      []byte
		maxBytes int
		code     string
	}{
		{"195 kB that hold 200 MB", bomb, maxBytes, "inflate.ratio"},
		{"2 MiB of one letter", deflate(t, bytes.Repeat([]byte("a"), 2<<20)), maxBytes, "inflate.ratio"},
		{"longer than allowed", deflate(t, noise), 2<<20 - 1, "inflate.size"},
		{"gzip in gzip", deflate(t, hello), maxBytes, "inflate.nested"},
		{"zstd in gzip", deflate(t, []byte("\x28\xb5\x2f\xfd\x04\x00")), maxBytes, "inflate.nested"},
		{"zip in gzip", deflate(t, []byte("PK\x03\x04")), maxBytes, "inflate.nested"},
		{"two members", append(bytes.Clone(hello), hello...), maxBytes, "inflate.trailing"},
		{"garbage after", append(bytes.Clone(hello), 'x'), maxBytes, "inflate.trailing"},
		{"wrong encoding", []byte(`{"a":1}`), maxBytes, "inflate.syntax"},
		{"empty", nil, maxBytes, "inflate.syntax"},
		{"truncated", hello[:len(hello)-1], maxBytes, "inflate.syntax"},
		{"wrong checksum", append(bytes.Clone(hello[:len(hello)-8]), make([]byte, 8)...), maxBytes, "inflate.syntax"},
	} {
		if _, err := inflated(c.src, c.maxBytes); fault.CodeOf(err) != c.code || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

func inflated(src []byte, maxBytes int) ([]byte, error) {
	r, err := inflate.NewReader(bytes.NewReader(src), maxBytes, maxRatio)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestGzipIsTheInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		content := append([]byte("{"), rapid.SliceOf(rapid.Byte()).Draw(t, "content")...)
		src := deflate(t, content)
		got, err := inflated(src, len(content))
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%q, %v", got, err)
		}
		if _, err := inflated(src, len(content)-1); fault.CodeOf(err) != "inflate.size" {
			t.Fatalf("one byte too many: %v", err)
		}
	})
}

func TestSmallDocumentsMayCompressWell(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte(`{"type":"indicator"},`), 40_000)
	got, err := inflated(deflate(t, content), maxBytes)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestReaderPassesTransportErrorsOn(t *testing.T) {
	t.Parallel()
	src := deflate(t, []byte(`{"a":1}`))
	lost := errors.New("connection lost")
	for cut := range src {
		r, err := inflate.NewReader(io.MultiReader(bytes.NewReader(src[:cut]), iotest.ErrReader(lost)), maxBytes, maxRatio)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, lost) {
			t.Fatalf("after %d bytes: %v", cut, err)
		}
	}
	r, err := inflate.NewReader(iotest.OneByteReader(bytes.NewReader(src)), maxBytes, maxRatio)
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(r, []byte(`{"a":1}`)); err != nil {
		t.Error(err)
	}
}

func FuzzGzip(f *testing.F) {
	f.Add(deflate(f, []byte(`{"a":1}`)))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, src []byte) {
		out, err := inflated(src, 1<<16)
		if len(out) > 1<<16 || err == nil && len(out) > 0 && out[0] == 0x1f && len(out) > 1 && out[1] == 0x8b {
			t.Fatalf("%d bytes, %v", len(out), err)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
	})
}
