//go:build !unix

package confirm

import (
	"fmt"
	"syscall"
)

// ParseSignal fails: there are no signals that a program could be sent.
func ParseSignal(name string) (syscall.Signal, error) {
	return 0, fmt.Errorf("signal %s does not exist on this system", name)
}
