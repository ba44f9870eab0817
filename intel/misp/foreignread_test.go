package misp

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entente/intel"
	"entente/internal/strictjson"
)

const theirHead = `"spec_version":"2.1","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z",`

// TestForeignObservables: what observables, samples and patterns of others become
// (STIX 2.1 sections 4.10, 6 and 9, the templates of misp-objects).
func TestForeignObservables(t *testing.T) {
	t.Parallel()
	const id = "11111111-1111-4111-8111-111111111111"
	pattern := func(p string) string {
		return `{"type":"indicator","id":"indicator--` + id + `",` + theirHead + `"pattern":` + strconv.Quote(p) + `,"pattern_type":"stix","valid_from":"2026-11-20T10:00:00Z"}`
	}
	for _, c := range []struct {
		name, stix string
		want, left []string
	}{
		{
			"an address", `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--` + id + `","value":"192.0.2.1"}`,
			[]string{"attribute " + id + " ip-dst Network activity 192.0.2.1 -"},
			nil,
		},
		{
			"a socket", `{"type":"network-traffic","spec_version":"2.1","id":"network-traffic--` + id + `","src_ref":"ipv4-addr--22222222-2222-4222-8222-222222222222","protocols":["tcp"],"src_byte_count":7,"extensions":{"socket-ext":{"address_family":"AF_INET","is_listening":true}}},
			{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--22222222-2222-4222-8222-222222222222","value":"192.0.2.1"}`,
			[]string{"object " + id + " network-socket network", "  network-socket ip-src ip-src = 192.0.2.1", "  network-socket protocol text = tcp", "  network-socket address-family text = AF_INET", "  network-socket state text = listening"},
			[]string{"network-traffic--" + id + " /src_byte_count"},
		},
		{
			"a file in a directory", `{"type":"file","spec_version":"2.1","id":"file--` + id + `","name":"a.exe","parent_directory_ref":"directory--22222222-2222-4222-8222-222222222222"},
			{"type":"directory","spec_version":"2.1","id":"directory--22222222-2222-4222-8222-222222222222","path":"/tmp"}`,
			[]string{"object " + id + " file file", "  file filename filename = a.exe", "ref " + id + " contained-in 22222222-2222-4222-8222-222222222222", "object 22222222-2222-4222-8222-222222222222 directory file", "  directory path text = /tmp"},
			nil,
		},
		{
			"a sample of malware", `{"type":"malware","id":"malware--` + id + `",` + theirHead + `"name":"Nightjar","is_family":false}`,
			[]string{"object " + id + " malware misc", "  malware name text = Nightjar", "  malware is_family boolean = 0"},
			nil,
		},
		{
			"a family of malware", `{"type":"malware","id":"malware--` + id + `",` + theirHead + `"name":"Nightjar","is_family":true}`,
			[]string{"galaxy stix-2.1-malware Nightjar"},
			nil,
		},
		{
			"who was hit", `{"type":"identity","id":"identity--` + id + `",` + theirHead + `"name":"Grid","identity_class":"organization"}`,
			[]string{"object " + id + " identity misc", "  identity name text = Grid", "  identity identity_class text = organization"},
			nil,
		},
		{
			"one comparison", pattern(`[email-message:from_ref.value = 'a@b.example']`),
			[]string{"attribute " + id + " email-src Payload delivery a@b.example ids"},
			nil,
		},
		{
			"a hash by another name", pattern(`[file:hashes.md5 = '00dbb9e1c09dbdafb360f3163ba5a3de']`),
			[]string{"attribute " + id + " md5 Payload delivery 00dbb9e1c09dbdafb360f3163ba5a3de ids"},
			nil,
		},
		{
			"a name and its address", pattern(`[domain-name:value = 'a.example' AND ipv4-addr:value = '192.0.2.1']`),
			[]string{"object " + id + " domain-ip network", "  domain-ip domain domain = a.example", "  domain-ip ip ip-dst = 192.0.2.1"},
			nil,
		},
		{
			"a time", pattern(`[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\a' AND windows-registry-key:modified_time = t'2026-01-01T00:00:00Z']`),
			[]string{"object " + id + " registry-key file", `  registry-key key regkey = HKEY_LOCAL_MACHINE\a`, "  registry-key last-modified datetime = 2026-01-01T00:00:00Z"},
			nil,
		},
		{
			"what no relation says", pattern(`[file:name = 'a' AND file:magic_number_hex = 'ff']`),
			[]string{"object " + id + " stix2-pattern misc", "  stix2-pattern stix2-pattern stix2-pattern = [file:name = 'a' AND file:magic_number_hex = 'ff']", "  stix2-pattern version text = stix 2.1"},
			nil,
		},
		{
			"one name that is two", pattern(`[file:name = 'a' AND file:name = 'b']`),
			[]string{"object " + id + " stix2-pattern misc", "  stix2-pattern stix2-pattern stix2-pattern = [file:name = 'a' AND file:name = 'b']", "  stix2-pattern version text = stix 2.1"},
			nil,
		},
		{
			"a position nobody has", pattern(`[network-traffic:protocols[999999999] = 'tcp']`),
			[]string{"object " + id + " stix2-pattern misc", "  stix2-pattern stix2-pattern stix2-pattern = [network-traffic:protocols[999999999] = 'tcp']", "  stix2-pattern version text = stix 2.1"},
			nil,
		},
	} {
		w := Write(objects(parseStix(t, []byte("["+c.stix+"]"))))
		if len(w.Events) != 1 {
			t.Errorf("%s: %d events", c.name, len(w.Events))
			continue
		}
		got := essence(tree(t, w.Events[0]))
		for _, want := range c.want {
			if !got[want] {
				t.Errorf("%s: no %q", c.name, want)
			}
			delete(got, want)
		}
		for k := range got {
			if !strings.HasPrefix(k, "time of ") {
				t.Errorf("%s: also %q", c.name, k)
			}
		}
		if !slices.Equal(w.Left, c.left) {
			t.Errorf("%s: left %q, want %q", c.name, w.Left, c.left)
		}
	}
}

// TestCorpusForeignLosesNothing: every value of an observable of others is in the
// event, or is named as left.
func TestCorpusForeignLosesNothing(t *testing.T) {
	t.Parallel()
	docs := [][]byte{read(t, filepath.Join(filepath.Dir(corpus(t)), "stix21", "sco-examples-bundle.json"))}
	for _, line := range lines(read(t, filepath.Join(corpus(t), "golden-stix21-to-misp.jsonl.gz"))) {
		if pair := tree(t, line); pair.GetText("kind") != "internal" {
			docs = append(docs, strictjson.Append(nil, pair.Get("stix21")))
		}
	}
	values := 0
	for _, doc := range docs {
		b := parseStix(t, doc)
		w := Write(objects(b))
		written := map[string]bool{}
		for _, e := range w.Events {
			v := tree(t, e)
			singles(&v, written)
		}
		byID := map[string]*intel.Object{} // the standard's examples have one id twice
		for _, a := range b.Accepted {
			byID[a.Object.ID] = a.Object
		}
		for _, o := range byID {
			if o.Tree.Get("created") == nil && !slices.Contains(w.Left, o.ID) {
				values += lost(t, o.Tree, o.ID, "", w.Left, written)
			}
		}
	}
	if values < 500 {
		t.Errorf("%d values", values)
	}
}

// singles collects all single values of a tree, in the form they are compared in.
func singles(v *strictjson.Value, into map[string]bool) {
	for i := range v.Members {
		singles(&v.Members[i].Value, into)
	}
	for i := range v.Items {
		singles(&v.Items[i], into)
	}
	if s := asText(v); s != "" {
		into[instantOr(s)] = true
		for part := range strings.SplitSeq(s, " - ") {
			_, of, _ := strings.Cut(part, ": ")
			into[of] = true
		}
	}
}

// lost reports values of an observable that are neither written nor left, and
// returns how many there are in all.
func lost(t *testing.T, v *strictjson.Value, id, path string, left []string, written map[string]bool) int {
	t.Helper()
	n := 0
	for i := range v.Members {
		m := &v.Members[i]
		n += lost(t, &m.Value, id, strings.TrimPrefix(path+"/"+m.Name, "/"), left, written)
	}
	for i := range v.Items {
		n += lost(t, &v.Items[i], id, path+"/"+strconv.Itoa(i), left, written)
	}
	s := asText(v)
	if s == "" || meaningless(path) || strings.Contains(path, "_ref") {
		return n
	}
	socket := strings.HasSuffix(path, "is_listening") || strings.HasSuffix(path, "is_blocking")
	if !written[instantOr(s)] && !written["AS"+s] && !socket && !slices.Contains(left, id+" /"+path) {
		t.Errorf("%s: %s = %.60s is nowhere", id, path, s)
	}
	return n + 1
}
