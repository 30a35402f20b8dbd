package origin

import (
	_ "embed"
	"fmt"
	"go/types"
	"strconv"
	"strings"
	"sync"
)

//go:embed producers.txt
var producersText string

// A Kind says who made a value.
type Kind string

const (
	File    Kind = "file"    // read from a file, or a handle of one
	Stream  Kind = "stream"  // read through an io.Reader of unknown make
	Socket  Kind = "socket"  // read from a connection or a pipe, or such a handle
	Mmap    Kind = "mmap"    // a mapped file
	Shm     Kind = "shm"     // memory shared with other processes, or a handle of it
	Kernel  Kind = "kernel"  // filled by the kernel in its own layout
	Memory  Kind = "memory"  // made by this process and read by no other
	Unknown Kind = "unknown" // from outside the package, by no known producer
)

// Outside reports whether another binary, or another generation of this one,
// may have written the bytes.
func (k Kind) Outside() bool {
	switch k {
	case File, Stream, Socket, Mmap, Shm:
		return true
	}
	return false
}

// A role is what a known function does; see producers.txt.
type role string

const (
	roleRead   role = "read"
	roleMap    role = "map"
	rolePass   role = "pass"
	roleWrite  role = "write"
	roleFamily role = "family"
	roleHanded role = "handed"
	roleGive   role = "give" // a plain kind in the table
)

// A place is a result, an argument or the receiver of a call.
type place struct {
	what  string // "result", "arg", "recv", "value"; empty: none
	index int
}

// A row is one line of producers.txt.
type row struct {
	name              string
	role              role
	kind              Kind
	out               place
	from, path, flags place
}

var table = sync.OnceValues(func() (map[string]*row, error) { return parse(producersText) })

// rows returns the table; a malformed one is a defect that the tests see.
func rows() map[string]*row {
	t, err := table()
	if err != nil {
		panic(err)
	}
	return t
}

// isSource reports whether the function opens or reads something outside the
// process by itself, unlike one that reads or wraps what it is given.
func (r *row) isSource() bool {
	switch r.role {
	case roleMap, roleFamily, roleHanded:
		return true
	case roleGive:
		return r.kind.Outside()
	}
	return false
}

// SourceNames returns the full names of the functions, methods left out, that
// [CallsSource] looks for. A package whose text has none of their last
// components calls no source.
func SourceNames() []string {
	var names []string
	for name, r := range rows() {
		if r.isSource() && !strings.HasPrefix(name, "(") && r.out.what != "value" {
			names = append(names, name)
		}
	}
	return names
}

func parse(text string) (map[string]*row, error) {
	m := make(map[string]*row)
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		r, err := parseRow(fields)
		if err != nil {
			return nil, fmt.Errorf("producers.txt:%d: %v", i+1, err)
		}
		if m[r.name] != nil {
			return nil, fmt.Errorf("producers.txt:%d: %s is listed twice", i+1, r.name)
		}
		m[r.name] = r
	}
	return m, nil
}

func parseRow(fields []string) (*row, error) {
	if len(fields) < 3 {
		return nil, fmt.Errorf("want NAME ROLE OUT")
	}
	r := &row{name: fields[0]}
	head, kind, _ := strings.Cut(fields[1], ":")
	switch role(head) {
	case roleRead, roleMap, rolePass, roleWrite, roleFamily, roleHanded:
		r.role, r.kind = role(head), Kind(kind)
	default:
		r.role, r.kind = roleGive, Kind(head)
	}
	switch r.kind {
	case File, Stream, Socket, Mmap, Shm, Kernel, Memory, Unknown:
	case "":
		if r.role == roleRead || r.role == roleGive {
			return nil, fmt.Errorf("role %q has no kind", fields[1])
		}
	default:
		return nil, fmt.Errorf("unknown role %q", fields[1])
	}
	var err error
	if r.out, err = parsePlace(fields[2]); err != nil {
		return nil, err
	}
	for _, f := range fields[3:] {
		key, val, _ := strings.Cut(f, "=")
		p, err := parsePlace(val)
		if err != nil {
			return nil, err
		}
		switch key {
		case "from":
			r.from = p
		case "path":
			r.path = p
		case "flags":
			r.flags = p
		default:
			return nil, fmt.Errorf("unknown field %q", f)
		}
	}
	return r, nil
}

func parsePlace(s string) (place, error) {
	if s == "recv" || s == "value" {
		return place{what: s}, nil
	}
	for _, what := range []string{"result", "arg"} {
		if digits, ok := strings.CutPrefix(s, what); ok {
			n, err := strconv.Atoi(digits)
			return place{what, n}, err
		}
	}
	return place{}, fmt.Errorf("bad place %q", s)
}

// lookup returns the row of a known function, or nil. A function that cgo made
// for C.f is looked up as C.f, in the processed as in the raw view.
func lookup(fn *types.Func) *row {
	name := fn.FullName()
	for _, prefix := range []string{"_Cfunc_", "_C2func_"} {
		if c, ok := strings.CutPrefix(fn.Name(), prefix); ok && fn.Signature().Recv() == nil {
			name = "C." + c
		}
	}
	return rows()[name]
}

// typeKind is what a handle is when only its static type is known.
func typeKind(t types.Type) Kind {
	if t == nil {
		return Unknown
	}
	switch name := types.TypeString(t, nil); name {
	case "*os.File":
		return File
	case "io.Reader", "io.ReadCloser", "io.ReadSeeker", "io.ReaderAt", "io.ReadWriter", "io.ReadWriteCloser", "io.ByteReader",
		"*bufio.Reader", "*bufio.Scanner", "*bufio.ReadWriter":
		return Stream
	case "io/fs.File":
		return File
	case "net.Conn", "net.PacketConn", "net.Listener", "*crypto/tls.Conn":
		return Socket
	default:
		if strings.HasPrefix(name, "*net.") && strings.HasSuffix(name, "Conn") {
			return Socket
		}
	}
	return Unknown
}
