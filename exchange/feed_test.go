package exchange_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// feedOf reads a whole feed, all versions, in pages of a size.
func (n *testNode) feedOf(t testing.TB, of party.ID, size int) []exchange.FeedItem {
	t.Helper()
	var all []exchange.FeedItem
	f := exchange.FeedFilter{Recipient: of, Bytes: true, Limit: size, Versions: exchange.FeedVersions{All: true}}
	for {
		page, err := n.Feed(t.Context(), f)
		must(t, err)
		all = append(all, page.Items...)
		if !page.More {
			return all
		}
		if len(page.Items) != size {
			t.Fatalf("a page of %d of %d says that there is more", len(page.Items), size)
		}
		f.After = page.Items[size-1].Added
	}
}

// releasedTo is the digests of what the standing releases to a party sent.
func (n *testNode) releasedTo(t testing.TB, to party.ID) []string {
	t.Helper()
	sent := map[string]bool{}
	releases, err := n.Releases(t.Context(), exchange.ReleaseFilter{Recipient: to, Limit: 1000})
	must(t, err)
	for _, r := range releases {
		if !r.State.MayBeThere() {
			continue
		}
		v, err := n.Release(t.Context(), r.ID)
		must(t, err)
		for _, it := range v.ItemList {
			sent[it.SentHash.String()] = true
		}
	}
	return slices.Sorted(maps.Keys(sent))
}

// TestFeedIsWhatWasReleased: a party's feed holds exactly the bytes of the
// standing releases to it, transformed where they were, and loses a release with
// its recall.
func TestFeedIsWhatWasReleased(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova, gridshare)
	a := f.nodes[aurelia]
	report := f.importHelioGrid()
	for _, to := range []party.ID{borealis, cordova, gridshare} {
		if got := a.feedOf(t, to, 50); len(got) != 0 {
			t.Fatalf("born unreleased: %s sees %d objects", to, len(got))
		}
	}
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{report}}})
	must(t, err)
	transformed := 0
	check := func() {
		t.Helper()
		for _, to := range []party.ID{borealis, cordova, gridshare} {
			var got []string
			last := time.Time{}
			for _, it := range a.feedOf(t, to, 7) {
				if ident.Sum(it.Raw) != it.Hash || !it.Added.After(last) {
					t.Errorf("%s at %v after %v", it.ID, it.Added, last)
				}
				last = it.Added
				if _, err := a.Object(t.Context(), it.ID); fault.KindOf(err) == fault.NotFound {
					transformed++ // under an id of its own
				}
				got = append(got, it.Hash.String())
			}
			slices.Sort(got)
			if want := a.releasedTo(t, to); !slices.Equal(got, want) {
				t.Errorf("%s sees %d objects, %d were released to it", to, len(got), len(want))
			}
		}
	}
	check()
	if transformed == 0 {
		t.Error("nothing was transformed, so the test says little")
	}
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: rep.Releases[0].Release, Reason: "mistake"})
	must(t, err)
	check()
	if got := a.feedOf(t, rep.Releases[0].Recipient, 50); len(got) != 0 {
		t.Errorf("after the recall %d objects are still there", len(got))
	}
	_, err = a.Feed(t.Context(), exchange.FeedFilter{Recipient: "nobody"})
	wantCode(t, err, "party.unknown")
}

// TestFetchesAreOnRecord: the first fetch of a release, and no other, is in the
// log before its bytes leave; looking at what there is does not count.
func TestFetchesAreOnRecord(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}, To: []party.ID{borealis}}})
	must(t, err)
	state := func() (size int64, fetched time.Time) {
		t.Helper()
		log, err := a.VerifyLog(t.Context())
		must(t, err)
		rel, err := a.Release(t.Context(), rep.Releases[0].Release)
		must(t, err)
		if log.FirstBad >= 0 {
			t.Errorf("log %+v", log)
		}
		return log.Size, rel.Fetched
	}
	before, _ := state()
	_, err = a.Feed(t.Context(), exchange.FeedFilter{Recipient: borealis})
	must(t, err)
	if size, at := state(); size != before || !at.IsZero() {
		t.Errorf("a look is recorded: %d leaves more, %v", size-before, at)
	}
	first := f.now
	for range 3 {
		a.feedOf(t, borealis, 10)
		f.now = f.now.Add(time.Minute)
	}
	if size, at := state(); size != before+1 || !at.Equal(first) {
		t.Errorf("%d leaves more, fetched %v, want one and %v", size-before, at, first)
	}
}

// TestFeedFollowsTheLaw: what a consent allowed is no longer fetched once it was
// withdrawn or has run out, even if nobody did anything in between.
func TestFeedFollowsTheLaw(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(f *federation, a *testNode, consent exchange.Fact){
		"withdrawn": func(f *federation, a *testNode, consent exchange.Fact) {
			_, err := a.WithdrawFact(f.t.Context(), consent.ID)
			must(f.t, err)
		},
		"run out": func(f *federation, _ *testNode, _ exchange.Fact) { f.now = f.now.Add(25 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederation(t, aurelia, gridshare)
			a := f.nodes[aurelia]
			report := f.importHelioGrid()
			consent, err := a.RecordFact(t.Context(), exchange.Fact{
				Name: "victim_consent", Value: true, About: report, Issuer: "HelioGrid", Evidence: "letter", Expires: f.now.Add(24 * time.Hour),
			})
			must(t, err)
			f.now = f.now.Add(time.Minute)
			rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{report}, To: []party.ID{gridshare}}})
			must(t, err)
			for range 2 { // the second from memory
				if got := a.feedOf(t, gridshare, 1000); len(got) != rep.Releases[0].Items {
					t.Fatalf("%d of %d objects are there", len(got), rep.Releases[0].Items)
				}
			}
			end(f, a, consent)
			if got := a.feedOf(t, gridshare, 1000); len(got) != 0 {
				t.Errorf("%d objects can still be fetched", len(got))
			}
			v, err := a.Release(t.Context(), rep.Releases[0].Release)
			must(t, err)
			if v.State != exchange.Recalled || len(v.Recalls) != 1 {
				t.Errorf("the release is %s with %d recalls", v.State, len(v.Recalls))
			}
		})
	}
}

// TestMomentOrdersInstants: equal instants are equal texts, earlier ones sort
// first, whatever their precision (TAXII 3.4.1, STIX 3.2).
func TestMomentOrdersInstants(t *testing.T) {
	t.Parallel()
	ascending := []string{
		"0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.0000000001Z", "2026-01-01T00:00:00.1Z",
		"2026-01-01T00:00:00.123456789123Z", "2026-01-01T00:00:10Z", "9999-12-31T23:59:59.999Z",
	}
	for i, v := range ascending {
		if i > 0 && exchange.Moment(ascending[i-1]) >= exchange.Moment(v) {
			t.Errorf("%q does not sort before %q", exchange.Moment(ascending[i-1]), exchange.Moment(v))
		}
	}
	for _, same := range [][2]string{
		{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"},
		{"2026-01-01T00:00:00.120Z", "2026-01-01T01:00:00.12+01:00"},
	} {
		if a, b := exchange.Moment(same[0]), exchange.Moment(same[1]); a != b || a == "" {
			t.Errorf("%v: %q and %q", same, a, b)
		}
	}
	for _, none := range []string{"", "yesterday", "2026-01-01", "2026-01-01T00:00:00,5Z", "2026-13-01T00:00:00Z"} {
		if got := exchange.Moment(none); got != "" {
			t.Errorf("%q became %q", none, got)
		}
	}
}

// TestCredentials: a secret names its party until it is revoked, and every
// failure looks the same.
func TestCredentials(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	g, err := a.Grant(t.Context(), exchange.GrantRequest{Party: borealis, Label: "poller"})
	must(t, err)
	if got, err := a.Authenticate(t.Context(), g.Secret); err != nil || got != borealis {
		t.Errorf("the secret is of %q, %v", got, err)
	}
	for _, wrong := range []string{"", "entente_", g.Secret + "x", g.Secret[:len(g.Secret)-1], g.ID, "Entente_" + g.Secret[8:]} {
		_, err := a.Authenticate(t.Context(), wrong)
		wantCode(t, err, "credential.refused")
	}
	must(t, a.RevokeCredential(t.Context(), g.ID))
	_, err = a.Authenticate(t.Context(), g.Secret)
	wantCode(t, err, "credential.refused")
	wantCode(t, a.RevokeCredential(t.Context(), g.ID), "credential.revoked")
	for to, code := range map[party.ID]string{"nobody": "party.unknown", aurelia: "credential.invalid"} {
		_, err := a.Grant(t.Context(), exchange.GrantRequest{Party: to})
		wantCode(t, err, code)
	}
	_, err = a.Grant(t.Context(), exchange.GrantRequest{Party: borealis, Label: "a\u202eb"})
	wantCode(t, err, "credential.invalid")
	list, err := a.Credentials(t.Context())
	must(t, err)
	if len(list) != 1 || list[0].Revoked.IsZero() {
		t.Errorf("list %+v", list)
	}
	if rep, err := a.VerifyLog(t.Context()); err != nil || rep.FirstBad >= 0 {
		t.Errorf("the log: %+v, %v", rep, err)
	}
}

// TestContributionsGoTheWayOfPartnersObjects: attributed to the party that added
// them, judged one by one, and released to nobody.
func TestContributionsGoTheWayOfPartnersObjects(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0009", tlpAmber)))
	ours := sdo("indicator", "0009", "2026-02-01T00:00:00.000Z", tlpAmber, `"pattern":"[ipv4-addr:value = '198.51.100.1']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)
	c, err := a.Contribute(t.Context(), borealis, []byte("["+indicator("0001", tlpAmber)+`,{"type":"indicator","id":"indicator--no","modified":"2026-01-01T00:00:00Z"},`+ours+","+bundleOf(indicator("0002", tlpAmber))+"]"), "TAXII")
	must(t, err)
	codes := map[string]string{}
	for _, l := range c.Lines {
		codes[l.ID] = l.Code
	}
	if len(c.Lines) != 4 || codes["indicator--no"] == "" || c.Lines[len(c.Lines)-1].Code == "" || codes[idOf("indicator", "0001")] != "" || codes[idOf("indicator", "0009")] != "" || codes["bundle--00000000-0000-4000-8000-000000000001"] == "" {
		t.Errorf("lines %+v", c.Lines)
	}
	// That another holds the id is for this node's people; to who adds it, it looks
	// like any other (P20).
	held, err := a.Quarantined(t.Context(), 0, 10)
	must(t, err)
	if !slices.ContainsFunc(held, func(q exchange.Quarantine) bool { return q.Code == "object.ours" }) {
		t.Errorf("quarantine %+v", held)
	}
	o, err := a.Object(t.Context(), idOf("indicator", "0001"))
	must(t, err)
	if o.Provenance.From != borealis || len(o.ReleasedTo) != 0 {
		t.Errorf("it comes from %s and is released to %v", o.Provenance.From, o.ReleasedTo)
	}
	kept, err := a.Contribution(t.Context(), borealis, c.ID)
	must(t, err)
	if len(kept.Lines) != 4 {
		t.Errorf("kept %+v", kept)
	}
	_, err = a.Contribution(t.Context(), aurelia, c.ID)
	wantCode(t, err, "contribution.unknown")
	_, err = a.Contribute(t.Context(), borealis, []byte("{"), "TAXII")
	wantCode(t, err, "json.syntax")
}
