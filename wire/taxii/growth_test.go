package taxii_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/plot"
	"entente/party"
)

// point is what a door costs on a node of some size.
type point struct {
	Objects int           `json:"objects"` // held and released to each party
	Parties int           `json:"parties"`
	Page    time.Duration `json:"page"`    // of 100, paging forward from the middle
	ByID    time.Duration `json:"by_id"`   // one object by its id
	Absent  time.Duration `json:"absent"`  // an object that is not there
	Drain   float64       `json:"drain"`   // objects a second, pages of 1 000
	Add     float64       `json:"add"`     // objects a second, 1 000 in one request, durable
	AddOne  float64       `json:"add_one"` // requests a second of one object, one client, durable
	Peak    int           `json:"peak"`    // resident memory of the process at its highest, MiB
	Size    int64         `json:"size"`    // of the database, MiB
}

// TestGrowth measures the door on nodes of growing size, each in a process of
// its own, and writes the page and the plot of docs/reference. It runs only when
// asked. What it builds under ENTENTE_GROWTH_DATA it uses again.
//
//	ENTENTE_GROWTH=10000000 ENTENTE_GROWTH_DATA=… go test -count=1 -run 'TestGrowth$' -timeout 120m ./wire/taxii
func TestGrowth(t *testing.T) { //nolint:paralleltest // it measures time
	limit, err := strconv.Atoi(cmp.Or(os.Getenv("ENTENTE_GROWTH"), "0"))
	if err != nil || limit == 0 {
		t.Skip("set ENTENTE_GROWTH to the number of objects to go up to")
	}
	var objects, parties []point
	for n := 10_000; n <= limit; n *= 10 {
		objects = append(objects, inOwnProcess(t, n, 1))
	}
	for n := 1; n <= 1_000; n *= 10 {
		parties = append(parties, inOwnProcess(t, 1_000, n))
	}
	writeGrowth(t, objects, parties)
}

// inOwnProcess measures one size, so that the memory is that of this size alone.
func inOwnProcess(t *testing.T, objects, parties int) point {
	t.Helper()
	out := filepath.Join(t.TempDir(), "point.json")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestGrowthPoint$", "-test.timeout", "120m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("ENTENTE_GROWTH_POINT=%d %d %s", objects, parties, out))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	must(t, cmd.Run())
	raw, err := os.ReadFile(out)
	must(t, err)
	var p point
	must(t, json.Unmarshal(raw, &p))
	t.Logf("%+v", p)
	return p
}

// TestGrowthPoint is what TestGrowth runs in a process of its own: once to fill
// the node when there is none, and again to measure it.
func TestGrowthPoint(t *testing.T) { //nolint:paralleltest // it measures time
	var p point
	var out string
	if _, err := fmt.Sscan(os.Getenv("ENTENTE_GROWTH_POINT"), &p.Objects, &p.Parties, &out); err != nil {
		t.Skip("TestGrowth runs it")
	}
	dir := cmp.Or(os.Getenv("ENTENTE_GROWTH_DATA"), t.TempDir())
	dir = filepath.Join(dir, fmt.Sprintf("%d-%d", p.Objects, p.Parties))
	if _, err := os.Stat(filepath.Join(dir, "filled")); err != nil {
		if os.Getenv("ENTENTE_GROWTH_FILL") != "" {
			fillNode(t, dir, p)
			return
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestGrowthPoint$", "-test.timeout", "120m")
		cmd.Env = append(os.Environ(), "ENTENTE_GROWTH_FILL=1", "ENTENTE_GROWTH_DATA="+filepath.Dir(dir))
		must(t, cmd.Run())
	}
	w := openWorld(t, dir)
	w.measure(&p)
	raw, err := json.Marshal(p)
	must(t, err)
	must(t, os.WriteFile(out, raw, 0o600))
}

// fillNode makes a node: everything is imported as anybody would, and put into the feeds
// in releases of a thousand without deciding on them.
func fillNode(t *testing.T, dir string, p point) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	w := openWorld(t, dir)
	to := []party.ID{borealis}
	for n := 1; n < p.Parties; n++ {
		id := party.ID(fmt.Sprintf("party-%04d", n))
		w.meet(party.Party{ID: id, Name: string(id), Kind: "csirt", Jurisdiction: "BB"})
		to = append(to, id)
	}
	epoch := w.epoch()
	const chunk = 1000
	for from := 0; from < p.Objects; from += chunk {
		if w.get(borealis, objects+indicatorID(from+chunk-1)+"/").status == http.StatusOK {
			continue // an earlier fill that was broken off came this far
		}
		body := "[" + strings.Join(many(from, from+chunk), ",") + "]"
		_, err := w.node.Import(t.Context(), exchange.ImportRequest{Data: []byte(body)})
		must(t, err)
		must(t, w.db.Write(t.Context(), func(tx exchange.Tx) error {
			for _, id := range to {
				if err := w.fillOne(tx, id, epoch, from, from+chunk, false); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	must(t, os.WriteFile(filepath.Join(dir, "filled"), nil, 0o600))
}

func (w *world) measure(p *point) {
	middle := w.get(borealis, manifest+"?match[id]="+indicatorID(p.Objects/2)).header.Get("X-TAXII-Date-Added-Last")
	half := objects + "?limit=%d&added_after=" + middle
	for range 2 { // the first round warms the caches
		next := ""
		p.Page = each(max(1, min(100, p.Objects/200)), func(int) {
			next = "&next=" + token(w.get(borealis, fmt.Sprintf(half, 100)+next).body)
		})
	}
	p.ByID = each(500, func(n int) { w.expect(http.StatusOK, objects+indicatorID(n*(p.Objects/500))+"/") })
	p.Absent = each(500, func(n int) { w.expect(http.StatusNotFound, objects+indicatorID(p.Objects+n)+"/") })
	got, next, started := 0, "", time.Now()
	for got < min(p.Objects, 300_000) {
		body := w.get(borealis, objects+"?limit=1000"+next).body
		got += strings.Count(body, `"type":"indicator"`)
		next = "&next=" + token(body)
	}
	p.Drain = float64(got) / time.Since(started).Seconds()
	fresh := int(time.Now().UnixNano() / 1000 % 1_000_000_000_000) // ids nobody has sent yet
	took := each(10, func(n int) { w.add(`{"objects":[` + strings.Join(many(fresh+n*1000, fresh+n*1000+1000), ",") + `]}`) })
	p.Add = 1000 / took.Seconds()
	p.AddOne = 1 / each(500, func(n int) { w.add(`{"objects":[` + malware(fresh+n) + `]}`) }).Seconds()
	p.Peak, p.Size = peak(w.t), size(w.t, w.file)
}

// token is where the next page of an answer starts; decoding the rest is the
// client's work.
func token(body string) string {
	rest, _ := strings.CutPrefix(body, `{"more":true,"next":"`)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

func (w *world) expect(status int, path string) {
	if r := w.get(borealis, path); r.status != status {
		w.t.Fatalf("%s: %d", path, r.status)
	}
}

func each(n int, f func(n int)) time.Duration {
	started := time.Now()
	for i := range n {
		f(i)
	}
	return time.Since(started) / time.Duration(n)
}

// peak is the resident memory of this process at its highest, in MiB.
func peak(t testing.TB) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	must(t, err)
	return kib >> 10
}

func size(t testing.TB, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	must(t, err)
	return info.Size() >> 20
}

func writeGrowth(t *testing.T, objects, parties []point) {
	t.Helper()
	page := fmt.Sprintf(growthPage, runtime.Version(), runtime.GOMAXPROCS(0), rows(objects), rows(parties))
	must(t, os.WriteFile("../../docs/reference/taxii.md", []byte(page), 0o644))
	svg := plot.Chart{
		X: "objects released to the party, or parties with 1 000 objects each", Y: "milliseconds in the server", XRange: [2]int{0, 7}, YRange: [2]int{-2, 2},
		Series: []plot.Series{
			{
				Name: "page of 100", Colour: "#1f5fa8", Points: along(objects, func(p point) (int, time.Duration) { return p.Objects, p.Page }),
				Limits: []plot.Limit{{Point: plot.Point{X: 10_000, Y: 1}, Label: "at most 1 ms"}, {Point: plot.Point{X: 10_000_000, Y: 2}, Label: "at most 2 ms"}},
			},
			{
				Name: "one object by id", Colour: "#2b7a3d", Points: along(objects, func(p point) (int, time.Duration) { return p.Objects, p.ByID }),
				Limits: []plot.Limit{{Point: plot.Point{X: 10_000_000, Y: 0.5}, Label: "at most 0.5 ms"}},
			},
			{Name: "page of 100, by parties", Colour: "#b35900", Points: along(parties, func(p point) (int, time.Duration) { return p.Parties, p.Page })},
		},
	}.SVG()
	must(t, os.WriteFile("../../docs/reference/taxii.svg", []byte(svg), 0o644))
}

func along(points []point, of func(point) (int, time.Duration)) []plot.Point {
	var out []plot.Point
	for _, p := range points {
		x, y := of(p)
		out = append(out, plot.Point{X: float64(x), Y: y.Seconds() * 1000})
	}
	return out
}

func rows(points []point) string {
	var b strings.Builder
	for _, p := range points {
		fmt.Fprintf(&b, "| %d | %d | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f | %d | %d |\n",
			p.Objects, p.Parties, p.Page.Seconds()*1000, p.ByID.Seconds()*1000, p.Absent.Seconds()*1000, p.Drain, p.Add, p.AddOne, p.Peak, p.Size)
	}
	return b.String()
}

const growthPage = `# Growth of the TAXII door

Written by TestGrowth (wire/taxii/growth_test.go), not by hand. %s, %d processors, embedded database. Everything was imported as an operator does, log and search
index included; the feeds were filled without deciding. Times are in the server, authentication included, network excluded; each size ran in a process of its own,
whose memory at its highest is given. A page is one of 100 objects in a row from the middle on.

![milliseconds by objects and by parties](taxii.svg)

## By objects

| objects | parties | page of 100, ms | by id, ms | absent, ms | drain, objects/s | add 1 000, objects/s | add one, requests/s | memory, MiB | database, MiB |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
%s
## By parties, each with a feed of its own

| objects | parties | page of 100, ms | by id, ms | absent, ms | drain, objects/s | add 1 000, objects/s | add one, requests/s | memory, MiB | database, MiB |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
%s`
