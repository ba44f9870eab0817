package transparency

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
)

const (
	proofHeader = "c2sp.org/tlog-proof@v1"
	// A tree of 2^63 leaves has paths of 63 hashes; a longer one cannot be right.
	maxProofHashes = 63
	maxProof       = 16 << 20
)

// Proof is a C2SP tlog-proof: an entry's place in a log, provable offline.
type Proof struct {
	Extra      []byte // opaque to the format; here the entry's [Entry.Opening]
	Index      int64
	Hashes     []tlog.Hash
	Checkpoint []byte
}

// Encode writes the text form (C2SP tlog-proof, "Format").
func (p Proof) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(proofHeader + "\n")
	if len(p.Extra) > 0 {
		b.WriteString("extra " + base64.StdEncoding.EncodeToString(p.Extra) + "\n")
	}
	fmt.Fprintf(&b, "index %d\n", p.Index)
	for _, h := range p.Hashes {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n")
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads the text form and accepts only what [Proof.Encode] writes. It
// checks no signature and no hash; see [Proof.Open]. Any failure is an unverified
// fault with code "proof.malformed".
func ParseProof(text []byte) (Proof, error) {
	if len(text) > maxProof {
		return Proof{}, badProof("is too long")
	}
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	if !ok {
		return Proof{}, badProof("has no checkpoint")
	}
	lines := strings.Split(head, "\n")
	if lines[0] != proofHeader || len(lines) < 2 {
		return Proof{}, badProof("does not start as one")
	}
	p := Proof{Checkpoint: []byte(checkpoint)}
	lines = lines[1:]
	if extra, has := strings.CutPrefix(lines[0], "extra "); has {
		data, err := base64.StdEncoding.DecodeString(extra)
		if err != nil || len(data) == 0 || len(lines) < 2 {
			return Proof{}, badProof("has malformed extra data")
		}
		p.Extra, lines = data, lines[1:]
	}
	index, has := strings.CutPrefix(lines[0], "index ")
	n, err := strconv.ParseInt(index, 10, 64)
	if !has || err != nil || n < 0 {
		return Proof{}, badProof("has no valid index")
	}
	p.Index, lines = n, lines[1:]
	if len(lines) > maxProofHashes {
		return Proof{}, badProof("has more hashes than any tree is high")
	}
	for _, line := range lines {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return Proof{}, badProof("has a malformed hash")
		}
		p.Hashes = append(p.Hashes, h)
	}
	if !bytes.Equal(p.Encode(), text) {
		return Proof{}, badProof("is not in canonical form")
	}
	return p, nil
}

func badProof(what string) error {
	return fault.New(fault.Unverified, "proof.malformed", "The log proof %s.", what)
}

// Disclose returns the proof that hands an entry over: its opening travels as the
// extra data, so the holder can recompute the leaf (C2SP tlog-proof: "additional
// data necessary to reconstruct the record hash").
func Disclose(e Logged, path []tlog.Hash, checkpoint []byte) Proof {
	return Proof{Extra: e.Opening(), Index: e.Index, Hashes: path, Checkpoint: checkpoint}
}

// Open verifies a proof made by [Disclose]: the checkpoint's signature and the
// disclosed entry's inclusion. It trusts the extra data only because the leaf
// computed from it is in the signed tree.
func (p Proof) Open(verifier note.Verifier) (Logged, Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, verifier)
	if err != nil {
		return Logged{}, Checkpoint{}, err
	}
	e, err := ParseOpening(p.Extra)
	if err != nil {
		return Logged{}, Checkpoint{}, badProof("does not disclose an entry")
	}
	if err := CheckInclusion(c.Head, p.Index, e.Leaf(), p.Hashes); err != nil {
		return Logged{}, Checkpoint{}, err
	}
	return Logged{Index: p.Index, Entry: e}, c, nil
}
