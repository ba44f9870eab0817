package instrument

// readAreas reads the names a document gives to lists of jurisdictions.
func readAreas(o *object) map[string][]string {
	var areas map[string][]string
	o.inner("areas", func(o *object) {
		o.notEmpty("a name and its jurisdictions")
		if o.n == nil {
			return
		}
		areas = make(map[string][]string, len(o.n.members))
		for _, m := range o.n.members {
			if wrong := jurisdiction(m.name); wrong != "" {
				o.r.refuse(o.at(m.name), "%s", wrong)
			}
			areas[m.name] = o.words(m.name, jurisdiction)
		}
	})
	return areas
}

// jurisdictions reads a list of jurisdictions in which an area stands for what
// is in it.
func (o *object) jurisdictions(key string) []string {
	written := o.words(key, jurisdiction)
	var out []string
	seen := map[string]bool{}
	for _, w := range written {
		codes := o.r.areas[w]
		if codes == nil {
			codes = []string{w}
		}
		for _, c := range codes {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
}
