package symtab

import (
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of the DWARF data. The linker compresses it to about half its size.
const (
	maxDebug     = 512 << 20 // bytes of all sections together, uncompressed
	maxInflation = 64        // uncompressed by compressed size
)

// Types are the types of a binary that has DWARF data. It reads on in the file as more
// is asked of it, up to Close, and must not be used by two goroutines at once.
type Types struct {
	path string
	file io.Closer
	elf  *elf.File
	left uint64 // bytes of DWARF data that may still be read
	info *units
	data *dwarf.Data // of the units that were read
	word int64       // size of a pointer in bytes
}

// OpenTypes reads the first type descriptions of the Go binary at path. Without DWARF
// the error says which flag removed it.
func OpenTypes(path string) (*Types, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	t, err := readTypes(file, size)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("cannot read the types of %s: %w", path, err)
	}
	t.path, t.file = path, file
	return t, nil
}

// Close closes the file. What was read stays.
func (t *Types) Close() error { return t.file.Close() }

// readTypes reads the units that the types are in, as far as can be told, and only the
// sections that describe types: what else there is takes the larger part.
func readTypes(r io.ReaderAt, size int64) (t *Types, err error) {
	defer contain(&err)
	f, err := parseELF(r, size)
	if err != nil {
		return nil, err
	}
	if _, err := lineSection(f); err != nil {
		return nil, err
	}
	t = &Types{elf: f, left: maxDebug, word: 8}
	if f.Class == elf.ELFCLASS32 {
		t.word = 4
	}
	info, infoSize, err := t.open("info")
	if err != nil {
		return nil, err
	}
	if infoSize == 0 {
		return nil, missingDWARF(f)
	}
	abbrev, err := t.section("abbrev")
	if err != nil {
		return nil, err
	}
	t.info = &units{order: f.ByteOrder, in: info, size: infoSize, abbrev: abbrev, tables: make(map[uint64]bool)}
	return t, t.more()
}

// more reads further units. It returns io.EOF when there are none.
func (t *Types) more() error {
	if err := t.info.more(); err != nil {
		return err
	}
	d, err := dwarf.New(t.info.abbrev, nil, nil, t.info.data, nil, nil, nil, nil)
	if err != nil {
		return fmt.Errorf("damaged DWARF: %w", err)
	}
	t.data = d
	return nil
}

// DWARF returns all of the section .debug_info and what is needed to read the types and
// functions in it, but neither lines nor frames. A caller that reads it has to expect
// that it is damaged, which debug/dwarf may answer with a panic.
func (t *Types) DWARF() (data *dwarf.Data, info []byte, err error) {
	defer contain(&err)
	for err == nil {
		err = t.info.more()
	}
	if err != io.EOF {
		return nil, nil, fmt.Errorf("cannot read the types of %s: %w", t.path, err)
	}
	data, err = t.functions()
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the functions of %s: %w", t.path, err)
	}
	return data, t.info.data, nil
}

// functions adds the sections that functions refer to. Types have their names in place
// and refer to nothing but each other.
func (t *Types) functions() (*dwarf.Data, error) {
	parts := make(map[string][]byte)
	for _, name := range []string{"str", "addr", "line_str", "str_offsets", "rnglists"} {
		var err error
		if parts[name], err = t.section(name); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"str", "line_str"} {
		if err := checkStrings(parts[name]); err != nil {
			return nil, err
		}
	}
	d, err := dwarf.New(t.info.abbrev, nil, nil, t.info.data, nil, nil, nil, parts["str"])
	if err != nil {
		return nil, fmt.Errorf("damaged DWARF: %w", err)
	}
	for _, name := range []string{"addr", "line_str", "str_offsets", "rnglists"} {
		if err := d.AddSection(".debug_"+name, parts[name]); err != nil {
			return nil, fmt.Errorf("damaged DWARF: %w", err)
		}
	}
	return d, nil
}

// missingDWARF says why there is none. -s has implied -w since Go 1.22.
func missingDWARF(f *elf.File) error {
	if f.SectionByType(elf.SHT_SYMTAB) == nil {
		return errors.New("no DWARF and no symbol table: built with -ldflags=-s, or stripped")
	}
	return errors.New("no DWARF: built with -ldflags=-w")
}

// open opens a section of DWARF data, nil when there is none. It takes its size from
// what is left.
func (t *Types) open(name string) (in io.Reader, size uint64, err error) {
	s := t.elf.Section(".debug_" + name)
	if s == nil || s.Type == elf.SHT_NOBITS {
		return nil, 0, nil // NOBITS: the data was moved to a file of its own
	}
	if s.Size > t.left || s.Flags&elf.SHF_COMPRESSED != 0 && s.Size > s.FileSize*maxInflation {
		return nil, 0, fmt.Errorf("section %s claims to be %d bytes, stored as %d; up to %d are read",
			s.Name, s.Size, s.FileSize, t.left)
	}
	t.left -= s.Size
	return s.Open(), s.Size, nil
}

// section reads a section of DWARF data.
func (t *Types) section(name string) ([]byte, error) {
	in, size, err := t.open(name)
	if in == nil || err != nil {
		return nil, err
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, fmt.Errorf("section .debug_%s: %w", name, err)
	}
	return data, nil
}

// unescape undoes what the linker does to the last element of an import path:
// gopkg.in/yaml%2ev3.Node (cmd/internal/objabi/path.go).
func unescape(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	return strings.NewReplacer("%2e", ".", "%25", "%", "%22", `"`).Replace(name)
}
