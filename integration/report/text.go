package report

import (
	"fmt"
	"io"

	"github.com/hotvet/hotvet/integration/finding"
)

// textWriter writes findings as compilers do, so that editors can jump to them,
// and what is known about them indented beneath.
type textWriter struct {
	w   io.Writer
	err error
}

func (t *textWriter) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

// Write implements Writer. Suppressed findings are left out.
func (t *textWriter) Write(m *finding.Message) error {
	switch {
	case m.Finding != nil && !m.Finding.Suppressed:
		f := m.Finding
		t.printf("%s: %s (%s)\n", f.Posn, f.Message, f.Category)
		for _, r := range f.Related {
			t.printf("\t%s: %s\n", r.Posn, r.Message)
		}
	case m.Evidence != nil:
		t.printf("\t%s: %s\n", m.Evidence.Kind, m.Evidence.Text)
	case m.Verdict != nil:
		t.printf("\t%s: %s\n", m.Verdict.Result, m.Verdict.Reason)
	case m.Decision != nil:
		t.printf("%s\n", m.Decision.Result)
		for _, row := range m.Decision.Rows {
			t.printf("\t%s: %s: %s\n", row.Result, row.Check, row.Reason)
		}
	}
	return t.err
}

// Close implements Writer.
func (t *textWriter) Close() error { return t.err }
