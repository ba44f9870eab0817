package transparency_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/bits"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/transparency"
)

func entry(t testing.TB, typ, body string, source io.Reader) transparency.Entry {
	t.Helper()
	e, err := transparency.NewEntry(typ, []byte(body), source)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNewEntryRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ typ, body, code string }{
		{"", `{}`, "log.event-type"},
		{"Object", `{}`, "log.event-type"},
		{"object\n", `{}`, "log.event-type"},
		{"CVE-2026-1", `{}`, "log.event-type"},
		{"object", ``, "log.event-body"},
		{"object", `[]`, "log.event-body"},
		{"object", `{"a":1,"a":2}`, "log.event-body"},
		{"object", `{} {}`, "log.event-body"},
		{"object", "{\"a\":\"\xff\"}", "log.event-body"},
	} {
		if _, err := transparency.NewEntry(test.typ, []byte(test.body), rand.Reader); fault.CodeOf(err) != test.code {
			t.Errorf("%q %q: %v", test.typ, test.body, err)
		}
	}
	if _, err := transparency.NewEntry("object", []byte(`{}`), strings.NewReader("too short")); err == nil {
		t.Error("an entry without a whole salt")
	}
}

// The record is part of every proof ever given out, so it is pinned here.
func TestRecordIsPinned(t *testing.T) {
	t.Parallel()
	e := transparency.Entry{Type: "release", Salt: [32]byte{1, 2, 3}, Body: []byte(`{"n":1}`)}
	// Computed with another implementation of SHA-256 (Python's hashlib).
	const record = "656e74656e74652d6c6561662d76310a72656c656173650a9cf46b646706722ef89d476517035f067ed95c735c8137503e0839df8b55dec9"
	const leaf = "66b7854fcbbe5c30b8649efdf71a200a020dcb9c4c4d4bb4e926efc75cb26220"
	if got := hex.EncodeToString(e.Record()); got != record {
		t.Errorf("record %s", got)
	}
	if h := e.Leaf(); hex.EncodeToString(h[:]) != leaf {
		t.Errorf("leaf %x", h[:])
	}
}

func TestOpeningIsTheInverse(t *testing.T) {
	t.Parallel()
	e := entry(t, "decision", `{"a":"x\ny"}`, rand.Reader)
	back, err := transparency.ParseOpening(e.Opening())
	if err != nil || back.Leaf() != e.Leaf() {
		t.Fatalf("%+v, %v", back, err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
	good := e.Opening()
	for name, b := range map[string][]byte{
		"empty": nil, "no line": []byte("decision"), "short salt": good[:20], "no body": good[:len("decision\n")+32],
		"other type": append([]byte("gift"), good[len("decision"):]...), "trailing": append(bytes.Clone(good), '{'),
	} {
		if _, err := transparency.ParseOpening(b); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// world logs one event of each type about an indicator and returns every byte
// that the log or a witness shows: tiles and checkpoints, and the records too.
func logWorld(t *testing.T, indicator string, source io.Reader) (shown, records []byte, leaves []tlog.Hash) {
	t.Helper()
	signer, _ := newKeys(t, "csirt-aurelia/log")
	l := transparency.NewLog(signer)
	var edge transparency.Edge
	for i, typ := range []string{"object", "decision", "release", "receipt", "receive", "recall", "law", "quarantine", "duty"} {
		e := entry(t, typ, fmt.Sprintf(`{"indicator":%q,"n":%d}`, indicator, i), source)
		records = append(records, e.Record()...)
		leaves = append(leaves, e.Leaf())
		u, err := l.Integrate(edge.Head(), edge, []tlog.Hash{e.Leaf()})
		if err != nil {
			t.Fatal(err)
		}
		edge = u.Edge
		for _, r := range u.Tiles {
			shown = append(shown, r.Data...)
		}
		shown = append(shown, u.Checkpoint...)
	}
	return shown, records, leaves
}

// P13: two worlds that differ in one indicator show logs of the same form, which
// differ in their 32-byte commitments only, and these look like noise.
func TestP13LogTellsNothingOfContent(t *testing.T) {
	t.Parallel()
	shownA, recordsA, leavesA := logWorld(t, "198.51.100.7", rand.Reader)
	shownB, recordsB, _ := logWorld(t, "a-much-longer-indicator.example.org/with/a/path", rand.Reader)
	shownC, recordsC, leavesC := logWorld(t, "198.51.100.7", rand.Reader)
	if len(shownA) != len(shownB) || len(shownA) != len(shownC) {
		t.Fatalf("sizes tell: %d, %d, %d", len(shownA), len(shownB), len(shownC))
	}
	// Outside the last 32 bytes of each record the worlds agree byte for byte.
	at := 0
	for _, typ := range []string{"object", "decision", "release", "receipt", "receive", "recall", "law", "quarantine", "duty"} {
		head := len("entente-leaf-v1\n") + len(typ) + 1
		for _, other := range [][]byte{recordsB, recordsC} {
			if !bytes.Equal(recordsA[at:at+head], other[at:at+head]) {
				t.Errorf("%s: the head of the record tells", typ)
			}
		}
		at += head + 32
	}
	if at != len(recordsA) || at != len(recordsB) {
		t.Fatal("records hold more than type and commitment")
	}
	for i := range leavesA {
		if leavesA[i] == leavesC[i] {
			t.Error("the same event has the same leaf twice")
		}
	}
	for _, shown := range [][]byte{shownA, recordsA} {
		if bytes.Contains(shown, []byte("198.51")) || bytes.Contains(shown, []byte("indicator")) {
			t.Error("content is in the log")
		}
	}
}

// P13: who tries every address of a network finds none, with the exact body known
// but for the salt; and commitments over many salts have no bias.
func TestP13DictionaryFindsNothing(t *testing.T) {
	t.Parallel()
	signer := newSeeded("p13")
	e := entry(t, "object", `{"indicator":"198.51.100.7"}`, signer)
	leaf := e.Leaf()
	for ip := netip.MustParseAddr("198.51.0.0"); ip.Compare(netip.MustParseAddr("198.51.255.255")) < 0; ip = ip.Next() {
		guess := transparency.Entry{Type: "object", Body: []byte(`{"indicator":"` + ip.String() + `"}`)}
		if guess.Leaf() == leaf {
			t.Fatalf("found %s", ip)
		}
	}
	const n = 2000
	ones := 0
	for range n {
		h := entry(t, "object", `{"indicator":"198.51.100.7"}`, signer).Leaf()
		for i := 0; i < len(h); i += 8 {
			ones += bits.OnesCount64(binary.BigEndian.Uint64(h[i:]))
		}
	}
	// 512 000 fair bits: 4.5 standard deviations are 1 610.
	if off := ones - n*128; off > 1610 || off < -1610 {
		t.Errorf("commitments are biased: %d of %d bits set", ones, n*256)
	}
}
