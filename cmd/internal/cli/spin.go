package cli

import "github.com/hotvet/hotvet/integration/finding"

// A spinner shows that something happens, and how many packages are done. How
// many there are is known to the go command only.
type spinner struct {
	*progressBar
	now finding.Progress
}

// spin starts a spinner, which must be ended by done.
func (inv *invocation) spin(what string) *spinner {
	s := &spinner{inv.progress(), finding.Progress{Message: what + ", packages done"}}
	s.show(&s.now)
	return s
}

// step counts a package. It is not for concurrent use.
func (s *spinner) step() {
	s.now.Done++
	s.show(&s.now)
}
