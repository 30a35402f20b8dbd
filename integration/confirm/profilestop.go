package confirm

import (
	"fmt"
	"slices"

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
