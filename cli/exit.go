package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/fault"
)

// The exit codes (docs/reference/exit-codes.md).
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitDenied      = 3
	exitAuth        = 4
	exitNotFound    = 5
	exitStale       = 6
	exitUnverified  = 7
	exitPartial     = 8
	exitInterrupted = 130
)

// exitMeanings is the one list the help topic and the reference are made from.
func exitMeanings() []struct {
	Code    int
	Meaning string
} {
	return []struct {
		Code    int
		Meaning string
	}{
		{exitOK, "done"},
		{exitError, "something went wrong here or the node is not available; try again or ask entente doctor"},
		{exitUsage, "the command or its input can never be right; the message says what to change"},
		{exitDenied, "an agreement or law does not allow it, and nothing left; entente why says which clause"},
		{exitAuth, "the node wants to know who you are, or your role does not allow it"},
		{exitNotFound, "there is no such thing"},
		{exitStale, "stale or in conflict: something changed since you looked; look again"},
		{exitUnverified, "a signature, hash or proof does not hold"},
		{exitPartial, "done for some recipients and not for others; the output names them"},
		{exitInterrupted, "interrupted"},
	}
}

func exitCode(err error) int {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return exitUsage
	case fault.NotFound:
		return exitNotFound
	case fault.Conflict:
		return exitStale
	case fault.Unauthenticated, fault.Forbidden:
		return exitAuth
	case fault.Denied:
		return exitDenied
	case fault.Unverified:
		return exitUnverified
	default: // internal, unavailable
		return exitError
	}
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean (a help topic)", Long: exitCodesText()}
}

func exitCodesText() string {
	var b strings.Builder
	b.WriteString("Treat every code that is not listed as a failure.\n")
	for _, m := range exitMeanings() {
		fmt.Fprintf(&b, "\n  %3d  %s", m.Code, m.Meaning)
	}
	return b.String()
}
