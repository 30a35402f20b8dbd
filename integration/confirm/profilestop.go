package confirm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// profileExperiments are those of the analyzer profilestop.
var profileExperiments = map[string]experiment{
	"profilestop/exec": {
		trial:  Plain,
		needs:  restart,
		oracle: "ITIMER_PROF in the new image, size of the profile",
		change: watchWriter,
		judge:  judgeProfileExec,
	},
	"profilestop/exit": {
		trial:  Plain,
		needs:  ending,
		oracle: "content of the file after the end",
		change: watchWriter,
		judge:  judgeProfileExit,
	},
	"profilestop/trace": {
		trial:  Plain,
		needs:  restart,
		oracle: "last mark in the trace against marks written",
		change: watchWriter,
		judge:  judgeTraceExec,
	},
	"profilestop/http": {
		trial:  Plain,
		needs:  restart,
		oracle: "answer to a profile request in flight",
		change: countHits,
		judge:  judgeProfileHTTP,
	},
	"profilestop/rate": {
		trial:  Plain,
		oracle: "ITIMER_PROF before and after the call",
		change: watchRate,
		judge:  judgeRate,
	},
}

// countHits has the place counted.
func countHits(s *build.Site, site, _, _ int) {
	s.Before = fmt.Sprintf("%s.Hit(%d)", probeName, site)
}

// watchWriter has the place counted, and the file known that a profile or trace is
// written to. Marks are written into a trace.
func watchWriter(s *build.Site, site, first, end int) {
	countHits(s, site, first, end)
	if end >= 0 && first >= 0 {
		site = first // where the finding is at the end, the start is a related place
	}
	call := fmt.Sprintf("%s.Started(%d, ", probeName, site)
	s.Callees = []build.Callee{
		{Path: "runtime/pprof", Func: "StartCPUProfile", Call: call, Argument: fmt.Sprintf("%s.Writer(%d, ", probeName, site)},
		{Path: "runtime/trace", Func: "Start", Call: call, Argument: fmt.Sprintf("%s.Traced(%d, ", probeName, site)},
	}
}

// watchRate has the profiling timer read before and after the place.
func watchRate(s *build.Site, site, first, end int) {
	if end >= 0 {
		countHits(s, site, first, end)
		return
	}
	name := fmt.Sprintf("%sRate%d", probeName, site)
	s.Before = fmt.Sprintf("%s := %s.Rate()", name, probeName)
	s.After = fmt.Sprintf("%s.Rated(%d, %s)", probeName, site, name)
}

// files returns the files that an image wrote its profiles to: that of the
// finding's own place when it is known.
func (c *Case) files(m *Image) (list []File, known bool) {
	if path := m.Writers[c.Site]; path != "" {
		return slices.DeleteFunc(slices.Clone(m.Files), func(f File) bool { return f.Path != path }), true
	}
	return m.Files, false
}

// started reports whether a profile was started at the finding's place without an
// error in m.
func (c *Case) started(m *Image) bool { return m.Count(c.Site, probeEntered) > 0 }

// profileFiles returns the files that were waiting for a profile and did not get
// it, and those that hold a complete one.
func profileFiles(files []File) (lost, complete []File) {
	for _, f := range files {
		switch {
		case f.Profile != nil && f.Profile.Problem == "" && f.Profile.CPU:
			complete = append(complete, f)
		case f.Profile != nil && f.Profile.Problem != "", f.Before == 0 && f.After == 0:
			lost = append(lost, f)
		}
	}
	return lost, complete
}

// fileEvidence tells what became of the files.
func fileEvidence(lost, complete []File, when string) (list []*finding.Evidence) {
	if len(complete) > 0 {
		lost = nil // other files that are empty, as a log may be
	}
	for _, f := range lost {
		if f.Profile != nil {
			list = append(list, evidence("profile-size", f, "%s has %d bytes after the %s and is no profile: %s", f.Path, f.After, when, f.Profile.Problem))
			continue
		}
		list = append(list, evidence("profile-size", f, "%s has 0 bytes after the %s, open for writing before it", f.Path, when))
	}
	for _, f := range complete {
		list = append(list, evidence("profile-size", f, "%s has %d bytes after the %s and is a whole CPU profile", f.Path, f.After, when))
	}
	return list
}

// judgeProfileExec says whether a CPU profile was still running when exec replaced
// the program.
//
// What decides is the timer behind the profile. The run-time system arms
// ITIMER_PROF while it profiles (setThreadCPUProfiler and setProcessCPUProfiler in
// runtime/os_linux.go), and execve(2) preserves it. So a new image that finds it
// armed before its own main, or that dies of SIGPROF before it can handle it, was
// made while the profile ran. The files show what that cost: a profile is written
// when it is stopped, not before.
func judgeProfileExec(c *Case) opinion {
	if len(c.Images) == 0 {
		return unreached("the program did not start")
	}
	return c.weightiest(c.judgeExecOf, "the program never came to this place before the restart")
}

// weightiest judges all images that came to the place of the finding, and returns
// the first of the weightiest opinions; never says that there are none.
func (c *Case) weightiest(judge func(*Image) opinion, never string) opinion {
	best := opinion{}
	for _, m := range c.ran() {
		if o := judge(m); best.result == "" || o.weight() > best.weight() {
			best = o
		}
	}
	if best.result == "" {
		return unreached("%s", never)
	}
	return best
}

// judgeExecOf judges the exec that replaced one image.
func (c *Case) judgeExecOf(m *Image) opinion {
	files, known := c.files(m)
	lost, complete := profileFiles(files)
	next, killed := c.next(m), c.killedBefore(m)
	shown := func() []*finding.Evidence { return append(fileEvidence(lost, complete, "restart"), c.timers(m)...) }
	switch {
	case known && len(complete) > 0 && m.End == Replaced:
		// Even when a timer is armed: it belongs to another place's profile.
		return refuted("the profile was stopped before exec replaced the program", shown()...)
	case killed == sigProf:
		return confirmed("the profile still ran at the exec, and its timer killed the new image", shown()...)
	case next == nil && c.childOf(m):
		return unreached("the program started a child instead of replacing itself by exec")
	case next == nil:
		return unreached("the program did not replace itself by exec")
	case next.Handed.Armed():
		return confirmed("the profile still ran when exec replaced the program", shown()...)
	case known && len(lost) > 0 && c.started(m):
		return confirmed("the profile was not written before exec replaced the program", shown()...)
	case !m.Last.Armed() && len(complete) == 0:
		return unreached("no CPU profile ran when the program was told to restart")
	case len(complete) == 0 && len(lost) > 0:
		// The timer was disarmed, yet nothing shows that the profile was written:
		// neither the loss nor its absence was observed.
		return unreached("profiling ended before the exec, but no complete profile was found")
	}
	return refuted("the profile was stopped before exec replaced the program", shown()...)
}

// childOf reports whether another process ran the program after m began.
func (c *Case) childOf(m *Image) bool {
	return slices.ContainsFunc(c.Images, func(n *Image) bool { return n.PID != m.PID && c.Restarted })
}

// timers tells what was seen of the profiling timer around the end of m.
func (c *Case) timers(m *Image) (list []*finding.Evidence) {
	if c.killedBefore(m) == sigProf {
		list = append(list, evidence("exit-signal", map[string]string{"signal": sigProf},
			"SIGPROF killed the new image before its main"))
	}
	next := c.next(m)
	if next == nil {
		return list
	}
	data := struct {
		Old Timer `json:"old"`
		New Timer `json:"new"`
	}{m.Last, next.Handed}
	if next.Handed.Armed() {
		return append(list, evidence("itimer", data, "ITIMER_PROF is armed in the new image before its main, every %d us", next.Handed.Interval))
	}
	return append(list, evidence("itimer", data, "ITIMER_PROF is not armed in the new image"))
}

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

// judgeProfileHTTP says whether a request for a profile was cut by the restart.
func judgeProfileHTTP(c *Case) opinion {
	if !c.Restarted {
		return unreached("the program was not told to replace itself")
	}
	var shown []*finding.Evidence
	whole := 0
	for _, p := range c.Profiles {
		switch {
		case p.Problem == "":
			whole++
			shown = append(shown, evidence("profile-request", p, "the request for a profile at %s was answered in full", p.Address))
		case p.Status == 0 || p.Status == 200:
			if !slices.ContainsFunc(c.Images, func(m *Image) bool { return m.End == Replaced }) {
				return unreached("the program did not replace itself by exec")
			}
			return confirmed("the restart cut a profile request in flight",
				evidence("profile-request", p, "the request for a profile at %s failed: %s", p.Address, p.Problem))
		}
	}
	if whole == 0 {
		return unreached("no address serves /debug/pprof/profile")
	}
	return refuted("the profile request in flight was answered before the restart", shown...)
}

// judgeRate says whether a rate was set under a running profile.
func judgeRate(c *Case) opinion {
	ran := c.ran()
	if len(ran) == 0 {
		return unreached("the program never came to this place")
	}
	for _, m := range ran {
		t, ok := m.Rates[c.Site]
		if !ok || !t[0].Armed() {
			continue
		}
		data := map[string]int64{"before_us": t[0].Interval, "after_us": t[1].Interval}
		switch {
		case !t[1].Armed():
			return confirmed("the call ended sampling under a running profile",
				evidence("itimer", data, "ITIMER_PROF fired every %d us before the call and is not armed after it", t[0].Interval))
		case t[0].Interval == t[1].Interval && strings.Contains(c.Output, refusedRate):
			return confirmed("the call was refused because a profile runs",
				evidence("itimer", data, "ITIMER_PROF fires every %d us, as before the call; %q", t[1].Interval, refusedRate))
		}
	}
	return refuted("no profile that ran was refused its rate or ended here",
		evidence("itimer", map[string]int{"images": len(ran)}, "ITIMER_PROF was not stopped by the call, nor a rate refused"))
}

// refusedRate is what SetCPUProfileRate prints when it does nothing
// (runtime/cpuprof.go).
const refusedRate = "cannot set cpu profile rate until previous profile has finished"
