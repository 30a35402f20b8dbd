package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/confirm"
	"github.com/hotvet/hotvet/integration/finding"
)

// run has confirm judge the findings of one program.
func (e *experiment) run(ctx context.Context, c *corpus, o options, stderr io.Writer) (row, error) {
	r := row{category: e.category, side: e.side, program: e.program, runs: o.runs}
	if e.problem != nil {
		r.problem = e.problem
		return r, nil
	}
	var err error
	if r.digest, err = c.digest(e); err != nil {
		return r, err
	}
	scenario := &confirm.Scenario{Ends: true, Limits: confirm.Limits{Run: confirm.Duration(20 * time.Second)}}
	if e.scenario != "" {
		if scenario, err = confirm.ReadScenario(e.scenario); err != nil {
			return r, err
		}
	}
	scenario.Runs = o.runs
	scenario.Defaults("", "")
	target, err := build.FindTarget(ctx, c.dir, nil, nil, "./"+filepath.ToSlash(e.folder()))
	if err != nil {
		return r, err
	}
	findings := e.findings
	for _, category := range e.assumed {
		f, err := confirm.Assume(target, c.dir, category, "")
		if err != nil {
			return r, err
		}
		f.ID = category
		findings = append(findings, f)
	}
	result, err := confirm.Run(ctx, confirm.Options{
		Target:   target,
		Dir:      c.dir,
		Env:      os.Environ(),
		Temp:     os.TempDir(),
		Scenario: scenario,
		Progress: func(string, *finding.Event) {},
	}, findings)
	if result == nil {
		return r, err
	}
	for i, t := range result.Tallies {
		r.tally.Confirmed += t.Confirmed
		r.tally.Refuted += t.Refuted
		r.tally.Unreached += t.Unreached
		r.findings++
		if o.verbose {
			describe(stderr, findings[i], result, i)
		}
	}
	if o.verbose && err != nil {
		fmt.Fprintf(stderr, "\t%v\n", err)
	}
	return r, nil
}

// describe prints what is thought of one finding.
func describe(w io.Writer, f *finding.Finding, result *confirm.Result, i int) {
	fmt.Fprintf(w, "\t%s: %s: %s\n", f.Posn, result.Verdicts[i].Result, result.Verdicts[i].Reason)
	for _, ev := range result.Evidence {
		if ev.Finding == f.ID {
			fmt.Fprintf(w, "\t\t%s: %s\n", ev.Kind, ev.Text)
		}
	}
}
