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

// Limits of a symbol table's functions. The largest browsers have some 1,500,000.
const (
	maxSymbols     = 1 << 21
	maxSymbolNames = 1 << 30 // bytes of all names together, which may overlap
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
	count, err := countFunctions(f, s)
	if err != nil {
		return nil, 0, err
	}
	list = make([]symbol, 0, count)
	total := 0
	err = eachSymbol(f, s, func(at uint32, value uint64, kind elf.SymType) error {
		isText := text == 0 && uint64(at) < uint64(len(names)) && strings.HasPrefix(names[at:], "runtime.text\x00")
		if isText {
			text = value
		}
		if kind != elf.STT_FUNC {
			return nil
		}
		name, ok := nameAt(names, at)
		if total += len(name); !ok || total > maxSymbolNames {
			return fmt.Errorf("damaged symbol table: the name of the function at %#x does not end", value)
		}
		list = append(list, symbol{value, name})
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	byAddress := func(a, b symbol) int { return cmp.Compare(a.addr, b.addr) }
	if !slices.IsSortedFunc(list, byAddress) {
		slices.SortStableFunc(list, byAddress)
	}
	return list, text, nil
}

// countFunctions counts before room is made: the section says nothing of them.
func countFunctions(f *elf.File, s *elf.Section) (int, error) {
	count := 0
	err := eachSymbol(f, s, func(_ uint32, _ uint64, kind elf.SymType) error {
		if kind == elf.STT_FUNC {
			count++
		}
		return nil
	})
	if count > maxSymbols {
		return 0, fmt.Errorf("symbol table of %d functions; up to %d are read", count, maxSymbols)
	}
	return count, err
}

// eachSymbol visits the symbols that have an address.
func eachSymbol(f *elf.File, s *elf.Section, visit func(name uint32, value uint64, kind elf.SymType) error) error {
	size := uint64(24)
	if f.Class == elf.ELFCLASS32 {
		size = 16
	}
	records := window{section: s}
	for off := uint64(0); off+size <= s.FileSize; off += size {
		data, err := records.get(off, size)
		if err != nil {
			return err
		}
		name, value, kind, sect := decodeSymbol(f, data)
		if value == 0 || sect == elf.SHN_UNDEF {
			continue
		}
		if err := visit(name, value, kind); err != nil {
			return err
		}
	}
	return nil
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
