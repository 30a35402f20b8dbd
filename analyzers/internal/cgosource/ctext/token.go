// Package ctext reads C source well enough to tell which functions it defines,
// what they call and where the addresses of functions go. It is no compiler:
// macros are not expanded, types are kept as text, and text it cannot read is
// skipped. It never fails and never panics.
package ctext

import "strings"

// A Kind classifies a token.
type Kind uint8

// The kinds of tokens that a reader of calls needs to tell apart.
const (
	Ident Kind = iota
	Number
	Text // a string or character literal
	Punct
)

// A Token is one lexical element of C; comments and preprocessor lines are none.
type Token struct {
	Kind Kind
	Text string
	Off  int // byte offset in the source
}

// Is reports whether t is the punctuation or the identifier s.
func (t Token) Is(s string) bool {
	return t.Text == s && (t.Kind == Punct || t.Kind == Ident)
}

// Tokens splits src. Lines in branches of #if that cannot hold on goos are left
// out, and of branches that nothing is known about only the first is kept, so
// that braces stay balanced.
func Tokens(src, goos string) []Token {
	l := lexer{src: src, cond: conditions{goos: goos}}
	for l.pos < len(l.src) {
		l.next()
	}
	return l.out
}

type lexer struct {
	src  string
	pos  int
	out  []Token
	cond conditions
	// midLine is set once the current line holds anything but blanks: a # is
	// only then no directive.
	midLine bool
}

func (l *lexer) next() {
	c := l.src[l.pos]
	rest := l.src[l.pos:]
	switch {
	case c == '\n':
		l.midLine = false
		l.pos++
	case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
		l.pos++
	case strings.HasPrefix(rest, "\\\n"):
		l.pos += 2
	case strings.HasPrefix(rest, "//"):
		l.pos += lineLen(rest)
	case strings.HasPrefix(rest, "/*"):
		l.pos += spanTo(rest, 2, "*/")
	case c == '#' && !l.midLine:
		n := lineLen(rest)
		l.cond.directive(rest[1:n])
		l.pos += n
	case c == '"' || c == '\'':
		l.emit(Text, quotedLen(rest))
	case isLetter(c):
		l.emit(Ident, wordLen(rest))
	case c >= '0' && c <= '9':
		l.emit(Number, numberLen(rest))
	default:
		l.emit(Punct, punctLen(rest))
	}
}

func (l *lexer) emit(kind Kind, n int) {
	l.midLine = true
	if l.cond.active() {
		l.out = append(l.out, Token{Kind: kind, Text: l.src[l.pos : l.pos+n], Off: l.pos})
	}
	l.pos += n
}

// lineLen is the length of the logical line that s begins with, without its
// newline: a backslash before the newline continues it.
func lineLen(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' && (i == 0 || s[i-1] != '\\' && !strings.HasSuffix(s[:i], "\\\r")) {
			return i
		}
	}
	return len(s)
}

// spanTo is the length of s up to and with the first end after skip bytes, or
// all of s when there is none.
func spanTo(s string, skip int, end string) int {
	if i := strings.Index(s[skip:], end); i >= 0 {
		return skip + i + len(end)
	}
	return len(s)
}

// quotedLen is the length of the literal that s begins with. An unclosed one
// ends with its line, so that a lone apostrophe in an #error text does no harm.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\n':
			return i
		case s[0]:
			return i + 1
		}
	}
	return len(s)
}

func wordLen(s string) int {
	n := 1
	for n < len(s) && (isLetter(s[n]) || s[n] >= '0' && s[n] <= '9') {
		n++
	}
	return n
}

func numberLen(s string) int {
	n := 1
	for n < len(s) && (isLetter(s[n]) || s[n] >= '0' && s[n] <= '9' || s[n] == '.' || s[n] == '\'') {
		n++
	}
	return n
}

// isLetter counts every byte of a multi-byte character as a letter, as gcc does.
func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

// punctLen keeps together the operators whose parts would be misread: a
// comparison holds no assignment, an arrow no comparison.
func punctLen(s string) int {
	if len(s) >= 2 {
		switch s[:2] {
		case "->", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "|=", "&=", "^=", "%=", "::", "&&", "||":
			return 2
		}
	}
	return 1
}
