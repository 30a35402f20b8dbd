// Each struct is read from a file as it lies there; each way to fix its size stops
// the build, or the program, when it grows.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"unsafe"
)

type indexed struct{ A, B uint64 }
type typed struct{ A, B uint64 }
type keyed struct{ A, B uint64 }
type negated struct{ A, B uint64 }
type bounded struct{ A, B uint64 }
type started struct{ A, B uint64 }

var _ = [1]struct{}{}[unsafe.Sizeof(indexed{})-16]

var _ [16]byte = [unsafe.Sizeof(typed{})]byte{}

var _ = map[bool]struct{}{false: {}, unsafe.Sizeof(keyed{}) == 16: {}}

const _ = -uint(unsafe.Sizeof(negated{}) - 16)

const boundedSize = unsafe.Sizeof(bounded{})

var (
	_ [boundedSize - 16]struct{}
	_ [16 - boundedSize]struct{}
)

func init() {
	if unsafe.Sizeof(started{}) != 16 {
		panic("started has grown")
	}
}

func main() {
	dir, err := os.MkdirTemp("", "guards")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("12345678abcdefgh"), 0o600); err != nil {
		log.Print(err)
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		log.Print(err)
		return
	}
	p := unsafe.Pointer(&b[0])
	sum := (*indexed)(p).B + (*typed)(p).B + (*keyed)(p).B + (*negated)(p).B + (*bounded)(p).B + (*started)(p).B
	fmt.Printf("kept: %#x\n", sum/6)
}
