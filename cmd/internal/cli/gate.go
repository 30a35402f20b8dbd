package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
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
	g := &judgement{opt: opt, args: args}
	if err := inv.judge(g); err != nil {
		return errors.Join(err, inv.writeTrouble(g, err))
	}
	if err := inv.writeDecision(g); err != nil {
		return err
	}
	return inv.concludeGate(g.facts, g.decision)
}

// judgement is one decision and what it rests on.
type judgement struct {
	opt      *gateOptions
	args     []string
	findings []*finding.Finding
	facts    *gate.Facts
	decision *finding.Decision
}

// judge collects the facts, decides, and records the decision.
func (inv *invocation) judge(g *judgement) error {
	opt := g.opt
	// Two tables of symbols are made and thrown away once: collecting what lies between
	// costs a tenth of the time. The limit is soft, for binaries that are larger.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(gateMemory))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	policy, text, err := readPolicy(opt.policyFile)
	if err != nil {
		return err
	}
	var messages []*finding.Message
	if opt.findings != "" {
		if messages, err = inv.readMessages(opt.findings, opt.dir); err != nil {
			return err
		}
	}
	g.findings = unsuppressed(messages)
	g.facts, err = gatefacts.Read(inv.ctx, gatefacts.Options{
		Old: opt.old, New: opt.new,
		Types:    policy.Layout.Types,
		Findings: g.findings,
		Given:    opt.findings != "",
		Gaps:     gaps(messages),
		Dir:      opt.dir,
		Env:      inv.env,
		PID:      opt.pid,
		Pprof:    opt.pprof,
		Health:   opt.health,
		Profiles: opt.profiles,
		After:    opt.after,
		Hash:     opt.audit != "",
		Time:     time.Now(),
	})
	if err != nil {
		return err
	}
	if inv.ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if opt.after && opt.audit != "" && g.facts.Process != nil {
		before := listenedBefore(opt.audit, g.facts)
		g.facts.Process.Before = &before
	}
	g.decision = gate.Decide(g.facts, policy)
	if opt.audit != "" {
		inv.recordDecision(g, text)
	}
	return nil
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
func (inv *invocation) writeDecision(g *judgement) error {
	sum := new(finding.Summary)
	list := []*finding.Message{{Config: inv.config("gate", g.args)}}
	for _, f := range supporting(g.findings, g.decision) {
		sum.Add(f)
		list = append(list, &finding.Message{Finding: f})
	}
	return inv.writeGate(g, append(list, &finding.Message{Decision: g.decision}, &finding.Message{Summary: sum}))
}

// writeTrouble writes a stream that says why there is no decision, so that what reads
// the other forms has something to read. In text, standard error says it.
func (inv *invocation) writeTrouble(g *judgement, err error) error {
	if g.opt.format == "text" {
		return nil
	}
	return inv.writeGate(g, []*finding.Message{
		{Config: inv.config("gate", g.args)},
		{Summary: &finding.Summary{Errors: []string{err.Error()}}},
	})
}

func (inv *invocation) writeGate(g *judgement, list []*finding.Message) error {
	h, err := report.NewIn(g.opt.dir, g.opt.format, inv.stdout, inv.rules)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := h.Write(m); err != nil {
			return err
		}
	}
	return h.Close()
}

// supporting returns the findings whose place a row names that does not pass.
func supporting(list []*finding.Finding, d *finding.Decision) (found []*finding.Finding) {
	if d.Result != finding.Deny {
		return nil
	}
	words := make(map[string]bool)
	for _, row := range d.Rows {
		if row.Result != finding.Pass {
			for _, word := range strings.Fields(row.Reason) {
				words[strings.Trim(word, "(),;:")] = true
			}
		}
	}
	for _, f := range list {
		// A name may have spaces: its last word is enough to show one finding more.
		place := strings.Fields(fmt.Sprintf("%s:%d", f.Posn.File, f.Posn.Line))
		if words[place[len(place)-1]] {
			found = append(found, f)
		}
	}
	return found
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
