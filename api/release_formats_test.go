package api

import (
	"reflect"
	"strings"
	"testing"

	"entente/exchange"
)

// TestEveryFormatCanBeAskedFor keeps the list in the API that of package
// exchange: a tag cannot be computed.
func TestEveryFormatCanBeAskedFor(t *testing.T) {
	t.Parallel()
	f, ok := reflect.TypeFor[exportInput]().FieldByName("Format")
	if want := strings.Join(exchange.Formats(), ","); !ok || f.Tag.Get("enum") != want {
		t.Errorf("the API knows %s, exchange %s", f.Tag.Get("enum"), want)
	}
}
