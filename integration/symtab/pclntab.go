package symtab

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Limits of a line table. The largest public Go programs have some 300,000
// functions in 30,000 files.
const (
	maxFuncs     = 1 << 20
	maxFiles     = 1 << 20
	maxName      = 64 << 10  // bytes of one function's name
	maxNameBytes = 128 << 20 // of all names together
)

// A pclntab is a .gopclntab section of Go 1.18 or newer: what its header says, and
// the two of its tables that the functions are read from. debug/gosym gives the same
// functions, but of a section that is in memory as a whole, where files, lines and
// unwinding take the larger part, and with a copy of each name.
//
// The format is described in debug/gosym/pclntab.go and cmd/link/internal/ld/pcln.go.
type pclntab struct {
	section   *elf.Section
	order     binary.ByteOrder
	ptrSize   int
	nfunc     uint64
	textStart uint64 // 0 since Go 1.26
	names     string // funcnametab
	at        uint64 // where functab is, which the _func structs follow
	table     []byte // functab: an entry and the place of its struct for each function, and the end
}

var errCut = errors.New("damaged line table: it is cut short")

// lineTable finds the line table and holds its counts against its size.
func lineTable(f *elf.File) (*pclntab, error) {
	s, err := lineSection(f)
	if err != nil {
		return nil, err
	}
	t := &pclntab{section: s, order: f.ByteOrder}
	offsets, err := t.header()
	if err != nil {
		return nil, err
	}
	return t, t.tables(offsets)
}

// lineSection returns the section that the line table fills, or the part of one where
// the linker put others beside it.
func lineSection(f *elf.File) (*elf.Section, error) {
	if s := f.Section(".gopclntab"); s != nil {
		return s, nil
	}
	if s := f.Section(".data.rel.ro.gopclntab"); s != nil { // position-independent, before Go 1.26
		return s, nil
	}
	if f.Section(".go.buildinfo") == nil {
		return nil, errors.New("no .gopclntab section: not a Go binary")
	}
	if s := f.Section(".data.rel.ro"); s != nil {
		return mergedLine(f, s)
	}
	return nil, errors.New("no .gopclntab section in a Go binary, nor .data.rel.ro: the linker put the line table into another one")
}

// The magic numbers that a line table begins with.
const (
	go118 = 0xfffffff0
	go120 = 0xfffffff1
)

// header reads the magic number and the words behind it: functions, files, text
// start and the offsets of five tables, which it returns.
func (t *pclntab) header() (offsets []uint64, err error) {
	const most = 8 + 8*8
	head, err := sectionPart(t.section, 0, min(most, t.section.FileSize))
	if err != nil {
		return nil, err
	}
	if len(head) < 16 {
		return nil, errCut
	}
	if magic := t.order.Uint32(head); magic != go118 && magic != go120 {
		return nil, fmt.Errorf("line table of an unknown kind (magic %#x): only those of Go 1.18 and newer are read", magic)
	}
	t.ptrSize = int(head[7])
	quantum := head[6] // of instructions, in bytes
	if t.ptrSize != 4 && t.ptrSize != 8 || quantum != 1 && quantum != 2 && quantum != 4 || head[4] != 0 || head[5] != 0 {
		return nil, fmt.Errorf("damaged line table: pointers of %d bytes, instructions of %d", t.ptrSize, quantum)
	}
	if len(head) < 8+8*t.ptrSize {
		return nil, errCut
	}
	words := make([]uint64, 8)
	for i := range words {
		words[i] = t.word(head[8+i*t.ptrSize:])
	}
	files := words[1]
	t.nfunc, t.textStart = words[0], words[2]
	names, funcs, size := words[3], words[7], t.section.FileSize
	if names > size || funcs > size || t.nfunc > maxFuncs || files > maxFiles || t.nfunc == 0 {
		return nil, fmt.Errorf("damaged line table: %d functions, %d files, tables at %#x and %#x of %d bytes",
			t.nfunc, files, names, funcs, size)
	}
	return words[3:], nil
}

// tables reads the names, up to the next of the other tables, and functab.
func (t *pclntab) tables(offsets []uint64) (err error) {
	names, funcs, end := offsets[0], offsets[4], t.section.FileSize
	for _, other := range offsets[1:] {
		if other > names {
			end = min(end, other)
		}
	}
	if t.length() > t.section.FileSize-funcs {
		return errCut
	}
	t.at = funcs
	if t.table, err = sectionPart(t.section, funcs, funcs+t.length()); err != nil {
		return err
	}
	t.names, err = sectionText(t.section, names, end)
	return err
}

// length is that of functab in bytes.
func (t *pclntab) length() uint64 { return (2*t.nfunc + 1) * 4 }

// word reads a pointer-sized word.
func (t *pclntab) word(data []byte) uint64 {
	if t.ptrSize == 4 {
		return uint64(t.order.Uint32(data))
	}
	return t.order.Uint64(data)
}

// firstOffset is where the first function begins, counted from the text start.
func (t *pclntab) firstOffset() uint64 { return uint64(t.order.Uint32(t.table)) }

// firstName is the name at offset 0 of the table of names, which the linker gives
// to the first function and the run-time takes for no name.
func (t *pclntab) firstName() string {
	name, _, _ := strings.Cut(t.names[:min(maxName, len(t.names))], "\x00")
	return name
}

// functions decodes the table. The names are parts of one string.
func (t *pclntab) functions(text uint64) ([]Func, error) {
	const used = 8 // bytes of a _func: the entry again, and where the name is
	list := make([]Func, t.nfunc)
	records := window{section: t.section}
	var last uint32
	total := 0
	end := text + t.firstOffset()
	for i := range list {
		pair := t.table[8*i : 8*i+12]
		off := t.order.Uint32(pair[4:])
		if off < last { // the linker writes them in one go; it also bounds what is read
			return nil, fmt.Errorf("damaged line table: function %d lies before the one that precedes it", i)
		}
		last = off
		record, err := records.get(t.at+uint64(off), used)
		if err != nil {
			return nil, fmt.Errorf("damaged line table: function %d lies outside of it", i)
		}
		name, ok := nameAt(t.names, t.order.Uint32(record[4:]))
		if total += len(name); !ok || total > maxNameBytes {
			return nil, fmt.Errorf("damaged line table: the name of function %d lies outside of it or does not end", i)
		}
		begin := end
		end = text + uint64(t.order.Uint32(pair[8:]))
		if end < begin {
			return nil, fmt.Errorf("damaged line table: its functions are not in the order of their addresses: %s", shorten(name))
		}
		list[i] = Func{begin, end, name}
	}
	return list, nil
}

// shorten makes a name fit for an error text.
func shorten(name string) string {
	const most = 200
	if len(name) > most {
		return name[:most] + "..."
	}
	return name
}
