package cli

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/report"
)

// reportOptions are the flags of report.
type reportOptions struct {
	format string
	dir    string // absolute
	out    string // absolute, empty: stdout
	stream string // absolute, or - for stdin
}

const reportAbout = `Renders a stream that "hotvet check -format json" or "hotvet confirm -format json"
wrote, without running anything. The stream is a file, or - for standard input; streams
one behind the other make one report. The form html is one file that needs no
network: summary, timeline of the restart, findings with code and evidence. It quotes
the source code from the folder that the command ran in, so name that with -C.

The exit status is what the stream says, as that of every command: 3 when it holds a
confirmed hazard, a denied update, or a finding that is neither suppressed nor judged
by a verdict; 1 when something could not be analyzed, or the stream cannot be read or
has no summary, because the command that wrote it did not finish; else 0.
`

func (inv *invocation) parseReport(args []string) (*reportOptions, error) {
	opt := new(reportOptions)
	fs := inv.flags("report", "[flags] stream", reportAbout)
	fs.StringVar(&opt.format, "format", "text", "`form` of the report: "+strings.Join(report.Formats(), ", "))
	fs.StringVar(&opt.dir, "C", "", "change to `folder` first")
	fs.StringVar(&opt.out, "o", "", "write the report to `file` instead of standard output")
	streams, err := parseAnywhere(fs, args)
	switch {
	case err != nil:
		return nil, err
	case len(streams) == 0:
		return nil, usageError("hotvet check -format json ./... | hotvet report -", "no stream to render")
	case len(streams) > 1:
		return nil, usageError("cat FILE... | hotvet report -", "one stream at a time, not also %q", streams[1])
	case !slices.Contains(report.Formats(), opt.format):
		return nil, usageError("formats are "+strings.Join(report.Formats(), ", "), "unknown format %q", opt.format)
	}
	if opt.dir, err = filepath.Abs(opt.dir); err != nil {
		return nil, err
	}
	if info, err := os.Stat(opt.dir); err != nil || !info.IsDir() {
		return nil, usageError("", "-C %s: not a folder", opt.dir)
	}
	if opt.stream = streams[0]; opt.stream != "-" {
		opt.stream = opt.join(opt.stream)
	}
	if opt.out != "" {
		opt.out = opt.join(opt.out)
	}
	return opt, nil
}

// join returns the absolute name of a file on the command line.
func (opt *reportOptions) join(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(opt.dir, name)
}

// parseAnywhere parses flags in front of other arguments, between and behind
// them, and returns the others. What follows -- is no flag.
func parseAnywhere(fs *flag.FlagSet, args []string) (others []string, err error) {
	for {
		if err := parse(fs, args); err != nil {
			return nil, err
		}
		rest := fs.Args()
		consumed := len(args) - len(rest)
		if consumed > 0 && args[consumed-1] == "--" || len(rest) == 0 {
			return append(others, rest...), nil
		}
		others, args = append(others, rest[0]), rest[1:]
	}
}

// report renders a saved stream.
func (inv *invocation) report(args []string) error {
	opt, err := inv.parseReport(args)
	if err != nil {
		return err
	}
	list, err := inv.readStream(opt)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	h, err := report.NewIn(opt.dir, opt.format, &buf, inv.rules)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := h.Write(m); err != nil {
			return err
		}
	}
	if err := h.Close(); err != nil {
		return err
	}
	// Have: a whole report. Nothing is written of one that cannot be made.
	if opt.out == "" {
		if _, err := inv.stdout.Write(buf.Bytes()); err != nil {
			return err
		}
	} else if err := os.WriteFile(opt.out, buf.Bytes(), 0o666); err != nil {
		return err
	}
	return inv.concludeReport(list)
}

func (inv *invocation) readStream(opt *reportOptions) ([]*finding.Message, error) {
	var src io.Reader = inv.stdin
	name := "standard input"
	if opt.stream != "-" {
		file, err := os.Open(opt.stream)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		src, name = file, within(opt.dir, opt.stream)
		if opt.out != "" && sameFile(file, opt.out) {
			return nil, usageError("", "-o %s: would replace the stream", opt.out)
		}
	}
	list, err := finding.ReadAll(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

func sameFile(file *os.File, name string) bool {
	a, errA := file.Stat()
	b, errB := os.Stat(name)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// concludeReport says what went wrong when the stream was made, and how to exit.
func (inv *invocation) concludeReport(list []*finding.Message) error {
	var configs, summaries, problems int
	for _, m := range list {
		switch {
		case m.Config != nil:
			configs++
		case m.Summary != nil:
			summaries++
			for _, line := range m.Summary.Errors {
				problems++
				inv.say("%s", line)
			}
		}
	}
	switch {
	case summaries < max(configs, 1):
		return errors.New("the stream has no summary: the command that wrote it did not finish")
	case problems > 0:
		return &ExitError{Status: ExitFailed}
	case counts(list):
		return errFindings
	}
	return nil
}

// counts reports whether a stream holds what a command exits with 3 for.
func counts(list []*finding.Message) bool {
	judged := make(map[string]bool)
	for _, m := range list {
		switch {
		case m.Verdict != nil && m.Verdict.Result == finding.Confirmed, m.Decision != nil && m.Decision.Result == finding.Deny:
			return true
		case m.Verdict != nil:
			judged[m.Verdict.Finding] = true
		}
	}
	return slices.ContainsFunc(list, func(m *finding.Message) bool {
		return m.Finding != nil && !m.Finding.Suppressed && !judged[m.Finding.ID]
	})
}
