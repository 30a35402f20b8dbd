package lifecycle

import (
	"go/ast"
	"go/types"
	"sync"
)

// values answers which functions a function-typed expression may hold. It is
// insensitive to flow: every assignment in the package counts.
type values struct {
	p       *Package
	lits    map[*ast.FuncLit]*Func
	stored  map[types.Object][]source        // variable, field, parameter -> what is stored in it
	elems   map[types.Object][]ast.Expr      // slice, array, map or channel -> what is put into it
	returns map[*Func][][]ast.Expr           // function -> result index -> returned expressions
	calls   map[types.Object][]*ast.CallExpr // variable -> calls whose result it takes
	errs    map[*ast.CallExpr]types.Object   // call -> variable that takes its error

	assigned map[types.Object]bool // variables that an assignment writes to, their declarations left out

	// The state of the queries; index fills all of the above before the first.
	mu      sync.Mutex
	memo    map[slot]*funcSet
	done    map[slot]bool // whose set in memo is complete
	visited map[slot]int  // round in which a slot was computed last
	round   int
	cyclic  bool // a slot was asked for while it was computed
	grew    bool // a set in memo grew in this round
}

// source is an expression, or one result of a call that has several.
type source struct {
	expr  ast.Expr
	index int  // result index when the call in expr has several results
	elem  bool // an element of expr, as a range statement yields it
}

// funcSet is a set of functions in the order they were found.
type funcSet struct {
	funcs []*Func
	named []*types.Func
}

func (s *funcSet) addFunc(f *Func) {
	for _, g := range s.funcs {
		if f == g {
			return
		}
	}
	s.funcs = append(s.funcs, f)
}

func (s *funcSet) addNamed(fn *types.Func) {
	for _, g := range s.named {
		if fn == g {
			return
		}
	}
	s.named = append(s.named, fn)
}

func (s *funcSet) addAll(t *funcSet) {
	for _, f := range t.funcs {
		s.addFunc(f)
	}
	for _, fn := range t.named {
		s.addNamed(fn)
	}
}

func newValues(p *Package) *values {
	return &values{
		p:       p,
		lits:    make(map[*ast.FuncLit]*Func),
		stored:  make(map[types.Object][]source),
		elems:   make(map[types.Object][]ast.Expr),
		returns: make(map[*Func][][]ast.Expr),
		memo:    make(map[slot]*funcSet),
		done:    make(map[slot]bool),
		visited: make(map[slot]int),
		calls:   make(map[types.Object][]*ast.CallExpr),
		errs:    make(map[*ast.CallExpr]types.Object),

		assigned: make(map[types.Object]bool),
	}
}

var errorType = types.Universe.Lookup("error").Type()

// mayHoldFuncs reports whether a value of type t can be, or contain at its top
// level, a function that is called later: only those are indexed.
func mayHoldFuncs(t types.Type) bool {
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Signature:
		return true
	case *types.Slice:
		return mayHoldElem(u.Elem())
	case *types.Array:
		return mayHoldElem(u.Elem())
	case *types.Map:
		return mayHoldElem(u.Elem())
	case *types.Chan:
		return mayHoldElem(u.Elem())
	}
	return false
}

func mayHoldElem(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// index collects every place of the package where a function may be stored.
func (v *values) index() {
	info := v.p.pass.TypesInfo
	for _, file := range v.p.pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				v.indexAssign(n.Lhs, n.Rhs)
			case *ast.ValueSpec:
				lhs := make([]ast.Expr, len(n.Names))
				for i, name := range n.Names {
					lhs[i] = name
				}
				v.indexAssign(lhs, n.Values)
			case *ast.CompositeLit:
				v.indexLit(n)
			case *ast.RangeStmt:
				if n.Value != nil {
					if obj := v.object(n.Value); obj != nil && mayHoldFuncs(obj.Type()) {
						v.stored[obj] = append(v.stored[obj], source{expr: n.X, elem: true})
					}
				}
			case *ast.SendStmt:
				if tv := info.Types[n.Value]; mayHoldFuncs(tv.Type) {
					if obj := v.object(n.Chan); obj != nil {
						v.elems[obj] = append(v.elems[obj], n.Value)
					}
				}
			}
			return true
		})
	}
	for _, f := range v.p.funcs {
		v.indexReturns(f)
		for _, c := range f.Calls {
			v.indexArgs(c)
		}
	}
}

func (v *values) indexAssign(lhs, rhs []ast.Expr) {
	for i, l := range lhs {
		var src source
		switch {
		case len(lhs) == len(rhs):
			src = source{expr: rhs[i]}
		case len(rhs) == 1:
			src = source{expr: rhs[0], index: i}
		default:
			return
		}
		if ix, ok := ast.Unparen(l).(*ast.IndexExpr); ok {
			if obj := v.object(ix.X); obj != nil && mayHoldFuncs(obj.Type()) {
				v.elems[obj] = append(v.elems[obj], src.expr)
			}
			continue
		}
		obj := v.object(l)
		if obj == nil {
			continue
		}
		if id, ok := ast.Unparen(l).(*ast.Ident); ok && v.p.pass.TypesInfo.Defs[id] == nil {
			v.assigned[obj] = true
		}
		if call, ok := ast.Unparen(src.expr).(*ast.CallExpr); ok {
			if types.Identical(obj.Type(), errorType) {
				v.errs[call] = obj
			} else {
				v.calls[obj] = append(v.calls[obj], call)
			}
		}
		if !mayHoldFuncs(obj.Type()) {
			continue
		}
		v.stored[obj] = append(v.stored[obj], src)
	}
}

// indexLit collects the functions that a composite literal puts into fields.
func (v *values) indexLit(lit *ast.CompositeLit) {
	t := v.p.pass.TypesInfo.TypeOf(lit)
	if t == nil {
		return
	}
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem() // elided &T in a slice of *T
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, elt := range lit.Elts {
		var field types.Object
		value := elt
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok {
				field = v.p.pass.TypesInfo.Uses[key]
			}
			value = kv.Value
		} else if i < st.NumFields() {
			field = st.Field(i)
		}
		if field != nil && mayHoldFuncs(field.Type()) {
			field = origin(field)
			v.stored[field] = append(v.stored[field], source{expr: value})
		}
	}
}

// indexArgs binds the arguments of a call to the parameters of its callee, and
// what append adds to its slice.
func (v *values) indexArgs(c *Call) {
	if id, ok := ast.Unparen(c.Expr.Fun).(*ast.Ident); ok && id.Name == "append" && len(c.Expr.Args) > 1 {
		if _, ok := v.p.pass.TypesInfo.Uses[id].(*types.Builtin); ok {
			if obj := v.object(c.Expr.Args[0]); obj != nil && mayHoldFuncs(obj.Type()) {
				v.elems[obj] = append(v.elems[obj], c.Expr.Args[1:]...)
			}
			return
		}
	}
	var params []types.Object
	variadic := false
	switch fun := ast.Unparen(c.Expr.Fun).(type) {
	case *ast.FuncLit:
		params = v.params(v.lits[fun])
	default:
		fn := v.staticFunc(fun)
		if fn == nil {
			return
		}
		f := v.p.byObj[fn]
		if f == nil {
			return
		}
		params, variadic = v.params(f), fn.Signature().Variadic()
	}
	for i, arg := range c.Expr.Args {
		switch {
		case variadic && i >= len(params)-1 && !c.Expr.Ellipsis.IsValid():
			if last := params[len(params)-1]; last != nil {
				v.elems[last] = append(v.elems[last], arg)
			}
		case i < len(params) && params[i] != nil && mayHoldFuncs(params[i].Type()):
			v.stored[params[i]] = append(v.stored[params[i]], source{expr: arg})
		}
	}
}

// params returns the parameters of f in order, nil for unnamed ones.
func (v *values) params(f *Func) []types.Object {
	var list []types.Object
	for _, field := range f.Type().Params.List {
		if len(field.Names) == 0 {
			list = append(list, nil)
		}
		for _, name := range field.Names {
			list = append(list, v.p.pass.TypesInfo.Defs[name])
		}
	}
	return list
}

func (v *values) indexReturns(f *Func) {
	results := f.Type().Results
	if results.NumFields() == 0 {
		return
	}
	holds := false
	for _, field := range results.List {
		holds = holds || mayHoldFuncs(v.p.pass.TypesInfo.TypeOf(field.Type))
	}
	if !holds {
		return
	}
	lists := make([][]ast.Expr, results.NumFields())
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if len(n.Results) == len(lists) {
				for i, r := range n.Results {
					lists[i] = append(lists[i], r)
				}
			} else if len(n.Results) == 0 {
				i := 0
				for _, field := range results.List {
					for _, name := range field.Names {
						lists[i] = append(lists[i], name)
						i++
					}
				}
			}
		}
		return true
	})
	v.returns[f] = lists
}
