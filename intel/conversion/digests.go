package conversion

import "entente/internal/strictjson"

// Digests makes the hashes of STIX from a list of them, given the names of the
// members for algorithm and value. Of two of one algorithm the last counts.
func Digests(list []strictjson.Value, algorithm, value string) strictjson.Value {
	o := strictjson.NewObject()
	at := map[string]int{} // members are not looked through for each digest
	for i := range list {
		m := strictjson.Member{Name: list[i].GetText(algorithm), Value: strictjson.NewString(list[i].GetText(value))}
		was, twice := at[m.Name]
		switch {
		case m.Value.Text == "":
		case twice:
			o.Members[was] = m
		default:
			at[m.Name] = len(o.Members)
			o.Members = append(o.Members, m)
		}
	}
	return o
}
