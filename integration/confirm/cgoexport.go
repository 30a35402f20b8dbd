package confirm

import (
	"fmt"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// callbackExperiments are those of the analyzer cgoexport.
var callbackExperiments = map[string]experiment{
	"cgoexport/drain": {
		trial:     Plain,
		needs:     restart,
		oracle:    "calls that began before the restart was asked for and were inside when it came",
		changeFor: watchDrain,
		judge:     judgeDrain,
	},
	"cgoexport/panic": {
		trial:     Plain,
		oracle:    "a panic, of the program or put there, that leaves the export",
		changeFor: watchExport,
		judge:     judgePanic,
	},
	"cgoexport/state": {
		trial:     Plain,
		oracle:    "a panic that leaves the export, a fatal error or a race on the map",
		changeFor: watchExport,
		judge:     judgeState,
	},
	"cgoexport/ctor": {
		trial:     Plain,
		oracle:    "the initialisation waits for itself and main is not reached",
		changeFor: watchNothing,
		judge:     judgeConstructor,
	},
	"cgoexport/atexit": {
		trial:     Plain,
		needs:     restart,
		oracle:    "the handler was registered and the export was not entered before the end",
		changeFor: watchExport,
		judge:     judgeAtExit,
	},
	"cgoexport/signal": {
		trial:     Plain,
		oracle:    "the program ends with a fatal error of the signal's thread",
		changeFor: watchExport,
		judge:     judgeSignal,
	},
}

// callbackAgain are second experiments for what the first one did not show.
var callbackAgain = map[string]experiment{
	"cgoexport/panic": {
		trial:     Fault,
		only:      func(f *finding.Finding) bool { return f.Message != messageValue },
		changeFor: throwInExport,
		judge:     judgeThrown,
	},
	"cgoexport/state": {
		trial:     Race,
		only:      func(f *finding.Finding) bool { return endOf(f, relatedMap) >= 0 },
		changeFor: watchExport,
		judge:     judgeSharedMap,
	},
}

// What the analyzer says of a finding, and of its related places.
const (
	messageValue  = "value from C is used unchecked and a panic ends the process"
	relatedEntry  = "C enters here"
	relatedRisk   = "this is called from the export"
	relatedSet    = "it is set here"
	relatedDelete = "handle is deleted here"
	relatedMap    = "the map is used here as well"
)

// What [complete] adds to a finding.
const (
	relatedExport   = "the export is here"
	relatedRegister = "what registers the handler is called here"
)

// endOf returns the index of the first related place of a finding with the
// message, -1 when it has none.
func endOf(f *finding.Finding, message string) int {
	for i, r := range f.Related {
		if r.Message == message {
			return i
		}
	}
	return -1
}

// watchCall has the calls of the function at the place counted.
func watchCall(s *build.Site, site int) {
	name := fmt.Sprintf("%sCall%d", probeName, site)
	s.Body = fmt.Sprintf("%s := %s.Enter(%d); defer %s.Leave()", name, probeName, site, name)
}

// watchDrain has the work of the export's calls counted, and a look taken at them
// at every other place of the finding, one of which replaces the program.
func watchDrain(f *finding.Finding, s *build.Site, site, _, end int) {
	if end != endOf(f, relatedExport) {
		s.Before = fmt.Sprintf("%s.Settle(%d)", probeName, site)
		return
	}
	watchCall(s, site)
	name := fmt.Sprintf("%sCall%d", probeName, site)
	s.Work = fmt.Sprintf("%s.Work(); defer %s.Done()", name, name)
	s.Over = name + ".Done()"
}

// watchExport has the calls of the export counted, and how often they come to the
// finding's places.
func watchExport(f *finding.Finding, s *build.Site, site, first, end int) {
	if end < 0 {
		watchCall(s, site)
		s.Before = fmt.Sprintf("%s.Place(%d)", probeName, site)
		return
	}
	switch message := f.Related[end].Message; {
	case message == relatedSet || message == relatedDelete:
		s.Before = fmt.Sprintf("%s.Change(%d, %d)", probeName, site, first)
	case !strings.HasPrefix(message, relatedEntry):
		s.Before = fmt.Sprintf("%s.Hit(%d)", probeName, site)
	}
}

// throwInExport has a panic put into the export: before what calls a function of
// somebody else, which may panic.
func throwInExport(f *finding.Finding, s *build.Site, site, first, end int) {
	if end < 0 {
		watchCall(s, site)
	}
	if end < 0 || f.Related[end].Message == relatedRisk {
		s.Fault = fmt.Sprintf("%s.Throw(%d, %d)", probeName, site, first)
	}
}

// watchNothing leaves the program as it is.
func watchNothing(*finding.Finding, *build.Site, int, int, int) {}

// entered returns the images in which C entered the export of the finding's place.
func (c *Case) entered() (list []*Image) {
	for _, m := range c.Images {
		if m.Count(c.Site, probeEntered) > 0 {
			list = append(list, m)
		}
	}
	return list
}

// where names the finding's place for people.
func (c *Case) where() string { return short(c.Finding.Posn.File, c.Finding.Posn.Line) }

// best returns the weightiest opinion of images, the first of those that weigh the
// same.
func (c *Case) best(none opinion, images []*Image, judge func(*Image) opinion) opinion {
	best, first := none, true
	for _, m := range images {
		if o := judge(m); first || o.weight() > best.weight() {
			best, first = o, false
		}
	}
	return best
}

// outside is the opinion about an export that cannot be counted.
func outside() opinion {
	return unreached("the export is not in a function of this module, which is all that hotvet can change")
}

// times says how often.
func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
