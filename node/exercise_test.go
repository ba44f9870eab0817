package node_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"entente/node"
)

// TestP30EveryAnswerOfAnExerciseSaysSo: refusals and pages too, and none in earnest.
func TestP30EveryAnswerOfAnExerciseSaysSo(t *testing.T) {
	t.Parallel()
	for _, exercise := range []string{"", "lantern-26"} {
		p := somebody
		p.Exercise = exercise
		dir := filepath.Join(t.TempDir(), "node")
		if _, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: p}); err != nil {
			t.Fatal(err)
		}
		n, err := node.Open(t.Context(), node.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/v1/live", "/v1/releases", "/", "/nope"} {
			w := httptest.NewRecorder()
			n.API().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if got := w.Header().Get(node.ExerciseHeader); got != exercise {
				t.Errorf("%s of a node in exercise %q says %q", path, exercise, got)
			}
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}
