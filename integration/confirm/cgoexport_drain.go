package confirm

import (
	"fmt"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

// judgeDrain says whether calls of the export were cut when the program was
// replaced.
//
// A call counts when it had come to its work, past what turns calls away, before
// the program was even told to replace itself, and had not finished it when the
// next program took over. So neither one that a guard turns away is counted nor one
// that has just ended: right before the replacement every such call that can run
// gets the time to end, and one that waits for a lock is left out. The call in which
// the program is told is held up for a moment: how long the work of a call takes is
// nobody's promise.
func judgeDrain(c *Case) opinion {
	export := c.Site
	if end := endOf(c.Finding, relatedExport); end >= 0 {
		export = c.Ends[end]
	} else if c.elsewhere() {
		export = -1
	}
	if export < 0 {
		return outside()
	}
	if !c.Restarted {
		return unreached("the program was not told to replace itself, so calls that began before cannot be told from others")
	}
	var images []*Image
	for _, m := range c.Images {
		if m.Count(export, probeEntered) > 0 {
			images = append(images, m)
		}
	}
	return c.best(unreached("C never called the export"), images, func(m *Image) opinion { return c.judgeCut(m, export) })
}

// elsewhere reports whether the finding is at a restart, the export being in a
// package that is not the target's own.
func (c *Case) elsewhere() bool { return c.Finding.Message == messageDependency }

// messageDependency is what the analyzer says of a restart in whose package the
// export is not.
const messageDependency = "C thread of a dependency is cut inside callbacks by this restart"

func (c *Case) judgeCut(m *Image, export int) opinion {
	early, finished, inside := m.Count(export, probeEarly), m.Count(export, probeFinished), m.Count(export, probeInside)
	left := early - min(early, finished)
	looks := uint64(0)
	for _, site := range append([]int{c.Site}, c.Ends...) {
		if site != export {
			looks += m.Count(site, probeSettled)
		}
	}
	waiting, shown := uint64(0), ""
	for _, stack := range m.Inside[export] {
		if waitsForOthers(stack) {
			waiting++
		} else if shown == "" {
			shown = describeStack(stack)
		}
	}
	data := map[string]uint64{"calls": m.Count(export, probeEntered), "inside": inside, "unfinished": left, "waiting": waiting}
	young := m.Count(export, probeWorking) - early
	youngLeft := young - min(young, m.Count(export, probeWorked)-min(finished, m.Count(export, probeWorked)))
	switch {
	case m.End != Replaced:
		return unreached("the program did not replace itself by exec")
	case left > waiting && looks == 0:
		return unreached("%d calls were inside when the program was replaced, but not at a place of the finding, so they may have been about to end", left)
	case left > waiting:
		return c.confirmCut(left-waiting, inside, shown, data)
	case inside == 0:
		return unreached("no call was at its work when the program was told to replace itself")
	case waiting > 0:
		return unreached("%s of C waited for a lock when the program was replaced, so whether it lost anything is not known", plural(waiting, "call"))
	case youngLeft > 0:
		return unreached("the calls that were inside when the program was told to replace itself ended before it did, but later ones did not: whether those had begun their work is not known")
	}
	return refuted("no call that was inside was cut", evidence("callbacks", data,
		"%s of C inside the export when the program was told to replace itself: all finished before it did", plural(inside, "call")))
}

func (c *Case) confirmCut(cut, inside uint64, shown string, data any) opinion {
	text := fmt.Sprintf("%s of C inside the export when the program was told to replace itself, %d cut by exec before the work was finished", plural(inside, "call"), cut)
	list := []*finding.Evidence{evidence("callbacks", data, "%s", text)}
	if shown != "" {
		list = append(list, evidence("callback-stack", shown, "right before the exec: %s", shown))
	}
	return confirmed("the program was replaced while C was inside the export", list...)
}

func plural(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// waitsForOthers reports whether a goroutine waits for a lock or a channel: it may
// be one that the restart holds, before the work has begun.
func waitsForOthers(stack string) bool {
	_, state, _ := strings.Cut(stack, "[")
	for _, s := range []string{"sync.", "semacquire", "chan ", "select"} {
		if strings.HasPrefix(state, s) {
			return true
		}
	}
	return false
}

// describeStack tells of a goroutine: its state and its frames, innermost first. Of
// one that the probe holds up, the frames behind the probe's.
func describeStack(stack string) string {
	head, rest, _ := strings.Cut(stack, "\n")
	_, state, _ := strings.Cut(head, "[")
	state, _, _ = strings.Cut(state, "]")
	var frames []string
	lines := strings.Split(rest, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		name, place := lines[i], strings.TrimSpace(lines[i+1])
		if strings.HasPrefix(name, "_cgoexp_") || strings.HasPrefix(name, "runtime.") {
			continue
		}
		if strings.Contains(name, "/"+probeName+".") {
			state, frames = "held up by hotvet", nil
			continue
		}
		if open := strings.LastIndexByte(name, '('); open > 0 {
			name = name[:open]
		}
		place, _, _ = strings.Cut(place, " +0x")
		if slash := strings.LastIndexByte(place, '/'); slash >= 0 {
			place = place[slash+1:]
		}
		frames = append(frames, name+" ("+place+")")
	}
	return state + " in " + strings.Join(frames, ", called by ")
}
