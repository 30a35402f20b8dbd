package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unsafe"
)

// state is what one image leaves to the next.
type state struct {
	Generation uint32
	Served     uint64 // requests, by all images before
	Since      int64  // when the first image started, in seconds of Unix time
}

// stateFile is the name of the state in the server's folder.
const stateFile = "state.bin"

// loadState reads what the image before left. The first image starts from zero.
func loadState(dir string) (*state, error) {
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return &state{Since: time.Now().Unix()}, nil
	}
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("%s is empty", stateFile)
	}
	return (*state)(unsafe.Pointer(&data[0])), nil
}

// save writes the state for the next image.
func (s *state) save(dir string) error {
	data := unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s))
	return os.WriteFile(filepath.Join(dir, stateFile), data, 0o600)
}
