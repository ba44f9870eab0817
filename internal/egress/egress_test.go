package egress_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"entente/internal/egress"
)

// TestP21AddressesThatNobodyElseHas: by literal and by everything an IPv4 address
// can hide in (H12).
func TestP21AddressesThatNobodyElseHas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ip       string
		strict   bool // permitted
		loopback bool // permitted with AllowLoopback
	}{
		{"127.0.0.1", false, true},
		{"127.8.9.10", false, true},
		{"::1", false, true},
		{"::ffff:127.0.0.1", false, true},
		{"::127.0.0.1", false, false},              // IPv4-compatible
		{"64:ff9b::127.0.0.1", false, false},       // NAT64
		{"64:ff9b::169.254.169.254", false, false}, // NAT64
		{"64:ff9b:1::169.254.169.254", false, false},
		{"64:ff9b::8.8.8.8", true, true}, // what an IPv6-only network makes of every server
		{"2002:7f00:1::", false, false},  // 6to4 of 127.0.0.1
		{"2002:a9fe:a9fe::1", false, false},
		{"2002:808:808::1", true, true},
		{"2001:0:102:304::1", false, false}, // Teredo
		{"169.254.169.254", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"fe80::1", false, false},
		{"fec0::1", false, false},
		{"fd00:ec2::254", false, false},
		{"100.100.100.200", false, false},
		{"192.0.0.192", false, false},
		{"0.0.0.0", false, false},
		{"0.1.2.3", false, false},
		{"::", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"240.0.0.1", false, false},
		{"10.1.2.3", true, true}, // government networks
		{"192.168.1.1", true, true},
		{"fd12:3456::1", true, true},
		{"8.8.8.8", true, true},
		{"2606:4700::1111", true, true},
	} {
		ip := netip.MustParseAddr(c.ip)
		if err := (egress.Guard{}).Check(ip); (err == nil) != c.strict || err != nil && !errors.Is(err, egress.ErrAddress) {
			t.Errorf("%s: %v", c.ip, err)
		}
		if err := (egress.Guard{AllowLoopback: true}).Check(ip); (err == nil) != c.loopback {
			t.Errorf("%s with loopback: %v", c.ip, err)
		}
	}
}

// TestP21TheAddressThatIsDialledIsChecked: a name that leads here is no way round (H12).
func TestP21TheAddressThatIsDialledIsChecked(t *testing.T) {
	// A proxy of the environment would be asked in place of the server.
	t.Setenv("HTTP_PROXY", "http://203.0.113.1:9")
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for allow, want := range map[bool]bool{false: false, true: true} {
			tr := egress.Guard{AllowLoopback: allow}.Transport(nil)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+":"+u.Port(), nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := tr.RoundTrip(req)
			if (err == nil) != want || err != nil && !errors.Is(err, egress.ErrAddress) {
				t.Errorf("%s, loopback %v: %v", host, allow, err)
			}
			if err == nil {
				_ = resp.Body.Close()
			}
			tr.CloseIdleConnections()
		}
	}
}

func TestSameOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		same     bool
	}{
		{"https://a.example/x", "https://A.example:443/y", true},
		{"https://a.example/x", "http://a.example/x", false},
		{"https://a.example/x", "https://a.example:8443/x", false},
		{"https://a.example/x", "https://b.example/x", false},
	} {
		from, to := httptest.NewRequest(http.MethodGet, c.from, nil), httptest.NewRequest(http.MethodGet, c.to, nil)
		if err := egress.SameOrigin(to, []*http.Request{from}); (err == nil) != c.same {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}
