package confirm

import (
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/sanitize"
)

// swapFinding is about a variable that is replaced at /src/main.go:10 and used at
// line 20; the reload begins at line 8.
func swapFinding() *finding.Finding {
	posn := func(line int) finding.Position { return finding.Position{File: "main.go", Line: line, Column: 2} }
	return &finding.Finding{Posn: posn(10), Related: []finding.Related{
		{Posn: posn(20), Message: "used here"},
		{Posn: posn(8), Message: "the reload is triggered here"},
	}}
}

// swapped returns a case of that finding, whose places are sites 0, 1 and 2.
func swapped(m *Image) *Case {
	return &Case{Finding: swapFinding(), Site: 0, Ends: []int{1, 2}, Observation: &Observation{
		Dirs: []string{"/src"}, Reloads: 3, Images: []*Image{m},
	}}
}

// counters returns those of sites 0, 1 and so on, by their hits.
func hitCounters(hits ...uint64) (list [][]uint64) {
	for _, n := range hits {
		slots := make([]uint64, probeSlots)
		slots[probeHits] = n
		list = append(list, slots)
	}
	return list
}

func frame(function, file string, line int) sanitize.Frame {
	return sanitize.Frame{Func: function, File: file, Line: line}
}

// user is a frame of the program at a line of main.go.
func user(line int) sanitize.Frame { return frame("main.f", "/src/main.go", line) }

func side(write bool, address uint64, goroutine string, stack ...sanitize.Frame) sanitize.Access {
	a := sanitize.Access{Write: write, Addr: address, Goroutine: goroutine, Stack: stack}
	a.Atomic = len(stack) > 0 && stack[0].Package() == "sync/atomic"
	return a
}

func TestJudgeRace(t *testing.T) {
	const variable, other = 0x1000, 0x2000
	std := frame("runtime.mapassign_faststr", "/go/src/runtime/map.go", 5)
	atomic := frame("sync/atomic.StorePointer", "/go/src/runtime/race_amd64.s", 237)
	probe := frame("example.com/m/internal/hotvetprobe.word", "/src/internal/hotvetprobe/addresses.go", 20)
	write := side(true, variable, "7", user(10))
	for _, test := range []struct {
		name     string
		sides    [2]sanitize.Access
		unknown  bool // the probe did not see the variable
		earlier  uint64
		result   string
		contains string
	}{
		{name: "both lines", sides: [2]sanitize.Access{write, side(false, variable, "9", user(20))}, result: finding.Confirmed,
			contains: "write at main.go:10 (main.f, goroutine 7) and read at main.go:20"},
		{name: "the other order", sides: [2]sanitize.Access{side(false, variable, "9", user(20)), write}, result: finding.Confirmed},
		{name: "inside the map", sides: [2]sanitize.Access{side(true, variable, "7", std, user(10)), side(false, variable, "9", std, user(20))}, result: finding.Confirmed},
		{name: "another line, same address", sides: [2]sanitize.Access{write, side(false, variable, "9", user(30))}, result: finding.Confirmed},
		{name: "main before the service", sides: [2]sanitize.Access{write, side(true, variable, "main", user(30))}, result: finding.Unreached},
		{name: "main at a line of the finding", sides: [2]sanitize.Access{write, side(false, variable, "main", user(20))}, result: finding.Confirmed},
		{name: "same lines, other address", sides: [2]sanitize.Access{side(true, other, "7", user(10)), side(false, other, "9", user(20))}, result: finding.Refuted},
		{name: "variable unknown, both lines", unknown: true, sides: [2]sanitize.Access{write, side(false, variable, "9", user(20))}, result: finding.Confirmed},
		{name: "variable unknown, one line", unknown: true, sides: [2]sanitize.Access{write, side(false, variable, "9", user(30))}, result: finding.Unreached},
		{name: "elsewhere", sides: [2]sanitize.Access{side(true, other, "7", user(40)), side(false, other, "9", user(41))}, result: finding.Refuted},
		{name: "two replacements", sides: [2]sanitize.Access{write, side(true, variable, "9", user(10))}, result: finding.Unreached},
		{name: "the beginning of the reload is no use", unknown: true, sides: [2]sanitize.Access{write, side(false, variable, "9", user(8))}, result: finding.Unreached},
		{name: "use writes, replacement reads", sides: [2]sanitize.Access{side(false, variable, "7", user(10)), side(true, variable, "9", user(20))}, result: finding.Unreached},
		{name: "stack forgotten", sides: [2]sanitize.Access{write, side(false, variable, "9")}, result: finding.Unreached},
		{name: "the probe itself", sides: [2]sanitize.Access{write, side(false, variable, "9", probe, user(20))}, result: finding.Unreached},
		{name: "atomic replacement", sides: [2]sanitize.Access{side(true, variable, "7", atomic, user(50)), side(false, variable, "9", user(20))}, result: finding.Confirmed,
			contains: "an atomic operation below main.go:50"},
		{name: "atomic, no caller", sides: [2]sanitize.Access{side(false, variable, "9", user(20)), side(true, variable, "7", atomic)}, result: finding.Confirmed},
		{name: "main's atomic, before the service", sides: [2]sanitize.Access{side(false, variable, "9", user(20)), side(true, variable, "main", atomic)}, result: finding.Unreached},
		{name: "replaced only at the start", earlier: 5, sides: [2]sanitize.Access{write, side(false, variable, "9", user(20))}, result: finding.Unreached},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &Image{Counters: hitCounters(5, 7, 3), Earlier: hitCounters(test.earlier, 0, 0), Races: []sanitize.Race{{Accesses: test.sides}}}
			if !test.unknown {
				m.Addresses = map[int][]Range{0: {{variable, 8}}}
			}
			got := judgeRace(swapped(m))
			if text := opinionText(got); got.result != test.result || !strings.Contains(text, test.contains) {
				t.Errorf("got %s, want %s and %q: %s", got.result, test.result, test.contains, text)
			}
		})
	}
}

func TestJudgeRaceWithoutReports(t *testing.T) {
	for _, test := range []struct {
		name     string
		counters [][]uint64
		want     string
	}{
		{"both sides ran", hitCounters(3, 9, 3), finding.Refuted},
		{"not replaced", hitCounters(0, 9, 3), finding.Unreached},
		{"not used", hitCounters(3, 0, 3), finding.Unreached},
	} {
		if got := judgeRace(swapped(&Image{Counters: test.counters})); got.result != test.want {
			t.Errorf("%s: got %s, want %s: %s", test.name, got.result, test.want, opinionText(got))
		}
	}
	apart := swapped(&Image{PID: 1, Counters: hitCounters(3, 0, 3)})
	apart.Images = append(apart.Images, &Image{PID: 2, Counters: hitCounters(0, 9, 0)})
	if got := judgeRace(apart); got.result != finding.Unreached {
		t.Errorf("replaced and used in two processes: got %s: %s", got.result, opinionText(got))
	}
	assumed := &Case{Finding: &finding.Finding{Posn: swapFinding().Posn}, Site: 0, Observation: apart.Observation}
	if got := judgeRace(assumed); got.result != finding.Unreached {
		t.Errorf("no place of a use is known: got %s: %s", got.result, opinionText(got))
	}
	c := swapped(&Image{Counters: hitCounters(3, 9, 3)})
	c.Site = -1
	if got := judgeRace(c); got.result != finding.Unreached {
		t.Errorf("a place in a dependency: got %s", got.result)
	}
}

func TestJudgeFatalMap(t *testing.T) {
	trace := func(line string) string {
		return "fatal error: concurrent map read and map write\n\ngoroutine 9 [running]:\ninternal/runtime/maps.fatal(...)\n\t/go/src/runtime/panic.go:1181\nmain.f(0x1)\n\t/src/main.go:" + line + " +0x1d\n"
	}
	for _, test := range []struct {
		name, output string
		code         int
		result       string
	}{
		{"at the use", trace("20"), 2, finding.Confirmed},
		{"elsewhere", trace("21"), 2, finding.Refuted},
		{"logged, and lived on", trace("20"), 0, finding.Refuted},
	} {
		c := swapped(&Image{Counters: hitCounters(3, 9, 3)})
		c.Output, c.Code = test.output, test.code
		got := judgeRace(c)
		if got.result != test.result || got.ends != (test.result == finding.Confirmed) {
			t.Errorf("%s: got %s, ends %v: %s", test.name, got.result, got.ends, opinionText(got))
		}
	}
}

// A library's state is not seen by the probe: both sides are known by their calls.
func TestJudgeLibraryRace(t *testing.T) {
	const pkg = "example.com/conf"
	lib := func(f string) sanitize.Frame { return frame(pkg+"."+f, "/mod/conf/conf.go", 5) }
	foreign := frame("example.com/log.write", "/mod/log/log.go", 5)
	read := side(false, 1, "9", lib("find"), lib("Get"), user(20))
	for _, test := range []struct {
		name    string
		sides   [2]sanitize.Access
		started sanitize.Frame
		want    string
	}{
		{"its own goroutine", [2]sanitize.Access{side(true, 1, "7", lib("load"), lib("Watch.func1")), read}, lib("Watch"), finding.Confirmed},
		{"called at the line", [2]sanitize.Access{side(true, 1, "7", lib("load"), lib("Watch"), user(10)), read}, user(9), finding.Confirmed},
		{"called elsewhere", [2]sanitize.Access{side(true, 1, "7", lib("load"), user(11)), read}, lib("Watch"), finding.Unreached},
		{"another library", [2]sanitize.Access{side(true, 1, "7", foreign, lib("load")), read}, lib("Watch"), finding.Unreached},
		{"started by the program", [2]sanitize.Access{side(true, 1, "7", lib("load")), read}, user(9), finding.Unreached},
		{"read elsewhere", [2]sanitize.Access{side(true, 1, "7", lib("load")), side(false, 1, "9", lib("Get"), user(21))}, lib("Watch"), finding.Unreached},
	} {
		m := &Image{Counters: hitCounters(1, 9), Earlier: hitCounters(1, 0), Races: []sanitize.Race{{
			Accesses: test.sides, Goroutines: []sanitize.Goroutine{{ID: "7", Stack: []sanitize.Frame{test.started}}},
		}}}
		c := swapped(m)
		c.Finding.Related[0].Message = "read here"
		got := judgeRace(c)
		if got.result != test.want {
			t.Errorf("%s: got %s, want %s: %s", test.name, got.result, test.want, opinionText(got))
		}
		if called := strings.Contains(opinionText(got), "called at main.go:20"); called != (test.want == finding.Confirmed) {
			t.Errorf("%s: the call is told: %v, in %s", test.name, called, opinionText(got))
		}
	}
}

// caseOf judges a case whose own counters are those of site 0.
func caseOf(judge func(*Case) opinion, counters map[int]uint64, ends []int, related ...string) opinion {
	f := &finding.Finding{Posn: finding.Position{File: "main.go", Line: 10}}
	for i, message := range related {
		f.Related = append(f.Related, finding.Related{Posn: finding.Position{File: "main.go", Line: 20 + i}, Message: message})
	}
	m := &Image{Counters: append(counted(counters), hitCounters(4, 4)...)}
	return judge(&Case{Finding: f, Ends: ends, Observation: &Observation{Images: []*Image{m}}})
}

func TestJudgeLoadsAndCopies(t *testing.T) {
	const first, replaced = "first version read here", "replaced here"
	for _, test := range []struct {
		name     string
		judge    func(*Case) opinion
		counters map[int]uint64
		ends     []int
		want     string
	}{
		{"mixed", judgeMixed, map[int]uint64{probeHits: 9, probeMixed: 1, probeKept: 2}, []int{1, 2}, finding.Confirmed},
		{"kept", judgeMixed, map[int]uint64{probeHits: 9, probeKept: 2}, []int{1, 2}, finding.Refuted},
		{"two states", judgeMixed, map[int]uint64{probeHits: 9, probeMixed: 3, probeUnsteady: 6}, []int{1, 2}, finding.Unreached},
		{"no reload between", judgeMixed, map[int]uint64{probeHits: 9}, []int{1, 2}, finding.Unreached},
		{"replacement not counted", judgeMixed, map[int]uint64{probeHits: 9}, []int{1, -1}, finding.Unreached},
		{"never loaded", judgeMixed, nil, []int{1, 2}, finding.Unreached},

		{"stale", judgeSnapshot, map[int]uint64{probeHits: 1, probeReloads: 1, probeRounds: 5, probeStale: 5}, []int{1, 2}, finding.Confirmed},
		{"copied anew", judgeSnapshot, map[int]uint64{probeHits: 6, probeReloads: 1, probeRounds: 5, probeAgain: 5}, []int{1, 2}, finding.Refuted},
		{"another object was replaced", judgeSnapshot, map[int]uint64{probeHits: 1, probeReloads: 1, probeRounds: 5}, []int{1, 2}, finding.Unreached},
		{"loop waits", judgeSnapshot, map[int]uint64{probeHits: 1, probeReloads: 1, probeRounds: 1, probeStale: 1}, []int{1, 2}, finding.Unreached},
		{"no reload", judgeSnapshot, map[int]uint64{probeHits: 1}, []int{1, 2}, finding.Unreached},
		{"reload cannot be watched", judgeSnapshot, map[int]uint64{probeHits: 1}, []int{1, -1}, finding.Unreached},
		{"no copy", judgeSnapshot, nil, []int{1, 2}, finding.Unreached},
	} {
		if got := caseOf(test.judge, test.counters, test.ends, first, replaced); got.result != test.want {
			t.Errorf("%s: got %s, want %s: %s", test.name, got.result, test.want, opinionText(got))
		}
	}
}

func TestJudgeFree(t *testing.T) {
	report := func(kind string, start uint64) sanitize.ASan {
		return sanitize.ASan{Kind: kind, Access: "READ", Size: 4, Region: sanitize.Region{Start: start, End: start + 8}, Stack: []sanitize.Frame{user(22)}}
	}
	for _, test := range []struct {
		name    string
		reports []sanitize.ASan
		hits    [][]uint64
		want    string
	}{
		{"used after", []sanitize.ASan{report("heap-use-after-free", 0x100)}, hitCounters(1, 4, 1), finding.Confirmed},
		{"other memory", []sanitize.ASan{report("heap-use-after-free", 0x200)}, hitCounters(1, 4, 1), finding.Refuted},
		{"another error", []sanitize.ASan{report("heap-buffer-overflow", 0x100)}, hitCounters(1, 4, 1), finding.Refuted},
		{"nothing", nil, hitCounters(1, 4, 1), finding.Refuted},
		{"not freed", nil, hitCounters(0, 4, 1), finding.Unreached},
		{"not used", nil, hitCounters(1, 0, 1), finding.Unreached},
	} {
		m := &Image{Counters: test.hits, ASan: test.reports, Addresses: map[int][]Range{0: {{0x100, 1}}}}
		if got := judgeFree(swapped(m)); got.result != test.want {
			t.Errorf("%s: got %s, want %s: %s", test.name, got.result, test.want, opinionText(got))
		}
	}
}
