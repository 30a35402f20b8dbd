package cli

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/confirm"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/report"
)

// confirmOptions are the flags of confirm.
type confirmOptions struct {
	format   string
	dir      string // absolute
	tags     string
	findings string // file with a stream, - for stdin, empty to check
	force    string
	signal   string
	restart  syscall.Signal
	path     string
	requests int
	timeout  time.Duration
	pattern  string
	args     []string // for the program
}

const confirmAbout = `Proves findings. Checks one program, builds it with a probe, runs it, sends it
requests, restarts it by a signal, and says of every finding: confirmed, when the
loss was observed; refuted, when the place was reached and nothing was lost;
unreached, when nothing was observed, and why.

The program runs in a new folder, which is also its HOME and TMPDIR and is removed
in the end. It must listen on a loopback address or a unix socket; arguments for it
stand behind --. Nothing is written into the source tree.
`

// confirmFormats are the formats that show verdicts.
var confirmFormats = []string{"text", "json"}

func (inv *invocation) parseConfirm(args []string) (*confirmOptions, error) {
	opt := new(confirmOptions)
	fs := inv.flags("confirm", "[flags] package [-- arguments]", confirmAbout)
	fs.StringVar(&opt.format, "format", "text", "`form` of the result: text or json")
	fs.StringVar(&opt.dir, "C", "", "change to `folder` first")
	fs.StringVar(&opt.tags, "tags", "", "build `tags`, separated by commas")
	fs.StringVar(&opt.findings, "findings", "", "judge the findings in `file`, written by check -format json, instead of checking (-: standard input)")
	fs.StringVar(&opt.force, "force", "", "judge these `categories` too, separated by commas, though nothing was found")
	fs.StringVar(&opt.signal, "restart", "USR2", "`signal` that makes the program replace itself")
	fs.StringVar(&opt.path, "path", "/", "`path` to request from the program's HTTP servers")
	fs.IntVar(&opt.requests, "requests", 20, "`number` of requests to each address, before the restart and after it")
	fs.DurationVar(&opt.timeout, "timeout", 15*time.Second, "`limit` of each step after the build: listen, restart, listen again, stop")
	if err := parse(fs, args); err != nil {
		return nil, err
	}
	switch rest := fs.Args(); {
	case len(rest) == 0:
		return nil, usageError("hotvet confirm ./cmd/server", "no package to confirm")
	case len(rest) > 1 && rest[1] != "--":
		return nil, usageError("arguments for the program stand behind --, flags before the package", "one package at a time, not also %q", rest[1])
	case len(rest) > 1:
		opt.args = rest[2:]
		fallthrough
	default:
		opt.pattern = rest[0]
	}
	return opt, opt.validate()
}

func (opt *confirmOptions) validate() (err error) {
	target, pathErr := url.ParseRequestURI(opt.path)
	switch {
	case !slices.Contains(confirmFormats, opt.format):
		return usageError("formats are "+strings.Join(confirmFormats, ", "), "unknown format %q", opt.format)
	case opt.requests < 0:
		return usageError("", "-requests %d is negative", opt.requests)
	case opt.timeout <= 0:
		return usageError("", "-timeout %v is not positive", opt.timeout)
	case pathErr != nil || !strings.HasPrefix(opt.path, "/") || target.Host != "":
		return usageError("", "-path %s: want /path[?query]", opt.path)
	}
	for _, category := range split(opt.force) {
		if !slices.Contains(confirm.Kinds(), category) {
			return usageError("there are experiments for "+strings.Join(confirm.Kinds(), ", "), "-force %s: no experiment", category)
		}
	}
	if opt.restart, err = confirm.ParseSignal(opt.signal); err != nil {
		return usageError("", "-restart: %w", err)
	}
	if opt.dir, err = filepath.Abs(opt.dir); err != nil {
		return err
	}
	if info, err := os.Stat(opt.dir); err != nil || !info.IsDir() {
		return usageError("", "-C %s: not a folder", opt.dir)
	}
	return nil
}

// confirm proves or refutes the findings of one program.
func (inv *invocation) confirm(args []string) error {
	opt, err := inv.parseConfirm(args)
	if err != nil {
		return err
	}
	target, err := build.FindTarget(inv.ctx, opt.dir, inv.env, split(opt.tags), opt.pattern)
	if err != nil {
		return err
	}
	c, err := inv.toConfirm(opt, target)
	if err != nil {
		return err
	}
	h, err := report.New(opt.format, inv.stdout, inv.rules)
	if err != nil {
		return err
	}
	if err := h.Write(&finding.Message{Config: inv.config("confirm", args)}); err != nil {
		return err
	}
	sum := &finding.Summary{Errors: c.errors}
	result := new(confirm.Result)
	if len(c.findings) > 0 {
		var runErr error
		result, runErr = confirm.Run(inv.ctx, inv.runOptions(opt, target, h), c.findings)
		if inv.ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if runErr != nil {
			sum.Errors = append(sum.Errors, runErr.Error())
		}
		if result == nil {
			return runErr
		}
	}
	if err := writeVerdicts(h, c.findings, result, sum); err != nil {
		return err
	}
	return inv.concludeConfirm(c, result, sum)
}

// toConfirm returns the findings that are to be judged.
func (inv *invocation) toConfirm(opt *confirmOptions, target *build.Target) (c *checked, err error) {
	check := &checkOptions{driver: "vet", dir: opt.dir, tags: opt.tags}
	if opt.findings == "" {
		if c, err = inv.find(check, target.Packages); err != nil {
			return nil, err
		}
	} else {
		list, err := inv.readFindings(opt)
		if err != nil {
			return nil, err
		}
		c = &checked{findings: list}
	}
	var assumed []*finding.Finding
	for _, category := range split(opt.force) {
		f, err := confirm.Assume(target, category)
		if err != nil {
			return nil, err
		}
		f.Posn.File = within(opt.dir, f.Posn.File)
		f.End.File = f.Posn.File
		assumed = append(assumed, f)
	}
	finding.Identify(assumed, func(name string) ([]byte, error) { return os.ReadFile(check.path(name)) })
	c.findings = append(c.findings, assumed...)
	return c, nil
}

// readFindings reads those findings of a saved stream that count.
func (inv *invocation) readFindings(opt *confirmOptions) ([]*finding.Finding, error) {
	src := inv.stdin
	if opt.findings != "-" {
		name := opt.findings
		if !filepath.IsAbs(name) {
			name = filepath.Join(opt.dir, name)
		}
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		src = file
	}
	messages, err := finding.ReadAll(src)
	if err != nil {
		return nil, fmt.Errorf("-findings %s: %w", opt.findings, err)
	}
	var list []*finding.Finding
	for _, m := range messages {
		if m.Finding != nil && !m.Finding.Suppressed {
			list = append(list, m.Finding)
		}
	}
	return list, nil
}

// runOptions returns how to run the program. Progress goes into the stream and, for
// those who wait at a terminal, to stderr.
func (inv *invocation) runOptions(opt *confirmOptions, target *build.Target, h report.Writer) confirm.Options {
	f, ok := inv.stderr.(*os.File)
	terminal := ok && term.IsTerminal(int(f.Fd()))
	temp := inv.lookupEnv("TMPDIR")
	if temp == "" {
		temp = os.TempDir()
	}
	return confirm.Options{
		Target:   target,
		Tags:     split(opt.tags),
		Dir:      opt.dir,
		Args:     opt.args,
		Env:      inv.env,
		Temp:     temp,
		Restart:  opt.restart,
		Path:     opt.path,
		Requests: opt.requests,
		Step:     opt.timeout,
		Progress: func(what string) {
			// A stream that cannot be written fails at the next verdict.
			_ = h.Write(&finding.Message{Progress: &finding.Progress{Message: what}})
			if terminal {
				inv.say("%s", what)
			}
		},
	}
}

// writeVerdicts writes each finding with what is said of it beneath, and the
// summary.
func writeVerdicts(h report.Writer, findings []*finding.Finding, result *confirm.Result, sum *finding.Summary) error {
	var messages []*finding.Message
	for i, f := range findings {
		sum.Add(f)
		v := result.Verdicts[i]
		if sum.Verdicts == nil {
			sum.Verdicts = make(map[string]int)
		}
		sum.Verdicts[v.Result]++
		messages = append(messages, &finding.Message{Finding: f}, &finding.Message{Verdict: v})
		for _, e := range result.Evidence {
			if e.Finding == f.ID {
				messages = append(messages, &finding.Message{Evidence: e})
			}
		}
	}
	for _, m := range append(messages, &finding.Message{Summary: sum}) {
		if err := h.Write(m); err != nil {
			return err
		}
	}
	return h.Close()
}

// concludeConfirm says what came out, and how to exit.
func (inv *invocation) concludeConfirm(c *checked, result *confirm.Result, sum *finding.Summary) error {
	for _, line := range sum.Errors {
		inv.say("%s", line)
	}
	switch {
	case len(sum.Errors) > 0:
		return &ExitError{Status: ExitFailed}
	case len(c.findings) == 0:
		inv.say("no findings to confirm")
		return nil
	}
	inv.say("%d confirmed, %d refuted, %d unreached",
		sum.Verdicts[finding.Confirmed], sum.Verdicts[finding.Refuted], sum.Verdicts[finding.Unreached])
	if result.Confirmed() > 0 {
		return errFindings
	}
	return nil
}
