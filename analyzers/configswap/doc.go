// Package configswap reports configuration that a reload replaces while other
// goroutines use it.
//
// # Analyzer configswap
//
// configswap: configuration replaced on reload without synchronisation
//
// A service that reloads its configuration on SIGHUP, on a file event or through
// a request replaces state that other goroutines are using. Nothing fails in a
// test that reloads once; under load, half of the requests see the old values, a
// torn interface crashes, a map is fatal within milliseconds. Kinds:
//
//   - pointer: a pointer or a single word is replaced and read elsewhere without
//     synchronisation: a data race and a stale view.
//   - multiword: an interface, string, slice or struct is replaced; readers see
//     the halves of two values.
//   - map: a map is changed or replaced while others read it: "concurrent map
//     read and map write" ends the process.
//   - onesided: only one side takes the lock or is atomic, a sync.Once is
//     bypassed by the reload, or the read comes before the lock.
//   - mutate: an object is changed after it was published atomically.
//   - mixed: one request loads the configuration twice and combines both.
//   - snapshot: a copy taken before an endless loop never sees the reload.
//   - free: C memory of the old configuration is freed after the swap while a
//     reader may still hold it.
//
// Wrong:
//
//	go func() {
//		for range hup {
//			cfg = load()
//		}
//	}()
//	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
//		fmt.Fprintln(w, cfg.Greeting)
//	})
//
// Right:
//
//	var cfg atomic.Pointer[Config]
//	go func() {
//		for range hup {
//			cfg.Store(load())
//		}
//	}()
//	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
//		fmt.Fprintln(w, cfg.Load().Greeting)
//	})
//
// Silent: without a reload in the program: a write that replaces the state after
// construction, from a signal, file event, ticker, request or watcher, or in a
// library from an exported method of an object whose lock or life cycle shows
// that several goroutines use it. Setters, options, constructors, counters,
// flags, caches filled on first use, and a reload on the reader's own goroutine
// are no reload; a lock that is held on some way to an access counts as held. One
// of two objects of the same type is taken for the other. State that another
// package keeps is looked at when that package, and each that only passes the
// reload on, is the user's own, and both calls are on the same variable or field,
// which never changes, or the state is the package's: not through an interface, an
// element or a result. Such a finding stands at the call that reloads.
//
// Confirmed: the service is built with -race, put under load and reloaded. A race
// report whose frames touch the variable confirms the finding; mixed is
// confirmed by one answer with two versions, snapshot by a loop that keeps the
// old value after the reload.
package configswap
