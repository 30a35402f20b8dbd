package cli

import (
	"errors"
	"os"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/confirm"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/report"
)

// confirm proves or refutes the findings of one program.
func (inv *invocation) confirm(args []string) error {
	opt, err := inv.parseConfirm(args)
	if err != nil {
		return err
	}
	var target *build.Target
	var c *checked
	err = confirm.Sheltered(inv.temp(), inv.env, func(env []string) (err error) {
		if err := build.CheckHost(inv.ctx, opt.dir, env); err != nil {
			return err
		}
		if target, err = build.FindTarget(inv.ctx, opt.dir, env, split(opt.tags), opt.pattern); err == nil {
			c, err = inv.toConfirm(opt, target, env)
		}
		return err
	})
	if inv.ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if err != nil {
		return err
	}
	h, err := report.NewIn(opt.dir, opt.format, inv.stdout, inv.rules)
	if err != nil {
		return err
	}
	if err := h.Write(&finding.Message{Config: inv.config("confirm", args)}); err != nil {
		return err
	}
	sum := &finding.Summary{Errors: c.errors}
	result := new(confirm.Result)
	var runErr error
	if len(c.findings) > 0 {
		inv.setDefaults(opt, c)
		bar := inv.progress()
		result, runErr = confirm.Run(inv.ctx, inv.runOptions(opt, target, h, bar), c.findings)
		bar.done()
		if inv.ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if runErr != nil {
			sum.Errors = append(sum.Errors, runErr.Error())
		}
		if result == nil {
			return runErr
		}
		sum.Checks, sum.Costs = result.Checks, result.Costs
	}
	if err := writeVerdicts(h, c.findings, result, sum); err != nil {
		return err
	}
	return inv.concludeConfirm(c, result, sum, confirm.Hint(runErr))
}

// temp returns the folder for temporary ones.
func (inv *invocation) temp() string {
	if temp := inv.lookupEnv("TMPDIR"); temp != "" {
		return temp
	}
	return os.TempDir()
}

// toConfirm returns the findings that are to be judged. The go command runs with env.
func (inv *invocation) toConfirm(opt *confirmOptions, target *build.Target, env []string) (c *checked, err error) {
	check := &checkOptions{driver: "vet", dir: opt.dir, tags: opt.tags, signals: inv.program.Signals != nil, env: env}
	if opt.findings == "" {
		if c, err = inv.find(check, target.Packages); err != nil {
			return nil, err
		}
	} else {
		list, err := inv.readFindings(opt)
		if err != nil {
			return nil, err
		}
		// The stream does not say what the program does on signals: take the usual.
		c = &checked{findings: list, signals: signalUse{"caught": {usualReload[0], usualRestart[0]}}}
	}
	var assumed []*finding.Finding
	for _, what := range split(opt.force) {
		category, place, _ := strings.Cut(what, "@")
		f, err := confirm.Assume(target, opt.dir, category, place)
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
	messages, err := inv.readMessages(opt.findings, opt.dir)
	return unsuppressed(messages), err
}

// runOptions returns how to run the program. Progress goes into the stream and, for
// those who wait at a terminal, to a bar.
func (inv *invocation) runOptions(opt *confirmOptions, target *build.Target, h report.Writer, bar *progressBar) confirm.Options {
	return confirm.Options{
		Target:   target,
		Tags:     split(opt.tags),
		Dir:      opt.dir,
		Env:      inv.env,
		Temp:     inv.temp(),
		Scenario: opt.scenario,
		New:      opt.new,
		Progress: func(what string, event *finding.Event) {
			// A stream that cannot be written fails at the next verdict.
			p := &finding.Progress{Message: what, Event: event}
			_ = h.Write(&finding.Message{Progress: p})
			if what != "" {
				bar.show(p)
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

// concludeConfirm says what came out, what can be done about it, and how to exit.
func (inv *invocation) concludeConfirm(c *checked, result *confirm.Result, sum *finding.Summary, hint string) error {
	for _, line := range sum.Errors {
		inv.say("%s", line)
	}
	if hint != "" {
		inv.say("hint: %s", hint)
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
