package symtab

import (
	"bytes"
	"debug/elf"
	"io"
	"strings"
	"testing"
)

// counted counts the bytes that are read of a file.
type counted struct {
	io.ReaderAt
	bytes int
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.bytes += n
	return n, err
}

// TestReadOn has types in the first of some units, and in the last of them.
func TestReadOn(t *testing.T) {
	abbrev, first := smallDWARF()
	rest := bytes.Repeat(unitOf(little, append([]byte("\x01u\x00"), make([]byte, firstUnits)...)), 8)
	last := typeUnit(little, len(first)+len(rest), "main.Last", "main.V")
	// main.T has a field of a type in the last unit.
	mixed := bytes.ReplaceAll(first, le(uint32(bytes.Index(first, []byte("\x02main.U")))),
		le(uint32(len(first)+len(rest)+bytes.Index(last, []byte("\x02main.V")))))
	all := append(bytes.Clone(first[:len(first)-1]), "\x04uintptr\x00\x08\x0c\x00"...)
	little.Order().PutUint32(all, uint32(len(all)-4))
	file := func(first []byte) *bytes.Reader {
		return bytes.NewReader(image(
			part{".gopclntab", elf.SHT_PROGBITS, elf.SHF_ALLOC, 0x3000, 0, smallLineTable()},
			part{".debug_abbrev", elf.SHT_PROGBITS, 0, 0, 0, abbrev},
			part{".debug_info", elf.SHT_PROGBITS, 0, 0, 0, bytes.Join([][]byte{first, rest, last}, nil)}))
	}
	const inV = "8 bytes: A int32 @0 B main.V @4 B.C int32 @4"
	for _, tt := range []struct {
		name, want string
		first      []byte
		few        bool // bytes are read
	}{
		{"main.T", "8 bytes: A int32 @0 B main.U @4 B.C int32 @4", first, true},
		{"main.T", inV, mixed, false},
		{"main.Last", inV, first, false},
		{"main.Missing", "", first, false},
		{"main.Missing", "", all, true},
	} {
		in := &counted{ReaderAt: file(tt.first)}
		types, err := readTypes(in, file(tt.first).Size())
		if err != nil {
			t.Fatal(err)
		}
		s, err := types.Layout(tt.name)
		if tt.want == "" {
			if err == nil || !strings.Contains(err.Error(), "not found") {
				t.Errorf("%s: %v, %v", tt.name, s, err)
			}
		} else if err != nil || s.String() != tt.want {
			t.Errorf("%s: %v, %v", tt.name, s, err)
		}
		if got := in.bytes < 3*firstUnits; got != tt.few {
			t.Errorf("%s: %d bytes are read", tt.name, in.bytes)
		}
		if _, info, err := types.DWARF(); err != nil || len(info) != len(tt.first)+len(rest)+len(last) {
			t.Errorf("%s: %d bytes of all, %v", tt.name, len(info), err)
		}
	}
}
