//go:build !linux

// Package process runs and observes programs. It needs /proc and parent-death
// signals, so it is empty where there is no Linux.
package process
