package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestReferenceIsCurrent keeps docs/reference true to the commands.
func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	a := &app{stdout: io.Discard, stderr: io.Discard, env: func(string) string { return "" }, now: time.Now}
	root := newRoot(a)
	var b strings.Builder
	b.WriteString("# Command line\n\n<!-- Made from the commands by cli/reference_test.go; UPDATE=1 go test ./cli -->\n\n")
	b.WriteString(root.Long + "\n\nData goes to standard output and everything else to standard error. Output is never coloured. " +
		"With `-o json` or `-o yaml` an error is an object with `code`, `message`, `errors` and `next`. " +
		"What the exit codes mean: [exit-codes.md](exit-codes.md).\n\nEvery command takes:\n\n")
	writeFlags(&b, root.PersistentFlags())
	writeCommands(&b, root)
	checkFile(t, "../docs/reference/cli.md", b.String())

	b.Reset()
	b.WriteString("# Exit codes\n\n<!-- Made from cli/exit.go by cli/reference_test.go; UPDATE=1 go test ./cli -->\n\n| code | meaning |\n|---|---|\n")
	for _, m := range exitMeanings() {
		fmt.Fprintf(&b, "| %d | %s |\n", m.Code, m.Meaning)
	}
	b.WriteString("\nTreat every other code as a failure. `entente help exit-codes` prints this table.\n")
	checkFile(t, "../docs/reference/exit-codes.md", b.String())
}

func writeCommands(b *strings.Builder, c *cobra.Command) {
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		if sub.HasSubCommands() {
			fmt.Fprintf(b, "\n## %s\n\n%s.\n", sub.CommandPath(), sub.Short)
			writeCommands(b, sub)
			continue
		}
		level := "##"
		if c.HasParent() {
			level = "###"
		}
		fmt.Fprintf(b, "\n%s %s\n\n%s.\n\n```\n%s\n```\n", level, sub.CommandPath(), strings.TrimSuffix(sub.Short, "."), sub.UseLine())
		if sub.Long != "" {
			fmt.Fprintf(b, "\n%s\n", sub.Long)
		}
		if sub.LocalNonPersistentFlags().HasAvailableFlags() {
			b.WriteString("\n")
			writeFlags(b, sub.LocalNonPersistentFlags())
		}
		if sub.Example != "" {
			fmt.Fprintf(b, "\n```\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(sub.Example, "  "), "\n  ", "\n"))
		}
	}
}

func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		fmt.Fprintf(b, "- `%s`: %s\n", name, usage)
	})
}

func checkFile(t *testing.T, name, want string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("%s is not current; run with UPDATE=1:\n%s", name, diff)
	}
}
