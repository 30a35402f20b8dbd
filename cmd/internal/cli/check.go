package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/report"
)

// checkOptions are the flags of check.
type checkOptions struct {
	format        string
	driver        string
	dir           string // absolute
	tags          string
	only, skip    string
	baseline      string
	writeBaseline bool
	fix, diff     bool
	tests         bool
	signals       bool // ask what the program does on signals, too
	matrixFile    string
	matrix        []configuration
	env           []string // added to the environment of the go command
}

const checkAbout = `Finds what breaks when the program is updated while it runs. The packages are
named as for "go vet"; none means the one in the current folder. The go command
builds them and caches the result.

A finding that is known to be harmless is held back by a comment on its line, or
on the line above:

	//hotvet:ignore NAME[/kind] reason
`

func (inv *invocation) checkFlags(opt *checkOptions) *flag.FlagSet {
	fs := inv.flags("check", "[flags] [packages]", checkAbout)
	fs.StringVar(&opt.format, "format", "text", "`form` of the result: "+strings.Join(report.Formats(), ", "))
	fs.StringVar(&opt.driver, "driver", "vet", "who loads packages: vet (the go `command`), or packages (in process, GOPACKAGESDRIVER)")
	fs.StringVar(&opt.dir, "C", "", "change to `folder` first")
	fs.StringVar(&opt.tags, "tags", "", "build `tags`, separated by commas")
	fs.StringVar(&opt.matrixFile, "matrix", "", "check each of the build configurations in `file`, a YAML list of {name, goos, goarch, cgo, tags}, and merge what is found")
	fs.StringVar(&opt.only, "only", "", "run only the analyzers of these `names`, separated by commas")
	fs.StringVar(&opt.skip, "skip", "", "leave out the analyzers of these `names`, separated by commas")
	fs.StringVar(&opt.baseline, "baseline", "", "suppress the findings in `file`; report those that are gone")
	fs.BoolVar(&opt.writeBaseline, "write-baseline", false, "write all findings to the file of -baseline, or else to the file named next")
	fs.BoolVar(&opt.fix, "fix", false, "apply the first fix of each finding and show the other findings")
	fs.BoolVar(&opt.diff, "diff", false, "print what -fix would change and write nothing")
	fs.BoolVar(&opt.tests, "tests", false, "show findings in _test.go files too")
	return fs
}

// parseCheck parses and checks the flags of check.
func (inv *invocation) parseCheck(args []string) (opt *checkOptions, patterns []string, err error) {
	opt = new(checkOptions)
	fs := inv.checkFlags(opt)
	if err := parse(fs, args); err != nil {
		return nil, nil, err
	}
	if opt.writeBaseline && opt.baseline == "" {
		if fs.NArg() == 0 {
			return nil, nil, usageError("use -write-baseline FILE", "-write-baseline has no file")
		}
		opt.baseline = fs.Arg(0)
		if err := parse(fs, fs.Args()[1:]); err != nil {
			return nil, nil, err
		}
	}
	if err := opt.validate(inv.program); err != nil {
		return nil, nil, err
	}
	if opt.dir, err = filepath.Abs(opt.dir); err != nil {
		return nil, nil, err
	}
	if info, err := os.Stat(opt.dir); err != nil || !info.IsDir() {
		return nil, nil, usageError("", "-C %s: not a folder", opt.dir)
	}
	if opt.baseline != "" && !filepath.IsAbs(opt.baseline) {
		opt.baseline = filepath.Join(opt.dir, opt.baseline)
	}
	if opt.matrixFile != "" {
		if opt.matrix, err = readMatrix(opt.path(opt.matrixFile)); err != nil {
			return nil, nil, usageError("", "-matrix: %w", err)
		}
	}
	return opt, fs.Args(), nil
}

func (opt *checkOptions) validate(p *Program) error {
	switch {
	case !slices.Contains(report.Formats(), opt.format):
		return usageError("formats are "+strings.Join(report.Formats(), ", "), "unknown format %q", opt.format)
	case opt.driver != "vet" && opt.driver != "packages":
		return usageError("drivers are vet, packages", "unknown driver %q", opt.driver)
	case opt.matrixFile != "" && (opt.fix || opt.diff):
		return usageError("", "-matrix excludes -fix and -diff: a fix is made in one configuration")
	case opt.fix && opt.diff:
		return usageError("", "-fix and -diff exclude each other")
	case opt.diff && opt.format != "text":
		return usageError("", "-diff prints diffs, not %s", opt.format)
	case opt.writeBaseline && (opt.fix || opt.diff):
		return usageError("", "-write-baseline excludes -fix and -diff")
	}
	for _, name := range slices.Concat(split(opt.only), split(opt.skip)) {
		if !slices.Contains(p.names(), name) {
			return usageError("analyzers are "+strings.Join(p.names(), ", "), "unknown analyzer %q", name)
		}
	}
	return nil
}

// buildFlags returns what the go command needs of the flags.
func (opt *checkOptions) buildFlags() []string {
	if opt.tags == "" {
		return nil
	}
	return []string{"-tags=" + opt.tags}
}

// selected reports whether -only and -skip leave an analyzer.
func (opt *checkOptions) selected(name string) bool {
	return (opt.only == "" || slices.Contains(split(opt.only), name)) && !slices.Contains(split(opt.skip), name)
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// A checked is what a check found.
type checked struct {
	findings []*finding.Finding
	packages map[string]bool // analyzed, by import path
	errors   []string        // what could not be analyzed
	signals  signalUse
}

// find runs the analyzers and returns sorted findings with ids.
func (inv *invocation) find(opt *checkOptions, patterns []string) (*checked, error) {
	if len(opt.matrix) > 0 {
		return inv.findMatrix(opt, patterns)
	}
	return inv.findOnce(opt, patterns)
}

func (inv *invocation) findOnce(opt *checkOptions, patterns []string) (*checked, error) {
	load := inv.goVet
	if opt.driver == "packages" {
		load = inv.goPackages
	}
	res, err := load(opt, patterns)
	if err != nil {
		return nil, err
	}
	for _, note := range res.notes {
		inv.say("%s", note)
	}
	c := inv.convert(opt, res)
	finding.Identify(c.findings, func(name string) ([]byte, error) { return os.ReadFile(opt.path(name)) })
	return c, nil
}

// path returns the absolute name of a file in the stream.
func (opt *checkOptions) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(opt.dir, filepath.FromSlash(name))
}

func (inv *invocation) check(args []string) error {
	opt, patterns, err := inv.parseCheck(args)
	if err != nil {
		return err
	}
	known, err := opt.readBaseline()
	if err != nil {
		return err
	}
	c, err := inv.find(opt, patterns)
	if err != nil {
		return err
	}
	for _, line := range c.errors {
		inv.say("%s", line)
	}
	if opt.writeBaseline {
		if len(c.errors) > 0 {
			return errors.New("baseline is not written, because not everything could be analyzed")
		}
		if known, err = writeBaseline(opt.baseline, c.findings); err != nil {
			return err
		}
	}
	sum := &finding.Summary{Errors: c.errors, Stale: inv.suppress(opt, known, c)}
	if opt.fix || opt.diff {
		if err := inv.mend(opt, c); err != nil {
			return err
		}
	}
	for _, f := range c.findings {
		sum.Add(f)
	}
	if sum.Suppressed > 0 {
		inv.say("%s suppressed by the baseline", count(sum.Suppressed, "finding"))
	}
	if !opt.diff {
		if err := inv.render(opt, args, c, sum); err != nil {
			return err
		}
	}
	switch {
	case len(sum.Errors) > 0:
		return &ExitError{Status: ExitFailed}
	case sum.Findings > 0:
		return errFindings
	}
	return nil
}

// render writes the stream in the form that was asked for.
func (inv *invocation) render(opt *checkOptions, args []string, c *checked, sum *finding.Summary) error {
	h, err := report.NewIn(opt.dir, opt.format, inv.stdout, inv.rules)
	if err != nil {
		return err
	}
	messages := []*finding.Message{{Config: inv.config("check", args)}}
	for _, f := range c.findings {
		messages = append(messages, &finding.Message{Finding: f})
	}
	for _, m := range append(messages, &finding.Message{Summary: sum}) {
		if err := h.Write(m); err != nil {
			return err
		}
	}
	return h.Close()
}

// config opens a stream.
func (inv *invocation) config(command string, args []string) *finding.Config {
	return &finding.Config{
		Protocol: finding.Protocol,
		Version:  Version(),
		Go:       runtime.Version(),
		GOOS:     runtime.GOOS,
		GOARCH:   runtime.GOARCH,
		Command:  command,
		Args:     append([]string{}, args...),
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
