package misp

import (
	"net/http"
	"slices"
	"strings"

	"entente/internal/fault"
	"entente/party"
)

// request is one request of a party that was identified.
type request struct {
	w    http.ResponseWriter
	r    *http.Request
	from party.ID
	arg  string            // of the path, in lower case: a UUID or a number, or several parts
	with map[string]string // parameters in the path, "deleted[]" as "deleted"
}

// route is one thing that can be asked. A path ends in "*" where it has an
// argument, and in "**" where that has parts.
type route struct {
	methods []string
	path    string
	serve   func(*Server, request) error
}

var (
	reads  = []string{http.MethodGet, http.MethodHead}
	writes = []string{http.MethodPost}
	both   = []string{http.MethodGet, http.MethodHead, http.MethodPost}
)

// routes is all there is. What MISP has and this node does not is answered where
// a client would take an absence for a fault.
var routes = []route{
	{reads, "servers/getversion", (*Server).version},
	{reads, "servers/getpymispversion", (*Server).pyMISPVersion},
	{writes, "servers/posttest", (*Server).postTest},
	{reads, "servers/getavailablesyncfilteringrules", (*Server).syncRules},
	{reads, "users/view/*", (*Server).user},
	{reads, "attributes/describetypes", (*Server).describeTypes},
	{reads, "organisations/index", (*Server).organisations},
	{both, "organisations", (*Server).organisations},

	{reads, "events", (*Server).index},
	{both, "events/index", (*Server).index},
	{both, "events/view/*", (*Server).view},
	{both, "events/*", (*Server).view},
	{both, "events/restsearch", (*Server).search},
	{both, "attributes/restsearch", (*Server).searchAttributes},

	{writes, "events", (*Server).add},
	{writes, "events/add", (*Server).add},
	{[]string{http.MethodPost, http.MethodPut}, "events/edit/*", (*Server).edit},
	{writes, "events/filtereventidsforpush", (*Server).filterForPush},
	{both, "events/publish/*", (*Server).publish},
	{both, "events/unpublish/*", (*Server).publish},
	{both, "events/alert/*", (*Server).publish},
	{[]string{http.MethodPost, http.MethodDelete}, "events/delete/*", (*Server).remove},

	{writes, "sightings/add", (*Server).addSighting},
	{writes, "sightings/add/*", (*Server).addSighting},
	{writes, "sightings/bulksavesightings/*", (*Server).bulkSightings},
	{writes, "sightings/filtersightinguuidsforpush/*", (*Server).filterSightings},
	{both, "sightings/restsearch/event", (*Server).sightings},
	{both, "sightings/restsearch/attribute", (*Server).sightings},

	{writes, "analyst_data/add/**", (*Server).addAnalysis},
	{[]string{http.MethodPost, http.MethodPut}, "analyst_data/edit/**", (*Server).editAnalysis},
	{writes, "analyst_data/pushanalystdata", (*Server).pushAnalysis},
	{writes, "analyst_data/filteranalystdataforpush", (*Server).filterAnalysis},
	{both, "analyst_data/indexminimal", (*Server).none},
	{reads, "analyst_data/index/*", (*Server).none},
	{[]string{http.MethodPost, http.MethodDelete}, "analyst_data/delete/**", (*Server).remove},

	{both, "shadow_attributes/index", (*Server).none},
	{both, "sharing_groups", (*Server).noneWrapped},
	{both, "sharing_groups/index", (*Server).noneWrapped},
	{both, "galaxy_clusters/restsearch", (*Server).noneWrapped},
	{writes, "galaxies/pushcluster", (*Server).noClusters},
}

// route answers a request of a party: 404 before 405 before what is asked says.
func (s *Server) route(rq request) error {
	path, ok := rq.read()
	if !ok {
		return fault.New(fault.NotFound, "misp.path", "This node does not serve this path of MISP.").
			Try("It serves what MISP servers need to pull and push, and what PyMISP needs to add, get and search events.")
	}
	var allowed []string
	for _, exact := range []bool{true, false} {
		for _, rt := range routes {
			arg, matches := argument(rt.path, path, exact)
			if !matches {
				continue
			}
			if slices.Contains(rt.methods, rq.r.Method) {
				rq.arg = arg
				return rt.serve(s, rq)
			}
			allowed = append(allowed, rt.methods...)
		}
		if len(allowed) > 0 {
			break // "events/add" is no event
		}
	}
	if len(allowed) == 0 {
		return fault.New(fault.NotFound, "misp.path", "This node does not serve this path of MISP.").
			Try("It serves what MISP servers need to pull and push, and what PyMISP needs to add, get and search events.")
	}
	rq.w.Header().Set("Allow", strings.Join(slices.Compact(slices.Sorted(slices.Values(allowed))), ", "))
	return fault.New(fault.Invalid, "misp.method", "This path does not take this method.")
}

// argument compares a path with that of a route.
func argument(route, path string, exact bool) (arg string, ok bool) {
	if exact {
		return "", route == path
	}
	within, wild := strings.CutSuffix(route, "*")
	within, parts := strings.CutSuffix(within, "*")
	arg, ok = strings.CutPrefix(path, within)
	return arg, wild && ok && arg != "" && (parts || !strings.Contains(arg, "/"))
}

// read takes a path apart as MISP does: what has a colon is a parameter, and
// ".json" asks for what there is anyway. Of what could be escaped only brackets
// are, so that there is one way to write each path.
func (rq *request) read() (path string, ok bool) {
	escaped := strings.NewReplacer("%5B", "[", "%5D", "]", "%5b", "[", "%5d", "]").Replace(rq.r.URL.EscapedPath())
	if strings.ContainsAny(escaped, "%\\") {
		return "", false
	}
	rq.with = map[string]string{}
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(escaped, "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return "", false
		}
		if name, value, found := strings.Cut(part, ":"); found {
			name = strings.TrimSuffix(name, "[]")
			rq.with[name] = max(rq.with[name], strings.TrimSuffix(value, ".json")) // "deleted[]:0/deleted[]:1" asks for both
			continue
		}
		parts = append(parts, strings.ToLower(part))
	}
	return strings.TrimSuffix(strings.Join(parts, "/"), ".json"), true
}

// asked reports whether a parameter is set in the path or in the query.
func (rq *request) asked(name string) bool {
	v := rq.with[name]
	if v == "" {
		v = rq.r.URL.Query().Get(name)
	}
	return v != "" && v != "0" && v != "false"
}
