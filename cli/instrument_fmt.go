package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"entente/instrument"
	"entente/internal/fault"
)

func (a *app) instrumentFmt() *cobra.Command {
	var write, check, showDiff bool
	c := &cobra.Command{
		Use: "fmt FILE… [-w | --check | --diff]", Short: "Lay instrument files out in the usual form; needs no node",
		Long: "Puts keys in the order of the format, short lists and mappings on one line and long texts over several, and keeps every comment " +
			"beside what it is about. The hash that parties sign never changes. Without a flag the result goes to standard output. " +
			"With --check or --diff, exit code 2 says that a file is laid out otherwise.",
		Example: "  entente instrument fmt -w mou.yaml",
		Args:    args(1, -1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if moreThanOne(write, check, showDiff) {
				return usageError(cmd, "Only one of -w, --check and --diff makes sense at a time.")
			}
			for _, file := range files {
				before, err := a.readFile(file)
				if err != nil {
					return err
				}
				after, err := instrument.Format(file, before)
				if err != nil {
					return err
				}
				changed := !bytes.Equal(before, after)
				switch {
				case write && changed:
					err = a.rewrite(file, after)
				case write:
				case check && changed:
					a.code = exitUsage
					_, err = fmt.Fprintln(a.stdout, clean(file))
				case showDiff && changed:
					a.code = exitUsage
					_, err = a.stdout.Write(escapeUnsafe(diff.Diff(file, before, file+" (usual form)", after), escape))
				case !check && !showDiff:
					_, err = a.stdout.Write(after)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "write the result to the file")
	c.Flags().BoolVar(&check, "check", false, "only name the files that are laid out otherwise")
	c.Flags().BoolVar(&showDiff, "diff", false, "show what would change")
	return c
}

func moreThanOne(flags ...bool) bool {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n > 1
}

// rewrite puts new content in the place of a file in one step, so that an
// interruption leaves the old content or the new.
func (a *app) rewrite(name string, content []byte) (err error) {
	if name == "-" {
		_, err = a.stdout.Write(content)
		return err
	}
	target, err := filepath.EvalSymlinks(name) // a link stays a link
	if err != nil {
		return unwritable(name, err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return unwritable(name, err)
	}
	f, err := os.CreateTemp(filepath.Dir(target), ".entente-*")
	if err != nil {
		return unwritable(name, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first failure is the one to tell
		}
	}()
	if _, err = f.Write(content); err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		return unwritable(name, err)
	}
	return nil
}

func unwritable(name string, err error) error {
	return fault.New(fault.Invalid, "file.unwritable", "%s cannot be written.", clean(name)).
		Try("Check that you may write to its folder and that there is space left.").Because(err)
}
