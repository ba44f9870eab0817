package privacy

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// What one string may unfold into while it is searched.
const (
	maxUnfold   = 1 << 20 // bytes of one decompressed blob
	maxNesting  = 3
	shortestRun = 8 // characters of an encoded run worth decoding
)

// unfold calls f with every reading of s: as it is, refanged, percent-decoded,
// with HTML and backslash escapes resolved, and the decoded forms of the Base64
// and hexadecimal runs in it, UTF-16 and compression included.
func unfold(s string, depth int, f func(string)) {
	f(s)
	if depth == maxNesting {
		return
	}
	deeper := func(t string) {
		if t != s && t != "" {
			unfold(t, depth+1, f)
		}
	}
	if strings.ContainsAny(s, `[({\`) {
		deeper(refang(s))
	}
	if strings.IndexByte(s, '%') >= 0 {
		deeper(percentDecoded(s))
	}
	if strings.IndexByte(s, '&') >= 0 {
		deeper(html.UnescapeString(s))
	}
	if strings.Contains(s, `\u`) || strings.Contains(s, `\x`) {
		deeper(unescaped(s))
	}
	if strings.IndexByte(s, 0) >= 0 {
		deeper(strings.ReplaceAll(s, "\x00", "")) // UTF-16 of what is ASCII
	}
	encodedRuns(s, func(run string) {
		for skip := 0; skip < 4 && len(run)-skip >= shortestRun; skip++ {
			deeper(inflated(fromBase64(run[skip:])))
		}
		for skip := range 2 {
			if h := hexPrefix(run[skip:]); len(h) >= shortestRun {
				if plain, err := hex.DecodeString(h); err == nil {
					deeper(inflated(plain))
				}
			}
		}
	})
}

func percentDecoded(s string) string {
	if t, err := url.PathUnescape(s); err == nil {
		return t
	}
	// A stray percent sign: decode what can be.
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) && hexDigit(s[i+2]) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unescaped resolves \xNN and \uNNNN.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		n := 0
		switch {
		case strings.HasPrefix(s[i:], `\x`):
			n = 2
		case strings.HasPrefix(s[i:], `\u`):
			n = 4
		}
		if n > 0 && i+2+n <= len(s) {
			if r, err := strconv.ParseUint(s[i+2:i+2+n], 16, 32); err == nil {
				b.WriteRune(rune(r)) //nolint:gosec // at most 16 bits
				i += 1 + n
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// encodedRuns calls f for every run of characters of Base64 in either alphabet.
// Words of a language are such runs too; most decode to nothing.
func encodedRuns(s string, f func(string)) {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && (alnum(s[i]) || strings.IndexByte("+/-_", s[i]) >= 0) {
			continue
		}
		if i-start >= shortestRun {
			f(s[start:i])
		}
		start = i + 1
	}
}

func fromBase64(run string) []byte {
	run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	plain, err := base64.RawStdEncoding.DecodeString(run)
	if err != nil {
		return nil
	}
	return plain
}

func hexPrefix(s string) string {
	n := 0
	for n < len(s) && hexDigit(s[n]) {
		n++
	}
	return s[:n&^1]
}

// inflated undoes gzip and zlib, up to a bound; other bytes stay.
func inflated(plain []byte) string {
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(plain, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(bytes.NewReader(plain))
	case len(plain) > 2 && plain[0] == 0x78:
		r, err = zlib.NewReader(bytes.NewReader(plain))
	default:
		return string(plain)
	}
	if err != nil {
		return string(plain)
	}
	out, _ := io.ReadAll(io.LimitReader(r, maxUnfold)) // what could be read is searched
	return string(out)
}
