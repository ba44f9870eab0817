package exchange_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
)

// shelf is a server of pages of one object each.
type shelf struct {
	mu     sync.Mutex
	pages  []string // documents
	fail   error
	wait   time.Duration
	asked  int
	secret exchange.SourceSecret
	asking chan struct{} // when set, is told of a question
	hold   chan struct{} // and then the answer waits for this
}

func (s *shelf) Check(exchange.Source) error { return nil }

func (s *shelf) Offers(context.Context, exchange.Source, exchange.SourceSecret) ([]exchange.SourceOffer, error) {
	return nil, s.fail
}

func (s *shelf) Collect(_ context.Context, _ exchange.Source, secret exchange.SourceSecret, cursor string) (exchange.SourcePage, error) {
	if s.hold != nil {
		s.asking <- struct{}{}
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.secret = secret
	if s.fail != nil {
		return exchange.SourcePage{Wait: s.wait}, s.fail
	}
	at, _ := strconv.Atoi(cursor)
	if at >= len(s.pages) {
		return exchange.SourcePage{Cursor: cursor}, nil
	}
	return exchange.SourcePage{Documents: [][]byte{[]byte(s.pages[at])}, Cursor: strconv.Itoa(at + 1), More: at+1 < len(s.pages)}, nil
}

const labelGreen = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"

func fed(n int) string {
	return "[" + sdo("indicator", fmt.Sprintf("%04d", n), "2026-01-01T00:00:00.000Z", labelGreen,
		`"pattern":"[ipv4-addr:value = '198.51.100.7']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`) + "]"
}

// shelves is n pages.
func shelves(n int) *shelf {
	s := &shelf{}
	for i := range n {
		s.pages = append(s.pages, fed(i))
	}
	return s
}

// anew is what a node's service is made of on what it has stored, as after a restart.
func (f *federation) anew(n *testNode, db exchange.Store) exchange.Config {
	keyID, key := n.ring.Signing()
	return exchange.Config{
		Self: n.id, Publisher: "identity--00000000-0000-4000-8000-000000000009", Keys: exchange.SigningKey{ID: keyID, Private: key},
		LogKey: n.ring.LogKey(), Secret: n.ring.Secret(), Store: db, Transport: wire{f, n}, Now: func() time.Time { return f.now },
		Rand: rand.Reader,
	}
}

// collecting is such a service with a collector.
func (f *federation) collecting(n *testNode, c exchange.Collector, db exchange.Store) *exchange.Service {
	conf := f.anew(n, db)
	conf.Collectors = map[string]exchange.Collector{"taxii": c}
	return exchange.New(conf)
}

func feedOf(url string) exchange.SourceRequest {
	return exchange.SourceRequest{
		URL: url, From: borealis, Auth: exchange.AuthBearer, Secret: exchange.SourceSecret{Token: "canary-token"}, Every: 600,
	}
}

func addSource(t *testing.T, s *exchange.Service, r exchange.SourceRequest) exchange.Source {
	t.Helper()
	src, err := s.AddSource(t.Context(), r)
	must(t, err)
	return src
}

// TestSourceIsCheckedBeforeItIsAdded: all that is wrong is said at once, and a
// source whose terms would not bind is refused.
func TestSourceIsCheckedBeforeItIsAdded(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	s := f.collecting(f.nodes[aurelia], shelves(0), f.nodes[aurelia].store)
	law, err := s.Instruments(t.Context())
	must(t, err)
	for name, c := range map[string]struct {
		change func(*exchange.SourceRequest)
		at     string
	}{
		"kind":                 {func(r *exchange.SourceRequest) { r.Kind = "gopher" }, "/kind"},
		"address":              {func(r *exchange.SourceRequest) { r.URL = "ftp://x.example/" }, "/url"},
		"password in the URL":  {func(r *exchange.SourceRequest) { r.URL = "https://u:canary@x.example/" }, "/url"},
		"unknown party":        {func(r *exchange.SourceRequest) { r.From = "csirt-nobody" }, "/from"},
		"unknown instrument":   {func(r *exchange.SourceRequest) { r.Under = []string{"mou-none"} }, "/under"},
		"nobody's":             {func(r *exchange.SourceRequest) { r.From = "" }, "/from"},
		"as its own people's":  {func(r *exchange.SourceRequest) { r.From, r.Under = aurelia, []string{law[0].ID} }, "/from"},
		"label":                {func(r *exchange.SourceRequest) { r.Assign = "purple" }, "/assign"},
		"too often":            {func(r *exchange.SourceRequest) { r.Every = 59 }, "/every_seconds"},
		"name":                 {func(r *exchange.SourceRequest) { r.Name = "x\u202e" }, "/name"},
		"licence":              {func(r *exchange.SourceRequest) { r.Licence = "a\nb" }, "/licence"},
		"no token":             {func(r *exchange.SourceRequest) { r.Secret = exchange.SourceSecret{} }, "/secret/token"},
		"token that splits":    {func(r *exchange.SourceRequest) { r.Secret.Token = "canary\r\nx: y" }, "/secret/token"},
		"secret without a use": {func(r *exchange.SourceRequest) { r.Auth = exchange.AuthNone }, "/secret/token"},
		"Basic with a token":   {func(r *exchange.SourceRequest) { r.Auth = exchange.AuthBasic }, "/secret/user"},
		"unknown credential":   {func(r *exchange.SourceRequest) { r.Auth = "digest" }, "/auth"},
		"user that has a colon": {func(r *exchange.SourceRequest) {
			r.Auth, r.Secret = exchange.AuthBasic, exchange.SourceSecret{User: "a:b", Password: "canary"}
		}, "/secret/user"},
	} {
		r := feedOf("https://feed.example/taxii2/")
		c.change(&r)
		_, err := s.AddSource(t.Context(), r)
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || f.Code != "source.invalid" || !slices.ContainsFunc(f.Fields, func(f fault.Field) bool { return f.Pointer == c.at }) || strings.Contains(fmt.Sprint(err, f.Fields), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := feedOf("https://feed.example/taxii2/")
	r.Under, r.From = []string{law[0].ID}, borealis
	src := addSource(t, s, r)
	if src.Name != "feed.example" || src.Kind != "taxii" {
		t.Errorf("%+v", src)
	}
	_, err = s.AddSource(t.Context(), r)
	wantCode(t, err, "source.exists")
}

// TestSourceBringsEachObjectOnce: with its provenance, page by page, and only
// what is new the next time.
func TestSourceBringsEachObjectOnce(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	server := shelves(3)
	server.pages = append(server.pages, `[{"type":"indicator","id":"indicator--broken"}]`, `[[[`)
	n := f.nodes[aurelia]
	s := f.collecting(n, server, n.store)
	law, err := s.Instruments(t.Context())
	must(t, err)
	r := feedOf("https://feed.example/taxii2/")
	r.Under, r.Assign, r.Licence = []string{law[0].ID}, "green", "CC BY 4.0"
	src := addSource(t, s, r)
	rep, polled, err := s.PollDue(t.Context())
	must(t, err)
	if !polled || rep.New != 3 || rep.Quarantined != 2 || rep.Pages != 5 || len(rep.Refused) != 2 {
		t.Errorf("%+v", rep)
	}
	if server.secret.Token != "canary-token" {
		t.Error("the server was shown another secret")
	}
	objects, err := s.Objects(t.Context(), exchange.ObjectFilter{})
	must(t, err)
	p := objects[0].Provenance
	if len(objects) != 3 || p.From != borealis || p.Source != "feed.example (https://feed.example/taxii2/), licence: CC BY 4.0" || !slices.Equal(p.Under, r.Under) || p.Assigned != "green" {
		t.Errorf("provenance %+v", p)
	}
	if _, polled, _ := s.PollDue(t.Context()); polled {
		t.Error("it is polled before it is due")
	}
	f.now = f.now.Add(12 * time.Minute)
	server.pages = append(server.pages, fed(9))
	rep, polled, err = s.PollDue(t.Context())
	must(t, err)
	if !polled || rep.New != 1 || rep.Unchanged != 0 || rep.Source.State.New != 4 || rep.Source.State.Quarantined != 2 {
		t.Errorf("%+v", rep)
	}
	rep, err = s.PollSource(t.Context(), src.ID, false)
	must(t, err)
	if rep.New+rep.Unchanged != 0 {
		t.Errorf("again: %+v", rep)
	}
}

// broken is a store in which one write fails, before or after it was made.
type broken struct {
	exchange.Store
	left  int
	after bool
}

var errPower = errors.New("power cut")

func (b *broken) Write(ctx context.Context, f func(exchange.Tx) error) error {
	b.left--
	if b.left == 0 && !b.after {
		return errPower
	}
	err := b.Store.Write(ctx, f)
	if b.left == 0 {
		return errPower
	}
	if b.left < 0 {
		return errPower // nothing more happens after a power cut
	}
	return err
}

// TestSourceLosesNothingWhereverItIsKilled: at every write, before it and after
// it. A page may come twice, and none is passed over.
func TestSourceLosesNothingWhereverItIsKilled(t *testing.T) {
	t.Parallel()
	const pages = 4
	for _, after := range []bool{false, true} {
		for kill := 1; ; kill++ {
			f := newFederation(t, aurelia, borealis)
			n := f.nodes[aurelia]
			server := shelves(pages)
			good := f.collecting(n, server, n.store)
			src := addSource(t, good, feedOf("https://feed.example/taxii2/"))
			_, err := f.collecting(n, server, &broken{Store: n.store, left: kill, after: after}).PollSource(t.Context(), src.ID, false)
			if err == nil {
				if kill < 2*pages {
					t.Fatalf("only %d writes", kill)
				}
				break
			}
			_, err = f.collecting(n, server, n.store).PollSource(t.Context(), src.ID, false)
			must(t, err)
			objects, err := good.Objects(t.Context(), exchange.ObjectFilter{})
			must(t, err)
			if len(objects) != pages {
				t.Errorf("killed at write %d (after it: %v): %d of %d objects", kill, after, len(objects), pages)
			}
		}
	}
}

// TestSourceThatFailsIsLeftAlone: for twice as long each time, as long as its
// server asks for, and it does not hold up the others.
func TestSourceThatFailsIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	n := f.nodes[aurelia]
	server := shelves(1)
	server.fail = fault.New(fault.Unavailable, "source.unreachable", "The server does not answer.").Because(errors.New("canary cause"))
	s := f.collecting(n, server, n.store)
	src := addSource(t, s, feedOf("https://feed.example/taxii2/"))
	var before time.Duration
	for failures := 1; failures <= 14; failures++ {
		_, polled, err := s.PollDue(t.Context())
		wantCode(t, err, "source.unreachable")
		src, err = s.Source(t.Context(), src.ID)
		must(t, err)
		pause := src.State.Due.Sub(f.now)
		low := min(30*time.Second<<(failures-1), 6*time.Hour)
		if !polled || src.State.Failures != failures || pause < low || pause > low+low/10 || pause < before-before/10 {
			t.Fatalf("failure %d: left alone for %v, %+v", failures, pause, src.State)
		}
		if src.State.Code != "source.unreachable" || strings.Contains(src.State.Fault, "canary") {
			t.Errorf("%+v", src.State)
		}
		before = pause
		f.now = src.State.Due
	}
	server.wait = 23 * time.Hour
	_, err := s.PollSource(t.Context(), src.ID, false)
	wantCode(t, err, "source.unreachable")
	src, err = s.Source(t.Context(), src.ID)
	must(t, err)
	if got := src.State.Due.Sub(f.now); got != 23*time.Hour {
		t.Errorf("Retry-After: left alone for %v", got)
	}
	f.now = src.State.Due
	server.fail = nil
	rep, _, err := s.PollDue(t.Context())
	must(t, err)
	if rep.New != 1 || rep.Source.Failing() || rep.Source.State.Fault != "" {
		t.Errorf("after it came back: %+v", rep)
	}
	server.fail = errors.New("canary of a library")
	_, err = s.PollSource(t.Context(), src.ID, false)
	if err == nil {
		t.Error("no error")
	}
	src, err = s.Source(t.Context(), src.ID)
	must(t, err)
	if src.State.Code != "internal" || strings.Contains(src.State.Fault, "canary") {
		t.Errorf("%+v", src.State)
	}
}

// several is a collector for each address.
type several map[string]*shelf

func (several) Check(exchange.Source) error { return nil }

func (s several) Offers(ctx context.Context, src exchange.Source, secret exchange.SourceSecret) ([]exchange.SourceOffer, error) {
	return s[src.URL].Offers(ctx, src, secret)
}

func (s several) Collect(ctx context.Context, src exchange.Source, secret exchange.SourceSecret, cursor string) (exchange.SourcePage, error) {
	return s[src.URL].Collect(ctx, src, secret, cursor)
}

// TestSourcesTakeTurns: one with more than a turn's pages waits for the others,
// and one whose server does not answer holds up only who asks it.
func TestSourcesTakeTurns(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	n := f.nodes[aurelia]
	large, small, slow := shelves(45), &shelf{}, &shelf{asking: make(chan struct{}), hold: make(chan struct{})}
	for i := range 3 {
		small.pages = append(small.pages, fed(100+i))
	}
	s := f.collecting(n, several{"https://large.example/": large, "https://small.example/": small, "https://slow.example/": slow}, n.store)
	addSource(t, s, feedOf("https://slow.example/"))
	var held sync.WaitGroup
	held.Go(func() { _, _, _ = s.PollDue(t.Context()) })
	<-slow.asking
	all, err := s.Sources(t.Context())
	must(t, err)
	_, err = s.PollSource(t.Context(), all[0].ID, false)
	wantCode(t, err, "source.busy")
	addSource(t, s, feedOf("https://large.example/"))
	f.now = f.now.Add(time.Second)
	addSource(t, s, feedOf("https://small.example/"))
	var order []string
	for {
		rep, polled, err := s.PollDue(t.Context())
		must(t, err)
		if !polled {
			break
		}
		order = append(order, fmt.Sprintf("%s %d", rep.Source.Name, rep.New))
		f.now = f.now.Add(time.Millisecond)
	}
	if want := []string{"large.example 20", "small.example 3", "large.example 20", "large.example 5"}; !slices.Equal(order, want) {
		t.Errorf("turns %v, want %v", order, want)
	}
	close(slow.hold)
	held.Wait()
}

// TestPausedSourceIsNotPolled, also when it is paused between two pages.
func TestPausedSourceIsNotPolled(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	n := f.nodes[aurelia]
	server := shelves(2)
	s := f.collecting(n, server, n.store)
	src := addSource(t, s, feedOf("https://feed.example/"))
	_, err := s.PauseSource(t.Context(), src.ID, true)
	must(t, err)
	if _, polled, _ := s.PollDue(t.Context()); polled || server.asked != 0 {
		t.Error("a paused source was polled")
	}
	_, err = s.PollSource(t.Context(), src.ID, false)
	wantCode(t, err, "source.paused")
	_, err = s.PauseSource(t.Context(), src.ID, false)
	must(t, err)
	rep, polled, err := s.PollDue(t.Context())
	must(t, err)
	if !polled || rep.New != 2 {
		t.Errorf("after it was resumed: %+v", rep)
	}
}

// TestDryRunKeepsNothing of what it looked at.
func TestDryRunKeepsNothing(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	n := f.nodes[aurelia]
	s := f.collecting(n, shelves(2), n.store)
	src := addSource(t, s, feedOf("https://feed.example/"))
	rep, err := s.PollSource(t.Context(), src.ID, true)
	must(t, err)
	objects, err := s.Objects(t.Context(), exchange.ObjectFilter{})
	must(t, err)
	after, err := s.Source(t.Context(), src.ID)
	must(t, err)
	if rep.Found != 1 || !rep.More || len(objects) != 0 || after.State != (exchange.SourceState{}) {
		t.Errorf("%+v, %d objects, %+v", rep, len(objects), after.State)
	}
}

// TestSecretOfASourceIsNowhereInClear: not in the database, and not in what is
// shown; it opens for its own address only and goes with its source.
func TestSecretOfASourceIsNowhereInClear(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	n := f.nodes[aurelia]
	server := shelves(1)
	s := f.collecting(n, server, n.store)
	src := addSource(t, s, feedOf("https://feed.example/"))
	if text := fmt.Sprintf("%v %+v %#v", src, feedOf("x"), feedOf("x")); strings.Contains(text, "canary") {
		t.Error("printed: " + text)
	}
	files, err := filepath.Glob(filepath.Join(n.dir, "node.db*"))
	must(t, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		must(t, err)
		if strings.Contains(string(b), "canary-token") {
			t.Errorf("%s holds the token", filepath.Base(file))
		}
	}
	// Somebody with the database, and not the key, sends the credential elsewhere.
	src.URL = "https://thief.example/"
	must(t, n.store.Write(t.Context(), func(tx exchange.Tx) error { return tx.PutSource(t.Context(), src) }))
	_, err = s.PollSource(t.Context(), src.ID, false)
	wantCode(t, err, "source.secret")
	if server.asked != 0 {
		t.Error("the thief was asked")
	}
	must(t, s.RemoveSource(t.Context(), src.ID))
	_, err = s.Source(t.Context(), src.ID)
	wantCode(t, err, "source.unknown")
	wantCode(t, s.RemoveSource(t.Context(), src.ID), "source.unknown")
	log, err := s.VerifyLog(t.Context())
	must(t, err)
	if log.FirstBad != -1 {
		t.Errorf("log: %+v", log)
	}
}

// TestObjectsOfASourceAreItsPartys: what a source brings under the id of an
// object of ours is set aside, as from a partner's node.
func TestObjectsOfASourceAreItsPartys(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	n := f.nodes[aurelia]
	n.imports(t, fed(0))
	server := shelves(1)
	server.pages[0] = strings.Replace(server.pages[0], "198.51.100.7", "198.51.100.8", 1)
	s := f.collecting(n, server, n.store)
	src := addSource(t, s, feedOf("https://feed.example/"))
	rep, err := s.PollSource(t.Context(), src.ID, false)
	must(t, err)
	if rep.Quarantined != 1 || rep.Refused[0].Code != "object.ours" {
		t.Errorf("%+v", rep)
	}
}
