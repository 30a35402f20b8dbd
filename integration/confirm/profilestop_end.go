package confirm

import (
	"slices"
	"strings"
)

// judgeProfileExit says whether a profile or trace was still open when the process
// ended.
func judgeProfileExit(c *Case) opinion {
	return c.weightiest(c.judgeEndOf, "the program never came to this place")
}

func (c *Case) judgeEndOf(m *Image) opinion {
	switch m.End {
	case Runs, Killed:
		return unreached("the program did not end by itself, and what hotvet kills loses every profile")
	case Replaced:
		return unreached("the program was replaced, it did not exit")
	}
	files, known := c.files(m)
	if t := traceIn(files); t != nil {
		return c.judgeTrace(m, *t, "exit")
	}
	lost, complete := profileFiles(files)
	shown := fileEvidence(lost, complete, "end")
	switch {
	case len(complete) > 0 && (known || len(lost) == 0):
		if !c.endReached(m) {
			return unreached("the program ended another way: it did not come to the exit at %s", c.endPlaces())
		}
		return refuted("the profile was stopped before the program ended", shown...)
	case len(lost) > 0 && c.shared(m):
		return unreached("another process of the program writes to the same file, so whose profile is missing is not known")
	case len(lost) > 0 && !c.exited(m):
		return unreached("the profile is lost, but the program ended another way than by the exit at %s", c.exitPlaces())
	case len(lost) > 0 && (known && c.started(m) || m.Last.Armed()):
		return confirmed("the program ended while the profile ran, and nothing of it was written", shown...)
	}
	return unreached("the file that the profile is written to is not known")
}

// shared reports whether an image of another process writes its profile to the file
// of m. What it truncates, or has not written yet, is no loss of m.
func (c *Case) shared(m *Image) bool {
	return slices.ContainsFunc(c.Images, func(n *Image) bool {
		return n.PID != m.PID && m.Writers[c.Site] != "" && n.Writers[c.Site] == m.Writers[c.Site]
	})
}

// crashStatus is the exit status of a program that the run-time system ends
// (exit(2) in package runtime).
const crashStatus = 2

// exitsHere is how the analyzer begins the message of a place where the process exits.
const exitsHere = "the process exits here"

// exited reports whether m may have ended by an exit that the finding names: it
// names none, or m came to one and neither a signal nor a crash ended it. The call
// of an exit may wait in its own arguments, as log.Fatal(serve()) does, so that m
// came there says little.
func (c *Case) exited(m *Image) bool {
	named, came := false, false
	for end, r := range c.Finding.Related {
		if strings.HasPrefix(r.Message, exitsHere) {
			named = true
			came = came || c.Ends[end] < 0 || m.Count(c.Ends[end], probeHits) > 0
		}
	}
	ended := m.PID != c.PID || c.Signal == "" && (c.Code != crashStatus || crashLine(c.Output) == "")
	return !named || came && ended
}

// exitPlaces names the exits of the finding, for a message.
func (c *Case) exitPlaces() string {
	var list []string
	for _, r := range c.Finding.Related {
		if strings.HasPrefix(r.Message, exitsHere) {
			list = append(list, short(r.Posn.File, r.Posn.Line))
		}
	}
	return strings.Join(list, " or ")
}

func traceIn(files []File) *File {
	for i := range files {
		if files[i].Trace != nil {
			return &files[i]
		}
	}
	return nil
}

// judgeTraceExec says whether an execution trace was cut by an exec.
func judgeTraceExec(c *Case) opinion {
	return c.weightiest(func(m *Image) opinion {
		files, _ := c.files(m)
		switch t := traceIn(files); {
		case m.End != Replaced:
			return unreached("the program did not replace itself by exec")
		case t != nil:
			return c.judgeTrace(m, *t, "restart")
		}
		return unreached("the file that the trace is written to is not known")
	}, "the program never came to this place before the restart")
}

// judgeTrace compares the marks in a trace with those that the probe wrote. One
// more may be counted than written, when the trace is stopped between the two.
func (c *Case) judgeTrace(m *Image, f File, when string) opinion {
	written := int(m.Count(c.Site, probeWorking))
	lost := written - f.Trace.Mark
	data := map[string]int{"marks_written": written, "last_mark": f.Trace.Mark, "events": f.Trace.Events}
	switch {
	case f.Trace.Problem != "":
		return confirmed("the trace was not finished before the "+when,
			evidence("trace-span", f.Trace, "%s cannot be read to its end: %s", f.Path, f.Trace.Problem))
	case written == 0:
		return unreached("the trace ran for too short a time to see what was lost")
	case lost > 1:
		return confirmed("the trace ends before the "+when, evidence("trace-span", data,
			"%s ends %d ms before the %s: %d of %d marks are missing", f.Path, lost*markMillis, when, lost, written))
	}
	return refuted("the trace was stopped before the "+when,
		evidence("trace-span", data, "%s has all of %d marks", f.Path, written))
}

// markMillis is how far apart the probe's marks are.
const markMillis = 10
