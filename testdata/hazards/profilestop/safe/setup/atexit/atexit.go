// Package atexit runs functions before the process exits.
package atexit

import "os"

var registered []func()

// Register adds f to what Exit runs.
func Register(f func()) { registered = append(registered, f) }

// Exit runs what is registered, the last first, and exits.
func Exit(code int) {
	for len(registered) > 0 {
		last := len(registered) - 1
		f := registered[last]
		registered = registered[:last]
		f()
	}
	os.Exit(code)
}
