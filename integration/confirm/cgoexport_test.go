package confirm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/sanitize"
)

// A callbackTest is what was seen of an export whose place is at rules.go:7, site 0;
// its related places are sites 1 and on.
type callbackTest struct {
	name    string
	related []string // messages
	sites   []map[int]uint64
	image   Image
	o       Observation
	result  string
	says    string
}

func (test callbackTest) run(t *testing.T, judge func(*Case) opinion) {
	t.Helper()
	f := &finding.Finding{Posn: finding.Position{File: "app/rules.go", Line: 7, Column: 9}, End: finding.Position{File: "app/rules.go", Line: 7, Column: 25}}
	c := &Case{Finding: f, Observation: &test.o}
	for i, message := range test.related {
		f.Related = append(f.Related, finding.Related{Posn: finding.Position{File: "app/main.go", Line: 10 + i}, Message: message})
		c.Ends = append(c.Ends, i+1)
	}
	c.Dirs = []string{"/src"}
	m := test.image
	for i := range max(len(test.sites), len(test.related)+1) {
		values := map[int]uint64{}
		if i < len(test.sites) {
			values = test.sites[i]
		}
		m.Counters = append(m.Counters, counted(values)[0])
	}
	c.Images = []*Image{&m}
	got := judge(c)
	text := opinionText(got)
	if got.result != test.result || !strings.Contains(text, test.says) {
		t.Errorf("%s: got %s, want %s and %q: %s", test.name, got.result, test.result, test.says, text)
	}
	if decided := got.result == finding.Confirmed || got.result == finding.Refuted; decided != (len(got.evidence) > 0) {
		t.Errorf("%s: %s with %d pieces of evidence", test.name, got.result, len(got.evidence))
	}
}

func runCallbackTests(t *testing.T, judge func(*Case) opinion, tests []callbackTest) {
	for _, test := range tests {
		test.run(t, judge)
	}
}

// raised is a panic at the finding's place, and other one elsewhere in the export.
var (
	raisedHere = raisedPanic{
		{Func: "runtime.panicdivide", File: "/go/src/runtime/panic.go", Line: 300},
		{Func: "main.onRule", File: "/src/app/rules.go", Line: 7},
		{Func: "_cgoexp_1_onRule", File: "_cgo_gotypes.go", Line: 80},
	}
	raisedElsewhere = raisedPanic{{Func: "main.onRule", File: "/src/app/rules.go", Line: 9}}
)

const diedOfPanic = `panic: runtime error: integer divide by zero

goroutine 1 [running]:
main.onRule(0x1, 0x0)
	/src/app/rules.go:7 +0x1d
`

func TestJudgePanic(t *testing.T) {
	runCallbackTests(t, judgePanic, []callbackTest{
		{name: "never called", result: finding.Unreached, says: "C never called"},
		{name: "recovered by an outer function", sites: []map[int]uint64{{probeEntered: 1, probePlaces: 1, probePanicked: 1}},
			image:  Image{Panics: map[int][]raisedPanic{0: {raisedHere}}},
			result: finding.Confirmed, says: "raised in main.onRule at rules.go:7 left main.onRule at rules.go:7 into C; a function of Go behind C"},
		{name: "ends the program", sites: []map[int]uint64{{probeEntered: 1, probePlaces: 1}},
			image: Image{Panics: map[int][]raisedPanic{0: {raisedHere}}}, o: Observation{Code: 2, Exit: "exit status 2", Output: diedOfPanic},
			result: finding.Confirmed, says: "ended with exit status 2: panic: runtime error: integer divide by zero"},
		{name: "of another place", sites: []map[int]uint64{{probeEntered: 1, probePlaces: 1, probePanicked: 1}},
			image:  Image{Panics: map[int][]raisedPanic{0: {raisedElsewhere}}},
			result: finding.Unreached, says: "nothing panicked"},
		{name: "of another export", sites: []map[int]uint64{{probeEntered: 1, probePlaces: 1}},
			image:  Image{Panics: map[int][]raisedPanic{1: {raisedHere}}},
			result: finding.Unreached, says: "nothing panicked"},
		{name: "turned away", sites: []map[int]uint64{{probeEntered: 5, probePlaces: 3}}, result: finding.Refuted, says: "2 of 5 calls"},
		{name: "turned away always", sites: []map[int]uint64{{probeEntered: 5}}, result: finding.Unreached, says: "5 times"},
		{name: "raised below and recovered", related: []string{relatedRisk}, sites: []map[int]uint64{{probeEntered: 2, probeLeft: 2}, {probeHits: 1}},
			result: finding.Refuted, says: "main.go:10 was reached once"},
		{name: "not raised below", related: []string{relatedRisk}, sites: []map[int]uint64{{probeEntered: 2, probeLeft: 2}},
			result: finding.Unreached, says: "was not reached"},
		{name: "the line of the name is no place", related: []string{relatedRisk}, sites: []map[int]uint64{{probeEntered: 2}},
			image:  Image{Panics: map[int][]raisedPanic{0: {raisedHere}}},
			result: finding.Unreached, says: "was not reached"},
	})
}

func TestJudgeThrown(t *testing.T) {
	put := raisedPanic{{Func: "m/internal/hotvetprobe.Throw", File: "calls.go", Line: 1}, raisedHere[1]}
	runCallbackTests(t, judgeThrown, []callbackTest{
		{name: "not thrown", sites: []map[int]uint64{{probeEntered: 1}}, result: ""},
		{name: "left", sites: []map[int]uint64{{probeEntered: 1, probeThrown: 1, probePanicked: 1}},
			image: Image{Panics: map[int][]raisedPanic{0: {put}}},
			o:     Observation{Code: 2, Exit: "exit status 2", Output: "panic: " + injectedPanic + "\n\ngoroutine 1 [running]:\nmain.f()\n\t/src/a.go:1 +0x1\n"},

			result: finding.Confirmed, says: "and ended the program with exit status 2"},
		{name: "recovered", sites: []map[int]uint64{{probeEntered: 1, probeThrown: 1}}, result: finding.Refuted, says: "recovered before it left"},
		{name: "recovered, and another left", sites: []map[int]uint64{{probeEntered: 1, probeThrown: 1, probePanicked: 1}},
			image:  Image{Panics: map[int][]raisedPanic{0: {raisedHere}}},
			result: finding.Refuted, says: "recovered before it left"},
	})
}

func TestJudgeState(t *testing.T) {
	const died = "fatal error: concurrent map read and map write\n\ngoroutine 18 [running]:\nmain.onLookup(0x1)\n\t/src/app/rules.go:7 +0x1d\n"
	ended := Observation{Code: 2, Exit: "exit status 2", Output: died}
	elsewhere := Observation{Code: 2, Exit: "exit status 2", Output: strings.Replace(died, "rules.go:7", "rules.go:70", 1)}
	runCallbackTests(t, judgeState, []callbackTest{
		{name: "panics", sites: []map[int]uint64{{probeEntered: 1, probePlaces: 1}},
			image:  Image{Panics: map[int][]raisedPanic{0: {raisedHere}}},
			result: finding.Confirmed, says: "what it uses was not there"},
		{name: "early", related: []string{relatedSet}, sites: []map[int]uint64{{probeEntered: 3, probePlaces: 3, probeBefore: 1}},
			result: finding.Refuted, says: "once before it was set"},
		{name: "never early", related: []string{relatedSet}, sites: []map[int]uint64{{probeEntered: 3, probePlaces: 2}},
			result: finding.Unreached, says: "never before it was set"},
		{name: "late", related: []string{relatedDelete}, sites: []map[int]uint64{{probeEntered: 3, probePlaces: 3, probeAfter: 2}},
			result: finding.Refuted, says: "2 times after a handle had been deleted"},
		{name: "never late", related: []string{relatedDelete}, sites: []map[int]uint64{{probeEntered: 3, probePlaces: 3, probeBefore: 3}},
			result: finding.Unreached, says: "never after"},
		{name: "turned away", sites: []map[int]uint64{{probeEntered: 3, probePlaces: 2}}, result: finding.Refuted, says: "1 of 3 calls"},
		{name: "always there", sites: []map[int]uint64{{probeEntered: 3, probePlaces: 3}}, result: finding.Unreached, says: "always there"},
		{name: "map", related: []string{relatedMap}, o: ended, result: finding.Confirmed, says: "concurrent map read and map write, in main.onLookup at rules.go:7"},
		{name: "another map", related: []string{relatedMap}, o: elsewhere, result: finding.Unreached, says: "race detector"},
		{name: "a log of a map", related: []string{relatedMap}, o: Observation{Output: died}, result: finding.Unreached, says: "race detector"},
	})
}

func TestJudgeSharedMap(t *testing.T) {
	race := func(write bool, line int) []sanitize.Race {
		return []sanitize.Race{{Accesses: [2]sanitize.Access{
			{Write: write, Stack: []sanitize.Frame{{Func: "main.load", File: "/src/app/main.go", Line: line}}},
			{Stack: []sanitize.Frame{{Func: "main.onLookup", File: "/src/app/rules.go", Line: 7}}},
		}}}
	}
	used := []map[int]uint64{{probeEntered: 4, probePlaces: 4}, {probeHits: 2}}
	related := []string{relatedMap}
	runCallbackTests(t, judgeSharedMap, []callbackTest{
		{name: "race", related: related, sites: used, image: Image{Races: race(true, 10)}, result: finding.Confirmed, says: "main.onLookup at rules.go:7"},
		{name: "two reads", related: related, sites: used, image: Image{Races: race(false, 10)}, result: finding.Refuted, says: "no race on it"},
		{name: "elsewhere", related: related, sites: used, image: Image{Races: race(true, 11)}, result: finding.Refuted, says: "no race on it"},
		{name: "one side", related: related, sites: used[:1], result: finding.Unreached, says: "nothing else used the map"},
		{name: "not called", related: related, result: finding.Unreached, says: "never called"},
	})
}

func TestJudgeDrain(t *testing.T) {
	const sleeping = "goroutine 17 [sleep, locked to thread]:\ntime.Sleep(0x1)\n\t/go/src/runtime/time.go:363 +0x1\nmain.onTick(0x1)\n\t/src/app/rules.go:9 +0x2\n_cgoexp_1_onTick()\n\t_cgo.go:1 +0x3\n"
	const held = "goroutine 17 [sleep, locked to thread]:\ntime.Sleep(0x1)\n\t/go/src/runtime/time.go:363 +0x1\nm/internal/hotvetprobe.(*Call).Work(0x1)\n\t/p/calls.go:90 +0x1\nmain.onTick(0x1)\n\t/src/app/rules.go:9 +0x2\n"
	const locked = "goroutine 17 [sync.Mutex.Lock, locked to thread]:\nmain.onTick(0x1)\n\t/src/app/rules.go:9 +0x2\n"
	restarted := Observation{Restarted: true}
	related := []string{"the process is replaced here"}
	looked := map[int]uint64{probeSettled: 1}
	cut := map[int]uint64{probeEntered: 9, probeEarly: 6, probeFinished: 5, probeInside: 1, probeWorking: 6, probeWorked: 5}
	kept := map[int]uint64{probeEntered: 9, probeEarly: 6, probeFinished: 6, probeInside: 1, probeWorking: 6, probeWorked: 6}
	young := map[int]uint64{probeEntered: 9, probeEarly: 6, probeFinished: 6, probeInside: 1, probeWorking: 8, probeWorked: 7}
	idle := map[int]uint64{probeEntered: 9, probeEarly: 6, probeFinished: 6, probeWorking: 6, probeWorked: 6}
	runCallbackTests(t, judgeDrain, []callbackTest{
		{name: "cut", related: related, sites: []map[int]uint64{cut, looked}, o: restarted,
			image:  Image{End: Replaced, Inside: map[int][]string{0: {sleeping}}},
			result: finding.Confirmed, says: "sleep, locked to thread in time.Sleep (time.go:363), called by main.onTick (rules.go:9)"},
		{name: "held up", related: related, sites: []map[int]uint64{cut, looked}, o: restarted,
			image:  Image{End: Replaced, Inside: map[int][]string{0: {held}}},
			result: finding.Confirmed, says: "right before the exec: held up by hotvet in main.onTick (rules.go:9)"},
		{name: "no look was taken", related: related, sites: []map[int]uint64{cut}, o: restarted, image: Image{End: Replaced},
			result: finding.Unreached, says: "may have been about to end"},
		{name: "waits for the lock of the restart", related: related, sites: []map[int]uint64{cut, looked}, o: restarted,
			image:  Image{End: Replaced, Inside: map[int][]string{0: {locked}}},
			result: finding.Unreached, says: "waited for a lock"},
		{name: "killed", related: related, sites: []map[int]uint64{cut, looked}, o: restarted, image: Image{End: Killed},
			result: finding.Unreached, says: "did not replace itself"},
		{name: "restarts by itself", related: related, sites: []map[int]uint64{cut, looked}, image: Image{End: Replaced},
			result: finding.Unreached, says: "not told"},
		{name: "waited for", related: related, sites: []map[int]uint64{kept, looked}, o: restarted, image: Image{End: Replaced},
			result: finding.Refuted, says: "no call that was inside was cut"},
		{name: "only later calls are cut", related: related, sites: []map[int]uint64{young, looked}, o: restarted, image: Image{End: Replaced},
			result: finding.Unreached, says: "later ones did not"},
		{name: "none inside", related: related, sites: []map[int]uint64{idle, looked}, o: restarted, image: Image{End: Replaced},
			result: finding.Unreached, says: "no call was at its work"},
		{name: "export elsewhere", related: append(related, relatedExport), sites: []map[int]uint64{looked, {}, cut}, o: restarted,
			image:  Image{End: Replaced, Inside: map[int][]string{2: {sleeping}}},
			result: finding.Confirmed, says: "1 cut by exec"},
	})
}

func TestJudgeEnds(t *testing.T) {
	related := []string{relatedRegister}
	registered := []map[int]uint64{{}, {probeHits: 1}}
	runCallbackTests(t, judgeAtExit, []callbackTest{
		{name: "skipped", related: related, sites: registered, image: Image{End: Replaced}, result: finding.Confirmed, says: "registered at main.go:10"},
		{name: "called before", related: related, sites: []map[int]uint64{{probeEntered: 1}, {probeHits: 1}}, image: Image{End: Replaced}, result: finding.Refuted, says: "once before"},
		{name: "not registered", related: related, image: Image{End: Replaced}, result: finding.Unreached, says: "never came"},
		{name: "killed by hotvet", related: related, sites: registered, image: Image{End: Killed}, result: finding.Unreached, says: "by itself"},
		{name: "killed by a signal", related: related, sites: registered, image: Image{End: Asked}, o: Observation{Signal: "SIGTERM"}, result: finding.Unreached, says: "no exit handler"},
		{name: "panicked", related: related, sites: registered, image: Image{End: Exited}, o: Observation{Code: 2}, result: finding.Unreached, says: "no exit handler"},
	})
	const fatal = "runtime: morestack on g0, stack [0x1 0x2], sp=0x3, called from\nruntime.cgocallback(0x1)\n"
	handler := []string{relatedSignal + "SIGUSR1"}
	runCallbackTests(t, judgeSignal, []callbackTest{
		{name: "dies", o: Observation{Code: 2, Exit: "exit status 2", Output: fatal}, result: finding.Confirmed, says: "exit status 2 in a callback of C: runtime: morestack on g0"},
		{name: "logs it", sites: []map[int]uint64{{probeEntered: 1}}, o: Observation{Output: fatal}, result: finding.Refuted, says: "lived on"},
		{name: "killed when sent", related: handler, image: Image{End: Exited}, o: Observation{Signal: "SIGSEGV", Code: -1, Sent: "SIGUSR1"}, result: finding.Confirmed, says: "until it was sent SIGUSR1"},
		{name: "killed by something else", related: handler, image: Image{End: Exited}, o: Observation{Signal: "SIGSEGV", Code: -1, Sent: "SIGHUP"}, result: finding.Unreached, says: "not in a callback"},
		{name: "killed later", related: handler, image: Image{End: Asked}, o: Observation{Signal: "SIGSEGV", Code: -1, Sent: "SIGUSR1"}, result: finding.Unreached, says: "not in a callback"},
		{name: "a fault in C", related: handler, image: Image{End: Exited}, o: Observation{Code: 2, Sent: "SIGUSR1", Output: "SIGSEGV: segmentation violation\nPC=0x1\n"}, result: finding.Unreached, says: "not in a callback"},
		{name: "never sent", result: finding.Unreached, says: "has to be sent"},
	})
}

func TestJudgeConstructor(t *testing.T) {
	const joining = "goroutine 1 [syscall, locked to thread]:\nmain._Cfunc_wait()\n\t_cgo_gotypes.go:58 +0x3a\nmain.init.0()\n\t/src/app/rules.go:7 +0x1d\n"
	const waiting = "goroutine 17 [chan receive, locked to thread]:\nruntime.cgocallbackg1(0x1)\n\t/go/src/runtime/cgocall.go:400 +0x1\n"
	early := []string{relatedConstructor, relatedNamed + "onRule"}
	hang := func(h Hang) Observation { return Observation{Hang: &h} }
	runCallbackTests(t, judgeConstructor, []callbackTest{
		{name: "main", image: Image{Main: true}, result: finding.Refuted, says: "main was reached"},
		{name: "slow", result: finding.Unreached, says: "not seen to wait for itself"},
		{name: "constructor", related: early, o: hang(Hang{Threads: 1, Functions: []string{"x", "onRule"}}), result: finding.Confirmed, says: "C called onRule before Go ran"},
		{name: "another export", related: early, o: hang(Hang{Threads: 1, Functions: []string{"onOther"}}), result: finding.Unreached, says: "no thread was seen"},
		{name: "join", o: hang(Hang{Threads: 5, Goroutines: []string{joining, waiting}}), result: finding.Confirmed, says: "goroutine 1 is in syscall, locked to thread in main._Cfunc_wait"},
		{name: "a slow call of C", o: hang(Hang{Goroutines: []string{joining}}), result: finding.Unreached, says: "not seen to wait at this place"},
		{name: "elsewhere", o: hang(Hang{Goroutines: []string{strings.Replace(joining, "rules.go:7", "rules.go:9", 1), waiting}}), result: finding.Unreached, says: "not seen to wait at this place"},
	})
}

// TestAlways reads in C where a handler is registered.
func TestAlways(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"void open(void) {\n\tatexit(flush); //\n}\n", "open"},
		{"static int\nbook_open(int a,\n\tint b) {\n\tatexit(flush); //\n}\n", ""},
		{"int open(int a)\n{\n\tinit(a);\n\tatexit(flush); //\n}\n", "open"},
		{"void open(int a) {\n\tif (a) {\n\t\tatexit(flush); //\n\t}\n}\n", ""},
		{"void open(int a) {\n\tif (a) return;\n\tatexit(flush); //\n}\n", ""},
		{"void open(int a) {\n\ta && atexit(flush); //\n}\n", ""},
		{"void other(void) {\n}\n\natexit(flush); //\n", ""},
	} {
		file := filepath.Join(t.TempDir(), "a.c")
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(test.text, "//")
		if got := always(file, strings.Count(before, "\n")+1); got != test.want {
			t.Errorf("got %q, want %q for\n%s", got, test.want, test.text)
		}
	}
}
