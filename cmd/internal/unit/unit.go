// Package unit speaks the protocol by which the go command runs a vet tool: one
// process per package, told by a .cfg file what to read, and facts about the
// packages it imports in files that earlier processes wrote.
//
// It stands in place of golang.org/x/tools/go/analysis/unitchecker for three
// reasons. The go command asks about every dependency, and unitchecker parses
// and type-checks each and writes its types beside the facts (x/tools v0.52,
// unitchecker.go, writeVetxFile), so that a dependency without facts costs as
// much as the user's own code; here the types come from the compiler's export
// data and such a dependency costs a scan of its text, see [Shortcut]. Facts of
// indirect dependencies are passed on as bytes. And fixes whose offsets
// point into a file that cgo processed, which would corrupt the original, are
// dropped where that can still be seen.
package unit

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Config is the description of a package that the go command writes; see
// vetConfig in cmd/go/internal/work/exec.go.
type Config struct {
	ID            string // "fmt" or "fmt [fmt.test]"
	Dir           string
	ImportPath    string
	GoVersion     string // of the language, "go1.26"
	GoFiles       []string
	NonGoFiles    []string
	IgnoredFiles  []string
	ModulePath    string
	ModuleVersion string
	Module        *analysis.Module  // go1.27
	ImportMap     map[string]string // path in the source to path of the package
	PackageFile   map[string]string // export data of the imports
	PackageVetx   map[string]string // facts of the imports
	VetxOnly      bool              // only facts are wanted
	VetxOutput    string            // where to write them
	Stdout        string            // where to write what stdout would get
	FixArchive    string            // where to write fixed files, with -fix

	goroot string // of the go command that asks
}

// Tool is what runs on each package.
type Tool struct {
	Analyzers []*analysis.Analyzer
	Extra     []*analysis.Analyzer // run only when they are named
	GOROOT    string               // from the environment, where the go command puts it
	Shortcut  *Shortcut            // nil: every package is analyzed
	Audit     *Shortcut            // if not nil, an error is returned where it would lose facts
}

// Requested reports whether args are those of the go command: -V=full, -flags,
// or flags and a lone .cfg file.
func Requested(args []string) bool {
	if len(args) == 0 {
		return false
	}
	switch args[0] {
	case "-V=full", "--V=full", "-flags", "--flags":
		return len(args) == 1
	}
	for _, arg := range args[:len(args)-1] {
		if !strings.HasPrefix(arg, "-") {
			return false
		}
	}
	return strings.HasSuffix(args[len(args)-1], ".cfg")
}

// options are the flags that the go command passes on.
type options struct {
	json, tests, fix, diff bool
	enabled                map[string]bool // analyzer: by -NAME, -NAME=false
}

func (t *Tool) flagSet(opt *options) *flag.FlagSet {
	fs := flag.NewFlagSet("hotvet", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Func("V", "print version and exit", func(string) error { return nil })
	fs.Bool("flags", false, "print analyzer flags in JSON")
	fs.BoolVar(&opt.json, "json", false, "emit JSON output")
	fs.Int("c", -1, "display offending line with this many lines of context")
	fs.BoolVar(&opt.tests, "tests", false, "show findings in _test.go files too")
	fs.BoolVar(&opt.fix, "fix", false, "apply the first fix of each finding")
	fs.BoolVar(&opt.diff, "diff", false, "with -fix, print a diff and write nothing")
	opt.enabled = make(map[string]bool)
	for _, a := range slices.Concat(t.Analyzers, t.Extra) {
		fs.BoolFunc(a.Name, fmt.Sprintf("enable %q analysis", a.Name), func(value string) error {
			switch value {
			case "true", "1":
				opt.enabled[a.Name] = true
			case "false", "0":
				opt.enabled[a.Name] = false
			default:
				return errors.New("want true or false")
			}
			return nil
		})
	}
	return fs
}

// Run answers one request of the go command. The error is for people; the
// caller prints it and exits with status 1.
func (t *Tool) Run(args []string, stdout, stderr io.Writer) error {
	switch strings.TrimPrefix(args[0], "-") {
	case "V=full", "-V=full":
		return t.printVersion(stdout)
	case "flags", "-flags":
		return t.printFlags(stdout)
	}
	var opt options
	fs := t.flagSet(&opt)
	if err := fs.Parse(args); err != nil {
		return err
	}
	cfg, err := readConfig(fs.Arg(0))
	if err != nil {
		return err
	}
	cfg.goroot = t.GOROOT
	if cfg.VetxOnly {
		if facts, ok, err := t.Shortcut.Facts(cfg); err != nil {
			return err
		} else if ok {
			return writeFacts(cfg.VetxOutput, facts)
		}
	}
	delayGC()
	res, err := t.analyze(cfg, &opt)
	if err != nil {
		return err
	}
	if cfg.VetxOnly {
		return t.Audit.verify(cfg)
	}
	return t.output(cfg, &opt, res, stdout, stderr)
}

func readConfig(name string) (*Config, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	cfg := new(Config)
	if err := json.Unmarshal(data, cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(cfg.GoFiles) == 0 {
		return nil, fmt.Errorf("%s: package has no files", cfg.ImportPath)
	}
	return cfg, nil
}

// output writes the results in the form that was asked for.
func (t *Tool) output(cfg *Config, opt *options, res *result, stdout, stderr io.Writer) error {
	if cfg.Stdout != "" {
		f, err := os.Create(cfg.Stdout)
		if err != nil {
			return err
		}
		defer f.Close()
		stdout = f
	}
	switch {
	case opt.fix:
		return writeFixes(cfg, opt.diff, res.tree, stdout, stderr)
	case opt.json:
		return res.tree.print(stdout)
	}
	n := res.tree.printText(stderr)
	if n > 0 {
		return ErrFindings
	}
	return nil
}

// ErrFindings says that the findings have been printed, for the exit status.
var ErrFindings = errors.New("findings")

// isTest reports whether a finding in this file is shown only with -tests.
func isTest(file string) bool {
	return strings.HasSuffix(filepath.Base(file), "_test.go")
}
