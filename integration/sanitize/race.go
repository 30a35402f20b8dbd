package sanitize

import (
	"regexp"
	"strconv"
	"strings"
)

// A Race is one report of the race detector. The form is that of the part for Go
// of PrintReport in compiler-rt/lib/tsan/rtl/tsan_report.cpp.
type Race struct {
	Accesses   [2]Access // the later one first
	Goroutines []Goroutine
	// Damage says what of the report could not be read, nothing when it is whole.
	Damage string
}

// An Access is a side of a race.
type Access struct {
	Write bool
	// Atomic is whether the access is one of sync/atomic, which the report says
	// only by its stack. That often has no other frame: the assembly code of
	// sync/atomic enters the detector without its caller (runtime/race_amd64.s).
	Atomic    bool
	Addr      uint64
	Goroutine string  // its number, "main" for the main goroutine
	Stack     []Frame // innermost first, nil when the detector had forgotten it
}

// Top returns the innermost frame of the access outside the run-time system and
// the standard library, and whether there is one.
func (a Access) Top() (Frame, bool) { return Top(a.Stack) }

// A Goroutine is where a goroutine of a race was started.
type Goroutine struct {
	ID       string
	Finished bool
	Stack    []Frame
}

var (
	accessLine    = regexp.MustCompile(`^(Previous )?([Ww]rite|[Rr]ead) at 0x([0-9a-f]{1,16}) by (main goroutine|goroutine ([0-9]+)):$`)
	goroutineLine = regexp.MustCompile(`^Goroutine ([0-9]+) \((running|finished)\) created at:$`)
)

const raceHead, raceRule = "WARNING: DATA RACE", "=================="

// ParseRace returns the reports of races in text. With GORACE=log_path=FILE they
// stand alone in FILE.PID; on standard error, output of the program may stand
// between and within their lines.
func ParseRace(text string) []Race {
	var races []Race
	l := lines{rest: text}
	for len(races) < MaxReports && l.next() {
		// The program may have written to the beginning and end of that line.
		if strings.Contains(l.line, raceHead) {
			races = append(races, parseRace(&l))
		}
	}
	return races
}

// parseRace reads the report whose head is l's line, to its end.
func parseRace(l *lines) Race {
	var r Race
	accesses, ended := 0, false
	var stack *[]Frame // to which frames belong, nil for those of no interest
	for !ended && !strings.Contains(l.peek(), raceHead) && l.next() {
		if strings.HasPrefix(l.line, raceRule) {
			ended = true
		} else if m := accessLine.FindStringSubmatch(l.line); m != nil {
			stack = nil
			if accesses < len(r.Accesses) && (m[1] != "") == (accesses == 1) {
				r.Accesses[accesses] = access(m)
				stack = &r.Accesses[accesses].Stack
				accesses++
			}
		} else if m := goroutineLine.FindStringSubmatch(l.line); m != nil {
			stack = nil
			if len(r.Goroutines) < len(r.Accesses) {
				r.Goroutines = append(r.Goroutines, Goroutine{ID: m[1], Finished: m[2] == "finished"})
				stack = &r.Goroutines[len(r.Goroutines)-1].Stack
			}
		} else if f, ok := raceFrame(l); ok && stack != nil && len(*stack) < MaxFrames {
			*stack = append(*stack, f)
		}
	}
	switch {
	case accesses < len(r.Accesses):
		r.Damage = strconv.Itoa(accesses) + " of 2 accesses can be read"
	case !ended:
		r.Damage = "the report has no end"
	}
	for i := range r.Accesses {
		if s := r.Accesses[i].Stack; len(s) > 0 {
			r.Accesses[i].Atomic = s[0].Package() == "sync/atomic" || s[0].Package() == "internal/runtime/atomic"
		}
	}
	return r
}

// access makes an access of what accessLine found.
func access(m []string) Access {
	a := Access{Write: strings.EqualFold(m[2], "write"), Goroutine: m[5]}
	if m[5] == "" {
		a.Goroutine = "main"
	}
	a.Addr, _ = strconv.ParseUint(m[3], 16, 64) // 16 hexadecimal digits fit
	return a
}

// raceFrame reads a frame, "  FUNC()" and below it "      FILE:LINE +0xOFFSET",
// that begins at l's line.
func raceFrame(l *lines) (Frame, bool) {
	name, ok := strings.CutPrefix(l.line, "  ")
	if !ok || strings.HasPrefix(name, " ") {
		return Frame{}, false
	}
	name, ok = strings.CutSuffix(name, "()")
	where, indented := strings.CutPrefix(l.peek(), "      ")
	if !ok || !indented || !strings.Contains(where, " +0x") {
		return Frame{}, false
	}
	file, line, ok := position(where)
	if !ok {
		return Frame{}, false
	}
	l.next()
	return Frame{Func: name, File: file, Line: line}, true
}
