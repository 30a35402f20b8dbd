package symtab

import (
	"debug/elf"
	"strings"
)

// Contents say which tables of a binary are there, and which of them were removed.
type Contents struct {
	Symbols   bool   // .symtab, which "strip" and -ldflags=-s remove
	DWARF     bool   // .debug_info, which -ldflags=-w removes as well
	DebugLink bool   // .gnu_debuglink: the DWARF data is in a file of its own
	Cgo       bool   // code of the package runtime/cgo is linked in
	PIE       bool   // position-independent: the loader adds a bias to each address
	BuildID   string // the GNU build id in lower-case hexadecimal, "" for none
}

// maxNote is the size in bytes up to which a note is read; a build id takes 36.
const maxNote = 4096

// readContents reads the headers only, and the functions that t has.
func readContents(f *elf.File, t *Table) Contents {
	c := Contents{
		Symbols:   !t.stripped,
		DebugLink: f.Section(".gnu_debuglink") != nil,
		PIE:       f.Type == elf.ET_DYN,
		BuildID:   buildID(f),
	}
	if s := f.Section(".debug_info"); s != nil {
		c.DWARF = s.Type != elf.SHT_NOBITS && s.FileSize > 0
	}
	for _, fn := range t.Funcs {
		if strings.HasPrefix(fn.Name, "runtime/cgo.") {
			c.Cgo = true
			break
		}
	}
	return c
}

// buildID reads the note that profiles quote (elf(5), Nhdr: sizes of name and
// content, type; the name is "GNU" and a zero byte).
func buildID(f *elf.File) string {
	const head = 16
	s := f.Section(".note.gnu.build-id")
	if s == nil || s.Type != elf.SHT_NOTE || s.FileSize < head || s.FileSize > maxNote {
		return ""
	}
	data, err := sectionData(s)
	if err != nil || f.ByteOrder.Uint32(data) != 4 {
		return ""
	}
	size := uint64(f.ByteOrder.Uint32(data[4:]))
	if size > uint64(len(data)-head) {
		return ""
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range data[head : head+size] {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// Contents returns which tables the binary has.
func (t *Table) Contents() Contents { return t.contents }

// A segment is a part of the file that is mapped.
type segment struct {
	offset, size, addr uint64
}

// FileAddress turns an address that a process saw in a mapping of the binary into
// that of the file. The mapping began at start and showed the file from offset on,
// as /proc/PID/maps and profiles tell it. It is false when no segment of the file
// is mapped from there.
func (t *Table) FileAddress(pc, start, offset uint64) (uint64, bool) {
	if !t.contents.PIE {
		return pc, true
	}
	at := pc - start + offset
	for _, s := range t.segments {
		if s.offset <= at && at-s.offset < s.size {
			return at - s.offset + s.addr, true
		}
	}
	return 0, false
}
