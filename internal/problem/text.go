package problem

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"entente/internal/fault"
)

// IsText reports whether a value is text that everybody reads alike and every
// database keeps: UTF-8 without NUL.
func IsText(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsRune(value, 0)
}

// Text returns an invalid fault "request.text" for an address of which some path
// segment or parameter is no text. One that cannot be read at all is left to its door.
func Text(address *url.URL) error {
	text := IsText(address.Path)
	if query, err := url.QueryUnescape(address.RawQuery); err == nil {
		text = text && IsText(query)
	}
	if text {
		return nil
	}
	return fault.New(fault.Invalid, "request.text", "The address of the request is not text in UTF-8.").
		Try("Write it percent-encoded, from UTF-8, without NUL.")
}
