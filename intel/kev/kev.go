// Package kev reads the catalogue of known exploited vulnerabilities that CISA
// publishes, as STIX 2.1: one vulnerability object for each entry.
//
// It does not rank, does not decide, and gives no entry a label: the format has
// none, so what comes in stays closed until somebody assigns one.
//
// Invariant: every entry is accounted for. One that was understood is a
// vulnerability with the entry's bytes beside it; one that was not is rejected
// with exactly its bytes and a reason, and costs nothing else.
package kev

import (
	"bytes"
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// namespace is where ids of entries are made.
var namespace = uuid.MustParse("8b2f6d1e-40c9-4e57-b3a8-95d07c1e6a2f")

const (
	maxDocument = 64 << 20
	catalogue   = "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"
	epoch       = "2021-11-03T00:00:00.000Z" // of the catalogue (BOD 22-01), for what has no date
)

// Is reports whether a document is the catalogue. It looks at names only.
func Is(b []byte) bool {
	if len(b) > maxDocument {
		return false
	}
	members, err := stix.Members(bytes.TrimSpace(b))
	if err != nil {
		return false
	}
	has := stix.Names(members)
	return !has["type"] && has["catalogVersion"] && has["vulnerabilities"]
}

// Parse reads a catalogue. It returns an error when the document cannot be taken
// apart or does not say when it was released; what is wrong with one entry is in
// Rejected.
//
// Entries have no date of their last change. Their objects are of the version of
// the catalogue, and Undated: the same content in a later catalogue is no new
// version. The result shares memory with b.
func Parse(b []byte) (stix.Bundle, error) {
	b = bytes.TrimSpace(b)
	members, err := stix.Members(b)
	if err != nil {
		return stix.Bundle{}, err
	}
	byName := map[string][]byte{}
	for _, m := range members {
		if byName[m.Name] != nil {
			return stix.Bundle{}, fault.New(fault.Invalid, "json.duplicate", "The catalogue has two members of one name.").
				At(strictjson.Pointer(m.Name), "occurs twice").Try("Send each name once.")
		}
		byName[m.Name] = m.Raw
	}
	released, ok := releaseTime(byName["dateReleased"])
	if !ok {
		return stix.Bundle{}, fault.New(fault.Invalid, "kev.not-catalogue", "The catalogue does not say when it was released.").
			At("/dateReleased", "is not a time").Try("Send the catalogue as CISA publishes it.")
	}
	entries, err := stix.Items(byName["vulnerabilities"])
	if err != nil {
		return stix.Bundle{}, err
	}
	c := &converter{released: released}
	for _, m := range members {
		if v, err := strictjson.Parse(m.Raw, strictjson.Default()); err == nil && m.Name != "vulnerabilities" {
			c.stated.HearTree(&v)
		}
	}
	c.publisher()
	for i, e := range entries {
		part := conversion.Part{Raw: e.Raw, Pointer: "/vulnerabilities/" + strconv.Itoa(i)}
		if err := c.entry(part); err != nil {
			c.Reject(part, "", err)
		}
	}
	return c.Bundle, nil
}

func releaseTime(raw []byte) (time.Time, bool) {
	v, err := strictjson.Parse(raw, strictjson.Default())
	if err != nil || v.Kind != strictjson.String {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, v.Text)
	return t.UTC(), err == nil && t.Year() > 2000
}

// converter makes the objects of one catalogue.
type converter struct {
	conversion.Account

	released time.Time
	creator  string
	stated   conversion.Stated // what the catalogue says about who may have it, outside its entries
}

// publisher is CISA: nobody else publishes this catalogue.
func (c *converter) publisher() {
	o := conversion.Domain("identity", stix.NameUUID(namespace, "publisher"+c.stated.Key()), epoch, epoch)
	o.SetText("name", "Cybersecurity and Infrastructure Security Agency")
	o.SetText("identity_class", "organization")
	c.stated.Mark(&o)
	if c.Keep(conversion.Part{}, nil, o) == nil { // a name and a class break no rule
		c.creator = o.GetText("id")
	}
}

// entry keeps what is made of one entry.
func (c *converter) entry(p conversion.Part) error {
	v, err := strictjson.Parse(p.Raw, strictjson.Default())
	if err != nil {
		return err
	}
	if err := wrong(&v); err != nil {
		return err
	}
	if c.Has(idOf(v.GetText("cveID"))) {
		return refuse("/cveID", "is in the catalogue twice")
	}
	made := c.vulnerability(&v)
	var stated conversion.Stated
	stated.HearTree(&v)
	stated.Add(c.stated)
	stated.Mark(&made)
	if err := c.Keep(p, nil, made); err != nil {
		return err
	}
	c.Last().Undated = true
	return nil
}

func refuse(pointer, detail string) error {
	return fault.New(fault.Invalid, "kev.entry", "An entry of the catalogue cannot be read.").At(pointer, detail).
		Try("Compare the entry with the catalogue as CISA publishes it, and import it again.")
}

var (
	isCVE = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`) // the pattern of the published schema
	isCWE = regexp.MustCompile(`^CWE-[0-9]+$`)
)

// facts are the members of an entry that are kept as they are, by the names they
// have in the extension; the required ones by the published schema first.
var facts = []struct {
	member, name string
	required     bool
}{
	{"vendorProject", "vendor_project", true},
	{"product", "product", true},
	{"vulnerabilityName", "vulnerability_name", true},
	{"dateAdded", "date_added", true},
	{"dueDate", "due_date", true},
	{"requiredAction", "required_action", true},
	{"knownRansomwareCampaignUse", "known_ransomware_campaign_use", false},
	{"notes", "notes", false},
}

// wrong holds an entry against the published schema.
func wrong(v *strictjson.Value) error {
	if v.Kind != strictjson.Object {
		return refuse("", "is not an object")
	}
	if !isCVE.MatchString(v.GetText("cveID")) {
		return refuse("/cveID", "is not a CVE id")
	}
	if m := v.Get("shortDescription"); m == nil || m.Kind != strictjson.String {
		return refuse("/shortDescription", "is missing or not text")
	}
	for _, f := range facts {
		if m := v.Get(f.member); m == nil && f.required || m != nil && m.Kind != strictjson.String {
			return refuse("/"+f.member, "is missing or not text")
		}
	}
	for _, name := range []string{"dateAdded", "dueDate"} {
		if _, err := time.Parse(time.DateOnly, v.GetText(name)); err != nil {
			return refuse("/"+name, "is not a date")
		}
	}
	if cwes := v.Get("cwes"); cwes != nil {
		for i, cwe := range cwes.Items {
			if !isCWE.MatchString(cwe.Text) {
				return refuse("/cwes/"+strconv.Itoa(i), "is not a CWE id")
			}
		}
	}
	return nil
}

// idOf is of the catalogue and the CVE, not of the CVE alone: what others say of
// the same CVE is theirs, and has an id of theirs.
func idOf(cve string) string { return "vulnerability--" + stix.NameUUID(namespace, cve) }

// vulnerability is one entry.
func (c *converter) vulnerability(v *strictjson.Value) strictjson.Value {
	cve := v.GetText("cveID")
	added, err := time.Parse(time.DateOnly, v.GetText("dateAdded"))
	if err != nil || added.After(c.released) {
		added = c.released
	}
	o := strictjson.NewObject("type", "vulnerability", "spec_version", "2.1", "id", idOf(cve), "created_by_ref", c.creator,
		"created", conversion.Version(added), "modified", conversion.Version(c.released), "name", cve)
	o.SetText("description", strings.TrimSpace(cmp.Or(strings.TrimSpace(v.GetText("vulnerabilityName")), cve)+"\n\n"+v.GetText("shortDescription")))
	o.Set("labels", strictjson.NewStrings("known-exploited"))
	refs := []strictjson.Value{reference("cve", cve, ""), reference("cisa-kev", "", catalogue)}
	if cwes := v.Get("cwes"); cwes != nil {
		for _, cwe := range cwes.Items {
			refs = append(refs, reference("cwe", cwe.Text, ""))
		}
	}
	o.Set("external_references", strictjson.NewList(refs...))
	x := strictjson.NewObject("extension_type", "property-extension")
	for _, f := range facts {
		x.SetText(f.name, v.GetText(f.member))
	}
	conversion.Extend(&o, stix.KEVExtension, x)
	return o
}

func reference(source, id, url string) strictjson.Value {
	return strictjson.NewObject("source_name", source, "url", url, "external_id", id)
}
