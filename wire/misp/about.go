package misp

import (
	_ "embed"
	"net/http"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// mispVersion is the MISP whose peers this server was written for. Peers use it
// to know what they may ask; pyMISPVersion is what PyMISP compares itself with.
const (
	mispVersion   = "2.4.198"
	pyMISPVersion = "2.4.198"
)

// types says which attribute types and categories MISP has (describeTypes of
// PyMISP, BSD-2-Clause, see describeTypes.LICENSE.txt).
//
//go:embed describeTypes.json
var types []byte

func (s *Server) version(rq request) error {
	org, err := s.cfg.Exchange.Organisation(rq.r.Context(), s.cfg.Exchange.Self())
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]any{
		"version": mispVersion, "pymisp_recommended_version": pyMISPVersion,
		"perm_sync": true, "perm_sighting": true, "perm_galaxy_editor": false, "perm_analyst_data": true,
		"uuid": org.UUID, "request_encoding": []string{"gzip"}, "filter_sightings": true,
	})
	return nil
}

func (s *Server) pyMISPVersion(rq request) error {
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]string{"version": pyMISPVersion})
	return nil
}

// postTest gives back what came, by which a MISP server sees that nothing in
// between changes its requests.
func (s *Server) postTest(rq request) error {
	body, err := s.body(rq)
	if err != nil {
		return err
	}
	v, err := strictjson.Parse(body, strictjson.Limits{Bytes: 1 << 16})
	if err != nil {
		return err
	}
	said := v.Get("testString")
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]any{
		"body": map[string]string{"testString": textOf(said)},
		"headers": map[string]string{
			"Content-type": rq.r.Header.Get("Content-Type"), "Accept": rq.r.Header.Get("Accept"), "Authorization": "OK",
		},
	})
	return nil
}

func (s *Server) syncRules(rq request) error {
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]any{})
	return nil
}

func (s *Server) describeTypes(rq request) error {
	s.answer(rq.w, rq.r, http.StatusOK, types)
	return nil
}

// user describes whoever holds the key: a program of its party, not a person.
func (s *Server) user(rq request) error {
	if rq.arg != "me" {
		return fault.New(fault.NotFound, "misp.path", "This node shows no other users.").Try("Ask for users/view/me.")
	}
	org, err := s.cfg.Exchange.Organisation(rq.r.Context(), rq.from)
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, map[string]any{
		"User": map[string]any{"id": "1", "org_id": "1", "role_id": "1", "email": string(rq.from), "disabled": false, "autoalert": false},
		"Role": map[string]any{
			"id": "1", "name": "Partner", "permission": "1", "perm_add": true, "perm_modify": true, "perm_modify_org": true, "perm_publish": false,
			"perm_delegate": false, "perm_sync": true, "perm_admin": false, "perm_audit": false, "perm_auth": true, "perm_site_admin": false,
			"perm_sharing_group": false, "perm_sighting": true, "perm_tagger": true, "perm_tag_editor": false, "perm_object_template": false,
			"perm_galaxy_editor": false, "perm_analyst_data": true,
		},
		"UserSetting":  map[string]any{},
		"Organisation": map[string]any{"id": "1", "uuid": org.UUID, "name": org.Name},
	})
	return nil
}

// organisations lists the two at either end of this door.
func (s *Server) organisations(rq request) error {
	own, err := s.cfg.Exchange.Organisation(rq.r.Context(), rq.from)
	if err != nil {
		return err
	}
	node, err := s.cfg.Exchange.Organisation(rq.r.Context(), s.cfg.Exchange.Self())
	if err != nil {
		return err
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, []any{
		map[string]any{"Organisation": map[string]any{"id": "1", "uuid": own.UUID, "name": own.Name, "local": false}},
		map[string]any{"Organisation": map[string]any{"id": "2", "uuid": node.UUID, "name": node.Name, "local": true}},
	})
	return nil
}

func (s *Server) none(rq request) error {
	s.answer(rq.w, rq.r, http.StatusOK, []byte(`[]`))
	return nil
}

func (s *Server) noneWrapped(rq request) error {
	s.answer(rq.w, rq.r, http.StatusOK, []byte(`{"response":[]}`))
	return nil
}

func (*Server) noClusters(request) error {
	return fault.New(fault.Forbidden, "misp.clusters", "Galaxy clusters are not taken by themselves.").Try("Send them within an event.")
}
