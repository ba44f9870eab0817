package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
)

// write joins the rows of each server and sets them side by side; the first
// server is what the others are compared with.
func write(out io.Writer, in io.Reader, machine string) error {
	var servers []row
	for d := json.NewDecoder(in); ; {
		var r row
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("rows: %w", err)
		}
		servers = joined(servers, r)
	}
	if len(servers) == 0 {
		return errors.New("there are no rows")
	}
	fmt.Fprintf(out, heading, machine, runtime.Version(), corpusSize, singles, batch)
	line(out, "", servers, func(r row) string { return r.Server })
	line(out, "---", servers, func(row) string { return "--:" })
	for _, m := range measures {
		line(out, m.name, servers, func(r row) string {
			v := m.of(r)
			ratio := v / m.of(servers[0])
			if m.time {
				ratio = 1 / ratio
			}
			return fmt.Sprintf("%.4g (%.2g)", v, ratio)
		})
	}
	return nil
}

var measures = []struct {
	name string
	time bool // less is better
	of   func(row) float64
}{
	{"adding 1 000 in a request, objects/s", false, func(r row) float64 { return r.Add }},
	{"adding one in a request, requests/s", false, func(r row) float64 { return r.AddOne }},
	{"reading everything, pages of 1 000, objects/s", false, func(r row) float64 { return r.Drain }},
	{"page of 100, ms", true, func(r row) float64 { return r.PageMS }},
	{"page of 100 after a date in the middle, ms", true, func(r row) float64 { return r.AfterMS }},
	{"one object by id, ms", true, func(r row) float64 { return r.ByIDMS }},
	{"an object that is not there, ms", true, func(r row) float64 { return r.AbsentMS }},
	{"objects in the collection", false, func(r row) float64 { return float64(r.Held) }},
}

func line(out io.Writer, name string, servers []row, of func(row) string) {
	fmt.Fprintf(out, "| %s |", name)
	for _, s := range servers {
		fmt.Fprintf(out, " %s |", of(s))
	}
	fmt.Fprintln(out)
}

// joined adds what one process measured of a server to what another did.
func joined(servers []row, r row) []row {
	for n := range servers {
		if servers[n].Server != r.Server {
			continue
		}
		add, one := servers[n].Add, servers[n].AddOne
		servers[n] = r
		servers[n].Add, servers[n].AddOne = add, one
		return servers
	}
	return append(servers, r)
}

const heading = `# Entente and another TAXII 2.1 server

Written by ` + "`taxii.sh`" + `; do not edit. %s, %s. One client on the same machine, one connection, round trips included, the same %d objects for each server: first
%d requests of one more each, then the objects, %d in a request. In brackets: how many times as good as the first.

The servers do not do the same work. Entente speaks TLS, answers after the disk has the data, and has by then read the object strictly, looked for personal data in it, worked out who might
get it, indexed it for searching and committed to it in its log; it serves what was released to the client's party. OpenTAXII serves what was added, over plain HTTP, with
two workers, in SQLite as its own defaults have it.

`
