package symtab

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
)

// mergedLine finds the line table in a section that has more in it. Before Go 1.26 that
// of a position-independent binary is .data.rel.ro.gopclntab, which a linker of C puts
// into .data.rel.ro, as all sections with such a name. Symbols tell where, but strip
// removes them, and what the table begins with is long enough to be known among the
// pointers and types beside it.
func mergedLine(f *elf.File, s *elf.Section) (*elf.Section, error) {
	const step = 4 // the linker aligns the table to 32 bytes, and to no less than a word
	var magic [2]uint32
	for i, number := range []uint32{go118, go120} {
		b := make([]byte, 4)
		f.ByteOrder.PutUint32(b, number)
		magic[i] = binary.LittleEndian.Uint32(b)
	}
	var found *elf.Section
	view := window{section: s}
	for from := uint64(0); from < s.FileSize; from += windowSize {
		data, err := view.get(from, min(windowSize, s.FileSize-from))
		if err != nil {
			return nil, err
		}
		for at := 0; at+step <= len(data); at += step {
			if m := binary.LittleEndian.Uint32(data[at:]); m != magic[0] && m != magic[1] {
				continue
			}
			part := behind(s, from+uint64(at))
			if !beginsLine(f.ByteOrder, part) {
				continue
			}
			if found != nil {
				return nil, fmt.Errorf("damaged file: section %s has two line tables", s.Name)
			}
			found = part
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no .gopclntab section in a Go binary, nor a line table of Go 1.18 or newer in section %s", s.Name)
	}
	return found, nil
}

// behind returns the part of a section from an offset on.
func behind(s *elf.Section, off uint64) *elf.Section {
	part := &elf.Section{SectionHeader: s.SectionHeader}
	part.Addr += off
	part.Offset += off
	part.FileSize -= off
	part.Size = part.FileSize
	part.ReaderAt = io.NewSectionReader(s, int64(off), int64(part.FileSize))
	return part
}

// beginsLine reports whether a section begins with the header of a line table whose
// first function has a name.
func beginsLine(order binary.ByteOrder, s *elf.Section) bool {
	t := &pclntab{section: s, order: order}
	offsets, err := t.header()
	if err != nil {
		return false
	}
	names, funcs := offsets[0], offsets[4]
	for i, off := range offsets[1:] { // the linker writes the tables in this order
		if off < offsets[i] {
			return false
		}
	}
	first, err := sectionPart(s, funcs, funcs+8)
	if err != nil || uint64(order.Uint32(first[4:])) < t.length() {
		return false // the functions' structs follow the table
	}
	const most = 1024 // bytes; the first is a function of the linker or of a package of the run-time
	name, err := sectionPart(s, names, min(names+most, offsets[1]))
	return err == nil && bytes.IndexByte(name, 0) > 0
}
