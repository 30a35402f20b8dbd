// Package profilestop defines an analyzer of profiles and traces that are lost
// when the process is replaced or ends.
//
// # Analyzer profilestop
//
// profilestop: profiles and traces still running when the process is replaced or exits
//
// A CPU profile is written when it is stopped, and not before. When the process
// executes its successor in place the file stays empty, and the profiling timer
// lives on in the new image, where SIGPROF kills it before the runtime has
// installed its handler. os.Exit, log.Fatal and an unhandled signal lose the
// profile as well: none of them runs deferred calls. An execution trace ends at
// its last flush and still parses, so its loss is silent. The kinds:
//
//   - exec: a CPU profile is running when the process is replaced
//   - exit: a profile or trace is running when the process exits, when a signal
//     ends it that is not handled, at a return that skips the stop, or for ever
//   - trace: an execution trace is running when the process is replaced
//   - http: the process is replaced while /debug/pprof requests are served
//   - rate: the profiling rate is changed or set to zero under a running profile
//
// Wrong:
//
//	pprof.StartCPUProfile(f)
//	defer pprof.StopCPUProfile()
//	<-upgrade
//	syscall.Exec(self, os.Args, os.Environ())
//
// Right:
//
//	pprof.StartCPUProfile(f)
//	defer pprof.StopCPUProfile()
//	<-upgrade
//	pprof.StopCPUProfile()
//	syscall.Exec(self, os.Args, os.Environ())
//
// Silent: where the profile is stopped on the way to the end, also behind a
// condition, in a callee or through an interface; where starting it failed, or
// nothing but set-up has run since; where the stop was handed to another
// package, such as a registry of exit functions; where a child is started with
// os/exec or fork, for timers are not inherited; where main only exits after the
// function with the deferred stop has returned; where two commands of one
// program start and end; about an exit because a file could not be made or a
// clean-up failed; and about exits in another package that only happen when
// something there fails.
//
// Confirmed: the program is restarted; the profile file has 0 bytes, and
// getitimer(ITIMER_PROF) of the new image has an interval. A stopped profile
// parses, and no timer is alive.
package profilestop

import _ "embed"

//go:embed doc.go
var doc string
