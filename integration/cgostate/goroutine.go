package cgostate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The lines of a dump, as traceback.go of the runtime prints them.
var (
	// headerLine is that of goroutineheader: number, status, and at times the
	// addresses of a crash, more words after commas, and labels.
	headerLine = regexp.MustCompile(`^goroutine (\d+)(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\]{]*)(?:\{.*\})?\]:$`)
	// unnamedLine is a C frame of printCgoTraceback without a symbolizer.
	unnamedLine = regexp.MustCompile(`^non-Go function at pc=0x([0-9a-f]+)$`)
	// placeLine is the second line of a Go frame; the runtime does print line -2, for
	// an instruction that the compiler gave no line.
	placeLine = regexp.MustCompile(`^\t(.+):(-?\d+)(?: .*)?$`)
	// placeLineC is the second line of printOneCgoTraceback, with a symbolizer.
	placeLineC = regexp.MustCompile(`^\t(?:(.+):(\d+) )?pc=0x([0-9a-f]+)$`)
	// elidedLine stands for the middle of a stack of more than 100 frames.
	elidedLine = regexp.MustCompile(`^\.\.\.(?:\d+ frames elided|additional frames elided)\.\.\.$`)
)

// goroutineText is a goroutine whose lines are being read.
type goroutineText struct {
	goroutine Goroutine
	// named says that the last line named a function whose place must follow.
	named bool
	// created is set by the line that names the go statement, the last one.
	created bool
	hidden  bool
}

func parseHeader(line string) (*goroutineText, error) {
	match := headerLine.FindStringSubmatch(line)
	if match == nil {
		return nil, fmt.Errorf("not the head of a goroutine: %.100q", line)
	}
	id, err := strconv.ParseUint(match[1], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("goroutine number: %w", err)
	}
	status, _ := strings.CutSuffix(match[2], " labels:")
	state, more, _ := strings.Cut(status, ", ")
	state, _ = strings.CutSuffix(state, " (scan)")
	locked := strings.Contains(", "+more+",", ", locked to thread,")
	return &goroutineText{goroutine: Goroutine{ID: id, State: state, Locked: locked}}, nil
}

// line takes a line of the stack below the header.
func (g *goroutineText) line(line string) error {
	switch {
	case g.named:
		g.named = false
		return g.place(line)
	case strings.HasPrefix(line, "\tgoroutine running on other thread"):
		g.hidden = true
	case elidedLine.MatchString(line):
		if frames := g.goroutine.Stack.Frames; len(frames) > 0 {
			frames[len(frames)-1].Cut = true
		}
	case unnamedLine.MatchString(line):
		pc, err := strconv.ParseUint(unnamedLine.FindStringSubmatch(line)[1], 16, 64)
		if err != nil {
			return fmt.Errorf("address of a C frame: %w", err)
		}
		g.push(Frame{Lang: C, PC: pc})
	case strings.HasPrefix(line, "created by "):
		g.created, g.named = true, true
	case strings.HasPrefix(line, "[originating from goroutine "):
		// The ancestors that GODEBUG=tracebackancestors adds are not calls.
		g.created = true
	case strings.HasPrefix(line, "\t"):
		return fmt.Errorf("a place without a function: %.100q", line)
	default:
		g.function(line)
	}
	return nil
}

// function takes the first line of a frame. The runtime prints parentheses behind
// Go functions only.
func (g *goroutineText) function(line string) {
	g.named = true
	if g.created {
		return
	}
	at := strings.LastIndexByte(line, '(')
	if at <= 0 || !strings.HasSuffix(line, ")") {
		if line == "non-Go function" {
			line = ""
		}
		g.push(Frame{Lang: C, Function: line})
		return
	}
	name := line[:at]
	g.push(Frame{Lang: Go, Function: name, Glue: isGlueGo(name)})
}

func (g *goroutineText) push(frame Frame) {
	g.goroutine.Stack.Frames = append(g.goroutine.Stack.Frames, frame)
}

// place takes the second line of a frame.
func (g *goroutineText) place(line string) error {
	frames := g.goroutine.Stack.Frames
	if g.created || len(frames) == 0 {
		if !placeLine.MatchString(line) {
			return fmt.Errorf("not the place of a go statement: %.100q", line)
		}
		return nil
	}
	frame := &frames[len(frames)-1]
	form, pc := placeLine, ""
	if frame.Lang == C {
		form = placeLineC
	}
	match := form.FindStringSubmatch(line)
	if match == nil {
		return fmt.Errorf("not the place of function %.100q: %.100q", frame.Function, line)
	}
	if frame.Lang == C {
		pc = match[3]
	}
	return frame.setPlace(match[1], match[2], pc)
}

func (f *Frame) setPlace(file, line, pc string) (err error) {
	f.File = file
	if line != "" {
		if f.Line, err = strconv.Atoi(line); err != nil {
			return fmt.Errorf("line number: %w", err)
		}
	}
	if pc != "" {
		if f.PC, err = strconv.ParseUint(pc, 16, 64); err != nil {
			return fmt.Errorf("address of a C frame: %w", err)
		}
	}
	return nil
}

// judge says from the frames whether the goroutine is inside C, and which Go functions
// C has called. Going outwards, the last function seen before a border is the one
// that C called.
func (g *goroutineText) judge() {
	entry, segments := "", 0
	goroutine := &g.goroutine
	border := func() {
		if entry != "" {
			goroutine.Callbacks = append(goroutine.Callbacks, entry)
			entry = ""
		}
	}
	frames := goroutine.Stack.Frames
	for i, frame := range frames {
		switch {
		case frame.Lang == C:
			border()
			begins := i == 0 || frames[i-1].Lang == Go
			if begins && segments < len(goroutine.Callbacks) {
				segments++
			}
		case isBorder(frame.Function):
			border()
		case frame.Glue:
			// The ways into C and the ends of every stack.
		default:
			entry = frame.Function
		}
	}
	// Threads that C created run Go on goroutines that nobody created; the
	// main goroutine is always number 1.
	if !g.created && goroutine.ID != 1 && goroutine.Locked {
		border()
	}
	goroutine.Stack.Unrecorded = len(goroutine.Callbacks) - segments
	if goroutine.State == "syscall" {
		goroutine.CFunction, goroutine.InC = innermostC(frames)
	}
}

// isBorder: what lies directly below a Go function that C called: the runtime's half
// where a text shows it, as that of a crash does, and else the call into C.
func isBorder(function string) bool {
	return isExportStub(function) || isCallStub(function) || strings.HasPrefix(function, "runtime.cgocallback")
}

// innermostC: the stack begins with the way from Go into C.
func innermostC(frames []Frame) (stub string, inC bool) {
	for _, frame := range frames {
		switch {
		case isCallStub(frame.Function):
			return frame.Function, true
		case strings.HasPrefix(frame.Function, "runtime.asmcgocall"), frame.Function == "runtime.cgocall":
			inC = true
		default:
			return "", inC
		}
	}
	return "", inC
}
