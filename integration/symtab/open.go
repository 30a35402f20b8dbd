package symtab

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Limits of an ELF file's own tables. A Go binary has some 30 sections, whose
// names take less than a kilobyte. debug/elf copies a name for each section, so
// that only both limits together bound the memory it takes.
const (
	maxSections     = 1024
	maxSectionNames = 64 << 10 // bytes
)

// maxSection is how large a section of symbols or types may be, in bytes. It keeps a
// hostile file of any size below a gigabyte of memory. In a binary of 125 MB with
// 120,000 functions the largest takes 30 MB.
const maxSection = 128 << 20

// openRegular opens a file that a binary can be read from. Opening a pipe or a
// device instead could block for ever.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, fmt.Errorf("%s is a directory, not a binary", path)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// contain turns a panic into an error. debug/gosym and debug/dwarf rely on the
// bounds checks of the language when they read a damaged file.
func contain(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("damaged file: %v", p)
	}
}

// parseELF reads the headers of an ELF file.
func parseELF(r io.ReaderAt, size int64) (*elf.File, error) {
	if err := checkHeader(r, size); err != nil {
		return nil, err
	}
	f, err := elf.NewFile(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("damaged ELF file: %w", err)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && (s.Offset > uint64(size) || s.FileSize > uint64(size)-s.Offset) {
			return nil, fmt.Errorf("damaged ELF file: section %s ends behind the end of the file", s.Name)
		}
	}
	return f, nil
}

// checkHeader refuses what elf.NewFile would spend much memory on.
func checkHeader(r io.ReaderAt, size int64) error {
	ident := make([]byte, elf.EI_NIDENT)
	if _, err := r.ReadAt(ident, 0); err != nil || !bytes.HasPrefix(ident, []byte(elf.ELFMAG)) {
		return errors.New("not an ELF file; only Linux binaries are read")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(ident[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	in := io.NewSectionReader(r, 0, size)
	var count, names, entry uint16
	var table int64
	var nameSize func([]byte) uint64
	if elf.Class(ident[elf.EI_CLASS]) == elf.ELFCLASS32 {
		var h elf.Header32
		if err := binary.Read(in, order, &h); err != nil {
			return errors.New("damaged ELF file: the header is cut")
		}
		count, names, entry, table = h.Shnum, h.Shstrndx, h.Shentsize, int64(h.Shoff)
		nameSize = func(b []byte) uint64 { return uint64(order.Uint32(b[20:])) }
	} else {
		var h elf.Header64
		if err := binary.Read(in, order, &h); err != nil {
			return errors.New("damaged ELF file: the header is cut")
		}
		count, names, entry, table = h.Shnum, h.Shstrndx, h.Shentsize, int64(h.Shoff)
		nameSize = func(b []byte) uint64 { return order.Uint64(b[32:]) }
	}
	if count == 0 || count > maxSections {
		return fmt.Errorf("ELF file with %d sections; 1 to %d are read", count, maxSections)
	}
	header := make([]byte, 64)
	if _, err := in.ReadAt(header, table+int64(names)*int64(entry)); err != nil && !errors.Is(err, io.EOF) {
		return errors.New("damaged ELF file: the section table lies outside of it")
	}
	if n := nameSize(header); n > maxSectionNames {
		return fmt.Errorf("ELF file whose section names take %d bytes; up to %d are read", n, maxSectionNames)
	}
	return nil
}

// Sections are read into memory and not mapped: a process that touches a mapping whose
// file was cut short meanwhile, as by a deploy that writes it in place, is killed by
// SIGBUS. Read takes note of it. A large section that is passed once goes through a
// window, since memory that was never used before costs more than the copy.

// sectionData reads a section that is stored as it is. It takes no memory for
// bytes that are not in the file: parseELF has held the size against it.
func sectionData(s *elf.Section) ([]byte, error) { return sectionPart(s, 0, s.FileSize) }

// sectionPart reads the bytes from one offset of a section up to another.
func sectionPart(s *elf.Section, from, to uint64) ([]byte, error) {
	if err := checkStored(s); err != nil {
		return nil, err
	}
	if from > to || to > s.FileSize {
		return nil, fmt.Errorf("section %s is cut short", s.Name)
	}
	data := make([]byte, to-from)
	if n, err := s.ReadAt(data, int64(from)); n < len(data) {
		return nil, fmt.Errorf("section %s: %w", s.Name, err)
	}
	return data, nil
}

// sectionText is sectionPart for a string.
func sectionText(s *elf.Section, from, to uint64) (string, error) {
	if err := checkStored(s); err != nil {
		return "", err
	}
	if from > to || to > s.FileSize {
		return "", fmt.Errorf("section %s is cut short", s.Name)
	}
	var b strings.Builder
	b.Grow(int(to - from))
	chunk := make([]byte, min(windowSize, to-from))
	for from < to {
		part := chunk[:min(windowSize, to-from)]
		if n, err := s.ReadAt(part, int64(from)); n < len(part) {
			return "", fmt.Errorf("section %s: %w", s.Name, err)
		}
		b.Write(part)
		from += uint64(len(part))
	}
	return b.String(), nil
}

// windowSize is how much of a section is looked at at once, in bytes: it fits in a
// processor's second cache.
const windowSize = 256 << 10

// A window shows a section to a reader that goes forward only.
type window struct {
	section *elf.Section
	data    []byte
	at      uint64 // offset of data in the section
}

// get returns size bytes from an offset on. They are valid until the next call.
func (w *window) get(off, size uint64) ([]byte, error) {
	if off >= w.at && off-w.at <= uint64(len(w.data)) && size <= uint64(len(w.data))-(off-w.at) {
		return w.data[off-w.at:][:size], nil
	}
	if off > w.section.FileSize || size > w.section.FileSize-off {
		return nil, io.ErrUnexpectedEOF
	}
	if err := checkStored(w.section); err != nil {
		return nil, err
	}
	if w.data == nil {
		w.data = make([]byte, min(windowSize, w.section.FileSize))
	}
	w.data = w.data[:min(windowSize, w.section.FileSize-off)]
	if n, err := w.section.ReadAt(w.data, int64(off)); n < len(w.data) {
		return nil, fmt.Errorf("section %s: %w", w.section.Name, err)
	}
	w.at = off
	return w.data[:size], nil
}

func checkStored(s *elf.Section) error {
	if s.Flags&elf.SHF_COMPRESSED != 0 || s.Type == elf.SHT_NOBITS {
		return fmt.Errorf("section %s is compressed or empty, as no linker makes it", s.Name)
	}
	if s.FileSize > maxSection {
		return fmt.Errorf("section %s has %d MB; up to %d are read", s.Name, s.FileSize>>20, maxSection>>20)
	}
	return nil
}
