// Package inflate undoes gzip for bytes that strangers send, without letting
// them decide how much memory that takes.
//
// It knows no other encoding and undoes exactly one layer. Invariant: it never
// produces more than the bytes and the ratio it was given allow, and what it
// produces is not compressed again.
package inflate

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"

	"entente/internal/fault"
)

// floor is the output below which the ratio does not count: small documents of
// one pattern compress better than any bomb needs to, and harm nobody.
const floor = 1 << 20

// The signatures of encodings that must not appear inside the first.
var signatures = [][]byte{
	{0x1f, 0x8b},             // gzip
	{0x28, 0xb5, 0x2f, 0xfd}, // zstd
	[]byte("BZh"),            // bzip2
	{0xfd, '7', 'z', 'X', 'Z'},
	{'P', 'K', 3, 4}, // zip
	{'7', 'z', 0xbc, 0xaf},
}

// Reader gives the content of one gzip member as it arrives. It returns an
// invalid fault: inflate.size when the content is longer than maxBytes,
// inflate.ratio when it is longer than 1 MiB and than maxRatio times what was
// sent, inflate.nested when it is compressed itself, inflate.trailing when
// something follows, and inflate.syntax when it is not gzip or is damaged.
//
// Like every gzip reader it knows only at the end whether the content is whole:
// act on nothing before io.EOF.
type Reader struct {
	in                 *counter
	gz                 *gzip.Reader
	maxBytes, maxRatio int
	out                int
	head               []byte // the first bytes of the content, as far as signatures reach
	err                error
}

// NewReader reads the header of a gzip member. Errors of r come back as they
// are, from here and from Read.
func NewReader(r io.Reader, maxBytes, maxRatio int) (*Reader, error) {
	in := &counter{r: bufio.NewReader(r)}
	gz, err := gzip.NewReader(in)
	if err != nil {
		return nil, in.explain(err)
	}
	gz.Multistream(false)
	return &Reader{in: in, gz: gz, maxBytes: maxBytes, maxRatio: maxRatio}, nil
}

// Read implements [io.Reader].
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	// One byte beyond the limit tells "too long" from "just long enough".
	n, err := r.gz.Read(p[:min(len(p), r.maxBytes-r.out+1)])
	r.out += n
	r.head = append(r.head, p[:min(n, longest-len(r.head))]...)
	if err != nil {
		err = r.end(err)
	}
	if broken := r.broken(); broken != nil {
		r.err = broken
		return 0, r.err
	}
	r.err = err
	return n, err
}

// longest is the length of the longest signature.
const longest = 5

func (r *Reader) broken() error {
	if r.out > r.maxBytes {
		return refuse("inflate.size", "The content is longer than allowed.", "Send less at once.")
	}
	if r.out > floor && r.out > r.maxRatio*r.in.n {
		return refuse("inflate.ratio", "The content compresses too well to be trusted.", "Send it uncompressed, or in parts.")
	}
	for _, s := range signatures {
		if bytes.HasPrefix(r.head, s) {
			return refuse("inflate.nested", "The content is compressed more than once.", "Compress once.")
		}
	}
	return nil
}

// end translates what the decoder reports, and looks for what must not follow.
func (r *Reader) end(err error) error {
	if !errors.Is(err, io.EOF) {
		return r.in.explain(err)
	}
	if _, more := r.in.r.ReadByte(); !errors.Is(more, io.EOF) {
		if more != nil {
			return more
		}
		return refuse("inflate.trailing", "Something follows the compressed content.", "Send one gzip member and nothing else.")
	}
	return io.EOF
}

func refuse(code, message, next string) error {
	return fault.New(fault.Invalid, code, "%s", message).Try("%s", next)
}

// counter counts what the decoder has used. It is a byte reader, so that the
// decoder takes no more than it needs.
type counter struct {
	r   *bufio.Reader
	n   int
	err error // of r, other than its end
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, c.keep(err)
}

// ReadByte implements [io.ByteReader].
func (c *counter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, c.keep(err)
}

func (c *counter) keep(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return err
}

// explain tells a broken transport, which is passed on, from broken content.
func (c *counter) explain(err error) error {
	if c.err != nil {
		return c.err
	}
	return fault.New(fault.Invalid, "inflate.syntax", "The content is not gzip, or is damaged.").Try("Compress it with gzip, or send it uncompressed.").Because(err)
}
