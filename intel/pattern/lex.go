package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// tokenKind is what the grammar calls a token. Punctuation and keywords are one
// kind and differ in their text.
type tokenKind uint8

const (
	endToken     tokenKind = iota
	symbolToken            // punctuation and operators
	wordToken              // keywords
	nameToken              // an identifier without a hyphen
	hyphenToken            // an identifier with one
	literalToken           // a constant
)

// token is one token of a pattern.
type token struct {
	kind    tokenKind
	text    string // as written; of a symbol, in its usual form
	literal Constant
	at      int
}

// keywords are words no identifier can be, LAST included: the grammar reserves
// it and uses it nowhere.
var keywords = map[string]bool{
	"AND": true, "OR": true, "NOT": true, "FOLLOWEDBY": true, "LIKE": true, "MATCHES": true, "ISSUPERSET": true, "ISSUBSET": true, "EXISTS": true,
	"LAST": true, "IN": true, "START": true, "STOP": true, "SECONDS": true, "WITHIN": true, "REPEATS": true, "TIMES": true,
}

// symbols are the operators and punctuation, longest first, and what each
// means.
var symbols = [...]struct{ written, meant string }{
	{"==", "="},
	{"!=", "!="},
	{"<>", "!="},
	{"<=", "<="},
	{">=", ">="},
	{"=", "="},
	{"<", "<"},
	{">", ">"},
	{":", ":"},
	{".", "."},
	{",", ","},
	{"(", "("},
	{")", ")"},
	{"[", "["},
	{"]", "]"},
	{"*", "*"},
}

// lexer splits a pattern into tokens, the longest possible each time.
type lexer struct {
	src string
	at  int
}

func (l *lexer) refuse(at int, what string) error { return refuse(l.src, at, "pattern.syntax", what) }

// next returns the next token.
func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	t := token{at: l.at}
	if l.at == len(l.src) {
		t.text = "the end"
		return t, nil
	}
	rest := l.src[l.at:]
	switch b := rest[0]; {
	case b == '\'':
		return l.quoted(t, "")
	case len(rest) > 1 && rest[1] == '\'' && strings.IndexByte("thb", b) >= 0:
		return l.quoted(t, rest[:1])
	case isLetter(b):
		return l.word(t), nil
	}
	if n := numberLength(rest); n > 0 {
		t.kind, t.text, t.literal = literalToken, rest[:n], number(rest[:n])
		l.at += n
		return t, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s.written) {
			l.at += len(s.written)
			t.kind, t.text = symbolToken, s.meant
			return t, nil
		}
	}
	return t, l.refuse(l.at, "has a character that means nothing here")
}

// skip passes over white space and comments.
func (l *lexer) skip() error {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch r, n := utf8.DecodeRuneInString(rest); {
		case isSpace(r):
			l.at += n
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return l.refuse(l.at, "leaves a comment open")
			}
			l.at += end + len("/**/")
		case strings.HasPrefix(rest, "//"):
			if end := strings.IndexAny(rest, "\r\n"); end >= 0 {
				l.at += end
			} else {
				l.at = len(l.src)
			}
		default:
			return nil
		}
	}
	return nil
}

// isSpace is the white space of the grammar, which is not quite Unicode's.
func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '\v', '\f', 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	default:
		return r >= 0x2000 && r <= 0x200a
	}
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' }
func isDigit(b byte) bool  { return b >= '0' && b <= '9' }

// word reads an identifier, a keyword or a boolean.
func (l *lexer) word(t token) token {
	end, hyphen := l.at, false
	for end < len(l.src) && (isLetter(l.src[end]) || isDigit(l.src[end]) || l.src[end] == '-') {
		hyphen = hyphen || l.src[end] == '-'
		end++
	}
	t.text = l.src[l.at:end]
	l.at = end
	switch {
	case hyphen:
		t.kind = hyphenToken
	case keywords[t.text]:
		t.kind = wordToken
	case t.text == "true" || t.text == "false":
		t.kind, t.literal = literalToken, Constant{Boolean, t.text}
	default:
		t.kind = nameToken
	}
	return t
}

// numberLength returns the length of the number s begins with, and 0 when it
// begins with none. An integer has no leading zero, a float needs a digit after
// its point.
func numberLength(s string) int {
	i := 0
	if s[0] == '-' || s[0] == '+' {
		i++
	}
	whole := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		for i++; i < len(s) && isDigit(s[i]); {
			i++
		}
		return i
	}
	switch {
	case i == whole:
		return 0
	case s[whole] == '0':
		return whole + 1
	default:
		return i
	}
}

// number returns the shortest form of a number.
func number(s string) Constant {
	sign, s := strings.HasPrefix(s, "-"), strings.TrimLeft(s, "+-")
	whole, fraction, isFloat := strings.Cut(s, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	c := Constant{Integer, whole}
	if isFloat {
		if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
			fraction = "0"
		}
		c = Constant{Float, whole + "." + fraction}
	}
	if sign && strings.Trim(c.Text, "0.") != "" {
		c.Text = "-" + c.Text
	}
	return c
}

// quoted reads a string constant, or with a prefix one of the others.
func (l *lexer) quoted(t token, prefix string) (token, error) {
	body := l.src[l.at+len(prefix)+1:]
	end, escaped := 0, false
	for {
		i := strings.IndexAny(body[end:], `'\`)
		if i < 0 {
			return t, l.refuse(l.at, "leaves a quotation open")
		}
		if end += i; body[end] == '\'' {
			break
		}
		if end+1 == len(body) || body[end+1] != '\'' && body[end+1] != '\\' {
			return t, l.refuse(l.at+len(prefix)+1+end, `has a \ that is followed by neither ' nor \`)
		}
		end, escaped = end+2, true
	}
	t.kind, t.text = literalToken, "a constant"
	c, wrong := constant(prefix, body[:end], escaped)
	if wrong != "" {
		return t, l.refuse(l.at, wrong)
	}
	t.literal = c
	l.at += len(prefix) + end + len("''")
	return t, nil
}

// constant decodes the body of a quotation.
func constant(prefix, body string, escaped bool) (c Constant, wrong string) {
	switch prefix {
	case "t":
		if !isTimeForm(body) {
			return c, "has a t'…' that is no RFC 3339 time in UTC"
		}
		return Constant{Timestamp, body}, ""
	case "h":
		raw, err := hex.DecodeString(body)
		if err != nil {
			return c, "has an h'…' that is not hexadecimal"
		}
		return Constant{Hex, string(raw)}, ""
	case "b":
		raw, err := base64.StdEncoding.DecodeString(body)
		if err != nil || body == "" || strings.ContainsAny(body, "\r\n") {
			return c, "has a b'…' that is not Base64"
		}
		return Constant{Binary, string(raw)}, ""
	default:
		if escaped {
			body = strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(body)
		}
		return Constant{String, body}, ""
	}
}
