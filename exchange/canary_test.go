package exchange_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"entente/decision"
	"entente/exchange"
	"entente/exchange/envelope"
	"entente/party"
)

// encodings are sixteen trivial ways to write a value somewhere else.
func encodings(s string) map[string]string {
	b64 := base64.StdEncoding.EncodeToString
	var wide, entities, percent, escaped strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		wide.Write([]byte{byte(u), byte(u >> 8)}) // low half, high half
	}
	for _, c := range []byte(s) {
		fmt.Fprintf(&entities, "&#%d;", c)
		fmt.Fprintf(&percent, "%%%02X", c)
		fmt.Fprintf(&escaped, `\u%04x`, c)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	backwards := []rune(s)
	slices.Reverse(backwards)
	return map[string]string{
		"plain": s, "upper": strings.ToUpper(s), "defanged": strings.NewReplacer(".", "[.]", "@", "[at]").Replace(s),
		"base64": b64([]byte(s)), "base64 inside": b64([]byte("xy" + s + "zz")), "base64url": base64.RawURLEncoding.EncodeToString([]byte(s)),
		"hex": hex.EncodeToString([]byte(s)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(s))), "percent": percent.String(),
		"query": url.QueryEscape(s), "utf16 base64": b64([]byte(wide.String())), "utf16 hex": hex.EncodeToString([]byte(wide.String())),
		"gzip": b64(zipped.Bytes()), "html": entities.String(), "base64 twice": b64([]byte(b64([]byte(s)))), "escaped": escaped.String(),
	}
}

// canaries are values that say who was hit, who reported and who can be reached.
// Each occurs in a field of its kind and again in running text of its incident.
var canaries = map[string]string{
	"victim": "Quixotic Kestrel Utilities", "person": "Wilhelmina Canarysson",
	"mailbox": "w.canary.kq7@mail.example", "phone": "+47 55 50 19 73", "account": "wcanarykq7",
}

// canaryBundle is an incident report with a canary in every field that may hold one.
func canaryBundle() string {
	const at = "2026-02-01T00:00:00.000Z"
	text := strings.Join(slices.Sorted(maps.Values(canaries)), ", ")
	object := func(typ, n, more string) string { return sdo(typ, n, at, tlpAmber, more) }
	victim := object("identity", "c001", fmt.Sprintf(`"name":%q,"identity_class":"organization","sectors":["energy"],"contact_information":"%s, %s"`,
		canaries["victim"], canaries["mailbox"], canaries["phone"]))
	person := object("identity", "c002", fmt.Sprintf(`"name":%q,"identity_class":"individual","contact_information":%q`, canaries["person"], canaries["mailbox"]))
	incident := object("incident", "c003", fmt.Sprintf(`"name":"outage at %s","description":%q`, canaries["victim"], text))
	malware := object("malware", "c004", fmt.Sprintf(`"name":"GridStorm","is_family":false,"description":"found by %s at %s"`, canaries["person"], canaries["victim"]))
	target := object("relationship", "c005", fmt.Sprintf(`"relationship_type":"targets","source_ref":%q,"target_ref":%q,"description":"hit %s"`,
		idOf("malware", "c004"), idOf("identity", "c001"), canaries["victim"]))
	sighting := object("sighting", "c006", fmt.Sprintf(`"sighting_of_ref":%q,"where_sighted_refs":[%q],"description":"seen at %s"`,
		idOf("malware", "c004"), idOf("identity", "c001"), canaries["victim"]))
	note := object("note", "c007", fmt.Sprintf(`"content":%q,"abstract":%q,"authors":[%q],"object_refs":[%q]`,
		text, canaries["victim"], canaries["person"], idOf("incident", "c003")))
	mailbox := fmt.Sprintf(`{"type":"email-addr","spec_version":"2.1","id":"email-addr--c0000000-0000-4000-8000-000000000001","value":%q,"display_name":%q,"object_marking_refs":[%q]}`,
		canaries["mailbox"], canaries["person"], tlpAmber)
	account := fmt.Sprintf(`{"type":"user-account","spec_version":"2.1","id":"user-account--c0000000-0000-4000-8000-000000000001","user_id":%q,"account_login":%q,"display_name":%q,"object_marking_refs":[%q]}`,
		canaries["account"], canaries["account"], canaries["person"], tlpAmber)
	ioc := object("indicator", "c008", fmt.Sprintf(`"name":"lure sent to %s","description":%q,"pattern":"[email-message:to_refs[*].value = '%s']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`,
		canaries["person"], text, canaries["mailbox"]))
	clean := object("indicator", "c009", `"name":"command server","pattern":"[domain-name:value = 'evil.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)
	var refs []string
	all := []string{victim, person, incident, malware, target, sighting, note, mailbox, account, ioc, clean}
	for _, o := range all {
		refs = append(refs, `"`+idIn([]byte(o))+`"`)
	}
	report := object("report", "c00a", fmt.Sprintf(`"name":"Incident at %s","description":%q,"published":%q,"object_refs":[%s],"external_references":[{"source_name":%q,"description":%q,"external_id":%q}]`,
		canaries["victim"], text, at, strings.Join(refs, ","), canaries["victim"], text, canaries["account"]))
	return bundleOf(append(all, report)...)
}

// TestP5NoCanaryTravels sends a report with a canary in every victim, contact
// and identifier field. No body to the ISAC or to Cordova, no receipt, no error
// and no reason holds any of them in any trivial encoding; Borealis gets all.
func TestP5NoCanaryTravels(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova, gridshare, vendor)
	a := f.nodes[aurelia]
	rep := a.imports(t, canaryBundle())
	if rep.Quarantined > 0 {
		t.Fatalf("import %+v", rep.Objects)
	}
	p, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("report", "c00a")}}})
	must(t, err)
	f.deliver(a)
	_, refusal := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("report", "c00a")}, To: []party.ID{vendor}}})
	wantCode(t, refusal, "release.denied")
	for _, r := range p.Releases {
		if r.Release == "" {
			continue
		}
		_, err := a.Recall(t.Context(), exchange.RecallRequest{Release: r.Release, Reason: "exercise over"})
		must(t, err)
	}
	f.deliver(a)

	travelled := map[party.ID]*strings.Builder{borealis: {}, cordova: {}, gridshare: {}, vendor: {}}
	objects := map[party.ID]int{}
	for to, body := range f.sent {
		id, _, _ := strings.Cut(to, "/")
		b, err := envelope.DecodeBody(body)
		must(t, err)
		objects[party.ID(id)] += len(b.Objects)
		travelled[party.ID(id)].WriteString(legible(t, body))
	}
	for _, n := range []party.ID{cordova, gridshare, vendor} {
		for _, m := range f.nodes[n].inbox(t) {
			travelled[n].WriteString(legible(t, m.Receipt))
		}
	}
	fmt.Fprintf(travelled[vendor], "%v %+v", refusal, refusal)
	for _, n := range []party.ID{cordova, gridshare, vendor} {
		everything := strings.ToLower(travelled[n].String())
		for what, value := range canaries {
			for how, written := range encodings(value) {
				if strings.Contains(everything, strings.ToLower(written)) {
					t.Errorf("%s got the %s (%s): …%s…", n, what, how, around(everything, strings.ToLower(written)))
				}
			}
		}
	}
	for _, n := range []party.ID{cordova, gridshare} {
		if objects[n] < 2 {
			t.Errorf("%s got %d objects; a test of nothing proves nothing", n, objects[n])
		}
	}
	for what, value := range canaries {
		if !strings.Contains(travelled[borealis].String(), value) {
			t.Errorf("Borealis did not get the %s", what)
		}
	}
}

func around(s, at string) string {
	i := strings.Index(s, at)
	return s[max(0, i-80):min(len(s), i+len(at)+40)]
}

// legible is a body with its signed payload decoded, so that a search sees what
// a recipient reads.
func legible(t *testing.T, body []byte) string {
	t.Helper()
	b, err := envelope.DecodeBody(body)
	must(t, err)
	out := string(b.Proof) + string(b.Envelope)
	for _, word := range strings.FieldsFunc(out, func(r rune) bool { return r == '"' || r == ' ' || r == '\n' }) {
		if plain, err := base64.StdEncoding.DecodeString(word); err == nil && len(plain) > 20 {
			out += "\n" + string(plain)
		}
	}
	return out + "\n" + string(bytes.Join(b.Objects, []byte("\n")))
}

// TestJ17TheReportHidesWhatIsWithheld: an unmarked object inside an AMBER report
// and a RED one joined to a GREEN one do not leave, and nothing that leaves
// names them.
func TestJ17TheReportHidesWhatIsWithheld(t *testing.T) {
	t.Parallel()
	const tlpGreen = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	unmarked, red, green := indicator("1001", ""), indicator("1002", tlpRed), sdo("malware", "1003", jan, tlpGreen, `"name":"m","is_family":false`)
	join := sdo("relationship", "1004", jan, tlpGreen, fmt.Sprintf(`"relationship_type":"indicates","source_ref":%q,"target_ref":%q`, idOf("indicator", "1002"), idOf("malware", "1003")))
	note := sdo("note", "1005", jan, tlpGreen, fmt.Sprintf(`"content":"see %s and %s","object_refs":[%q,%q]`, idOf("indicator", "1002"), idOf("indicator", "1001"), idOf("indicator", "1002"), idOf("malware", "1003")))
	text := fmt.Sprintf(`"name":"r","published":%q,"description":"it is about %s","object_refs":[%q,%q,%q,%q,%q]`, jan, idOf("indicator", "1002"),
		idOf("indicator", "1001"), idOf("indicator", "1002"), idOf("malware", "1003"), idOf("relationship", "1004"), idOf("note", "1005"))
	a.imports(t, bundleOf(unmarked, red, green, join, note, sdo("report", "1006", jan, tlpAmber, text)))
	f.send(aurelia, borealis, idOf("report", "1006"))
	got, err := f.nodes[borealis].Objects(t.Context(), exchange.ObjectFilter{Limit: 100})
	must(t, err)
	types := map[string]int{}
	for _, o := range got {
		types[o.Type]++
		for _, hidden := range []string{"1001", "1002"} {
			if bytes.Contains(o.Raw, []byte(idOf("indicator", hidden))) || bytes.Contains(o.Raw, []byte(strings.TrimPrefix(idOf("indicator", hidden), "indicator--"))) {
				t.Errorf("%s reveals %s: %s", o.ID, hidden, o.Raw)
			}
		}
	}
	if types["report"] != 1 || types["malware"] != 1 || types["indicator"] != 0 || types["relationship"] != 0 {
		t.Errorf("Borealis holds %v", types)
	}
}

// TestJ18ClosureIsBounded: circles end, and a fan of references is refused
// rather than walked for ever.
func TestJ18ClosureIsBounded(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	circle := func(n, next string) string {
		return sdo("report", n, jan, tlpAmber, fmt.Sprintf(`"name":"r","published":%q,"object_refs":[%q,%q]`, jan, idOf("report", next), idOf("report", n)))
	}
	a.imports(t, bundleOf(circle("0001", "0002"), circle("0002", "0003"), circle("0003", "0001")))
	begun := time.Now()
	p, err := a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{idOf("report", "0001")}})
	must(t, err)
	if len(p.Objects) != 3 {
		t.Errorf("closure of a circle has %d members", len(p.Objects))
	}
	var refs []string
	for i := range 20_001 {
		refs = append(refs, fmt.Sprintf(`"indicator--00000000-0000-4000-8001-%012d"`, i))
	}
	wide := sdo("report", "0009", jan, tlpAmber, fmt.Sprintf(`"name":"r","published":%q,"object_refs":[%s]`, jan, strings.Join(refs, ",")))
	if rep := a.imports(t, bundleOf(wide)); rep.New == 1 {
		_, err = a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{idOf("report", "0009")}})
		wantCode(t, err, "release.too-large")
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestJ20CustomPropertiesAreNotForEverybody: a property nobody classified leaves
// only where the law takes what is not classified.
func TestJ20CustomPropertiesAreNotForEverybody(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova, gridshare)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(variant("0001", jan, tlpAmber, "n", `,"x_reporter":"Wilhelmina Canarysson, w.canary.kq7@kestrelkq7.example","x_internal":{"case":"kq7-4711"}`)))
	p, err := a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}})
	must(t, err)
	for _, r := range p.Recipients {
		if r.Outcome == decision.Permit {
			t.Errorf("%s gets it as it is", r.Party)
		}
	}
	_, err = a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	f.deliver(a)
	for _, id := range []party.ID{cordova, gridshare} {
		got, err := f.nodes[id].Objects(t.Context(), exchange.ObjectFilter{})
		must(t, err)
		for _, o := range got {
			for _, secret := range []string{"Canarysson", "w.canary", "kq7-4711", "x_reporter", "x_internal"} {
				if bytes.Contains(o.Raw, []byte(secret)) {
					t.Errorf("%s got %s: %s", id, secret, o.Raw)
				}
			}
		}
	}
}

// TestP6WhatArrivesIsWhatWasSigned: byte for byte, odd white space, number forms
// and member order included.
func TestP6WhatArrivesIsWhatWasSigned(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	odd := strings.Replace(variant("0001", jan, tlpAmber, "a/bé", `,"confidence" :  85 ,"description":"caf\u00e9 \/ bar","labels":[ "a" ]`), `{"type"`, "{\n\t \"type\"", 1)
	if rep := a.imports(t, bundleOf(odd)); rep.New != 1 {
		t.Fatalf("import %+v", rep)
	}
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	got, err := b.Object(t.Context(), idOf("indicator", "0001"))
	must(t, err)
	v, err := a.Release(t.Context(), release)
	must(t, err)
	m, err := envelope.Open(v.Envelope, keysFor(a.card(t, aurelia)))
	must(t, err)
	if !bytes.Equal(got.Raw, v.ItemList[0].Sent) || got.Hash != m.Objects[0].Hash {
		t.Errorf("other bytes arrived than were signed:\n%s\n%s", got.Raw, v.ItemList[0].Sent)
	}
	if v.Decisions[0].Outcome == decision.Permit && string(got.Raw) != odd {
		t.Errorf("a permitted object was written anew:\n%s\n%s", got.Raw, odd)
	}

	// The other way as well.
	b.imports(t, bundleOf(indicator("0002", tlpAmber)))
	f.send(borealis, aurelia, idOf("indicator", "0002"))
	if !strings.Contains(a.held(t, idOf("indicator", "0002")), indicator("0002", tlpAmber)) {
		t.Error("other bytes arrived than Borealis imported")
	}
}

// TestP5AVictimsMailDomainIsItsName: a domain only the victim has names it as
// surely as its name does, in the report and as an object of its own.
func TestP5AVictimsMailDomainIsItsName(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, gridshare, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(
		sdo("identity", "0001", "2026-01-01T00:00:00.000Z", tlpAmber, `"name":"Kestrel Power","identity_class":"organization","roles":["victim"],"contact_information":"Call w.canary@kestrelkq7.example, or kestrel@gmail.com"`),
		sdo("incident", "0002", "2026-01-01T00:00:00.000Z", tlpAmber, `"name":"Outage","description":"The portal at www.kestrelkq7.example was down; mail to kestrelkq7.example bounced. Ask gmail.com."`),
		sdo("report", "0003", "2026-01-01T00:00:00.000Z", tlpAmber, `"name":"Outage","published":"2026-01-01T00:00:00Z","object_refs":["identity--00000000-0000-4000-8000-000000000001","incident--00000000-0000-4000-8000-000000000002"]`),
	))
	_, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("report", "0003")}}})
	must(t, err)
	f.deliver(a)
	for _, id := range []party.ID{gridshare, cordova} {
		if f.knows(id, "kestrelkq7") {
			t.Errorf("%s knows the victim by its domain", id)
		}
	}
	if !f.knows(gridshare, "ask gmail.com") {
		t.Error("a provider's domain was taken for the victim's")
	}
}
