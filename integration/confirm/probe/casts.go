//go:build linux && go1.24

package hotvetprobe

import (
	"encoding/hex"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Limits of what is told of casts.
const (
	maxRecords = 64   // of one site
	maxRaw     = 2048 // bytes of one struct
	margin     = 64   // bytes that are told behind a struct
	maxLeaves  = 256  // fields of one struct, those of structs in it included
	maxValues  = 64   // different values of one use
	maxCalls   = 1e5  // of one use
)

var (
	castMu  sync.Mutex
	records = make(map[int]int)             // by site: how many were told
	views   = make(map[string]func())       // by goroutine and site: tells what is seen
	used    = make(map[int]map[string]bool) // by use: values that were told
	layouts = make(map[reflect.Type]string) // by struct type
	pipe    [2]int                          // through which memory is read; 0 when not open
	calls   [MaxSites]atomic.Uint32         // by use
)

// Came counts that the function around a site is called.
func Came(site int) { count(site, Entered) }

// Cast returns v, a pointer to a struct or something that contains one, and tells
// what the memory behind it looks like.
func Cast[V any](site int, v V) V {
	if count(site, Hits) > 0 {
		tellCast(site, reflect.ValueOf(&v).Elem())
	}
	return v
}

// Cast2 is [Cast] for a function that returns something else besides.
func Cast2[V, W any](site int) func(V, W) (V, W) {
	return func(v V, w W) (V, W) { return Cast(site, v), w }
}

// View returns p, which points to a struct that something is read into. [Seen]
// tells later what that is.
func View[V any](site int, p *V) *V {
	if count(site, Hits) > 0 {
		castMu.Lock()
		views[goroutine()+"/"+strconv.Itoa(site)] = func() { tellCast(site, reflect.ValueOf(&p).Elem()) }
		castMu.Unlock()
	}
	return p
}

// Seen tells what the struct that [View] was given now looks like.
func Seen(site int) {
	key := goroutine() + "/" + strconv.Itoa(site)
	castMu.Lock()
	f := views[key]
	delete(views, key)
	castMu.Unlock()
	if f != nil {
		f()
	}
}

// Use returns v, the value of a field, and tells it.
func Use[V any](use int, v V) V {
	if counters == nil || use >= MaxSites || calls[use].Add(1) > maxCalls {
		return v
	}
	text, ok := plainValue(reflect.ValueOf(&v).Elem())
	if !ok {
		return v
	}
	castMu.Lock()
	defer castMu.Unlock()
	if used[use] == nil {
		used[use] = make(map[string]bool)
	}
	if !used[use][text] && len(used[use]) < maxValues {
		used[use][text] = true
		say("use " + strconv.Itoa(use) + " " + text)
	}
	return v
}

// plainValue writes a number as hotvet does when it reads one from memory.
func plainValue(v reflect.Value) (string, bool) {
	switch k := v.Kind(); {
	case k == reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), true
	case k == reflect.UnsafePointer || k == reflect.Pointer:
		return strconv.FormatUint(uint64(v.Pointer()), 10), true
	}
	return "", false
}

// tellCast says which struct is laid over which bytes.
func tellCast(site int, v reflect.Value) {
	castMu.Lock()
	defer castMu.Unlock()
	if records[site] >= maxRecords {
		return
	}
	at, t := structAt(v)
	if t == nil || at == 0 {
		return
	}
	records[site]++
	layout, ok := layouts[t]
	if !ok {
		var leaves []string
		leaves = appendLeaves(leaves, t, "", 0)
		layout = strings.Join(leaves, ",")
		layouts[t] = layout
	}
	// A build for another architecture may have a larger struct.
	raw := readMemory(at, min(t.Size()+margin, maxRaw))
	say("cast " + strconv.Itoa(site) + " " + strconv.Quote(t.String()) + " " + strconv.Itoa(int(t.Size())) + " " +
		strconv.Itoa(int(unsafe.Sizeof(at))) + " " + strconv.Quote(mappedFile(at)) + " " + strconv.Quote(hex.EncodeToString(raw)) + " " + strconv.Quote(layout))
}

// structAt returns the address and the type of the struct in v: v itself, what it
// points to, or the first element.
func structAt(v reflect.Value) (uintptr, reflect.Type) {
	if w, ok := v.Interface().(reflect.Value); ok {
		if w.Kind() != reflect.Pointer {
			return 0, nil
		}
		return elementAt(w.Pointer(), w.Type().Elem())
	}
	return elementAt(v.Addr().Pointer(), v.Type())
}

func elementAt(at uintptr, t reflect.Type) (uintptr, reflect.Type) {
	for range 5 {
		switch t.Kind() {
		case reflect.Struct:
			return at, t
		case reflect.Array:
			t = t.Elem()
		case reflect.Pointer, reflect.Slice: // the first word is the address
			word := readMemory(at, unsafe.Sizeof(at))
			if len(word) < int(unsafe.Sizeof(at)) {
				return 0, nil
			}
			at = *(*uintptr)(unsafe.Pointer(&word[0]))
			t = t.Elem()
		default:
			return 0, nil
		}
	}
	return 0, nil
}

// appendLeaves lists the fields of numbers and pointers as NAME:KIND:OFFSET.
func appendLeaves(list []string, t reflect.Type, prefix string, base uintptr) []string {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" || len(list) >= maxLeaves {
			continue
		}
		if f.Type.Kind() == reflect.Struct {
			list = appendLeaves(list, f.Type, prefix+f.Name+".", base+f.Offset)
			continue
		}
		list = append(list, prefix+f.Name+":"+f.Type.Kind().String()+":"+strconv.Itoa(int(base+f.Offset)))
	}
	return list
}

// readMemory copies n bytes, as far as they can be read. The kernel copies them,
// through a pipe: it refuses an address that would end the program.
func readMemory(at, n uintptr) []byte {
	if pipe[0] == 0 {
		if syscall.Pipe2(pipe[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK) != nil {
			return nil
		}
		pipe[0], pipe[1] = aside(pipe[0]), aside(pipe[1])
	}
	written, _, errno := syscall.Syscall(syscall.SYS_WRITE, uintptr(pipe[1]), at, n)
	if errno != 0 || written == 0 {
		return nil
	}
	data := make([]byte, written)
	got, err := syscall.Read(pipe[0], data)
	if err != nil {
		return nil
	}
	return data[:got]
}

// mappedFile returns the path of the file that is mapped at an address, empty when
// there is none.
func mappedFile(at uintptr) string {
	fd, err := syscall.Open("/proc/self/maps", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(fd)
	var text []byte
	chunk := make([]byte, 16<<10)
	for {
		n, err := syscall.Read(fd, chunk)
		if err != nil || n <= 0 {
			return ""
		}
		text = append(text, chunk[:n]...)
		for {
			line, rest, whole := strings.Cut(string(text), "\n")
			if !whole {
				break
			}
			text = []byte(rest)
			if path, found := mappingOf(line, at); found {
				return path
			}
		}
	}
}

// mappingOf reads a line of /proc/self/maps, see proc_pid_maps(5).
func mappingOf(line string, at uintptr) (path string, found bool) {
	fields := strings.Fields(line)
	if len(fields) < 5 {
		return "", false
	}
	from, to, _ := strings.Cut(fields[0], "-")
	low, err1 := strconv.ParseUint(from, 16, 64)
	high, err2 := strconv.ParseUint(to, 16, 64)
	if err1 != nil || err2 != nil || uint64(at) < low || uint64(at) >= high {
		return "", false
	}
	if len(fields) < 6 || !strings.HasPrefix(fields[5], "/") {
		return "", true
	}
	return line[strings.Index(line, " /")+1:], true
}
