// Fixed is the demo with its four hazards mended: the profile is stopped before
// the image is replaced, the configuration is swapped atomically, the state has a
// fixed layout with a version, and no panic leaves the C callback.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// options is what the command line and the previous image decide.
type options struct {
	listen string // tcp:HOST:PORT or unix:PATH
	dir    string // the only folder that is written to
	config string // JSON file, read again at SIGHUP
	self   string // path of the binary, looked up again at every restart
}

// parseOptions reads the flags. A folder made for the previous image is kept, so
// that the state in it is found again.
func parseOptions() (*options, error) {
	o := &options{}
	flag.StringVar(&o.listen, "listen", "tcp:127.0.0.1:0", "`address`: tcp:HOST:PORT or unix:PATH")
	flag.StringVar(&o.dir, "dir", os.Getenv(envDir), "`folder` for state and profiles (default: a new one)")
	flag.StringVar(&o.config, "config", "", "JSON `file` (default: config.json in the folder)")
	flag.Parse()
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "demo-")
		if err != nil {
			return nil, err
		}
		o.dir = dir
	}
	if o.config == "" {
		o.config = filepath.Join(o.dir, "config.json")
	}
	found, err := exec.LookPath(os.Args[0])
	if err != nil {
		return nil, err
	}
	// Absolute but not resolved: a link that is switched to a new release must
	// lead there.
	o.self, err = filepath.Abs(found)
	return o, err
}

func run() error {
	// Listen for signals first: one that comes while the rest starts must wait.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGINT)
	opts, err := parseOptions()
	if err != nil {
		return err
	}
	if err := watchConfig(opts.config); err != nil {
		return err
	}
	st, err := loadState(opts.dir)
	if err != nil {
		return err
	}
	st.Generation++

	profile, err := os.Create(filepath.Join(opts.dir, fmt.Sprintf("cpu-%d.pprof", st.Generation)))
	if err != nil {
		return err
	}
	defer profile.Close()
	if err := pprof.StartCPUProfile(profile); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()

	if err := startSampler(recordLoad); err != nil {
		return err
	}
	defer stopSampler()

	listener, err := openListener(opts.listen)
	if err != nil {
		return err
	}
	svc := &service{state: st}
	srv := &http.Server{Handler: svc, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	log.Printf("generation %d listens on %s, writes to %s", st.Generation, listener.Addr(), opts.dir)

	select {
	case err := <-failed:
		return err
	case sig := <-signals:
		if sig == syscall.SIGUSR2 {
			return restart(srv, listener, svc, opts)
		}
		log.Printf("%v: ends", sig)
		return drain(srv)
	}
}
