// Package store keeps state with and without locks.
package store

import (
	"net/http"
	"os"
	"sync"
	"time"
)

type Store struct {
	mu    sync.RWMutex
	text  []byte
	lines map[string]int
	cur   *part
	old   *part
	size  int
	names []string
}

type part struct{ data []byte }

var motto []byte

func (s *Store) Load(path string) error { // want Load:`configswap: replaces what is read by Store.Serve \(onesided\), Store.Text \(onesided\)`
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s.replace(data)
	return nil
}

func (s *Store) replace(data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = data
}

// Text forgets the lock.
func (s *Store) Text() []byte { return s.text }

// Locked does not.
func (s *Store) Locked() []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.text
}

// Serve hands a reader to its caller's server.
func (s *Store) Serve(mux *http.ServeMux) {
	mux.HandleFunc("/text", s.show)
}

func (s *Store) show(w http.ResponseWriter, r *http.Request) {
	w.Write(s.text)
}

// Count changes the map that Has looks into.
func (s *Store) Count(line string) { // want Count:`configswap: replaces what is read by Store.Has \(map\)`
	s.lines[line] = len(line)
}

func (s *Store) Has(line string) bool { return s.lines[line] > 0 }

// Replace changes another part than Old reads.
func (s *Store) Replace(data []byte) { // want Replace:`configswap: replaces what is read by Store.Current \(multiword\)`
	s.cur.data = data
}

func (s *Store) Old() []byte { return s.old.data }

func (s *Store) Current() []byte { return s.cur.data }

// Grow counts, Reset clears: neither brings new settings.
func (s *Store) Grow()     { s.size++ }
func (s *Store) Reset()    { s.names = nil }
func (s *Store) Size() int { return s.size }

func (s *Store) Names() []string { return s.names }

// Watch waits for who writes.
func (s *Store) Watch(changes chan struct{}) {
	go func() {
		for range changes {
			use(s.names)
		}
	}()
}

// Poll reads the names as long as the service runs.
func (s *Store) Poll(every time.Duration) {
	go func() {
		for range time.Tick(every) {
			use(s.names)
		}
	}()
}

func (s *Store) Rename(names []string) { // want Rename:`configswap: replaces what is read by Store.Names \(multiword\), Store.Poll \(multiword\)`
	s.names = names
}

func use([]string) {}

// SetMotto replaces state of the package.
func SetMotto(text []byte) { // want SetMotto:`configswap: replaces what is read by Motto \(multiword\)`
	motto = text
}

func Motto() []byte { return motto }

// New fills what nobody else has.
func New(names []string) *Store {
	s := &Store{cur: new(part), old: new(part), lines: make(map[string]int)}
	s.names = names
	return s
}
