package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/healthz"
	"github.com/hotvet/hotvet/integration/profile"
)

// A store keeps profiles in a folder, as KIND-SERVICE-TIME.pb.gz. SERVICE is made of
// the URL, so that a folder can hold those of several services. It touches no file
// with another name.
type store struct {
	dir, service string
	keep         int
}

// Names sort by time.
const stampFormat = "20060102T150405.000000000Z"

var storedName = regexp.MustCompile(`^(cpu|heap|goroutine|health)-([0-9a-f]{8})-([0-9]{8}T[0-9]{6}\.[0-9]{9}Z)(\.pb\.gz|\.json)$`)

// os.CreateTemp puts a number in place of the star.
const partialPattern = ".hotvet-watch-*.partial"

var partialName = regexp.MustCompile(`^\.hotvet-watch-[0-9]+\.partial$`)

func extension(kind string) string {
	if kind == "health" {
		return ".json"
	}
	return ".pb.gz"
}

// abandoned is how old a partial file is when nobody writes it any more.
const abandoned = time.Hour

func openStore(dir string, base url.URL, keep int) (*store, error) {
	if keep < 1 {
		return nil, fmt.Errorf("a store that keeps %d files keeps nothing", keep)
	}
	// Profiles tell the inside of a service: they are for their owner alone.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	base.User = nil // a new password is no other service
	hash := sha256.Sum256([]byte(base.String()))
	s := &store{dir: dir, service: hex.EncodeToString(hash[:4]), keep: keep}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries { // left by a watcher that was killed
		if !partialName.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(dir, e.Name())) // another watcher may have done it
		}
	}
	return s, nil
}

// newest returns the names of a kind, the newest first.
func (s *store) newest(kind string) (names []string) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil // to save says why
	}
	for _, e := range entries {
		m := storedName.FindStringSubmatch(e.Name())
		if m != nil && m[1] == kind && m[2] == s.service && m[4] == extension(kind) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names
}

// save writes a file, whole or not at all, and removes what is beyond the newest.
func (s *store) save(kind string, at time.Time, data []byte) (string, error) {
	old := s.newest(kind)
	if len(old) > 0 {
		// A clock that was set back must not make the newest file the oldest.
		last, err := time.Parse(stampFormat, storedName.FindStringSubmatch(old[0])[3])
		if err == nil && !at.After(last) {
			at = last.Add(time.Nanosecond)
		}
	}
	name := kind + "-" + s.service + "-" + at.UTC().Format(stampFormat) + extension(kind)
	if err := s.write(name, data); err != nil {
		return "", fmt.Errorf("cannot keep the %s profile: %w", kind, err)
	}
	for _, name := range old[min(len(old), s.keep-1):] {
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return name, err
		}
	}
	return name, nil
}

func (s *store) write(name string, data []byte) error {
	file, err := os.CreateTemp(s.dir, partialPattern)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the error that counts is the first
	}
	return err
}

func (s *store) profile(name string) (*pprof.Profile, error) {
	file, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return profile.Read(file)
}

func (s *store) health(name string) (healthz.Health, error) {
	file, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return healthz.Health{}, err
	}
	defer file.Close()
	return healthz.Read(file)
}
