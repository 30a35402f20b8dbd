//go:build linux

package process

import "sync"

// tailSize is how much of a program's output is kept, in bytes. It bounds the
// memory that a program which floods its log can take.
const tailSize = 64 << 10

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
	cut  bool // something before data was dropped
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	// Twice the size, so that bytes are moved once per tailSize, not per write.
	if len(t.data) > 2*tailSize {
		t.data = append(t.data[:0], t.data[len(t.data)-tailSize:]...)
		t.cut = true
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	data, cut := t.data, t.cut
	if len(data) > tailSize {
		data, cut = data[len(data)-tailSize:], true
	}
	if cut {
		return "[...]" + string(data)
	}
	return string(data)
}
