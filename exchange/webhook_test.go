package exchange_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
	"entente/transparency"
)

// receivers are the tools that webhooks call, by address.
type receivers struct {
	mu   sync.Mutex
	took map[string][]exchange.WebhookMessage
	fail map[string]error
	wait time.Duration
	hold map[string]chan struct{} // an answer waits for this
	call chan string              // when set, is told of a call that waits
}

func newReceivers() *receivers {
	return &receivers{took: map[string][]exchange.WebhookMessage{}, fail: map[string]error{}, hold: map[string]chan struct{}{}}
}

func (r *receivers) Check(_ context.Context, h exchange.Webhook) error {
	if strings.Contains(h.URL, "forbidden") {
		return fault.New(fault.Invalid, "webhook.invalid", "No.").At("/url", "is forbidden")
	}
	return nil
}

func (r *receivers) Post(_ context.Context, h exchange.Webhook, m exchange.WebhookMessage) (time.Duration, error) {
	if hold := r.hold[h.URL]; hold != nil {
		r.call <- h.URL
		<-hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fail[h.URL]; err != nil {
		return r.wait, err
	}
	r.took[h.URL] = append(r.took[h.URL], m)
	return 0, nil
}

// bodies is what an address was told.
func (r *receivers) bodies(url string) (all []string) {
	for _, m := range r.took[url] {
		all = append(all, m.Body)
	}
	return all
}

// hooking is a node's service anew with receivers.
func (f *federation) hooking(n *testNode, r *receivers, db exchange.Store) *exchange.Service {
	conf := f.anew(n, db)
	conf.Webhooks = r
	return exchange.New(conf)
}

func addWebhook(t *testing.T, s *exchange.Service, to party.ID, url string) exchange.Webhook {
	t.Helper()
	h, err := s.AddWebhook(t.Context(), exchange.WebhookRequest{Party: to, URL: url})
	must(t, err)
	return h
}

// tellAll tells what is due, as the node does.
func tellAll(t *testing.T, s *exchange.Service) {
	t.Helper()
	due, err := s.WebhooksDue(t.Context())
	must(t, err)
	for _, id := range due {
		_, err := s.TellWebhook(t.Context(), id)
		must(t, err)
	}
}

const (
	toolB = "https://b.example/hook"
	toolC = "https://c.example/hook"
)

// hooks is two parties to which things are released, with one webhook each; b is
// that of borealis.
func hooks(t *testing.T) (f *federation, r *receivers, s *exchange.Service, b exchange.Webhook) {
	f = newFederation(t, aurelia, borealis, cordova)
	r = newReceivers()
	s = f.hooking(f.nodes[aurelia], r, f.nodes[aurelia].store)
	f.nodes[aurelia].imports(t, bundleOf(indicator("0001", tlpClear), indicator("0002", tlpClear), indicator("0003", tlpClear)))
	b = addWebhook(t, s, borealis, toolB)
	addWebhook(t, s, cordova, toolC)
	return f, r, s, b
}

func (f *federation) releases(n int, to party.ID) string {
	f.t.Helper()
	f.now = f.now.Add(time.Second)
	id := f.send(aurelia, to, idOf("indicator", fmt.Sprintf("%04d", n)))
	if id == "" {
		f.t.Fatalf("nothing is released to %s", to)
	}
	return id
}

// TestP20WebhookIsToldItsOwnPartysNoticesOnly: what another party got or lost is
// in no message, and no object is in any.
func TestP20WebhookIsToldItsOwnPartysNoticesOnly(t *testing.T) {
	t.Parallel()
	f, r, s, _ := hooks(t)
	forB, forC := f.releases(1, borealis), f.releases(2, cordova)
	tellAll(t, s)
	_, err := s.Recall(t.Context(), exchange.RecallRequest{Release: forC, Reason: "wrong address"})
	must(t, err)
	recalled, due := f.now.Format(time.RFC3339), f.now.Add(72*time.Hour).Format(time.RFC3339)
	tellAll(t, s)
	if got := r.bodies(toolB); len(got) != 1 || got[0] != `{"kind":"release","release":"`+forB+`","at":"2026-03-02T09:00:01Z","objects":1}` {
		t.Errorf("borealis is told %q", got)
	}
	if got := r.bodies(toolC); len(got) != 2 || got[1] != `{"kind":"recall","release":"`+forC+`","at":"`+recalled+`","reason":"wrong address","due":"`+due+`"}` {
		t.Errorf("cordova is told %q", got)
	}
	for _, m := range slices.Concat(r.took[toolB], r.took[toolC]) {
		if strings.Contains(m.Body, "indicator") || strings.Contains(m.Body, "aec0706") {
			t.Errorf("it has something of an object: %s", m.Body)
		}
	}
}

// TestWebhookSignature (Standard Webhooks 1.0.0, "Signature scheme"): a receiver
// verifies with the card alone, and what is for it begins with its webhook's id.
func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	f, r, s, b := hooks(t)
	rel := f.releases(1, borealis)
	tellAll(t, s)
	m := r.took[toolB][0]
	if m.ID != b.ID+"_release_"+rel || strings.Contains(m.ID, ".") || m.Timestamp != f.now.Unix() {
		t.Errorf("id %s, timestamp %d", m.ID, m.Timestamp)
	}
	sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Signature, "v1a,"))
	must(t, err)
	key := ed25519.PublicKey(f.nodes[borealis].card(t, aurelia).SigningKeys[0].PublicKey)
	if !strings.HasPrefix(m.Signature, "v1a,") || !ed25519.Verify(key, fmt.Appendf(nil, "%s.%d.%s", m.ID, m.Timestamp, m.Body), sig) {
		t.Error("the signature does not verify with the key on the card")
	}
	if ed25519.Verify(key, fmt.Appendf(nil, "%s.%d.%s", m.ID, m.Timestamp+1, m.Body), sig) {
		t.Error("it verifies with another time")
	}
}

// TestWebhookBeginsWithWhatHappensNext: what was before it is told to nobody, what
// no longer stands is not announced, and what comes is told in order, once.
func TestWebhookBeginsWithWhatHappensNext(t *testing.T) {
	t.Parallel()
	f, r, s, _ := hooks(t)
	before := f.releases(1, borealis)
	late := addWebhook(t, s, borealis, "https://late.example/")
	tellAll(t, s)
	if got := r.bodies(late.URL); len(got) != 0 {
		t.Errorf("a new webhook is told %q", got)
	}
	second, third := f.releases(2, borealis), f.releases(3, borealis)
	_, err := s.Recall(t.Context(), exchange.RecallRequest{Release: before, Reason: "a mistake"})
	must(t, err)
	_, err = s.Recall(t.Context(), exchange.RecallRequest{Release: second, Reason: "a mistake"})
	must(t, err)
	tellAll(t, s)
	tellAll(t, s)
	var got []string
	for _, m := range r.took[late.URL] {
		got = append(got, strings.TrimPrefix(m.ID, late.ID))
	}
	if want := []string{"_recall_" + before, "_recall_" + second, "_release_" + third}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	h, err := s.Webhook(t.Context(), late.ID)
	must(t, err)
	if h.State.Told != 3 || !h.State.Upto.Equal(f.now) || h.State.Succeeded.IsZero() {
		t.Errorf("%+v", h.State)
	}
}

// TestWebhookLosesNothingWhereverItIsKilled: before and after each write. A notice
// may be told twice, with one id, and none is passed over.
func TestWebhookLosesNothingWhereverItIsKilled(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for kill := 1; kill <= 2; kill++ {
			f, r, s, b := hooks(t)
			want := []string{f.releases(1, borealis), f.releases(2, borealis)}
			dying := f.hooking(f.nodes[aurelia], r, &broken{Store: f.nodes[aurelia].store, left: kill, after: after})
			if _, err := dying.TellWebhook(t.Context(), b.ID); !errors.Is(err, errPower) {
				t.Fatal(err)
			}
			f.now = f.now.Add(time.Minute)
			tellAll(t, s)
			var ids []string
			for _, m := range r.took[toolB] {
				ids = append(ids, strings.TrimPrefix(m.ID, b.ID+"_release_"))
			}
			if twice := len(ids) == 3; twice == after || !slices.Equal(slices.Compact(ids), want) {
				t.Errorf("killed at write %d (after it: %v): told %v, want %v", kill, after, ids, want)
			}
		}
	}
}

func refusing(status string) error {
	return fault.New(fault.Unavailable, "webhook.answer", "The receiver answers %s.", status).Because(errors.New("canary cause"))
}

// TestWebhookThatFailsIsLeftAlone: for twice as long each time, as long as its
// receiver asks for, and after five days until somebody looks. Then it goes on
// where it was.
func TestWebhookThatFailsIsLeftAlone(t *testing.T) {
	t.Parallel()
	f, r, s, b := hooks(t)
	rel := f.releases(1, borealis)
	r.fail[toolB] = refusing("500")
	began := f.now
	for failures := 1; ; failures++ {
		if due, err := s.WebhooksDue(t.Context()); err != nil || len(due) != 1 {
			t.Fatalf("due: %v, %v", due, err)
		}
		turn, err := s.TellWebhook(t.Context(), b.ID)
		wantCode(t, err, "webhook.answer")
		st := turn.Webhook.State
		pause, low := st.Due.Sub(f.now), min(5*time.Second<<min(failures-1, 20), 6*time.Hour)
		if st.Failures != failures || pause < low || pause > low+low/10 || !st.Since.Equal(began) || st.Code != "webhook.answer" || strings.Contains(st.Fault, "canary") {
			t.Fatalf("failure %d: left alone for %v, %+v", failures, pause, st)
		}
		if due, err := s.WebhooksDue(t.Context()); err != nil || len(due) != 0 {
			t.Fatalf("it is not left alone: %v, %v", due, err)
		}
		if turn.Webhook.Paused {
			if took := f.now.Sub(began); took < 5*24*time.Hour || took > 6*24*time.Hour || !strings.Contains(st.Fault, "entente webhook resume "+b.ID) {
				t.Errorf("paused after %v: %s", took, st.Fault)
			}
			break
		}
		f.now = st.Due
	}
	f.now = f.now.Add(30 * 24 * time.Hour)
	tellAll(t, s)
	h, err := s.PauseWebhook(t.Context(), b.ID, false)
	must(t, err)
	if h.Paused || h.Failing() || h.State.Fault != "" {
		t.Errorf("resumed: %+v", h)
	}
	r.wait = 23 * time.Hour
	turn, err := s.TellWebhook(t.Context(), b.ID)
	wantCode(t, err, "webhook.answer")
	if got := turn.Webhook.State.Due.Sub(f.now); got != 23*time.Hour || turn.Webhook.Paused {
		t.Errorf("Retry-After: left alone for %v, %+v", got, turn.Webhook)
	}
	f.now = turn.Webhook.State.Due
	delete(r.fail, toolB)
	tellAll(t, s)
	h, err = s.Webhook(t.Context(), b.ID)
	must(t, err)
	if len(r.took[toolB]) != 1 || r.took[toolB][0].ID != b.ID+"_release_"+rel || h.Failing() {
		t.Errorf("after it came back: %+v, %+v", r.took, h.State)
	}
}

// TestWebhookThatIsGoneIsPaused at once (Standard Webhooks 1.0.0, "Delivery success
// and failure", 410), and can be tried while it is.
func TestWebhookThatIsGoneIsPaused(t *testing.T) {
	t.Parallel()
	f, r, s, b := hooks(t)
	f.releases(1, borealis)
	r.fail[toolB] = fault.New(fault.Unavailable, "webhook.gone", "Gone.")
	turn, err := s.TellWebhook(t.Context(), b.ID)
	wantCode(t, err, "webhook.gone")
	if !turn.Webhook.Paused || turn.Webhook.State.Code != "webhook.gone" {
		t.Errorf("%+v", turn.Webhook)
	}
	_, err = s.TestWebhook(t.Context(), b.ID, false)
	wantCode(t, err, "webhook.gone")
	dry, err := s.TestWebhook(t.Context(), b.ID, true)
	must(t, err)
	delete(r.fail, toolB)
	m, err := s.TestWebhook(t.Context(), b.ID, false)
	must(t, err)
	if m.Body != `{"kind":"test","at":"`+f.now.Format(time.RFC3339)+`"}` || !strings.HasPrefix(m.ID, b.ID+"_test_") || len(r.took[toolB]) != 1 || r.took[toolB][0] != m || dry.Body != m.Body {
		t.Errorf("%+v, took %+v", m, r.took[toolB])
	}
	f.now = f.now.Add(time.Hour)
	tellAll(t, s)
	if len(r.took[toolB]) != 1 {
		t.Error("a paused webhook is told")
	}
}

// TestSlowReceiverHoldsUpNobody: while one does not answer, another is told and
// what is delivered is delivered.
func TestSlowReceiverHoldsUpNobody(t *testing.T) {
	t.Parallel()
	f, r, s, b := hooks(t)
	f.releases(1, borealis)
	r.call, r.hold[toolB] = make(chan string), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		if turn, err := s.TellWebhook(t.Context(), b.ID); err != nil || turn.Told != 1 {
			t.Errorf("the slow one: %+v, %v", turn, err)
		}
	})
	<-r.call
	if due, err := s.WebhooksDue(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("it is called twice at once: %v, %v", due, err)
	}
	rep, err := s.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0002")}, To: []party.ID{cordova}}})
	must(t, err)
	f.deliver(f.nodes[aurelia])
	tellAll(t, s)
	if v, err := s.Release(t.Context(), rep.Releases[0].Release); err != nil || v.State != exchange.Delivered || len(r.bodies(toolC)) != 1 {
		t.Errorf("%v, state %s, told %q", err, v.State, r.bodies(toolC))
	}
	close(r.hold[toolB])
	slow.Wait()
}

// TestWebhookIsCheckedBeforeItIsAdded: all that is wrong is said at once.
func TestWebhookIsCheckedBeforeItIsAdded(t *testing.T) {
	t.Parallel()
	_, _, s, b := hooks(t)
	for name, c := range map[string]struct {
		in exchange.WebhookRequest
		at string
	}{
		"http":                {exchange.WebhookRequest{Party: borealis, URL: "http://b.example/"}, "/url"},
		"no host":             {exchange.WebhookRequest{Party: borealis, URL: "https:///hook"}, "/url"},
		"password in the URL": {exchange.WebhookRequest{Party: borealis, URL: "https://u:canary@b.example/"}, "/url"},
		"token in the URL":    {exchange.WebhookRequest{Party: borealis, URL: "https://b.example/?sig=canary"}, "/url"},
		"label":               {exchange.WebhookRequest{Party: borealis, URL: toolB, Label: "x\u202e"}, "/label"},
		"authorities":         {exchange.WebhookRequest{Party: borealis, URL: toolB, CA: strings.Repeat("x", 1<<20)}, "/ca"},
		"not to be called":    {exchange.WebhookRequest{Party: borealis, URL: "https://forbidden.example/"}, "/url"},
	} {
		_, err := s.AddWebhook(t.Context(), c.in)
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || f.Code != "webhook.invalid" || len(f.Fields) != 1 || f.Fields[0].Pointer != c.at || strings.Contains(fmt.Sprint(err, f.Fields), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.AddWebhook(t.Context(), exchange.WebhookRequest{Party: "csirt-nobody", URL: toolB})
	wantCode(t, err, "party.unknown")
	_, err = s.AddWebhook(t.Context(), exchange.WebhookRequest{Party: borealis, URL: b.URL})
	wantCode(t, err, "webhook.exists")
}

// TestWebhookLeavesATrace: adding and removing is in the log, and a removed one is
// told nothing.
func TestWebhookLeavesATrace(t *testing.T) {
	t.Parallel()
	f, r, s, b := hooks(t)
	before, err := s.VerifyLog(t.Context())
	must(t, err)
	f.releases(1, borealis)
	must(t, s.RemoveWebhook(t.Context(), b.ID))
	wantCode(t, s.RemoveWebhook(t.Context(), b.ID), "webhook.unknown")
	turn, err := s.TellWebhook(t.Context(), b.ID)
	must(t, err)
	tellAll(t, s)
	if turn.Told != 0 || len(r.took[toolB]) != 0 {
		t.Error("a removed webhook is told")
	}
	after, err := s.VerifyLog(t.Context())
	must(t, err)
	if after.FirstBad != -1 {
		t.Errorf("log: %+v", after)
	}
	var entries []transparency.Logged
	must(t, f.nodes[aurelia].store.Read(t.Context(), func(rd exchange.Reader) (err error) {
		entries, err = rd.LogEntries(t.Context(), before.Size-2, after.Size)
		return err
	}))
	var changes []string
	for _, e := range entries {
		for _, change := range []string{"webhook-removed", "webhook"} {
			if strings.Contains(string(e.Body), `"change":"`+change+`"`) {
				changes = append(changes, change)
			}
		}
	}
	if want := []string{"webhook", "webhook", "webhook-removed"}; !slices.Equal(changes, want) {
		t.Errorf("in the log: %v, want %v", changes, want)
	}
}
