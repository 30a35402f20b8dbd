package symtab

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Limits of a line table. The largest public Go programs have some 300,000
// functions in 30,000 files.
const (
	maxFuncs     = 1 << 20
	maxFiles     = 1 << 20
	maxName      = 64 << 10  // bytes of one function's name
	maxNameBytes = 128 << 20 // of all names together
)

// A pclntab is a .gopclntab section of Go 1.18 or newer and what its header says.
// The format is described in debug/gosym/pclntab.go and cmd/link/internal/ld/pcln.go.
type pclntab struct {
	addr      uint64 // of the section
	data      []byte
	order     binary.ByteOrder
	ptrSize   int
	nfunc     uint64
	textStart uint64 // 0 since Go 1.26
	names     []byte // funcnametab
	funcs     []byte // functab, then the _func structs
}

var errCut = errors.New("damaged line table: it is cut short")

// lineTable finds the line table and holds its counts against its size, because
// debug/gosym believes them: it allocates by the number of functions and copies
// every name up to the next zero byte, however far that is.
func lineTable(f *elf.File) (*pclntab, error) {
	s := f.Section(".gopclntab")
	if s == nil {
		s = f.Section(".data.rel.ro.gopclntab") // position-independent, before Go 1.26
	}
	if s == nil {
		return nil, errors.New("no .gopclntab section: not a Go binary")
	}
	data, err := sectionData(s)
	if err != nil {
		return nil, err
	}
	t := &pclntab{addr: s.Addr, data: data, order: f.ByteOrder}
	if err := t.header(); err != nil {
		return nil, err
	}
	return t, t.check()
}

// header reads the magic number and the words behind it: functions, files, text
// start and the offsets of five tables.
func (t *pclntab) header() error {
	const (
		go118 = 0xfffffff0
		go120 = 0xfffffff1
	)
	if len(t.data) < 16 {
		return errCut
	}
	if magic := t.order.Uint32(t.data); magic != go118 && magic != go120 {
		return fmt.Errorf("line table of an unknown kind (magic %#x): only those of Go 1.18 and newer are read", magic)
	}
	t.ptrSize = int(t.data[7])
	if t.ptrSize != 4 && t.ptrSize != 8 {
		return fmt.Errorf("damaged line table: pointers of %d bytes", t.ptrSize)
	}
	if len(t.data) < 8+8*t.ptrSize {
		return errCut
	}
	t.nfunc = t.word(8)
	files := t.word(8 + t.ptrSize)
	t.textStart = t.word(8 + 2*t.ptrSize)
	names, funcs := t.word(8+3*t.ptrSize), t.word(8+7*t.ptrSize)
	size := uint64(len(t.data))
	if names > size || funcs > size || t.nfunc > maxFuncs || files > maxFiles || t.nfunc == 0 {
		return fmt.Errorf("damaged line table: %d functions, %d files, tables at %#x and %#x of %d bytes",
			t.nfunc, files, names, funcs, size)
	}
	t.names, t.funcs = t.data[names:], t.data[funcs:]
	if uint64(len(t.funcs)) < (2*t.nfunc+1)*4 {
		return errCut
	}
	return nil
}

// word reads a pointer-sized word of the section.
func (t *pclntab) word(off int) uint64 {
	if t.ptrSize == 4 {
		return uint64(t.order.Uint32(t.data[off:]))
	}
	return t.order.Uint64(t.data[off:])
}

// check holds every name against the table of names.
func (t *pclntab) check() error {
	total := 0
	for i := range t.nfunc {
		off := uint64(t.order.Uint32(t.funcs[8*i+4:]))
		if off+8 > uint64(len(t.funcs)) {
			return fmt.Errorf("damaged line table: function %d lies outside of it", i)
		}
		name := uint64(t.order.Uint32(t.funcs[off+4:]))
		if name >= uint64(len(t.names)) {
			return fmt.Errorf("damaged line table: the name of function %d lies outside of it", i)
		}
		window := t.names[name:min(name+maxName, uint64(len(t.names)))]
		n := bytes.IndexByte(window, 0)
		if total += n; n < 0 || total > maxNameBytes {
			return fmt.Errorf("damaged line table: the names of functions do not end")
		}
	}
	return nil
}

// firstOffset is where the first function begins, counted from the text start.
func (t *pclntab) firstOffset() uint64 { return uint64(t.order.Uint32(t.funcs)) }

// firstName is the name at offset 0 of the table of names, which the linker gives
// to the first function and the run-time takes for no name.
func (t *pclntab) firstName() string {
	name, _, _ := bytes.Cut(t.names[:min(maxName, len(t.names))], []byte{0})
	return string(name)
}

// functions decodes the table with debug/gosym.
func functions(line *pclntab, text uint64) ([]Func, error) {
	table, err := gosym.NewTable(nil, gosym.NewLineTable(line.data, text))
	if err != nil {
		return nil, fmt.Errorf("damaged line table: %w", err)
	}
	if uint64(len(table.Funcs)) != line.nfunc { // gosym returns none at all when it fails
		return nil, fmt.Errorf("damaged line table: %d of %d functions can be read", len(table.Funcs), line.nfunc)
	}
	list := make([]Func, len(table.Funcs))
	for i := range table.Funcs {
		f := &table.Funcs[i]
		list[i] = Func{f.Entry, f.End, f.Name}
		if f.End < f.Entry {
			return nil, fmt.Errorf("damaged line table: %s ends before it begins", shorten(f.Name))
		}
	}
	sorted := slices.IsSortedFunc(list, func(a, b Func) int {
		switch {
		case a.Entry < b.Entry:
			return -1
		case a.Entry > b.Entry:
			return 1
		}
		return 0
	})
	if !sorted {
		return nil, errors.New("damaged line table: its functions are not in the order of their addresses")
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
