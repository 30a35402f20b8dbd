// Package layout reads structs in place.
package layout

import (
	"encoding/binary"
	"unsafe"
)

// A Trailer ends each snapshot.
type Trailer struct {
	Checksum uint32
	Rows     uint32
	Written  uint64
}

// Of lays a T over the beginning of b.
func Of[T any](b []byte) *T { // want Of:`bytes casts0`
	return (*T)(unsafe.Pointer(&b[0]))
}

// TrailerOf lays a trailer over the beginning of b.
func TrailerOf(b []byte) *Trailer { // want TrailerOf:`bytes casts0`
	return (*Trailer)(unsafe.Pointer(&b[0]))
}

// Rows reads the number of rows of a trailer, whatever it is laid out like.
func Rows(b []byte) uint32 { return binary.NativeEndian.Uint32(b[4:]) }
