package symtab

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// le appends numbers in little-endian order.
func le(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

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
func image(parts ...part) []byte {
	names := []byte{0}
	parts = append([]part{{}}, parts...)
	parts = append(parts, part{name: ".shstrtab", kind: elf.SHT_STRTAB})
	var offsets []uint32
	for _, p := range parts {
		offsets = append(offsets, uint32(len(names)))
		names = append(append(names, p.name...), 0)
	}
	parts[len(parts)-1].data = names
	body := make([]byte, 64)
	var table []byte
	for i, p := range parts {
		table = append(table, le(offsets[i], uint32(p.kind), uint64(p.flags), p.addr, uint64(len(body)),
			uint64(len(p.data)), p.link, uint32(0), uint64(1), uint64(0))...)
		body = append(body, p.data...)
	}
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Ehsize: 64,
		Shoff: uint64(len(body)), Shentsize: 64, Shnum: uint16(len(parts)), Shstrndx: uint16(len(parts) - 1),
	}
	copy(header.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	copy(body, le(header))
	return append(body, table...)
}

const imageText = 0x1000

// smallLineTable has the functions main.a and main.b of 0x40 bytes each.
func smallLineTable() []byte {
	const ptr = 8
	names := []byte("main.a\x00main.b\x00")
	files := []byte("a.go\x00")
	cu := le(uint32(0))
	pc := []byte{2, 0x40, 0, 2, 0x40, 0}
	function := func(entry, name uint32) []byte {
		return le(entry, name, int32(0), uint32(0), uint32(0), uint32(3), uint32(3), uint32(0), uint32(0),
			int32(1), uint8(0), uint8(0), uint8(0), uint8(0))
	}
	first := function(0, 0)
	start := uint32(5 * 4)
	funcs := le(uint32(0), start, uint32(0x40), start+uint32(len(first)), uint32(0x80))
	funcs = append(append(funcs, first...), function(0x40, 7)...)
	at := uint64(8 + 8*ptr)
	var offsets []uint64
	var tables []byte
	for _, t := range [][]byte{names, cu, files, pc, funcs} {
		offsets = append(offsets, at+uint64(len(tables)))
		tables = append(tables, t...)
	}
	header := le(uint32(0xfffffff1), uint8(0), uint8(0), uint8(1), uint8(ptr), uint64(2), uint64(1), uint64(0), offsets)
	return append(header, tables...)
}

// smallDWARF describes main.T{A int32; B main.U; U{C int32}} in DWARF 4.
func smallDWARF() (abbrev, info []byte) {
	abbrev = []byte("\x01\x11\x01\x03\x08\x00\x00" + // unit: name
		"\x02\x13\x01\x03\x08\x0b\x0b\x80\x52\x0b\x00\x00" + // struct: name, size, kind
		"\x03\x0d\x00\x03\x08\x38\x0b\x49\x10\x00\x00" + // member: name, offset, type
		"\x04\x24\x00\x03\x08\x0b\x0b\x80\x52\x0b\x00\x00\x00") // base type: name, size, kind
	return abbrev, typeUnit(0, "main.T", "main.U")
}

// typeUnit describes a struct and the one in it. The unit lies at an offset of its section.
func typeUnit(base int, outer, inner string) []byte {
	const header = 11
	die := []byte("\x01u\x00")
	at := func() uint32 { return uint32(base + header + len(die)) }
	integer := at()
	die = append(die, "\x04int32\x00\x04\x05"...)
	within := at()
	die = append(die, "\x02"+inner+"\x00\x04\x19\x03C\x00\x00"...)
	die = append(append(die, le(integer)...), 0)
	die = append(die, "\x02"+outer+"\x00\x08\x19\x03A\x00\x00"...)
	die = append(append(die, le(integer)...), "\x03B\x00\x04"...)
	die = append(append(die, le(within)...), 0, 0)
	return unitOf(die)
}

// unitOf puts the header of a unit before its entries.
func unitOf(die []byte) []byte {
	return append(le(uint32(7+len(die)), uint16(4), uint32(0), uint8(8)), die...)
}

// goImage is a whole binary: line table, symbol table and DWARF.
func goImage() []byte {
	strtab := []byte("\x00runtime.text\x00main.a\x00main.b\x00")
	symbol := func(name uint32, kind elf.SymType, value uint64) []byte {
		return le(name, uint8(kind), uint8(0), uint16(1), value, uint64(0x40))
	}
	var symtab []byte
	symtab = append(symtab, make([]byte, 24)...)
	symtab = append(symtab, symbol(1, elf.STT_FUNC, imageText)...)
	symtab = append(symtab, symbol(14, elf.STT_FUNC, imageText)...)
	symtab = append(symtab, symbol(21, elf.STT_FUNC, imageText+0x40)...)
	module := make([]uint64, 24)
	module[0], module[wordMinPC], module[wordText], module[wordEText] = 0x3000, imageText, imageText, imageText+0x80
	abbrev, info := smallDWARF()
	const alloc = elf.SHF_ALLOC
	return image(
		part{".text", elf.SHT_PROGBITS, alloc | elf.SHF_EXECINSTR, imageText, 0, make([]byte, 0x80)},
		part{".gopclntab", elf.SHT_PROGBITS, alloc, 0x3000, 0, smallLineTable()},
		part{".go.module", elf.SHT_PROGBITS, alloc, 0x4000, 0, le(module)},
		part{".symtab", elf.SHT_SYMTAB, 0, 0, 5, symtab},
		part{".strtab", elf.SHT_STRTAB, 0, 0, 0, strtab},
		part{".debug_abbrev", elf.SHT_PROGBITS, 0, 0, 0, abbrev},
		part{".debug_info", elf.SHT_PROGBITS, 0, 0, 0, info},
	)
}
