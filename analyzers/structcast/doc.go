// Package structcast defines an analyzer that finds Go structs laid by unsafe
// casts over memory that is laid out by someone else.
//
// # Analyzer structcast
//
// structcast: structs cast from bytes that another binary may lay out
//
// A cast such as (*T)(unsafe.Pointer(&b[0])) reads b in the layout that T has in
// this binary. When the bytes were written by the binary before the update, or by
// a peer that is not updated yet, a field inserted into T moves all that follow:
// the new process reads wrong values and does not notice. Reading or copying
// straight into the bytes of a struct is the same. Kinds:
//
//   - file: the bytes were read from a file or another stream.
//   - mmap: the bytes are a mapped file.
//   - shm: the bytes are memory shared with other processes.
//   - socket: the bytes came over a connection or a pipe.
//   - arch: such bytes are checked for version and length, but the struct has
//     another layout on 32-bit targets, which the checks do not see.
//   - mirror: a struct repeats the private layout of an interface, map, channel,
//     func, or of a struct of the standard library or another module. It is wrong
//     once the toolchain or the module changes its layout.
//   - short: the view is larger than the variable, slice or C allocation behind
//     it.
//
// Each cast gives one finding, of the kind that tells most; a mirror is told once in
// a package, where it is laid first.
//
// Wrong:
//
//	type state struct{ Seq, Limit uint64 }
//
//	b, err := os.ReadFile("state")
//	...
//	s := (*state)(unsafe.Pointer(&b[0])) // Limit, once a field is put before it
//
// Right:
//
//	if len(b) < 20 || binary.LittleEndian.Uint32(b) != version {
//		return errVersion
//	}
//	s := state{
//		Seq:   binary.LittleEndian.Uint64(b[4:]),
//		Limit: binary.LittleEndian.Uint64(b[12:]),
//	}
//
// Silent: bytes that the kernel fills (ioctl, netlink, device files) or that only
// this process sees (anonymous mappings, temporary files, arenas); structs of
// syscall, golang.org/x/sys and C and such made of them; views as numbers or
// bytes; headers of strings and slices. Silent too where a check ties the bytes to
// the layout: a size fixed at compile time or at start, for example by
// const _ = uint(unsafe.Sizeof(T{}) - 32) together with its mirror; a version,
// magic or checksum that is compared and a length that is looked at. A mirror is
// checked by comparing its offsets or size to the owner's, by the version of Go,
// or by a build constraint that ends at a release. structs.HostLayout checks
// nothing: a field inserted still moves the rest. Bytes whose producer is not
// seen are not reported, nor are test files and, for mirrors, the standard library.
//
// Confirmed: the old build writes known values, a build with one field inserted
// reads them back shifted; the debug information of both shows the offsets.
// -d=checkptr reports overruns on the Go heap.
package structcast
