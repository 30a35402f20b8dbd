package symtab

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/internal/elfimage"
)

// readAll does all that can be done with a file's bytes.
func readAll(data []byte) (*Table, Struct, error, error) {
	r := bytes.NewReader(data)
	table, err := read(r, int64(len(data)))
	if err == nil {
		table.Consistency()
		if _, err := Compare(table, table); err != nil {
			panic(err)
		}
	}
	types, typeErr := readTypes(r, int64(len(data)))
	var s Struct
	if typeErr == nil {
		s, typeErr = types.Layout("main.T")
	}
	if typeErr == nil {
		_, _, typeErr = types.DWARF()
	}
	return table, s, err, typeErr
}

func TestSmallImage(t *testing.T) {
	table, s, err, typeErr := readAll(goImage())
	if err != nil || typeErr != nil {
		t.Fatal(err, typeErr)
	}
	if len(table.Funcs) != 2 || table.Name(imageText+0x41) != "main.b" || !table.Consistency().Consistent() {
		t.Errorf("%+v", table)
	}
	if want := "8 bytes: A int32 @0 B main.U @4 B.C int32 @4"; s.String() != want {
		t.Errorf("got %s", s)
	}
}

// TestShapes reads a small binary of each shape as a whole.
func TestShapes(t *testing.T) {
	for i, data := range fuzzImages() {
		table, s, err, typeErr := readAll(data)
		if err != nil || len(table.Funcs) != 2 || table.Name(imageText+0x41) != "main.b" || !table.Consistency().Consistent() {
			t.Errorf("image %d: %+v, %v", i, table, err)
			continue
		}
		if c := table.Contents(); !c.DWARF && typeErr != nil && !c.Symbols {
			continue // stripped
		}
		if want := "8 bytes: A int32 @0 B main.U @4 B.C int32 @4"; typeErr != nil || s.String() != want {
			t.Errorf("image %d: %s, %v", i, s, typeErr)
		}
	}
}

func TestNotABinary(t *testing.T) {
	dir := t.TempDir()
	files := map[string]struct {
		data []byte
		want string
	}{
		"text":     {[]byte("#!/bin/sh\necho not a binary, but longer than the header of one\n"), "not an ELF file"},
		"empty":    {nil, "not an ELF file"},
		"short":    {[]byte(elf.ELFMAG + "\x02\x01\x01"), "not an ELF file"},
		"cut":      {append([]byte(elf.ELFMAG+"\x02\x01\x01"), make([]byte, 20)...), "the header is cut"},
		"class":    {append([]byte(elf.ELFMAG+"\x07\x01\x01"), make([]byte, 80)...), "0 sections"},
		"not Go":   {image(part{".text", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x1000, 0, make([]byte, 16)}), "not a Go binary"},
		"merged":   {image(part{".go.buildinfo", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x1000, 0, make([]byte, 16)}), "into another one"},
		"half":     {goImage()[:300], "damaged ELF file"},
		"old Go":   {withLineTable(func(b []byte) { b[0] = 0xfb }), "only those of Go 1.18"},
		"no start": {image(part{".gopclntab", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, smallLineTable()}), "start of the text is unknown"},
	}
	for name, f := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), f.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "old Go" {
			continue // DWARF does not depend on the line table
		}
		if _, err := Layout(path, "main.T"); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("layout in %s: %v", name, err)
		}
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("directory: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "missing")); !os.IsNotExist(err) {
		t.Errorf("missing file: %v", err)
	}
}

func TestOtherMachine(t *testing.T) {
	data := goImage()
	binary.LittleEndian.PutUint16(data[18:], uint16(elf.EM_AARCH64))
	arm, _, err, _ := readAll(data)
	if err != nil {
		t.Fatal(err)
	}
	amd, _, _, _ := readAll(goImage())
	if _, err := Compare(amd, arm); err == nil || !strings.Contains(err.Error(), "different machines") {
		t.Errorf("%v", err)
	}
}

// withLineTable returns goImage with a changed line table.
func withLineTable(change func([]byte)) []byte {
	data := goImage()
	at := bytes.Index(data, smallLineTable())
	change(data[at : at+len(smallLineTable())])
	return data
}

// TestHugeCounts claims far more than there is, and measures what it cost.
func TestHugeCounts(t *testing.T) {
	put64 := func(off int, v uint64) []byte {
		return withLineTable(func(b []byte) { binary.LittleEndian.PutUint64(b[off:], v) })
	}
	endless := bytes.Repeat([]byte{'x'}, 8<<20) // every symbol's name reaches to its end
	symbols := bytes.Repeat(le(uint32(1), uint8(elf.STT_FUNC), uint8(0), uint16(1), uint64(imageText), uint64(1)), 100_000)
	many := bytes.Repeat(symbols, maxSymbols/100_000+1)
	small := part{".gopclntab", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, smallLineTable()}
	bomb := le(uint32(elf.COMPRESS_ZLIB), uint32(0), uint64(1)<<40, uint64(1))
	sections := goImage()
	binary.LittleEndian.PutUint16(sections[60:], 0xfff0)
	tests := map[string][]byte{
		"functions":        put64(8, 1<<20),
		"more functions":   put64(8, 1<<60),
		"files":            put64(16, 1<<31),
		"names behind":     put64(32, 1<<62),
		"functions behind": put64(64, 1<<62),
		"name offset":      withLineTable(func(b []byte) { copy(b[len(b)-44+4:], "\xff\xff\xff\x7f") }),
		"order":            withLineTable(func(b []byte) { i := len(b) - 2*44 - 20; copy(b[i+8:], "\xff\xff\xff\x7f") }),
		"backward":         withLineTable(func(b []byte) { i := len(b) - 2*44 - 20; copy(b[i+12:], "\x00\x00\x00\x00") }),
		"sections":         sections,
		"endless name": image(small,
			part{".symtab", elf.SHT_SYMTAB, 0, 0, 3, symbols}, part{".strtab", elf.SHT_STRTAB, 0, 0, 0, endless}),
		"symbols": image(small,
			part{".symtab", elf.SHT_SYMTAB, 0, 0, 3, many}, part{".strtab", elf.SHT_STRTAB, 0, 0, 0, []byte("\x00f\x00")}),
		"section names": image(small, part{name: strings.Repeat("x", maxSectionNames), kind: elf.SHT_PROGBITS}),
		"compressed":    image(part{".gopclntab", elf.SHT_PROGBITS, elf.SHF_ALLOC | elf.SHF_COMPRESSED, 0, 0, bomb}),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := read(bytes.NewReader(data), int64(len(data)))
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatal("no error")
			}
			t.Log(err)
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d bytes allocated", used)
			}
		})
	}
}

func TestHostileDWARF(t *testing.T) {
	abbrev, info := smallDWARF()
	small := part{".gopclntab", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, smallLineTable()}
	dwarf := func(abbrev, info []byte, more ...part) []byte {
		return image(append(more, small, part{".debug_abbrev", elf.SHT_PROGBITS, 0, 0, 0, abbrev},
			part{".debug_info", elf.SHT_PROGBITS, 0, 0, 0, info})...)
	}
	// main.T contains itself: its field B has the type main.T.
	self := bytes.Clone(info)
	inner := uint32(bytes.Index(info, []byte("\x02main.U")))
	outer := uint32(bytes.Index(info, []byte("\x02main.T")))
	self = bytes.ReplaceAll(self, le(inner), le(outer))
	outside := bytes.ReplaceAll(bytes.Clone(info), le(inner), le(uint32(1<<30)))
	long := unitOf(little, append([]byte("\x01"), make1(maxString+2)...))
	again := unitOf(little, append([]byte("\x01u\x00"), bytes.Repeat([]byte("main.T\x00"), maxCandidates+1)...))
	wide := "\x01\x11\x00" + strings.Repeat("\x03\x08", 1000) + "\x00\x00\x00"
	tests := map[string]struct {
		data []byte
		want string
	}{
		"itself":  {dwarf(abbrev, self), "contains itself"},
		"outside": {dwarf(abbrev, outside), "damaged"},
		"cut":     {dwarf(abbrev, info[:len(info)-3]), "cut short"},
		"length":  {dwarf(abbrev, append(le(uint32(1<<31)), info[4:]...)), "cut short"},
		"abbrev":  {dwarf(abbrev[:9], info), "abbreviations"},
		"wide":    {dwarf([]byte(wide), info), "abbreviations"},
		"string":  {dwarf(abbrev, info, part{".debug_str", elf.SHT_PROGBITS, 0, 0, 0, make1(maxString + 2)}), "string of"},
		"long":    {dwarf(abbrev, long), "string of"},
		"again":   {dwarf(abbrev, again), "occurs more than"},
		"units":   {dwarf(abbrev, bytes.Repeat(unitOf(little, []byte{0}), maxUnits+1)), "units"},
		"bomb": {image(small, part{".debug_info", elf.SHT_PROGBITS, elf.SHF_COMPRESSED, 0, 0,
			le(uint32(elf.COMPRESS_ZLIB), uint32(0), uint64(1)<<29, uint64(1))}), "claims to be"},
	}
	for name, tt := range tests {
		if _, s, _, err := readAll(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

// make1 returns n bytes that are not zero.
func make1(n int) []byte { return bytes.Repeat([]byte{1}, n) }

// TestDamaged cuts a binary at each place, and changes each byte of one.
func TestDamaged(t *testing.T) {
	data := goImage()
	for n := range data {
		if _, _, err, _ := readAll(data[:n]); err == nil {
			t.Errorf("no error for the first %d of %d bytes", n, len(data))
		}
	}
	for i := range data {
		for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			bad := bytes.Clone(data)
			bad[i] = b
			readAll(bad) // must return
		}
	}
}

// FuzzBinary changes single bytes of whole files of several shapes.
func FuzzBinary(f *testing.F) {
	images := fuzzImages()
	for i := range images {
		f.Add(uint8(i), []byte{0, 0, 0x7f})
	}
	f.Fuzz(func(t *testing.T, which uint8, edits []byte) {
		readAll(elfimage.Edit(images[int(which)%len(images)], edits))
	})
}

// FuzzSections changes the sections and leaves the file around them whole.
func FuzzSections(f *testing.F) {
	abbrev, info := smallDWARF()
	f.Add(smallLineTable(), abbrev, info)
	f.Fuzz(func(t *testing.T, lines, abbrev, info []byte) {
		readAll(image(
			part{".gopclntab", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, lines},
			part{".go.module", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x4000, 0, moduleOf(little)},
			part{".debug_abbrev", elf.SHT_PROGBITS, 0, 0, 0, abbrev},
			part{".debug_info", elf.SHT_PROGBITS, 0, 0, 0, info}))
	})
}

// FuzzSymbols changes the ELF symbols and their names beside a line table that is whole.
func FuzzSymbols(f *testing.F) {
	f.Add(le(uint32(1), uint8(elf.STT_FUNC), uint8(0), uint16(1), uint64(imageText), uint64(1),
		uint32(8), uint8(elf.STT_FUNC), uint8(0), uint16(1), uint64(imageText+0x40), uint64(1)), []byte("\x00main.a\x00main.b\x00runtime.text\x00"))
	f.Fuzz(func(t *testing.T, symbols, names []byte) {
		table, _, err, _ := readAll(image(
			part{".gopclntab", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, smallLineTable()},
			part{".go.module", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x4000, 0, moduleOf(little)},
			part{".symtab", elf.SHT_SYMTAB, 0, 0, 4, symbols}, part{".strtab", elf.SHT_STRTAB, 0, 0, 0, names}))
		if err == nil && len(table.Funcs) != 2 {
			t.Errorf("%d functions", len(table.Funcs))
		}
	})
}
