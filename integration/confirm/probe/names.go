//go:build linux && go1.24

package hotvetprobe

import (
	"encoding/binary"
	"reflect"
	"runtime"
	"strconv"
	"syscall"
)

// maxNames is how many addresses can be asked about at once.
const maxNames = 1 << 16

// names answers which functions are at addresses. The request goes on with their
// number, of 4 bytes, and the addresses, of 8 bytes each. The first answer is about
// [Main], by which the two sides see where this image was loaded.
func names() {
	head := make([]byte, 4)
	if !receiveAll(head) {
		return
	}
	count := binary.LittleEndian.Uint32(head)
	if count > maxNames {
		return
	}
	pcs := make([]byte, 8*count)
	if !receiveAll(pcs) {
		return
	}
	self := runtime.FuncForPC(reflect.ValueOf(Main).Pointer())
	say("name 0 " + strconv.FormatUint(uint64(self.Entry()), 16) + " " + self.Name())
	for ; len(pcs) > 0; pcs = pcs[8:] {
		pc := binary.LittleEndian.Uint64(pcs)
		entry, name := uint64(0), ""
		if f := runtime.FuncForPC(uintptr(pc)); f != nil {
			entry, name = uint64(f.Entry()), f.Name()
		}
		say("name " + strconv.FormatUint(pc, 16) + " " + strconv.FormatUint(entry, 16) + " " + name)
	}
	say("named")
}

// receiveAll fills data. It reports false when hotvet is gone.
func receiveAll(data []byte) bool {
	for len(data) > 0 {
		n, err := syscall.Read(conn, data)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return false
		}
		data = data[n:]
	}
	return true
}
