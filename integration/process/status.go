//go:build linux

package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A SignalSet is a set of signals: signal n is bit n-1 (proc(5), /proc/PID/status).
type SignalSet uint64

// Has reports whether sig is in the set.
func (s SignalSet) Has(sig syscall.Signal) bool {
	return sig >= 1 && sig <= 64 && s&(1<<(sig-1)) != 0
}

// Names returns the names of the signals, by number. Real-time signals are
// SIGRT32 to SIGRT64.
func (s SignalSet) Names() []string {
	var names []string
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		if s.Has(sig) {
			names = append(names, signalName(sig))
		}
	}
	return names
}

func signalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return fmt.Sprintf("SIGRT%d", int(sig))
}

// Dispositions say what a process does about signals. A signal in neither Ignored
// nor Caught has its default effect (signal(7)).
type Dispositions struct {
	Blocked SignalSet // by the first thread alone
	Ignored SignalSet
	Caught  SignalSet
	Pending SignalSet // for the whole process: sent, but not yet delivered
}

// Signals returns what the process pid does about signals. All Go programs catch
// nearly all signals from their start on, whether they call signal.Notify or not
// (runtime/signal_unix.go, initsig).
func Signals(pid int) (Dispositions, error) {
	fields, err := readStatus(pid)
	if err != nil {
		return Dispositions{}, err
	}
	d, err := parseSignals(fields)
	if err != nil {
		return d, fmt.Errorf("/proc/%d/status: %w", pid, err)
	}
	return d, nil
}

func parseSignals(fields map[string]string) (Dispositions, error) {
	var d Dispositions
	for _, set := range []struct {
		key string
		to  *SignalSet
	}{{"SigBlk", &d.Blocked}, {"SigIgn", &d.Ignored}, {"SigCgt", &d.Caught}, {"ShdPnd", &d.Pending}} {
		n, err := strconv.ParseUint(fields[set.key], 16, 64)
		if err != nil {
			return Dispositions{}, fmt.Errorf("%s: %w", set.key, err)
		}
		*set.to = SignalSet(n)
	}
	return d, nil
}

// A MemoryUse is how much memory of a process is resident, in bytes.
type MemoryUse struct {
	Now  int64 // VmRSS
	Peak int64 // VmHWM, since the last exec
}

// Memory returns the memory that the process pid uses. A process that has ended
// has none, which is an error: see Exit.Peak.
func Memory(pid int) (MemoryUse, error) {
	fields, err := readStatus(pid)
	if err != nil {
		return MemoryUse{}, err
	}
	m, err := parseMemory(fields)
	if err != nil {
		return m, fmt.Errorf("/proc/%d/status: %w", pid, err)
	}
	return m, nil
}

func parseMemory(fields map[string]string) (MemoryUse, error) {
	var m MemoryUse
	for key, to := range map[string]*int64{"VmRSS": &m.Now, "VmHWM": &m.Peak} {
		text, isKB := strings.CutSuffix(fields[key], " kB")
		n, err := strconv.ParseInt(text, 10, 53)
		if !isKB || err != nil {
			return MemoryUse{}, fmt.Errorf("%s is %q and no number of kB", key, fields[key])
		}
		*to = n << 10
	}
	return m, nil
}

// owner returns the effective user id of the process pid.
func owner(pid int) (uint32, error) {
	fields, err := readStatus(pid)
	if err != nil {
		return 0, err
	}
	return parseOwner(fields)
}

// parseOwner reads "Uid: real effective saved file-system".
func parseOwner(fields map[string]string) (uint32, error) {
	ids := strings.Fields(fields["Uid"])
	if len(ids) != 4 {
		return 0, fmt.Errorf("status: Uid is %q and not four numbers", fields["Uid"])
	}
	n, err := strconv.ParseUint(ids[1], 10, 32)
	return uint32(n), err
}

func readStatus(pid int) (map[string]string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil, err
	}
	return parseStatus(string(data)), nil
}

// parseStatus reads lines "KEY:\tVALUE".
func parseStatus(text string) map[string]string {
	fields := make(map[string]string)
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(line, ":"); found {
			fields[key] = strings.TrimSpace(value)
		}
	}
	return fields
}
