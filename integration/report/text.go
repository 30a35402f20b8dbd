package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/hotvet/hotvet/integration/finding"
)

// textWriter writes findings as compilers do, so that editors can jump to them.
// Beneath each stands what is known about it, one "key: text" a line: the verdict
// first, then what it rests on.
type textWriter struct {
	record
	w   io.Writer
	err error
}

// printf writes a line. The texts of a stream are not all ours: none of them may
// begin a line or command a terminal.
func (t *textWriter) printf(format string, args ...any) {
	for i, arg := range args {
		args[i] = printable(fmt.Sprint(arg))
	}
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

// printable indents the second line and those that follow, and quotes what does
// not print.
func printable(s string) string {
	var b strings.Builder
	for _, r := range strings.TrimRight(s, "\r\n") {
		switch {
		case r == '\n':
			b.WriteString("\n\t\t")
		case r == '\t' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// Close implements [Writer]. Suppressed findings are left out.
func (t *textWriter) Close() error {
	judged := len(t.told) > 0
	counts, first := new(finding.Summary), true
	verdicts := make(map[string]int)
	for _, e := range t.entries() {
		if e.Finding != nil {
			counts.Add(e.Finding)
			if e.Finding.Suppressed {
				continue
			}
		}
		if judged && !first {
			t.printf("\n")
		}
		first = false
		if e.Finding != nil || len(e.verdicts) > 0 {
			verdicts[e.result()]++
		}
		t.entry(e)
	}
	for _, d := range t.decisions {
		t.printf("%s\n", d.Result)
		for _, row := range d.Rows {
			t.printf("\t%s: %s: %s\n", row.Result, row.Check, row.Reason)
		}
	}
	for _, s := range t.summaries {
		for _, row := range s.Checks {
			t.printf("restart: %s: %s: %s\n", row.Check, row.Result, row.Reason)
		}
		for _, c := range s.Costs {
			took := fmt.Sprintf("build %.1f s, %s in %.1f s, CPU %.1f s, peak memory %s", c.Build, plural(c.Runs, "run"), c.Run, c.CPU, c.Memory())
			t.printf("cost: %s: %s\n", c.Trial, took)
		}
	}
	if judged {
		t.printf("\n%s: %s\n", plural(counts.Findings, "finding"), tally(verdicts, counts.Suppressed))
	}
	return t.err
}

func (t *textWriter) entry(e *entry) {
	if f := e.Finding; f != nil {
		where := ""
		if len(f.Where) > 0 {
			where = " [" + strings.Join(f.Where, ", ") + "]"
		}
		t.printf("%s: %s (%s)%s\n", f.Posn, f.Message, f.Category, where)
		for _, r := range f.Related {
			t.printf("\t%s: %s\n", r.Posn, r.Message)
		}
	} else {
		t.printf("finding %s, which the stream does not have\n", e.id)
	}
	for _, v := range e.verdicts {
		t.printf("\t%s: %s\n", v.Result, v.Reason)
	}
	for _, v := range e.evidence {
		t.printf("\t%s: %s\n", v.Kind, v.Text)
	}
}

// tally tells verdicts in words, those that were asked for even when there are
// none of a kind.
func tally(verdicts map[string]int, suppressed int) string {
	s := fmt.Sprintf("%d confirmed, %d refuted, %d unreached",
		verdicts[finding.Confirmed], verdicts[finding.Refuted], verdicts[finding.Unreached])
	if n := verdicts[""]; n > 0 {
		s += fmt.Sprintf(", %d without a verdict", n)
	}
	if suppressed > 0 {
		s += fmt.Sprintf("; %d more suppressed", suppressed)
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
