package structcast

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/analyzers/internal/origin"
)

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

// exportFacts tells importing packages what the exported functions return and
// cast. What they return counts only where the package names a source or casts
// itself: a driver passes over all others, see [origin.SourceNames].
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
		fact := &bytesFact{}
		for _, k := range c.sinks[fn] {
			// What is not written to a fact file is not to be known where facts stay
			// in memory either: all drivers find the same.
			k.conv, k.elem = nil, nil
			fact.Casts = append(fact.Casts, k)
		}
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
