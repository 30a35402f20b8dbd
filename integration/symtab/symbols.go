package symtab

import (
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
	data, err := sectionData(s)
	if err != nil {
		return nil, 0, err
	}
	names, err := sectionText(f.Sections[s.Link]) // the symbols' names are parts of it
	if err != nil {
		return nil, 0, err
	}
	size := 24
	if f.Class == elf.ELFCLASS32 {
		size = 16
	}
	for ; len(data) >= size; data = data[size:] {
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
		if !ok {
			return nil, 0, fmt.Errorf("damaged symbol table: the name of the function at %#x does not end", value)
		}
		list = append(list, symbol{value, name})
	}
	slices.SortStableFunc(list, func(a, b symbol) int {
		switch {
		case a.addr < b.addr:
			return -1
		case a.addr > b.addr:
			return 1
		}
		return 0
	})
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
