//go:build linux || darwin

// Package region keeps the snapshot of a server in a mapped file.
package region

import (
	"os"
	"syscall"
)

// A Region is a mapped file.
type Region struct {
	Bytes []byte // want Bytes:`bytes result0=mmap`
}

// Map maps the file at path.
func Map(path string) (*Region, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &Region{Bytes: b}, nil
}

// Load returns a copy of the file at path.
func Load(path string) ([]byte, error) { // want Load:`bytes result0=file`
	return os.ReadFile(path)
}

// Close unmaps the region.
func (r *Region) Close() error { return syscall.Munmap(r.Bytes) }
