package symtab

import "debug/elf"

// A TextStart is one source's word for the address that the line table counts
// its functions from, the value of the linker's runtime.text.
type TextStart struct {
	Source  string // "moduledata", "runtime.text", "pcHeader" or "relocation"
	Address uint64
}

// Words of runtime.moduledata (runtime/symtab.go) before its field text: pcHeader,
// six slices, findfunctab, minpc and maxpc. The file's .go.module section holds it
// since Go 1.26.
const (
	wordMinPC = 20
	wordText  = 22
	wordEText = 23
)

// textStarts lists what is known about the text start, the best source first. The
// start of the .text section is not among them: a binary linked with C begins its
// .text with the C start-up code.
func textStarts(f *elf.File, line *pclntab, symbol uint64) []TextStart {
	var list []TextStart
	if text, ok := moduleText(f, line); ok {
		list = append(list, TextStart{"moduledata", text})
	}
	if symbol != 0 {
		list = append(list, TextStart{"runtime.text", symbol})
	}
	// Since Go 1.26 the field is unused. Before, it is what the file was linked for.
	if line.textStart != 0 {
		list = append(list, TextStart{"pcHeader", line.textStart})
	}
	if len(list) == 0 {
		if text, ok := relocatedText(f, line); ok {
			list = append(list, TextStart{"relocation", text})
		}
	}
	return list
}

// relocatedText reads what the loader is to write into the header of the line table of a
// position-independent binary. A linker of C may leave zeros there, since the relocation
// has the address (R_AARCH64_RELATIVE and its like: an addend, and no symbol).
func relocatedText(f *elf.File, line *pclntab) (uint64, bool) {
	at := line.section.Addr + 8 + 2*uint64(line.ptrSize)
	word := uint64(line.ptrSize)
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA || s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		records := window{section: s}
		for off := uint64(0); off+3*word <= s.FileSize; off += 3 * word {
			data, err := records.get(off, 3*word)
			if err != nil {
				break
			}
			if line.word(data) != at {
				continue
			}
			info, addend := line.word(data[word:]), line.word(data[2*word:])
			symbol := info >> 32
			if word == 4 {
				symbol = info >> 8
			}
			return addend, symbol == 0 && addend != 0
		}
	}
	return 0, false
}

// moduleText reads the text start from the moduledata. The struct is private to the
// run-time and changes: its words are believed only when the first is the address
// of the line table and minpc is the first function.
func moduleText(f *elf.File, line *pclntab) (uint64, bool) {
	s := f.Section(".go.module")
	if s == nil || s.FileSize < uint64((wordEText+1)*line.ptrSize) {
		return 0, false
	}
	data, err := sectionData(s)
	if err != nil {
		return 0, false
	}
	word := func(i int) uint64 { return line.word(data[i*line.ptrSize:]) }
	text := word(wordText)
	if word(0) != line.section.Addr || word(wordMinPC) != text+line.firstOffset() || word(wordEText) <= text {
		return 0, false
	}
	return text, true
}
