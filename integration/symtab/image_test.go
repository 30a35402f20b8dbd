package symtab

import (
	"debug/elf"

	"github.com/hotvet/hotvet/integration/internal/elfimage"
)

var little = elfimage.Little64

// le appends numbers in little-endian order.
func le(values ...any) []byte { return little.Put(values...) }

// A part is a section of a made-up ELF file.
type part struct {
	name  string
	kind  elf.SectionType
	flags elf.SectionFlag
	addr  uint64
	link  uint32
	data  []byte
}

// image makes a 64-bit ELF file of a few hundred bytes.
func image(parts ...part) []byte { return imageOf(little, parts...) }

func imageOf(s elfimage.Shape, parts ...part) []byte {
	var list []elfimage.Part
	for _, p := range parts {
		list = append(list, elfimage.Part{Name: p.name, Kind: p.kind, Flags: p.flags, Addr: p.addr, Link: p.link, Data: p.data})
	}
	return s.Image(list...)
}

const imageText = 0x1000

func smallLineTable() []byte { return lineTableOf(little, 0) }

// lineTableOf has the functions main.a and main.b of 0x40 bytes each.
func lineTableOf(s elfimage.Shape, text elfimage.Word) []byte {
	ptr := s.PointerSize()
	names := []byte("main.a\x00main.b\x00")
	files := []byte("a.go\x00")
	cu := s.Put(uint32(0))
	pc := []byte{2, 0x40, 0, 2, 0x40, 0}
	function := func(entry, name uint32) []byte {
		return s.Put(entry, name, int32(0), uint32(0), uint32(0), uint32(3), uint32(3), uint32(0), uint32(0),
			int32(1), uint8(0), uint8(0), uint8(0), uint8(0))
	}
	first := function(0, 0)
	start := uint32(5 * 4)
	funcs := s.Put(uint32(0), start, uint32(0x40), start+uint32(len(first)), uint32(0x80))
	funcs = append(append(funcs, first...), function(0x40, 7)...)
	at := 8 + 8*ptr
	var offsets []elfimage.Word
	var tables []byte
	for _, t := range [][]byte{names, cu, files, pc, funcs} {
		offsets = append(offsets, elfimage.Word(at+len(tables)))
		tables = append(tables, t...)
	}
	header := s.Put(uint32(go120), uint8(0), uint8(0), uint8(1), uint8(ptr), elfimage.Word(2), elfimage.Word(1), text, offsets)
	return append(header, tables...)
}

// smallAbbrev describes the entries of smallDWARF.
const smallAbbrev = "\x01\x11\x01\x03\x08\x00\x00" + // unit: name
	"\x02\x13\x01\x03\x08\x0b\x0b\x80\x52\x0b\x00\x00" + // struct: name, size, kind
	"\x03\x0d\x00\x03\x08\x38\x0b\x49\x10\x00\x00" + // member: name, offset, type
	"\x04\x24\x00\x03\x08\x0b\x0b\x80\x52\x0b\x00\x00\x00" // base type: name, size, kind

// smallDWARF describes main.T{A int32; B main.U; U{C int32}} in DWARF 4.
func smallDWARF() (abbrev, info []byte) {
	return []byte(smallAbbrev), typeUnit(little, 0, "main.T", "main.U")
}

// typeUnit describes a struct and the one in it. The unit lies at an offset of its section.
func typeUnit(s elfimage.Shape, base int, outer, inner string) []byte {
	const header = 11
	die := []byte("\x01u\x00")
	at := func() uint32 { return uint32(base + header + len(die)) }
	integer := at()
	die = append(die, "\x04int32\x00\x04\x05"...)
	within := at()
	die = append(die, "\x02"+inner+"\x00\x04\x19\x03C\x00\x00"...)
	die = append(append(die, s.Put(integer)...), 0)
	die = append(die, "\x02"+outer+"\x00\x08\x19\x03A\x00\x00"...)
	die = append(append(die, s.Put(integer)...), "\x03B\x00\x04"...)
	die = append(append(die, s.Put(within)...), 0, 0)
	return unitOf(s, die)
}

// unitOf puts the header of a unit before its entries.
func unitOf(s elfimage.Shape, die []byte) []byte {
	return append(s.Put(uint32(7+len(die)), uint16(4), uint32(0), uint8(s.PointerSize())), die...)
}

// moduleOf is the content of .go.module for a line table at 0x3000.
func moduleOf(s elfimage.Shape) []byte {
	module := make([]elfimage.Word, 24)
	module[0], module[wordMinPC], module[wordText], module[wordEText] = 0x3000, imageText, imageText, imageText+0x80
	return s.Put(module)
}

// symbolsOf are the ELF symbols of the line table's functions, and their names.
func symbolsOf(s elfimage.Shape) (symtab, strtab []byte) {
	names := "\x00runtime.text\x00main.a\x00main.b\x00"
	for _, sym := range []struct {
		name uint32
		kind uint8
		addr elfimage.Word
	}{{}, {1, uint8(elf.STT_FUNC), imageText}, {14, uint8(elf.STT_FUNC), imageText}, {21, uint8(elf.STT_FUNC), imageText + 0x40}} {
		section := uint16(min(1, sym.name))
		if s.Class == elf.ELFCLASS32 {
			symtab = append(symtab, s.Put(sym.name, sym.addr, elfimage.Word(0x40), sym.kind, uint8(0), section)...)
		} else {
			symtab = append(symtab, s.Put(sym.name, sym.kind, uint8(0), section, sym.addr, elfimage.Word(0x40))...)
		}
	}
	return symtab, []byte(names)
}

// goImage is a whole binary: line table, symbol table and DWARF.
func goImage() []byte { return imageOf(little, goParts(little)...) }

func goParts(s elfimage.Shape) []part {
	symtab, strtab := symbolsOf(s)
	const alloc = elf.SHF_ALLOC
	return []part{
		{".text", elf.SHT_PROGBITS, alloc | elf.SHF_EXECINSTR, imageText, 0, make([]byte, 0x80)},
		{".gopclntab", elf.SHT_PROGBITS, alloc, 0x3000, 0, lineTableOf(s, 0)},
		{".go.module", elf.SHT_PROGBITS, alloc, 0x4000, 0, moduleOf(s)},
		{".symtab", elf.SHT_SYMTAB, 0, 0, 5, symtab},
		{".strtab", elf.SHT_STRTAB, 0, 0, 0, strtab},
		{".debug_abbrev", elf.SHT_PROGBITS, 0, 0, 0, []byte(smallAbbrev)},
		{".debug_info", elf.SHT_PROGBITS, 0, 0, 0, typeUnit(s, 0, "main.T", "main.U")},
	}
}

// compressed stores the DWARF data of a binary as the linker does.
func compressed(s elfimage.Shape, parts []part) []part {
	for i := len(parts) - 2; i < len(parts); i++ {
		parts[i].flags |= elf.SHF_COMPRESSED
		parts[i].data = s.Compress(parts[i].data)
	}
	return parts
}

// mergedParts is a stripped binary whose line table stands in .data.rel.ro, between
// pointers.
func mergedParts(s elfimage.Shape, before, after []byte) []part {
	data := append(append(before, lineTableOf(s, imageText)...), after...)
	return []part{
		{".text", elf.SHT_PROGBITS, elf.SHF_ALLOC | elf.SHF_EXECINSTR, imageText, 0, make([]byte, 0x80)},
		{".data.rel.ro", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, data},
		{".go.buildinfo", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x2000, 0, make([]byte, 16)},
	}
}

// relocatedParts is mergedParts with the start of the text in a relocation only.
func relocatedParts(s elfimage.Shape) []part {
	parts := mergedParts(s, nil, nil)
	parts[1].data = lineTableOf(s, 0)
	at := elfimage.Word(0x3000 + 8 + 2*s.PointerSize())
	return append(parts, part{".rela.dyn", elf.SHT_RELA, elf.SHF_ALLOC, 0, 0, s.Put([]elfimage.Word{at, 8, imageText})})
}

// fuzzImages are small binaries of several shapes.
func fuzzImages() [][]byte {
	pie := elfimage.Dynamic
	list := [][]byte{
		goImage(),
		imageOf(pie, goParts(pie)...),
		imageOf(little, goParts(little)[:3]...), // stripped
		imageOf(little, compressed(little, goParts(little))...),
		imageOf(pie, mergedParts(pie, nil, nil)...),
		imageOf(pie, relocatedParts(pie)...),
	}
	for _, s := range []elfimage.Shape{elfimage.Little32, elfimage.Big32, elfimage.Big64} {
		list = append(list, imageOf(s, goParts(s)...))
	}
	return list
}
