//go:build !linux

// Package process runs and observes programs. It needs /proc and parent-death
// signals, so there is next to nothing of it where there is no Linux.
package process

// GuardMain does nothing: without Linux no program is run, so none is guarded.
func GuardMain() {}
