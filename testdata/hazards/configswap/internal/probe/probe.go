// Package probe drives the services of this folder: it serves one request that
// is still on its way when the configuration is reloaded, and tells whether the
// answer was made from one configuration.
package probe

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// Config is what the services are configured with; Name and Limit change
// together.
type Config struct {
	Name  string
	Limit int
}

var generation atomic.Int64

// Load reads the configuration anew: a 1 at first, then b 2; a 2 would be a
// mixture.
func Load() *Config {
	n := int(generation.Add(1))
	return &Config{Name: string(rune('a' + n - 1)), Limit: n}
}

var trigger atomic.Pointer[func()]

// Trigger makes f reload the configuration in place of a hangup signal.
func Trigger(f func()) { trigger.Store(&f) }

// Backend stands for a slow call in the middle of a request, during which the
// configuration is reloaded.
func Backend() {
	before := generation.Load()
	if f := trigger.Load(); f != nil {
		(*f)()
	} else if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
		log.Fatal(err)
	}
	for wait := 0; wait < 100 && generation.Load() == before; wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond) // for what is loaded to be put in its place
}

// Serve serves h on the loopback interface and returns its address.
func Serve(h http.Handler) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Print(http.Serve(listener, h)) }()
	return "http://" + listener.Addr().String()
}

// Get returns the body of an answer.
func Get(url string) string {
	client := http.Client{Timeout: 3 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// Verdict prints what the answer shows. It leaves a reload that the request did
// not wait for the time to end.
func Verdict(answer string) {
	defer time.Sleep(250 * time.Millisecond)
	var name string
	var limit int
	if _, err := fmt.Sscan(answer, &name, &limit); err == nil && len(name) == 1 && int(name[0]-'a')+1 == limit {
		fmt.Println("kept: one configuration answered:", answer)
		return
	}
	fmt.Println("lost: two configurations in one answer:", answer)
}

// Run serves h, sends it one request, and prints the verdict.
func Run(h http.Handler) { Verdict(Get(Serve(h))) }
