package structcast

import (
	"go/types"
	"slices"
	"strings"
)

// isForeign reports whether the layout of a struct is not the program's own:
// the kernel's or the C library's as syscall, x/sys and cgo declare it, a file
// format's as debug/... does, an atomic, a slice or string header, or a struct made of such.
func isForeign(pkg *types.Package, t types.Type) bool {
	return foreign(pkg, t, 0)
}

func foreign(pkg *types.Package, t types.Type, depth int) bool {
	if depth > 8 {
		return false
	}
	t = types.Unalias(t)
	if named, ok := t.(*types.Named); ok && foreignName(named.Obj()) {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return foreign(pkg, u.Elem(), depth+1)
	case *types.Struct:
		if depth == 0 && (trivial(u) || cgoStruct(pkg, u)) {
			return true
		}
		for f := range u.Fields() {
			// Field objects stay those of the first declaration in type T unix.X.
			if foreignPackage(f.Pkg()) || foreign(pkg, f.Type(), depth+1) && !atomic(f.Type()) {
				return true
			}
		}
	}
	return false
}

func foreignName(obj *types.TypeName) bool {
	if strings.HasPrefix(obj.Name(), "_Ctype_") {
		return true
	}
	if obj.Pkg() == nil {
		return false
	}
	path := obj.Pkg().Path()
	return foreignPackage(obj.Pkg()) || path == "sync/atomic" ||
		path == "reflect" && (obj.Name() == "SliceHeader" || obj.Name() == "StringHeader")
}

func foreignPackage(pkg *types.Package) bool {
	if pkg == nil {
		return false
	}
	path := pkg.Path()
	return path == "syscall" || strings.HasPrefix(path, "golang.org/x/sys/") || strings.HasPrefix(path, "debug/")
}

// atomic reports whether t is of sync/atomic: a struct of its own stays its own
// when some of its words are atomic.
func atomic(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "sync/atomic"
}

// cgoStruct reports whether u is the underlying type of a C struct of the
// package, as in type T C.struct_x.
func cgoStruct(pkg *types.Package, u *types.Struct) bool {
	if !slices.ContainsFunc(pkg.Imports(), func(p *types.Package) bool { return p.Path() == "runtime/cgo" }) {
		return false
	}
	for _, name := range pkg.Scope().Names() {
		if strings.HasPrefix(name, "_Ctype_") {
			if tn, ok := pkg.Scope().Lookup(name).(*types.TypeName); ok && tn.Type().Underlying() == u {
				return true
			}
		}
	}
	return false
}

// trivial reports whether a struct has at most one field and that holds plain
// numbers or bytes: no neighbour can move it.
func trivial(u *types.Struct) bool {
	if u.NumFields() == 0 {
		return true
	}
	if u.NumFields() > 1 {
		return false
	}
	t := u.Field(0).Type().Underlying()
	if a, ok := t.(*types.Array); ok {
		t = a.Elem().Underlying()
	}
	_, basic := t.(*types.Basic)
	return basic
}

// layoutDiffers reports whether a struct has other offsets or another size on
// 32-bit targets than on 64-bit ones.
func layoutDiffers(t types.Type) bool {
	st, ok := t.Underlying().(*types.Struct)
	if !ok || !sizable(t) {
		return false
	}
	var fields []*types.Var
	for f := range st.Fields() {
		fields = append(fields, f)
	}
	wide, narrow := types.SizesFor("gc", "amd64"), types.SizesFor("gc", "386")
	if wide.Sizeof(t) != narrow.Sizeof(t) || !slices.Equal(wide.Offsetsof(fields), narrow.Offsetsof(fields)) {
		return true
	}
	for _, f := range fields {
		if inner := structIn(f.Type()); inner != nil && layoutDiffers(inner) {
			return true
		}
	}
	return false
}
