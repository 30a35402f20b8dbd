// Package symtab says which function lies where in a Go binary, what moves when
// one binary takes the place of another, and how its structs are laid out.
//
// Everything is keyed by address. Names are not unique (a function and its ABI
// wrapper share one), and sizes differ between the two tables of one binary: the
// end of a function in .gopclntab includes padding, st_size does not.
//
// A binary is outside data. Whatever it contains, the functions of this package
// return an error and keep their memory below a small multiple of its size: no
// count or length is believed before it was held against the bytes there are.
package symtab

import (
	"debug/elf"
	"fmt"
	"io"
	"sort"
)

// A Func is one function of the Go line table.
type Func struct {
	Entry uint64 // address of its first instruction, as in the file
	End   uint64 // address behind its last byte, padding included
	Name  string // as the linker spells it, without the .abi0 of the ELF table
}

// A Table holds the functions of one binary. It does not change once it is made
// and keeps no file open.
type Table struct {
	Path    string
	Machine elf.Machine
	Funcs   []Func // by address

	text     []TextStart
	sections []section
	segments []segment
	contents Contents
	symbols  []symbol // functions of the ELF table, by address
	stripped bool     // there is no ELF table
	unnamed  string   // the function that the run-time gives no name; see Agree
}

// A section is an address range of the file that is loaded.
type section struct {
	name       string
	start, end uint64
}

// Open reads the functions of the Go binary at path. It fails for anything that
// is not a regular ELF file made by Go 1.18 or newer.
func Open(path string) (*Table, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t, err := read(file, size)
	if err != nil {
		return nil, fmt.Errorf("cannot read the symbols of %s: %w", path, err)
	}
	t.Path = path
	return t, nil
}

// read makes a Table of a binary of size bytes.
func read(r io.ReaderAt, size int64) (t *Table, err error) {
	defer contain(&err)
	f, err := parseELF(r, size)
	if err != nil {
		return nil, err
	}
	line, err := lineTable(f)
	if err != nil {
		return nil, err
	}
	t = &Table{Machine: f.Machine, unnamed: line.firstName()}
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Addr+s.Size >= s.Addr {
			t.sections = append(t.sections, section{s.Name, s.Addr, s.Addr + s.Size})
		}
	}
	var symbolText uint64
	t.symbols, symbolText, err = functionSymbols(f)
	if err != nil {
		return nil, err
	}
	t.stripped = f.SectionByType(elf.SHT_SYMTAB) == nil
	t.text = textStarts(f, line, symbolText)
	if len(t.text) == 0 {
		return nil, fmt.Errorf("the start of the text is unknown: no valid .go.module section and no runtime.text symbol")
	}
	t.Funcs, err = line.functions(t.text[0].Address)
	if err != nil {
		return nil, err
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			t.segments = append(t.segments, segment{p.Off, p.Filesz, p.Vaddr})
		}
	}
	t.contents = readContents(f, t)
	return t, nil
}

// Stripped reports whether the ELF symbol table is missing (-ldflags=-s, strip).
func (t *Table) Stripped() bool { return t.stripped }

// Lookup returns the function that contains pc.
func (t *Table) Lookup(pc uint64) (Func, bool) {
	i := t.behind(pc)
	if i == 0 || pc >= t.Funcs[i-1].End {
		return Func{}, false
	}
	return t.Funcs[i-1], true
}

// behind returns the place of the first function that begins behind an address.
func (t *Table) behind(pc uint64) int {
	return sort.Search(len(t.Funcs), func(i int) bool { return t.Funcs[i].Entry > pc })
}

// Name returns the name of the function that contains pc, or "".
func (t *Table) Name(pc uint64) string {
	f, _ := t.Lookup(pc)
	return f.Name
}

// sectionOf returns the section that contains an address, or one of no length.
func (t *Table) sectionOf(addr uint64) section {
	for _, s := range t.sections {
		if s.start <= addr && addr < s.end {
			return s
		}
	}
	return section{name: "no section"}
}
