package observe

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// LastEvent is what a service logs into its trace right before its end.
const LastEvent = "the last event"

// Profile judges by the file cpu.pprof and by the timer of the new image.
func Profile(s *Service) (lost, kept string) {
	size := fileSize(s.Dir, "cpu.pprof")
	timer, err := os.ReadFile(filepath.Join(s.Dir, "timer"))
	alive := err == nil && string(timer) != "0"
	switch {
	case s.Killed == syscall.SIGPROF:
		return fmt.Sprintf("the profile has %d bytes, SIGPROF killed the new image", size), ""
	case size == 0 && alive:
		return fmt.Sprintf("the profile has 0 bytes, the timer fires every %s us in the new image", timer), ""
	case size == 0:
		return "the profile has 0 bytes", ""
	}
	return "", "the profile has content and no timer is alive"
}

// Trace judges by the file trace.out: the last event is in it, or it was cut.
func Trace(s *Service) (lost, kept string) {
	data, _ := os.ReadFile(filepath.Join(s.Dir, "trace.out"))
	if !bytes.Contains(data, []byte(LastEvent)) {
		return fmt.Sprintf("the trace of %d bytes ends before the last event", len(data)), ""
	}
	return "", "the trace has the last event"
}

// Requests judges by the answer to a request for a profile that was in flight
// when the signal came.
func Requests(s *Service) (lost, kept string) {
	answer, _ := os.ReadFile(filepath.Join(s.Dir, "request"))
	if string(answer) != "200 OK" {
		return "the profile request in flight failed: " + string(answer), ""
	}
	return "", "the profile request was answered"
}

// Rate judges by what the runtime says on the standard error.
func Rate(s *Service) (lost, kept string) {
	if strings.Contains(s.Stderr.String(), "cannot set cpu profile rate") {
		return "the new rate was refused", ""
	}
	return "", "no rate was refused"
}

// Samples judges by the number of samples in the file cpu.pprof.
func Samples(s *Service) (lost, kept string) {
	n, err := samples(filepath.Join(s.Dir, "cpu.pprof"))
	if err != nil || n == 0 {
		return "the profile has no samples", ""
	}
	return "", "the profile has samples"
}

func fileSize(dir, name string) int64 {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return 0
	}
	return info.Size()
}

// request asks for a profile of one second when the service listens.
func (s *Service) request() chan string {
	if s.Address == "" {
		return nil
	}
	answer := make(chan string, 1)
	go func() {
		client := http.Client{Timeout: 3 * time.Second}
		resp, err := client.Get("http://" + s.Address + "/debug/pprof/profile?seconds=1")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			answer <- err.Error()
			return
		}
		answer <- resp.Status
	}()
	time.Sleep(200 * time.Millisecond) // until it is in flight
	return answer
}

// successor notes the interval, in microseconds, of the profiling timer that
// the new image inherited: 0 when there is none.
func successor(dir string) {
	const itimerProf = 2
	var timer struct{ Interval, Value syscall.Timeval }
	syscall.Syscall(syscall.SYS_GETITIMER, itimerProf, uintptr(unsafe.Pointer(&timer)), 0)
	note(dir, "timer", fmt.Sprint(timer.Interval.Nano()/1000))
}

// samples counts the samples of a profile: field 2 of its protocol buffer.
func samples(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return 0, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return 0, err
	}
	count := 0
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		value, m := binary.Uvarint(data[n:])
		data = data[n+m:]
		if tag&7 == 2 {
			data = data[value:]
		}
		if tag == 2<<3|2 {
			count++
		}
	}
	return count, nil
}
