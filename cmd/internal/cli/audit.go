package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hotvet/hotvet/integration/audit"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
)

// A gateRecord is what the audit log keeps of a decision.
type gateRecord struct {
	Version   string            `json:"version"` // of hotvet
	Args      []string          `json:"args"`
	Policy    string            `json:"policy"` // SHA-256 of its text
	After     bool              `json:"after,omitempty"`
	Old       gateFile          `json:"old"`
	New       gateFile          `json:"new"`
	PID       int               `json:"pid,omitempty"`
	Listeners []string          `json:"listeners,omitempty"` // of the process
	Decision  *finding.Decision `json:"decision"`
}

type gateFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256,omitempty"` // empty when it cannot be read
}

// recordDecision appends a decision to the log. When that fails, the decision is
// changed: an update that nobody recorded must not happen.
func (inv *invocation) recordDecision(g *judgement, policy []byte) {
	f, d := g.facts, g.decision
	sum := sha256.Sum256(policy)
	r := gateRecord{
		Version:  inv.config("gate", g.args).Version,
		Args:     g.args,
		Policy:   hex.EncodeToString(sum[:]),
		After:    f.After,
		Old:      gateFile{f.Old.Path, f.Old.SHA256},
		New:      gateFile{f.New.Path, f.New.SHA256},
		PID:      g.opt.pid,
		Decision: d,
	}
	if f.Process != nil {
		r.Listeners = f.Process.Listeners.Value
	}
	head, err := audit.Append(g.opt.audit, f.Time, r)
	if err != nil {
		d.Result = finding.Deny
		d.Rows = append([]finding.Row{{Check: "audit", Result: finding.Fail, Reason: "the decision cannot be recorded: " + err.Error()}}, d.Rows...)
		return
	}
	inv.say("recorded as %s", head)
}

// listenedBefore finds in the log what the process that ran OLD listened on when the
// gate last allowed this update.
func listenedBefore(name string, f *gate.Facts) gate.Fact[[]string] {
	raw, err := audit.Last(name, func(data json.RawMessage) bool {
		var r gateRecord
		if json.Unmarshal(data, &r) != nil || r.Decision == nil {
			return false
		}
		return !r.After && r.Decision.Result == finding.Allow && r.PID != 0 && r.Old.SHA256 == f.Old.SHA256 && r.New.SHA256 == f.New.SHA256
	})
	var r gateRecord
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return gate.Missing[[]string]("there is no audit log " + name)
	case err != nil:
		return gate.Missing[[]string](err.Error())
	case raw == nil:
		return gate.Missing[[]string]("the audit log has no allowed update from OLD to NEW with -pid")
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return gate.Missing[[]string](err.Error())
	}
	return gate.Known(r.Listeners)
}

const auditAbout = `Reads the audit log of the gate and says whether it is whole: a line that was changed,
removed, added or moved is named. Lines that were cut off at the end show by FILE.head,
and without that file they do not. Who can write both files can cut both, or make the
whole chain anew: that only shows against a head that is kept elsewhere. The gate and
this command print it as NUMBER:HASH; -head asks whether the log still holds it.

The gate records nothing in a log that is broken at its end, and so denies. When it is
known why, move FILE and FILE.head aside together: the next decision begins a new log.

Exit status: 0 whole, 3 not whole, 1 the log cannot be read, 2 usage.
`

// audit verifies a log.
func (inv *invocation) audit(args []string) error {
	var kept string
	flags := inv.flags("audit", "verify [-head NUMBER:HASH] FILE", auditAbout)
	flags.StringVar(&kept, "head", "", "`NUMBER:HASH` that was kept elsewhere and must be in the log")
	rest, err := parseAnywhere(flags, args)
	switch {
	case err != nil:
		return err
	case len(rest) == 0 || rest[0] != "verify":
		return usageError("hotvet audit verify FILE", "audit has one command, verify")
	case len(rest) != 2:
		return usageError("hotvet audit verify FILE", "one log is verified, not %d", len(rest)-1)
	}
	var head *audit.Head
	if kept != "" {
		h, err := audit.ParseHead(kept)
		if err != nil {
			return usageError("", "-head: %w", err)
		}
		head = &h
	}
	r, err := audit.Verify(rest[1], head)
	if err != nil {
		return err
	}
	for _, problem := range r.Problems {
		fmt.Fprintf(inv.stdout, "broken: %s\n", problem)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(inv.stdout, "note: %s\n", note)
	}
	if len(r.Problems) > 0 {
		return errFindings
	}
	lines := "lines"
	if r.Lines == 1 {
		lines = "line"
	}
	_, err = fmt.Fprintf(inv.stdout, "whole: %d %s, the last is %s\n", r.Lines, lines, r.Head)
	return err
}
