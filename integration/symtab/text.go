package symtab

import "debug/elf"

// A TextStart is one source's word for the address that the line table counts
// its functions from, the value of the linker's runtime.text.
type TextStart struct {
	Source  string // "moduledata", "runtime.text" or "pcHeader"
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
	return list
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
