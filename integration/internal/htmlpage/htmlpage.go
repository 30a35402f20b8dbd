// Package htmlpage writes pages that need nothing but themselves.
package htmlpage

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"unicode"
)

// Write executes a template and writes what it makes, whole or not at all. Control
// characters, which HTML does not allow, are replaced.
func Write(w io.Writer, t *template.Template, data any) error {
	var buf bytes.Buffer
	if err := t.Execute(&buf, data); err != nil {
		return fmt.Errorf("html: %w", err)
	}
	_, err := w.Write(bytes.Map(visible, buf.Bytes()))
	return err
}

func visible(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\uFFFE' || r == '\uFFFF' {
		return unicode.ReplacementChar
	}
	return r
}
