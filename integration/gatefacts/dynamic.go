package gatefacts

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
)

// An object is what the dynamic section of a program or library says.
type object struct {
	path    string
	class   elf.Class
	machine elf.Machine
	dynamic bool   // there is a dynamic section
	lowest  uint64 // address at which the first segment is loaded
	relro   bool   // read-only after relocation
	stack   elf.ProgFlag
	host    bool // made by the C compiler's linker, not by Go's
	now     bool // all symbols are looked up at the start
	interp  string
	soname  string
	needed  []string
	rpath   []string
	runpath []string
	needs   []versionNeed
	defines map[string]bool // versions; nil when the library has none
	wanted  []string        // symbols that must come from elsewhere
	symbols map[string]bool // that it defines
	loader  *object         // that needs it
}

// A versionNeed is a version that must be defined by a library (elf.h, Vernaux).
type versionNeed struct {
	file, version string
	weak          bool
}

// Limits of a dynamic section, beyond what linkers make.
const (
	maxInterp  = 4096
	maxDynamic = 1 << 16
	maxTable   = 64 << 20 // bytes of symbols or of their names
)

// readObject reads the dynamic part of an ELF file. It keeps names as parts of one
// string, so that no damaged table costs more memory than its file has.
func readObject(path string) (*object, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return parseObject(path, file)
}

func parseObject(path string, file io.ReaderAt) (o *object, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged file: %v", p)
		}
	}()
	f, err := elf.NewFile(file)
	if err != nil {
		return nil, err
	}
	o = &object{path: path, class: f.Class, machine: f.Machine, lowest: math.MaxUint64}
	// Go's linker writes neither; strip leaves both.
	o.host = f.Section(".comment") != nil || f.Section(".eh_frame") != nil
	if err := o.segments(f); err != nil {
		return nil, err
	}
	d := f.SectionByType(elf.SHT_DYNAMIC)
	if d == nil || d.Type == elf.SHT_NOBITS || d.FileSize == 0 {
		return o, nil
	}
	o.dynamic = true
	t := &dynamicReader{f: f, object: o}
	return o, t.read(d)
}

// segments reads how the file is loaded.
func (o *object) segments(f *elf.File) error {
	for _, p := range f.Progs {
		switch {
		case p.Type == elf.PT_LOAD:
			o.lowest = min(o.lowest, p.Vaddr)
		case p.Type == elf.PT_GNU_RELRO:
			o.relro = true
		case p.Type == elf.PT_GNU_STACK:
			o.stack = p.Flags
		case p.Type == elf.PT_INTERP && p.Filesz <= maxInterp:
			data, err := io.ReadAll(io.LimitReader(p.Open(), maxInterp))
			if err != nil {
				return err
			}
			o.interp, _, _ = strings.Cut(string(data), "\x00") // as the kernel reads it
		}
	}
	return nil
}

type dynamicReader struct {
	f      *elf.File
	object *object
	names  string
}

func (t *dynamicReader) read(d *elf.Section) error {
	if int(d.Link) >= len(t.f.Sections) {
		return errors.New("damaged dynamic section: it has no table of names")
	}
	names, err := t.section(t.f.Sections[d.Link], maxTable)
	if err != nil {
		return err
	}
	t.names = string(names)
	data, err := t.section(d, maxDynamic)
	if err != nil {
		return err
	}
	if err := t.entries(data); err != nil {
		return err
	}
	if s := t.f.SectionByType(elf.SHT_GNU_VERNEED); s != nil {
		if err := t.versionNeeds(s); err != nil {
			return err
		}
	}
	if s := t.f.SectionByType(elf.SHT_GNU_VERDEF); s != nil {
		if err := t.versionDefs(s); err != nil {
			return err
		}
	}
	if s := t.f.SectionByType(elf.SHT_DYNSYM); s != nil {
		return t.dynsym(s)
	}
	return nil
}

func (t *dynamicReader) section(s *elf.Section, most uint64) ([]byte, error) {
	if s.Type == elf.SHT_NOBITS || s.Flags&elf.SHF_COMPRESSED != 0 || s.FileSize > most {
		return nil, fmt.Errorf("damaged file: section %s of %d bytes", s.Name, s.FileSize)
	}
	data := make([]byte, s.FileSize)
	if _, err := s.ReadAt(data, 0); err != nil {
		return nil, err
	}
	return data, nil
}

func (t *dynamicReader) name(at uint64) (string, error) {
	if at >= uint64(len(t.names)) {
		return "", errors.New("damaged dynamic section: a name lies outside of its table")
	}
	name, _, ok := strings.Cut(t.names[at:min(at+maxDynamic, uint64(len(t.names)))], "\x00")
	if !ok {
		return "", errors.New("damaged dynamic section: a name does not end")
	}
	return name, nil
}

// entries reads Elf32_Dyn and Elf64_Dyn.
func (t *dynamicReader) entries(data []byte) error {
	size := 16
	if t.f.Class == elf.ELFCLASS32 {
		size = 8
	}
	for ; len(data) >= size; data = data[size:] {
		tag, value := elf.DynTag(t.f.ByteOrder.Uint32(data)), uint64(0)
		if size == 8 {
			value = uint64(t.f.ByteOrder.Uint32(data[4:]))
		} else {
			tag, value = elf.DynTag(t.f.ByteOrder.Uint64(data)), t.f.ByteOrder.Uint64(data[8:])
		}
		switch tag {
		case elf.DT_NULL:
			return nil
		case elf.DT_BIND_NOW:
			t.object.now = true
		case elf.DT_FLAGS:
			t.object.now = t.object.now || elf.DynFlag(value)&elf.DF_BIND_NOW != 0
		case elf.DT_FLAGS_1:
			t.object.now = t.object.now || elf.DynFlag1(value)&elf.DF_1_NOW != 0
		}
		if tag != elf.DT_NEEDED && tag != elf.DT_SONAME && tag != elf.DT_RPATH && tag != elf.DT_RUNPATH {
			continue
		}
		name, err := t.name(value)
		if err != nil {
			return err
		}
		switch tag {
		case elf.DT_NEEDED:
			t.object.needed = append(t.object.needed, name)
		case elf.DT_SONAME:
			t.object.soname = name
		case elf.DT_RPATH:
			t.object.rpath = strings.Split(name, ":")
		case elf.DT_RUNPATH:
			t.object.runpath = strings.Split(name, ":")
		}
	}
	return nil
}

// versionNeeds reads Elf_Verneed and Elf_Vernaux, which are linked by distances.
// Following only distances forward, it ends.
func (t *dynamicReader) versionNeeds(s *elf.Section) error {
	data, err := t.section(s, maxDynamic)
	if err != nil {
		return err
	}
	order := t.f.ByteOrder
	for at := uint64(0); at+16 <= uint64(len(data)); {
		file, err := t.name(uint64(order.Uint32(data[at+4:])))
		if err != nil {
			return err
		}
		count := order.Uint16(data[at+2:])
		aux := at + uint64(order.Uint32(data[at+8:]))
		for ; count > 0; count-- {
			if aux+16 > uint64(len(data)) || len(t.object.needs) > maxDynamic {
				return errors.New("damaged dynamic section: the needed versions do not end")
			}
			version, err := t.name(uint64(order.Uint32(data[aux+8:])))
			if err != nil {
				return err
			}
			weak := order.Uint16(data[aux+4:])&2 != 0 // VER_FLG_WEAK
			t.object.needs = append(t.object.needs, versionNeed{file, version, weak})
			aux += uint64(order.Uint32(data[aux+12:]))
		}
		next := uint64(order.Uint32(data[at+12:]))
		if next == 0 {
			return nil
		}
		at += next
	}
	return nil
}

// versionDefs reads Elf_Verdef: the first Elf_Verdaux of each is its name.
func (t *dynamicReader) versionDefs(s *elf.Section) error {
	data, err := t.section(s, maxDynamic)
	if err != nil {
		return err
	}
	order := t.f.ByteOrder
	t.object.defines = make(map[string]bool)
	for at := uint64(0); at+20 <= uint64(len(data)); {
		aux := at + uint64(order.Uint32(data[at+12:]))
		if aux+8 > uint64(len(data)) {
			return errors.New("damaged dynamic section: a defined version has no name")
		}
		name, err := t.name(uint64(order.Uint32(data[aux:])))
		if err != nil {
			return err
		}
		t.object.defines[name] = true
		next := uint64(order.Uint32(data[at+16:]))
		if next == 0 {
			return nil
		}
		at += next
	}
	return nil
}

// dynsym reads which symbols the object wants from others, and which it has.
func (t *dynamicReader) dynsym(s *elf.Section) error {
	data, err := t.section(s, maxTable)
	if err != nil {
		return err
	}
	size, info, index := 24, 4, 6 // Elf64_Sym
	if t.f.Class == elf.ELFCLASS32 {
		size, info, index = 16, 12, 14
	}
	t.object.symbols = make(map[string]bool)
	for ; len(data) >= size; data = data[size:] {
		bind := elf.ST_BIND(data[info])
		undefined := elf.SectionIndex(t.f.ByteOrder.Uint16(data[index:])) == elf.SHN_UNDEF
		at := uint64(t.f.ByteOrder.Uint32(data))
		if at == 0 || bind == elf.STB_LOCAL || undefined && bind == elf.STB_WEAK {
			continue
		}
		name, err := t.name(at)
		if err != nil {
			return err
		}
		if undefined {
			t.object.wanted = append(t.object.wanted, name)
		} else {
			t.object.symbols[name] = true
		}
	}
	return nil
}
