//go:build linux && cgo

package cgostate

import (
	"bufio"
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// deletedSuffix is what proc_pid_maps(5) appends to the path of a file that has
// been unlinked since it was mapped.
const deletedSuffix = " (deleted)"

// mapping is one line of /proc/self/maps.
type mapping struct {
	start, end, offset uint64
	path               string
}

// names gives C frames their names. It is made anew for each stack: a library may
// be closed, and another loaded at its place, at any time.
type names struct {
	mappings   []mapping
	executable string
	objects    map[string]*object
}

func newNames() (*names, error) {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, fmt.Errorf("the mapped files are not known: %w", err)
	}
	defer maps.Close()
	mappings, err := parseMaps(maps)
	if err != nil {
		return nil, fmt.Errorf("/proc/self/maps: %w", err)
	}
	executable, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, fmt.Errorf("the program's own file is not known: %w", err)
	}
	return &names{mappings: mappings, executable: executable, objects: map[string]*object{}}, nil
}

// fill completes the C frames; the address asked for lies in the call, one before
// the address to which it returns.
func (n *names) fill(frames []Frame) {
	for i := range frames {
		frame := &frames[i]
		if frame.Lang != C || frame.PC == 0 {
			continue
		}
		if name := symbolOf(frame.PC - 1); name != "" {
			frame.Function, frame.Source = name, "dladdr"
		}
		at, found := n.find(frame.PC - 1)
		if !found {
			continue
		}
		frame.File = at.path
		object := n.object(at.path)
		address, ok := object.address(frame.PC - at.start + at.offset)
		if !ok {
			continue
		}
		frame.Offset = address
		if frame.Function == "" {
			frame.Function, frame.Source = object.function(address - 1)
		}
	}
}

func (n *names) find(address uint64) (mapping, bool) {
	i, _ := slices.BinarySearchFunc(n.mappings, address, func(m mapping, address uint64) int {
		return cmp.Compare(m.end, address+1)
	})
	if i == len(n.mappings) || address < n.mappings[i].start || !strings.HasPrefix(n.mappings[i].path, "/") {
		return mapping{}, false
	}
	return n.mappings[i], true
}

// object reads the file once. A file that is gone, or is no ELF file, has neither
// segments nor symbols.
func (n *names) object(path string) *object {
	if known, ok := n.objects[path]; ok {
		return known
	}
	file := path
	if path == n.executable {
		// This opens the file that runs, even if it was replaced or deleted.
		file = "/proc/self/exe"
	}
	read, err := readObject(file)
	if err != nil || path != n.executable && strings.HasSuffix(path, deletedSuffix) {
		read = &object{}
	}
	n.objects[path] = read
	return read
}

// object is what names need of an ELF file.
type object struct {
	segments  []elf.ProgHeader
	functions []elf.Symbol
}

func readObject(path string) (*object, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	read := &object{}
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_LOAD {
			read.segments = append(read.segments, segment.ProgHeader)
		}
	}
	symbols, err := file.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	for _, symbol := range symbols {
		if elf.ST_TYPE(symbol.Info) == elf.STT_FUNC && symbol.Section != elf.SHN_UNDEF && symbol.Size > 0 {
			read.functions = append(read.functions, symbol)
		}
	}
	slices.SortFunc(read.functions, func(a, b elf.Symbol) int { return cmp.Compare(a.Value, b.Value) })
	return read, nil
}

// address turns an offset in the file into an address of the program headers.
func (o *object) address(offset uint64) (uint64, bool) {
	for _, segment := range o.segments {
		// The end is included: a return address may follow the last call.
		if offset >= segment.Off && offset-segment.Off <= segment.Filesz {
			return offset - segment.Off + segment.Vaddr, true
		}
	}
	return 0, false
}

// function is the name of the last symbol that begins at or before the address, and
// only if the symbol's size reaches it: the nearest name would be a guess.
func (o *object) function(address uint64) (name, source string) {
	i, found := slices.BinarySearchFunc(o.functions, address, func(s elf.Symbol, address uint64) int {
		return cmp.Compare(s.Value, address)
	})
	if !found {
		i--
	}
	if i < 0 || address-o.functions[i].Value >= o.functions[i].Size {
		return "", ""
	}
	return o.functions[i].Name, "symtab"
}

// parseMaps reads the format of proc_pid_maps(5).
func parseMaps(text io.Reader) ([]mapping, error) {
	var mappings []mapping
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), " ", 6)
		if len(fields) < 6 {
			return nil, fmt.Errorf("line has %d fields instead of 6: %q", len(fields), lines.Text())
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		offset, err3 := strconv.ParseUint(fields[2], 16, 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, fmt.Errorf("line %q: %w", lines.Text(), err)
		}
		path := strings.TrimLeft(fields[5], " ")
		mappings = append(mappings, mapping{start: start, end: end, offset: offset, path: path})
	}
	return mappings, lines.Err()
}
