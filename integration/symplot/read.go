package symplot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hotvet/hotvet/integration/profile"
	"github.com/hotvet/hotvet/integration/symtab"
)

// Limits of a record of addresses.
const (
	maxRecord    = 64 << 20 // bytes
	maxLine      = 1 << 20  // bytes
	maxAddresses = 1 << 18
	maxName      = 512 // bytes of a name that are shown
)

var errTooMany = fmt.Errorf("more than %d addresses", maxAddresses)

// A Record holds the code addresses that were written down of a running OLD.
type Record struct {
	Source string // file name, or what stands for standard input
	Kind   string // KindList, KindStack or KindProfile
	list   []mention
}

// What a record can be.
const (
	KindList    = "list of addresses"
	KindStack   = "stack trace"
	KindProfile = "profile"
)

// A mention is one address as it was written down.
type mention struct {
	pc     uint64 // as the process saw it; 0 when only the function is known
	back   bool   // pc follows a call, and the call is what is asked about
	name   string // the function as it was printed, "" when unknown
	offset uint64 // from the entry of the function name
	framed bool   // name and offset say all
	hint   bool   // tells only where the binary was loaded
	start  uint64 // of the mapping that pc lies in, with the offset in the file
	file   uint64
	mapped bool
	main   bool   // it is the mapping of the program, not of a library
	build  string // the GNU build id of the file mapped there, "" when unknown
}

// ReadRecord reads addresses from a profile of runtime/pprof, from Go stack traces
// (a panic, SIGQUIT, /debug/pprof/goroutine?debug=1 or 2), from what perf script
// prints, or from a list of hexadecimal numbers, parted by blanks, commas or lines.
// Stack traces may stand among other text, and a log may put the same number of
// bytes before each of their lines. In a list, every line that is not empty and does
// not begin with # has to be of numbers.
func ReadRecord(source string, r io.Reader) (*Record, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRecord+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read addresses from %s: %w", source, err)
	case len(data) > maxRecord:
		return nil, fmt.Errorf("cannot read addresses from %s: more than %d MB", source, maxRecord>>20)
	}
	rec := &Record{Source: source, Kind: KindStack}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		rec.Kind = KindProfile
		rec.list, err = profileMentions(data)
	} else if rec.list, err = stackMentions(data); err == nil && !rec.asks() {
		rec.Kind = KindList
		rec.list, err = listMentions(data)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read addresses from %s: %w", source, err)
	}
	if len(rec.list) > maxAddresses {
		return nil, fmt.Errorf("cannot read addresses from %s: %w", source, errTooMany)
	}
	if !rec.asks() {
		return nil, fmt.Errorf("%s has no addresses: want hexadecimal numbers, a Go stack trace, the output of perf script or a pprof file", source)
	}
	return rec, nil
}

// asks reports whether there is more than hints.
func (r *Record) asks() bool {
	return slices.ContainsFunc(r.list, func(m mention) bool { return !m.hint })
}

// profileMentions takes the locations of a profile. Their addresses are those of
// the calls (runtime/pprof/proto.go uses runtime.Frame.PC).
func profileMentions(data []byte) ([]mention, error) {
	p, err := profile.Read(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var list []mention
	for _, loc := range p.Location {
		if loc.Address == 0 {
			continue
		}
		m := mention{pc: loc.Address}
		// The last line is that of the function that the others were inlined in.
		if n := len(loc.Line); n > 0 && loc.Line[n-1].Function != nil {
			m.name = loc.Line[n-1].Function.Name
		}
		if loc.Mapping != nil {
			m.start, m.file, m.mapped, m.build = loc.Mapping.Start, loc.Mapping.Offset, true, loc.Mapping.BuildID
			m.main = loc.Mapping == p.Mapping[0] // by convention (profile.proto)
		}
		list = append(list, m)
	}
	return list, nil
}

// How the run-time prints frames (runtime/traceback.go, traceback2 and
// printcreatedby1; runtime/pprof/pprof.go, printCountProfile and printStackRecord).
// A frame that was inlined has no offset.
var (
	frameLine  = regexp.MustCompile(`^\s+\S.*:\d+ \+0x([0-9a-f]{1,16})(?:\s.*\bpc=0x([0-9a-f]{1,16}))?\s*$`)
	signalLine = regexp.MustCompile(`(?:^\[signal .* pc=|\s\[signal SIG.* pc=|^PC=)0x([0-9a-f]{1,16})\b`)
	// goroutineLine begins a trace, behind what a log puts before it.
	goroutineLine = regexp.MustCompile(`^(.*\s)?goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[[^\]]+\]:\s*$`)
	// perfLine is that of perf script (tools/perf/util/evsel_fprintf.c).
	perfLine  = regexp.MustCompile(`^\s*([0-9a-f]{3,16}) (\S.*)\+0x([0-9a-f]{1,16}) \(.+\)\s*$`)
	countLine = regexp.MustCompile(`^\d+(?:: \d+ \[\d+: \d+\])? @((?: 0x[0-9a-f]{1,16})+)\s*$`)
	pprofLine = regexp.MustCompile(`^#\t0x([0-9a-f]{1,16})\t(.+)\+0x([0-9a-f]{1,16})\t`)
)

// stackMentions takes the frames of all stack traces in a text.
func stackMentions(data []byte) ([]mention, error) {
	var list []mention
	before, margin := "", 0
	err := eachLine(data, func(_ int, line string) error {
		if m := goroutineLine.FindStringSubmatch(line); m != nil {
			margin = len(m[1])
		}
		if len(line) > margin {
			line = line[margin:]
		}
		list = append(list, lineMentions(before, line)...)
		before = line
		if len(list) > maxAddresses {
			return errTooMany
		}
		return nil
	})
	return list, err
}

// lineMentions takes what one line says, given the one before it.
func lineMentions(before, line string) (list []mention) {
	if m := frameLine.FindStringSubmatch(line); m != nil {
		name := frameName(before)
		if name == "" {
			return nil
		}
		return []mention{{pc: hex(m[2]), back: true, name: name, offset: hex(m[1]), framed: true}}
	}
	if m := signalLine.FindStringSubmatch(line); m != nil {
		return []mention{{pc: hex(m[1])}}
	}
	if m := pprofLine.FindStringSubmatch(line); m != nil {
		// A function that was inlined stands here with an offset in another, and the
		// addresses are those of the line with the @ as well.
		return []mention{{pc: hex(m[1]), name: m[2], offset: hex(m[3]), hint: true}}
	}
	if m := perfLine.FindStringSubmatch(line); m != nil {
		name := symtab.Printed(m[2])
		return []mention{{pc: hex(m[1]), name: name, offset: hex(m[3]), hint: true}, {pc: hex(m[1]), name: name}}
	}
	if m := countLine.FindStringSubmatch(line); m != nil {
		for _, word := range strings.Fields(m[1]) {
			list = append(list, mention{pc: hex(word[2:]), back: true})
		}
	}
	return list
}

// frameName takes the function's name from its line: "main.(*T).f(0x1, {0x2, 0x3})"
// or "created by main.(*T).f in goroutine 1". Arguments have no parentheses.
func frameName(line string) string {
	line = strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(line, "created by "); ok {
		name, _, _ := strings.Cut(rest, " in goroutine ")
		return name
	}
	open := strings.LastIndexByte(line, '(')
	if open <= 0 || !strings.HasSuffix(line, ")") {
		return ""
	}
	if line[:open] == "panic" { // runtime/traceback.go, printFuncName
		return "runtime.gopanic"
	}
	return line[:open]
}

// listMentions reads hexadecimal numbers.
func listMentions(data []byte) ([]mention, error) {
	var list []mention
	err := eachLine(data, func(n int, line string) error {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			return nil
		}
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
			digits := strings.TrimPrefix(strings.ToLower(word), "0x")
			pc, err := strconv.ParseUint(digits, 16, 64)
			if err != nil {
				return fmt.Errorf("line %d: %q is neither a hexadecimal address nor part of a Go stack trace", n, cut(line))
			}
			if list = append(list, mention{pc: pc}); len(list) > maxAddresses {
				return errTooMany
			}
		}
		return nil
	})
	return list, err
}

func eachLine(data []byte, visit func(n int, line string) error) error {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		if err := visit(n, strings.TrimSuffix(lines.Text(), "\r")); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d bytes", n+1, maxLine)
	}
	return lines.Err()
}

// hex parses digits that a pattern has accepted; none are 0.
func hex(digits string) uint64 {
	n, _ := strconv.ParseUint(digits, 16, 64)
	return n
}

// cut makes a foreign text fit for an error message.
func cut(s string) string { return shorten(s, 60) }

// shown is a function's name as the report has it: in a damaged binary each name can
// be long, and each address can have the same.
func shown(name string) string { return shorten(name, maxName) }

func shorten(s string, most int) string {
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
