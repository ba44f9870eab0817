// Package cli is the entente command line: one file per feature.
//
// It holds no rule: every command that needs a node goes through package
// client to the node's API, whether that node runs elsewhere, runs on this
// machine or is opened for the length of the command. Invariant: data goes to
// standard output, everything else to standard error, and text that came from
// outside reaches a terminal only through [clean].
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/fault"
)

// app is what the commands of one invocation share.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	env    func(string) string
	now    func() time.Time

	data      string // data folder
	node      string // URL of a node elsewhere; "" = the node of the data folder
	tokenFile string
	output    string // table, json, yaml
	verbose   bool
	opened    bool // the node is open in this process, for this command alone
	code      int  // exit code of a command that did what it was asked, see partial and denied
}

// Main runs one command and returns its exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, env: os.Getenv, now: time.Now}
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return a.code
	case ctx.Err() != nil:
		return exitInterrupted
	}
	a.printError(err)
	return exitCode(err)
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "entente",
		Short: "Decide, release, prove and recall threat intelligence under the agreements between parties",
		Long: "Entente answers one question before anything leaves: may I send this, to whom, on what basis, in what form?\n" +
			"It then sends it, proves what happened, and keeps everyone's promises on time.",
		SilenceErrors: true, SilenceUsage: true, Args: cobra.ArbitraryArgs, RunE: noun,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkOutput() },
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError(cmd, "%s.", err) })
	f := root.PersistentFlags()
	f.StringVar(&a.data, "data", a.defaultData(), "data `folder` of the node; default $ENTENTE_DATA")
	f.StringVar(&a.node, "node", a.env("ENTENTE_NODE"), "`URL` of a node that runs elsewhere; default $ENTENTE_NODE, else the node of the data folder")
	f.StringVar(&a.tokenFile, "token-file", a.env("ENTENTE_TOKEN_FILE"), "`file` with the token for --node; default $ENTENTE_TOKEN_FILE")
	f.StringVarP(&a.output, "output", "o", "table", "output `form`: table, json or yaml")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say more")
	f.Lookup("data").DefValue = "" // the default depends on the machine and would differ in the reference

	root.SuggestionsMinimumDistance = 2
	root.AddCommand(
		a.initCommand(), a.serveCommand(), a.demoCommand(), a.doctorCommand(), a.versionCommand(), exitCodesTopic(),
		a.partyCommand(), a.instrumentCommand(), a.objectCommand(), a.whyCommand(), a.releaseCommand(),
		a.factCommand(), a.dutyCommand(), a.inboxCommand(), a.outboxCommand(), a.logCommand(), a.verifyCommand(), a.credentialCommand(), a.warninglistCommand(),
		a.sourceCommand(),
		a.webhookCommand(),
		a.caseCommand(),
	)
	return root
}

// noun answers entente alone, and a first word that is no command.
func noun(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	err := fault.New(fault.Invalid, "usage", "There is no command %q.", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return err.Try("Did you mean %s? All commands: entente help", strings.Join(near, " or "))
	}
	return err.Try("All commands: entente help")
}

// group is a noun: it does nothing without its verb.
func group(use, short string, aliases []string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Aliases: aliases,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(cmd, "%s needs a verb: %s.", cmd.CommandPath(), strings.Join(verbNames(verbs), ", "))
			}
			return usageError(cmd, "There is no command %q; there are: %s.", cmd.CommandPath()+" "+clean(args[0]), strings.Join(verbNames(verbs), ", "))
		},
	}
	c.AddCommand(verbs...)
	return c
}

func verbNames(verbs []*cobra.Command) []string {
	names := make([]string, len(verbs))
	for i, v := range verbs {
		names[i] = v.Name()
	}
	return names
}

// args checks the number of arguments; most < 0 is any number from least on.
func args(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if len(given) >= least && (most < 0 || len(given) <= most) {
			return nil
		}
		return usageError(cmd, "%s takes other arguments than these.", cmd.CommandPath())
	}
}

func usageError(cmd *cobra.Command, format string, args ...any) error {
	return fault.New(fault.Invalid, "usage", format, args...).
		Try("Usage: %s. More: %s --help", cmd.UseLine(), cmd.CommandPath())
}

func (a *app) checkOutput() error {
	switch a.output {
	case "table", "json", "yaml":
		return nil
	}
	wrong := a.output
	a.output = "table"
	return fault.New(fault.Invalid, "usage", "There is no output form %q.", wrong).Try("Use -o table, -o json or -o yaml.")
}

// defaultData is $ENTENTE_DATA, else the place for user data of the XDG base
// directory specification.
func (a *app) defaultData() string {
	if dir := a.env("ENTENTE_DATA"); dir != "" {
		return dir
	}
	if dir := a.env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "entente")
	}
	return filepath.Join(a.env("HOME"), ".local", "share", "entente")
}

// say writes a remark for the person at the terminal.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

// readFile reads a file named on the command line; "-" is standard input.
func (a *app) readFile(name string) ([]byte, error) {
	if name == "-" {
		b, err := io.ReadAll(a.stdin)
		if err != nil {
			return nil, fault.New(fault.Invalid, "file.unreadable", "Standard input cannot be read.").Because(err)
		}
		return b, nil
	}
	b, err := os.ReadFile(name) //nolint:gosec // G304: reading the file the operator names is the task
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fault.New(fault.NotFound, "file.absent", "There is no file %s.", clean(name)).Because(err)
	case err != nil:
		return nil, fault.New(fault.Invalid, "file.unreadable", "%s cannot be read.", clean(name)).
			Try("Check that it is a file and that you may read it.").Because(err)
	}
	return b, nil
}
