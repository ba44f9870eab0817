// Command entente runs and operates a node: it decides what may be shared with
// whom and why, sends it, proves it and recalls it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"entente/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
