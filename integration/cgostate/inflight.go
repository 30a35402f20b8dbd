package cgostate

// Goroutine is one goroutine as its stack shows it.
type Goroutine struct {
	ID uint64 `json:"id"`
	// State is the runtime's word for it: running, syscall, chan receive.
	State string `json:"state"`
	// Locked says that the goroutine is locked to its thread; the runtime
	// locks every goroutine while a callback is in flight on it.
	Locked bool `json:"locked,omitempty"`
	// InC says that the innermost call is a C function, still running.
	InC bool `json:"inC,omitempty"`
	// CFunction is the Go name of this C function, package._Cfunc_name.
	CFunction string `json:"cFunction,omitempty"`
	// Callbacks are the Go functions that C called and that have not
	// returned, the innermost first.
	Callbacks []string `json:"callbacks,omitempty"`
	Stack     Stack    `json:"stack"`
}

// Report is what a process is doing across the border.
type Report struct {
	// Total counts all goroutines that were looked at.
	Total int `json:"total"`
	// Hidden counts those of Total whose stack the runtime could not print,
	// as they ran on another thread during a crash: they may be anywhere.
	Hidden int `json:"hidden,omitempty"`
	// Goroutines are those inside C, inside a callback, or locked to a
	// thread.
	Goroutines []Goroutine `json:"goroutines"`
}

// InC counts the goroutines inside C now.
func (r Report) InC() int {
	return r.count(func(g Goroutine) bool { return g.InC })
}

// Locked counts the goroutines that are locked to a thread.
func (r Report) Locked() int {
	return r.count(func(g Goroutine) bool { return g.Locked })
}

// Callbacks counts the callbacks in flight by the Go function that C called.
// One goroutine counts as often as C called Go on it.
func (r Report) Callbacks() map[string]int {
	counts := map[string]int{}
	for _, goroutine := range r.Goroutines {
		for _, name := range goroutine.Callbacks {
			counts[name]++
		}
	}
	return counts
}

// Unrecorded counts the callbacks whose C callers are not known.
func (r Report) Unrecorded() int {
	sum := 0
	for _, goroutine := range r.Goroutines {
		sum += goroutine.Stack.Unrecorded
	}
	return sum
}

func (r Report) count(has func(Goroutine) bool) int {
	count := 0
	for _, goroutine := range r.Goroutines {
		if has(goroutine) {
			count++
		}
	}
	return count
}
