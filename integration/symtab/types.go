package symtab

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Limits of the DWARF data. The linker compresses it to about half its size.
const (
	maxDebug       = 512 << 20 // bytes of all sections together, uncompressed
	maxInflation   = 64        // uncompressed by compressed size
	maxAbbrev      = 16 << 20
	maxAbbrevAttrs = 128
	maxString      = 1 << 20 // bytes of one string in .debug_str
)

// Types are the types of a binary that has DWARF data. It keeps no file open, and
// must not be used by two goroutines at once.
type Types struct {
	path string
	data *dwarf.Data
	info []byte
	word int64 // size of a pointer in bytes
}

// DWARF returns the data that the types are read from, and its section .debug_info.
// It describes functions as well, but neither lines nor frames. A caller that reads
// it has to expect that it is damaged, which debug/dwarf may answer with a panic.
func (t *Types) DWARF() (data *dwarf.Data, info []byte) { return t.data, t.info }

// OpenTypes reads the type descriptions of the Go binary at path. Without DWARF
// the error says which flag removed it.
func OpenTypes(path string) (*Types, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t, err := readTypes(file, size)
	if err != nil {
		return nil, fmt.Errorf("cannot read the types of %s: %w", path, err)
	}
	t.path = path
	return t, nil
}

// readTypes reads only the sections that describe types: line tables, ranges and
// frames are the larger part of the data.
func readTypes(r io.ReaderAt, size int64) (t *Types, err error) {
	defer contain(&err)
	f, err := parseELF(r, size)
	if err != nil {
		return nil, err
	}
	if _, err := lineSection(f); err != nil {
		return nil, err
	}
	left := uint64(maxDebug)
	info, err := debugSection(f, "info", &left)
	if err != nil {
		return nil, err
	}
	if info == nil {
		return nil, missingDWARF(f)
	}
	parts := make(map[string][]byte)
	for _, name := range []string{"abbrev", "str", "addr", "line_str", "str_offsets", "rnglists"} {
		if parts[name], err = debugSection(f, name, &left); err != nil {
			return nil, err
		}
	}
	if err := checkDWARF(f.ByteOrder, info, parts); err != nil {
		return nil, err
	}
	d, err := dwarf.New(parts["abbrev"], nil, nil, info, nil, nil, nil, parts["str"])
	if err != nil {
		return nil, fmt.Errorf("damaged DWARF: %w", err)
	}
	for _, name := range []string{"addr", "line_str", "str_offsets", "rnglists"} {
		if err := d.AddSection(".debug_"+name, parts[name]); err != nil {
			return nil, fmt.Errorf("damaged DWARF: %w", err)
		}
	}
	t = &Types{data: d, info: info, word: 8}
	if f.Class == elf.ELFCLASS32 {
		t.word = 4
	}
	return t, nil
}

// missingDWARF says why there is none. -s has implied -w since Go 1.22.
func missingDWARF(f *elf.File) error {
	if f.SectionByType(elf.SHT_SYMTAB) == nil {
		return errors.New("no DWARF and no symbol table: built with -ldflags=-s, or stripped")
	}
	return errors.New("no DWARF: built with -ldflags=-w")
}

// debugSection returns a section of DWARF data, nil when there is none. It takes its
// size from what is left.
func debugSection(f *elf.File, name string, left *uint64) ([]byte, error) {
	s := f.Section(".debug_" + name)
	if s == nil || s.Type == elf.SHT_NOBITS {
		return nil, nil // NOBITS: the data was moved to a file of its own
	}
	if s.Size > *left || s.Flags&elf.SHF_COMPRESSED != 0 && s.Size > s.FileSize*maxInflation {
		return nil, fmt.Errorf("section %s claims to be %d bytes, stored as %d; up to %d are read",
			s.Name, s.Size, s.FileSize, *left)
	}
	*left -= s.Size
	data := make([]byte, s.Size)
	if _, err := io.ReadFull(s.Open(), data); err != nil {
		return nil, fmt.Errorf("section %s: %w", s.Name, err)
	}
	return data, nil
}

// checkDWARF refuses what debug/dwarf would spend memory on out of proportion: it
// parses the table of abbreviations anew for each offset that a unit gives, makes
// a slice as long as the abbreviation says for every entry, and copies strings up
// to the next zero byte.
func checkDWARF(order binary.ByteOrder, info []byte, parts map[string][]byte) error {
	for _, name := range []string{"str", "line_str"} {
		for rest := parts[name]; len(rest) > 0; {
			n := bytes.IndexByte(rest, 0)
			if n < 0 {
				n = len(rest) - 1
			}
			if n > maxString {
				return fmt.Errorf("damaged DWARF: a string of %d bytes", n)
			}
			rest = rest[n+1:]
		}
	}
	seen := make(map[uint64]bool)
	total := 0
	for len(info) > 0 {
		rest, abbrev, err := unit(order, info)
		if err != nil {
			return err
		}
		info = rest
		if seen[abbrev] {
			continue
		}
		seen[abbrev] = true
		if abbrev > uint64(len(parts["abbrev"])) {
			return errors.New("damaged DWARF: a unit's abbreviations lie outside of their section")
		}
		n, err := abbrevLength(parts["abbrev"][abbrev:])
		if total += n; err != nil || total > maxAbbrev {
			return errors.New("damaged DWARF: the abbreviations are not plausible")
		}
	}
	return nil
}

// unit returns what follows the first unit of info, and the offset of the unit's
// abbreviations (DWARF 5, section 7.5.1).
func unit(order binary.ByteOrder, info []byte) (rest []byte, abbrev uint64, err error) {
	errUnit := errors.New("damaged DWARF: a unit is cut short")
	if len(info) < 24 { // the longest header
		return nil, 0, errUnit
	}
	length, word, at := uint64(order.Uint32(info)), 4, 4
	if length == math.MaxUint32 {
		length, word, at = order.Uint64(info[4:]), 8, 12
	}
	if length > uint64(len(info)-at) {
		return nil, 0, errUnit
	}
	rest = info[uint64(at)+length:]
	version := order.Uint16(info[at:])
	at += 2
	if version >= 5 {
		at += 2 // the type of the unit and the size of addresses come first
	}
	if word == 8 {
		return rest, order.Uint64(info[at:]), nil
	}
	return rest, uint64(order.Uint32(info[at:])), nil
}

// abbrevLength returns the length of the table of abbreviations that begins here
// (DWARF 5, section 7.5.3).
func abbrevLength(table []byte) (int, error) {
	const formImplicitConst = 0x21
	r := bytes.NewReader(table)
	var err error
	number := func() uint64 {
		n, e := binary.ReadUvarint(r)
		err = errors.Join(err, e)
		return n
	}
	for err == nil && number() != 0 {
		number() // tag
		_, e := r.ReadByte()
		err = errors.Join(err, e)
		for attrs := 0; err == nil; attrs++ {
			attr, form := number(), number()
			if form == formImplicitConst {
				number() // signed, but as long
			}
			if attr == 0 && form == 0 {
				break
			}
			if attrs > maxAbbrevAttrs {
				return 0, errors.New("too many attributes")
			}
		}
	}
	return len(table) - r.Len(), err
}

// unescape undoes what the linker does to the last element of an import path:
// gopkg.in/yaml%2ev3.Node (cmd/internal/objabi/path.go).
func unescape(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	return strings.NewReplacer("%2e", ".", "%25", "%", "%22", `"`).Replace(name)
}
