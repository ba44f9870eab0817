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
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"entente/intel"
	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// namespace is where ids of entries are made.
var namespace = uuid.MustParse("8b2f6d1e-40c9-4e57-b3a8-95d07c1e6a2f")

const (
	maxDocument = 64 << 20
	catalogue   = "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"

	versionTime = "2006-01-02T15:04:05.000Z"
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
	has := map[string]bool{}
	for _, m := range members {
		has[m.Name] = true
	}
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
	c := &converter{released: released, held: map[string]bool{}}
	for _, m := range members {
		if v, err := strictjson.Parse(m.Raw, strictjson.Default()); err == nil && m.Name != "vulnerabilities" {
			c.stated.HearTree(&v)
		}
	}
	c.publisher()
	for i, e := range entries {
		c.entry(e.Raw, "/vulnerabilities/"+strconv.Itoa(i))
	}
	return c.out, nil
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
	out      stix.Bundle
	released time.Time
	creator  string
	held     map[string]bool
	stated   conversion.Stated // what the catalogue says about who may have it, outside its entries
}

// publisher is CISA: nobody else publishes this catalogue.
func (c *converter) publisher() {
	c.creator = "identity--" + stix.NameUUID(namespace, "publisher"+c.stated.Key())
	var o strictjson.Value
	o.SetText("type", "identity")
	o.SetText("spec_version", "2.1")
	o.SetText("id", c.creator)
	o.SetText("created", epoch)
	o.SetText("modified", epoch)
	o.SetText("name", "Cybersecurity and Infrastructure Security Agency")
	o.SetText("identity_class", "organization")
	c.stated.Mark(&o)
	parsed, _, err := stix.ParseObject(strictjson.Append(nil, &o))
	if err != nil {
		c.creator = "" // a name and a class break no rule
		return
	}
	c.out.Accepted = append(c.out.Accepted, stix.Accepted{Object: parsed})
}

// entry converts one entry, or rejects it.
func (c *converter) entry(raw []byte, pointer string) {
	v, err := strictjson.Parse(raw, strictjson.Default())
	if err == nil {
		err = wrong(&v)
	}
	if err == nil && c.held[text(&v, "cveID")] {
		err = refuse("/cveID", "is in the catalogue twice")
	}
	var o *intel.Object
	if err == nil {
		made := c.vulnerability(&v)
		var stated conversion.Stated
		stated.HearTree(&v)
		stated.Add(c.stated)
		stated.Mark(&made)
		o, _, err = stix.ParseObject(strictjson.Append(nil, &made))
	}
	if err != nil {
		c.reject(raw, pointer, err)
		return
	}
	c.held[text(&v, "cveID")] = true
	o.Upgraded = &intel.Upgrade{Raw: raw, Hash: ident.Sum(raw)}
	c.out.Accepted = append(c.out.Accepted, stix.Accepted{Object: o, Pointer: pointer, Undated: true})
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
	if !isCVE.MatchString(text(v, "cveID")) {
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
		if _, err := time.Parse(time.DateOnly, text(v, name)); err != nil {
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

// vulnerability is one entry. Its id is of the catalogue and the CVE, not of the
// CVE alone: what others say of the same CVE is theirs, and has an id of theirs.
func (c *converter) vulnerability(v *strictjson.Value) strictjson.Value {
	cve := text(v, "cveID")
	added, err := time.Parse(time.DateOnly, text(v, "dateAdded"))
	if err != nil || added.After(c.released) {
		added = c.released
	}
	var o, x, extensions strictjson.Value
	o.SetText("type", "vulnerability")
	o.SetText("spec_version", "2.1")
	o.SetText("id", "vulnerability--"+stix.NameUUID(namespace, cve))
	o.SetText("created_by_ref", c.creator)
	o.SetText("created", added.Format(versionTime))
	o.SetText("modified", c.released.Format(versionTime))
	o.SetText("name", cve)
	o.SetText("description", strings.TrimSpace(cmp.Or(strings.TrimSpace(text(v, "vulnerabilityName")), cve)+"\n\n"+text(v, "shortDescription")))
	o.Set("labels", strictjson.NewStrings([]string{"known-exploited"}))
	refs := []strictjson.Value{reference("cve", cve, ""), reference("cisa-kev", "", catalogue)}
	if cwes := v.Get("cwes"); cwes != nil {
		for _, cwe := range cwes.Items {
			refs = append(refs, reference("cwe", cwe.Text, ""))
		}
	}
	o.Set("external_references", strictjson.NewList(refs...))
	x.SetText("extension_type", "property-extension")
	for _, f := range facts {
		x.SetText(f.name, text(v, f.member))
	}
	extensions.Set(stix.KEVExtension, x)
	o.Set("extensions", extensions)
	return o
}

func reference(source, id, url string) strictjson.Value {
	var r strictjson.Value
	r.SetText("source_name", source)
	r.SetText("url", url)
	r.SetText("external_id", id)
	return r
}

func text(v *strictjson.Value, name string) string {
	if m := v.Get(name); m != nil && m.Kind == strictjson.String {
		return m.Text
	}
	return ""
}

// reject accounts for an entry that was not understood.
func (c *converter) reject(raw []byte, pointer string, err error) {
	rej := stix.Rejected{Pointer: pointer, Code: fault.CodeOf(err), Raw: raw, Hash: ident.Sum(raw)}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		rej.Detail, rej.Next, rej.Fields = f.Message, f.Next, f.Fields
		if len(f.Fields) > 0 {
			rej.Detail = f.Fields[0].Pointer + ": " + f.Fields[0].Detail
		}
	}
	c.out.Rejected = append(c.out.Rejected, rej)
}
