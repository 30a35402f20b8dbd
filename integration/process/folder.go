//go:build linux

package process

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// markFile is the file that makes a folder one of hotvet's.
const markFile = ".hotvet-run"

// A folder is made for one run and removed after it.
type folder struct {
	path string
	mark string
	info os.FileInfo // of the folder when it was made
}

// makeFolder makes a folder in temp and marks it.
func makeFolder(temp string) (*folder, error) {
	path, err := os.MkdirTemp(temp, "hotvet-")
	if err != nil {
		return nil, err
	}
	f := &folder{path: path, mark: rand.Text()}
	err = os.WriteFile(filepath.Join(path, markFile), []byte(f.mark), 0o400)
	if err == nil {
		f.info, err = os.Lstat(path)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return f, nil
}

// remove removes the folder with all that is in it. It follows no symbolic link,
// and refuses when something else has taken the folder's place.
func (f *folder) remove() error {
	info, err := os.Lstat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() || !os.SameFile(info, f.info) {
		return fmt.Errorf("%s is no longer the folder that was made for the run: it is left, remove it by hand", f.path)
	}
	if err := f.checkMark(); err != nil {
		return err
	}
	// A program that just died may still be closing files, on file systems that
	// then keep an entry for a moment.
	for range 10 {
		if err = os.RemoveAll(f.path); err == nil {
			return nil
		}
		openUp(f.path)
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func (f *folder) checkMark() error {
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return err
	}
	defer root.Close()
	data, err := root.ReadFile(markFile)
	if err != nil || strings.TrimSpace(string(data)) != f.mark {
		return fmt.Errorf("%s does not carry the mark of the run: it is left, remove it by hand", f.path)
	}
	return nil
}

// openUp makes the folders below path writable: Go's module cache, for one, is
// not. What cannot be changed shows when it is removed.
func openUp(path string) {
	filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		// A folder that cannot be read comes a second time, with the error.
		if entry != nil && entry.IsDir() && err == nil {
			os.Chmod(path, 0o700)
		}
		return nil
	})
}

// skipMissing drops the error of a file that has been removed meanwhile.
func skipMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
