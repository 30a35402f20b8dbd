package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/hotvet/hotvet/cmd/internal/unit"
)

// loaded is what a driver found out about packages.
type loaded struct {
	trees  []unit.Tree // one for each package that was analyzed
	errors []string    // what could not be analyzed, in full lines
	notes  []string    // warnings that go with success
}

// goVet runs the analyzers through the go command, which builds, schedules and
// caches. Its exit status says nothing about findings: with -json it is 0.
func (inv *invocation) goVet(opt *checkOptions, patterns []string) (*loaded, error) {
	res, err := inv.goVetOnce(opt, patterns)
	if err != nil || len(res.trees) > 0 || len(res.errors) == 0 {
		return res, err
	}
	// Have: nothing but errors. The go command gives up on all packages when
	// one cannot be loaded, a syntax error for instance. Try the others.
	good, bad, err := inv.loadable(opt, patterns)
	if err != nil || len(good) == 0 || len(bad) == 0 {
		return res, nil
	}
	again, err := inv.goVetOnce(opt, good)
	if err != nil {
		return nil, err
	}
	again.errors = unique(slices.Concat(res.errors, bad, again.errors))
	return again, nil
}

func (inv *invocation) goVetOnce(opt *checkOptions, patterns []string) (*loaded, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append([]string{"vet", "-vettool=" + self, "-json"}, opt.buildFlags()...)
	if opt.tests {
		args = append(args, "-tests")
	}
	if opt.signals {
		args = append(args, "-"+inv.program.Signals.Name)
	}
	args = append(append(args, "--"), patterns...)

	var stderr bytes.Buffer
	cmd := inv.goCommand(opt, args)
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("go vet: %w", err)
	}
	spin := inv.spin("go vet")
	res := new(loaded)
	decodeErr := decodeTrees(stdout, &res.trees, spin.step)
	runErr := cmd.Wait()
	spin.done()
	if err := inv.ctx.Err(); err != nil {
		endGroup(cmd)
		return nil, errors.New("interrupted")
	}
	if decodeErr != nil {
		return nil, fmt.Errorf("go vet: output is not the JSON of a vet tool: %w", decodeErr)
	}
	if runErr == nil {
		res.notes = messageLines(withoutWarnings(stderr.String()))
		return res, nil
	}
	lines := messageLines(stderr.String())
	if len(lines) == 0 {
		lines = []string{"go vet: " + runErr.Error()}
	}
	res.errors = lines
	return res, nil
}

// goCommand prepares the go command in a process group of its own, which ends
// with the context: its children would outlive it.
func (inv *invocation) goCommand(opt *checkOptions, args []string) *exec.Cmd {
	cmd := exec.CommandContext(inv.ctx, "go", args...)
	cmd.Dir = opt.dir
	cmd.Env = slices.Concat(inv.env, opt.env, []string{"PWD=" + opt.dir})
	ownGroup(cmd)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// decodeTrees reads the JSON values that the go command prints, one a package.
func decodeTrees(r io.Reader, trees *[]unit.Tree, step func()) error {
	dec := json.NewDecoder(r)
	for {
		var t unit.Tree
		switch err := dec.Decode(&t); {
		case err == io.EOF:
			return nil
		case err != nil:
			_, _ = io.Copy(io.Discard, r) // or the child blocks
			return err
		}
		step()
		*trees = append(*trees, t)
	}
}

// withoutWarnings leaves out what C compilers said of packages that they compiled,
// which the go command passes on behind the header of each. It is for a run that
// succeeded: in another the warnings may explain the failure.
func withoutWarnings(stderr string) string {
	var kept strings.Builder
	inPackage := false
	for line := range strings.Lines(stderr) {
		inPackage = inPackage || strings.HasPrefix(line, "# ")
		if !inPackage || strings.HasPrefix(line, "go: ") || strings.HasPrefix(line, "hotvet: ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// messageLines returns what the go command said, each line once: a package and
// its test variant fail in the same words. Headers "# pkg" stay, for they tell
// which package the following lines are about, but not those of a variant.
func messageLines(stderr string) []string {
	var list []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "hotvet: ")
		if strings.HasPrefix(line, "# ") {
			line, _, _ = strings.Cut(line, " [")
		}
		if line != "" && line != "#" && line != "exit status 1" {
			list = append(list, line)
		}
	}
	return unique(list)
}

func unique(list []string) []string {
	seen := make(map[string]bool)
	return slices.DeleteFunc(list, func(s string) bool {
		defer func() { seen[s] = true }()
		return seen[s]
	})
}

// loadable divides the packages that patterns match into those that the go
// command can load and messages about the others.
func (inv *invocation) loadable(opt *checkOptions, patterns []string) (good, bad []string, err error) {
	args := append([]string{"list", "-e", "-json=ImportPath,Error,DepsErrors"}, opt.buildFlags()...)
	out, err := inv.goCommand(opt, append(append(args, "--"), patterns...)).Output()
	if err != nil {
		return nil, nil, err
	}
	type packageError struct{ Pos, Err string }
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct {
			ImportPath string
			Error      *packageError
			DepsErrors []*packageError
		}
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return good, bad, nil
		case err != nil:
			return nil, nil, err
		case p.Error != nil:
			bad = append(bad, "# "+p.ImportPath, strings.TrimPrefix(p.Error.Pos+": "+p.Error.Err, ": "))
		case len(p.DepsErrors) > 0:
			bad = append(bad, "# "+p.ImportPath, strings.TrimPrefix(p.DepsErrors[0].Pos+": "+p.DepsErrors[0].Err, ": "))
		default:
			good = append(good, p.ImportPath)
		}
	}
}
