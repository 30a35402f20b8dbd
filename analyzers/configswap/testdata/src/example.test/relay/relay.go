// Package relay keeps stores of another package, and passes reloads on to them.
package relay

import (
	"net/http"
	"sync"

	"example.test/store"
)

type Site struct {
	store *store.Store
	spare *store.Store

	mu     sync.Mutex
	locked *store.Store

	swapped *store.Store
}

func New() *Site { return &Site{store: store.New(nil), spare: store.New(nil)} }

// Reload is what main calls on a hangup.
func (s *Site) Reload(path string) error { // want Reload:`configswap: replaces what is read by Site.ServeHTTP \(onesided\)`
	return s.reload(path)
}

func (s *Site) reload(path string) error { return s.store.Load(path) }

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { w.Write(s.store.Text()) }

// Prepare loads the store that nobody reads.
func (s *Site) Prepare(path string) error { return s.spare.Load(path) }

// Rename and Names hold a lock around the store that has none.
func (s *Site) Rename(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked.Rename(names)
}

func (s *Site) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locked.Names()
}

// Swap puts a new store in place before it fills it: only its pointer is shared.
func (s *Site) Swap(names []string) { // want Swap:`configswap: replaces what is read by Site.Swapped \(pointer\)`
	s.swapped = store.New(nil)
	s.swapped.Rename(names)
}

func (s *Site) Swapped() int { return len(s.swapped.Names()) }

// SetMotto changes the state of the other package.
func SetMotto(text string) { // want SetMotto:`configswap: replaces what is read by Motto \(multiword\)`
	store.SetMotto([]byte(text))
}

func Motto() string { return string(store.Motto()) }
