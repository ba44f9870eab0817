// Command taxii measures a TAXII 2.1 server as a client sees it, round trip
// included, or writes the report about several.
//
//	taxii -name x -add URL -read URL [-user U -password-file F] [-ca F]    prints one JSON row
//	taxii -report <rows.jsonl                             writes the report
//
// URLs name a collection and end in "/". It adds the corpus to one and reads it
// from the other, which may be the same; where they are not, run it twice and
// release in between what was added.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const corpusSize, batch, singles = 10_000, 1_000, 500

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "taxii:", err)
		os.Exit(1) //nolint:forbidigo // this is a command
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	f := flag.NewFlagSet("taxii", flag.ContinueOnError)
	c := client{http: &http.Client{Timeout: 10 * time.Minute}}
	report := f.Bool("report", false, "write the report about the rows on standard input")
	machine := f.String("machine", "", "describe the machine in `words`, for the report")
	name := f.String("name", "", "what the server is called in the report")
	add := f.String("add", "", "`URL` of the collection to add to; none: reading only")
	read := f.String("read", "", "`URL` of the collection to read from; none: adding only")
	ca := f.String("ca", "", "`file` with the certificate authority of the server")
	password := f.String("password-file", "", "`file` with the password")
	f.StringVar(&c.user, "user", "", "user for Basic authentication")
	if err := f.Parse(args); err != nil {
		return fmt.Errorf("arguments: %w", err)
	}
	if *report {
		return write(out, in, *machine)
	}
	if err := c.trust(*ca, *password); err != nil {
		return err
	}
	r := row{Server: *name}
	if *add != "" {
		if err := c.measureAdding(*add, &r); err != nil {
			return err
		}
	}
	if *read != "" {
		if err := c.measureReading(*read, &r); err != nil {
			return err
		}
	}
	return json.NewEncoder(out).Encode(r)
}

// row is what was measured of one server; zero was not.
type row struct {
	Server   string  `json:"server"`
	Add      float64 `json:"add,omitempty"`     // objects a second, 1 000 in a request
	AddOne   float64 `json:"add_one,omitempty"` // requests a second of one object
	PageMS   float64 `json:"page,omitempty"`    // of 100, over the whole corpus
	Drain    float64 `json:"drain,omitempty"`   // objects a second, pages of 1 000
	ByIDMS   float64 `json:"by_id,omitempty"`   // one object by its id
	AbsentMS float64 `json:"absent,omitempty"`  // one that is not there
	AfterMS  float64 `json:"after,omitempty"`   // the first page after a date in the middle
	Held     int     `json:"held,omitempty"`    // objects in the collection that was read
}

// objects are indicators from..upto, separated by commas.
func objects(from, upto int) string {
	all := make([]string, 0, upto-from)
	for n := from; n < upto; n++ {
		all = append(all, fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":%q,"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",`+
			`"name":"Command and control %d","description":"Seen in traffic of several members; block at the edge and look for earlier connections.",`+
			`"indicator_types":["malicious-activity"],"pattern":"[ipv4-addr:value = '10.%d.%d.%d']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z",`+
			`"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}`, id(n), n, n>>16&255, n>>8&255, n&255))
	}
	return strings.Join(all, ",")
}

func id(n int) string { return fmt.Sprintf("indicator--5a5a5a5a-0000-4000-8000-%012d", n) }

type client struct {
	http           *http.Client
	user, password string
}

func (c *client) trust(ca, password string) error {
	if password != "" {
		b, err := os.ReadFile(password)
		if err != nil {
			return fmt.Errorf("password: %w", err)
		}
		c.password = strings.TrimSpace(string(b))
	}
	if ca == "" {
		return nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return fmt.Errorf("certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return errors.New("the certificate authority is not PEM")
	}
	c.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 4}
	return nil
}

// measureAdding adds one by one first, while there is no work left over from
// what was added before.
func (c *client) measureAdding(to string, r *row) error {
	started := time.Now()
	for n := range singles {
		if err := c.add(to, objects(corpusSize+n, corpusSize+n+1)); err != nil {
			return err
		}
	}
	r.AddOne = singles / time.Since(started).Seconds()
	started = time.Now()
	for from := 0; from < corpusSize; from += batch {
		if err := c.add(to, objects(from, from+batch)); err != nil {
			return err
		}
	}
	r.Add = corpusSize / time.Since(started).Seconds()
	return nil
}

func (c *client) add(to, objects string) error {
	status, body, err := c.do(http.MethodPost, to+"objects/", `{"objects":[`+objects+`]}`)
	if err != nil {
		return err
	}
	var s struct {
		Status   string `json:"status"`
		Failures int    `json:"failure_count"`
	}
	if status != http.StatusAccepted || json.Unmarshal(body, &s) != nil || s.Status != "complete" || s.Failures != 0 {
		return fmt.Errorf("adding was answered %d %.200s", status, body)
	}
	return nil
}

// page is the part of an envelope a reader goes by.
type page struct {
	More    bool              `json:"more"`
	Next    string            `json:"next"`
	Objects []json.RawMessage `json:"objects"`
	last    string            // date_added of its last object
}

func (c *client) measureReading(from string, r *row) error {
	started := time.Now()
	dates, err := c.drain(from, 1000, &r.Held)
	if err != nil {
		return err
	}
	r.Drain = float64(r.Held) / time.Since(started).Seconds()
	started = time.Now()
	held := 0
	pages, err := c.drain(from, 100, &held)
	if err != nil {
		return err
	}
	r.PageMS = ms(time.Since(started)) / float64(len(pages))
	for _, m := range []struct {
		into   *float64
		status int // 0: whatever the server refuses with
		path   func(n int) string
	}{
		{&r.ByIDMS, http.StatusOK, func(n int) string { return "objects/" + id(n*17%r.Held) + "/" }},
		{&r.AbsentMS, 0, func(n int) string { return "objects/" + id(1_000_000+n) + "/" }},
		{&r.AfterMS, http.StatusOK, func(int) string { return "objects/?limit=100&added_after=" + url.QueryEscape(dates[len(dates)/2]) }},
	} {
		const asks = 200
		started := time.Now()
		for n := range asks {
			status, _, err := c.do(http.MethodGet, from+m.path(n), "")
			if err != nil {
				return err
			}
			if status != m.status && (m.status != 0 || status < 400) {
				return fmt.Errorf("%s was answered %d", m.path(n), status)
			}
		}
		*m.into = ms(time.Since(started)) / asks
	}
	return nil
}

// drain reads everything and returns the last date of each page.
func (c *client) drain(from string, limit int, got *int) ([]string, error) {
	var dates []string
	next := ""
	for {
		p, err := c.page(fmt.Sprintf("%sobjects/?limit=%d%s", from, limit, next))
		if err != nil {
			return nil, err
		}
		*got += len(p.Objects)
		dates = append(dates, p.last)
		switch {
		case !p.More:
			return dates, nil
		case p.Next != "":
			next = "&next=" + url.QueryEscape(p.Next)
		default:
			next = "&added_after=" + url.QueryEscape(p.last)
		}
	}
}

func (c *client) page(where string) (page, error) {
	var p page
	req, err := c.request(http.MethodGet, where, "")
	if err != nil {
		return p, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return p, fmt.Errorf("read: %w", err)
	}
	defer res.Body.Close()
	p.last = res.Header.Get("X-TAXII-Date-Added-Last")
	if res.StatusCode != http.StatusOK {
		return p, fmt.Errorf("%s was answered %d", where, res.StatusCode)
	}
	return p, json.NewDecoder(res.Body).Decode(&p)
}

func (c *client) do(method, where, body string) (int, []byte, error) {
	req, err := c.request(method, where, body)
	if err != nil {
		return 0, nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", method, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, b, err
}

func (c *client) request(method, where, body string) (*http.Request, error) {
	req, err := http.NewRequest(method, where, bytes.NewReader([]byte(body))) //nolint:noctx // the client has a timeout
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Accept", "application/taxii+json;version=2.1")
	req.Header.Set("Accept-Encoding", "identity") // neither is to be measured compressing
	if body != "" {
		req.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	if c.user != "" {
		req.SetBasicAuth(c.user, c.password)
	}
	return req, nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
