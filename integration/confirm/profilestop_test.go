package confirm

import (
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// counted returns counters in which site 0 has the given values of slots.
func counted(values map[int]uint64) [][]uint64 {
	slots := make([]uint64, probeSlots)
	for slot, n := range values {
		slots[slot] = n
	}
	return [][]uint64{slots}
}

// opinionText is all that an opinion says.
func opinionText(o opinion) string {
	text := o.reason
	for _, e := range o.evidence {
		text += "\n" + e.Text
	}
	return text
}

// A judgeTest is an observation, and what a judge must say of it.
type judgeTest struct {
	name   string
	o      Observation
	site   int
	result string
	says   string // in the reason or the evidence
}

func runJudgeTests(t *testing.T, judge func(*Case) opinion, tests []judgeTest) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := judge(&Case{Finding: new(finding.Finding), Site: test.site, Observation: &test.o})
			text := opinionText(got)
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

var (
	armed    = Timer{10000, 5000}
	empty    = File{Path: "cpu.pprof"}
	whole    = File{Path: "cpu.pprof", After: 400, Profile: &ProfileFile{Samples: 3, CPU: true}}
	torn     = File{Path: "cpu.pprof", Before: 10, After: 10, Profile: &ProfileFile{Problem: "unexpected EOF"}}
	heap     = File{Path: "heap.pprof", Before: 400, After: 400, Profile: &ProfileFile{Samples: 3}}
	appLog   = File{Path: "app.log", Before: 70, After: 90}
	emptyLog = File{Path: "app.log"}
)

// started are the counters of a place that started a profile once.
var started = map[int]uint64{probeHits: 1, probeEntered: 1}

// imageOf returns one of process 1 that came to site 0, was profiled, and ended.
func imageOf(end End, files ...File) *Image {
	return &Image{PID: 1, Last: armed, End: end, Counters: counted(started), Files: files}
}

// wrote is an image whose place gave cpu.pprof to its profile.
func wrote(end End, files ...File) *Image {
	m := imageOf(end, files...)
	m.Writers = map[int]string{0: "cpu.pprof"}
	return m
}

// next is the image that exec put in the place of another.
func next(handed Timer) *Image { return &Image{PID: 1, Number: 1, Handed: handed} }

func seen(images ...*Image) Observation {
	return Observation{PID: 1, Images: images, Restarted: true}
}

func TestJudgeProfileExec(t *testing.T) {
	killed := func(signal string, m *Image) Observation {
		o := seen(m)
		o.Signal = signal
		return o
	}
	elsewhere := imageOf(Replaced, empty)
	elsewhere.Counters = counted(nil)
	failed := wrote(Replaced, empty)
	failed.Counters = counted(map[int]uint64{probeHits: 1})
	idle := imageOf(Replaced, empty)
	idle.Last = Timer{}
	child := &Image{PID: 9}
	runJudgeTests(t, judgeProfileExec, []judgeTest{
		{"nothing ran", Observation{}, 0, finding.Unreached, "did not start"},
		{"no restart", seen(imageOf(Asked)), 0, finding.Unreached, "did not replace itself"},
		{"child", seen(imageOf(Asked), child), 0, finding.Unreached, "child"},
		{"killed otherwise", killed("SIGSEGV", imageOf(Exited)), 0, finding.Unreached, "did not replace itself"},
		{"armed", seen(imageOf(Replaced, appLog, empty), next(armed)), 0, finding.Confirmed, "cpu.pprof has 0 bytes"},
		{"armed, no file", seen(imageOf(Replaced), next(armed)), -1, finding.Confirmed, "every 10000 us"},
		{"armed, elsewhere", seen(elsewhere, next(armed)), 0, finding.Unreached, "never came"},
		{"killed", killed(sigProf, imageOf(Replaced, empty)), 0, finding.Confirmed, "SIGPROF killed the new image"},
		{"torn", seen(imageOf(Replaced, torn), next(armed)), 0, finding.Confirmed, "unexpected EOF"},
		{"stopped", seen(imageOf(Replaced, appLog, whole), next(Timer{})), 0, finding.Refuted, "whole CPU profile"},
		{"stopped, no file", seen(imageOf(Replaced, appLog), next(Timer{})), 0, finding.Refuted, "not armed"},
		{"stopped, empty log", seen(imageOf(Replaced, emptyLog, whole), next(Timer{})), 0, finding.Refuted, "whole CPU profile"},
		{"stopped, nothing written", seen(imageOf(Replaced, empty, heap), next(Timer{})), 0, finding.Unreached, "no complete profile"},
		{"stopped, one empty", seen(wrote(Replaced, emptyLog, empty), next(Timer{})), 0, finding.Confirmed, "was not written"},
		{"stopped, writes elsewhere", seen(wrote(Replaced, emptyLog), next(Timer{})), 0, finding.Refuted, "not armed"},
		{"start failed", seen(failed, next(Timer{})), 0, finding.Unreached, "no complete profile"},
		{"armed, one of two", seen(wrote(Replaced, emptyLog, empty), next(armed)), 0, finding.Confirmed, "cpu.pprof has 0"},
		{"armed by another", seen(wrote(Replaced, whole, File{Path: "other.pprof"}), next(armed)), 0, finding.Refuted, "whole CPU profile"},
		{"never profiled", seen(idle, next(Timer{})), -1, finding.Unreached, "no CPU profile ran"},
	})
}

func TestJudgeProfileExit(t *testing.T) {
	failed := wrote(Exited, empty)
	failed.Counters = counted(map[int]uint64{probeHits: 1})
	failed.Last = Timer{}
	runJudgeTests(t, judgeProfileExit, []judgeTest{
		{"nothing ran", Observation{}, 0, finding.Unreached, "never came"},
		{"empty at the end", seen(wrote(Exited, empty)), 0, finding.Confirmed, "0 bytes after the end"},
		{"asked to end", seen(wrote(Asked, empty)), 0, finding.Confirmed, "0 bytes after the end"},
		{"killed by hotvet", seen(wrote(Killed, empty)), 0, finding.Unreached, "what hotvet kills"},
		{"still runs", seen(wrote(Runs, empty)), 0, finding.Unreached, "did not end"},
		{"replaced", seen(wrote(Replaced, empty)), 0, finding.Unreached, "was replaced"},
		{"written", seen(wrote(Exited, emptyLog, whole)), 0, finding.Refuted, "whole CPU profile"},
		{"start failed", seen(failed), 0, finding.Unreached, "not known"},
		{"a child writes the same", seen(wrote(Exited, empty), &Image{PID: 2, Counters: counted(nil), Writers: map[int]string{0: "cpu.pprof"}}), 0, finding.Unreached, "another process"},
		{"nothing known", seen(imageOf(Exited, appLog)), 0, finding.Unreached, "not known"},
	})
}

// TestJudgeNamedExit has a finding that names an exit, and a program that ends.
func TestJudgeNamedExit(t *testing.T) {
	f := &finding.Finding{Related: []finding.Related{{Posn: finding.Position{File: "main.go", Line: 9}, Message: exitsHere + ", deferred calls do not run"}}}
	for _, test := range []struct {
		name           string
		came           uint64 // to the exit
		code           int
		signal, output string
		result         string
	}{
		{name: "exit", came: 1, code: 1, result: finding.Confirmed},
		{name: "not there", code: 1, result: finding.Unreached},
		{name: "killed while the exit waits in its arguments", came: 1, code: -1, signal: "SIGTERM", result: finding.Unreached},
		{name: "crashed meanwhile", came: 1, code: 2, output: "up\nSIGSEGV: segmentation violation\nPC=0x1\n", result: finding.Unreached},
		{name: "exit after a log of a panic", came: 1, code: 1, output: "panic: in a handler\n", result: finding.Confirmed},
	} {
		m := wrote(Exited, empty)
		m.Counters = append(m.Counters, hitCounters(test.came)...)
		o := seen(m)
		o.Code, o.Signal, o.Output = test.code, test.signal, test.output
		got := judgeProfileExit(&Case{Finding: f, Site: 0, Ends: []int{1}, Observation: &o})
		if got.result != test.result || got.result == finding.Unreached && !strings.Contains(got.reason, "main.go:9") {
			t.Errorf("%s: got %s, want %s: %s", test.name, got.result, test.result, opinionText(got))
		}
	}
}

func TestJudgeTrace(t *testing.T) {
	traced := func(written uint64, f TraceFile) Observation {
		m := &Image{PID: 1, End: Replaced, Writers: map[int]string{0: "trace.out"},
			Counters: counted(map[int]uint64{probeHits: 1, probeWorking: written}),
			Files:    []File{{Path: "trace.out", Trace: &f}}}
		return seen(m, next(Timer{}))
	}
	runJudgeTests(t, judgeTraceExec, []judgeTest{
		{"nothing ran", Observation{}, 0, finding.Unreached, "never came"},
		{"cut", traced(20, TraceFile{Events: 3, Mark: 10}), 0, finding.Confirmed, "100 ms before the restart: 10 of 20"},
		{"whole", traced(20, TraceFile{Events: 30, Mark: 20}), 0, finding.Refuted, "all of 20"},
		{"stopped between two marks", traced(20, TraceFile{Events: 30, Mark: 19}), 0, finding.Refuted, "all of 20"},
		{"torn", traced(20, TraceFile{Mark: 20, Problem: "unexpected EOF"}), 0, finding.Confirmed, "unexpected EOF"},
		{"too short", traced(0, TraceFile{}), 0, finding.Unreached, "too short"},
	})
}

func TestJudgeProfileHTTP(t *testing.T) {
	asked := func(p ...ProfileRequest) Observation {
		o := seen(imageOf(Replaced), next(Timer{}))
		o.Profiles = p
		return o
	}
	alive := asked(ProfileRequest{Problem: "connection refused"})
	alive.Images = alive.Images[:1]
	alive.Images[0] = imageOf(Asked)
	runJudgeTests(t, judgeProfileHTTP, []judgeTest{
		{"no restart", Observation{}, 0, finding.Unreached, "not told"},
		{"cut", asked(ProfileRequest{Address: "tcp:127.0.0.1:1", Problem: "EOF"}), 0, finding.Confirmed, "EOF"},
		{"answered", asked(ProfileRequest{Status: 200}), 0, finding.Refuted, "answered in full"},
		{"no such page", asked(ProfileRequest{Status: 404, Problem: "404 Not Found"}), 0, finding.Unreached, "no address"},
		{"failed, not replaced", alive, 0, finding.Unreached, "did not replace"},
	})
}

func TestJudgeRate(t *testing.T) {
	rated := func(before, after Timer, output string) Observation {
		m := imageOf(Exited)
		m.Rates = map[int][2]Timer{0: {before, after}}
		o := seen(m)
		o.Output = output
		return o
	}
	runJudgeTests(t, judgeRate, []judgeTest{
		{"nothing ran", Observation{}, 0, finding.Unreached, "never came"},
		{"refused", rated(armed, armed, "runtime: "+refusedRate+"\n"), 0, finding.Confirmed, "as before"},
		{"ended", rated(armed, Timer{}, ""), 0, finding.Confirmed, "not armed after it"},
		{"no profile", rated(Timer{}, Timer{2000, 1}, ""), 0, finding.Refuted, "nor a rate refused"},
		{"not refused", rated(armed, armed, ""), 0, finding.Refuted, "nor a rate refused"},
	})
}
