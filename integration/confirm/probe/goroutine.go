//go:build linux && go1.24

package hotvetprobe

import (
	"runtime"
	"strings"
)

// goroutine returns the number of the calling goroutine. Only its text has it.
func goroutine() string {
	text := make([]byte, 64)
	fields := strings.Fields(string(text[:runtime.Stack(text, false)]))
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}
