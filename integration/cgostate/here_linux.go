//go:build linux && cgo

package cgostate

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

const (
	// maxDepth bounds the frames of Here; a deeper stack is an error.
	maxDepth = 4096
	// maxDump bounds the text of all stacks that InFlight takes.
	maxDump = 256 << 20
	// framesPerSegment is how many C frames the runtime asks for at once: the
	// length of cgoBuf in traceback.go.
	framesPerSegment = 32
)

// Here is the stack of the caller: inside a callback, the Go frames of the callback,
// the C frames that called it, the Go frames that called C, and so on to
// the first. Without Track, or where a callback began before it, the Go frames are
// complete and [Stack.Unrecorded] counts the gaps.
func Here() (Stack, error) {
	pcs := make([]uintptr, maxDepth)
	ask(func() {
		// Skips Callers, this closure, ask and Here.
		pcs = pcs[:runtime.Callers(4, pcs)]
	})
	if len(pcs) == maxDepth {
		return Stack{}, fmt.Errorf("the stack is deeper than %d frames", maxDepth)
	}
	var frames []Frame
	for len(pcs) > 0 {
		count := sameSide(pcs)
		if isGoPC(pcs[0]) {
			frames = append(frames, goFrames(pcs[:count])...)
		} else {
			frames = append(frames, cFrames(pcs[:count])...)
		}
		pcs = pcs[count:]
	}
	return join(frames)
}

// InFlight looks at every goroutine of this process. The stacks are taken while the
// world stands still, so all of them are of the same moment.
func InFlight() (Report, error) {
	var dump []byte
	ask(func() { dump = allStacks() })
	if dump == nil {
		return Report{}, fmt.Errorf("the stacks of all goroutines are longer than %d bytes", maxDump)
	}
	report, err := ParseStacks(strings.NewReader(string(dump)))
	if err != nil {
		return Report{}, err
	}
	names, err := newNames()
	if err != nil {
		return Report{}, err
	}
	for i := range report.Goroutines {
		stack := &report.Goroutines[i].Stack
		for j := range stack.Frames {
			frame := &stack.Frames[j]
			if frame.Lang == C && frame.PC != 0 {
				*frame = nameParsed(*frame)
			}
		}
		names.fill(stack.Frames)
		finish(stack)
	}
	return report, nil
}

// nameParsed turns an address of a dump into a frame; the outermost address of a
// segment is that of runtime.asmcgocall, which the C unwinder cannot tell from C.
func nameParsed(frame Frame) Frame {
	if isGoPC(uintptr(frame.PC)) {
		return goFrames([]uintptr{uintptr(frame.PC)})[0]
	}
	return frame
}

// allStacks is the text of runtime.Stack for all goroutines, or nil when it is
// longer than maxDump.
func allStacks() []byte {
	for size := 1 << 16; size <= maxDump; size *= 4 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size {
			return buffer[:n]
		}
	}
	return nil
}

// isGoPC: the return address is in the text of Go.
func isGoPC(pc uintptr) bool { return runtime.FuncForPC(pc-1) != nil }

// sameSide counts the addresses at the beginning that are on one side.
func sameSide(pcs []uintptr) int {
	count := 1
	for count < len(pcs) && isGoPC(pcs[count]) == isGoPC(pcs[0]) {
		count++
	}
	return count
}

func goFrames(pcs []uintptr) []Frame {
	var frames []Frame
	next := runtime.CallersFrames(pcs)
	for {
		frame, more := next.Next()
		frames = append(frames, Frame{
			Lang: Go, Function: frame.Function, File: frame.File, Line: frame.Line,
			PC: uint64(frame.PC), Glue: isGlueGo(frame.Function),
		})
		if !more {
			return frames
		}
	}
}

func cFrames(pcs []uintptr) []Frame {
	frames := make([]Frame, len(pcs))
	for i, pc := range pcs {
		frames[i] = Frame{Lang: C, PC: uint64(pc)}
	}
	return frames
}

// join names the C frames and marks what the border consists of.
func join(frames []Frame) (Stack, error) {
	names, err := newNames()
	if err != nil {
		return Stack{}, err
	}
	names.fill(frames)
	stack := Stack{Frames: frames}
	if len(frames) == 0 {
		return Stack{}, errors.New("the stack has no frames")
	}
	for i, frame := range frames {
		if frame.Function == "runtime.cgocallback" && (i+1 == len(frames) || frames[i+1].Lang != C) {
			stack.Unrecorded++
		}
	}
	finish(&stack)
	return stack, nil
}

// finish marks, in each run of C frames, the two that the cgo tool wrote: the
// innermost is the C half of the //export, the outermost the C half of
// the call. A run that does not end where the runtime called C, or where
// the C library starts a thread, lacks frames.
func finish(stack *Stack) {
	frames := stack.Frames
	for first := 0; first < len(frames); first++ {
		if frames[first].Lang != C {
			continue
		}
		last := first
		for last+1 < len(frames) && frames[last+1].Lang == C {
			last++
		}
		frames[first].Glue = true
		end := &frames[last]
		calledByGo := last+1 < len(frames) && strings.HasPrefix(frames[last+1].Function, "runtime.asmcgocall")
		end.Glue = end.Glue || calledByGo && throughStub(frames[last+1:])
		startedByC := !startsInGo(frames[last+1:]) && inLibc(end.PC)
		startedByC = startedByC || end.Function == "_start"
		end.Cut = last-first+1 >= framesPerSegment || !calledByGo && !startedByC
		first = last
	}
}

// throughStub: the Go function that called C is one that the cgo tool wrote, so that
// the first C function is its other half.
func throughStub(frames []Frame) bool {
	for _, frame := range frames {
		if !frame.Glue {
			return false
		}
		if isCallStub(frame.Function) {
			return true
		}
	}
	return false
}

// startsInGo: there is more below than the end of every goroutine.
func startsInGo(frames []Frame) bool {
	for _, frame := range frames {
		if frame.Function != "runtime.goexit" {
			return true
		}
	}
	return false
}
