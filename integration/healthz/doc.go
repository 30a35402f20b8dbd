// Package healthz tells how well this process is, as a number from 0 to 100 with
// its reasons, so that a deploy can be refused while the service is unwell:
//
//	http.Handle("GET /debug/pprof/healthz", healthz.Handler())
//
// The method belongs to the pattern: net/http/pprof registers "GET /debug/pprof/",
// and http.Handle panics when one pattern has more methods and the other more paths.
//
// The answer is a [Health] as JSON. [New] gives the same value to expvar and, with
// the package healthz/prom, to Prometheus. This package imports net/http and nothing
// large beside it.
//
// # Score
//
// Each part has a value, which costs nothing up to its good limit and everything
// from its bad limit on; between them its score falls in a straight line:
//
//	score = 100 * (bad - value) / (bad - good), within 0 and 100, rounded
//
// The score of the process is the lowest of its parts: a mean would hide one that
// is at its end behind others that are well. A part that cannot be told here has no
// score, says why, and is left out.
//
//	part        value                                              unit     good  bad
//	throttling  periods in which the CPU quota was used up         share    0.05  0.5
//	goroutines  steady growth of the lowest number of goroutines   ratio    2     10
//	heap        memory in heap spans that stays unused             share    0.5   0.9
//	gc          CPU time spent on garbage collection               share    0.25  0.5
//	profile     how long one CPU profile or trace has been open    seconds  300   300
//	cgo         goroutines outside Go, if the program ever calls C count    100   1000
//
// # Formulas and sources
//
// throttling: nr_throttled / nr_periods, both since the oldest sample in the window,
// in cpu.stat of this process's cgroup and those above it that can be seen; the
// worst counts (Linux, Documentation/admin-guide/cgroup-v2.rst and
// scheduler/sched-bwc.rst for version 1). Without a quota it is 0.
//
// Both rates, throttling and gc, take a sixtieth of the window: one collection is
// much of the first second of a process.
//
// goroutines: (first + 9 * step) / max(first, 100). The window is cut into tenths.
// First is the lowest /sched/goroutines:goroutines of the oldest, and step the least
// rise from the lowest of one to that of the next, 0 if one fell. Lows leave out
// bursts, and the least step leaves out load that rises and stays, as when clients
// come back after a restart. It takes a check in each tenth, over nine tenths of the
// window: one a minute, or more to see a leak beneath load that varies. A leak that
// takes hours to double does not show.
//
// heap: (unused - room) / (objects + unused), of /memory/classes/heap/unused:bytes
// and objects:bytes. Spans that hold a few objects cannot be given back nor used for
// objects of another size. The room, /gc/heap/goal:bytes - objects, is what the
// program allocates until the next collection, for which unused memory is used
// first: without it, the value would swing with each collection, the more the larger
// GOGC is. Below 64 MB of unused - room it is 0: that is not worth a restart.
//
// gc: (total - idle) / all since the oldest sample in the window, of
// /cpu/classes/gc/total:cpu-seconds, gc/mark/idle and total. The whole is
// GOMAXPROCS times the time, not what the process used; marking on idle processors
// takes nothing away. The run-time takes 0.25 for marking by itself while it collects
// (runtime/mgcpacer.go, gcBackgroundUtilization), as a service that uses all of one
// processor sees; more is taken from the goroutines that allocate. It is limited to
// 0.5 (runtime/mgclimit.go) and counts at the end of each collection
// (runtime/metrics.go, cpuStatsAggregate).
//
// profile: runtime/pprof does not tell whether it is on. On Linux a CPU profile
// keeps ITIMER_PROF running (runtime/os_linux.go, setProcessCPUProfiler), which
// getitimer(2) tells, and one timer for each thread that runs. Their numbers in
// /proc/self/timers tell one profile from the next: with a continuous profiler one
// is always open, but never for long. A timer that an earlier image of the process
// left behind, because it called execve during a profile, shows too. The value is
// the time since it was first seen. A trace counts if [Config].CountTraces says so:
// runtime/trace.IsEnabled is true for the flight recorder as well, which may
// stay on. Two traces with no check between them are taken for one.
//
// cgo: /sched/goroutines/not-in-go:goroutines, 0 as long as
// /cgo/go-to-c-calls:calls is. Goroutines in system calls count as well: more than
// that cannot be told without stopping the world. Each holds a thread, and at 10,000
// threads the run-time ends the process. What is cut by a restart, callbacks in
// flight with their stacks, is told by integration/cgostate, at the price of
// linking cgo.
//
// # Cost
//
// A check reads runtime/metrics and at most a few small files of /proc and cgroupfs.
// It does not stop the world and starts no goroutine: nothing happens between
// requests. Samples are taken when asked, kept when they are a sixtieth of the
// window apart, and dropped when they are older than it, but for the last one: who
// asks rarely learns the rates since the last time.
package healthz
