// A debug page reads what values keep to themselves after it has asked reflect
// where that is; strings and slices are seen through their documented headers.
package main

import (
	"fmt"
	"reflect"
	"unsafe"
)

type value struct {
	typ  unsafe.Pointer
	ptr  unsafe.Pointer
	flag uintptr
}

type stringHeader struct {
	data unsafe.Pointer
	len  int
}

type celsius struct{ degrees, scale float64 }

type kelvin celsius

func init() {
	f, ok := reflect.TypeFor[reflect.Value]().FieldByName("ptr")
	if !ok || f.Offset != unsafe.Offsetof(value{}.ptr) {
		panic("reflect.Value has another layout")
	}
}

func pointer(v reflect.Value) unsafe.Pointer {
	return (*value)(unsafe.Pointer(&v)).ptr // safe: structcast/mirror
}

func length(s string, b []byte) int {
	return (*stringHeader)(unsafe.Pointer(&s)).len + (*stringHeader)(unsafe.Pointer(&b)).len
}

func main() {
	n := 7
	c := celsius{20, 1}
	k := (*kelvin)(unsafe.Pointer(&c))
	fmt.Printf("kept: %d, %d, %.0f\n", *(*int)(pointer(reflect.ValueOf(&n))), length("abc", []byte{1}), k.degrees)
}
