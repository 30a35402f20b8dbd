//go:build !linux

package healthz

import (
	"errors"
	"runtime"
)

func profileOpen() (open bool, id int64, err error) {
	return false, 0, errors.New("whether a CPU profile is open cannot be told on " + runtime.GOOS)
}
