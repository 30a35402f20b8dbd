// Package finding is the message stream that every part of hotvet reads or
// writes: what was checked, what was found, what was observed when the program
// ran, and what follows from it.
//
// A stream is JSON, one object a line. Each object has exactly one key, which
// names the kind of message: config, progress, finding, evidence, verdict,
// decision or summary. A saved stream can be rendered and judged again without
// running anything, so a message says all that is needed to understand it.
package finding

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Protocol is the version of the stream. It changes when a reader of the older
// form would misunderstand the newer one.
const Protocol = "1"

// A Message is one line of a stream: exactly one field is not nil.
type Message struct {
	Config   *Config   `json:"config,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	Finding  *Finding  `json:"finding,omitempty"`
	Evidence *Evidence `json:"evidence,omitempty"`
	Verdict  *Verdict  `json:"verdict,omitempty"`
	Decision *Decision `json:"decision,omitempty"`
	Summary  *Summary  `json:"summary,omitempty"`
}

// Config opens a stream and says what made it.
type Config struct {
	Protocol string   `json:"protocol"`
	Version  string   `json:"version"` // of hotvet
	Go       string   `json:"go"`      // version of the toolchain that hotvet was built with
	GOOS     string   `json:"goos"`
	GOARCH   string   `json:"goarch"`
	Command  string   `json:"command"` // check, confirm, ...
	Args     []string `json:"args"`
}

// Progress tells how far a command is, for people who wait, and what happened to
// a program that it runs.
type Progress struct {
	Message string `json:"message"`
	Done    int    `json:"done,omitempty"`
	Total   int    `json:"total,omitempty"` // 0: not known
	Event   *Event `json:"event,omitempty"`
}

// What an [Event] can be.
const (
	EventStarted   = "started"   // an image began: by a start, a fork or an exec
	EventListening = "listening" // it accepts connections
	EventReload    = "reload"    // it was told to reload
	EventRestart   = "restart"   // it was told to replace itself
	EventLost      = "lost"      // something was lost, Text says what
	EventEnded     = "ended"     // it was replaced, exited or was killed, Text says which
)

// An Event is a moment in the life of one image: what a process runs between two
// execs.
type Event struct {
	Run   string  `json:"run"`   // plain, race, ...: which build of the program ran
	At    float64 `json:"at_ms"` // since the run began
	PID   int     `json:"pid"`
	Image int     `json:"image"` // counts from 0 in each process
	What  string  `json:"what"`
	Text  string  `json:"text,omitempty"`
}

// A Position is a place in a file. In a stream, File is relative to the folder
// that the command ran in when it is inside it, else absolute, always with
// slashes: what a code host needs to show it. Line and Column count from 1,
// Column in bytes.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// String returns file:line:column.
func (p Position) String() string {
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Finding is one hazard at one place.
type Finding struct {
	ID         string    `json:"id"`       // stable while the code moves, see [Identify]
	Analyzer   string    `json:"analyzer"` // profilestop
	Category   string    `json:"category"` // profilestop/exec
	Severity   string    `json:"severity"` // error, warning, info or hint
	Message    string    `json:"message"`
	Package    string    `json:"package"` // import path, without the mark of a test variant
	URL        string    `json:"url,omitempty"`
	Posn       Position  `json:"posn"`
	End        Position  `json:"end"`
	Related    []Related `json:"related"`
	Fixes      []Fix     `json:"fixes"`
	Suppressed bool      `json:"suppressed"` // known from a baseline: shown, not counted
	// Where names the build configurations in which it was found; empty when only
	// one was looked at.
	Where []string `json:"where,omitempty"`
}

// Related is another end of the same hazard.
type Related struct {
	Posn    Position `json:"posn"`
	Message string   `json:"message"`
}

// A Fix is one way to mend a finding: all its edits or none.
type Fix struct {
	Message string `json:"message"`
	Edits   []Edit `json:"edits"`
}

// An Edit replaces the bytes [Start, End) of the file as it is on disk.
type Edit struct {
	File  string `json:"file"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	New   string `json:"new"`
}

// Evidence is one observation of the running program about a finding.
type Evidence struct {
	Finding string          `json:"finding"` // id
	Kind    string          `json:"kind"`    // profile-size, itimer, race, ...
	Text    string          `json:"text"`    // one line for people
	Data    json.RawMessage `json:"data,omitempty"`
}

// What a verdict can say.
const (
	Confirmed = "confirmed" // the loss was observed
	Refuted   = "refuted"   // the site ran, the scenario ended, nothing was lost
	Unreached = "unreached" // the site never ran
)

// A Verdict is what the evidence says about a finding.
type Verdict struct {
	Finding string `json:"finding"` // id
	Result  string `json:"result"`  // Confirmed, Refuted or Unreached
	Reason  string `json:"reason"`
}

// What a decision can say.
const (
	Allow = "allow"
	Deny  = "deny"
)

// A Decision says whether an update may happen, row by row.
type Decision struct {
	Result string `json:"result"` // Allow or Deny
	Rows   []Row  `json:"rows"`
}

// What a row can say.
const (
	Pass    = "pass"
	Fail    = "fail"
	Unknown = "unknown" // denies, unless the policy allows that it is not known
)

// A Row is one check of a decision.
type Row struct {
	Check  string `json:"check"`
	Result string `json:"result"` // Pass, Fail or Unknown
	Reason string `json:"reason"`
}

// Summary closes a stream.
type Summary struct {
	Findings   int            `json:"findings"`   // that count: not suppressed
	Suppressed int            `json:"suppressed"` // by the baseline
	ByCategory map[string]int `json:"by_category,omitempty"`
	Stale      []string       `json:"stale,omitempty"`  // ids in the baseline that were not found
	Errors     []string       `json:"errors,omitempty"` // what could not be analyzed; not empty means exit status 1
	Verdicts   map[string]int `json:"verdicts,omitempty"`
	Checks     []Row          `json:"checks,omitempty"` // of a restart that was observed
	Costs      []Cost         `json:"costs,omitempty"`  // of the trials that were made
}

// A Cost is what one trial took: its builds of the program, and all its runs.
type Cost struct {
	Trial string  `json:"trial"` // plain, race, ...
	Runs  int     `json:"runs"`
	Build float64 `json:"build_s"`    // seconds
	Run   float64 `json:"run_s"`      // seconds, from the start of the program to its end
	CPU   float64 `json:"cpu_s"`      // seconds, of the program and the children it waited for
	Peak  int64   `json:"peak_bytes"` // largest resident set of one of these, 0 when it is not known
}

// Memory returns the peak in MiB as text.
func (c Cost) Memory() string {
	if c.Peak == 0 {
		return "not known"
	}
	return fmt.Sprintf("%d MiB", (c.Peak+1<<20-1)>>20)
}

// Add counts f.
func (s *Summary) Add(f *Finding) {
	if f.Suppressed {
		s.Suppressed++
		return
	}
	if s.ByCategory == nil {
		s.ByCategory = make(map[string]int)
	}
	s.Findings++
	s.ByCategory[f.Category]++
}

// validate reports what a message lacks to be understood.
func (m *Message) validate() error {
	switch {
	case m.Config != nil:
		if m.Config.Protocol != Protocol {
			return fmt.Errorf("config: protocol %q, this hotvet reads %q", m.Config.Protocol, Protocol)
		}
	case m.Finding != nil:
		return m.Finding.validate()
	case m.Evidence != nil:
		if m.Evidence.Finding == "" || m.Evidence.Kind == "" {
			return errors.New("evidence: no finding or no kind")
		}
	case m.Verdict != nil:
		if m.Verdict.Finding == "" {
			return errors.New("verdict: no finding")
		}
		return oneOf("verdict: result", m.Verdict.Result, Confirmed, Refuted, Unreached)
	case m.Decision != nil:
		return m.Decision.validate()
	}
	return nil
}

func (d *Decision) validate() error {
	for _, row := range d.Rows {
		if err := oneOf("decision: row "+row.Check, row.Result, Pass, Fail, Unknown); err != nil {
			return err
		}
		if row.Result == Fail && d.Result == Allow {
			return fmt.Errorf("decision: it allows although row %s fails", row.Check)
		}
	}
	return oneOf("decision: result", d.Result, Allow, Deny)
}

func (f *Finding) validate() error {
	switch {
	case f.ID == "":
		return errors.New("finding: no id")
	case !strings.HasPrefix(f.Category, f.Analyzer+"/") || f.Analyzer == "":
		return fmt.Errorf("finding %s: category %q does not begin with analyzer %q", f.ID, f.Category, f.Analyzer)
	case f.Posn.File == "" || f.Posn.Line < 1:
		return fmt.Errorf("finding %s: no position", f.ID)
	}
	for _, fix := range f.Fixes {
		for _, e := range fix.Edits {
			if e.File == "" || e.Start < 0 || e.End < e.Start {
				return fmt.Errorf("finding %s: edit of %q has offsets %d,%d", f.ID, e.File, e.Start, e.End)
			}
		}
	}
	return nil
}

func oneOf(what, got string, want ...string) error {
	for _, w := range want {
		if got == w {
			return nil
		}
	}
	return fmt.Errorf("%s is %q, not one of %s", what, got, strings.Join(want, ", "))
}
