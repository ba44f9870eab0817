package taxii

import (
	"net/http"
	"slices"
	"strings"

	"entente/internal/fault"
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

	under string // the instrument it is of, "" for all
}

// sharesOf are the two collections every party has.
func (s *Server) sharesOf(rq request) []collectionBody {
	return []collectionBody{
		{
			ID: collectionID(s.collections, rq.from, aliasRead), Title: "Released", Alias: aliasRead, CanRead: true,
			Description: "Every object released to you that was not taken back.", MediaTypes: []string{stixMedia},
		},
		{
			ID: collectionID(s.collections, rq.from, aliasWrite), Title: "Contributions", Alias: aliasWrite, CanWrite: true,
			Description: "Objects you add. They are yours; nothing is released by adding it.", MediaTypes: []string{stixMedia},
		},
	}
}

// agreementsOf are the collections of the instruments under which something was
// released to the party that asks: views of its feed, and of nobody else's.
func (s *Server) agreementsOf(rq request) ([]collectionBody, error) {
	all, err := s.cfg.Exchange.FeedCollections(rq.r.Context(), rq.from)
	if err != nil {
		return nil, err
	}
	bodies := make([]collectionBody, len(all))
	for i, c := range all {
		alias := aliasUnder + c.Instrument
		bodies[i] = collectionBody{
			ID: collectionID(s.collections, rq.from, alias), Title: c.Title, Alias: alias, CanRead: true, under: c.Instrument,
			Description: "What was released to you relying on this instrument and was not taken back.", MediaTypes: []string{stixMedia},
		}
	}
	return bodies, nil
}

func (s *Server) collectionList(rq request) error {
	agreements, err := s.agreementsOf(rq)
	if err != nil {
		return err
	}
	all := append(s.sharesOf(rq), agreements...)
	slices.SortFunc(all, func(a, b collectionBody) int { return strings.Compare(a.ID, b.ID) })
	s.answerJSON(rq.w, rq.r, http.StatusOK, struct {
		Collections []collectionBody `json:"collections"`
	}{all})
	return nil
}

// collectionOf finds a collection of the party that asks by id or alias (5.2.1).
// That of another party is none of its own, like one that does not exist.
func (s *Server) collectionOf(rq request) (collectionBody, error) {
	named := func(c collectionBody) bool { return rq.at.collection == c.ID || rq.at.collection == c.Alias }
	if shares := s.sharesOf(rq); slices.ContainsFunc(shares, named) {
		return shares[slices.IndexFunc(shares, named)], nil
	}
	agreements, err := s.agreementsOf(rq)
	if err != nil {
		return collectionBody{}, err
	}
	if i := slices.IndexFunc(agreements, named); i >= 0 {
		return agreements[i], nil
	}
	return collectionBody{}, fault.New(fault.NotFound, "taxii.collection", "There is no such collection for you.").Try("List the collections.")
}
