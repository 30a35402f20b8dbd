package unit

import (
	"bytes"
	"slices"
)

// A use is how an identifier has to stand in a text to mean a known function.
type use struct {
	bare   bool     // anywhere
	dotted bool     // behind a dot
	after  []string // behind a dot and one of these, or another name given to an import
}

// mentions reports whether one of the names is used in the code of a file. A
// dot import makes each name bare, a renamed one each name before a dot right.
func mentions(text []byte, names map[string]use) bool {
	var first [256]bool // bytes that a name begins with
	for name := range names {
		if name != "" {
			first[name[0]] = true
		}
	}
	var (
		last    byte   // last byte of code that is not blank
		before  []byte // identifier in front of the dot
		ident   []byte // last identifier
		dotted  bool   // a dot import was seen; imports come before their use
		renamed = make(map[string]bool)
	)
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == ' ' || b == '\t' || b == '\n' || b == '\r':
			i++
		case b == '/' && i+1 < len(text) && (text[i+1] == '/' || text[i+1] == '*'):
			i = skipComment(text, i)
		case b == '"' || b == '`' || b == '\'':
			dotted = dotted || last == '.' && b != '\''
			if isIdent[last] {
				renamed[string(ident)] = true
			}
			i, last = skipQuoted(text, i), b
		case isIdent[b]:
			start := i
			for i < len(text) && isIdent[text[i]] {
				i++
			}
			word := text[start:i]
			if first[b] {
				if u, ok := names[string(word)]; ok && u.fits(last == '.', before, dotted, renamed) {
					return true
				}
			}
			ident, last = word, b
		default:
			before = nil
			if b == '.' && isIdent[last] {
				before = ident
			}
			i, last = i+1, b
		}
	}
	return false
}

// fits reports whether an identifier is used as u says.
func (u use) fits(afterDot bool, before []byte, dotted bool, renamed map[string]bool) bool {
	switch {
	case u.bare, dotted:
		return true
	case !afterDot:
		return false
	}
	return u.dotted || len(u.after) > 0 && (slices.Contains(u.after, string(before)) || renamed[string(before)])
}

// skipComment returns the end of the comment that begins at i.
func skipComment(text []byte, i int) int {
	end := "\n"
	if text[i+1] == '*' {
		end = "*/"
	}
	if n := bytes.Index(text[i+2:], []byte(end)); n >= 0 {
		return i + 2 + n + len(end)
	}
	return len(text)
}

// skipQuoted returns the end of the string or rune literal that begins at i. One
// that is not closed on its line ends there, as the compiler would refuse it.
func skipQuoted(text []byte, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch b := text[i]; {
		case b == quote:
			return i + 1
		case b == '\\' && quote != '`':
			i++
		case b == '\n' && quote != '`':
			return i
		}
	}
	return len(text)
}

// isIdent holds the bytes of identifiers, all of UTF-8 beyond ASCII included.
var isIdent = func() (set [256]bool) {
	for b := range set {
		c := byte(b)
		set[b] = c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return set
}()
