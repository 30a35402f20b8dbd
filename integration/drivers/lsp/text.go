package lsp

import (
	"cmp"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// URI returns the address of a file in the protocol.
func URI(file string) string {
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/... of Windows
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// File returns the name of the file at an address.
func File(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", err
	}
	if u.Scheme != "file" {
		return "", fmt.Errorf("address %q is not that of a file", uri)
	}
	path := u.Path
	if len(path) > 2 && path[2] == ':' {
		path = path[1:]
	}
	return filepath.FromSlash(path), nil
}

// offset returns the byte offset of a position, whose characters are UTF-16 code
// units. A character past the end of its line means the end, as the
// specification has it.
func offset(text string, p Position) (int, error) {
	at := 0
	for range p.Line {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return 0, fmt.Errorf("line %d is past the end of the file", p.Line)
		}
		at += n + 1
	}
	for units := 0; units < p.Character && at < len(text) && text[at] != '\n'; {
		r, size := utf8.DecodeRuneInString(text[at:])
		units += max(utf16.RuneLen(r), 1)
		at += size
	}
	return at, nil
}

// apply returns text with all edits made.
func apply(text string, edits []TextEdit) (string, error) {
	type span struct {
		start, end int
		text       string
	}
	var spans []span
	for _, e := range edits {
		start, err := offset(text, e.Range.Start)
		if err != nil {
			return "", err
		}
		end, err := offset(text, e.Range.End)
		if err != nil {
			return "", err
		}
		spans = append(spans, span{start, end, e.NewText})
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	var out strings.Builder
	at := 0
	for _, s := range spans {
		if s.start < at || s.end < s.start {
			return "", fmt.Errorf("edits overlap at byte %d", s.start)
		}
		out.WriteString(text[at:s.start])
		out.WriteString(s.text)
		at = s.end
	}
	out.WriteString(text[at:])
	return out.String(), nil
}
