package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"entente/exchange"
	"entente/internal/fault"
	"entente/store"
	"entente/store/storetest"
	"entente/transparency"
)

// The environment through which TestP7 talks to the copy of itself it kills.
const (
	childURL   = "ENTENTE_KILL_CHILD"
	childRound = "ENTENTE_KILL_ROUND"
	roundsVar  = "ENTENTE_KILLS"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		os.Exit(child(url, os.Getenv(childRound)))
	}
	os.Exit(m.Run())
}

// TestP7AcknowledgedWritesSurviveKill kills a writing process at random moments
// (ASSURANCE P7, F1). What it acknowledged is there when the store is opened
// again, with the leaf it was told, and the log is whole.
func TestP7AcknowledgedWritesSurviveKill(t *testing.T) {
	t.Parallel()
	rounds, err := strconv.Atoi(os.Getenv(roundsVar))
	if err != nil {
		rounds = 5
	}
	databases(t, func(t *testing.T, url string) {
		guard := filepath.Join(t.TempDir(), "guard")
		for round := range rounds {
			acks := killRound(t, url+"\n"+guard, round)
			t.Logf("round %d: killed after %d acknowledgements", round, len(acks))
			g := openGuard(t, guard)
			s := open(t, url, g)
			checkAcks(t, s, acks)
			if _, err := storetest.VerifyLog(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Close(), g.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func openGuard(t testing.TB, path string) *store.FileGuard {
	t.Helper()
	g, err := store.OpenFileGuard(path)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// killRound returns the leaf index of every object the child acknowledged.
func killRound(t *testing.T, target string, round int) map[int]int64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+target, childRound+"="+strconv.Itoa(round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acks := map[int]int64{}
	lines := bufio.NewScanner(out)
	last := 1 + rand.IntN(400) // kill after so many acknowledgements …
	for lines.Scan() {
		var n int
		var leaf int64
		if _, err := fmt.Sscanf(lines.Text(), "ack %d %d.", &n, &leaf); err != nil {
			break // a line cut off by the kill
		}
		acks[n] = leaf
		if len(acks) == last {
			// … and a little later, at any point of a batch.
			timer := time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
	}
	_ = cmd.Wait()
	if len(acks) < last {
		t.Fatalf("the child ended after %d acknowledgements: %v", len(acks), cmd.ProcessState)
	}
	return acks
}

func checkAcks(t *testing.T, s *store.Store, acks map[int]int64) {
	t.Helper()
	err := s.Read(t.Context(), func(r exchange.Reader) error {
		for n, leaf := range acks {
			if _, err := r.Object(t.Context(), storetest.Object(n).ID); err != nil {
				return fmt.Errorf("object %d was acknowledged: %w", n, err)
			}
			e, err := r.LogEntry(t.Context(), leaf)
			if err != nil {
				return err
			}
			if !strings.Contains(string(e.Body), fmt.Sprintf(`{"n":%d}`, n)) {
				return fmt.Errorf("leaf %d is %s, not of object %d", leaf, e.Body, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// child writes from several goroutines and prints what was acknowledged, until
// it is killed.
func child(target, round string) int {
	url, guard, _ := strings.Cut(target, "\n")
	base, _ := strconv.Atoi(round)
	base *= 1 << 20
	t := &childTB{}
	g, err := store.OpenFileGuard(guard)
	if err != nil {
		return t.fail(err)
	}
	s, err := store.Open(context.Background(), url, options(t, g))
	if err != nil {
		return t.fail(err)
	}
	next := make(chan int)
	acks := make(chan string)
	failed := make(chan error)
	for range 8 {
		go func() {
			for n := range next {
				var leaf int64
				err := s.Write(context.Background(), func(tx exchange.Tx) (err error) {
					if leaf, err = tx.Append(context.Background(), entry(n)); err != nil {
						return err
					}
					_, err = tx.AddObject(context.Background(), storetest.Object(n), nil)
					return err
				})
				if err != nil {
					failed <- err
					return
				}
				acks <- fmt.Sprintf("ack %d %d.", n, leaf)
			}
		}()
	}
	go func() {
		for n := base; ; n++ {
			next <- n
		}
	}()
	for {
		select {
		case line := <-acks:
			fmt.Println(line)
		case err := <-failed:
			return t.fail(err)
		}
	}
}

// childTB lets the helpers of the tests be used where there is no test.
type childTB struct{ testing.TB }

func (*childTB) Helper()           {}
func (*childTB) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
func (*childTB) fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func entry(n int) transparency.Entry {
	e := transparency.Entry{Type: transparency.EventObject, Body: fmt.Appendf(nil, `{"n":%d}`, n)}
	e.Salt[0] = byte(n)
	return e
}

func write(t *testing.T, s *store.Store, n int) exchange.Stored {
	t.Helper()
	o := storetest.Object(n)
	err := s.Write(t.Context(), func(tx exchange.Tx) (err error) {
		if o.Leaf, err = tx.Append(t.Context(), entry(n)); err != nil {
			return err
		}
		o.Seq, err = tx.AddObject(t.Context(), o, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestF8OlderDatabaseIsRefused puts an older copy of a database back.
func TestF8OlderDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, guard := filepath.Join(dir, "node.db"), filepath.Join(dir, "guard")
	step := func(n int) {
		g := openGuard(t, guard)
		s := open(t, "sqlite:"+db, g)
		write(t, s, n)
		if err := errors.Join(s.Close(), g.Close()); err != nil {
			t.Fatal(err)
		}
	}
	step(1)
	old, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	step(2)
	step(3)
	if err := os.WriteFile(db, old, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), "sqlite:"+db, options(t, openGuard(t, guard)))
	if fault.CodeOf(err) != "store.rolled-back" {
		t.Errorf("an older database: %v", err)
	}
	// Another history of the same length, and a longer one, are refused too.
	s := open(t, "sqlite:"+db, nil)
	for n := range 5 {
		write(t, s, 100+n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), "sqlite:"+db, options(t, openGuard(t, guard)))
	if fault.CodeOf(err) != "store.rolled-back" {
		t.Errorf("another history: %v", err)
	}
}

func TestFileGuard(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "guard")
	head := func(n int64) transparency.Head {
		h := transparency.Head{Size: n}
		h.Root[0] = byte(n)
		return h
	}
	for n := range int64(5) {
		g := openGuard(t, path)
		if last, err := g.Last(); err != nil || last != head(n) && n > 0 {
			t.Fatalf("after %d: %v, %v", n, last, err)
		}
		if err := errors.Join(g.Set(head(n)), g.Set(head(n+1)), g.Close()); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole { // one torn slot leaves the other
		b := append([]byte(nil), whole...)
		b[at] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		g := openGuard(t, path)
		if last, _ := g.Last(); last != head(5) && last != head(4) {
			t.Fatalf("byte %d: %v", at, last)
		}
		_ = g.Close()
	}
	if err := os.WriteFile(path, make([]byte, len(whole)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenFileGuard(path); fault.CodeOf(err) != "store.guard" {
		t.Errorf("a destroyed guard: %v", err)
	}
}

// refusing is a sequencer that fails when told to.
type refusing struct {
	store.Sequencer
	err error
}

func (r *refusing) Integrate(last transparency.Head, edge transparency.Edge, leaves []tlog.Hash) (transparency.Update, error) {
	if r.err != nil {
		return transparency.Update{}, r.err
	}
	return r.Sequencer.Integrate(last, edge, leaves)
}

// TestNothingIsKeptWithoutItsLeaf: when the log cannot sign, rows are not kept.
func TestNothingIsKeptWithoutItsLeaf(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		opts := options(t, nil)
		seq := &refusing{Sequencer: opts.Log, err: errors.New("no key")}
		opts.Log = seq
		s, err := store.Open(t.Context(), url, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		err = s.Write(t.Context(), func(tx exchange.Tx) error {
			if _, err := tx.AddObject(t.Context(), storetest.Object(1), nil); err != nil {
				return err
			}
			_, err := tx.Append(t.Context(), entry(1))
			return err
		})
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("Write returned %v", err)
		}
		seq.err = nil
		if o := write(t, s, 1); o.Leaf != 0 {
			t.Errorf("the leaf after a failed batch is %d", o.Leaf)
		}
	})
}

// TestGoexitStopsTheStore: an act that ends its goroutine leaves nobody waiting.
func TestGoexitStopsTheStore(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteURL(t), nil)
	err := s.Write(t.Context(), func(exchange.Tx) error {
		runtime.Goexit()
		return nil
	})
	if fault.CodeOf(err) != "store.stopped" {
		t.Errorf("Write returned %v", err)
	}
	err = s.Write(t.Context(), func(exchange.Tx) error { return nil })
	if fault.CodeOf(err) != "store.stopped" {
		t.Errorf("the next Write returned %v", err)
	}
}

func TestClosedStore(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteURL(t), nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	err := s.Write(t.Context(), func(exchange.Tx) error { return nil })
	if fault.CodeOf(err) != "store.closed" {
		t.Errorf("Write returned %v", err)
	}
}
