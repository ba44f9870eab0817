package stories

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"entente/cli"
)

const (
	sender    = "csirt-aurelia"
	recipient = "csirt-borealis"
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

	nodes := twoNodes(t)
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
	id        string
	dir       string
	api, peer string
	token     string
	running   *exec.Cmd
	said      bytes.Buffer
}

// twoNodes makes two parties that know each other and share a treaty.
func twoNodes(t *testing.T) []*process {
	t.Helper()
	names := map[string]string{sender: "CSIRT Aurelia", recipient: "CSIRT Borealis"}
	territories := map[string]string{sender: "AA", recipient: "BB"}
	var nodes []*process
	for _, id := range []string{sender, recipient} {
		n := &process{t: t, id: id, dir: t.TempDir(), api: loopback(t), peer: loopback(t)}
		n.entente("init", "--id", id, "--name", names[id], "--kind", "csirt", "--jurisdiction", territories[id], "--endpoint", "https://"+n.peer)
		token, err := os.ReadFile(filepath.Join(n.dir, "token"))
		check(t, err)
		n.token = strings.TrimSpace(string(token))
		nodes = append(nodes, n)
	}
	laws, err := filepath.Glob("../examples/lantern/*.yaml")
	check(t, err)
	for i, n := range nodes {
		card, said := nodes[1-i].entente("party", "card")
		_, fingerprint, _ := strings.Cut(said, "fingerprint")
		file := filepath.Join(n.dir, "other.json")
		check(t, os.WriteFile(file, []byte(card), 0o600))
		n.entente("party", "add", file, "--fingerprint", strings.Fields(fingerprint)[0])
		for _, law := range laws {
			if filepath.Base(law) != "scenario.yaml" {
				n.entente("instrument", "add", law, "--by", "test")
			}
		}
	}
	return nodes
}

// entente runs the command line on the node's folder and returns what it wrote
// and what it said.
func (n *process) entente(args ...string) (out, said string) {
	n.t.Helper()
	var stdout, stderr bytes.Buffer
	if code := cli.Main(n.t.Context(), append([]string{"--data", n.dir}, args...), strings.NewReader(""), &stdout, &stderr); code != 0 {
		n.t.Fatalf("entente %v ended with %d: %s%s", args, code, stdout.String(), stderr.String())
	}
	return stdout.String(), stderr.String()
}

// ask calls the node's API and reads the answer into out, which may be nil.
func (n *process) ask(ctx context.Context, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+n.api+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+n.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// list is a page of the API's answer with what this test looks at.
type list struct {
	Items []struct {
		ID       string `json:"id"`
		Accepted int    `json:"accepted"`
		Release  string `json:"release"`
		Duty     struct {
			Clause string `json:"clause"`
			ID     string `json:"id"`
		} `json:"duty"`
	} `json:"items"`
}

func (n *process) list(ctx context.Context, path string) (list, error) {
	var l list
	return l, n.ask(ctx, http.MethodGet, path, nil, &l)
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
	for n.ask(ctx, http.MethodGet, "/v1/health/live", nil, nil) != nil {
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
			return d.node.ask(ctx, http.MethodPost, "/v1/objects", bundle, nil)
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
	before, err := d.node.list(ctx, "/v1/releases?object="+ids[0])
	if err != nil {
		return err
	}
	for _, r := range before.Items {
		d.releases = append(d.releases, r.ID)
	}
	if len(before.Items) > 0 {
		return nil
	}
	body, err := json.Marshal(map[string][]string{"objects": ids, "to": {recipient}})
	if err != nil {
		return err
	}
	var sent struct {
		Releases []struct {
			Release string `json:"release"`
		} `json:"releases"`
	}
	if err := d.node.ask(ctx, http.MethodPost, "/v1/releases", body, &sent); err != nil {
		return err
	}
	d.releases = append(d.releases, sent.Releases[0].Release)
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
		out, err := d.node.list(ctx, "/v1/outbox")
		if err == nil && len(out.Items) == 0 {
			return
		}
		if ctx.Err() != nil {
			d.t.Fatalf("%d deliveries did not end, %v", len(out.Items), err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// check holds both nodes to what the sender was told.
func (d *driver) check(ctx context.Context, to *process) {
	d.t.Helper()
	for _, id := range d.objects {
		if err := d.node.ask(ctx, http.MethodGet, "/v1/objects/"+id, nil, nil); err != nil {
			d.t.Errorf("%s was acknowledged: %v", id, err)
		}
		if err := to.ask(ctx, http.MethodGet, "/v1/objects/"+id, nil, nil); err != nil {
			d.t.Errorf("%s was released: %v", id, err)
		}
	}
	for _, id := range d.releases {
		var r struct {
			State      string `json:"state"`
			Deliveries []any  `json:"deliveries"`
		}
		if err := d.node.ask(ctx, http.MethodGet, "/v1/releases/"+id, nil, &r); err != nil || r.State != "delivered" || len(r.Deliveries) != 1 {
			d.t.Errorf("release %s was acknowledged and is %s in %d deliveries: %v", id, r.State, len(r.Deliveries), err)
		}
	}
	inbox, err := to.list(ctx, "/v1/inbox?limit=1000")
	check(d.t, err)
	duties, err := to.list(ctx, "/v1/duties")
	check(d.t, err)
	arrived, taken := map[string]int{}, 0
	for _, m := range inbox.Items {
		arrived[m.ID]++
		taken += m.Accepted
	}
	started, released := map[string]int{}, map[string]bool{}
	for _, u := range duties.Items {
		released[u.Release] = true
		started[u.Release+" "+u.Duty.Clause+" "+u.Duty.ID]++
	}
	for what, times := range started {
		if times != 1 {
			d.t.Errorf("the clock of %s was started %d times", what, times)
		}
	}
	if len(released) != len(d.releases) {
		d.t.Errorf("clocks of %d releases run, %d were acknowledged", len(released), len(d.releases))
	}
	// The inbox shows the newest thousand.
	if len(inbox.Items) < 1000 && (len(arrived) != len(d.releases) || taken != len(d.objects) || len(inbox.Items) != len(arrived)) {
		d.t.Errorf("%d messages with %d objects arrived, %d with %d were acknowledged", len(inbox.Items), taken, len(d.releases), len(d.objects))
	}
}

// checkEvidence verifies both logs and the receipt of every release, as anybody
// could with the files alone.
func (d *driver) checkEvidence(nodes []*process) {
	d.t.Helper()
	dir := d.t.TempDir()
	var cards []string
	for _, n := range nodes {
		card, _ := n.entente("party", "card")
		file := filepath.Join(dir, n.id+".json")
		check(d.t, os.WriteFile(file, []byte(card), 0o600))
		cards = append(cards, "--card", file)
		n.entente("log", "verify")
	}
	for i, release := range d.releases {
		if i%max(1, len(d.releases)/20) != 0 {
			continue // twenty of them, from first to last
		}
		file := filepath.Join(dir, fmt.Sprintf("evidence-%d.json", i))
		d.node.entente("log", "prove", release, "--out", file)
		out, said := d.node.entente(append([]string{"verify", file}, cards...)...)
		if !strings.Contains(out+said, "accepted") {
			d.t.Errorf("release %s is not proven as delivered:\n%s%s", release, out, said)
		}
	}
}
