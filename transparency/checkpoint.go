package transparency

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"entente/internal/fault"
	"entente/internal/ident"
)

// maxCheckpoint is far above a log's own signature and 16 witnesses with
// post-quantum signatures (C2SP signed-note, "Format").
const maxCheckpoint = 128 << 10

// Checkpoint is a signed tree head whose signature was checked.
type Checkpoint struct {
	Origin  string
	Head    Head
	Note    []byte // as signed
	Ignored int    // signatures by keys other than the verifier's; they prove nothing here
}

// OpenCheckpoint reads a signed checkpoint (C2SP tlog-checkpoint) and checks the
// log's signature. Signatures of other keys are ignored and counted. Extension
// lines are refused: they are not auditable, and our logs write none. Any failure
// is an unverified fault with code "checkpoint.invalid".
func OpenCheckpoint(signed []byte, verifier note.Verifier) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, badCheckpoint("is too long", nil)
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, badCheckpoint("is not signed by "+verifier.Name(), err)
	}
	for _, s := range n.Sigs {
		// note.Open tolerates stray bits in the last base64 digit.
		if !strictBase64(s.Base64) {
			return Checkpoint{}, badCheckpoint("has a signature that is not canonical base64", nil)
		}
	}
	// note.Open drops repeated signatures, which would be bytes nobody checked.
	if _, sigs, _ := strings.Cut(string(signed), "\n\n"); strings.Count(sigs, "\n") != len(n.Sigs)+len(n.UnverifiedSigs) {
		return Checkpoint{}, badCheckpoint("repeats a signature", nil)
	}
	head, err := parseCheckpointText(n.Text, verifier.Name())
	if err != nil {
		return Checkpoint{}, err
	}
	return Checkpoint{Origin: verifier.Name(), Head: head, Note: signed, Ignored: len(n.UnverifiedSigs)}, nil
}

// CheckpointOrigin returns the origin a checkpoint claims, for choosing the key
// to verify it with. It is not authenticated.
func CheckpointOrigin(signed []byte) string {
	origin, _, _ := strings.Cut(string(signed[:min(len(signed), maxCheckpoint)]), "\n")
	return origin
}

// checkpointText is the note text: origin, size and root, a line each.
func checkpointText(origin string, h Head) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
}

func parseCheckpointText(text, origin string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Head{}, badCheckpoint("does not have exactly the lines origin, size and root", nil)
	}
	if lines[0] != origin {
		return Head{}, badCheckpoint("is of another log", nil)
	}
	var h Head
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Head{}, badCheckpoint("has no valid tree size", err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(h.Root) {
		return Head{}, badCheckpoint("has no valid root", err)
	}
	h = Head{Size: size, Root: ident.Digest(root)}
	// One byte string per tree: no "+7", "007" or stray base64 bits.
	if checkpointText(origin, h) != text {
		return Head{}, badCheckpoint("is not in canonical form", nil)
	}
	if h.Size == 0 && h.Root != EmptyHead().Root {
		return Head{}, badCheckpoint("has a root although it has no entries", nil)
	}
	return h, nil
}

func badCheckpoint(what string, cause error) error {
	return fault.New(fault.Unverified, "checkpoint.invalid", "The checkpoint %s.", what).Because(cause)
}

func strictBase64(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	return err == nil && base64.StdEncoding.EncodeToString(b) == s
}

// SplitView reports whether two checkpoints of one log cannot both be true: same
// size, different root. The two notes together are a self-contained proof that
// the log showed two histories; trees of different sizes need [CheckConsistency].
func SplitView(a, b Checkpoint) bool {
	return a.Origin == b.Origin && a.Head.Size == b.Head.Size && a.Head.Root != b.Head.Root
}
