package confirm

import (
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

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
