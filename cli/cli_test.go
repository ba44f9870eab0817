package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/api"
	"entente/decision"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// fake is a node whose answers a test chooses.
type fake struct {
	api.Exchange
	parties []party.Party
	report  exchange.SendReport
	log     exchange.LogReport
	imports exchange.ImportReport
	err     error
	sent    *exchange.SendRequest
}

func (f fake) Parties(context.Context) ([]party.Party, error) { return f.parties, f.err }
func (f fake) Import(context.Context, exchange.ImportRequest) (exchange.ImportReport, error) {
	return f.imports, f.err
}

func (f fake) Send(_ context.Context, r exchange.SendRequest) (exchange.SendReport, error) {
	if f.sent != nil {
		*f.sent = r
	}
	return f.report, f.err
}
func (f fake) VerifyLog(context.Context) (exchange.LogReport, error) { return f.log, f.err }
func (f fake) Objects(context.Context, exchange.ObjectFilter) ([]exchange.Stored, error) {
	return nil, f.err
}

func (f fake) Why(_ context.Context, r exchange.WhyRequest) (decision.Decision, error) {
	return decision.Decision{
		Request: decision.Request{Subject: decision.Subject{ID: r.Object}, Recipient: decision.Actor{ID: r.Recipient}, At: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)},
		Outcome: decision.Deny, Because: []decision.Reason{{Text: "no clause of the cooperation regime permits this transfer"}},
		NotUsed: []decision.NotUsed{{Instrument: "mou-aa-xx", Why: "not a party"}}, Engine: "1",
		LawApplied: []decision.LawRef{{Instrument: "tlp", Version: "2.0", Hash: ident.Sum(nil)}},
	}, f.err
}

type result struct {
	code           int
	stdout, stderr string
}

// run runs one command against a fake node over HTTP.
func run(t *testing.T, f fake, args ...string) result {
	t.Helper()
	const secret = "token-of-the-test"
	srv := httptest.NewServer(api.Handler(api.Config{Exchange: f, Token: func() string { return secret }, Now: time.Now}))
	defer srv.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return runBare(t, append([]string{"--node", srv.URL, "--token-file", token}, args...)...)
}

// runBare runs one command without a node.
func runBare(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Main(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

func TestEveryKindHasItsExitCode(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.Internal: 1, fault.Unavailable: 1, fault.Invalid: 2, fault.Denied: 3, fault.Unauthenticated: 4,
		fault.Forbidden: 4, fault.NotFound: 5, fault.Conflict: 6, fault.Unverified: 7,
	} {
		r := run(t, fake{err: fault.New(kind, "thing.wrong", "It is wrong.").Try("Do better.")}, "party", "list")
		if r.code != want || r.stdout != "" {
			t.Errorf("%v: exit %d, stdout %q", kind, r.code, r.stdout)
		}
		if kind != fault.Internal && (!strings.Contains(r.stderr, "thing.wrong") || !strings.Contains(r.stderr, "next: Do better.")) {
			t.Errorf("%v: %s", kind, r.stderr)
		}
	}
}

func TestErrorsAreProblemsInJSONMode(t *testing.T) {
	t.Parallel()
	f := fake{err: fault.New(fault.Conflict, "release.stale", "It is stale.").At("/preview", "is old").Try("Preview again.")}
	r := run(t, f, "-o", "json", "release", "send", "indicator--1")
	var doc struct {
		Code    string        `json:"code"`
		Message string        `json:"message"`
		Errors  []fault.Field `json:"errors"`
		Next    string        `json:"next"`
	}
	if err := json.Unmarshal([]byte(r.stderr), &doc); err != nil {
		t.Fatalf("%v: %s", err, r.stderr)
	}
	if r.code != exitStale || doc.Code != "release.stale" || doc.Message != "It is stale." || doc.Next != "Preview again." || len(doc.Errors) != 1 {
		t.Errorf("%d %+v", r.code, doc)
	}
}

func TestUsageErrorsAreTwo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"nonsense"},
		{"party"},
		{"party", "nonsense"},
		{"party", "show"},
		{"party", "show", "a", "b"},
		{"-o", "xml", "party", "list"},
		{"party", "list", "--nonsense"},
		{"why", "only-one"},
		{"release", "recall"},
		{"release", "recall", "x"},
		{"init"},
		{"partyy", "list"},
		{"fact", "record", "x", "--from", "yesterday"},
		{"instrument", "status", "a", "b", "c", "--at", "x"},
	} {
		if r := run(t, fake{}, args...); r.code != exitUsage || r.stdout != "" || !strings.Contains(r.stderr, "next: ") {
			t.Errorf("%v: exit %d, stdout %q, stderr %s", args, r.code, r.stdout, r.stderr)
		}
	}
}

func TestAFolderWithoutANodeIsNotFound(t *testing.T) {
	t.Parallel()
	r := runBare(t, "--data", t.TempDir(), "party", "list")
	if r.code != exitNotFound || !strings.Contains(r.stderr, "entente init") {
		t.Errorf("%d %s", r.code, r.stderr)
	}
}

func TestAWrongTokenIsFour(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(api.Handler(api.Config{Exchange: fake{}, Token: func() string { return "right" }}))
	defer srv.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := runBare(t, "--node", srv.URL, "--token-file", token, "party", "list"); r.code != exitAuth {
		t.Errorf("%d %s", r.code, r.stderr)
	}
	if r := runBare(t, "--node", srv.URL, "party", "list"); r.code != exitAuth {
		t.Errorf("no token: %d %s", r.code, r.stderr)
	}
	if r := runBare(t, "--node", "http://127.0.0.1:1", "--token-file", token, "party", "list"); r.code != exitError || !strings.Contains(r.stderr, "node.unreachable") {
		t.Errorf("no node: %d %s", r.code, r.stderr)
	}
}

func TestSendSaysWhoGotNothing(t *testing.T) {
	t.Parallel()
	line := func(items int) exchange.ReleaseReport { return exchange.ReleaseReport{Recipient: "x", Items: items} }
	for name, c := range map[string]struct {
		lines []exchange.ReleaseReport
		want  int
	}{
		"all": {[]exchange.ReleaseReport{line(1), line(2)}, exitOK}, "some": {[]exchange.ReleaseReport{line(1), line(0)}, exitPartial},
		"none": {[]exchange.ReleaseReport{line(0), line(0)}, exitDenied}, "nobody asked": {nil, exitOK},
	} {
		var sent exchange.SendRequest
		digest := ident.Sum([]byte(name))
		r := run(t, fake{report: exchange.SendReport{Releases: c.lines}, sent: &sent}, "release", "send", "a", "b", "--to", "p,q", "--to", "r", "--dry-run", "--preview", digest.String())
		if r.code != c.want {
			t.Errorf("%s: exit %d, want %d: %s", name, r.code, c.want, r.stderr)
		}
		if fmt.Sprint(sent.Objects, sent.To) != "[a b] [p q r]" || !sent.DryRun || sent.Preview != digest {
			t.Errorf("%s: asked for %+v", name, sent)
		}
	}
}

func TestP29ALogThatDoesNotHoldIsSeven(t *testing.T) {
	t.Parallel()
	if r := run(t, fake{log: exchange.LogReport{Size: 3, FirstBad: -1}}, "log", "verify"); r.code != exitOK {
		t.Errorf("a good log: %d", r.code)
	}
	for _, bad := range []exchange.LogReport{{Size: 3, FirstBad: 0}, {Size: 3, FirstBad: 2, Problem: "leaf 2"}, {FirstBad: -1, Problem: "checkpoint"}} {
		if r := run(t, fake{log: bad}, "log", "verify"); r.code != exitUnverified || !strings.Contains(r.stdout, "✗") {
			t.Errorf("%+v: exit %d %s", bad, r.code, r.stdout)
		}
	}
}

func TestImportCodes(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bundle.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := exchange.ImportLine{Pointer: "/objects/1", Result: "quarantined", Code: "stix.timestamp", Detail: "is not a time", Next: "Correct it."}
	for want, report := range map[int]exchange.ImportReport{
		exitOK:      {New: 2, Unchanged: 1},
		exitPartial: {New: 1, Quarantined: 1, Objects: []exchange.ImportLine{bad}},
		exitUsage:   {Quarantined: 1, Objects: []exchange.ImportLine{bad}},
	} {
		r := run(t, fake{imports: report}, "object", "import", file)
		if r.code != want {
			t.Errorf("exit %d, want %d", r.code, want)
		}
		if report.Quarantined > 0 && (!strings.Contains(r.stdout, "stix.timestamp") || !strings.Contains(r.stdout, "/objects/1")) {
			t.Errorf("no reason: %s", r.stdout)
		}
	}
	if r := run(t, fake{}, "object", "import", file+".nope"); r.code != exitNotFound {
		t.Errorf("absent file: %d", r.code)
	}
}

func TestEmptyListsAreEmptyArrays(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{"json": "[]\n", "yaml": "[]\n", "table": ""} {
		r := run(t, fake{}, "-o", output, "party", "list")
		if r.code != exitOK || r.stdout != want {
			t.Errorf("%s: %d %q %s", output, r.code, r.stdout, r.stderr)
		}
	}
}

// TestH16TerminalsAreNotInjected: a name that carries escape sequences, line
// breaks or reordering characters cannot draw on the operator's screen.
func TestH16TerminalsAreNotInjected(t *testing.T) {
	t.Parallel()
	const hostile = "Evil\x1b[2J\r\n\u009b31m\u202etxt\u200b\u2028end"
	f := fake{parties: []party.Party{{ID: "x", Name: hostile, Kind: "csirt\n"}}}
	for _, output := range []string{"table", "json", "yaml"} {
		r := run(t, f, "-o", output, "party", "list")
		if r.code != exitOK {
			t.Fatalf("%s: %d %s", output, r.code, r.stderr)
		}
		for _, c := range []string{"\x1b", "\r", "\u009b", "\u202e", "\u200b", "\u2028"} {
			if strings.Contains(r.stdout, c) {
				t.Errorf("%s: %q reached the terminal: %q", output, c, r.stdout)
			}
		}
		if output == "table" && strings.Count(r.stdout, "\n") != 2 {
			t.Errorf("a name broke the line: %q", r.stdout)
		}
		if output == "json" {
			var back []party.Party
			if err := json.Unmarshal([]byte(r.stdout), &back); err != nil || back[0].Name != hostile {
				t.Errorf("escaping changed the value: %v %q", err, back)
			}
		}
	}
	r := run(t, fake{err: fault.New(fault.Invalid, "a.b", "bad \x1b[2J name")}, "party", "list")
	if strings.Contains(r.stderr, "\x1b") {
		t.Errorf("an error reached the terminal raw: %q", r.stderr)
	}
}

func TestWhyNamesEverything(t *testing.T) {
	t.Parallel()
	r := run(t, fake{}, "why", "indicator--1", "vendor-x")
	if r.code != exitOK {
		t.Fatalf("%d %s", r.code, r.stderr)
	}
	for _, want := range []string{
		"✗ deny  indicator--1 may not go to vendor-x.", "no clause of the cooperation regime permits this transfer",
		"mou-aa-xx  not a party", "tlp  2.0  sha256:", "Decided at 2026-11-24 08:00:00Z by engine 1",
	} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in:\n%s", want, r.stdout)
		}
	}
}

func TestInterruptedIs130(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if code := Main(ctx, []string{"--node", "http://127.0.0.1:1", "--token-file", os.DevNull, "party", "list"}, strings.NewReader(""), &out, &out); code != exitInterrupted {
		t.Errorf("%d %s", code, out.String())
	}
}

func TestTimesArePeoples(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"2026-11-24": "2026-11-24 00:00:00Z", "2026-11-24T08:30Z": "2026-11-24 08:30:00Z", "2026-11-24T08:30:00+02:00": "2026-11-24 06:30:00Z",
	} {
		if got, ok := parseTime(s); !ok || when(got, "") != want {
			t.Errorf("%s: %v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "tomorrow", "2026-13-01", "24.11.2026"} {
		if _, ok := parseTime(s); ok {
			t.Errorf("%q is a time", s)
		}
	}
}
