//go:build !linux || !cgo

package cgostate_test

import (
	"errors"
	"testing"

	"github.com/hotvet/hotvet/integration/cgostate"
)

func TestWithoutCgo(t *testing.T) {
	_, here := cgostate.Here()
	_, inFlight := cgostate.InFlight()
	for name, err := range map[string]error{"Track": cgostate.Track(), "Here": here, "InFlight": inFlight} {
		if !errors.Is(err, cgostate.ErrWithoutCgo) {
			t.Errorf("%s gives %v", name, err)
		}
	}
}
