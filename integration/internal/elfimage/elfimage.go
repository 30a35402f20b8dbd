// Package elfimage makes ELF files of a few hundred bytes, for the tests and fuzzing of
// what reads them: in a linked file most bytes are padding or code, and a change of
// them meets nothing.
package elfimage

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
)

// A Shape is a kind of ELF file.
type Shape struct {
	Class   elf.Class
	Data    elf.Data
	Type    elf.Type
	Machine elf.Machine
}

// The shapes that Go programs have.
var (
	Little64 = Shape{elf.ELFCLASS64, elf.ELFDATA2LSB, elf.ET_EXEC, elf.EM_X86_64}
	Big64    = Shape{elf.ELFCLASS64, elf.ELFDATA2MSB, elf.ET_EXEC, elf.EM_S390}
	Little32 = Shape{elf.ELFCLASS32, elf.ELFDATA2LSB, elf.ET_EXEC, elf.EM_386}
	Big32    = Shape{elf.ELFCLASS32, elf.ELFDATA2MSB, elf.ET_EXEC, elf.EM_MIPS}
	Dynamic  = Shape{elf.ELFCLASS64, elf.ELFDATA2LSB, elf.ET_DYN, elf.EM_X86_64}
)

// A Part is a section.
type Part struct {
	Name  string
	Kind  elf.SectionType
	Flags elf.SectionFlag
	Addr  uint64
	Link  uint32 // number of another section, counted from 1
	Data  []byte
}

// A Word is as long as a pointer of the machine.
type Word uint64

// Order is the order of the bytes in a number.
func (s Shape) Order() binary.ByteOrder {
	if s.Data == elf.ELFDATA2MSB {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// PointerSize is the size of a Word in bytes.
func (s Shape) PointerSize() int {
	if s.Class == elf.ELFCLASS32 {
		return 4
	}
	return 8
}

// Put writes numbers, structs and slices of them one behind the other. It panics when
// one has no fixed size.
func (s Shape) Put(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		if words, ok := v.([]Word); ok {
			for _, w := range words {
				b.Write(s.Put(w))
			}
			continue
		}
		if w, ok := v.(Word); ok && s.Class == elf.ELFCLASS32 {
			v = uint32(w)
		}
		if err := binary.Write(&b, s.Order(), v); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// Image makes the file: headers, sections, and the table of sections last. Each section
// with an address is a segment.
func (s Shape) Image(parts ...Part) []byte {
	names := []byte{0}
	parts = append([]Part{{}}, parts...)
	parts = append(parts, Part{Name: ".shstrtab", Kind: elf.SHT_STRTAB})
	var offsets []uint32
	segments := 0
	for _, p := range parts {
		offsets = append(offsets, uint32(len(names)))
		names = append(append(names, p.Name...), 0)
		if p.Addr != 0 {
			segments++
		}
	}
	parts[len(parts)-1].Data = names
	at := len(s.header(0, 0, 0)) + segments*len(s.segment(Part{}, 0))
	var segmentTable, body, sections []byte
	for i, p := range parts {
		if p.Addr != 0 {
			segmentTable = append(segmentTable, s.segment(p, at+len(body))...)
		}
		sections = append(sections, s.section(p, offsets[i], at+len(body))...)
		body = append(body, p.Data...)
	}
	file := append(s.header(at+len(body), segments, len(parts)), segmentTable...)
	return append(append(file, body...), sections...)
}

func (s Shape) header(sections, segments, parts int) []byte {
	h := elf.Header64{
		Type: uint16(s.Type), Machine: uint16(s.Machine), Version: 1, Ehsize: 64, Phoff: 64, Phentsize: 56, Phnum: uint16(segments),
		Shoff: uint64(sections), Shentsize: 64, Shnum: uint16(parts), Shstrndx: uint16(parts - 1),
	}
	copy(h.Ident[:], []byte{0x7f, 'E', 'L', 'F', byte(s.Class), byte(s.Data), byte(elf.EV_CURRENT)})
	if s.Class == elf.ELFCLASS64 {
		return s.Put(h)
	}
	return s.Put(elf.Header32{
		Ident: h.Ident, Type: h.Type, Machine: h.Machine, Version: 1, Ehsize: 52, Phoff: 52, Phentsize: 32, Phnum: h.Phnum,
		Shoff: uint32(sections), Shentsize: 40, Shnum: h.Shnum, Shstrndx: h.Shstrndx,
	})
}

func (s Shape) segment(p Part, offset int) []byte {
	kind := elf.PT_LOAD
	if p.Name == ".interp" {
		kind = elf.PT_INTERP
	}
	size := uint64(len(p.Data))
	if s.Class == elf.ELFCLASS32 {
		return s.Put(elf.Prog32{Type: uint32(kind), Off: uint32(offset), Vaddr: uint32(p.Addr), Filesz: uint32(size), Memsz: uint32(size)})
	}
	return s.Put(elf.Prog64{Type: uint32(kind), Off: uint64(offset), Vaddr: p.Addr, Filesz: size, Memsz: size})
}

func (s Shape) section(p Part, name uint32, offset int) []byte {
	return s.Put(name, uint32(p.Kind), Word(p.Flags), Word(p.Addr), Word(offset), Word(len(p.Data)), p.Link, uint32(0), Word(1), Word(0))
}

// Compress is the data of a section that has the flag SHF_COMPRESSED.
func (s Shape) Compress(data []byte) []byte {
	var head []byte
	if s.Class == elf.ELFCLASS32 {
		head = s.Put(elf.Chdr32{Type: uint32(elf.COMPRESS_ZLIB), Size: uint32(len(data)), Addralign: 1})
	} else {
		head = s.Put(elf.Chdr64{Type: uint32(elf.COMPRESS_ZLIB), Size: uint64(len(data)), Addralign: 1})
	}
	b := bytes.NewBuffer(head)
	z := zlib.NewWriter(b)
	if _, err := z.Write(data); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Edit returns a copy of a file that has other bytes at some places: edits is a list of
// three bytes each, two for the place and one for what stands there then. A fuzzer that
// changes the edits leaves the rest of the file whole, and does not spend its time on
// making the file shorter, which takes the go command the square of its length.
func Edit(file, edits []byte) []byte {
	file = bytes.Clone(file)
	for ; len(edits) >= 3; edits = edits[3:] {
		file[int(binary.LittleEndian.Uint16(edits))%len(file)] = edits[2]
	}
	return file
}
