package confirm

import (
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

func TestJudgeProfileExec(t *testing.T) {
	var (
		armed    = Timer{10000, 5000}
		image    = func(t Timer) *Image { return &Image{PID: 1, Timer: t} }
		empty    = File{Path: "cpu.pprof"}
		complete = File{Path: "cpu.pprof", After: 400, Profile: &ProfileFile{Samples: 3, CPU: true}}
		torn     = File{Path: "cpu.pprof", Before: 10, After: 10, Profile: &ProfileFile{Problem: "unexpected EOF"}}
		heap     = File{Path: "heap.pprof", Before: 400, After: 400, Profile: &ProfileFile{Samples: 3}}
		log      = File{Path: "app.log", Before: 70, After: 90}
		old      = Image{Timer: armed}
		wrote    = Site{Counted: true, Ran: true, File: "cpu.pprof"}
	)
	for _, test := range []struct {
		name   string
		o      Observation
		site   Site
		result string
		says   string // in the reason or the evidence
	}{
		{"no restart", Observation{Old: old}, Site{Counted: true, Ran: true}, finding.Unreached, "did not replace itself"},
		{"child", Observation{Old: old, Child: 9}, Site{Counted: true, Ran: true}, finding.Unreached, "child"},
		{"killed otherwise", Observation{Old: old, Killed: "SIGSEGV", Runs: 1}, Site{Counted: true, Ran: true}, finding.Unreached, "did not replace itself"},
		{"armed", Observation{Old: old, New: image(armed), Files: []File{log, empty}}, Site{Counted: true, Ran: true}, finding.Confirmed, "cpu.pprof has 0 bytes"},
		{"armed, no file", Observation{Old: old, New: image(armed)}, Site{}, finding.Confirmed, "every 10000 us"},
		{"armed, elsewhere", Observation{Old: old, New: image(armed), Files: []File{empty}}, Site{Counted: true}, finding.Unreached, "never came"},
		{"killed", Observation{Old: old, Killed: sigProf, Runs: 4, Lost: 4, Files: []File{empty}}, Site{Counted: true, Ran: true}, finding.Confirmed, "in 4 of 4 runs"},
		{"killed, then armed", Observation{Old: old, New: image(armed), Runs: 2, Lost: 1}, Site{Counted: true, Ran: true}, finding.Confirmed, "in 1 of 2 runs"},
		{"torn", Observation{Old: old, New: image(armed), Files: []File{torn}}, Site{Counted: true, Ran: true}, finding.Confirmed, "unexpected EOF"},
		{"stopped", Observation{Old: old, New: image(Timer{}), Files: []File{log, complete}}, Site{Counted: true, Ran: true}, finding.Refuted, "whole CPU profile"},
		{"stopped, no file", Observation{Old: old, New: image(Timer{}), Files: []File{log}}, Site{Counted: true, Ran: true}, finding.Refuted, "not armed"},
		{"stopped, empty log", Observation{Old: old, New: image(Timer{}), Files: []File{{Path: "app.log"}, complete}}, Site{Counted: true, Ran: true}, finding.Refuted, "whole CPU profile"},
		{"stopped, nothing written", Observation{Old: old, New: image(Timer{}), Files: []File{empty, heap}}, Site{Counted: true, Ran: true}, finding.Unreached, "no complete profile"},
		{"stopped, one empty", Observation{Old: old, New: image(Timer{}), Files: []File{{Path: "app.log"}, empty}}, wrote, finding.Confirmed, "was not written"},
		{"stopped, writes elsewhere", Observation{Old: old, New: image(Timer{}), Files: []File{{Path: "app.log"}}}, wrote, finding.Refuted, "not armed"},
		{"armed, one of two", Observation{Old: old, New: image(armed), Files: []File{{Path: "app.log"}, empty}}, wrote, finding.Confirmed, "cpu.pprof has 0"},
		{"armed by another", Observation{Old: old, New: image(armed), Files: []File{complete, {Path: "other.pprof"}}}, wrote, finding.Refuted, "whole CPU profile"},
		{"ended before", Observation{New: image(Timer{}), Files: []File{complete}}, wrote, finding.Refuted, "whole CPU profile"},
		{"never profiled", Observation{New: image(Timer{}), Files: []File{empty}}, Site{}, finding.Unreached, "no CPU profile ran"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := judgeProfileExec(&test.o, test.site)
			text := got.reason
			for _, e := range got.evidence {
				text += "\n" + e.Text
			}
			if got.result != test.result || !strings.Contains(text, test.says) {
				t.Errorf("got %s, want %s and %q: %s", got.result, test.result, test.says, text)
			}
			if (len(got.evidence) == 0) != (got.result == finding.Unreached) {
				t.Errorf("%s with %d pieces of evidence", got.result, len(got.evidence))
			}
			if strings.Contains(text, "app.log") {
				t.Errorf("a log is taken for a profile: %s", text)
			}
		})
	}
}

func TestUnobservable(t *testing.T) {
	f := &finding.Finding{ID: "x", Category: "structcast/file"}
	for name, r := range map[string]*Result{
		"judged":    judgeAll([]*finding.Finding{f}, &Observation{}, func(int) Site { return Site{} }),
		"not built": unreachedAll([]*finding.Finding{f}, "the program does not build"),
	} {
		if v := r.Verdicts[0]; v.Result != finding.Unreached || !strings.Contains(v.Reason, "no experiment for structcast/file") {
			t.Errorf("%s: got %+v", name, v)
		}
	}
}
