// Package regular opens files that a user named, and nothing else that may lie in
// their place.
package regular

import (
	"fmt"
	"os"
)

// Open opens a file to read it. What is not regular it does not touch: opening a pipe
// waits for its other end, and a device may never end. The error of a file that is
// missing is that of os.Stat.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	return os.Open(path)
}
