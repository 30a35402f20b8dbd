package gatefacts

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/internal/regular"
	"github.com/hotvet/hotvet/integration/symtab"
)

// An image is one binary while its facts are read.
type image struct {
	file    gate.File
	machine elf.Machine
	table   *symtab.Table

	open   sync.Once
	opened *symtab.Types
	failed error
}

// types opens the types the first time.
func (img *image) types() (*symtab.Types, error) {
	img.open.Do(func() { img.opened, img.failed = symtab.OpenTypes(img.file.Path) })
	return img.opened, img.failed
}

// close lets go of what was read of the binary.
func (img *image) close() {
	if img.opened != nil {
		_ = img.opened.Close() // it was read only
	}
	img.table, img.opened = nil, nil
}

// readBinaries reads both at once.
func readBinaries(old, new string) (a, b *image) {
	atOnce(func() { a = readBinary(old) }, func() { b = readBinary(new) })
	return a, b
}

// atOnce does the same for two binaries.
func atOnce(old, new func()) {
	var both sync.WaitGroup
	both.Go(old)
	both.Go(new)
	both.Wait()
}

// readBinary reads what one binary says of itself.
func readBinary(path string) *image {
	img := &image{file: gate.File{Path: path}}
	table, err := symtab.Open(path)
	if err != nil {
		img.file.Problem = err.Error()
		return img
	}
	// Have: a regular ELF file whose counts fit its size.
	img.table = table
	img.file.Symbols = consistency(table)
	img.file.Cgo = gate.Known(table.Contents().Cgo)
	if err := img.header(path); err != nil {
		img.file.Problem = fmt.Sprintf("cannot read %s: %v", path, err)
	}
	img.file.Build, err = readBuild(path)
	if err != nil {
		img.file.Problem = fmt.Sprintf("cannot read the build information of %s: %v", path, err)
	}
	img.linked()
	return img
}

// hashFile returns the SHA-256 of a file, "" when it cannot be read as a whole.
func hashFile(path string) string {
	f, err := regular.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sameContent reports whether two files have the same bytes. It stops at the first
// that differs, so that it costs less than two hashes.
func sameContent(a, b string) bool {
	x, err := regular.Open(a)
	if err != nil {
		return false
	}
	defer x.Close()
	y, err := regular.Open(b)
	if err != nil {
		return false
	}
	defer y.Close()
	xi, xErr := x.Stat()
	yi, yErr := y.Stat()
	if xErr != nil || yErr != nil || xi.Size() != yi.Size() {
		return false
	}
	if os.SameFile(xi, yi) {
		return true
	}
	p, q := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, err := io.ReadFull(x, p)
		m, otherErr := io.ReadFull(y, q)
		if n != m || !bytes.Equal(p[:n], q[:m]) {
			return false
		}
		if err != nil || otherErr != nil {
			return atEnd(err) && atEnd(otherErr)
		}
	}
}

func atEnd(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

func consistency(t *symtab.Table) gate.Fact[gate.Consistency] {
	c := t.Consistency()
	got := gate.Consistency{Stripped: c.Stripped, Functions: len(t.Funcs), Problems: c.Problems}
	for _, start := range c.Text {
		if start.Address != c.Text[0].Address {
			got.Problems++
			got.Example = fmt.Sprintf("the start of the text, %#x by %s and %#x by %s", c.Text[0].Address, c.Text[0].Source, start.Address, start.Source)
		}
	}
	if len(c.Examples) > 0 {
		d := c.Examples[0]
		got.Example = fmt.Sprintf("%#x: %q and %q", d.Address, d.Gosym, d.ELF)
	}
	return gate.Known(got)
}

// header reads the kind of file and the build ids.
func (img *image) header(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	img.file.Size = info.Size()
	img.machine = f.Machine
	img.file.Executable = executable(info)
	img.file.Privileges = privileges(path, info)
	img.file.PIE = f.Type == elf.ET_DYN
	interpreter := false
	for _, p := range f.Progs {
		interpreter = interpreter || p.Type == elf.PT_INTERP
	}
	// A library of -buildmode=plugin or c-shared is ET_DYN too.
	img.file.Program = f.Type == elf.ET_EXEC || interpreter || staticPIE(f)
	if id := note(f, ".note.go.buildid"); len(id) > 0 {
		img.file.BuildIDs = append(img.file.BuildIDs, string(id))
	}
	if id := note(f, ".note.gnu.build-id"); len(id) > 0 {
		img.file.BuildIDs = append(img.file.BuildIDs, hex.EncodeToString(id))
	}
	return nil
}

// staticPIE reports whether the linker marked the file as an executable, which one
// without an interpreter needs to be told from a library (elf.h, DF_1_PIE).
func staticPIE(f *elf.File) bool {
	const pie = 0x08000000
	values, err := f.DynValue(elf.DT_FLAGS_1)
	for _, v := range values {
		if err == nil && v&pie != 0 {
			return true
		}
	}
	return false
}

// note returns the content of a section that holds one note: its name and content
// are padded to 4 bytes (elf(5), Nhdr).
func note(f *elf.File, section string) []byte {
	const most = 4096
	s := f.Section(section)
	if s == nil || s.Type != elf.SHT_NOTE || s.FileSize < 12 || s.FileSize > most {
		return nil
	}
	data := make([]byte, s.FileSize)
	if _, err := s.ReadAt(data, 0); err != nil {
		return nil
	}
	order := binary.ByteOrder(f.ByteOrder)
	name, size := uint64(order.Uint32(data)), uint64(order.Uint32(data[4:]))
	data = data[12:]
	name = (name + 3) &^ 3
	if name > uint64(len(data)) || size > uint64(len(data))-name {
		return nil
	}
	return bytes.Clone(data[name : name+size])
}

// readBuild reads what the go command recorded.
func readBuild(path string) (gate.Build, error) {
	info, err := readBuildInfo(path)
	if err != nil {
		return gate.Build{}, err
	}
	b := gate.Build{
		Go:          info.GoVersion,
		Path:        info.Path,
		Main:        info.Main.Path,
		MainVersion: info.Main.Version,
		MainSum:     info.Main.Sum,
		Settings:    make(map[string]string),
		Modules:     make(map[string]string),
	}
	for _, s := range info.Settings {
		b.Settings[s.Key] = s.Value
	}
	for _, m := range info.Deps {
		version := m.Version
		for r := m.Replace; r != nil; r = r.Replace {
			version += " => " + r.Path
			if r.Version != "" {
				version += " " + r.Version
			}
		}
		b.Modules[m.Path] = version
	}
	return b, nil
}

func readBuildInfo(path string) (info *buildinfo.BuildInfo, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged file: %v", p)
		}
	}()
	return buildinfo.ReadFile(path)
}
