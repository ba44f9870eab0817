package taxii

import (
	"net/http"
	"slices"
	"strings"
)

// discoveryBody is the server's description (4.1.1).
type discoveryBody struct {
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Default     string   `json:"default"`
	APIRoots    []string `json:"api_roots"`
}

func (s *Server) discovery(rq request) error {
	self, err := s.cfg.Exchange.Party(rq.r.Context(), s.cfg.Exchange.Self())
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, discoveryBody{
		Title: self.Name, Contact: self.Contact, Default: rootPath, APIRoots: []string{rootPath},
		Description: "What " + self.Name + " released to the party that asks, in the form in which it was released.",
	})
	return nil
}

// apiRootBody describes the one API root (4.2.1).
type apiRootBody struct {
	Title      string   `json:"title"`
	Versions   []string `json:"versions"`
	MaxContent int64    `json:"max_content_length"`
}

func (s *Server) apiRoot(rq request) error {
	self, err := s.cfg.Exchange.Party(rq.r.Context(), s.cfg.Exchange.Self())
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, apiRootBody{Title: self.Name, Versions: []string{MediaType}, MaxContent: s.cfg.MaxBody})
	return nil
}

// collectionBody describes a collection as the party that asks may use it (5.2.1).
type collectionBody struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Alias       string   `json:"alias"`
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types"`
}

// collectionsOf lists the two collections every party has, by id.
func (s *Server) collectionsOf(rq request) []collectionBody {
	all := []collectionBody{
		{
			ID: collectionID(s.collections, rq.from, aliasRead), Title: "Released", Alias: aliasRead, CanRead: true,
			Description: "Every object released to you that was not taken back.", MediaTypes: []string{stixMedia},
		},
		{
			ID: collectionID(s.collections, rq.from, aliasWrite), Title: "Contributions", Alias: aliasWrite, CanWrite: true,
			Description: "Objects you add. They are yours; nothing is released by adding it.", MediaTypes: []string{stixMedia},
		},
	}
	slices.SortFunc(all, func(a, b collectionBody) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (s *Server) collectionList(rq request) error {
	s.answerJSON(rq.w, rq.r, http.StatusOK, struct {
		Collections []collectionBody `json:"collections"`
	}{s.collectionsOf(rq)})
	return nil
}

// collectionOf finds a collection of the party that asks by id or alias (5.2.1).
// That of another party is none of its own, like one that does not exist.
func (s *Server) collectionOf(rq request) (collectionBody, bool) {
	for _, c := range s.collectionsOf(rq) {
		if rq.at.collection == c.ID || rq.at.collection == c.Alias {
			return c, true
		}
	}
	return collectionBody{}, false
}
