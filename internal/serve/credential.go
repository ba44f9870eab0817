package serve

import (
	"encoding/base64"
	"strings"
)

// Credential reads the one Authorization header there may be. The user is empty
// with a bearer token.
func Credential(headers []string) (user, secret string, ok bool) {
	if len(headers) != 1 {
		return "", "", false
	}
	scheme, given, _ := strings.Cut(headers[0], " ")
	given = strings.TrimSpace(given)
	switch {
	case given == "":
		return "", "", false
	case strings.EqualFold(scheme, "Bearer"):
		return "", given, true
	case !strings.EqualFold(scheme, "Basic"):
		return "", "", false
	}
	plain, err := base64.StdEncoding.DecodeString(given)
	if err != nil {
		return "", "", false
	}
	user, secret, ok = strings.Cut(string(plain), ":")
	return user, secret, ok && user != ""
}
