package taxii

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"entente/internal/fault"
)

// acceptable reports whether a client takes this version of TAXII (3.1). It is
// liberal: any member of the list will do, with any quality but zero, and a
// client that says nothing takes what there is.
func acceptable(header http.Header) bool {
	given := header.Values("Accept")
	if len(given) == 0 {
		return true
	}
	for member := range strings.SplitSeq(strings.Join(given, ","), ",") {
		media, params, err := mime.ParseMediaType(member)
		if err != nil || quality(params) == 0 {
			continue
		}
		switch media {
		case "*/*", "application/*":
			return true
		case mediaName:
			if v, said := params["version"]; !said || v == version {
				return true
			}
		}
	}
	return false
}

func quality(params map[string]string) float64 {
	q, said := params["q"]
	if !said {
		return 1
	}
	v, err := strconv.ParseFloat(q, 64)
	if err != nil {
		return 1
	}
	return v
}

// checkMedia refuses a body that is not TAXII of this version. A version need not
// be said (3.1).
func checkMedia(header http.Header) error {
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if v, said := params["version"]; err != nil || media != mediaName || said && v != version {
		return fault.New(fault.Invalid, "taxii.media", "A body is sent as %s.", MediaType)
	}
	return nil
}
