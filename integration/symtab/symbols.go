package symtab

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A symbol is a function of the ELF symbol table.
type symbol struct {
	addr uint64
	name string
}

// Limits of a symbol table's functions.
const (
	maxSymbolNames = 1 << 30 // bytes of all names together, which may overlap
	likelySymbols  = 1 << 18 // room is made for as many, if the section is as large
)

// functionSymbols reads the STT_FUNC symbols that have an address, and the value
// of runtime.text, 0 when there is none. debug/elf is not used for it: it copies
// each name, so that a damaged string table costs memory by the product of both.
func functionSymbols(f *elf.File) (list []symbol, text uint64, err error) {
	s := f.SectionByType(elf.SHT_SYMTAB)
	if s == nil {
		return nil, 0, nil
	}
	if s.Link == 0 || int(s.Link) >= len(f.Sections) {
		return nil, 0, errors.New("damaged symbol table: it has no table of names")
	}
	strtab := f.Sections[s.Link]
	names, err := sectionText(strtab, 0, strtab.FileSize) // the symbols' names are parts of it
	if err != nil {
		return nil, 0, err
	}
	size := uint64(24)
	if f.Class == elf.ELFCLASS32 {
		size = 16
	}
	list = make([]symbol, 0, min(s.FileSize/size, likelySymbols))
	records := window{section: s}
	total := 0
	for off := uint64(0); off+size <= s.FileSize; off += size {
		data, err := records.get(off, size)
		if err != nil {
			return nil, 0, err
		}
		at, value, kind, sect := decodeSymbol(f, data)
		if value == 0 || sect == elf.SHN_UNDEF {
			continue
		}
		isText := text == 0 && uint64(at) < uint64(len(names)) && strings.HasPrefix(names[at:], "runtime.text\x00")
		if isText {
			text = value
		}
		if kind != elf.STT_FUNC {
			continue
		}
		name, ok := nameAt(names, at)
		if total += len(name); !ok || total > maxSymbolNames {
			return nil, 0, fmt.Errorf("damaged symbol table: the name of the function at %#x does not end", value)
		}
		list = append(list, symbol{value, name})
	}
	byAddress := func(a, b symbol) int { return cmp.Compare(a.addr, b.addr) }
	if !slices.IsSortedFunc(list, byAddress) {
		slices.SortStableFunc(list, byAddress)
	}
	return list, text, nil
}

// decodeSymbol reads one Elf32_Sym or Elf64_Sym (elf(5)).
func decodeSymbol(f *elf.File, b []byte) (name uint32, value uint64, kind elf.SymType, sect elf.SectionIndex) {
	name = f.ByteOrder.Uint32(b)
	if f.Class == elf.ELFCLASS32 {
		return name, uint64(f.ByteOrder.Uint32(b[4:])), elf.ST_TYPE(b[12]), elf.SectionIndex(f.ByteOrder.Uint16(b[14:]))
	}
	return name, f.ByteOrder.Uint64(b[8:]), elf.ST_TYPE(b[4]), elf.SectionIndex(f.ByteOrder.Uint16(b[6:]))
}

// nameAt returns the zero-terminated string at an offset.
func nameAt(names string, off uint32) (string, bool) {
	if uint64(off) >= uint64(len(names)) {
		return "", false
	}
	window := names[off:min(uint64(off)+maxName, uint64(len(names)))]
	n := strings.IndexByte(window, 0)
	if n < 0 {
		return "", false
	}
	return window[:n], true
}
