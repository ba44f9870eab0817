package conversion

import (
	"strconv"
	"testing"

	"entente/internal/strictjson"
)

// TestDigests of one algorithm are one, and many take no time that grows with
// each: were they looked for, so many would take longer than a test may.
func TestDigests(t *testing.T) {
	t.Parallel()
	list := strictjson.NewList(strictjson.NewObject("a", "MD5", "v", "1"), strictjson.NewObject("a", "SHA-1", "v", "2"), strictjson.NewObject("a", "MD5", "v", "3"), strictjson.NewObject("a", "SHA-256"))
	made := Digests(list.Items, "a", "v")
	if got := string(strictjson.Append(nil, &made)); got != `{"MD5":"3","SHA-1":"2"}` {
		t.Error(got)
	}
	const n = 400_000
	list = strictjson.NewList()
	for i := range n {
		list.Items = append(list.Items, strictjson.NewObject("a", "h"+strconv.Itoa(i), "v", "x"))
	}
	if made := Digests(list.Items, "a", "v"); len(made.Members) != n {
		t.Errorf("%d digests", len(made.Members))
	}
}
