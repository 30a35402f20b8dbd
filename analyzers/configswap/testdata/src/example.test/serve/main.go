// Serve uses stores of another package from several goroutines.
package main

import (
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"example.test/relay"
	"example.test/store"
)

type app struct{ store *store.Store }

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Write(a.store.Text())
}

func show(s *store.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.Write(s.Current()) }
}

func reload(s *store.Store, other *store.Store, a *app) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	for range hangups {
		s.Load("names") // want `reload replaces state under a lock that its readers do not take`
		s.Replace(nil)  // want `state is replaced on reload and can be read half written`
		other.Replace(nil)
		other.Load("names")
		a.store.Load("names") // want `reload replaces state under a lock that its readers do not take`
		store.SetMotto(nil)   // want `state is replaced on reload and can be read half written`
		fresh := store.New(nil)
		fresh.Rename(nil)
		use(fresh.Names())
		s.Rename(nil) // want `state is replaced on reload and can be read half written`
	}
}

// hangup reloads what keeps stores itself.
func hangup(site, unread *relay.Site) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	for range hangups {
		site.Reload("names") // want `reload replaces state under a lock that its readers do not take`
		unread.Reload("names")
		site.Prepare("names")
		site.Rename(nil)
		relay.SetMotto("") // want `state is replaced on reload and can be read half written`
	}
}

// end answers the last signal.
func end(s *store.Store) {
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGTERM, syscall.SIGHUP)
	for {
		select {
		case <-quit:
			s.Count("end")
			return
		}
	}
}

func use([]string) {}

func main() {
	s, other := store.New(nil), store.New(nil)
	s.Rename([]string{"first"})
	use(s.Names())
	s.Poll(1)
	a := &app{store: store.New(nil)}
	mux := http.NewServeMux()
	s.Serve(mux)
	mux.Handle("/app", a)
	mux.Handle("/current", show(s))
	mux.HandleFunc("/motto", func(w http.ResponseWriter, r *http.Request) { w.Write(store.Motto()) })
	mux.HandleFunc("/has", func(w http.ResponseWriter, r *http.Request) {
		if s.Has(r.URL.Path) {
			w.Write(other.Locked())
		}
	})
	site := relay.New()
	mux.Handle("/site", site)
	mux.HandleFunc("/names", func(w http.ResponseWriter, r *http.Request) {
		use(site.Names())
		w.Write([]byte(relay.Motto()))
	})
	go hangup(site, relay.New())
	go reload(s, other, a)
	go end(s)
	http.ListenAndServe("127.0.0.1:0", mux)
}
