package indicators

import (
	"strconv"
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"
)

// TestM6TheStrictestLabelOfAListWins, wherever the list says it: an importer can
// assign no weaker one (J16).
func TestM6TheStrictestLabelOfAListWins(t *testing.T) {
	t.Parallel()
	labelled := func(l intel.TLP) intel.Markings { return intel.Markings{TLP: l, Labelled: true} }
	none, least := intel.Markings{TLP: intel.Red}, intel.Markings{TLP: intel.Red, Least: intel.Green}
	for in, want := range map[string]intel.Markings{
		"value,tlp,tlp_label\nevil.example,clear,red\n":                     labelled(intel.Red),
		"value,tlp_label,tlp\nevil.example,clear,red\n":                     labelled(intel.Red),
		"value,tlp,TLP\nevil.example,clear,TLP:AMBER\n":                     labelled(intel.Amber),
		"value,tlp\nevil.example,amber+strict\n":                            labelled(intel.AmberStrict),
		"value,tlp\nevil.example,white\n":                                   labelled(intel.Clear),
		"value,tlp\nevil.example,\n":                                        none,
		"value,marking\nevil.example,TLP:RED\n":                             labelled(intel.Red),
		"value,Markings\nevil.example,amber\n":                              labelled(intel.Amber),
		"value,marking\nevil.example,TLP:GREEN;PAP:RED\n":                   labelled(intel.Red), // nobody can read it
		"value,tlp,marking\nevil.example,clear,secret\n":                    labelled(intel.Red),
		"value,marking\nevil.example," + stix.TLPMarking(1, "green") + "\n": labelled(intel.Green),
		"value,classification\nevil.example,red\n":                          labelled(intel.Red),
		"value,classification\nevil.example,malware\n":                      none,
		"value,attribute_tag\nevil.example,\"x,tlp:red\"\n":                 labelled(intel.Red),
		"value,event_tags\nevil.example,x|tlp:amber\n":                      labelled(intel.Amber),
		"value,tags\nevil.example,tlp:clear;tlp:amber\n":                    labelled(intel.Amber),
		"value,tag,tags\nevil.example,tlp:red,tlp:clear\n":                  labelled(intel.Red),
		"value,tlp,sharing\nevil.example,clear,as TLP:RED\n":                labelled(intel.Red),
		"value,sharing\nevil.example,TLP - AMBER\n":                         labelled(intel.Red), // a mention is no permission
		"value,sharing\nevil.example,as TLP:GREEN\n":                        least,
		"value,sharing\nevil.example,anybody\n":                             none,
		"value,comment\nevil.example,TLP:RED\n":                             labelled(intel.Red),
		"value,tlp\nevil.example,clear,more TLP:RED\n":                      labelled(intel.Red), // beyond the header
		"value,x\nevil.example,\"ТLР:\u200bRED\"\n":                         labelled(intel.Red),
		"value,TLP:RED\nevil.example,x\n":                                   labelled(intel.Red),
		"value,tlp\nevil.example,clear\nTLP:RED\n":                          labelled(intel.Red), // no row
		"value,tlp,red_flags\nevil.example,clear,\n":                        labelled(intel.Clear),
		"# TLP:RED\nevil.example\n":                                         labelled(intel.Red),
		"# TLP:GREEN\nevil.example\n":                                       labelled(intel.Green),
		"evil.example\n; TLP:AMBER\n":                                       labelled(intel.Amber),
		"evil.example # TLP:CLEAR\nTLP:CLEAR\n":                             none, // one line opens no other
		"evil.example # TLP:RED\n":                                          labelled(intel.Red),
		"// List of us, TLP:AMBER\nevil.example\n":                          labelled(intel.Red),
		"# List of us, TLP:GREEN\nevil.example\n":                           least,
		"# TLP:CLEAR\n# or TLP:RED\nevil.example\n":                         labelled(intel.Red),
		"evil.example\nTLP:RED\n":                                           labelled(intel.Red), // a line that is no value
		"evil.example\n" + strings.Repeat("x", maxLine) + " TLP:RED\n":      labelled(intel.Red),
		"# TLP:AMBER\nvalue,tlp\nevil.example,clear\n":                      labelled(intel.Amber),
		"value,tlp\nevil.example,clear\n# TLP:AMBER\n":                      labelled(intel.Amber),
		"# a list\nevil.example\n":                                          none,
		"http://tlp.red.example/\n":                                         none,
		"uuid,event_id,category,type,value,comment,to_ids,date,attribute_tag\n00000000-0000-4000-8000-0000000000aa,1,Network activity,domain,evil.example,,1,2026-01-01,tlp:red\n": labelled(intel.Red),
	} {
		b, err := Parse([]byte(in))
		if err != nil || len(b.Accepted) != 1 {
			t.Errorf("%q: %v %+v", in, err, b.Rejected)
			continue
		}
		m := stix.Mark(b.Accepted[0].Object, nil)
		if m.TLP != want.TLP || m.Labelled != want.Labelled || !m.Labelled && m.Least != want.Least {
			t.Errorf("%q: %+v", in, m)
		}
	}
}

// TestALabelOfARowIsItsOwn, and that of a comment is of all rows.
func TestALabelOfARowIsItsOwn(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte("value,tlp,x\na.example,clear,TLP:RED\nb.example,clear,\n# TLP:GREEN\n"))
	if err != nil || len(b.Accepted) != 2 {
		t.Fatal(err, b.Rejected)
	}
	for i, want := range []intel.TLP{intel.Red, intel.Green} {
		if m := stix.Mark(b.Accepted[i].Object, nil); m.TLP != want {
			t.Errorf("%d: %+v", i, m)
		}
	}
	b, err = Parse([]byte("value,marking\n10.0.0.1,internal\n"))
	if err != nil || len(b.Accepted) != 1 || len(b.Accepted[0].Warnings) != 1 ||
		!strings.HasPrefix(b.Accepted[0].Warnings[0].Detail, "has a marking that is not one of TLP: it is closed as TLP:RED; is a private") {
		t.Errorf("%v %+v", err, b)
	}
}

// TestM9LabelsOfARowAreReadOnce: rows as long as may be, full of labels. Were each
// looked for among all of its row, the list would take longer than a test may.
func TestM9LabelsOfARowAreReadOnce(t *testing.T) {
	t.Parallel()
	var labels strings.Builder
	n := 0
	for ; labels.Len() < maxLine-100; n++ {
		labels.WriteString(";" + strconv.FormatInt(int64(n), 36))
	}
	r := reader{separator: ',', columns: columns{at: map[string]int{"value": 0, "labels": 1}}}
	for range 300 {
		e, err := r.row([]byte("a.example," + labels.String()))
		if err != nil || len(e.labels) != n {
			t.Fatal(err, len(e.labels), n)
		}
	}
}
