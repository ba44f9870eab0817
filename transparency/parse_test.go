package transparency_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"entente/internal/fault"
	"entente/transparency"
)

// C2SP tlog-checkpoint, "Note text"; C2SP signed-note, "Format" and "Signatures".
func TestOpenCheckpointRefuses(t *testing.T) {
	t.Parallel()
	signer, verifier := newKeys(t, "csirt-aurelia/log")
	witness, _ := newKeys(t, "witness.example/w1")
	l := transparency.NewLog(signer)
	u := grow(t, l, transparency.MemTiles{}, transparency.Edge{}, 7)
	good := string(u.Checkpoint)
	sign := func(text string, signers ...note.Signer) string {
		b, err := note.Sign(&note.Note{Text: text}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	root := base64.StdEncoding.EncodeToString(u.Head.Root[:])
	text := "csirt-aurelia/log\n7\n" + root + "\n"
	if sign(text, signer) != good {
		t.Fatal("the checkpoint has another form than C2SP says")
	}
	// 68 signature bytes end in a digit with two unused bits.
	last := good[len(good)-3]
	stray := good[:len(good)-3] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", last)^1]) + good[len(good)-2:]
	for name, bad := range map[string]string{
		"empty": "", "unsigned": text, "other signer": sign(text, witness), "stray bits in the signature": stray,
		"other origin":    sign("csirt-borealis/log\n7\n"+root+"\n", signer),
		"extension line":  sign(text+"extension\n", signer),
		"no root":         sign("csirt-aurelia/log\n7\n", signer),
		"leading zero":    sign("csirt-aurelia/log\n07\n"+root+"\n", signer),
		"plus":            sign("csirt-aurelia/log\n+7\n"+root+"\n", signer),
		"negative":        sign("csirt-aurelia/log\n-7\n"+root+"\n", signer),
		"too many":        sign("csirt-aurelia/log\n9223372036854775808\n"+root+"\n", signer),
		"short root":      sign("csirt-aurelia/log\n7\nAAAA\n", signer),
		"not base64":      sign("csirt-aurelia/log\n7\n"+strings.Repeat("!", 44)+"\n", signer),
		"stray root bits": sign("csirt-aurelia/log\n7\n"+strings.Repeat("A", 42)+"B=\n", signer),
		"empty with root": sign("csirt-aurelia/log\n0\n"+root+"\n", signer),
		"other size":      strings.Replace(good, "\n7\n", "\n8\n", 1),
		"signature twice": good + good[strings.Index(good, "—"):],
		"too long":        good + strings.Repeat("— a AAAAAAAA\n", 20_000),
	} {
		if c, err := transparency.OpenCheckpoint([]byte(bad), verifier); fault.CodeOf(err) != "checkpoint.invalid" || fault.KindOf(err) != fault.Unverified {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	// Signatures by unknown keys are ignored, as the log's key may rotate and
	// witnesses cosign.
	c, err := transparency.OpenCheckpoint([]byte(sign(text, signer, witness)), verifier)
	if err != nil || c.Head != u.Head || c.Ignored != 1 {
		t.Errorf("cosigned: %+v, %v", c, err)
	}
	if got := transparency.CheckpointOrigin(u.Checkpoint); got != "csirt-aurelia/log" {
		t.Errorf("origin %q", got)
	}
}

// F14, P11: two signed notes are a proof against the log that anyone can check.
func TestF14SplitViewProvesItself(t *testing.T) {
	t.Parallel()
	signer, verifier := newKeys(t, "csirt-aurelia/log")
	l := transparency.NewLog(signer)
	open := func(leaves []tlog.Hash) transparency.Checkpoint {
		u, err := l.Integrate(transparency.EmptyHead(), transparency.Edge{}, leaves)
		if err != nil {
			t.Fatal(err)
		}
		c, err := transparency.OpenCheckpoint(u.Checkpoint, verifier)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	forParis, forRome := open(numberedLeaves(0, 9)), open(numberedLeaves(1, 10))
	if !transparency.SplitView(forParis, forRome) || transparency.SplitView(forParis, forParis) || transparency.SplitView(forParis, open(numberedLeaves(0, 8))) {
		t.Error("SplitView")
	}
	if err := transparency.CheckConsistency(forParis.Head, forRome.Head, nil); fault.CodeOf(err) != "log.inconsistent" {
		t.Error(err)
	}
}

func TestConsistencyEdges(t *testing.T) {
	t.Parallel()
	signer, _ := newKeys(t, "csirt-aurelia/log")
	tiles := transparency.MemTiles{}
	head := grow(t, transparency.NewLog(signer), tiles, transparency.Edge{}, 300).Head
	empty := transparency.EmptyHead()
	stray := []tlog.Hash{{1}}
	for name, test := range map[string]struct {
		from, to transparency.Head
		proof    []tlog.Hash
		code     string
	}{
		"from nothing": {empty, head, nil, ""}, "from the zero head": {transparency.Head{}, head, nil, ""}, "to itself": {head, head, nil, ""},
		"from nothing with a proof": {empty, head, stray, "log.inconsistent"}, "to itself with a proof": {head, head, stray, "log.inconsistent"},
		"backwards": {head, empty, nil, "log.rolled-back"}, "negative": {transparency.Head{Size: -1}, head, nil, "log.rolled-back"},
		"no proof":  {transparency.Head{Size: 3}, head, nil, "log.inconsistent"},
		"64 hashes": {transparency.Head{Size: 3}, head, make([]tlog.Hash, 64), "log.inconsistent"},
	} {
		err := transparency.CheckConsistency(test.from, test.to, test.proof)
		if err == nil != (test.code == "") || err != nil && fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, f := range map[string]func() error{
		"log.index": func() error { _, err := transparency.ProveInclusion(head, tiles, 300); return err },
		"log.range": func() error {
			_, err := transparency.ProveConsistency(tiles, head, transparency.Head{Size: 3})
			return err
		},
		"log.inclusion": func() error { return transparency.CheckInclusion(head, 300, tlog.Hash{}, nil) },
	} {
		if err := f(); fault.CodeOf(err) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := transparency.RootAt(head, tiles, 301); fault.CodeOf(err) != "log.index" {
		t.Error(err)
	}
	other := head
	other.Root[0] ^= 1
	for name, f := range map[string]func() error{
		"inclusion": func() error { _, err := transparency.ProveInclusion(other, tiles, 3); return err },
		"consistency": func() error {
			_, err := transparency.ProveConsistency(tiles, transparency.Head{Size: 3}, other)
			return err
		},
		"root":    func() error { _, err := transparency.RootAt(other, tiles, 3); return err },
		"extends": func() error { return transparency.Extends(other, tiles, transparency.Head{Size: 3}) },
	} {
		if err := f(); fault.CodeOf(err) != "log.tiles" {
			t.Errorf("%s from wrong tiles: %v", name, err)
		}
	}
}

// disclosed is one log of 300 entries with a proof that discloses entry 260.
func disclosed(t testing.TB) (transparency.Proof, transparency.Logged, note.Verifier) {
	t.Helper()
	signer, verifier := newKeys(t, "csirt-aurelia/log")
	e := transparency.Logged{Index: 260, Entry: entry(t, "receive", `{"message":"m1"}`, newSeeded("salt"))}
	leaves := numberedLeaves(0, 300)
	leaves[e.Index] = e.Leaf()
	u, err := transparency.NewLog(signer).Integrate(transparency.EmptyHead(), transparency.Edge{}, leaves)
	if err != nil {
		t.Fatal(err)
	}
	tiles := transparency.MemTiles{}
	tiles.Put(u.Tiles)
	path, err := transparency.ProveInclusion(u.Head, tiles, e.Index)
	if err != nil {
		t.Fatal(err)
	}
	return transparency.Disclose(e, path, u.Checkpoint), e, verifier
}

// C2SP tlog-proof, "Format".
func TestProofDisclosesOneEntry(t *testing.T) {
	t.Parallel()
	p, e, verifier := disclosed(t)
	text := p.Encode()
	if !bytes.HasPrefix(text, []byte("c2sp.org/tlog-proof@v1\nextra ")) {
		t.Errorf("%.60q", text)
	}
	back, err := transparency.ParseProof(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Fatal(diff)
	}
	got, c, err := back.Open(verifier)
	if err != nil || c.Head.Size != 300 {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, got); diff != "" {
		t.Error(diff)
	}
	_, stranger := newKeys(t, "csirt-borealis/log")
	for name, test := range map[string]struct {
		edit     func(p *transparency.Proof)
		verifier note.Verifier
		code     string
	}{
		"other log":     {func(*transparency.Proof) {}, stranger, "checkpoint.invalid"},
		"no entry":      {func(p *transparency.Proof) { p.Extra = nil }, verifier, "proof.malformed"},
		"other body":    {func(p *transparency.Proof) { p.Extra = bytes.Replace(p.Extra, []byte("m1"), []byte("m2"), 1) }, verifier, "log.inclusion"},
		"other index":   {func(p *transparency.Proof) { p.Index = 261 }, verifier, "log.inclusion"},
		"shorter proof": {func(p *transparency.Proof) { p.Hashes = p.Hashes[1:] }, verifier, "log.inclusion"},
	} {
		forged := back
		test.edit(&forged)
		if _, _, err := forged.Open(test.verifier); fault.CodeOf(err) != test.code || fault.KindOf(err) != fault.Unverified {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseProofRefuses(t *testing.T) {
	t.Parallel()
	p, _, _ := disclosed(t)
	good := string(p.Encode())
	hash := p.Hashes[0].String() + "\n"
	for name, bad := range map[string]string{
		"empty": "", "header only": "c2sp.org/tlog-proof@v1\n", "nothing after the header": "c2sp.org/tlog-proof@v1\n\ncheckpoint\n",
		"other version": strings.Replace(good, "@v1", "@v2", 1), "carriage returns": strings.ReplaceAll(good, "\n", "\r\n"),
		"empty extra": strings.Replace(good, good[strings.Index(good, "extra "):strings.Index(good, "\nindex")], "extra ", 1),
		"bad extra":   strings.Replace(good, "extra ", "extra !", 1), "extra twice": strings.Replace(good, "extra ", "extra AAAA\nextra ", 1),
		"only extra": "c2sp.org/tlog-proof@v1\nextra AAAA\n\nx\n", "no index": strings.Replace(good, "index 260\n", "", 1),
		"leading zero": strings.Replace(good, "index 260", "index 0260", 1), "negative": strings.Replace(good, "index 260", "index -1", 1),
		"plus": strings.Replace(good, "index 260", "index +260", 1), "too large": strings.Replace(good, "index 260", "index 9223372036854775808", 1),
		"64 hashes": strings.Replace(good, hash, strings.Repeat(hash, 64), 1), "bad hash": strings.Replace(good, hash, "AAAA\n", 1),
		"stray bits": strings.Replace(good, hash, strings.Repeat("A", 42)+"B=\n", 1), "no blank line": strings.Replace(good, "\n\n", "\n", 1)[:200],
		"too long": good + strings.Repeat("x", 16<<20),
	} {
		if got, err := transparency.ParseProof([]byte(bad)); fault.CodeOf(err) != "proof.malformed" {
			t.Errorf("%s: %+v, %v", name, got.Index, err)
		}
	}
}

func TestEveryProofSurvivesItsText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := transparency.Proof{
			Extra: rapid.SliceOf(rapid.Byte()).Draw(rt, "extra"), Index: rapid.Int64Min(0).Draw(rt, "index"),
			Checkpoint: []byte(rapid.String().Draw(rt, "checkpoint")),
		}
		for range rapid.IntRange(0, 63).Draw(rt, "hashes") {
			p.Hashes = append(p.Hashes, tlog.RecordHash([]byte{byte(len(p.Hashes))}))
		}
		if len(p.Extra) == 0 {
			p.Extra = nil
		}
		back, err := transparency.ParseProof(p.Encode())
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(p, back); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func FuzzParseProof(f *testing.F) {
	p, _, verifier := disclosed(f)
	f.Add(p.Encode())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\nx"))
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n" + strings.Repeat("A", 43) + "=\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := transparency.ParseProof(text)
		if err != nil {
			return
		}
		if !bytes.Equal(got.Encode(), text) {
			t.Errorf("two texts for one proof: %q", text)
		}
		if _, _, err := got.Open(verifier); err == nil && !bytes.Equal(text, p.Encode()) {
			t.Errorf("a proof nobody made opens: %q", text)
		}
	})
}

func FuzzParseOpening(f *testing.F) {
	e := entry(f, "decision", `{"a":"x"}`, rand.Reader)
	f.Add(e.Opening())
	f.Add([]byte("decision\n"))
	f.Add(append([]byte("gift\n"), make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := transparency.ParseOpening(b); err == nil && !bytes.Equal(e.Opening(), b) {
			t.Errorf("two openings of one entry: %q", b)
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	signer, verifier := newKeys(f, "csirt-aurelia/log")
	u, err := transparency.NewLog(signer).Integrate(transparency.EmptyHead(), transparency.Edge{}, numberedLeaves(0, 5))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(u.Checkpoint)
	f.Add([]byte("csirt-aurelia/log\n5\n\n— csirt-aurelia/log AAAA\n"))
	f.Fuzz(func(t *testing.T, signed []byte) {
		c, err := transparency.OpenCheckpoint(signed, verifier)
		if err == nil && (c.Head != u.Head || c.Ignored == 0 && !bytes.Equal(signed, u.Checkpoint)) {
			t.Errorf("a checkpoint nobody signed opens: %q", signed)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	p, _, verifier := disclosed(b)
	b.Run("open proof", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := p.Open(verifier); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new entry and leaf", func(b *testing.B) {
		body := []byte(`{"object":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","n":1}`)
		for b.Loop() {
			e, err := transparency.NewEntry("object", body, rand.Reader)
			if err != nil {
				b.Fatal(err)
			}
			e.Leaf()
		}
	})
}
