//go:build !linux || !cgo

package cgostate

// Track gives ErrWithoutCgo.
func Track() error { return ErrWithoutCgo }

// Untrack has nothing to stop.
func Untrack() {}

// Here gives ErrWithoutCgo.
func Here() (Stack, error) { return Stack{}, ErrWithoutCgo }

// InFlight gives ErrWithoutCgo.
func InFlight() (Report, error) { return Report{}, ErrWithoutCgo }
