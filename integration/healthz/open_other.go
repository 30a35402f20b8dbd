//go:build !linux

package healthz

import (
	"errors"
	"runtime"
)

func profileOpen() (open bool, t timers, err error) {
	return false, nil, errors.New("whether a CPU profile is open cannot be told on " + runtime.GOOS)
}
