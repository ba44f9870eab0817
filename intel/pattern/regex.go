package pattern

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The standard wants MATCHES in PCRE; this package has RE2, which cannot blow
// up. Most expressions mean the same in both. What RE2 writes differently is
// translated here, what it lacks does not compile, and what it would read
// differently is refused.

// maxProgram bounds the size of a compiled expression in instructions.
const maxProgram = 10_000

// matching is a compiled MATCHES or LIKE.
type matching struct {
	re     *regexp.Regexp
	size   int  // instructions
	binary bool // every character is a byte: it can be tried on binary values
	folds  bool // it disregards case somewhere
}

// matchingOf compiles an expression; wrong says why it cannot be.
func matchingOf(source string) (m matching, wrong string) {
	source = norm.NFC.String(source)
	translated, wrong := translate(source)
	if wrong != "" {
		return m, wrong
	}
	tree, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		return m, "is not one that RE2 can search for"
	}
	if tree, wrong = anchors(tree, false); wrong != "" {
		return m, wrong
	}
	m, wrong = compiled(tree, isBinary(source))
	m.folds = folds(source)
	return m, wrong
}

// likeOf compiles a LIKE, where % is any text and _ is any character.
func likeOf(source string) (m matching, wrong string) {
	source = norm.NFC.String(source)
	tree, err := syntax.Parse(`(?s)\A`+likeSyntax.Replace(regexp.QuoteMeta(source))+`\z`, syntax.Perl)
	if err != nil {
		return m, "is not one that RE2 can search for"
	}
	return compiled(tree, isBinary(source))
}

var likeSyntax = strings.NewReplacer("%", ".*", "_", ".")

func compiled(tree *syntax.Regexp, binary bool) (m matching, wrong string) {
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return m, "is not one that RE2 can search for"
	}
	if len(program.Inst) > maxProgram {
		return m, "is too large"
	}
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return m, "is not one that RE2 can search for"
	}
	return matching{re: re, size: len(program.Inst), binary: binary}, ""
}

// folds reports whether an expression may disregard case.
func folds(source string) bool {
	for _, group := range strings.Split(source, "(?")[1:] {
		flags := group[:len(group)-len(strings.TrimLeft(group, "imsU-"))]
		if strings.Contains(flags, "i") {
			return true
		}
	}
	return false
}

func isBinary(s string) bool {
	for _, r := range s {
		if r > 0xff {
			return false
		}
	}
	return true
}

// latin1 returns each byte as the character of that number, the form in which
// the standard compares binary with text.
func latin1(raw string) string {
	var b strings.Builder
	for i := range len(raw) {
		b.WriteRune(rune(raw[i]))
	}
	return b.String()
}

// What PCRE means by \s and \v, as members of a class.
const (
	spaceClass    = `\t\n\v\f\r `
	notSpaceClass = `\x00-\x08\x0e-\x1f\x21-\x{10ffff}`
	verticalClass = `\n\v\f\r\x{85}\x{2028}\x{2029}`
)

// translate rewrites the escapes that RE2 reads differently.
func translate(source string) (re2, wrong string) {
	var b strings.Builder
	for i := 0; i < len(source); {
		switch {
		case strings.HasPrefix(source[i:], `\Q`):
			end := strings.Index(source[i:], `\E`)
			if end < 0 {
				end = len(source) - i
			}
			b.WriteString(source[i : i+end])
			i += end
		case source[i] == '\\' && i+1 < len(source):
			switch c := source[i+1]; {
			case c >= '1' && c <= '9':
				return "", "has a backreference"
			case c == 's':
				b.WriteString("[" + spaceClass + "]")
			case c == 'S':
				b.WriteString("[^" + spaceClass + "]")
			case c == 'v':
				b.WriteString("[" + verticalClass + "]")
			default:
				b.WriteString(source[i : i+2])
			}
			i += 2
		case source[i] == '[':
			n, class, wrong := translateClass(source[i:])
			if wrong != "" {
				return "", wrong
			}
			b.WriteString(class)
			i += n
		default:
			b.WriteByte(source[i])
			i++
		}
	}
	return b.String(), ""
}

// translateClass rewrites the class s begins with and returns its length.
func translateClass(s string) (n int, class, wrong string) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if strings.HasPrefix(s[i:], "^") {
		b.WriteByte('^')
		i++
	}
	for first := i; i < len(s); {
		switch {
		case s[i] == ']' && i > first:
			b.WriteByte(']')
			return i + 1, b.String(), ""
		case strings.HasPrefix(s[i:], "[:"):
			end := strings.Index(s[i:], ":]")
			if end < 0 {
				return 0, "", "leaves a class open"
			}
			b.WriteString(s[i : i+end+2])
			i += end + 2
		case s[i] == '\\' && i+1 < len(s):
			in := classEscapes[s[i+1]]
			switch set := len(in) > len(`\x08`); {
			case s[i+1] >= '1' && s[i+1] <= '9' || s[i+1] == 'Q':
				return 0, "", "has an escape in a class that engines read differently"
			case set && (i > first && s[i-1] == '-' || i+3 < len(s) && s[i+2] == '-' && s[i+3] != ']'):
				return 0, "", "has a set as the end of a range"
			case in != "":
				b.WriteString(in)
			default:
				b.WriteString(s[i : i+2])
			}
			i += 2
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return 0, "", "leaves a class open"
}

var classEscapes = map[byte]string{'s': spaceClass, 'S': notSpaceClass, 'v': verticalClass, 'b': `\x08`}

// anchors makes $ match before a line break at the end, as in PCRE. RE2 cannot
// look ahead, so the line break is consumed: nothing may come after it. A ^ in
// (?m) differs after a line break at the end and is refused.
func anchors(re *syntax.Regexp, followed bool) (*syntax.Regexp, string) {
	switch re.Op {
	case syntax.OpBeginLine:
		return nil, "has ^ in (?m), which engines read differently"
	case syntax.OpEndText:
		if re.Flags&syntax.WasDollar == 0 {
			return re, ""
		}
		if followed {
			return nil, "has $ before the end"
		}
		end, err := syntax.Parse(`\n?\z`, syntax.Perl)
		if err != nil {
			return nil, "has $ before the end"
		}
		return end, ""
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		followed = true
	default: // as its operands are
	}
	for i, sub := range re.Sub {
		last := re.Op != syntax.OpConcat || i == len(re.Sub)-1
		changed, wrong := anchors(sub, followed || !last)
		if wrong != "" {
			return nil, wrong
		}
		re.Sub[i] = changed
	}
	return re, ""
}
