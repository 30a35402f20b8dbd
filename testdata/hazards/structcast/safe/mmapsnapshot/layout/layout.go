// Package layout reads structs in place.
package layout

import (
	"errors"
	"unsafe"
)

// ErrSize says that bytes are not of the layout of this build.
var ErrSize = errors.New("layout: other size")

// Of lays a T over b.
func Of[T any](b []byte) (*T, error) {
	var zero T
	if len(b) != int(unsafe.Sizeof(zero)) {
		return nil, ErrSize
	}
	return (*T)(unsafe.Pointer(&b[0])), nil
}
