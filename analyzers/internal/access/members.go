package access

import (
	"go/types"
)

// Excluded reports whether the locks of two accesses to one cell keep them from
// running at the same time. A lock that is a field of the members of a
// collection (one of many) excludes nothing but uses of that member.
//
// A lock that only some callers hold counts: the way without it is usually the
// program's start, or a check that runs alone.
func (s *State) Excluded(a, b *Access) bool {
	return s.guards(a.Usual, a.Cell).Exclude(s.guards(b.Usual, b.Cell))
}

// guards returns the locks that can guard the cell.
func (s *State) guards(l Locks, cell *Cell) Locks {
	var kept Locks
	for lock, excl := range l {
		owner := s.members()[lock]
		if owner != nil && owner != s.members()[cell.Var] && !s.ownerHas(owner, cell.Var) {
			continue
		}
		if kept == nil {
			kept = make(Locks, len(l))
		}
		kept[lock] = excl
	}
	return kept
}

// ownerHas reports whether the struct type declares the field.
func (s *State) ownerHas(owner *types.TypeName, field *types.Var) bool {
	st, ok := owner.Type().Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for i := range st.NumFields() {
		if st.Field(i).Origin() == field {
			return true
		}
	}
	return false
}

// members returns the fields of the struct types of the package whose objects
// are kept in collections, with their type.
func (s *State) members() map[types.Object]*types.TypeName {
	if s.memberOf != nil {
		return s.memberOf
	}
	s.memberOf = make(map[types.Object]*types.TypeName)
	elems := make(map[*types.TypeName]bool)
	scope := s.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		if st, ok := scope.Lookup(name).Type().Underlying().(*types.Struct); ok {
			for i := range st.NumFields() {
				if tn := s.element(st.Field(i).Type()); tn != nil {
					elems[tn] = true
				}
			}
		}
	}
	for tn := range elems {
		st, ok := tn.Type().Underlying().(*types.Struct)
		if !ok || !holdsData(st) {
			continue // a collection of bare locks guards what lies beside it
		}
		for i := range st.NumFields() {
			s.memberOf[st.Field(i).Origin()] = tn
		}
	}
	return s.memberOf
}

// element returns the struct type of the package of which a collection of type
// t keeps several, or nil.
func (s *State) element(t types.Type) *types.TypeName {
	var elem types.Type
	switch u := t.Underlying().(type) {
	case *types.Slice:
		elem = u.Elem()
	case *types.Map:
		elem = u.Elem()
	default:
		return nil
	}
	if ptr, ok := elem.Underlying().(*types.Pointer); ok {
		elem = ptr.Elem()
	}
	named, ok := types.Unalias(elem).(*types.Named)
	if !ok || named.Obj().Pkg() != s.pass.Pkg {
		return nil
	}
	return named.Origin().Obj()
}

// holdsData reports whether a struct has a field besides locks and padding.
func holdsData(st *types.Struct) bool {
	for i := range st.NumFields() {
		f := st.Field(i)
		if f.Name() == "_" || isLocker(types.NewPointer(f.Type())) {
			continue
		}
		if _, isArray := f.Type().Underlying().(*types.Array); !isArray {
			return true
		}
	}
	return false
}
