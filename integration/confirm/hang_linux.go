package confirm

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/process"
)

// prepareCalls has the running images know which calls of C began before the
// program is told to replace itself. It reports whether it has told the program
// that by the signal of the first step.
func (s *session) prepareCalls(ctx context.Context, first Step) (told bool) {
	if !s.calls {
		return false
	}
	s.mu.Lock()
	images := append([]*image(nil), s.images...)
	current := s.newest(s.current())
	s.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, prepareLimit)
	defer cancel()
	for _, m := range images {
		if m != current && !m.ended() {
			m.prepare(limited, 0)
		}
	}
	if current == nil || current.ended() {
		return false
	}
	raise := unix.Signal(0)
	if first.Signal != "" {
		raise = signal(first.Signal)
	}
	return current.prepare(limited, raise)
}

// raised is how often a signal is sent whose handler is tried.
const raised = 5

// raiseSignals sends the program the signals for which C has handlers.
func (s *session) raiseSignals(ctx context.Context) error {
	for _, name := range s.raise {
		s.Progress("sending "+name+", which C handles", nil)
		for range raised {
			if err := s.take(ctx, Step{Signal: name, Wait: Duration(raiseWait)}, 0); err != nil {
				break // it has ended
			}
		}
		select {
		case <-s.proc.Done():
			return s.step(ctx, "does not survive "+name, s.Scenario.Limits.Step, func(ctx context.Context) error {
				<-ctx.Done()
				return context.Cause(ctx)
			})
		default:
		}
	}
	return nil
}

// raiseWait is how long to wait between them.
const raiseWait = 50 * time.Millisecond

// prepareLimit is longer than the probe waits for a call.
const prepareLimit = 3 * time.Second

// hang looks at a process that has not reached its main. It returns nil for one
// that ended, or that did anything while it was watched.
func (s *session) hang() *Hang {
	pid := s.proc.PID()
	s.mu.Lock()
	m := s.newest(pid)
	s.mu.Unlock()
	if m != nil && (m.ended() || m.reachedMain()) {
		return nil
	}
	before, err := asleep(pid)
	if err != nil {
		return nil
	}
	time.Sleep(hangWatch)
	after, err := asleep(pid)
	if err != nil || before != after {
		return nil
	}
	h := &Hang{Threads: strings.Count(after, "\n")}
	if m == nil {
		h.Functions = waitingForGo(pid, s.binary)
		return h
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if text := m.askStacks(ctx); text != "" {
		h.Goroutines = strings.Split(text, "\n\n")
	}
	return h
}

// reachedMain reports whether the image has said that its main began.
func (k *link) reachedMain() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.main
}

// asleep tells the state of all threads of a process, a line for each: what they
// have used of the processor, and how often they gave it up. It is the same when
// they all slept in between. It fails when one of them runs.
func asleep(pid int) (string, error) {
	tasks, err := process.Tasks(pid)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, t := range tasks {
		if t.State != 'S' {
			return "", fmt.Errorf("thread %d is in state %c", t.TID, t.State)
		}
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", pid, t.TID))
		if err != nil {
			return "", err
		}
		_, switches, _ := strings.Cut(string(data), "voluntary_ctxt_switches:")
		fmt.Fprintf(&b, "%d %s\n", t.TID, strings.Join(strings.Fields(switches), " "))
	}
	return b.String(), nil
}

// maxWords is how much of a thread's stack is looked at, in words.
const maxWords = 4096

// waitingForGo returns the functions of the binary that the first thread of a
// process has on its stack, if it waits for the Go run-time system to begin, which
// it does on a condition of runtime/cgo (gcc_libinit.c). There are none when the
// kernel does not let hotvet see that.
func waitingForGo(pid int, binary string) []string {
	f, err := elf.Open(binary)
	if err != nil {
		return nil
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil
	}
	address, sp, ok := futexOf(pid)
	base, known := loadedAt(pid, binary, f)
	if !ok || !known || !isWaitForGo(symbols, address-base) {
		return nil
	}
	var names []string
	for _, word := range stackOf(pid, sp) {
		for _, sym := range symbols {
			if elf.ST_TYPE(sym.Info) == elf.STT_FUNC && word-base > sym.Value && word-base < sym.Value+sym.Size {
				names = append(names, sym.Name)
			}
		}
	}
	return names
}

// isWaitForGo reports whether an address is that on which threads wait for the
// run-time system.
func isWaitForGo(symbols []elf.Symbol, address uint64) bool {
	for _, sym := range symbols {
		if (sym.Name == "runtime_init_cond" || sym.Name == "runtime_init_mu") && address >= sym.Value && address < sym.Value+sym.Size {
			return true
		}
	}
	return false
}

// futexOf returns the address that the first thread of a process waits for, and
// its stack pointer (proc(5), /proc/PID/syscall).
func futexOf(pid int) (address, sp uint64, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
	fields := strings.Fields(string(data))
	if err != nil || len(fields) != 9 {
		return 0, 0, false
	}
	address, err = strconv.ParseUint(fields[1], 0, 64)
	if err != nil {
		return 0, 0, false
	}
	sp, err = strconv.ParseUint(fields[7], 0, 64)
	return address, sp, err == nil
}

// loadedAt returns what has to be added to addresses in the binary.
func loadedAt(pid int, path string, f *elf.File) (base uint64, ok bool) {
	if f.Type == elf.ET_EXEC {
		return 0, true
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return 0, false
	}
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) == 6 && fields[5] == real && strings.Trim(fields[2], "0") == "" {
			start, _, _ := strings.Cut(fields[0], "-")
			base, err = strconv.ParseUint(start, 16, 64)
			return base, err == nil
		}
	}
	return 0, false
}

// stackOf returns the words of a stack from its pointer on.
func stackOf(pid int, sp uint64) []uint64 {
	file, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil
	}
	defer file.Close()
	data := make([]byte, maxWords*8)
	n, _ := file.ReadAt(data, int64(sp)) // it is short at the end of the stack
	words := make([]uint64, n/8)
	for i := range words {
		words[i] = binary.NativeEndian.Uint64(data[i*8:])
	}
	return words
}
