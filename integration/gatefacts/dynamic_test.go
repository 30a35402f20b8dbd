package gatefacts

import (
	"bytes"
	"debug/elf"
	"reflect"
	"testing"

	"github.com/hotvet/hotvet/integration/internal/elfimage"
)

// tinyObject is a library of a few hundred bytes that has all that readObject looks at.
func tinyObject(s elfimage.Shape) []byte {
	s.Type = elf.ET_DYN
	names := []byte("\x00libc.so.6\x00libx.so\x00$ORIGIN:/lib\x00V_1\x00puts\x00hv\x00")
	at := func(name string) uint32 { return uint32(bytes.Index(names, []byte("\x00"+name+"\x00")) + 1) }
	word := func(v uint32) elfimage.Word { return elfimage.Word(v) }
	var dynamic []byte
	for _, e := range []struct {
		tag  elf.DynTag
		name string
	}{{elf.DT_NEEDED, "libc.so.6"}, {elf.DT_SONAME, "libx.so"}, {elf.DT_RPATH, "$ORIGIN:/lib"}, {elf.DT_RUNPATH, "$ORIGIN:/lib"}} {
		dynamic = append(dynamic, s.Put(word(uint32(e.tag)), word(at(e.name)))...)
	}
	dynamic = append(dynamic, s.Put(word(0), word(0))...)
	symbol := func(name uint32, section uint16) []byte {
		info := uint8(elf.STB_GLOBAL)<<4 | uint8(elf.STT_FUNC)
		if s.Class == elf.ELFCLASS32 {
			return s.Put(name, word(0), word(0), info, uint8(0), section)
		}
		return s.Put(name, info, uint8(0), section, word(0), word(0))
	}
	symbols := bytes.Join([][]byte{symbol(0, 0), symbol(at("puts"), 0), symbol(at("hv"), 1)}, nil)
	needs := s.Put(uint16(1), uint16(1), at("libc.so.6"), uint32(16), uint32(0), // Verneed
		uint32(0), uint16(0), uint16(2), at("V_1"), uint32(0)) // Vernaux
	defines := s.Put(uint16(1), uint16(0), uint16(1), uint16(1), uint32(0), uint32(20), uint32(0), // Verdef
		at("V_1"), uint32(0)) // Verdaux
	const alloc = elf.SHF_ALLOC
	return s.Image(
		elfimage.Part{Name: ".interp", Kind: elf.SHT_PROGBITS, Flags: alloc, Addr: 0x100, Data: []byte("/lib/ld.so\x00")},
		elfimage.Part{Name: ".dynstr", Kind: elf.SHT_STRTAB, Flags: alloc, Data: names},
		elfimage.Part{Name: ".dynamic", Kind: elf.SHT_DYNAMIC, Flags: alloc, Addr: 0x200, Link: 2, Data: dynamic},
		elfimage.Part{Name: ".dynsym", Kind: elf.SHT_DYNSYM, Flags: alloc, Link: 2, Data: symbols},
		elfimage.Part{Name: ".gnu.version_r", Kind: elf.SHT_GNU_VERNEED, Flags: alloc, Link: 2, Data: needs},
		elfimage.Part{Name: ".gnu.version_d", Kind: elf.SHT_GNU_VERDEF, Flags: alloc, Link: 2, Data: defines})
}

// tinyObjects are libraries for several machines.
func tinyObjects() [][]byte {
	var list [][]byte
	for _, s := range []elfimage.Shape{elfimage.Little64, elfimage.Big64, elfimage.Little32, elfimage.Big32} {
		list = append(list, tinyObject(s))
	}
	return list
}

func TestTinyObject(t *testing.T) {
	for i, data := range tinyObjects() {
		o, err := parseObject("x", bytes.NewReader(data))
		if err != nil {
			t.Errorf("object %d: %v", i, err)
			continue
		}
		want := object{path: "x", class: o.class, machine: o.machine, dynamic: true, lowest: 0x200, interp: "/lib/ld.so", soname: "libx.so",
			needed: []string{"libc.so.6"}, rpath: []string{"$ORIGIN", "/lib"}, runpath: []string{"$ORIGIN", "/lib"},
			needs: []versionNeed{{file: "libc.so.6", version: "V_1"}}, defines: map[string]bool{"V_1": true},
			wanted: []string{"puts"}, symbols: map[string]bool{"hv": true}}
		if !reflect.DeepEqual(*o, want) {
			t.Errorf("object %d: %+v", i, *o)
		}
	}
}

// FuzzObject holds that a damaged library is an error and takes little memory.
func FuzzObject(f *testing.F) {
	objects := tinyObjects()
	for i := range objects {
		f.Add(uint8(i), []byte{0, 0, 0x7f})
	}
	f.Fuzz(func(t *testing.T, which uint8, edits []byte) {
		data := elfimage.Edit(objects[int(which)%len(objects)], edits)
		o, err := parseObject("object", bytes.NewReader(data))
		if err == nil && len(o.needed)+len(o.needs)+len(o.wanted) > len(data)+maxDynamic {
			t.Errorf("%d needed, %d versions, %d wanted from %d bytes", len(o.needed), len(o.needs), len(o.wanted), len(data))
		}
	})
}
