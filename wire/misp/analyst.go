package misp

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"entente/intel/misp"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// addAnalysis takes in what an analyst says, as PyMISP adds it: the path has its
// kind, what it is about, and what that is, which this node knows better.
func (s *Server) addAnalysis(rq request) error {
	kind, rest, _ := strings.Cut(rq.arg, "/")
	about, _, _ := strings.Cut(rest, "/")
	a, err := s.analysis(rq, kind)
	if err != nil {
		return err
	}
	a.Complete(about, s.cfg.Now(), s.cfg.NewID)
	return s.takeAnalysis(rq, a, a.JSON())
}

// editAnalysis takes in another version of what an analyst said.
func (s *Server) editAnalysis(rq request) error {
	kind, id, _ := strings.Cut(rq.arg, "/")
	a, err := s.analysis(rq, kind)
	if err != nil {
		return err
	}
	if strings.ToLower(a.UUID) != id {
		return fault.New(fault.Invalid, "misp.uuid", "What is in the body is another than that of the path.").
			At("/uuid", "is not the one in the path").Try("Send it under its own uuid.")
	}
	a.Complete("", s.cfg.Now(), s.cfg.NewID)
	a.Edited(s.cfg.Now())
	return s.takeAnalysis(rq, a, a.JSON())
}

// pushAnalysis takes in what a MISP server pushes, one at a time.
func (s *Server) pushAnalysis(rq request) error {
	a, err := s.analysis(rq, "")
	if err != nil {
		return err
	}
	a.Complete("", s.cfg.Now(), s.cfg.NewID)
	return s.takeAnalysis(rq, a, []byte(`{"saved":true,"success":true,"name":"Analyst Data imported.","message":"Analyst Data imported."}`))
}

func (s *Server) analysis(rq request, kind string) (misp.Analysis, error) {
	body, err := s.body(rq)
	if err != nil {
		return misp.Analysis{}, err
	}
	return misp.ReadAnalysis(body, kind)
}

func (s *Server) takeAnalysis(rq request, a misp.Analysis, answer []byte) error {
	c, err := s.cfg.Exchange.ContributeAnalysis(rq.r.Context(), rq.from, a, "MISP")
	if err == nil {
		err = wrongPart(c)
	}
	if err != nil {
		return err
	}
	s.answer(rq.w, rq.r, http.StatusOK, answer)
	return nil
}

// filterAnalysis says which analyst data are wanted: all, since the same sent
// twice is one, and no answer tells what is here.
func (s *Server) filterAnalysis(rq request) error {
	body, err := s.body(rq)
	if err != nil {
		return err
	}
	v, err := strictjson.Parse(body, strictjson.Limits{Bytes: int(s.cfg.MaxBody), Tokens: 10 * maxAsked})
	if err != nil {
		return err
	}
	wanted := map[string]jsontext.Value{}
	for _, kind := range []string{"Note", "Opinion", "Relationship"} {
		offered := v.Get(kind)
		if offered == nil || offered.Kind != strictjson.Object {
			wanted[kind] = jsontext.Value(`{}`)
			continue
		}
		if len(offered.Members) > maxAsked {
			return fault.New(fault.Invalid, "misp.query", "The body offers more than %d of a kind.", maxAsked).At("/"+kind, "has too many members")
		}
		wanted[kind] = strictjson.Append(nil, offered)
	}
	s.answerJSON(rq.w, rq.r, http.StatusOK, wanted)
	return nil
}
