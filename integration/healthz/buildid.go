package healthz

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"runtime"
)

// buildIDs returns the build ids of the running program, as far as it has them.
func buildIDs() (goID, gnu string) {
	name := "/proc/self/exe" // also names a file that was replaced or deleted
	if runtime.GOOS != "linux" {
		var err error
		if name, err = os.Executable(); err != nil {
			return "", ""
		}
	}
	file, err := os.Open(name)
	if err != nil {
		return "", ""
	}
	defer file.Close()
	if f, err := elf.NewFile(file); err == nil {
		return note(f, ".note.go.buildid", "Go"), hex.EncodeToString([]byte(note(f, ".note.gnu.build-id", "GNU")))
	}
	return textID(file), ""
}

// maxNote is more than the notes of the linkers take, in bytes.
const maxNote = 4 << 10

// note returns the content of a section with one ELF note: sizes of owner and
// content, type, owner, content, each aligned to 4 bytes (elf(5)).
func note(f *elf.File, section, owner string) string {
	s := f.Section(section)
	if s == nil || s.Type != elf.SHT_NOTE || s.Size < 12 || s.Size > maxNote {
		return ""
	}
	data, err := s.Data()
	if err != nil || len(data) < 12 {
		return ""
	}
	order := binary.ByteOrder(f.ByteOrder)
	nameSize, size := uint64(order.Uint32(data)), uint64(order.Uint32(data[4:]))
	begin := 12 + (nameSize+3)&^3
	if begin > uint64(len(data)) || size > uint64(len(data))-begin {
		return ""
	}
	if string(bytes.TrimRight(data[12:begin], "\x00")) != owner {
		return ""
	}
	return string(data[begin : begin+size])
}

// textID finds the build id that the linker puts at the start of the code of files
// that are not ELF (cmd/internal/buildid/buildid.go).
func textID(r io.Reader) string {
	head, err := io.ReadAll(io.LimitReader(r, 32<<10))
	if err != nil {
		return ""
	}
	_, rest, found := bytes.Cut(head, []byte("\xff Go build ID: \""))
	id, _, ended := bytes.Cut(rest, []byte("\"\n \xff"))
	if !found || !ended {
		return ""
	}
	return string(id)
}
