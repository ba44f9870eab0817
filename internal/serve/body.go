package serve

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"entente/internal/fault"
	"entente/internal/inflate"
)

// maxRatio is how much larger than what was sent a compressed body may be.
const maxRatio = 20

// Body reads the body of a request, undoing gzip. It returns an invalid fault
// "body.size" for one longer than most bytes, before or after, "body.encoding"
// for another encoding, those of package inflate, and an unavailable fault
// "body.interrupted" when not all of it came. After any of them the connection is
// closed: what is left of the body would be read as the next request.
func Body(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	b, err := readBody(w, r, most)
	if err != nil {
		w.Header().Set("Connection", "close")
	}
	return b, err
}

func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	tooLarge := fault.New(fault.Invalid, "body.size", "A body has at most %d bytes.", most).Try("Send less at once.")
	if r.ContentLength > most {
		return nil, tooLarge
	}
	var body io.Reader = http.MaxBytesReader(w, r.Body, most)
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		var err error
		if body, err = inflate.NewReader(body, int(most), maxRatio); err != nil {
			return nil, interrupted(err, tooLarge)
		}
	default:
		return nil, fault.New(fault.Invalid, "body.encoding", "A body is sent as it is, or compressed with gzip.")
	}
	b, err := io.ReadAll(body)
	return b, interrupted(err, tooLarge)
}

func interrupted(err, tooLarge error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.New(fault.Unavailable, "body.interrupted", "The body did not arrive whole.").Try("Send it again.").Because(err)
}

// packFrom is how large an answer is before it is worth compressing.
const packFrom = 1 << 10

// Pack compresses the body of an answer that is worth it, and says so in the
// header of the answer.
func Pack(answer http.Header, body []byte) []byte {
	if len(body) < packFrom {
		return body
	}
	var b bytes.Buffer
	b.Grow(len(body) / 2)
	gz, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return body
	}
	if _, err := gz.Write(body); err != nil {
		return body
	}
	if err := gz.Close(); err != nil {
		return body
	}
	answer.Set("Content-Encoding", "gzip")
	return b.Bytes()
}

// TakesGzip reports whether the answer to a request may be compressed.
func TakesGzip(header http.Header) bool {
	for member := range strings.SplitSeq(strings.Join(header.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(member), ";")
		_, q, _ := strings.Cut(strings.ReplaceAll(params, " ", ""), "q=")
		v, err := strconv.ParseFloat(q, 64)
		if strings.EqualFold(strings.TrimSpace(name), "gzip") && (err != nil || v > 0) {
			return true
		}
	}
	return false
}
