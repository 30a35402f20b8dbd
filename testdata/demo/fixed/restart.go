package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
)

// Names in the environment by which an image tells the next what it leaves.
const (
	envDir      = "DEMO_DIR"
	envListener = "DEMO_LISTENER_FD"
)

// openListener takes over the listener of the image before, or opens one.
func openListener(address string) (net.Listener, error) {
	if fd, err := strconv.Atoi(os.Getenv(envListener)); err == nil {
		file := os.NewFile(uintptr(fd), "listener")
		defer file.Close()
		return net.FileListener(file)
	}
	network, addr, found := strings.Cut(address, ":")
	if !found || network != "tcp" && network != "unix" {
		return nil, fmt.Errorf("-listen %s: want tcp:HOST:PORT or unix:PATH", address)
	}
	return net.Listen(network, addr)
}

// keepListener returns the number of a copy of the listener's descriptor that
// stays open in the next image.
func keepListener(listener net.Listener) (int, error) {
	if u, ok := listener.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	file, err := listener.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return 0, err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, err
	}
	// Not file.Fd(): it would make the live listener blocking.
	var kept int
	var dupErr error
	err = raw.Control(func(fd uintptr) { kept, dupErr = syscall.Dup(int(fd)) })
	if err == nil {
		err = dupErr
	}
	return kept, err
}

// restart replaces this image by the binary at its path. It returns only when
// that fails.
func restart(srv *http.Server, listener net.Listener, svc *service, opts *options) error {
	kept, err := keepListener(listener)
	if err != nil {
		return err
	}
	if err := drain(srv); err != nil {
		return err
	}
	stopSampler()
	svc.state.Served += svc.served.Load()
	if err := svc.state.save(opts.dir); err != nil {
		return err
	}
	// The deferred stop in run does not happen when exec replaces the image.
	pprof.StopCPUProfile()
	log.Printf("generation %d hands over to %s", svc.state.Generation, opts.self)
	// A signal that comes before the next image listens for it must not kill it.
	signal.Ignore(syscall.SIGHUP, syscall.SIGUSR2)
	os.Setenv(envDir, opts.dir)
	os.Setenv(envListener, strconv.Itoa(kept))
	return fmt.Errorf("restart: %w", syscall.Exec(opts.self, os.Args, os.Environ()))
}
