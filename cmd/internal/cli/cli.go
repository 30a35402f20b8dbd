// Package cli is the hotvet command without its process: arguments, streams and
// environment come in, an error that carries the exit status goes out.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/tools/go/analysis"
	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/cmd/internal/unit"
)

// Exit statuses, the same for every command and format.
const (
	ExitNothing  = 0 // nothing to report
	ExitFailed   = 1 // the tool failed, or something could not be analyzed
	ExitUsage    = 2 // wrong command line
	ExitFindings = 3 // findings, confirmed hazards, or a denied update
)

// A Program is what the command consists of.
type Program struct {
	Analyzers []Analyzer
	Signals   *analysis.Analyzer // tells confirm what the program does on signals
	Shortcut  *unit.Shortcut     // for dependencies without facts
	Audit     *unit.Shortcut     // for tests: checked against a full analysis
}

// An Analyzer is one row of the suite.
type Analyzer struct {
	*analysis.Analyzer
	Severity lint.Severity
	Since    string // version of hotvet
	Confirm  string // how its findings are proved
	Document func() (*lint.RawDocumentation, error)
}

// An ExitError ends the command with a status.
type ExitError struct {
	Status int
	Err    error  // nil: everything has been said
	Hint   string // what to do about it
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// Status returns the exit status that err asks for.
func Status(err error) int {
	var exit *ExitError
	switch {
	case err == nil:
		return ExitNothing
	case errors.As(err, &exit):
		return exit.Status
	}
	return ExitFailed
}

func usageError(hint, format string, args ...any) error {
	return &ExitError{ExitUsage, fmt.Errorf(format, args...), hint}
}

// errFindings ends a command that has shown its findings.
var errFindings error = &ExitError{Status: ExitFindings}

// invocation is one run of a command.
type invocation struct {
	program        *Program
	ctx            context.Context
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// say writes a message of the tool. What it quotes, such as the output of a program,
// may not command the terminal.
func (inv *invocation) say(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		fmt.Fprintf(inv.stderr, "hotvet: %s\n", strings.Map(harmless, strings.TrimRight(line, "\r\n")))
	}
}

func harmless(r rune) rune {
	if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
		return unicode.ReplacementChar
	}
	return r
}

// command is one subcommand.
type command struct {
	name, args, summary string
	run                 func(*invocation, []string) error
}

// commands returns the subcommands in the order in which usage lists them. The
// first is meant when none is named.
func commands() []command {
	return []command{
		{"check", "[flags] [packages]", "find what breaks when the program is updated while it runs", (*invocation).check},
		{"confirm", "[flags] package [-- args]", "restart the program and prove or refute each finding", (*invocation).confirm},
		{"gate", "[flags] OLD NEW", "allow or deny that NEW replaces OLD while it runs", (*invocation).gate},
		{"audit", "verify [flags] file", "say whether the log of the gate is whole", (*invocation).audit},
		{"symtab", "[flags] [OLD] NEW", "hold a binary's symbols against each other, or say what moved in an update", (*invocation).symtab},
		{"report", "[flags] stream", "render a saved stream as text, json, sarif or html", (*invocation).report},
		{"watch", "[flags] URL", "take the profiles of a running service on schedule, and compare them", (*invocation).watch},
		{"profile diff", "[flags] A B", "say what differs between two profiles", (*invocation).profile},
		{"explain", "[analyzer | gate]", "say what an analyzer means, and what the gate rests on", (*invocation).explain},
		{"version", "", "print the version", (*invocation).version},
	}
}

// Run runs the command that args name, without the program's own name. The
// error is nil or says, by [Status], how to exit; messages have been written.
func (p *Program) Run(ctx context.Context, env, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	inv := &invocation{p, ctx, env, stdin, stdout, stderr}
	err := inv.guarded(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	var exit *ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		inv.say("%v", err)
	case exit.Err != nil:
		inv.say("%v", exit.Err)
		if exit.Hint != "" {
			inv.say("hint: %s", exit.Hint)
		}
	}
	return err
}

// guarded turns a panic, a defect of hotvet, into an error: the run time would
// exit with the status that means wrong usage.
func (inv *invocation) guarded(args []string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("internal error: %v\n%s", v, debug.Stack())
		}
	}()
	return inv.dispatch(args)
}

func (inv *invocation) dispatch(args []string) error {
	if unit.Requested(args) {
		return inv.vettool(args)
	}
	list := commands()
	if len(args) == 0 {
		inv.usage(inv.stderr)
		return &ExitError{Status: ExitUsage}
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		inv.usage(inv.stdout)
		return nil
	}
	for _, c := range list {
		if name, _, _ := strings.Cut(c.name, " "); name == args[0] {
			return c.run(inv, args[1:])
		}
	}
	if isPattern(args[0]) {
		return list[0].run(inv, args)
	}
	return usageError("hotvet -h lists the commands; packages begin with ./ or name an import path", "unknown command %q", args[0])
}

// isPattern reports whether the first argument belongs to check: a flag, or a
// package pattern rather than a mistyped command.
func isPattern(arg string) bool {
	return strings.HasPrefix(arg, "-") || strings.ContainsAny(arg, `./\`) ||
		slices.Contains([]string{"all", "std", "cmd", "tool", "work"}, arg)
}

// vettool answers the go command.
func (inv *invocation) vettool(args []string) error {
	tool := &unit.Tool{
		Analyzers: inv.program.analyzers(),
		Extra:     inv.program.extra(),
		GOROOT:    inv.lookupEnv("GOROOT"),
		Shortcut:  inv.program.Shortcut,
		Audit:     inv.program.Audit,
	}
	err := tool.Run(args, inv.stdout, inv.stderr)
	if errors.Is(err, unit.ErrFindings) {
		return &ExitError{Status: ExitFailed}
	}
	return err
}

func (p *Program) analyzers() []*analysis.Analyzer {
	list := make([]*analysis.Analyzer, len(p.Analyzers))
	for i, a := range p.Analyzers {
		list[i] = a.Analyzer
	}
	return list
}

func (p *Program) extra() []*analysis.Analyzer {
	if p.Signals == nil {
		return nil
	}
	return []*analysis.Analyzer{p.Signals}
}

func (p *Program) names() []string {
	list := make([]string, len(p.Analyzers))
	for i, a := range p.Analyzers {
		list[i] = a.Name
	}
	return list
}

func (inv *invocation) usage(w io.Writer) {
	fmt.Fprint(w, "hotvet finds what breaks when a Go program is updated while it runs.\n\nusage:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  hotvet %-34s %s\n", strings.TrimSpace(c.name+" "+c.args), c.summary)
	}
	fmt.Fprint(w, `  go vet -vettool=$(which hotvet)           the same analyzers under the go command

"hotvet ./..." means "hotvet check ./...". "hotvet COMMAND -h" lists the flags.

exit status: 0 nothing to report, 1 failed or could not analyze, 2 usage, 3 findings or denied
`)
}

// flags returns the flag set of a command. Its help goes to stdout, because it
// was asked for.
func (inv *invocation) flags(name, args, about string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {
		fmt.Fprintf(inv.stdout, "usage: hotvet %s\n\n%s\n", strings.TrimSpace(name+" "+args), strings.TrimSpace(about))
		fs.SetOutput(inv.stdout)
		first := true
		fs.VisitAll(func(*flag.Flag) {
			if first {
				fmt.Fprint(inv.stdout, "\nflags:\n")
				first = false
			}
		})
		fs.PrintDefaults()
		fs.SetOutput(io.Discard)
	}
	return fs
}

// parse parses the flags of a command. An unknown flag is a usage error.
func parse(fs *flag.FlagSet, args []string) error {
	// The package prints usage on errors too, which buries the message.
	usage := fs.Usage
	fs.Usage = func() {}
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		usage()
		return err
	}
	if err != nil {
		return usageError(fmt.Sprintf("hotvet %s -h lists the flags", fs.Name()), "%w", err)
	}
	return nil
}

// lookupEnv returns the last value of a variable in the environment.
func (inv *invocation) lookupEnv(name string) string {
	for _, kv := range slices.Backward(inv.env) {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// within returns name relative to dir, with slashes, when it is inside; else
// name itself.
func within(dir, name string) string {
	if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(name)
}
