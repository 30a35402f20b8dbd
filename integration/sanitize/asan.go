package sanitize

import (
	"regexp"
	"strconv"
	"strings"
)

// An ASan is one report of the address sanitizer. The form is that of
// compiler-rt/lib/asan/asan_errors.cpp, which gcc's libsanitizer shares.
type ASan struct {
	Kind      string // such as "heap-use-after-free" or "double-free"
	Access    string // "READ" or "WRITE", nothing when the report is of no access
	Addr      uint64 // 0 when it is not known
	Size      uint64 // of the access, in bytes
	Region    Region // the allocated or freed memory that the access is in or beside
	Stack     []Frame
	Freed     []Frame // where the memory was freed
	Allocated []Frame // where it was allocated
}

// A Region is a piece of memory from Start up to, but without, End.
type Region struct{ Start, End uint64 }

// Top returns the innermost frame of the bad access outside the run-time system,
// the standard library and the sanitizer, and whether there is one.
func (a ASan) Top() (Frame, bool) { return Top(a.Stack) }

var (
	asanHead    = regexp.MustCompile(`==[0-9]+==ERROR: AddressSanitizer: (?:attempting )?(.+)$`)
	asanAddress = regexp.MustCompile(`(?:address|on|:) 0x([0-9a-f]{1,16})`)
	asanAccess  = regexp.MustCompile(`^(READ|WRITE) of size ([0-9]{1,18}) at 0x([0-9a-f]{1,16}) `)
	asanCause   = regexp.MustCompile(`^==[0-9]+==The signal is caused by a (READ|WRITE) memory access`)
	asanRegion  = regexp.MustCompile(`^0x[0-9a-f]+ is located [0-9]+ bytes [a-z ]+ [0-9]+-byte region \[0x([0-9a-f]{1,16}),0x([0-9a-f]{1,16})\)`)
	asanFrame   = regexp.MustCompile(`^    #[0-9]+ 0x[0-9a-f]+ in (.+)$`)
	// Behind the line gcc and clang may have the column, which is not wanted.
	asanModule = regexp.MustCompile(` \([^()]*\+0x[0-9a-f]+\).*$`)
	asanPlace  = regexp.MustCompile(`^(.+?):([0-9]{1,9})(?::[0-9]+)?$`)
)

// ParseASan returns the reports of the address sanitizer in text: one for each
// process, unless it is told to go on. Leaks, which are no wrong access, are left
// out.
func ParseASan(text string) []ASan {
	var reports []ASan
	l := lines{rest: text}
	for len(reports) < MaxReports && l.next() {
		if m := asanHead.FindStringSubmatch(l.line); m != nil {
			reports = append(reports, parseASan(&l, m[1]))
		}
	}
	return reports
}

// parseASan reads the report whose head says title, to its end.
func parseASan(l *lines, title string) ASan {
	a := ASan{Kind: kindOf(title)}
	if m := asanAddress.FindStringSubmatch(title); m != nil {
		a.Addr, _ = strconv.ParseUint(m[1], 16, 64)
	}
	stack := &a.Stack
	for !asanHead.MatchString(l.peek()) && l.next() {
		switch {
		case strings.HasPrefix(l.line, "SUMMARY: AddressSanitizer"), strings.HasSuffix(l.line, "==ABORTING"):
			return a
		case strings.HasPrefix(l.line, "freed by thread "):
			stack = &a.Freed
		case strings.HasPrefix(l.line, "previously allocated by thread "), strings.HasPrefix(l.line, "allocated by thread "):
			stack = &a.Allocated
		case l.line != "" && !strings.HasPrefix(l.line, " ") && strings.HasSuffix(l.line, " here:"),
			strings.HasPrefix(l.line, "Thread T"):
			stack = nil // where a thread was made
		}
		if m := asanAccess.FindStringSubmatch(l.line); m != nil && a.Access == "" {
			a.Access = m[1]
			a.Size, _ = strconv.ParseUint(m[2], 10, 64)
			a.Addr, _ = strconv.ParseUint(m[3], 16, 64)
		} else if m := asanCause.FindStringSubmatch(l.line); m != nil {
			a.Access = m[1]
		} else if m := asanRegion.FindStringSubmatch(l.line); m != nil {
			a.Region.Start, _ = strconv.ParseUint(m[1], 16, 64)
			a.Region.End, _ = strconv.ParseUint(m[2], 16, 64)
		} else if m := asanFrame.FindStringSubmatch(l.line); m != nil && stack != nil && len(*stack) < MaxFrames {
			*stack = append(*stack, frameOf(m[1]))
		}
	}
	return a
}

// kindOf returns the kind in the title of a report, which is its first word but
// for one of a free of what was never allocated.
func kindOf(title string) string {
	kind, _, _ := strings.Cut(title, " ")
	if strings.HasPrefix(title, "free on address which was not malloc()-ed") {
		return "bad-free" // as the report's summary calls it
	}
	return strings.TrimSuffix(kind, ":")
}

// frameOf reads "FUNC FILE:LINE", "FUNC FILE:LINE:COLUMN" or "FUNC (MODULE+0xOFFSET)".
// A function of C++ may have spaces; the file begins behind the last " /" if there
// is one.
func frameOf(s string) Frame {
	if m := asanModule.FindStringIndex(s); m != nil {
		return Frame{Func: s[:m[0]]}
	}
	i := strings.LastIndex(s, " /")
	if i < 0 {
		i = strings.LastIndexByte(s, ' ')
	}
	if i < 0 {
		return Frame{Func: s}
	}
	f := Frame{Func: s[:i], File: s[i+1:]}
	if m := asanPlace.FindStringSubmatch(f.File); m != nil {
		f.File = m[1]
		f.Line, _ = strconv.Atoi(m[2])
	}
	return f
}
