package confirm

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Limits of what is kept of files that the old program left, in bytes.
const (
	maxLeftFile = 16 << 20
	maxLeft     = 128 << 20
)

// A leftFile is what was in a file when the new program started.
type leftFile struct {
	name string
	data []byte
}

// keepLeft keeps what the old program left, before the new one, process pid, runs.
func (s *session) keepLeft(pid int) {
	s.mu.Lock()
	done := s.left != nil
	paths := make(map[string]bool)
	for _, m := range s.images {
		m.link.mu.Lock()
		for _, casts := range m.link.casts {
			for _, c := range casts {
				if c.File != "" {
					paths[c.File] = true
				}
			}
		}
		m.link.mu.Unlock()
	}
	s.mu.Unlock()
	if done {
		return
	}
	left := []leftFile{}
	total := int64(0)
	keep := func(path, name string) {
		data := readRegular(path, min(maxLeftFile, maxLeft-total))
		if total += int64(len(data)); len(data) > 0 {
			left = append(left, leftFile{name, data})
		}
	}
	_ = filepath.WalkDir(s.own, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			// What is in the working folder is named as the program names it.
			keep(path, shorten(shorten(path, s.work()), s.own))
			delete(paths, path)
		}
		return nil
	})
	for path := range paths {
		if strings.HasSuffix(path, " (deleted)") { // a memfd has no other name
			path = openedAs(pid, path)
		}
		if path != "" {
			keep(path, path)
		}
	}
	s.mu.Lock()
	s.left = left
	s.mu.Unlock()
}

// openedAs returns the name in /proc of a descriptor of a process.
func openedAs(pid int, target string) string {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, name := range names {
		if got, err := os.Readlink(name); err == nil && got == target {
			return name
		}
	}
	return ""
}

// readRegular reads the beginning of a regular file.
func readRegular(path string, limit int64) []byte {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit))
	if err != nil {
		return nil
	}
	return data
}

// trace finds out which bytes the new program m read are those of the old one.
func (s *session) trace(m *image) {
	if !m.Updated {
		return
	}
	for site, casts := range m.Casts {
		size := s.oldSize(site)
		for i, c := range casts {
			if size == 0 || len(c.Raw) < size || zero(c.Raw[:size]) {
				continue
			}
			for _, f := range s.left {
				if at := bytes.Index(f.data, c.Raw[:size]); at >= 0 {
					casts[i].From = fmt.Sprintf("%s at byte %d, as the old program left it", f.name, at)
					break
				}
			}
		}
	}
}

// oldSize returns the size of the struct at a site in the old program.
func (s *session) oldSize(site int) int {
	for _, m := range s.images {
		if !m.Updated && len(m.Casts[site]) > 0 {
			return m.Casts[site][0].Size
		}
	}
	return 0
}
