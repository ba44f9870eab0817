package node_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/node"
)

// canary is text that would run if it were ever markup: closing an attribute, a
// tag, a script string and a comment on its way.
const canary = `"'><img src=x onerror=alert(1)>--></script><script>alert(2)</script>javascript:alert(3)`

// TestH8CanariesFireNowhere puts a canary into every text of every object of the
// standard's examples and of a MISP event, imports them, and opens every page.
func TestH8CanariesFireNowhere(t *testing.T) {
	t.Parallel()
	n, err := node.Open(t.Context(), node.Config{Dir: initialised(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	imported := 0
	for _, file := range []string{"../examples/lantern/heliogrid.json", "../intel/misp/testdata/event.misp.json"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		poisoned, err := json.Marshal(poison(doc, ""))
		if err != nil {
			t.Fatal(err)
		}
		rep, err := n.Exchange().Import(t.Context(), exchange.ImportRequest{Data: poisoned, Source: canary})
		if err != nil {
			t.Fatal(err)
		}
		imported += rep.New
	}
	if imported < 10 {
		t.Fatalf("%d poisoned objects came in", imported)
	}
	door := httptest.NewServer(n.API())
	t.Cleanup(door.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	enter, err := c.PostForm(door.URL+n.EnterPath(), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	_ = enter.Body.Close()
	for _, path := range []string{"/", "/releases", "/objects", "/instruments", "/parties", "/objects?type=" + url.QueryEscape(canary), "/instruments/" + url.PathEscape(canary), "/" + url.PathEscape(canary)} {
		page, header := fetch(t, c, door.URL+path)
		for _, live := range []string{"<img src=x", "<script>alert", `onerror=alert(1)>`, `href="javascript`} {
			if strings.Contains(page, live) {
				t.Errorf("%s: the page has %s", path, live)
			}
		}
		if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	if page, _ := fetch(t, c, door.URL+"/objects"); !strings.Contains(page, "indicator--") {
		t.Error("the objects are not on their page, so nothing was shown")
	}
}

// poison adds the canary to every text that is not what the format itself reads.
func poison(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = poison(member, key)
		}
		return v
	case []any:
		for i, item := range v {
			v[i] = poison(item, name)
		}
		return v
	case string:
		switch name {
		case "name", "description", "info", "comment", "value", "labels", "aliases", "abstract", "content", "url", "external_id", "source_name", "contact_information":
			return v + canary
		}
	}
	return v
}

func fetch(t *testing.T, c *http.Client, address string) (string, http.Header) {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String(), resp.Header
}
