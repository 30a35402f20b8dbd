package cgostate

import (
	"errors"
	"fmt"
	"strings"
)

// ErrWithoutCgo is the error of a build that cannot have C frames of its own:
// with CGO_ENABLED=0, or on another system than Linux.
var ErrWithoutCgo = errors.New("built without cgo, or not for linux: there are no C frames to take")

// Lang is the side of the border that a frame is on.
type Lang string

// The two sides.
const (
	Go Lang = "go"
	C  Lang = "c"
)

// Frame is one call that has not returned.
type Frame struct {
	Lang Lang `json:"lang"`
	// Function is the name: of a Go function with its package path, of a C
	// function as its symbol. It is empty when no table names the address.
	Function string `json:"function,omitempty"`
	// File is the source of a Go frame, the mapped library of a C frame.
	File string `json:"file,omitempty"`
	// Line is the line of the call in File; 0 for C.
	Line int `json:"line,omitempty"`
	// Offset is the address in File of a C frame, as its own program headers
	// count, which is what addr2line(1) takes.
	Offset uint64 `json:"offset,omitempty"`
	// PC is the return address; 0 in a stack that was parsed and does not say.
	PC uint64 `json:"pc,omitempty"`
	// Source says who named a C frame: dladdr, symtab, or nobody.
	Source string `json:"source,omitempty"`
	// Glue marks what the cgo tool and the runtime put at the border:
	// no one who wrote the program wrote this frame.
	Glue bool `json:"glue,omitempty"`
	// Cut says that frames may be missing between this one and the next.
	Cut bool `json:"cut,omitempty"`
}

// Stack is a stack of calls, the innermost first, as the runtime prints them.
type Stack struct {
	Frames []Frame `json:"frames"`
	// Unrecorded counts the callbacks in it whose C callers are not known.
	Unrecorded int `json:"unrecorded,omitempty"`
}

// Calls are the frames that somebody wrote, without the glue.
func (s Stack) Calls() []Frame {
	var calls []Frame
	for _, frame := range s.Frames {
		if !frame.Glue {
			calls = append(calls, frame)
		}
	}
	return calls
}

// String is a line for each call, without the glue, the innermost first.
func (s Stack) String() string {
	var text strings.Builder
	for _, frame := range s.Calls() {
		fmt.Fprintf(&text, "%-2s  %s\n", frame.Lang, frame)
	}
	if s.Unrecorded > 0 {
		fmt.Fprintf(&text, "    the C callers of %d callbacks are not known\n", s.Unrecorded)
	}
	return text.String()
}

// String is the name and the place.
func (f Frame) String() string {
	name := f.Function
	if name == "" {
		name = fmt.Sprintf("%#x", f.PC)
	}
	switch {
	case f.Lang == Go && f.File != "":
		name += fmt.Sprintf(" %s:%d", f.File, f.Line)
	case f.Lang == C && f.File != "":
		name += fmt.Sprintf(" %s+%#x", f.File, f.Offset)
	}
	if f.Cut {
		name += " (frames missing below)"
	}
	return name
}

// isGlueGo knows the Go functions at the border by the names that cmd/cgo
// (out.go) and the runtime (cgocall.go, asm_*.s) give them.
func isGlueGo(function string) bool {
	switch function {
	case "runtime.cgocall", "runtime.asmcgocall", "runtime.asmcgocall_landingpad",
		"runtime.cgocallback", "runtime.cgocallbackg", "runtime.cgocallbackg1",
		"runtime.systemstack_switch", "runtime.goexit", "runtime.main":
		return true
	}
	return isExportStub(function) || isCallStub(function)
}

// isExportStub: the Go function that unpacks the arguments of an //export.
func isExportStub(function string) bool {
	return strings.HasPrefix(function, "_cgoexp_") || strings.Contains(function, "._cgoexp_")
}

// isCallStub: the Go function through which a package calls one C function. C.CString
// and C.malloc call C through one more, _cgo_cmalloc.
func isCallStub(function string) bool {
	_, name, ok := cutLast(function, '.')
	return ok && (strings.HasPrefix(name, "_Cfunc_") || strings.HasPrefix(name, "_C2func_") || name == "_cgo_cmalloc")
}

// cutLast cuts at the last separator.
func cutLast(text string, separator byte) (before, after string, found bool) {
	at := strings.LastIndexByte(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}
