package exchange_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"entente/exchange"
	"entente/internal/fault"
)

// zipped is an archive of files with these names, each of the same content.
func zipped(t *testing.T, content []byte, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		must(t, err)
		_, err = w.Write(content)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// TestZArchivesAreNeverOpened: no archive, no XML and no path or address is a
// document here. Each is refused as what it is not, before anything in it is
// looked at, and nothing is written or fetched.
func TestZArchivesAreNeverOpened(t *testing.T) {
	t.Parallel()
	a := newFederation(t, aurelia).nodes[aurelia]
	dir := t.TempDir()
	good := []byte(bundleOf(indicator("0001", tlpAmber)))
	var packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	_, err := gz.Write(good)
	must(t, err)
	must(t, gz.Close())
	for name, doc := range map[string][]byte{
		"Z1 a path out of the archive": zipped(t, good, "../../../"+dir+"/out", "/"+dir+"/out", `..\..\out`),
		"Z2 many entries":              zipped(t, nil, strings.Split(strings.Repeat("x,", 1_000), ",")...),
		"Z2 a bomb":                    zipped(t, make([]byte, 8<<20), "zeros"),
		"Z2 one name twice":            zipped(t, good, "bundle.json", "bundle.json"),
		"Z3 an encrypted sample":       append([]byte("PK\x03\x04\x14\x00\x09\x00\x08\x00"), make([]byte, 64)...),
		"Z4 an address in JSON":        []byte(`"https://evil.example/bundle.json"`),
		"Z5 XML with an entity":        []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`),
		"Z5 a billion laughs":          []byte(`<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>`),
		"Z5 STIX 1":                    []byte(`<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"/>`),
		"Z6 nothing":                   {},
		"Z6 a PDF and a bundle":        append([]byte("%PDF-1.7\n"), good...),
		"Z6 a bundle and an archive":   append(bytes.Clone(good), zipped(t, good, "bundle.json")...),
		"Z9 a document of an office":   zipped(t, good, "[Content_Types].xml", "word/document.xml"),
		"gzip, which only transports":  packed.Bytes(),
	} {
		rep, err := a.Import(t.Context(), exchange.ImportRequest{Data: doc, Source: name})
		if fault.KindOf(err) != fault.Invalid || len(rep.Objects) > 0 {
			t.Errorf("%s: %v, %+v", name, err, rep.Objects)
		}
	}
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) > 0 {
		t.Errorf("written outside: %v", left)
	}
}

// TestZ4AddressesAndPathsAreContent: a list of indicators may be of addresses and
// paths. They are what is shared, and nothing is fetched from them or read.
func TestZ4AddressesAndPathsAreContent(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "canary")
	must(t, os.WriteFile(file, []byte("canary of the file"), 0o600))
	a := newFederation(t, aurelia).nodes[aurelia]
	for _, line := range []string{server.URL + "/bundle.json", file, "file://" + file} {
		rep, err := a.Import(t.Context(), exchange.ImportRequest{Data: []byte(line), Source: line})
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", line, err)
		}
		for _, l := range rep.Objects {
			if held := a.held(t, l.ID); strings.Contains(held, "canary of the file") {
				t.Errorf("%s was read: %s", line, held)
			}
		}
	}
	if asked.Load() {
		t.Error("an address was asked")
	}
}

// TestZ3SamplesStayOpaque: an attachment is bytes. What is in it is neither
// unpacked nor looked at, and it comes out as it came in.
func TestZ3SamplesStayOpaque(t *testing.T) {
	t.Parallel()
	a := newFederation(t, aurelia, borealis).nodes[aurelia]
	sample := base64.StdEncoding.EncodeToString(zipped(t, []byte(indicator("0777", tlpAmber)), "../climb"))
	const hash = "3c656da41f4645f77e3ec3281b63dd43"
	event := fmt.Sprintf(`{"Event":{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000001","info":"sample","timestamp":"1700000000","Tag":[{"name":"tlp:amber"}],`+
		`"Attribute":[{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000002","type":"malware-sample","value":"../../evil.exe|%s","data":%q,"timestamp":"1700000000"}]}}`, hash, sample)
	rep := a.imports(t, event)
	held := 0
	for _, l := range rep.Objects {
		if strings.HasPrefix(l.ID, "indicator--00000000") {
			t.Error("an object came out of an archive")
		}
		if l.Result != exchange.ResultNew {
			continue
		}
		v, err := a.Object(t.Context(), l.ID)
		must(t, err)
		if strings.Contains(string(v.Raw), sample) {
			held++
		}
	}
	if held == 0 {
		t.Error("no object holds the bytes of the attachment")
	}
}
