package exchange_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

// tamper opens a connection to a node's database that bypasses the node.
func (n *testNode) tamper(t testing.TB, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(n.dir, "node.db")+"?_pragma=busy_timeout(5000)")
	must(t, err)
	res, err := db.ExecContext(t.Context(), query)
	must(t, err)
	changed, err := res.RowsAffected()
	must(t, err)
	if changed == 0 {
		t.Fatalf("%s changed nothing", query)
	}
	must(t, db.Close())
}

// flipLast changes one bit of a column in the newest row that has it.
func (n *testNode) flipLast(t testing.TB, table, column string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(n.dir, "node.db")+"?_pragma=busy_timeout(5000)")
	must(t, err)
	var row int64
	var b []byte
	must(t, db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT rowid, %s FROM %s WHERE %s IS NOT NULL ORDER BY rowid DESC", column, table, column)).Scan(&row, &b))
	b[len(b)/2] ^= 1
	_, err = db.ExecContext(t.Context(), fmt.Sprintf("UPDATE %s SET %s = $1 WHERE rowid = $2", table, column), b, row)
	must(t, err)
	must(t, db.Close())
}

// TestP10TamperingIsNamedAndSendsNothing changes one row or byte behind the
// node's back while a release waits for delivery. Somebody who looks is told,
// and nothing leaves because of it.
func TestP10TamperingIsNamedAndSendsNothing(t *testing.T) {
	t.Parallel()
	object := idOf("indicator", "0001")
	for name, c := range map[string]struct {
		change func(t *testing.T, n *testNode)
		log    bool // the log names it, too
	}{
		"object bytes":          {func(t *testing.T, n *testNode) { n.flipLast(t, "objects", "raw") }, false},
		"decision":              {func(t *testing.T, n *testNode) { n.flipLast(t, "decisions", "body") }, false},
		"envelope":              {func(t *testing.T, n *testNode) { n.flipLast(t, "releases", "sealed_envelope") }, false},
		"log entry body":        {func(t *testing.T, n *testNode) { n.flipLast(t, "log_entries", "body") }, true},
		"log entry salt":        {func(t *testing.T, n *testNode) { n.flipLast(t, "log_entries", "salt") }, true},
		"tile":                  {func(t *testing.T, n *testNode) { n.tamper(t, "UPDATE log_tiles SET hashes = zeroblob(length(hashes))") }, true},
		"root":                  {func(t *testing.T, n *testNode) { n.flipLast(t, "log_head", "root") }, true},
		"checkpoint":            {func(t *testing.T, n *testNode) { n.flipLast(t, "log_head", "checkpoint") }, true},
		"size":                  {func(t *testing.T, n *testNode) { n.tamper(t, "UPDATE log_head SET size = size - 1") }, true},
		"release to another":    {func(t *testing.T, n *testNode) { n.tamper(t, "UPDATE releases SET recipient = 'vendor-x'") }, false},
		"delivery to another":   {func(t *testing.T, n *testNode) { n.tamper(t, "UPDATE deliveries SET recipient = 'ncsc-cordova'") }, false},
		"release under another": {func(t *testing.T, n *testNode) { n.tamper(t, "UPDATE releases SET leaf = leaf - 1") }, false},
		"both to another": {func(t *testing.T, n *testNode) {
			n.tamper(t, "UPDATE deliveries SET recipient = 'ncsc-cordova'")
			n.tamper(t, "UPDATE releases SET recipient = 'ncsc-cordova'")
		}, false},
		"last log entry gone": {func(t *testing.T, n *testNode) {
			n.tamper(t, "DELETE FROM log_entries WHERE position = (SELECT max(position) FROM log_entries)")
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederation(t, aurelia, borealis, cordova, vendor)
			a := f.nodes[aurelia]
			a.imports(t, bundleOf(indicator("0001", tlpAmber)))
			rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{object}, To: []party.ID{borealis}}})
			must(t, err)
			c.change(t, a)

			_, err = a.DeliverDue(t.Context())
			if len(f.sent) > 0 {
				t.Errorf("something left; deliver said %v", err)
			}
			logReport, logErr := a.VerifyLog(t.Context())
			named := logErr != nil || logReport.FirstBad >= 0
			if c.log && !named {
				t.Errorf("the log verifies: %+v", logReport)
			}
			_, objectErr := a.Object(t.Context(), object)
			_, releaseErr := a.Release(t.Context(), rep.Releases[0].Release)
			_, proveErr := a.Prove(t.Context(), rep.Releases[0].Release, 0)
			out, err := a.Outbox(t.Context())
			must(t, err)
			waiting := len(out) == 1 && strings.Contains(out[0].LastError, "corrupt")
			for _, err := range []error{objectErr, releaseErr, proveErr} {
				named = named || fault.KindOf(err) == fault.Unverified
			}
			if !named && !waiting {
				t.Errorf("nobody is told: log %+v, object %v, release %v, prove %v, outbox %+v", logReport, objectErr, releaseErr, proveErr, out)
			}
		})
	}
}
