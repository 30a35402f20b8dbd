package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// state is what one image leaves to the next.
type state struct {
	Generation uint32
	Served     uint64 // requests, by all images before
	Since      int64  // when the first image started, in seconds of Unix time
}

const (
	stateFile    = "state.bin" // in the server's folder
	stateVersion = 2           // changes with the layout below
	stateSize    = 24          // bytes: version, generation, served, since
)

// loadState reads what the image before left. The first image starts from zero.
func loadState(dir string) (*state, error) {
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return &state{Since: time.Now().Unix()}, nil
	}
	if err != nil {
		return nil, err
	}
	if len(data) != stateSize {
		return nil, fmt.Errorf("%s has %d bytes, want %d", stateFile, len(data), stateSize)
	}
	if v := binary.LittleEndian.Uint32(data); v != stateVersion {
		return nil, fmt.Errorf("%s has version %d, want %d", stateFile, v, stateVersion)
	}
	return &state{
		Generation: binary.LittleEndian.Uint32(data[4:]),
		Served:     binary.LittleEndian.Uint64(data[8:]),
		Since:      int64(binary.LittleEndian.Uint64(data[16:])),
	}, nil
}

// save writes the state for the next image.
func (s *state) save(dir string) error {
	data := binary.LittleEndian.AppendUint32(nil, stateVersion)
	data = binary.LittleEndian.AppendUint32(data, s.Generation)
	data = binary.LittleEndian.AppendUint64(data, s.Served)
	data = binary.LittleEndian.AppendUint64(data, uint64(s.Since))
	return os.WriteFile(filepath.Join(dir, stateFile), data, 0o600)
}
