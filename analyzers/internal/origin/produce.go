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
		if from != nil {
			w.expr(from, -1, ctx)
		}
	case roleRead:
		kind, handle := w.g.handle(from, r.kind)
		w.emit(kind, call, handle)
	case roleMap:
		w.mapping(call, from, r.flags.expr(call))
	case roleFamily:
		w.emit(w.g.family(from), call, nil)
	case roleGive:
		kind := r.kind
		if path := r.path.expr(call); path != nil {
			kind = w.g.kindOfPath(path, kind)
		}
		w.emit(kind, call, nil)
	}
}

// handle returns what is read through e: a file, a connection, a device.
func (g *Graph) handle(e ast.Expr, otherwise Kind) (Kind, types.Object) {
	if e == nil {
		return otherwise, nil
	}
	res := g.Trace(e)
	root := g.Root(e)
	for obj := range res.Objects {
		if g.drivers[obj] {
			return Kernel, root
		}
	}
	if g.drivers[root] || res.Has(Kernel) {
		return Kernel, root
	}
	if s, ok := res.Outside(); ok {
		if s.Kind != Stream || typeKind(g.info.TypeOf(e)) == Unknown {
			return s.Kind, root
		}
	}
	if kind := typeKind(g.info.TypeOf(e)); kind.Outside() && !res.Has(Memory) {
		return kind, root
	}
	if res.Has(Memory) && !res.Has(Unknown) {
		return Memory, root
	}
	if s, ok := res.Outside(); ok {
		return s.Kind, root
	}
	return otherwise, root
}

// mapping ends a walk at a mapping of the handle fd.
func (w *walker) mapping(call *ast.CallExpr, fd, flags ast.Expr) {
	if flags != nil && w.g.anonymous(flags, 0) || fd == nil {
		w.emit(Memory, call, nil)
		return
	}
	if v := w.g.info.Types[fd].Value; v != nil { // -1
		w.emit(Memory, call, nil)
		return
	}
	kind, handle := w.g.handle(fd, Unknown)
	switch kind {
	case File, Stream:
		kind = Mmap
	case Socket: // a packet ring
		kind = Kernel
	}
	w.emit(kind, call, handle)
}

// rawMap reports whether call is mmap by its system call number, with the
// descriptor as argument 5 and the flags as argument 4.
func (g *Graph) rawMap(fn *types.Func, call *ast.CallExpr) bool {
	if fn.Pkg() == nil || len(call.Args) < 6 {
		return false
	}
	switch fn.Pkg().Path() {
	case "syscall", "golang.org/x/sys/unix":
		return g.trapIs(fn, call, "SYS_MMAP")
	}
	return false
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
	for _, prefix := range g.prefixes(path, 0) {
		switch {
		case strings.HasPrefix(prefix, "/dev/shm"):
			return Shm
		case strings.HasPrefix(prefix, "/dev/"), strings.HasPrefix(prefix, "/proc/"), strings.HasPrefix(prefix, "/sys/"):
			return Kernel
		}
	}
	return kind
}

// prefixes returns the constant strings that a path may begin with.
func (g *Graph) prefixes(e ast.Expr, depth int) []string {
	if v := g.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return []string{constant.StringVal(v)}
	}
	if depth > 4 {
		return nil
	}
	var list []string
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		return g.prefixes(e.X, depth+1)
	case *ast.CallExpr: // filepath.Join, fmt.Sprintf, string(...)
		if len(e.Args) > 0 {
			list = g.prefixes(e.Args[0], depth+1)
			if fn := g.Callee(e); fn != nil {
				list = append(list, g.resultPrefixes(fn, depth+1)...)
			}
		}
	case *ast.Ident, *ast.SelectorExpr:
		obj := g.Root(e)
		for _, d := range g.defs[obj] {
			if d.fill == nil && d.index <= 0 {
				list = append(list, g.prefixes(d.expr, depth+1)...)
			}
		}
		if p, ok := g.params[obj]; ok {
			for _, call := range g.callsOf(p.fn) {
				if arg := argument(call, p.index); arg != nil {
					list = append(list, g.prefixes(arg, depth+1)...)
				}
			}
		}
	}
	return list
}

// resultPrefixes returns the constant strings that a function of the package
// returns as its first result.
func (g *Graph) resultPrefixes(fn *types.Func, depth int) []string {
	f := g.funcs[fn]
	if f == nil {
		return nil
	}
	var list []string
	for _, ret := range f.returns {
		if len(ret.Results) > 0 {
			list = append(list, g.prefixes(ret.Results[0], depth)...)
		}
	}
	return list
}
