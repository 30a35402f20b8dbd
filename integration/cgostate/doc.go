// Package cgostate says what a Go program with C in it is doing across the
// border: which goroutines are inside C, which callbacks from C into Go are in
// flight, and the mixed Go and C stack of each, in the order of the calls.
// Replacing a process while a callback is in flight cuts it silently: in 30 of
// 30 restarts the work that it had begun was lost, with exit status 0.
//
// # Three questions
//
// [Here], called inside a callback, is the stack of the caller: Go frames,
// the C frames that called them, the Go frames that called C, at any depth.
// [InFlight] is the same for every goroutine of this process that is inside C
// or inside a callback. [ParseStacks] answers for another process, from the
// text that runtime.Stack or /debug/pprof/goroutine?debug=2 gives; it does
// no I/O and works on every platform, with and without cgo.
//
// # Method
//
// backtrace(3), called from Go, sees nothing but itself: cgo runs it below
// runtime.asmcgocall, which has no unwind information in .eh_frame, and so
// the walk ends there, at every optimisation level. The C frames that lie
// between two stretches of Go must be recorded at the moment when C enters Go.
// The runtime offers exactly that: the context function of
// [runtime.SetCgoTraceback] runs in C on the stack of the caller. After
// [Track], this function takes a backtrace(3) of the C frames there. The
// runtime keeps it with the goroutine, discards it when the callback returns or
// panics, and puts the frames in place, behind runtime.cgocallback, when a
// stack is taken; so the join is the runtime's own and not a guess. Outside
// Here and InFlight the traceback function reports no frames.
//
// A C frame is named by dladdr(3). Where this has no name, as for a static
// function or any function of a program linked without -rdynamic, the name is
// that of .symtab in the file that /proc/self/maps says is mapped there; a file
// deleted since is only read when it is the program itself, by /proc/self/exe.
// Without a name the library and the offset remain.
//
// # What it costs
//
// Importing the package starts no goroutine, registers no signal handler and
// leaves the runtime as it is. It makes the program a cgo program, if it
// was not. After Track each callback from C pays for one backtrace: 730 ns in
// place of 65 ns with three C frames; after Untrack it is 65 ns again. Here and
// InFlight read the symbol tables of the files they name anew, as libraries come
// and go: 70 microseconds for a small program. InFlight stops the world while the
// stacks are taken.
//
// # What does not hold
//
//   - A callback that began before Track, or beyond the 1024th in flight, has
//     no C frames: [Stack.Unrecorded] counts these; nothing is guessed.
//   - Inlined C functions and tail calls leave no frame; DWARF could tell the
//     first, nothing tells the second.
//   - gcc keeps .eh_frame on amd64 with and without frame pointers, and both
//     give the same stack. C compiled with -fno-asynchronous-unwind-tables ends
//     the walk at its innermost frame: the segment is then marked as cut, by
//     [Frame.Cut], whenever the outermost C frame is not the one that
//     the runtime called.
//   - 32 C frames of each segment are kept, as the runtime asks for no more.
//   - The innermost C frames of a goroutine that is inside C now are
//     unknown: only a signal to that thread could tell, and the handlers belong
//     to the program.
//   - A panic that crosses C frames does not return through the C side, so that
//     its record of 1024 is not given back until the process ends.
//   - The runtime takes one set of functions for SetCgoTraceback in the life of a
//     process: Track gives an error if another package was first, and one that comes
//     later panics.
//   - While the functions are registered, a CPU sample of a thread that C created
//     has the interrupted address alone, without runtime._ExternalCode behind it;
//     on processors other than amd64 and arm64 it has no frame.
//   - C frames need Linux, cgo and a C library with backtrace(3).
//
// # Why there is no thread-local probe
//
// A recipe for watching cgo across a restart sets a thread-local variable
// and reads it in the new image, to learn whether "cgo state was lost". The answer
// is always yes: execve(2) gives the new image fresh thread-local storage, whether
// or not a callback was in flight, and the probe said 1 in 40 of 40 restarts, in 20
// where the variable had been set and in 20 where it had not. It errs within one
// process, too. Goroutines that share a thread read each other's value (20 of
// 20), and a goroutine that blocks in a system call moves on without its own (9
// to 89 reads of 100). What a thread remembers is not a fact about callbacks,
// and so this package asks the runtime, which knows them.
package cgostate
