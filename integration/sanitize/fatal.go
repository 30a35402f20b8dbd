package sanitize

import (
	"regexp"
	"strings"
)

// A Kind says how the Go run-time system ended a process.
type Kind string

const (
	KindPanic  Kind = "panic"       // nothing recovered it
	KindFatal  Kind = "fatal error" // cannot be recovered
	KindSignal Kind = "signal"      // outside Go code
)

// A Class is a kind of failure by its message, as far as it is of interest here.
type Class string

const (
	ClassConcurrentMap Class = "concurrent map"  // read, write or iteration beside a write
	ClassCheckptr      Class = "checkptr"        // a conversion of unsafe.Pointer
	ClassDeadlock      Class = "deadlock"        // all goroutines are asleep
	ClassBadPointer    Class = "bad pointer"     // the collector met one that it cannot have
	ClassUnmarked      Class = "unmarked object" // in use, found by GODEBUG=gccheckmark=1
	ClassCgoPointer    Class = "cgo pointer"     // Go memory handed to C against the rules
	ClassFault         Class = "fault"           // an access to an address that is not mapped
	ClassOther         Class = ""
)

// classes are the messages that tell a class, from runtime and
// internal/runtime/maps.
var classes = []struct {
	text  string
	class Class
}{
	{"concurrent map ", ClassConcurrentMap},
	{"checkptr: ", ClassCheckptr},
	{"all goroutines are asleep", ClassDeadlock},
	{"found bad pointer in Go heap", ClassBadPointer},
	{"checkmark found unmarked object", ClassUnmarked},
	{"unpinned Go pointer", ClassCgoPointer},
	{"unexpected signal during runtime execution", ClassFault},
	{"invalid memory address or nil pointer dereference", ClassFault},
}

// A Fatal is the end of a process as the Go run-time system writes it.
type Fatal struct {
	Kind      Kind
	Message   string // of panics while panicking the last, on one line or several
	Class     Class
	Signal    string  // such as "SIGSEGV", nothing when there was none
	Goroutine string  // number of the first one in the trace, nothing without a trace
	Stack     []Frame // of that, innermost first
}

// Top returns the innermost frame of the first goroutine outside the run-time
// system and the standard library, and whether there is one.
func (f Fatal) Top() (Frame, bool) { return Top(f.Stack) }

// Explains reports whether a process that wrote f can have ended with the exit
// code or by the signal, such as "SIGABRT", which is empty for an exit. Text that
// a program logs can look like a Fatal; the process then went on, or ended in
// another way. The run-time system exits with 2, and with GOTRACEBACK=crash it
// raises SIGABRT or, where it has one, the signal that it caught (runtime.dieFromSignal).
func (f Fatal) Explains(code int, signal string) bool {
	if signal == "" {
		return code == 2
	}
	return signal == "SIGABRT" || signal == f.Signal
}

var (
	fatalHead     = regexp.MustCompile(`^(panic|fatal error): (.*)$`)
	signalHead    = regexp.MustCompile(`^(SIG[A-Z0-9]+): .+$`)
	signalDetail  = regexp.MustCompile(`^\[signal (SIG[A-Z0-9]+)`)
	goroutineHead = regexp.MustCompile(`^goroutine ([0-9]+) (?:gp=[^\[]*)?\[.*\]:$`)
	recovered     = regexp.MustCompile(` \[recovered(, repanicked)?\]$`)
)

// ParseFatal returns the ends of processes in text, in their order. Several
// processes may have written it. A panic that was recovered is written by the
// program, if at all, and looks different: the run-time system's head begins a line.
func ParseFatal(text string) []Fatal {
	var found []Fatal
	l := lines{rest: text}
	for l.line = ""; len(found) < MaxReports && l.next(); {
		if m := fatalHead.FindStringSubmatch(l.line); m != nil {
			f := Fatal{Kind: Kind(m[1]), Message: recovered.ReplaceAllString(m[2], "")}
			found = append(found, parseFatal(&l, f))
		} else if m := signalHead.FindStringSubmatch(l.line); m != nil && strings.HasPrefix(l.peek(), "PC=0x") {
			f := Fatal{Kind: KindSignal, Message: l.line, Signal: m[1]}
			found = append(found, parseFatal(&l, f))
		}
	}
	return found
}

// parseFatal reads what follows the head of f, up to the end of the first
// goroutine's stack or the head of another.
func parseFatal(l *lines, f Fatal) Fatal {
	message := true // whether a line that is indented belongs to the message
	for !isHead(l) && l.next() {
		if l.line == "" && !startsTrace(l.peek()) {
			break // GOTRACEBACK=none: what follows is something else
		}
		line := strings.TrimPrefix(l.line, "\t")
		if m := signalDetail.FindStringSubmatch(line); m != nil {
			message = false
			f.Signal = m[1]
		} else if m := goroutineHead.FindStringSubmatch(l.line); m != nil {
			f.Goroutine = m[1]
			f.Stack = fatalStack(l)
			break
		} else if m := fatalHead.FindStringSubmatch(line); m != nil && message {
			f.Kind, f.Message = Kind(m[1]), recovered.ReplaceAllString(m[2], "")
		} else if message && line != l.line {
			f.Message += "\n" + recovered.ReplaceAllString(line, "")
		} else {
			message = false
		}
	}
	f.Class = classOf(f)
	return f
}

// isHead reports whether the line behind l's begins another report.
func isHead(l *lines) bool {
	next := l.peek()
	return fatalHead.MatchString(next) || signalHead.MatchString(next)
}

// startsTrace reports whether line can stand behind the empty one above a trace.
func startsTrace(line string) bool {
	return line == "" || line == "runtime stack:" || goroutineHead.MatchString(line)
}

func classOf(f Fatal) Class {
	for _, c := range classes {
		if strings.Contains(f.Message, c.text) {
			return c.class
		}
	}
	if f.Kind == KindFatal && f.Message == "fault" || f.Kind == KindSignal && (f.Signal == "SIGSEGV" || f.Signal == "SIGBUS") {
		return ClassFault
	}
	return ClassOther
}

// fatalStack reads the frames below l's line: "FUNC(ARGUMENTS)" and below each
// "\tFILE:LINE +0xOFFSET".
func fatalStack(l *lines) []Frame {
	var stack []Frame
	for l.peek() != "" && !strings.HasPrefix(l.peek(), "created by ") && l.next() {
		call := l.line
		where, ok := strings.CutPrefix(l.peek(), "\t")
		i := strings.LastIndexByte(call, '(') // methods have one before: (*T).F(0x1)
		if !ok || i <= 0 || !strings.HasSuffix(call, ")") || len(stack) == MaxFrames {
			continue
		}
		l.next()
		// With GOTRACEBACK=system " fp=0x.. sp=0x.. pc=0x.." follows.
		where, _, _ = strings.Cut(where, " fp=0x")
		file, line, ok := position(where)
		if !ok {
			continue
		}
		name := call[:i]
		if name == "panic" {
			name = "runtime.gopanic" // runtime.printFuncName shortens it
		}
		stack = append(stack, Frame{Func: name, File: file, Line: line})
	}
	return stack
}
