package origin

import (
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// Each call of want in this package gives a value and the kinds that it may be of.
const traced = `package p

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"unsafe"
)

func want(v any, kinds string) {}

func direct(path string) {
	b, _ := os.ReadFile(path)
	want(b, "file")
	want(b[4:8], "file")
	want(unsafe.Pointer(&b[0]), "file")
	want(uintptr(unsafe.Pointer(&b[0]))+8, "file")
	want(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), 4), "file")
	c := append([]byte(nil), b...)
	want(c, "file")
	d := make([]byte, len(b))
	copy(d, b)
	want(d, "file memory")
	want(bytes.Clone(b), "file")
	want(make([]byte, 8), "memory")
	want(binary.BigEndian.Uint32(b), "unknown")
}

type conn struct {
	net.Conn
	buf  [64]byte
	tail []byte
}

func (c *conn) fill() { c.Read(c.buf[:]) }

func (c *conn) use() {
	want(&c.buf[0], "socket unknown")
	want(c.tail, "memory")
	c.tail = make([]byte, 8)
}

func buffers(f *os.File, r io.Reader, pipe *bufio.Reader) {
	var a, b, c, d [8]byte
	f.ReadAt(a[:], 0)
	want(a[:], "file")
	io.ReadFull(r, b[:])
	want(b[:], "stream")
	p := c[2:]
	io.ReadFull(r, p)
	want(c[:], "stream")
	readInto(f, d[:])
	want(d[:], "file")
	line, _ := pipe.Peek(8)
	want(line, "stream")
}

func readInto(f *os.File, b []byte) { f.Read(b) }

func mappings(path string, fd int) {
	f, _ := os.Open(path)
	m, _ := syscall.Mmap(int(f.Fd()), 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	want(m, "mmap")
	anon, _ := syscall.Mmap(-1, 0, 8, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	want(anon, "memory")
	other, _ := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	want(other, "unknown")
	dev, _ := os.Open("/dev/uio0")
	regs, _ := syscall.Mmap(int(dev.Fd()), 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	want(regs, "kernel")
	ring, _ := os.Open(filepath.Join("/dev/shm", path))
	r, _ := syscall.Mmap(int(ring.Fd()), 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	want(r, "shm")
	spill, _ := os.CreateTemp("", "x")
	s, _ := syscall.Mmap(int(spill.Fd()), 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	want(s, "memory")
	addr, _, _ := syscall.Syscall6(syscall.SYS_MMAP, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED, f.Fd(), 0)
	want(addr, "mmap")
}

func netlink() {
	fd, _ := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW, 0)
	un, _ := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	a, b := make([]byte, 8), make([]byte, 8)
	syscall.Recvfrom(fd, a, 0)
	want(a, "kernel memory")
	syscall.Recvfrom(un, b, 0)
	want(b, "memory socket")
}

func tty() {
	f, _ := os.Open(os.Args[1])
	syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), 0, 0)
	b := make([]byte, 8)
	f.Read(b)
	want(b, "kernel memory")
}

// A walk that came by one call leaves by the same.
func same(b []byte) []byte { return b[1:] }

func contexts(path string) {
	b, _ := os.ReadFile(path)
	want(same(b), "file")
	want(same(make([]byte, 4)), "memory")
}

func callback(path string, each func([]byte)) {
	b, _ := os.ReadFile(path)
	each(b)
}

func closures(path string) {
	callback(path, func(b []byte) { want(b, "file unknown") })
	read := func() []byte { b, _ := os.ReadFile(path); return b }
	want(read(), "file unknown")
	ch := make(chan []byte)
	go func() { ch <- read() }()
	for b := range ch {
		want(b, "file memory unknown")
	}
}

func inner(b []byte) { want(b, "file") }

func Exported(b []byte) {
	want(b, "file unknown")
	inner(same(mustRead()))
	Exported(mustRead())
}

func mustRead() (b []byte) {
	b, _ = os.ReadFile("x")
	return
}

func generic[T any](v T) T { return v }

func instances() {
	want(generic(mustRead()), "file")
	want(generic[[]byte](nil), "")
}

func recursive(n int, b []byte) []byte {
	if n == 0 {
		return b
	}
	return recursive(n-1, b[1:])
}

// What is read through a reader of its own bytes.
func cycle(b []byte) {
	var r io.Reader = bytes.NewReader(b)
	io.ReadFull(r, b)
	want(b, "stream unknown")
}

type source interface{ content() []byte }

type region struct{ mem atomic.Pointer[[]byte] }

func (r *region) content() []byte { return *r.mem.Load() }

func dispatch(s source) {
	b := mustRead()
	(&region{}).mem.Store(&b)
	want(s.content(), "file unknown")
}

func offsets(base unsafe.Pointer, b []byte) {
	io.ReadFull(os.Stdin, b)
	want(uintptr(base)+uintptr(b[0]), "unknown")
	want(b, "socket unknown")
}

func received(msg syscall.SocketControlMessage) {
	fds, _ := syscall.ParseUnixRights(&msg)
	m, _ := syscall.Mmap(fds[0], 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	want(m, "unknown")
}

func inheritedFile() {
	f := os.NewFile(3, "state")
	m, _ := syscall.Mmap(int(f.Fd()), 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	want(m, "mmap")
}

func loops() { want(recursive(3, mustRead()), "file") }
`

func load(t *testing.T, src string) (*Graph, *ast.File) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{
		Types: make(map[ast.Expr]types.TypeAndValue), Defs: make(map[*ast.Ident]types.Object),
		Uses: make(map[*ast.Ident]types.Object), Selections: make(map[*ast.SelectorExpr]*types.Selection),
		Implicits: make(map[ast.Node]types.Object), Instances: make(map[*ast.Ident]types.Instance),
	}
	conf := types.Config{Importer: importer.Default()}
	pkg, err := conf.Check("p", fset, []*ast.File{f}, info)
	if err != nil {
		t.Fatal(err)
	}
	return build(pkg, info, []*ast.File{f}, func(types.Object, int) Kind { return "" }), f
}

func TestTrace(t *testing.T) {
	g, f := load(t, traced)
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		if id, ok := call.Fun.(*ast.Ident); !ok || id.Name != "want" {
			return true
		}
		n++
		want := constant.StringVal(g.info.Types[call.Args[1]].Value)
		if got := kinds(g.Trace(call.Args[0])); got != want {
			t.Errorf("%s comes from %q, want %q", types.ExprString(call.Args[0]), got, want)
		}
		return true
	})
	if calls := strings.Count(traced, "want(") - 1; n != calls {
		t.Errorf("checked %d of %d calls", n, calls)
	}
}

func kinds(r *Result) string {
	var list []string
	for _, s := range r.Sources {
		list = append(list, string(s.Kind))
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}
