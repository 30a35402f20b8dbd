package cli

import (
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// spinAfter is how long a command may be silent on a terminal.
const spinAfter = 2 * time.Second

// A spinner shows on a terminal that something happens, and how many packages
// are done. How many there are is known to the go command only.
type spinner struct {
	mu    sync.Mutex
	count int
	end   chan struct{}
	ended sync.WaitGroup
}

// spin starts a spinner. It shows nothing unless stderr is a terminal and the
// command takes its time.
func (inv *invocation) spin(what string) *spinner {
	s := &spinner{end: make(chan struct{})}
	f, ok := inv.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	s.ended.Go(func() {
		select {
		case <-s.end:
			return
		case <-time.After(spinAfter):
		}
		bar := progressbar.NewOptions(-1,
			progressbar.OptionSetWriter(f),
			progressbar.OptionSetDescription("hotvet: "+what+", packages done"),
			progressbar.OptionShowCount(),
			progressbar.OptionClearOnFinish())
		defer bar.Finish()
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-s.end:
				return
			case <-tick.C:
				s.mu.Lock()
				n := s.count
				s.mu.Unlock()
				_ = bar.Set(n) // a terminal that is gone needs no spinner
			}
		}
	})
	return s
}

// step counts a package.
func (s *spinner) step() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
}

// done removes the spinner.
func (s *spinner) done() {
	close(s.end)
	s.ended.Wait()
}
