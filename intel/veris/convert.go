package veris

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// incident is one incident while it is converted.
type incident struct {
	veris             strictjson.Value // what is not in a property of STIX yet
	key, uuid         string
	created, modified string
	made              []strictjson.Value
	id                string
	stated            conversion.Stated // what the record says about who may have it
}

// newIncident takes over a tree.
func newIncident(tree strictjson.Value) *incident {
	in := &incident{veris: tree, key: tree.GetText("incident_id")}
	in.uuid = strings.ToLower(in.key)
	if !stix.IsUUID(in.uuid) {
		in.uuid = stix.NameUUID(namespace, in.key)
	}
	in.id = "incident--" + in.uuid
	in.stated.HearTree(&tree)
	created := in.began()
	plus := tree.Get("plus")
	if t, ok := conversion.Time(plus.GetText("created")); ok {
		created = t
	}
	modified, ok := conversion.Time(plus.GetText("modified"))
	if !ok || modified.Before(created) {
		modified = created
	}
	in.created, in.modified = conversion.Version(created), conversion.Version(modified)
	return in
}

// began is the day of the incident, the first of what is not said. It stands in
// for when the record was made, which most do not say.
func (in *incident) began() time.Time {
	at := in.veris.Get("timeline").Get("incident")
	part := func(name string, least, most, otherwise int) int {
		v := at.Get(name)
		if v == nil {
			return otherwise
		}
		n, err := strconv.Atoi(v.Text)
		if err != nil || n < least || n > most {
			return otherwise
		}
		return n
	}
	year := part("year", 1900, 9999, 0)
	if year == 0 {
		return conversion.Epoch
	}
	return time.Date(year, time.Month(part("month", 1, 12, 1)), part("day", 1, 28, 1), 0, 0, 0, 0, time.UTC)
}

// objects makes everything, the incident first.
func (in *incident) objects() []strictjson.Value {
	o := conversion.Domain("incident", in.uuid, in.created, in.modified)
	o.SetText("name", "VERIS incident "+in.key)
	in.victim()
	in.actions(in.actor())
	in.texts(&o)
	x := strictjson.NewObject("extension_type", "property-extension")
	names := strictjson.Value{Kind: strictjson.Object}
	plainNames(&in.veris, &names)
	x.Set("incident", in.veris)
	if len(names.Members) > 0 {
		x.Set("names", names)
	}
	conversion.Extend(&o, Extension, x)
	made := append([]strictjson.Value{o}, in.made...)
	for i := range made {
		in.stated.Mark(&made[i])
	}
	return made
}

// texts moves what STIX has a property for.
func (in *incident) texts(o *strictjson.Value) {
	if s := in.veris.GetText("summary"); s != "" {
		o.SetText("description", s)
		in.veris.Drop("summary")
	}
	reference := in.veris.GetText("reference")
	links := strings.Split(reference, separator)
	if slices.ContainsFunc(links, func(l string) bool { return !isLink(l) }) {
		return
	}
	refs := strictjson.NewList()
	for _, l := range links {
		refs.Items = append(refs.Items, strictjson.NewObject("source_name", sourceName, "url", l))
	}
	o.Set("external_references", refs)
	in.veris.Drop("reference")
}

// separator stands between references, as in the VERIS Community Database.
const (
	separator  = "; "
	sourceName = "veris"
)

func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(s, " \t\r\n<>\"{}|\\^`")
}

// relate relates two objects of the incident.
func (in *incident) relate(kind, source, target string) {
	in.made = append(in.made, conversion.Relationship(stix.NameUUID(namespace, source+" "+kind+" "+target), kind, source, target, in.created, in.modified))
}

// Names of those whom the record does not name.
const (
	someVictim = "Victim of VERIS incident "
	someActor  = "External actor of VERIS incident "
)

// victim makes the organisation that was hit, in its sector and country.
func (in *incident) victim() {
	v := in.veris.Get("victim")
	if v == nil || v.Kind != strictjson.Object || len(v.Members) == 0 {
		return
	}
	name := v.GetText("victim_id")
	if name == "" || strings.HasPrefix(name, someVictim) {
		name = someVictim + in.key
	} else {
		v.Drop("victim_id")
	}
	o := conversion.Domain("identity", stix.NameUUID(namespace, in.key+" victim"), in.created, in.modified)
	o.SetText("name", name)
	o.SetText("identity_class", "organization")
	if s := sector(v.GetText("industry")); s != "" {
		o.SetTexts("sectors", []string{s})
	}
	id := o.GetText("id")
	in.made = append(in.made, o)
	in.relate("targets", in.id, id)
	for _, c := range words(v.Get("country")) {
		if region, err := language.ParseRegion(c); err == nil && region.IsCountry() {
			in.relate("located-at", id, in.country(region.String()))
		}
	}
}

// country makes the place, which is the same for all incidents.
func (in *incident) country(code string) string {
	o := conversion.Domain("location", stix.NameUUID(namespace, "country "+code+in.stated.Key()), conversion.Version(conversion.Epoch), conversion.Version(conversion.Epoch))
	o.SetText("country", code)
	in.made = append(in.made, o)
	return o.GetText("id")
}

// words are the strings of a value that may be one or a list, each once.
func words(v *strictjson.Value) []string {
	if v == nil {
		return nil
	}
	var out []string
	seen := map[string]bool{"": true}
	for _, it := range append([]strictjson.Value{*v}, v.Items...) {
		if it.Kind == strictjson.String && !seen[it.Text] {
			seen[it.Text] = true
			out = append(out, it.Text)
		}
	}
	return out
}

// deliberate are the categories of action that somebody means to do.
var deliberate = []string{"malware", "hacking", "social", "misuse", "physical"}

// actorTypes are the varieties of external actors in the vocabulary of STIX.
var actorTypes = map[string]string{
	"Activist": "activist", "Competitor": "competitor", "Nation-state": "nation-state", "State-affiliated": "nation-state",
	"Organized crime": "crime-syndicate", "Terrorist": "terrorist",
}

// actor makes the threat actor, when somebody outside did something on purpose.
// Whoever made an error, and whoever is inside, is not made one. It returns the
// id, or "".
func (in *incident) actor() string {
	external := in.veris.Get("actor").Get("external")
	if external == nil || !slices.ContainsFunc(deliberate, func(c string) bool { return in.veris.Get("action").Get(c) != nil }) {
		return ""
	}
	o := conversion.Domain("threat-actor", stix.NameUUID(namespace, in.key+" external"), in.created, in.modified)
	names := words(external.Get("name"))
	if list := external.Get("name"); list == nil || list.Kind != strictjson.Array || len(names) == 0 || len(names) != len(list.Items) || strings.HasPrefix(names[0], someActor) {
		o.SetText("name", someActor+in.key)
	} else {
		o.SetText("name", names[0])
		o.SetTexts("aliases", names[1:])
		external.Drop("name")
	}
	var types []string
	for _, v := range words(external.Get("variety")) {
		if t := actorTypes[v]; t != "" && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	o.SetTexts("threat_actor_types", types)
	in.made = append(in.made, o)
	id := o.GetText("id")
	in.relate("attributed-to", in.id, id)
	return id
}

// actions make an attack pattern of each technique that VERIS names, which is
// the same for all incidents.
func (in *incident) actions(actor string) {
	for _, category := range deliberate[:3] {
		for _, variety := range words(in.veris.Get("action").Get(category).Get("variety")) {
			if variety == "Unknown" || variety == "Other" {
				continue
			}
			epoch := conversion.Version(conversion.Epoch)
			o := conversion.Domain("attack-pattern", stix.NameUUID(namespace, category+" "+variety+in.stated.Key()), epoch, epoch)
			o.SetText("name", variety)
			o.Set("external_references", strictjson.NewList(strictjson.NewObject("source_name", sourceName, "external_id", "action."+category+".variety."+variety)))
			in.made = append(in.made, o)
			id := o.GetText("id")
			in.relate("related-to", in.id, id)
			if actor != "" {
				in.relate("uses", actor, id)
			}
		}
	}
}

// plainNames gives members whose names STIX does not allow, such as "money
// laundering", one that it does, and remembers which.
func plainNames(v, names *strictjson.Value) {
	for i := range v.Items {
		plainNames(&v.Items[i], names)
	}
	for i := range v.Members {
		m := &v.Members[i]
		plainNames(&m.Value, names)
		if isKey(m.Name) && !strings.HasPrefix(m.Name, renamed) {
			continue
		}
		plain := renamed + strconv.Itoa(len(names.Members)+1)
		names.Members = append(names.Members, strictjson.Member{Name: plain, Value: strictjson.NewString(m.Name)})
		m.Name = plain
	}
}

// renamed begins the names that plainNames gives.
const renamed = "veris-name-"

// isKey is what STIX allows in dictionaries (section 2.3).
func isKey(s string) bool {
	return s != "" && len(s) <= 250 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" && !slices.ContainsFunc([]rune(s), func(r rune) bool { return r > 0x7f })
}
