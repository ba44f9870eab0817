package stories

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"entente/cli"
	"entente/client"
	"entente/examples"
	"entente/exchange"
	"entente/node"
	"entente/party"
)

const (
	sender    party.ID = "csirt-aurelia"
	recipient party.ID = "csirt-borealis"
)

// TestKillDuringIngestAndDelivery (F1, P7, P8): two nodes exchange while one of
// them is killed at random moments and started again. What was acknowledged is
// there, nothing had an effect twice, both logs hold and every receipt verifies.
//
// ENTENTE_KILLS says how many kills (3), ENTENTE_SEED repeats the moments of one
// run; what the nodes were doing at that moment is theirs.
func TestKillDuringIngestAndDelivery(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "ENTENTE_KILLS", 3), number(t, "ENTENTE_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("ENTENTE_SEED=%d ENTENTE_KILLS=%d", seed, kills)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Duration(kills)*5*time.Second)
	defer cancel()

	nodes := twoNodes(ctx, t)
	for _, n := range nodes {
		n.start(ctx)
	}
	d := &driver{t: t, node: nodes[0], ended: make(chan struct{}), random: rand.New(rand.NewPCG(uint64(seed), 1))}
	var wg sync.WaitGroup
	wg.Go(func() { d.run(ctx) })
	for range kills {
		time.Sleep(time.Duration(100+random.IntN(500)) * time.Millisecond)
		n := nodes[random.IntN(2)]
		n.kill()
		n.start(ctx)
	}
	close(d.ended)
	wg.Wait()
	d.settle(ctx)
	t.Logf("%d objects and %d releases acknowledged", len(d.objects), len(d.releases))
	d.check(ctx, nodes[1])
	for _, n := range nodes {
		n.kill()
	}
	d.checkEvidence(nodes)
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	check(t, err)
	return n
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// process is a node in a process of its own.
type process struct {
	t         *testing.T
	id        party.ID
	dir       string
	api, peer string
	client    *client.Client
	running   *exec.Cmd
	said      bytes.Buffer
}

// twoNodes makes two parties that know each other and share a treaty.
func twoNodes(ctx context.Context, t *testing.T) []*process {
	t.Helper()
	known, err := examples.LanternParties()
	check(t, err)
	var nodes []*process
	cards := map[party.ID]party.Party{}
	for _, id := range []party.ID{sender, recipient} {
		n := &process{t: t, id: id, dir: t.TempDir(), api: loopback(t), peer: loopback(t)}
		p := known[slices.IndexFunc(known, func(p party.Party) bool { return p.ID == id })]
		p.Endpoint = "https://" + n.peer
		cards[id], err = node.Init(ctx, node.InitOptions{Dir: n.dir, Party: p})
		check(t, err)
		token, err := os.ReadFile(filepath.Join(n.dir, "token"))
		check(t, err)
		n.client = client.New("http://"+n.api, strings.TrimSpace(string(token)), nil)
		nodes = append(nodes, n)
	}
	for i, n := range nodes {
		n.introduce(ctx, cards[nodes[1-i].id])
	}
	return nodes
}

func (n *process) introduce(ctx context.Context, other party.Party) {
	n.t.Helper()
	open, err := node.Open(ctx, node.Config{Dir: n.dir})
	check(n.t, err)
	card, err := json.Marshal(other)
	check(n.t, err)
	_, err = open.Exchange().AddParty(ctx, exchange.AddPartyRequest{Card: card, Fingerprint: other.Fingerprint().String()})
	check(n.t, err)
	laws, err := examples.LanternInstruments()
	check(n.t, err)
	for _, l := range laws {
		_, err := open.Exchange().AddInstrument(ctx, exchange.AddInstrumentRequest{File: l.Name, Source: l.Data, By: "test"})
		check(n.t, err)
	}
	check(n.t, open.Close())
}

func loopback(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, l.Close())
	return l.Addr().String()
}

// start runs the node and waits until it answers.
func (n *process) start(ctx context.Context) {
	n.t.Helper()
	self, err := os.Executable()
	check(n.t, err)
	cmd := exec.CommandContext(ctx, self, "--data", n.dir, "serve", "--listen", n.api, "--peer-listen", n.peer, "--allow-loopback")
	cmd.Args[0] = "entente" // which makes this test the real program, see TestMain
	cmd.Stderr = &n.said
	check(n.t, cmd.Start())
	n.running = cmd
	for n.client.Live(ctx) != nil {
		if ctx.Err() != nil {
			n.t.Fatalf("%s does not come back: %s", n.id, n.said.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// kill ends the node without warning.
func (n *process) kill() {
	_ = n.running.Process.Kill()
	_ = n.running.Wait()
}

// driver imports and releases as a person would who tries again after an error.
type driver struct {
	t        *testing.T
	node     *process
	random   *rand.Rand
	ended    chan struct{}
	objects  []string // acknowledged by an import
	releases []string // acknowledged by a send
}

func (d *driver) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-d.ended:
			return
		default:
		}
		ids, bundle := d.bundle()
		d.insist(ctx, func() error {
			_, err := d.node.client.Import(ctx, bundle, "kill test", "")
			return err
		})
		d.objects = append(d.objects, ids...)
		d.insist(ctx, func() error { return d.release(ctx, ids) })
	}
}

// insist repeats what failed because a node was down.
func (d *driver) insist(ctx context.Context, act func() error) {
	for {
		err := act()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			d.t.Errorf("gave up: %v", err)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// release sends what was not sent: when the answer to a send was lost, the node
// knows whether it happened.
func (d *driver) release(ctx context.Context, ids []string) error {
	before, err := d.node.client.Releases(ctx, exchange.ReleaseFilter{Object: ids[0], Limit: 10})
	if err != nil {
		return err
	}
	for _, r := range before.Items {
		d.releases = append(d.releases, r.ID)
	}
	if len(before.Items) > 0 {
		return nil
	}
	rep, err := d.node.client.Send(ctx, exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: ids, To: []party.ID{recipient}}})
	if err != nil {
		return err
	}
	d.releases = append(d.releases, rep.Releases[0].Release)
	return nil
}

func (d *driver) bundle() (ids []string, data []byte) {
	var objects []string
	for range 1 + d.random.IntN(4) {
		id := "indicator--" + uuid.NewString()
		ids = append(ids, id)
		objects = append(objects, fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":%q,"created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z",
			"pattern":"[file:name = '%s']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z",
			"object_marking_refs":["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]}`, id, id))
	}
	return ids, fmt.Appendf(nil, `{"type":"bundle","id":"bundle--%s","objects":[%s]}`, uuid.NewString(), strings.Join(objects, ","))
}

// settle waits until nothing is on its way any more.
func (d *driver) settle(ctx context.Context) {
	d.t.Helper()
	for {
		out, err := d.node.client.Outbox(ctx)
		if err == nil && len(out) == 0 {
			return
		}
		if ctx.Err() != nil {
			d.t.Fatalf("%d deliveries did not end, %v: %+v", len(out), err, out[:min(3, len(out))])
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// check holds both nodes to what the sender was told.
func (d *driver) check(ctx context.Context, to *process) {
	d.t.Helper()
	for _, id := range d.objects {
		if _, err := d.node.client.Object(ctx, id); err != nil {
			d.t.Errorf("%s was acknowledged: %v", id, err)
		}
		if _, err := to.client.Object(ctx, id); err != nil {
			d.t.Errorf("%s was released: %v", id, err)
		}
	}
	for _, id := range d.releases {
		r, err := d.node.client.Release(ctx, id)
		if err != nil || r.State != exchange.Delivered || len(r.Deliveries) != 1 {
			d.t.Errorf("release %s was acknowledged and is %s in %d deliveries: %v", id, r.State, len(r.Deliveries), err)
		}
	}
	inbox, err := to.client.Inbox(ctx, 1000)
	check(d.t, err)
	duties, err := to.client.Duties(ctx, false)
	check(d.t, err)
	arrived, taken := map[string]int{}, 0
	for _, m := range inbox {
		_, id, _ := strings.Cut(m.ID, "/")
		arrived[id]++
		taken += m.Accepted
	}
	started := map[string]int{}
	for _, u := range duties {
		started[u.Release+" "+u.Duty.Clause+" "+u.Duty.ID]++
	}
	for what, times := range started {
		if times != 1 {
			d.t.Errorf("the clock of %s was started %d times", what, times)
		}
	}
	if len(inbox) < 1000 && (len(arrived) != len(d.releases) || taken != len(d.objects) || len(inbox) != len(arrived)) {
		d.t.Errorf("%d messages with %d objects arrived, %d with %d were acknowledged", len(inbox), taken, len(d.releases), len(d.objects))
	}
}

// checkEvidence verifies both logs and the receipt of every release, as anybody
// could with the files alone.
func (d *driver) checkEvidence(nodes []*process) {
	d.t.Helper()
	dir := d.t.TempDir()
	var cards []string
	for _, n := range nodes {
		file := filepath.Join(dir, string(n.id)+".json")
		check(d.t, os.WriteFile(file, d.entente(n, "party", "card"), 0o600))
		cards = append(cards, "--card", file)
		d.entente(n, "log", "verify")
	}
	for i, release := range d.releases {
		if i%max(1, len(d.releases)/20) != 0 {
			continue // twenty of them, from first to last
		}
		file := filepath.Join(dir, "evidence.json")
		check(d.t, os.RemoveAll(file))
		d.entente(d.node, "log", "prove", release, "--out", file)
		if out := d.entente(d.node, append([]string{"verify", file}, cards...)...); !strings.Contains(string(out), "accepted") {
			d.t.Errorf("release %s is not proven as delivered:\n%s", release, out)
		}
	}
}

// entente runs the command line on a node's folder.
func (d *driver) entente(n *process, args ...string) []byte {
	d.t.Helper()
	var out, said bytes.Buffer
	if code := cli.Main(d.t.Context(), append([]string{"--data", n.dir}, args...), strings.NewReader(""), &out, &said); code != 0 {
		d.t.Fatalf("entente %v ended with %d: %s%s", args, code, out.String(), said.String())
	}
	return out.Bytes()
}
