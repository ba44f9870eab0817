package stories

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// TestP17KillWhileDutiesFallDue (F1): a node of an exercise is killed at random
// moments while its duties fall due, a quarter of a second apart. Every duty that was
// acknowledged is told about four times, in order, and no more.
//
// ENTENTE_KILLS says how many kills (3), ENTENTE_SEED repeats the moments of a run.
func TestP17KillWhileDutiesFallDue(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "ENTENTE_KILLS", 3), number(t, "ENTENTE_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("ENTENTE_SEED=%d ENTENTE_KILLS=%d", seed, kills)
	random := rand.New(rand.NewPCG(uint64(seed), 2))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Duration(kills)*5*time.Second)
	defer cancel()

	n := &process{t: t, id: sender, dir: t.TempDir(), api: loopback(t), peer: loopback(t)}
	n.entente("init", "--id", sender, "--name", "CSIRT Aurelia", "--kind", "csirt", "--jurisdiction", "AA", "--exercise", "autumn")
	token, err := os.ReadFile(filepath.Join(n.dir, "token"))
	check(t, err)
	n.token = strings.TrimSpace(string(token))
	n.entente("instrument", "add", "eu-nis2", "--by", "test")
	n.start(ctx)
	var ids []string
	for i := range 10 + 4*kills {
		// A day of the clause takes 0.9 s, so those that began later are due later.
		began := time.Now().Add(time.Duration(i)*250*time.Millisecond - 500*time.Millisecond)
		ids = append(ids, n.takes(ctx, fmt.Sprintf("INC-%d", i), began))
	}
	for range kills {
		time.Sleep(time.Duration(100+random.IntN(900)) * time.Millisecond)
		n.kill()
		n.start(ctx)
	}
	for _, id := range ids {
		for n.told(ctx, id) != "warn due overdue escalated" {
			if ctx.Err() != nil {
				t.Fatalf("%s is told about %q", id, n.told(t.Context(), id))
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	n.kill()
	n.entente("log", "verify")
}

// takes takes on a duty and returns its id.
func (n *process) takes(ctx context.Context, matter string, began time.Time) string {
	n.t.Helper()
	body, err := json.Marshal(map[string]any{
		"instrument": "eu-nis2", "duty": "early-warning", "matter": matter, "factor": 100_000, "anchors": map[string]time.Time{"aware": began},
	})
	check(n.t, err)
	var d struct {
		ID string `json:"id"`
	}
	check(n.t, n.ask(ctx, http.MethodPost, "/v1/duties", body, &d))
	return d.ID
}

// told is what went out about a duty; what could not be asked is nothing.
func (n *process) told(ctx context.Context, id string) string {
	var d struct {
		Notices []struct {
			Kind string `json:"kind"`
		} `json:"notices"`
	}
	if n.ask(ctx, http.MethodGet, "/v1/duties/"+id, nil, &d) != nil {
		return ""
	}
	var kinds []string
	for _, told := range d.Notices {
		kinds = append(kinds, told.Kind)
	}
	return strings.Join(kinds, " ")
}
