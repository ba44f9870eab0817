// Command compare measures one engine, or writes the report about all of them.
//
//	compare -list                     names the engines
//	compare -engine cedar             prints one JSON row for each size
//	compare -report <rows.jsonl       writes the report
//
// Each engine is measured in a process of its own (run.sh), so that none pays
// for another's heap.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"entente/bench"
	"entente/bench/engines"
)

func main() {
	if err := compare(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1) //nolint:forbidigo // this is a command
	}
}

func compare(args []string, in io.Reader, out io.Writer) error {
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	list := f.Bool("list", false, "name the engines")
	name := f.String("engine", "", "the `name` of the engine to measure")
	report := f.Bool("report", false, "write the report about the rows on standard input")
	machine := f.String("machine", "", "describe the machine in `words`, for the report")
	rounds := f.Int("rounds", 5, "measure this many rounds and take the median")
	round := f.Duration("round", time.Second, "processor time of one round, at least")
	if err := f.Parse(args); err != nil {
		return fmt.Errorf("arguments: %w", err)
	}
	switch {
	case *list:
		for _, e := range engines.All() {
			fmt.Fprintln(out, e.Name())
		}
		return nil
	case *report:
		return write(out, in, *machine)
	default:
		return measure(out, *name, bench.Effort{Rounds: *rounds, Round: *round})
	}
}

func measure(out io.Writer, name string, effort bench.Effort) error {
	e := engines.Named(name)
	if e == nil {
		return fmt.Errorf("there is no engine %q; -list names them", name)
	}
	rows := json.NewEncoder(out)
	for _, n := range bench.Sizes() {
		row, err := bench.Measure(e, n, effort)
		if err != nil {
			return fmt.Errorf("%s with %d clauses: %w", name, n, err)
		}
		if err := rows.Encode(row); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

func write(out io.Writer, in io.Reader, machine string) error {
	var rows []bench.Row
	for d := json.NewDecoder(in); ; {
		var r bench.Row
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("rows: %w", err)
		}
		rows = append(rows, r)
	}
	return report(out, rows, machine)
}
