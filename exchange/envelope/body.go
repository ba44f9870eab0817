package envelope

import (
	"encoding/binary"
	"fmt"

	"entente/internal/fault"
)

// Limits of what travels. They bound the memory a partner can make us use.
const (
	MaxBody     = 64 << 20
	MaxEnvelope = 8 << 20
	MaxProof    = 1 << 20
	MaxObjects  = 20_000
)

// magic starts every body, so that another format is never read as lengths.
const magic = "entente-body-v1\n"

// EncodeBody writes the wire form of a body: "entente-body-v1\n", then the
// envelope, the proof, the number of objects and each object. Every part is led
// by its length; lengths and the number are 4 bytes, big-endian. Nothing in it
// has to be parsed as JSON before the envelope's signature was checked.
func EncodeBody(b Body) ([]byte, error) {
	size := len(magic) + 4 + len(b.Envelope) + 4 + len(b.Proof) + 4
	for _, o := range b.Objects {
		size += 4 + len(o)
	}
	if size > MaxBody || len(b.Envelope) > MaxEnvelope || len(b.Proof) > MaxProof || len(b.Objects) > MaxObjects {
		return nil, fault.New(fault.Invalid, "envelope.size", "A body is at most %d MiB and %d objects.", MaxBody>>20, MaxObjects).
			Try("Send fewer objects at once.")
	}
	out := make([]byte, 0, size)
	out = append(out, magic...)
	out = appendChunk(out, b.Envelope)
	out = appendChunk(out, b.Proof)
	out = binary.BigEndian.AppendUint32(out, uint32(len(b.Objects))) //nolint:gosec // G115: at most MaxObjects
	for _, o := range b.Objects {
		out = appendChunk(out, o)
	}
	return out, nil
}

func appendChunk(out, chunk []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(chunk))) //nolint:gosec // G115: bounded by MaxBody
	return append(out, chunk...)
}

// DecodeBody reads the wire form. The parts are slices of data, so a lying length
// costs no memory. It returns an invalid fault (code "envelope.frame") for
// anything [EncodeBody] does not write.
func DecodeBody(data []byte) (Body, error) {
	if len(data) > MaxBody {
		return Body{}, frame("is larger than %d MiB", MaxBody>>20)
	}
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		return Body{}, frame("does not start as one")
	}
	envelope, rest, ok := cutChunk(data[len(magic):])
	if !ok || len(envelope) > MaxEnvelope {
		return Body{}, frame("is cut short in the envelope, or that is too large")
	}
	proof, rest, ok := cutChunk(rest)
	if !ok || len(proof) > MaxProof || len(rest) < 4 {
		return Body{}, frame("is cut short in the log proof, or that is too large")
	}
	count := binary.BigEndian.Uint32(rest)
	rest = rest[4:]
	if count > MaxObjects || uint64(count)*4 > uint64(len(rest)) {
		return Body{}, frame("claims more objects than it can hold")
	}
	b := Body{Envelope: envelope}
	if len(proof) > 0 {
		b.Proof = proof
	}
	for i := range count {
		var object []byte
		if object, rest, ok = cutChunk(rest); !ok {
			return Body{}, frame("is cut short in object %d", i)
		}
		b.Objects = append(b.Objects, object)
	}
	if len(rest) != 0 {
		return Body{}, frame("has %d bytes after its end", len(rest))
	}
	return b, nil
}

func cutChunk(b []byte) (chunk, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if b = b[4:]; n > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], true
}

func frame(format string, args ...any) error {
	return fault.New(fault.Invalid, "envelope.frame", "The body %s.", fmt.Sprintf(format, args...))
}
