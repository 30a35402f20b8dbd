// Package report renders the message stream of package finding for people and
// for other tools.
package report

import (
	"fmt"
	"io"

	"github.com/hotvet/hotvet/integration/finding"
)

// A Writer renders one stream, message by message. Close writes what has to wait
// for the end; it does not close the underlying writer.
type Writer interface {
	Write(*finding.Message) error
	Close() error
}

// A Rule documents one analyzer for formats that carry documentation.
type Rule struct {
	Name     string // of the analyzer
	Summary  string // one line
	Text     string // what breaks, when it is silent, how it is confirmed
	Wrong    string // code that is reported
	Right    string // the same, mended
	URL      string
	Severity string // error, warning, info or hint
}

// Formats returns the names that [New] knows.
func Formats() []string { return []string{"text", "json", "sarif", "html"} }

// New is [NewIn] for a stream that was made in the current folder.
func New(format string, w io.Writer, rules func() ([]Rule, error)) (Writer, error) {
	return NewIn("", format, w, rules)
}

// NewIn returns a writer of the named format. The file names of the stream are
// relative to folder; html quotes the source code from there, when it still has
// it. rules is called only by a format that needs documentation, because to make
// it costs time.
//
// All formats but json say together what belongs together, so they write when
// they are closed.
func NewIn(folder, format string, w io.Writer, rules func() ([]Rule, error)) (Writer, error) {
	switch format {
	case "text":
		return &textWriter{w: w}, nil
	case "json":
		return jsonWriter{finding.NewWriter(w)}, nil
	case "sarif", "html":
		list, err := rules()
		if err != nil {
			return nil, err
		}
		if format == "html" {
			return &htmlWriter{w: w, rules: list, folder: folder}, nil
		}
		return &sarifWriter{w: w, rules: list}, nil
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// jsonWriter writes the stream as it is.
type jsonWriter struct{ w *finding.Writer }

func (j jsonWriter) Write(m *finding.Message) error { return j.w.Write(m) }
func (j jsonWriter) Close() error                   { return nil }
