package confirm

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hotvet/hotvet/integration/finding"
)

// judgeProfileExec says whether a CPU profile was still running when exec replaced
// the program.
//
// What decides is the timer behind the profile. The run-time system arms
// ITIMER_PROF while it profiles (setThreadCPUProfiler and setProcessCPUProfiler in
// runtime/os_linux.go), and execve(2) preserves it. So a new image that finds it
// armed before its own main, or that dies of SIGPROF before it can handle it, was
// made while the profile ran. The files show what that cost: a profile is written
// when it is stopped, not before.
func judgeProfileExec(o *Observation, site Site) opinion {
	files := o.Files
	if site.File != "" {
		files = slices.DeleteFunc(slices.Clone(files), func(f File) bool { return f.Path != site.File })
	}
	lost, complete := profileFiles(files)
	evidence := func() []*finding.Evidence { return profileEvidence(o, lost, complete) }
	switch {
	case site.Counted && !site.Ran:
		return unreached("the program never came to this place before the restart")
	case site.File != "" && len(complete) > 0 && (o.New != nil || o.Lost > 0):
		// Even when a timer is armed: it belongs to another place's profile.
		return opinion{finding.Refuted, "the profile was stopped before exec replaced the program", evidence()}
	case o.Lost > 0:
		return opinion{finding.Confirmed, "the profile still ran at the exec, and its timer killed the new image", evidence()}
	case o.New == nil && o.Child != 0:
		return unreached("the program started a child instead of replacing itself by exec")
	case o.New == nil:
		return unreached("the program did not replace itself by exec")
	case o.New.Timer.Armed():
		return opinion{finding.Confirmed, "the profile still ran when exec replaced the program", evidence()}
	case site.File != "" && len(lost) > 0 && o.Old.Timer.Armed():
		return opinion{finding.Confirmed, "the profile was not written before exec replaced the program", evidence()}
	case !o.Old.Timer.Armed():
		return unreached("no CPU profile ran when the program was told to restart")
	case len(complete) == 0 && len(lost) > 0:
		// The timer was disarmed, yet nothing shows that the profile was written:
		// neither the loss nor its absence was observed.
		return unreached("profiling ended before the exec, but no complete profile was found")
	}
	return opinion{finding.Refuted, "the profile was stopped before exec replaced the program", evidence()}
}

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

// profileEvidence tells what was seen of the timer and of the files.
func profileEvidence(o *Observation, lost, complete []File) []*finding.Evidence {
	var list []*finding.Evidence
	add := func(kind string, data any, format string, args ...any) {
		raw, err := json.Marshal(data)
		if err != nil {
			panic(err) // every data is a struct of strings and numbers
		}
		list = append(list, &finding.Evidence{Kind: kind, Text: fmt.Sprintf(format, args...), Data: raw})
	}
	if len(complete) > 0 {
		lost = nil // other files that are empty, as a log may be
	}
	for _, f := range lost {
		if f.Profile != nil {
			add("profile-size", f, "%s has %d bytes after the restart and is no profile: %s", f.Path, f.After, f.Profile.Problem)
			continue
		}
		add("profile-size", f, "%s has 0 bytes after the restart, open for writing before it", f.Path)
	}
	for _, f := range complete {
		add("profile-size", f, "%s has %d bytes after the restart and is a whole CPU profile", f.Path, f.After)
	}
	if o.Lost > 0 {
		add("exit-signal", struct {
			Signal string `json:"signal"`
			Killed int    `json:"killed"`
			Runs   int    `json:"runs"`
		}{sigProf, o.Lost, o.Runs}, "SIGPROF killed the new image in %d of %d runs", o.Lost, o.Runs)
	}
	if o.New != nil {
		text := "ITIMER_PROF is not armed in the new image"
		if t := o.New.Timer; t.Armed() {
			text = fmt.Sprintf("ITIMER_PROF is armed in the new image before its main, every %d us", t.Interval)
		}
		add("itimer", struct {
			Old Timer `json:"old"`
			New Timer `json:"new"`
			PID int   `json:"pid"`
		}{o.Old.Timer, o.New.Timer, o.New.PID}, "%s", text)
	}
	return list
}
