package confirm

import (
	"fmt"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

// Surroundings are what the kernel knows of a process after a restart, compared
// with what it knew before.
type Surroundings struct {
	Known    bool     // all of the below was seen
	Before   int      // descriptors open before the restart
	After    int      // and after it
	Twice    []string // sockets that are open more often than before
	Blocking []string // sockets that were non-blocking before (O_NONBLOCK) and are not now
	Ignored  []string // signals that are ignored now and were not
	Zombies  []string // children that have ended and are not waited for
	Deleted  []string // libraries that are mapped and have no name, or another file has it
	Nameless []string // unix sockets that are listened on and have no name
}

// checks says what a restart left behind or lost. They are no verdicts on findings.
func (s *Surroundings) checks() []finding.Row {
	if !s.Known {
		return []finding.Row{{Check: "process", Result: finding.Unknown, Reason: "the new process had ended before it could be looked at"}}
	}
	row := func(check, good, bad string, list ...string) finding.Row {
		if len(list) > 0 {
			return finding.Row{Check: check, Result: finding.Fail, Reason: bad + ": " + strings.Join(list, ", ")}
		}
		return finding.Row{Check: check, Result: finding.Pass, Reason: good}
	}
	rows := []finding.Row{
		row("descriptors", fmt.Sprintf("%d open before, %d after, no socket more often than before", s.Before, s.After),
			fmt.Sprintf("%d open before, %d after; a socket is open more often than before", s.Before, s.After), s.Twice...),
		row("signals", "none is ignored that was not before", "signals are ignored that were not before", s.Ignored...),
		row("children", "each that has ended was waited for", "children have ended and are not waited for", s.Zombies...),
	}
	if len(s.Blocking) > 0 {
		rows = append(rows, row("blocking", "", "sockets block that did not before", s.Blocking...))
	}
	if len(s.Deleted) > 0 {
		rows = append(rows, row("libraries", "", "files are mapped that were deleted or replaced", s.Deleted...))
	}
	if len(s.Nameless) > 0 {
		rows = append(rows, row("sockets", "", "it listens on sockets that have no name any more", s.Nameless...))
	}
	return rows
}

// requestsCheck says what became of the requests that were sent while the program
// restarted.
func requestsCheck(l Load) finding.Row {
	row := finding.Row{Check: "requests", Result: finding.Unknown, Reason: "none was sent while it restarted"}
	switch {
	case l.Sent == 0:
	case l.Answered < l.Sent:
		row.Result = finding.Fail
		row.Reason = fmt.Sprintf("%d of %d sent while it restarted were refused or cut", l.Sent-l.Answered, l.Sent)
	default:
		row.Result = finding.Pass
		row.Reason = fmt.Sprintf("%d sent while it restarted, all answered", l.Sent)
	}
	return row
}
