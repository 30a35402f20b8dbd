//go:build !linux

package gatefacts

import (
	"errors"

	"github.com/hotvet/hotvet/integration/gate"
)

var errLinux = errors.New("processes can be looked at on linux only: leave -pid out")

func readProcess(int, *gate.File, *gate.File) (*gate.Process, error) { return nil, errLinux }

func sameRoot(int) error { return errLinux }

func processEnv(int) ([]string, error) { return nil, errLinux }
