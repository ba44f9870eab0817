package exchange

import (
	"entente/exchange/envelope"
	"entente/internal/fault"
)

// A node takes part in one exercise for all its life, or in none. So nothing of
// an exercise has to be told from what is in earnest: cards of the other kind are
// not registered, and a message that comes all the same is not opened further.

// Exercise names the exercise this node takes part in; empty in earnest.
func (s *Service) Exercise() string { return s.exercise }

// seal signs a message of this node and marks it with the exercise.
func (s *Service) seal(m envelope.Message, objects [][]byte) (envelope.Body, error) {
	m.From, m.Exercise = s.self, s.exercise
	return envelope.Seal(m, objects, s.keys.ID, s.keys.Private)
}

// checkExercise refuses a message from an exercise on a node in earnest, and the
// other way about.
func (s *Service) checkExercise(m envelope.Message) error {
	if m.Exercise == s.exercise {
		return nil
	}
	return fault.New(fault.Unverified, "envelope.exercise", "The message is %s, and this node is %s.", played(m.Exercise), played(s.exercise))
}

func played(exercise string) string {
	if exercise == "" {
		return "in earnest"
	}
	return "of the exercise " + exercise
}
