// Package cgoexport defines an analyzer that reports functions exported to C
// which do not survive the ways in which C enters them.
//
// # Analyzer cgoexport
//
// cgoexport: exports that C can enter while the Go side goes away
//
// C calls an //export function whenever it likes: from its own threads, during
// a restart, after the Go side released what the call refers to. A panic in it
// passes through C frames, which no Go code can mend: the process ends, or an
// outer recover leaves the mutexes of C locked. The kinds are:
//
//   - drain: a thread of C can be inside the export when the program replaces
//     itself; the callbacks in flight are cut. Needs a restart in the program.
//   - panic: a panic can leave the export: it calls functions of the package's
//     users, panics itself, or computes with what C passed unchecked, and no
//     deferred recover stands before that.
//   - state: a function or map that is nil when C comes early, an entry or a
//     cgo.Handle that is gone when C comes late, a map whose writers hold a lock
//     that the export does not.
//   - ctor: a C constructor calls the export before the run time is up, or
//     init waits for a C thread that calls it: the program hangs.
//   - atexit: C is to call the export when the process ends, but syscall.Exec,
//     os.Exit and the return of main skip that. Needs a restart in the program.
//   - signal: a C signal handler calls the export and kills the process when
//     the signal meets a thread that runs Go.
//   - abi: C declares the function with types of another size.
//
// Wrong:
//
//	//export onEvent
//	func onEvent(id C.int) {
//		lookup(id).(func(int))(int(id))
//	}
//
// Right:
//
//	//export onEvent
//	func onEvent(id C.int) {
//		defer func() {
//			if r := recover(); r != nil {
//				log.Printf("callback %d: %v", id, r)
//			}
//		}()
//		if f, ok := lookup(id).(func(int)); ok {
//			f(int(id))
//		}
//	}
//
// Silent: in exports that recover, that only convert, or that check what they
// look up; where the entry is removed by the export itself, which is the end of
// its life; where a handle lives for the time of one call, or is deleted after a
// call that takes it back from C; for callbacks of the program itself that
// cannot panic; when threads are joined, or callbacks counted and waited for,
// before the restart. Thread-local storage and C.free(nil) are no hazards.
//
// Confirmed: the process ends with status 2 and the message of the panic, stops
// with "concurrent map", or hangs; counters in shared memory show callbacks that
// started and never finished.
package cgoexport
