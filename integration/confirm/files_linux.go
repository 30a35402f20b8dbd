package confirm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
	"golang.org/x/exp/trace"

	"github.com/hotvet/hotvet/integration/process"
)

// maxProfile is the largest file that is read as a profile or trace, in bytes.
const maxProfile = 256 << 20

// A watched file is looked at again after the end of the image that has it open.
type watched struct {
	path   string // absolute
	before int64  // bytes
}

// watch returns the files that the process pid has open for writing, and those
// named besides.
func watch(pid int, besides []string) (list []watched) {
	paths := slices.Clone(besides)
	open, err := process.FDs(pid)
	if err == nil { // else the process is gone, and its files are known from before
		for _, f := range open {
			if f.Kind == process.KindFile && f.Writable() && !f.Deleted {
				paths = append(paths, f.Target)
			}
		}
	}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted: nothing of it can be lost later
		}
		list = append(list, watched{path, info.Size()})
	}
	return list
}

// inspect says what has become of the files. One that is gone is left out.
func inspect(files []watched, root string) (list []File) {
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err != nil {
			continue
		}
		file := File{Path: shorten(f.path, root), Before: f.before, After: info.Size()}
		file.read(f.path)
		list = append(list, file)
	}
	return list
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

// read reads a file that begins like a profile of runtime/pprof, which is always
// compressed by gzip, or like an execution trace.
func (f *File) read(path string) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxProfile))
	switch {
	case err != nil:
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		f.Profile = readProfile(data)
	case bytes.HasPrefix(data, []byte("go 1.")):
		f.Trace = readTrace(data)
	}
}

func readProfile(data []byte) *ProfileFile {
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

// readTrace reads a trace as far as it goes.
func readTrace(data []byte) *TraceFile {
	f := new(TraceFile)
	r, err := trace.NewReader(bytes.NewReader(data))
	for err == nil {
		var e trace.Event
		if e, err = r.ReadEvent(); err != nil {
			break
		}
		f.Events++
		if e.Kind() != trace.EventLog || e.Log().Category != traceCategory {
			continue
		}
		if n, err := strconv.Atoi(e.Log().Message); err == nil {
			f.Mark = max(f.Mark, n)
		}
	}
	if !errors.Is(err, io.EOF) {
		f.Problem = err.Error()
	}
	return f
}

// traceCategory is TraceCategory of the probe.
const traceCategory = "hotvet"

// readCounters returns the counters of an image.
func readCounters(path string) [][]uint64 {
	data, err := os.ReadFile(path)
	if err != nil || len(data) < maxSites*probeSlots*8 {
		return nil
	}
	counters := make([][]uint64, maxSites)
	for site := range counters {
		counters[site] = make([]uint64, probeSlots)
		for slot := range counters[site] {
			counters[site][slot] = binary.NativeEndian.Uint64(data[(site*probeSlots+slot)*8:])
		}
	}
	return counters
}

// readAddresses returns the addresses that an image noted, by site. They lie behind
// its counters.
func readAddresses(path string) map[int][]Range {
	const entry, begin = 16, maxSites * probeSlots * 8
	data, err := os.ReadFile(path)
	if err != nil || len(data) < begin+maxSites*maxAddresses*entry {
		return nil
	}
	found := make(map[int][]Range)
	for i := range maxSites * maxAddresses {
		at := begin + i*entry
		r := Range{binary.NativeEndian.Uint64(data[at:]), binary.NativeEndian.Uint64(data[at+8:])}
		if r.Start != 0 {
			found[i/maxAddresses] = append(found[i/maxAddresses], r)
		}
	}
	return found
}
