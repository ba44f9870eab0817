package taxii

import (
	"net/http"
	"slices"
	"strings"

	"entente/internal/fault"
	"entente/party"
)

// request is one request to one resource, of a party that was identified.
type request struct {
	w    http.ResponseWriter
	r    *http.Request
	from party.ID
	at   place
	q    query
}

// place is what a path names.
type place struct {
	resource   string
	collection string
	object     string
	status     string
}

// The resources (section 1.2) and the methods each has.
const (
	discovery   = "discovery"
	apiRoot     = "api root"
	statuses    = "status"
	collections = "collections"
	collection  = "collection"
	manifest    = "manifest"
	objects     = "objects"
	object      = "object"
	versions    = "versions"
)

// methodsOf lists what a resource takes. There is no HEAD: 3.1 has none.
func methodsOf(resource string) []string {
	switch resource {
	case objects:
		return []string{http.MethodGet, http.MethodPost}
	case object:
		return []string{http.MethodDelete, http.MethodGet}
	}
	return []string{http.MethodGet}
}

// parametersOf lists the parameters a resource has (3.4, 5.3 to 5.8).
func parametersOf(resource string) []string {
	paged := []string{"added_after", "limit", "next", "match[spec_version]"}
	switch resource {
	case manifest, objects:
		return append(paged, "match[id]", "match[type]", "match[version]")
	case object:
		return append(paged, "match[version]")
	case versions:
		return paged
	}
	return nil
}

// Serves reports whether a path is one of TAXII's here.
func Serves(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first == "taxii2" || first == strings.Trim(rootPath, "/")
}

// locate reads a path. It ends in a slash (3.3) or not; nothing in it is ever
// escaped, so that there is one way to write each.
func locate(path string) (place, bool) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	root := strings.Trim(rootPath, "/")
	switch {
	case slices.Contains(parts, ""):
		return place{}, false
	case slices.Equal(parts, []string{"taxii2"}):
		return place{resource: discovery}, true
	case parts[0] != root:
		return place{}, false
	}
	parts = parts[1:]
	switch {
	case len(parts) == 0:
		return place{resource: apiRoot}, true
	case parts[0] == "status" && len(parts) == 2:
		return place{resource: statuses, status: parts[1]}, true
	case parts[0] != "collections":
		return place{}, false
	case len(parts) == 1:
		return place{resource: collections}, true
	}
	p := place{collection: parts[1]}
	switch rest := parts[2:]; {
	case len(rest) == 0:
		p.resource = collection
	case slices.Equal(rest, []string{manifest}):
		p.resource = manifest
	case slices.Equal(rest, []string{objects}):
		p.resource = objects
	case rest[0] == objects && len(rest) == 2:
		p.resource, p.object = object, rest[1]
	case rest[0] == objects && len(rest) == 3 && rest[2] == versions:
		p.resource, p.object = versions, rest[1]
	}
	return p, p.resource != ""
}

// route answers a request of a party: 404 before 405 before 406 before 400
// before what the resource itself says.
func (s *Server) route(w http.ResponseWriter, r *http.Request, from party.ID) {
	rq := request{w: w, r: r, from: from}
	var ok bool
	if rq.at, ok = locate(r.URL.EscapedPath()); !ok || strings.Contains(r.URL.EscapedPath(), "%") {
		s.fail(w, r, from, fault.New(fault.NotFound, "taxii.path", "There is nothing at this path.").Try("Begin at /taxii2/."))
		return
	}
	methods := methodsOf(rq.at.resource)
	if !slices.Contains(methods, r.Method) {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		s.fail(w, r, from, fault.New(fault.Invalid, "taxii.method", "This resource does not take this method."))
		return
	}
	if !acceptable(r.Header) {
		s.fail(w, r, from, fault.New(fault.Invalid, "taxii.accept", "This node answers in %s only.", MediaType).Try("Accept that media type."))
		return
	}
	var err error
	if rq.q, err = parseQuery(r.URL.RawQuery, parametersOf(rq.at.resource)); err == nil {
		err = s.serve(rq)
	}
	if err != nil {
		s.fail(w, r, from, err)
	}
}

func (s *Server) serve(rq request) error {
	switch rq.at.resource {
	case discovery:
		return s.discovery(rq)
	case apiRoot:
		return s.apiRoot(rq)
	case statuses:
		return s.status(rq)
	case collections:
		return s.collectionList(rq)
	}
	c, err := s.collectionOf(rq)
	switch {
	case err != nil:
		return err
	case rq.at.resource == collection:
		s.answerJSON(rq.w, rq.r, http.StatusOK, c)
		return nil
	case rq.r.Method == http.MethodDelete:
		// 5.7 asks for both rights; nobody has both here.
		return fault.New(fault.Forbidden, "taxii.delete", "Nothing is deleted through this door.").
			Try("What was released to you is taken back by its sender; delete your own copy.")
	case rq.r.Method == http.MethodPost && !c.CanWrite:
		return fault.New(fault.Forbidden, "taxii.write", "This collection is not written to.").Try("Add objects to the collection %s.", aliasWrite)
	case rq.r.Method == http.MethodPost:
		return s.add(rq)
	case !c.CanRead:
		return fault.New(fault.Forbidden, "taxii.read", "This collection is not read from.").Try("Read the collection %s.", aliasRead)
	}
	return s.page(rq, c)
}
