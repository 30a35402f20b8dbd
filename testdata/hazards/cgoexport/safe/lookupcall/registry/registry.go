// Package registry keeps Go values under keys that C may hold.
package registry

import "sync"

var (
	mu   sync.RWMutex
	last uintptr
	kept = make(map[uintptr]any)
)

// Save keeps a value and returns its key.
func Save(v any) uintptr {
	mu.Lock()
	defer mu.Unlock()
	last++
	kept[last] = v
	return last
}

// Restore returns the value under a key, nil if there is none.
func Restore(key uintptr) any {
	mu.RLock()
	defer mu.RUnlock()
	return kept[key]
}

// Release forgets a value.
func Release(key uintptr) {
	mu.Lock()
	defer mu.Unlock()
	delete(kept, key)
}
