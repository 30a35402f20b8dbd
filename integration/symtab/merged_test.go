package symtab

import (
	"bytes"
	"debug/elf"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/internal/elfimage"
)

// TestMerged reads a line table that a linker of C put into .data.rel.ro, as it does for
// -buildmode=pie, plugin and c-shared before Go 1.26. The image is like what Go 1.25
// links with GNU ld, whose functions were held against runtime.FuncForPC in a process.
func TestMerged(t *testing.T) {
	table := lineTableOf(little, imageText)
	var decoys []byte
	for _, decoy := range [][]byte{
		le(uint32(go120)),                     // a number
		le(uint32(go120), uint32(0x08010000)), // with a size of pointers, and no counts
		edit(table, 8, 0),                     // no functions
		edit(table, 40, 0xff),                 // tables in another order
		edit(table, 72, 0),                    // no name
		edit(table, 72+14+4+5+6+4, 0),         // the first function's struct inside the table of them
		table[:60],
	} {
		decoys = append(decoys, pad4(decoy)...)
	}
	pad := func(n int) []byte { return bytes.Repeat(le(uint64(0x1234)), (n+7)/8) }
	for name, tt := range map[string]struct {
		before, after []byte
		want          string
	}{
		"alone":         {nil, nil, ""},
		"among others":  {pad(0x160), pad(100), ""},
		"decoys":        {decoys, append(pad(8), decoys...), ""},
		"window":        {pad(windowSize), pad(100), ""},
		"before window": {pad(windowSize - 8), pad(100), ""},
		"twice":         {append(pad4(table), pad(8)...), nil, "two line tables"},
	} {
		for _, s := range []elfimage.Shape{little, elfimage.Dynamic} {
			data := imageOf(s, mergedParts(s, tt.before, tt.after)...)
			got, err := read(bytes.NewReader(data), int64(len(data)))
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil || len(got.Funcs) != 2 || got.Name(imageText+0x41) != "main.b" {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
	none := image(part{".data.rel.ro", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, decoys},
		part{".go.buildinfo", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x2000, 0, make([]byte, 16)})
	if _, err := read(bytes.NewReader(none), int64(len(none))); err == nil || !strings.Contains(err.Error(), "nor a line table") {
		t.Errorf("decoys only: %v", err)
	}
}

// TestRelocatedText has the start of the text in a relocation only. Binaries of Go 1.25
// for -buildmode=pie and -static-pie in which it was set to zero run as before.
func TestRelocatedText(t *testing.T) {
	for _, s := range []elfimage.Shape{elfimage.Little64, elfimage.Big64, elfimage.Big32} {
		at := elfimage.Word(0x3000 + 8 + 2*s.PointerSize())
		const relative = elfimage.Word(8) // no symbol
		symbol := elfimage.Word(1 << 32)
		if s.PointerSize() == 4 {
			symbol = 1 << 8
		}
		for name, tt := range map[string]struct {
			table []elfimage.Word
			flags elf.SectionFlag
			ok    bool
		}{
			"there":      {[]elfimage.Word{at + 8, relative, 0x9000, at, relative, imageText}, elf.SHF_ALLOC, true},
			"elsewhere":  {[]elfimage.Word{at + 8, relative, imageText}, elf.SHF_ALLOC, false},
			"symbol":     {[]elfimage.Word{at, symbol + relative, imageText}, elf.SHF_ALLOC, false},
			"not loaded": {[]elfimage.Word{at, relative, imageText}, 0, false},
		} {
			parts := mergedParts(s, nil, nil)
			parts[1].data = lineTableOf(s, 0)
			data := imageOf(s, append(parts, part{".rela.dyn", elf.SHT_RELA, tt.flags, 0, 0, s.Put(tt.table)})...)
			table, err := read(bytes.NewReader(data), int64(len(data)))
			if tt.ok && (err != nil || table.Name(imageText+0x41) != "main.b") {
				t.Errorf("%s: %+v, %v", name, table, err)
			}
			if !tt.ok && (err == nil || !strings.Contains(err.Error(), "start of the text is unknown")) {
				t.Errorf("%s: %+v, %v", name, table, err)
			}
		}
	}
}

// edit changes one byte.
func edit(data []byte, at int, b byte) []byte {
	return elfimage.Edit(data, []byte{byte(at), byte(at >> 8), b})
}

// pad4 appends zeros up to a multiple of 4.
func pad4(data []byte) []byte { return append(bytes.Clone(data), make([]byte, -len(data)&3)...) }
