package structcast

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/origin"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// A sink is a cast inside a function that only a caller can judge: the bytes are
// a parameter, or the struct is a type parameter.
type sink struct {
	Param     int         // parameter that is laid over; -1: the function reads the bytes itself
	Kind      origin.Kind // with Param -1: what it reads
	TypeParam int         // type parameter that is the struct; -1: Type says it
	Type      string      // the struct's name, to show
	Arch      bool        // a version is checked, but the layout differs between targets
	conv      ast.Node    // the cast; nil for functions of other packages
	elem      types.Type
}

// sinksOf returns the casts of a function's parameters.
func (c *checker) sinksOf(fn *types.Func) []sink {
	if fn == nil || fn.Pkg() == nil {
		return nil
	}
	if fn.Pkg() == c.pass.Pkg {
		return c.sinks[fn]
	}
	var fact bytesFact
	if c.pass.ImportObjectFact(fn, &fact) {
		return fact.Casts
	}
	return nil
}

// callsSink reports whether the package uses a function of another package
// that casts what it is given.
func (c *checker) callsSink() bool {
	for _, obj := range c.pass.TypesInfo.Uses {
		if fn, ok := obj.(*types.Func); ok && fn.Pkg() != c.pass.Pkg && len(c.sinksOf(fn.Origin())) > 0 {
			return true
		}
	}
	return false
}

// paramSinks notes a cast of bytes that only callers in other packages know.
func (c *checker) paramSinks(node ast.Node, elem types.Type, res *origin.Result) {
	g := c.guardsOf()
	s := &site{node: node, elem: elem, res: res}
	if g.exact(elem) {
		return
	}
	// A package that checks a version in one of the structs that it casts has a
	// versioned format; which bytes a record belongs to is known to callers only.
	versioned := g.family || g.versioned(s)
	if versioned && !layoutDiffers(elem) {
		return
	}
	for v := range res.Params {
		fn, index := c.origins().Param(v)
		if fn != nil && index >= 0 && fn.Exported() && bytesLike(v.Type()) {
			c.addSink(fn, sink{Param: index, TypeParam: -1, Type: types.TypeString(elem, types.RelativeTo(c.pass.Pkg)),
				Arch: versioned, conv: node, elem: elem})
		}
	}
}

// genericSink notes a cast to a type parameter: the calls decide what it is.
func (c *checker) genericSink(cast *cast, res *origin.Result, src origin.Source, outside bool) {
	fn, _ := c.pass.TypesInfo.Defs[cast.fn.Name].(*types.Func)
	if fn == nil {
		return
	}
	g := c.guardsOf()
	if g.exact(cast.elem) || g.versioned(&site{elem: cast.elem, res: res, src: src}) {
		return
	}
	index := -1
	for tp := range fn.Signature().TypeParams().TypeParams() {
		if tp == cast.typeParam {
			index = tp.Index()
		}
	}
	if index < 0 {
		if outside {
			c.receiverInstances(cast, fn, res, src)
		}
		return
	}
	params := fn.Signature().Params()
	for v := range res.Objects {
		for i := range params.Len() {
			if params.At(i) == v && bytesLike(v.Type()) {
				c.addSink(fn, sink{Param: i, TypeParam: index, conv: cast.conv})
				return
			}
		}
	}
	if outside {
		c.addSink(fn, sink{Param: -1, Kind: src.Kind, TypeParam: index, conv: cast.conv})
	}
}

// receiverInstances judges a cast to a type parameter of the receiver for each
// type that the package gives it.
func (c *checker) receiverInstances(cast *cast, fn *types.Func, res *origin.Result, src origin.Source) {
	recv := fn.Signature().Recv()
	if recv == nil {
		return
	}
	for _, named := range c.instances(receiverName(recv.Type())) {
		if cast.typeParam.Index() >= named.TypeArgs().Len() {
			continue
		}
		elem := structIn(named.TypeArgs().At(cast.typeParam.Index()))
		if elem != nil && sizable(elem) && !isForeign(c.pass.Pkg, elem) {
			c.judge(&site{node: cast.conv, elem: elem, res: res, src: src})
		}
	}
}

// instances returns the instances of a generic type that the package names or
// gets from a generic function, in source order.
func (c *checker) instances(of *types.TypeName) []*types.Named {
	ids := slices.SortedFunc(maps.Keys(c.pass.TypesInfo.Instances), func(a, b *ast.Ident) int { return int(a.Pos() - b.Pos()) })
	var list []*types.Named
	add := func(t types.Type) {
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		if named, ok := types.Unalias(t).(*types.Named); ok && named.Origin().Obj() == of {
			list = append(list, named)
		}
	}
	for _, id := range ids {
		t := c.pass.TypesInfo.Instances[id].Type
		add(t)
		if sig, ok := t.(*types.Signature); ok {
			for v := range sig.Results().Variables() {
				add(v.Type())
			}
		}
	}
	return list
}

func receiverName(t types.Type) *types.TypeName {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		return named.Origin().Obj()
	}
	return nil
}

func (c *checker) addSink(fn *types.Func, s sink) {
	for _, have := range c.sinks[fn] {
		if have.Param == s.Param && have.TypeParam == s.TypeParam {
			return
		}
	}
	c.sinks[fn] = append(c.sinks[fn], s)
}

// checkCalls reports calls that hand outside bytes to a function that casts
// them, where the cast alone could not be judged.
func (c *checker) checkCalls() {
	for _, f := range c.pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if fn := calleeOf(c.pass.TypesInfo, call); fn != nil {
					for _, s := range c.sinksOf(fn) {
						c.checkCall(call, fn, s)
					}
				}
			}
			return true
		})
	}
}

func (c *checker) checkCall(call *ast.CallExpr, fn *types.Func, s sink) {
	if s.TypeParam < 0 && fn.Pkg() == c.pass.Pkg {
		return // judged at the cast
	}
	elem := c.elemOf(call, s)
	if elem == nil || isForeign(c.pass.Pkg, elem) {
		return
	}
	st := &site{node: call, elem: elem, res: new(origin.Result), related: c.otherEnd(fn, s)}
	if s.Param < 0 {
		st.src = origin.Source{Kind: s.Kind}
		c.judge(st)
		return
	}
	if s.Param >= len(call.Args) {
		return
	}
	st.res = c.origins().Trace(call.Args[s.Param])
	src, ok := st.res.Outside()
	if !ok || st.res.Has(origin.Kernel) || st.res.Cut {
		return
	}
	st.src = src
	if s.Arch {
		c.emit(st, "arch")
		return
	}
	c.judge(st)
}

// elemOf returns the struct that a call's sink lays over the bytes.
func (c *checker) elemOf(call *ast.CallExpr, s sink) types.Type {
	if s.TypeParam < 0 {
		if s.elem != nil {
			return s.elem
		}
		return types.NewStruct([]*types.Var{types.NewField(0, c.pass.Pkg, "a", types.Typ[types.Uint8], false),
			types.NewField(0, c.pass.Pkg, "b", types.Typ[types.Uint64], false)}, nil)
	}
	id := calledIdent(call)
	if id == nil {
		return nil
	}
	args := c.pass.TypesInfo.Instances[id].TypeArgs
	if args == nil || s.TypeParam >= args.Len() {
		return nil
	}
	return structIn(args.At(s.TypeParam))
}

func (c *checker) otherEnd(fn *types.Func, s sink) []analysis.RelatedInformation {
	if s.conv != nil {
		return []analysis.RelatedInformation{report.Related(s.conv, "cast here")}
	}
	if !fn.Pos().IsValid() {
		return nil
	}
	return []analysis.RelatedInformation{{Pos: fn.Pos(), End: fn.Pos(), Message: "cast to a struct in this function"}}
}
