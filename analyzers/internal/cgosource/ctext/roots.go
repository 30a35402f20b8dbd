package ctext

// A Root is a C function, or an entry, that something else than a call from Go
// starts.
type Root struct {
	Name string
	In   *Func // whose text Off is in; nil for what Go registers
	Off  int   // of the registration, or of a function that an attribute makes a root
}

// threads tells, for the functions that start a thread, which arguments are
// the start routine and its own argument (POSIX, C11, Windows).
var threads = map[string]struct{ routine, arg int }{
	"pthread_create": {2, 3},
	"thrd_create":    {1, 2},
	"CreateThread":   {2, 3},
	"_beginthreadex": {2, 3},
	"_beginthread":   {0, 2},
	"clone":          {0, 3},
}

// joins are the functions that wait for the end of a thread.
var joins = words("pthread_join", "pthread_timedjoin_np", "pthread_clockjoin_np", "thrd_join", "WaitForSingleObject",
	"WaitForMultipleObjects", ".join")

// IsJoin reports whether c waits for another thread to end.
func IsJoin(c Call) bool { return joins[c.Callee] }

// IsLock reports whether c locks a mutex of C, IsUnlock whether it frees one.
func IsLock(c Call) bool {
	switch c.Callee {
	case "pthread_mutex_lock", "pthread_spin_lock", "pthread_rwlock_wrlock", "pthread_rwlock_rdlock", "mtx_lock", "EnterCriticalSection":
		return true
	}
	return false
}

// IsUnlock is the counterpart of [IsLock].
func IsUnlock(c Call) bool {
	switch c.Callee {
	case "pthread_mutex_unlock", "pthread_spin_unlock", "pthread_rwlock_unlock", "mtx_unlock", "LeaveCriticalSection":
		return true
	}
	return false
}

// HoldsLock returns the call in f that locks a mutex which is still locked at
// off, in the order of the text.
func HoldsLock(f *Func, off int) (Call, bool) {
	var held []Call
	for _, c := range f.Calls {
		switch {
		case c.Off >= off:
		case IsLock(c):
			held = append(held, c)
		case IsUnlock(c) && len(held) > 0:
			held = held[:len(held)-1]
		}
	}
	if len(held) == 0 {
		return Call{}, false
	}
	return held[len(held)-1], true
}

// ThreadRoots returns the start routines of threads.
func (p *Program) ThreadRoots() []Root {
	return p.rootsOf(func(c Call) (int, bool) {
		t, ok := threads[c.Callee]
		return t.routine, ok
	}, ".sigev_notify_function")
}

// ExitHandlers returns what is to run when C ends the process: the functions
// given to atexit and its kin, and destructors.
func (p *Program) ExitHandlers() []Root {
	roots := p.rootsOf(func(c Call) (int, bool) {
		switch c.Callee {
		case "atexit", "at_quick_exit", "on_exit", "__cxa_atexit":
			return 0, true
		}
		return 0, false
	})
	return append(roots, p.attributed(func(f *Func) bool { return f.Dtor })...)
}

// Constructors returns the functions that run before main and before Go's
// run time is up.
func (p *Program) Constructors() []Root {
	return p.attributed(func(f *Func) bool { return f.Ctor })
}

// SignalHandlers returns the functions that the kernel calls for a signal.
func (p *Program) SignalHandlers() []Root {
	return p.rootsOf(func(c Call) (int, bool) {
		switch c.Callee {
		case "signal", "bsd_signal", "sigset", "sysv_signal":
			return 1, true
		}
		return 0, false
	}, ".sa_handler", ".sa_sigaction")
}

func (p *Program) attributed(match func(*Func) bool) []Root {
	var roots []Root
	for _, f := range p.order {
		if match(f) {
			roots = append(roots, Root{Name: f.Name, Off: f.Off, In: f})
		}
	}
	return roots
}

// rootsOf returns the functions that are given to a call as the argument that
// argOf names, or stored in one of the members.
func (p *Program) rootsOf(argOf func(Call) (int, bool), members ...string) []Root {
	var roots []Root
	seen := make(map[string]bool)
	add := func(f *Func, name string, off int) {
		for _, v := range p.Values(f, name) {
			if !seen[v] {
				seen[v] = true
				roots = append(roots, Root{Name: v, In: f, Off: off})
			}
		}
	}
	for _, c := range p.outside {
		if i, ok := argOf(c); ok && i < len(c.Args) {
			add(nil, c.Args[i], 0)
		}
	}
	for _, f := range p.order {
		for _, c := range f.Calls {
			if i, ok := argOf(c); ok && i < len(c.Args) {
				add(f, c.Args[i], c.Off)
			}
		}
		for _, a := range f.Assigns {
			for _, m := range members {
				if a.To == m {
					add(f, a.From, a.Off)
				}
			}
		}
	}
	return roots
}

// IsThreadStart reports whether c starts a thread.
func IsThreadStart(c Call) bool {
	_, ok := threads[c.Callee]
	return ok
}
