package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hotvet/hotvet/integration/confirm"
	"github.com/hotvet/hotvet/integration/finding"
)

// A corpus is what the programs of testdata/hazards are, and what is found in them.
type corpus struct {
	dir         string // testdata/hazards, absolute
	experiments []*experiment
}

// An experiment is one program with the findings of one category.
type experiment struct {
	analyzer string
	category string
	program  string // name of its folder
	side     string // hazard, safe or control
	findings []*finding.Finding
	scenario string   // path, empty for the default one
	problem  error    // why it cannot be run, nil when it can
	assumed  []string // categories of findings that are made when it is run, of a control
}

func (e *experiment) name() string { return e.category + " " + e.side + "/" + e.program }

// folder returns that of the program, below the corpus.
func (e *experiment) folder() string {
	side := e.side
	if side == control {
		side = "safe"
	}
	return filepath.Join(e.analyzer, side, e.program)
}

// control is the side of a safe program without a counterpart.
const control = "control"

// controls returns the experiments on safe programs of whose name there is no
// program with a hazard.
func (c *corpus) controls(hazards map[string]*experiment) (list []*experiment, err error) {
	paired := make(map[string]bool)
	for _, e := range hazards {
		paired[e.analyzer+"/"+e.program] = true
	}
	folders, err := filepath.Glob(filepath.Join(c.dir, "*", "safe", "*"))
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		analyzer, program := filepath.Base(filepath.Dir(filepath.Dir(folder))), filepath.Base(folder)
		e := &experiment{analyzer: analyzer, category: analyzer + "/all", program: program, side: control}
		for _, category := range confirm.Kinds() {
			if strings.HasPrefix(category, analyzer+"/") {
				e.assumed = append(e.assumed, category)
			}
		}
		if len(e.assumed) > 0 && !paired[analyzer+"/"+program] {
			e.scenario = c.scenario(e)
			list = append(list, e)
		}
	}
	return list, nil
}

// readCorpus checks all programs with hotvet itself. It returns an experiment for
// each category of findings in each program with a hazard, and its like in the safe
// twin.
func readCorpus(ctx context.Context, root string) (*corpus, error) {
	c := &corpus{dir: filepath.Join(root, "testdata", "hazards")}
	found, err := check(ctx, root, c.dir)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*experiment)
	for _, f := range found {
		parts := strings.Split(filepath.ToSlash(f.Posn.File), "/")
		if len(parts) < 4 || parts[1] != "hazard" || f.Analyzer != parts[0] {
			continue
		}
		key := f.Category + " " + parts[2]
		e := byName[key]
		if e == nil {
			e = &experiment{analyzer: parts[0], category: f.Category, program: parts[2], side: "hazard"}
			e.scenario = c.scenario(e)
			byName[key] = e
		}
		e.findings = append(e.findings, f)
	}
	for _, e := range byName {
		twin, err := c.twin(e)
		if err != nil {
			return nil, err
		}
		c.experiments = append(c.experiments, e)
		if twin != nil {
			c.experiments = append(c.experiments, twin)
		}
	}
	controls, err := c.controls(byName)
	if err != nil {
		return nil, err
	}
	c.experiments = append(c.experiments, controls...)
	sort.Slice(c.experiments, func(i, j int) bool { return c.experiments[i].name() < c.experiments[j].name() })
	return c, nil
}

// check runs hotvet over the corpus.
func check(ctx context.Context, root, dir string) ([]*finding.Finding, error) {
	temp, err := os.MkdirTemp("", "experiments-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	binary := filepath.Join(temp, "hotvet")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/hotvet")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building hotvet: %w\n%s", err, out)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, "check", "-C", dir, "-format", "json", "./...")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	// Its exit status tells of findings: 3 is what a corpus of hazards gives.
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		return nil, fmt.Errorf("checking the corpus: %w\n%s", err, &stderr)
	}
	messages, err := finding.ReadAll(&stdout)
	if err != nil {
		return nil, err
	}
	var list []*finding.Finding
	for _, m := range messages {
		if m.Finding != nil {
			list = append(list, m.Finding)
		}
	}
	return list, nil
}

// scenario returns the file that says how the program is run: its own, or that of
// the program with the hazard.
func (c *corpus) scenario(e *experiment) string {
	hazard := filepath.Join(e.analyzer, "hazard", e.program)
	for _, folder := range []string{e.folder(), hazard} {
		path := filepath.Join(c.dir, folder, "scenario.yaml")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// twin returns the experiment on the safe program of the same name, nil when there
// is none.
func (c *corpus) twin(e *experiment) (*experiment, error) {
	t := &experiment{analyzer: e.analyzer, category: e.category, program: e.program, side: "safe"}
	if _, err := os.Stat(filepath.Join(c.dir, t.folder())); err != nil {
		return nil, nil
	}
	t.scenario = c.scenario(t)
	for _, f := range e.findings {
		twin, err := c.carry(e, t, f)
		if errors.Is(err, errNoPlace) {
			t.problem = err // counts only when the twin is to be run
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		t.findings = append(t.findings, twin)
	}
	finding.Identify(t.findings, func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(c.dir, name)) })
	return t, nil
}
