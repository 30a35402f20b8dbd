package structcast

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

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

// bytesFact tells about a function which outside bytes it returns and which of
// its parameters it casts, about a field which bytes it holds, or about a type
// that it has a version. It is exported only when it is not empty.
type bytesFact struct {
	Results []origin.Kind // by result; "" where nothing is known
	Casts   []sink
	// Versioned tells of a struct type that it belongs to a format whose package
	// checks a version.
	Versioned bool
}

func (*bytesFact) AFact() {}

func (f *bytesFact) String() string {
	s := "bytes"
	for i, k := range f.Results {
		if k != "" {
			s += fmt.Sprintf(" result%d=%s", i, k)
		}
	}
	for _, k := range f.Casts {
		s += fmt.Sprintf(" casts%d", k.Param)
	}
	if f.Versioned {
		s += " versioned"
	}
	return s
}

// versionedType reports whether a struct of another package belongs to a
// versioned format.
func (c *checker) versionedType(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg() == c.pass.Pkg {
		return false
	}
	var fact bytesFact
	return c.pass.ImportObjectFact(named.Origin().Obj(), &fact) && fact.Versioned
}

// external answers for functions and fields of other packages.
func (c *checker) external(obj types.Object, result int) origin.Kind {
	var fact bytesFact
	if obj.Pkg() != nil && obj.Pkg() != c.pass.Pkg && c.pass.ImportObjectFact(obj, &fact) && result < len(fact.Results) {
		return fact.Results[result]
	}
	return ""
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

// exportFacts tells importing packages what the exported functions return and
// cast.
func (c *checker) exportFacts(producer bool) {
	if c.pass.Pkg.Name() == "main" || c.inStd() {
		return
	}
	c.exportVersions()
	if producer {
		c.exportFields()
	}
	if !producer && len(c.sinks) == 0 {
		return
	}
	for _, fn := range c.declared(producer) {
		fact := &bytesFact{Casts: c.sinks[fn]}
		if producer {
			fact.Results = c.results(fn)
		}
		if len(fact.Casts) > 0 || len(fact.Results) > 0 {
			c.pass.ExportObjectFact(fn, fact)
		}
	}
}

// inStd reports whether the package is of the standard library, which the table
// of producers describes instead of facts.
func (c *checker) inStd() bool {
	first, _, _ := strings.Cut(c.pass.Pkg.Path(), "/")
	m := c.pass.Module
	return !strings.Contains(first, ".") && (m == nil || m.Path == "" || m.Path == "std" || m.Path == "cmd")
}

// declared returns the functions that may get a fact.
func (c *checker) declared(producer bool) []*types.Func {
	var list []*types.Func
	for _, f := range c.pass.Files {
		for _, d := range f.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || !decl.Name.IsExported() || decl.Body == nil || c.inTest(decl) {
				continue
			}
			fn, ok := c.pass.TypesInfo.Defs[decl.Name].(*types.Func)
			if ok && (len(c.sinks[fn]) > 0 || producer && returnsBytes(fn)) {
				list = append(list, fn)
			}
		}
	}
	return list
}

func returnsBytes(fn *types.Func) bool {
	for v := range fn.Signature().Results().Variables() {
		if bytesLike(v.Type()) {
			return true
		}
	}
	return false
}

// bytesLike reports whether values of type t are memory that a cast may follow.
func bytesLike(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return isBytes(u.Elem())
	case *types.Pointer:
		return isBytes(u.Elem())
	}
	return isUnsafePointer(t)
}

// results returns the kinds of bytes that fn returns; nil if it returns none.
func (c *checker) results(fn *types.Func) []origin.Kind {
	var list []origin.Kind
	found := false
	for i, v := range slices.Collect(fn.Signature().Results().Variables()) {
		kind := origin.Kind("")
		if bytesLike(v.Type()) {
			kind = shared(c.origins().Results(fn, i))
		}
		found = found || kind != ""
		list = append(list, kind)
	}
	if !found {
		return nil
	}
	return list
}

// shared returns the kind of a result that is outside bytes, and of nothing
// else that would make casts of it harmless.
func shared(res *origin.Result) origin.Kind {
	if src, ok := res.Outside(); ok && !res.Has(origin.Kernel) && !res.Cut {
		return src.Kind
	}
	return ""
}

// exportFields tells importing packages which exported fields hold such bytes.
func (c *checker) exportFields() {
	scope := c.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || !tn.Exported() || tn.IsAlias() {
			continue
		}
		st, ok := tn.Type().Underlying().(*types.Struct)
		if !ok {
			continue
		}
		for f := range st.Fields() {
			if !f.Exported() || f.Pkg() != c.pass.Pkg || !bytesLike(f.Type()) {
				continue
			}
			if kind := shared(c.origins().TraceVar(f)); kind != "" {
				c.pass.ExportObjectFact(f, &bytesFact{Results: []origin.Kind{kind}})
			}
		}
	}
}

// exportVersions tells importing packages which of the cast structs belong to a
// versioned format.
func (c *checker) exportVersions() {
	if c.guards == nil || !c.guards.family {
		return
	}
	for _, cast := range c.casts {
		named, ok := types.Unalias(cast.elem).(*types.Named)
		if ok && named.Obj().Pkg() == c.pass.Pkg && named.Obj().Exported() {
			c.pass.ExportObjectFact(named.Origin().Obj(), &bytesFact{Versioned: true})
		}
	}
}
