package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
	new      string // revision or folder
	pattern  string
	scenario *confirm.Scenario

	// What a flag says goes before what the scenario file says.
	file            string
	reload, restart string
	ready           string
	requests, runs  int
	timeout         time.Duration
	env             pairs
	place           pairs
	load            repeated
}

const confirmAbout = `Proves findings. Checks one program, builds it with a probe, runs it, sends it
requests, has it reload and replace itself, and says of every finding: confirmed,
when the loss was observed; refuted, when the place was reached and nothing was
lost; unreached, when nothing was observed, and why.

The program runs in a new folder, which is also its HOME and TMPDIR and is removed
in the end. It must listen on a loopback address or a unix socket; arguments for it
stand behind --. Nothing is written into the source tree.

A scenario is a YAML file with these keys, all of which may be left out; $WORK is
the folder that the program runs in:

	args: [-config, app.json]          # and env: {NAME: value}
	files: {app.json: "{}"}            # placed there before the start
	ready: {url: /healthz}             # or address, log (regular expression), file
	load: [{url: /, concurrency: 4}]   # also method and body
	requests: 20                       # of each, before and after every change
	reload: [{signal: HUP}]            # or url, or write: {app.json: [A, B]}; wait
	reloads: 3
	restart: [{signal: USR2}]
	stop: TERM
	ends: false                        # true: no server, it does its work and exits
	runs: 1
	limits: {build: 20m, ready: 15s, step: 15s, run: 5m, file: 1073741824}
`

// confirmFormats are the formats that show verdicts.
var confirmFormats = report.Formats()

func (inv *invocation) confirmFlags(opt *confirmOptions) *flag.FlagSet {
	fs := inv.flags("confirm", "[flags] package [-- arguments]", confirmAbout)
	fs.StringVar(&opt.format, "format", "text", "`form` of the result: "+strings.Join(confirmFormats, ", "))
	fs.StringVar(&opt.dir, "C", "", "change to `folder` first")
	fs.StringVar(&opt.tags, "tags", "", "build `tags`, separated by commas")
	fs.StringVar(&opt.findings, "findings", "", "judge the findings in `file`, written by check -format json, instead of checking (-: standard input)")
	fs.StringVar(&opt.force, "force", "", "judge these `categories` too, as CATEGORY[@FILE:LINE], separated by commas, though nothing was found")
	fs.StringVar(&opt.file, "scenario", "", "`file` that says how the program is run")
	fs.StringVar(&opt.new, "new", "", "replace the program by that of a `revision` of git, or of a folder, instead of a changed build of the same source; casts are still read by a build with one field more, and compared with the layout in it")
	fs.StringVar(&opt.restart, "restart", "", "`signal` that makes the program replace itself (default: the one on which it does)")
	fs.StringVar(&opt.reload, "reload", "", "`signal` that makes the program reload (default: one that it waits for and that does not end it)")
	fs.StringVar(&opt.ready, "ready", "", "`address`, URL or /path that answers once the program serves (default: when it listens)")
	fs.Var(&opt.load, "load", "`URL` or /path to request from the program; may be repeated (default /)")
	fs.IntVar(&opt.requests, "requests", 0, "`number` of each request before and after every change (default 20)")
	fs.IntVar(&opt.runs, "runs", 0, "`number` of runs of each build (default 1)")
	fs.DurationVar(&opt.timeout, "timeout", 0, "`limit` of each step after the build: serve, reload, restart, serve again, stop (default 15s)")
	fs.Var(&opt.env, "env", "`NAME=value` for the program's environment; may be repeated")
	fs.Var(&opt.place, "file", "`PATH=file`: place a copy of the file at the path in the program's folder; may be repeated")
	return fs
}

// repeated is a flag that may be given more than once.
type repeated []string

func (r *repeated) String() string { return strings.Join(*r, " ") }

// Set implements flag.Value.
func (r *repeated) Set(s string) error {
	*r = append(*r, s)
	return nil
}

// pairs is a repeated flag of the form NAME=value.
type pairs map[string]string

func (p *pairs) String() string { return "" }

// Set implements flag.Value.
func (p *pairs) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("want NAME=value")
	}
	if *p == nil {
		*p = make(pairs)
	}
	(*p)[name] = value
	return nil
}

func (inv *invocation) parseConfirm(args []string) (*confirmOptions, error) {
	opt := new(confirmOptions)
	fs := inv.confirmFlags(opt)
	if err := parse(fs, args); err != nil {
		return nil, err
	}
	rest := fs.Args()
	switch {
	case len(rest) == 0:
		return nil, usageError("hotvet confirm ./cmd/server", "no package to confirm")
	case len(rest) > 1 && rest[1] != "--":
		return nil, usageError("arguments for the program stand behind --, flags before the package", "one package at a time, not also %q", rest[1])
	}
	opt.pattern = rest[0]
	if err := opt.validate(); err != nil {
		return nil, err
	}
	if err := opt.readScenario(); err != nil {
		return nil, err
	}
	if len(rest) > 1 {
		opt.scenario.Args = rest[2:]
	}
	return opt, nil
}

func (opt *confirmOptions) validate() (err error) {
	switch {
	case !slices.Contains(confirmFormats, opt.format):
		return usageError("formats are "+strings.Join(confirmFormats, ", "), "unknown format %q", opt.format)
	case opt.requests < 0:
		return usageError("", "-requests %d is negative", opt.requests)
	case opt.runs < 0:
		return usageError("", "-runs %d is negative", opt.runs)
	case opt.timeout < 0:
		return usageError("", "-timeout %v is negative", opt.timeout)
	}
	for _, what := range split(opt.force) {
		category, _, _ := strings.Cut(what, "@")
		if !slices.Contains(confirm.Kinds(), category) {
			return usageError("there are experiments for "+strings.Join(confirm.Kinds(), ", "), "-force %s: no experiment", category)
		}
	}
	for flag, name := range map[string]string{"restart": opt.restart, "reload": opt.reload} {
		if name == "" {
			continue
		}
		if _, err := confirm.ParseSignal(name); err != nil {
			return usageError("", "-%s: %w", flag, err)
		}
	}
	if opt.dir, err = filepath.Abs(opt.dir); err != nil {
		return err
	}
	if info, err := os.Stat(opt.dir); err != nil || !info.IsDir() {
		return usageError("", "-C %s: not a folder", opt.dir)
	}
	return nil
}

// readScenario reads the scenario and puts into it what flags say.
func (opt *confirmOptions) readScenario() (err error) {
	s := new(confirm.Scenario)
	if opt.file != "" {
		if s, err = confirm.ReadScenario(opt.path(opt.file)); err != nil {
			return usageError("", "-scenario: %w", err)
		}
	}
	opt.scenario = s
	if len(opt.load) > 0 {
		s.Load = nil
		for _, u := range opt.load {
			s.Load = append(s.Load, confirm.Request{URL: u, Concurrency: 4})
		}
	}
	if opt.requests > 0 {
		s.Count = opt.requests
	}
	if opt.runs > 0 {
		s.Runs = opt.runs
	}
	if opt.timeout > 0 {
		s.Limits.Ready, s.Limits.Step = confirm.Duration(opt.timeout), confirm.Duration(opt.timeout)
	}
	if opt.reload != "" {
		s.Reload = []confirm.Step{{Signal: opt.reload}}
	}
	if opt.restart != "" {
		s.Restart = []confirm.Step{{Signal: opt.restart}}
	}
	switch {
	case opt.ready == "":
	case strings.HasPrefix(opt.ready, "/") || strings.Contains(opt.ready, "://"):
		s.Ready.URL = opt.ready
	default:
		s.Ready.Address = opt.ready
	}
	if err := opt.setFiles(s); err != nil {
		return err
	}
	if err := s.Validate(); err != nil {
		return usageError("", "%w", err)
	}
	return nil
}

// setFiles puts the environment and the files of flags into a scenario.
func (opt *confirmOptions) setFiles(s *confirm.Scenario) error {
	for name, value := range opt.env {
		if s.Env == nil {
			s.Env = make(map[string]string)
		}
		s.Env[name] = value
	}
	for path, from := range opt.place {
		data, err := os.ReadFile(opt.path(from))
		if err != nil {
			return fmt.Errorf("-file: %w", err)
		}
		if s.Files == nil {
			s.Files = make(map[string]string)
		}
		s.Files[path] = string(data)
	}
	return nil
}

// path returns the place of a file that a flag names.
func (opt *confirmOptions) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(opt.dir, name)
}

// setDefaults completes the scenario for the findings: signals are sent only to
// programs that have findings about what they do on them.
func (inv *invocation) setDefaults(opt *confirmOptions, c *checked) {
	reload, restart := "", ""
	s := opt.scenario
	for _, need := range []struct {
		what, flag string
		needed     func(category string) bool // it can show a loss
		must       func(category string) bool // nothing else can
		given      bool
		known      string
		signal     *string
	}{
		{"reloads", "-reload", confirm.NeedsReload, confirm.NeedsReload, len(s.Reload) > 0, c.signals.reload(), &reload},
		{"replaces itself", "-restart", confirm.GainsByRestart, confirm.NeedsRestart, len(s.Restart) > 0, c.signals.restart(), &restart},
	} {
		if s.Ends || need.given || !slices.ContainsFunc(c.findings, func(f *finding.Finding) bool { return need.needed(f.Category) }) {
			continue
		}
		if *need.signal = need.known; need.known == "" && slices.ContainsFunc(c.findings, func(f *finding.Finding) bool { return need.must(f.Category) }) {
			inv.say("no signal is known on which the program %s: %s SIGNAL or a scenario says what makes it do so", need.what, need.flag)
		}
	}
	s.Defaults(reload, restart)
}
