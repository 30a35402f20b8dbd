// Package origin answers where a value of one package may come from: from which
// call, file, mapping, connection or variable.
//
// Method: a backward walk over the syntax and its types, flow-insensitive and
// may: a variable or field stands for everything that the package assigns to it
// anywhere, in any instance. Buffers count as assigned by the calls that fill
// them. A walk that enters a call and comes out at a parameter goes on at that
// call's argument; elsewhere a parameter stands for the arguments of all calls
// in the package, and for Unknown where calls may exist outside of it.
//
// Known gaps: what goes through maps of functions, reflection, other packages
// without a fact, goroutine-private copies or order of statements is either
// merged (a variable filled by two producers is of both) or Unknown. A walk has
// a budget; beyond it the answer is Unknown, never wrong by omission of a kind
// that callers are silent about: see [Result.Has].
package origin

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// A Graph indexes the assignments, calls and returns of one package.
type Graph struct {
	pkg      *types.Package
	info     *types.Info
	external func(obj types.Object, result int) Kind

	defs     map[types.Object][]def
	funcs    map[*types.Func]*function
	lits     map[*ast.FuncLit]*function
	params   map[types.Object]param
	calls    map[types.Object][]*ast.CallExpr // by function, or by variable of function type
	holders  map[*function][]types.Object     // variables that may hold a function
	held     map[types.Object][]*function     // the same, by variable
	escaped  map[*function]bool               // may be called from where we cannot see
	drivers  map[types.Object]bool            // handles that are asked by ioctl
	Fills    []Fill                           // calls of known functions that fill or write a buffer
	handles  map[ast.Expr]Kind                // what is read through an expression
	methods  map[string][]*function           // by name
	ioctls   []ast.Expr                       // handles of ioctl calls
	captured []*ast.CallExpr                  // calls whose arguments may be functions
}

// A def is one way in which an object gets its value.
type def struct {
	expr  ast.Expr // assigned expression, or the filling call
	index int      // result of a tuple; -1: the single value
	fill  *row     // not nil: the call fills the object
	part  bool     // an element or what is pointed to, not the whole
}

// A function is a declared function or a literal.
type function struct {
	node    ast.Node
	obj     *types.Func // nil for a literal
	recv    *types.Var
	params  []*types.Var
	results []*types.Var
	returns []*ast.ReturnStmt
}

// A param tells whose parameter a variable is; index -1 is the receiver.
type param struct {
	fn    *function
	index int
}

// A Fill is a call that moves bytes between a buffer and the outside.
type Fill struct {
	Call   *ast.CallExpr
	Buffer ast.Expr
	Write  bool // the buffer is written out, not filled
	row    *row
}

// New indexes the package of pass. external answers for functions and fields of
// other packages what kind of bytes their result or value holds ("" when nothing
// is known).
func New(pass *analysis.Pass, external func(obj types.Object, result int) Kind) *Graph {
	return build(pass.Pkg, pass.TypesInfo, pass.Files, external)
}

func build(pkg *types.Package, info *types.Info, files []*ast.File, external func(types.Object, int) Kind) *Graph {
	g := &Graph{
		pkg: pkg, info: info, external: external,
		defs:    make(map[types.Object][]def),
		funcs:   make(map[*types.Func]*function),
		lits:    make(map[*ast.FuncLit]*function),
		params:  make(map[types.Object]param),
		calls:   make(map[types.Object][]*ast.CallExpr),
		holders: make(map[*function][]types.Object),
		held:    make(map[types.Object][]*function),
		escaped: make(map[*function]bool),
		handles: make(map[ast.Expr]Kind),
		methods: make(map[string][]*function),
		drivers: make(map[types.Object]bool),
	}
	for _, f := range files {
		g.declare(f)
	}
	for _, f := range files {
		g.index(f)
	}
	for _, call := range g.captured {
		g.bindArgs(call)
	}
	for _, handle := range g.ioctls {
		g.drive(handle, 0)
	}
	for _, f := range g.Fills {
		g.spread(f)
	}
	return g
}

// CallsProducer reports whether the package uses a known function that makes
// or fills bytes, or one of another package that external knows: the cheap test
// before [New].
func CallsProducer(info *types.Info, external func(obj types.Object, result int) Kind) bool {
	for _, obj := range info.Uses {
		fn, ok := obj.(*types.Func)
		if !ok || fn.Pkg() == nil {
			continue
		}
		if r := lookup(fn); r != nil && r.role != rolePass && r.role != roleWrite {
			return true
		}
		for i := range fn.Signature().Results().Len() {
			if external(fn, i).Outside() {
				return true
			}
		}
	}
	return false
}

// CallsSource reports whether the package uses a known function, not a method,
// that opens or reads something outside the process, or a function of another
// package that external knows. Only such a package tells others where its bytes
// come from: one that merely reads what it was given does not know.
func CallsSource(info *types.Info, external func(obj types.Object, result int) Kind) bool {
	for _, obj := range info.Uses {
		fn, ok := obj.(*types.Func)
		if !ok || fn.Pkg() == nil {
			continue
		}
		if r := lookup(fn); r != nil && r.isSource() && fn.Signature().Recv() == nil {
			return true
		}
		for i := range fn.Signature().Results().Len() {
			if external(fn, i).Outside() {
				return true
			}
		}
	}
	return false
}

// declare enters the functions of a file, so that calls above their
// declaration find them.
func (g *Graph) declare(f *ast.File) {
	ast.PreorderStack(f, nil, func(n ast.Node, parents []ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			fn, _ := g.info.Defs[n.Name].(*types.Func)
			if fn == nil {
				return false
			}
			f := g.enter(n, fn.Signature())
			f.obj = fn
			g.funcs[fn] = f
			if f.recv != nil {
				g.methods[fn.Name()] = append(g.methods[fn.Name()], f)
			}
		case *ast.FuncLit:
			sig, ok := types.Unalias(g.info.TypeOf(n)).(*types.Signature)
			if !ok {
				return false
			}
			g.lits[n] = g.enter(n, sig)
		case *ast.ReturnStmt:
			if f := g.enclosing(parents); f != nil {
				f.returns = append(f.returns, n)
			}
		}
		return true
	})
}

func (g *Graph) enter(node ast.Node, sig *types.Signature) *function {
	f := &function{node: node, recv: sig.Recv()}
	for v := range sig.Params().Variables() {
		g.params[v] = param{f, len(f.params)}
		f.params = append(f.params, v)
	}
	for v := range sig.Results().Variables() {
		f.results = append(f.results, v)
	}
	if f.recv != nil {
		g.params[f.recv] = param{f, -1}
	}
	return f
}

// enclosing returns the innermost function of a stack of parents.
func (g *Graph) enclosing(parents []ast.Node) *function {
	for i := len(parents) - 1; i >= 0; i-- {
		switch n := parents[i].(type) {
		case *ast.FuncLit:
			return g.lits[n]
		case *ast.FuncDecl:
			fn, _ := g.info.Defs[n.Name].(*types.Func)
			return g.funcs[fn]
		}
	}
	return nil
}
