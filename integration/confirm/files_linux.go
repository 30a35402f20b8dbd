package confirm

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/process"
)

// maxProfile is the largest file that is read as a profile, in bytes.
const maxProfile = 256 << 20

// writtenFiles returns the files that the process pid has open for writing, and
// those named besides.
func writtenFiles(pid int, besides []string, root string) ([]watched, error) {
	open, err := process.OpenFiles(pid)
	if err != nil {
		return nil, err
	}
	paths := slices.Clone(besides)
	for _, f := range open {
		if f.Writable {
			paths = append(paths, f.Path)
		}
	}
	slices.Sort(paths)
	var list []watched
	for _, path := range slices.Compact(paths) {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted: nothing of it can be lost later
		}
		list = append(list, watched{path, File{Path: shorten(path, root), Before: info.Size()}})
	}
	return list, nil
}

// A watched file is looked at again after the restart.
type watched struct {
	path string // absolute
	File
}

// shorten makes a path below root relative to it: root is removed after the run,
// and its name says nothing.
func shorten(path, root string) string {
	rel, err := filepath.Rel(root, path)
	if err != nil || strings.HasPrefix(rel, "..") {
		return path
	}
	return rel
}

// inspect says what has become of the files. One that is gone is left out.
func inspect(files []watched) []File {
	var list []File
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err != nil {
			continue
		}
		f.After = info.Size()
		f.Profile = readProfile(f.path)
		list = append(list, f.File)
	}
	return list
}

// readProfile reads a file that begins like a profile of runtime/pprof, which is
// always compressed by gzip. It returns nil for any other.
func readProfile(path string) *ProfileFile {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxProfile))
	if err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return nil
	}
	p, err := profile.ParseData(data)
	if err != nil {
		return &ProfileFile{Problem: err.Error()}
	}
	pf := &ProfileFile{Samples: len(p.Sample)}
	for _, t := range p.SampleType {
		pf.CPU = pf.CPU || t.Type == "cpu"
	}
	return pf
}
