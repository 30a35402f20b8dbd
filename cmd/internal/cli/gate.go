package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/gatefacts"
	"github.com/hotvet/hotvet/integration/report"
)

// gateMemory is how much memory the gate uses before it collects garbage, in bytes.
const gateMemory = 400 << 20

// gatePage is what "hotvet explain gate" prints.
//
//go:embed gate.txt
var gatePage string

// gateOptions are the flags of gate.
type gateOptions struct {
	format      string
	dir         string // absolute
	policyFile  string
	printPolicy bool
	findings    string
	health      string
	pprof       string
	pid         int
	profiles    [2]string
	audit       string
	after       bool
	old, new    string
}

const gateAbout = `Says whether NEW may replace OLD while it runs: allow or deny, with a row for each
check that passed, failed or could not be made. What is unknown denies, unless the
policy allows that check to be unknown, by name, with a reason and a last day.

Two binaries are enough for the checks of build, symbols, layout and cgo. What more is
named is judged as well: the findings of "hotvet check -format json" say which types
are cast and whether addresses leave the process; -pid and -pprof look at the running
service, -health asks for its score, -profiles compares what was measured. Only the
addresses that are named here are asked. With -after the update has happened, and the
same questions go to NEW.

With -audit every decision is a line of a log before it is told; what cannot be
recorded is denied. "hotvet explain gate" says what each check rests on.

Exit status: 0 allow, 3 deny, 1 could not judge, 2 usage.
`

func (inv *invocation) parseGate(args []string) (*gateOptions, error) {
	opt := new(gateOptions)
	var profiles string
	fs := inv.flags("gate", "[flags] OLD NEW", gateAbout)
	fs.StringVar(&opt.format, "format", "text", "`form` of the decision: "+strings.Join(report.Formats(), ", "))
	fs.StringVar(&opt.dir, "C", "", "change to `folder` first, which the findings are relative to")
	fs.StringVar(&opt.policyFile, "policy", "", "`file` that says what an update may change")
	fs.BoolVar(&opt.printPolicy, "print-policy", false, "write the default policy, which documents its keys, and exit")
	fs.StringVar(&opt.findings, "findings", "", "`file` with the stream of check or confirm (-: standard input)")
	fs.IntVar(&opt.pid, "pid", 0, "`process` that runs OLD; with -after, NEW")
	fs.StringVar(&opt.pprof, "pprof", "", "`URL` of its handlers, as http://localhost:6060/debug/pprof")
	fs.StringVar(&opt.health, "health", "", "`URL` of its health score")
	fs.StringVar(&profiles, "profiles", "", "`OLD,NEW`: the last profile of OLD and the first of NEW, two files")
	fs.StringVar(&opt.audit, "audit", "", "`file` of the audit log")
	fs.BoolVar(&opt.after, "after", false, "the update has happened: ask the service again")
	files, err := parseAnywhere(fs, args)
	if err != nil {
		return nil, err
	}
	if opt.printPolicy {
		return opt, nil
	}
	if opt.dir, err = filepath.Abs(opt.dir); err != nil {
		return nil, err
	}
	if err := opt.check(files, profiles); err != nil {
		return nil, err
	}
	for _, name := range []*string{&opt.policyFile, &opt.old, &opt.new, &opt.audit, &opt.profiles[0], &opt.profiles[1]} {
		*name = opt.join(*name)
	}
	return opt, nil
}

// check refuses a command line that says too little or what cannot be.
func (opt *gateOptions) check(files []string, profiles string) error {
	switch {
	case len(files) != 2:
		return usageError("hotvet gate [flags] OLD NEW", "two binaries are compared, not %d", len(files))
	case !slices.Contains(report.Formats(), opt.format):
		return usageError("formats are "+strings.Join(report.Formats(), ", "), "unknown format %q", opt.format)
	case opt.pid < 0:
		return usageError("", "-pid %d is no process", opt.pid)
	case opt.after && opt.pid == 0 && opt.pprof == "" && opt.health == "" && profiles == "":
		return usageError("name the service with -pid, -pprof or -health", "-after asks a service, and none is named")
	}
	opt.old, opt.new = files[0], files[1]
	for flag, address := range map[string]string{"pprof": opt.pprof, "health": opt.health} {
		if address == "" {
			continue
		}
		if err := gatefacts.CheckURL(address); err != nil {
			return usageError("", "-%s: %w", flag, err)
		}
	}
	if profiles == "" {
		return nil
	}
	old, new, ok := strings.Cut(profiles, ",")
	if !ok || old == "" || new == "" || strings.Contains(new, ",") {
		return usageError("", "-profiles %s: two files with a comma between them", profiles)
	}
	opt.profiles = [2]string{old, new}
	return nil
}

// join returns the absolute name of a file on the command line.
func (opt *gateOptions) join(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(opt.dir, name)
}

// gate decides on one update.
func (inv *invocation) gate(args []string) error {
	opt, err := inv.parseGate(args)
	if err != nil {
		return err
	}
	if opt.printPolicy {
		_, err := inv.stdout.Write(gate.DefaultPolicy())
		return err
	}
	// Two tables of symbols are made and thrown away once: collecting what lies between
	// costs a tenth of the time. The limit is soft, for binaries that are larger.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(gateMemory))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	policy, text, err := readPolicy(opt.policyFile)
	if err != nil {
		return err
	}
	var findings []*finding.Finding
	if opt.findings != "" {
		if findings, err = inv.readFindings(&confirmOptions{findings: opt.findings, dir: opt.dir}); err != nil {
			return err
		}
	}
	facts, err := gatefacts.Read(inv.ctx, gatefacts.Options{
		Old: opt.old, New: opt.new,
		Types:    policy.Layout.Types,
		Findings: findings,
		Given:    opt.findings != "",
		Dir:      opt.dir,
		Env:      inv.env,
		PID:      opt.pid,
		Pprof:    opt.pprof,
		Health:   opt.health,
		Profiles: opt.profiles,
		After:    opt.after,
		Time:     time.Now(),
	})
	if err != nil {
		return err
	}
	if inv.ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if opt.after && opt.audit != "" && facts.Process != nil {
		before := listenedBefore(opt.audit, facts)
		facts.Process.Before = &before
	}
	decision := gate.Decide(facts, policy)
	if opt.audit != "" {
		inv.recordDecision(opt, args, text, facts, decision)
	}
	if err := inv.writeDecision(opt, args, findings, decision); err != nil {
		return err
	}
	return inv.concludeGate(facts, decision)
}

// readPolicy returns the policy and its text.
func readPolicy(name string) (*gate.Policy, []byte, error) {
	text := gate.DefaultPolicy()
	if name != "" {
		info, err := os.Stat(name)
		if err != nil {
			return nil, nil, err
		}
		if !info.Mode().IsRegular() || info.Size() > gate.MaxPolicy {
			return nil, nil, fmt.Errorf("%s is no policy: it is not a regular file of at most %d bytes", name, gate.MaxPolicy)
		}
		if text, err = os.ReadFile(name); err != nil {
			return nil, nil, err
		}
	}
	p, err := gate.ParsePolicy(text)
	if err != nil && name != "" {
		return nil, nil, &ExitError{ExitFailed, fmt.Errorf("%s: %w", name, err), "hotvet gate -print-policy documents the keys"}
	}
	return p, text, err
}

// writeDecision writes the stream. A denial shows those findings that it rests on.
func (inv *invocation) writeDecision(opt *gateOptions, args []string, findings []*finding.Finding, d *finding.Decision) error {
	h, err := report.NewIn(opt.dir, opt.format, inv.stdout, inv.rules)
	if err != nil {
		return err
	}
	sum := new(finding.Summary)
	list := []*finding.Message{{Config: inv.config("gate", args)}}
	for _, f := range findings {
		if d.Result == finding.Deny && supports(f, d) {
			sum.Add(f)
			list = append(list, &finding.Message{Finding: f})
		}
	}
	list = append(list, &finding.Message{Decision: d}, &finding.Message{Summary: sum})
	for _, m := range list {
		if err := h.Write(m); err != nil {
			return err
		}
	}
	return h.Close()
}

// supports reports whether a row that does not pass names the place of a finding.
func supports(f *finding.Finding, d *finding.Decision) bool {
	at := fmt.Sprintf("%s:%d", f.Posn.File, f.Posn.Line)
	return slices.ContainsFunc(d.Rows, func(row finding.Row) bool {
		return row.Result != finding.Pass && strings.Contains(row.Reason, at)
	})
}

// concludeGate says in one line what came out, and what nobody asked for.
func (inv *invocation) concludeGate(f *gate.Facts, d *finding.Decision) error {
	counts := make(map[string]int)
	for _, row := range d.Rows {
		counts[row.Result]++
	}
	inv.say("%s: %d pass, %d fail, %d unknown", d.Result, counts[finding.Pass], counts[finding.Fail], counts[finding.Unknown])
	var absent []string
	for _, input := range []struct {
		flag  string
		given bool
	}{{"-findings", f.Findings != nil}, {"-pid", f.Process != nil}, {"-pprof", f.Pprof != nil}, {"-health", f.Health != nil}, {"-profiles", f.Profiles != nil}} {
		if !input.given {
			absent = append(absent, input.flag)
		}
	}
	if len(absent) > 0 {
		inv.say("hint: not judged, because not given: %s; a policy can require them", strings.Join(absent, ", "))
	}
	if d.Result != finding.Allow {
		return errFindings
	}
	return nil
}
