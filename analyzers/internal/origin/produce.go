package origin

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// produce ends a walk at a call of a known function.
func (w *walker) produce(r *row, call *ast.CallExpr, ctx *frame) {
	from := r.from.expr(call)
	switch r.role {
	case rolePass:
		met := len(w.Sources)
		if from != nil {
			w.expr(from, -1, ctx)
		}
		if len(w.Sources) == met { // os.NewFile(3, "state")
			w.leaf(w.g.info.TypeOf(call), call)
		}
	case roleRead:
		kind, handle := w.g.handle(from, r.kind)
		w.emit(kind, call, handle)
	case roleMap:
		w.mapping(call, from, r.flags.expr(call))
	case roleFamily:
		w.emit(w.g.family(from), call, nil)
	case roleHanded:
		w.emit(w.g.handed(), call, nil)
	case roleGive:
		kind := r.kind
		if path := r.path.expr(call); path != nil {
			kind = w.g.kindOfPath(path, kind)
		}
		w.emit(kind, call, nil)
	}
}

// handle returns what is read through e: a file, a connection, a device. A reader
// of bytes that are read through itself is of no known make.
func (g *Graph) handle(e ast.Expr, otherwise Kind) (Kind, types.Object) {
	if e == nil {
		return otherwise, nil
	}
	root := g.Root(e)
	kind, known := g.handles[e]
	if !known {
		g.handles[e] = otherwise
		kind = g.handleKind(e, root, otherwise)
		g.handles[e] = kind
	}
	return kind, root
}

func (g *Graph) handleKind(e ast.Expr, root types.Object, otherwise Kind) Kind {
	res := g.Trace(e)
	for obj := range res.Objects {
		if g.drivers[obj] {
			return Kernel
		}
	}
	if g.drivers[root] || res.Has(Kernel) {
		return Kernel
	}
	if s, ok := res.Outside(); ok {
		if s.Kind != Stream || typeKind(g.info.TypeOf(e)) == Unknown {
			return s.Kind
		}
	}
	if kind := typeKind(g.info.TypeOf(e)); kind.Outside() && !res.Has(Memory) {
		return kind
	}
	for _, s := range res.Sources {
		if call, ok := s.Node.(*ast.CallExpr); ok && g.parsesNumber(call) {
			return File // its number came from the process before
		}
	}
	if res.Has(Memory) && !res.Has(Unknown) {
		return Memory
	}
	if s, ok := res.Outside(); ok {
		return s.Kind
	}
	return otherwise
}

// parsesNumber reports whether call makes a number of a text: a descriptor that
// an environment variable or a flag names.
func (g *Graph) parsesNumber(call *ast.CallExpr) bool {
	fn := g.Callee(call)
	return fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "strconv"
}

// mapping ends a walk at a mapping of the handle fd.
func (w *walker) mapping(call *ast.CallExpr, fd, flags ast.Expr) {
	if flags != nil && w.g.anonymous(flags, 0) || fd == nil {
		w.emit(Memory, call, nil)
		return
	}
	kind, handle := Mmap, types.Object(nil)
	if v := w.g.info.Types[fd].Value; v == nil {
		kind, handle = w.g.handle(fd, Unknown)
	} else if constant.Sign(v) < 0 {
		kind = Memory
	}
	switch kind {
	case File, Stream:
		kind = Mmap
	case Socket: // a packet ring
		kind = Kernel
	}
	w.emit(kind, call, handle)
}

// rawCall ends a walk at a system call by number that maps memory. It returns
// false for other calls.
func (w *walker) rawCall(fn *types.Func, call *ast.CallExpr) bool {
	if len(call.Args) == 0 || !systemCalls(fn.Pkg()) {
		return false
	}
	switch {
	case w.g.trapIs(fn, call, "SYS_MMAP") && len(call.Args) > 5:
		w.mapping(call, call.Args[5], call.Args[4])
	case w.g.trapIs(fn, call, "SYS_SHMAT"), w.g.trapIs(fn, call, "SYS_MEMFD_CREATE"):
		w.emit(Shm, call, nil)
	default:
		return false
	}
	return true
}

// anonymous reports whether the flags of a mapping name MAP_ANON, itself or
// through the variables that they are made of.
func (g *Graph) anonymous(flags ast.Expr, depth int) bool {
	found := false
	ast.Inspect(flags, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || found {
			return !found
		}
		switch obj := g.object(id).(type) {
		case *types.Const:
			found = anonNames[strings.TrimPrefix(obj.Name(), "_Ciconst_")] || depth > 0 && g.isAnonValue(obj.Val())
		case *types.Var:
			if depth < 3 {
				for _, d := range g.defs[obj] {
					found = found || d.fill == nil && g.anonymous(d.expr, depth+1)
				}
			}
		}
		return !found
	})
	return found
}

var anonNames = map[string]bool{"MAP_ANON": true, "MAP_ANONYMOUS": true}

// isAnonValue reports whether v, a named set of flags, contains MAP_ANON of the
// system that is analyzed.
func (g *Graph) isAnonValue(v constant.Value) bool {
	bits, ok := constant.Int64Val(constant.ToInt(v))
	if !ok {
		return false
	}
	for _, imp := range g.pkg.Imports() {
		if c, isConst := imp.Scope().Lookup("MAP_ANON").(*types.Const); isConst {
			anon, _ := constant.Int64Val(c.Val())
			return anon != 0 && bits&anon != 0
		}
	}
	return false
}

// handed returns what a descriptor received over a socket is. A package that
// only receives them talks to other programs, in a layout that both got from a
// specification.
func (g *Graph) handed() Kind {
	for obj := range g.calls {
		if fn, ok := obj.(*types.Func); ok && fn.Name() == "UnixRights" && systemCalls(fn.Pkg()) {
			return Shm
		}
	}
	return Unknown
}

func systemCalls(pkg *types.Package) bool {
	return pkg != nil && (pkg.Path() == "syscall" || pkg.Path() == "golang.org/x/sys/unix")
}

// family returns what a socket of an address family is: the peer of most is a
// process, of netlink and packet sockets the kernel.
func (g *Graph) family(e ast.Expr) Kind {
	if e == nil {
		return Unknown
	}
	v := g.info.Types[e].Value
	if v == nil {
		return Unknown
	}
	for _, imp := range g.pkg.Imports() {
		for _, name := range []string{"AF_UNIX", "AF_INET", "AF_INET6", "AF_VSOCK"} {
			c, ok := imp.Scope().Lookup(name).(*types.Const)
			if ok && constant.Compare(constant.ToInt(c.Val()), token.EQL, constant.ToInt(v)) {
				return Socket
			}
		}
	}
	return Kernel
}

// kindOfPath refines the kind of a file by the start of its path.
func (g *Graph) kindOfPath(path ast.Expr, kind Kind) Kind {
	p := &prefixes{g: g, seen: make(map[ast.Expr]bool)}
	p.expr(path)
	for _, prefix := range p.list {
		switch {
		case strings.HasPrefix(prefix, "/dev/shm"):
			return Shm
		case strings.HasPrefix(prefix, "/dev/"), strings.HasPrefix(prefix, "/proc/"), strings.HasPrefix(prefix, "/sys/"):
			return Kernel
		}
	}
	return kind
}

// prefixes collects the constant strings that a path may begin with.
type prefixes struct {
	g    *Graph
	seen map[ast.Expr]bool
	list []string
}

func (p *prefixes) expr(e ast.Expr) {
	if p.seen[e] || len(p.seen) > 200 {
		return
	}
	p.seen[e] = true
	if v := p.g.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		p.list = append(p.list, constant.StringVal(v))
		return
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		p.expr(e.X)
	case *ast.CallExpr: // filepath.Join, fmt.Sprintf, string(...), a function of the package
		if len(e.Args) > 0 {
			p.expr(e.Args[0])
		}
		if f := p.g.funcs[p.g.Callee(e)]; f != nil {
			for _, ret := range f.returns {
				if len(ret.Results) > 0 {
					p.expr(ret.Results[0])
				}
			}
		}
	case *ast.Ident, *ast.SelectorExpr:
		p.variable(p.g.Root(e))
	}
}

func (p *prefixes) variable(obj types.Object) {
	for _, d := range p.g.defs[obj] {
		if d.fill == nil && d.index <= 0 {
			p.expr(d.expr)
		}
	}
	if par, ok := p.g.params[obj]; ok {
		for _, call := range p.g.callsOf(par.fn) {
			if arg := argument(call, par.index); arg != nil {
				p.expr(arg)
			}
		}
	}
}
