package symtab

import (
	"fmt"
	"strings"
)

// A ChangeKind says how a struct's layout differs between two binaries.
type ChangeKind string

// The kinds of changes.
const (
	Inserted ChangeKind = "inserted" // the field is only in NEW
	Removed  ChangeKind = "removed"  // the field is only in OLD
	Shifted  ChangeKind = "moved"    // its offset differs
	Retyped  ChangeKind = "retyped"  // its type, or the kind beneath a type's name, differs
	Resized  ChangeKind = "size"     // its size, or that of the whole struct, differs
)

// A Change is one difference. Old is zero for an inserted field, New for a removed
// one. The whole struct has the name "".
type Change struct {
	Kind     ChangeKind
	Name     string
	Old, New Field
}

func (c Change) String() string {
	switch c.Kind {
	case Inserted:
		return fmt.Sprintf("field %s inserted at offset %d", c.Name, c.New.Offset)
	case Removed:
		return fmt.Sprintf("field %s removed from offset %d", c.Name, c.Old.Offset)
	case Shifted:
		return fmt.Sprintf("field %s moved from offset %d to %d", c.Name, c.Old.Offset, c.New.Offset)
	case Retyped:
		return fmt.Sprintf("field %s changed from %s (%s) to %s (%s)", c.Name, c.Old.Type, c.Old.Kind, c.New.Type, c.New.Kind)
	}
	if c.Name == "" {
		return fmt.Sprintf("size changed from %d to %d bytes", c.Old.Size, c.New.Size)
	}
	return fmt.Sprintf("field %s changed its size from %d to %d bytes", c.Name, c.Old.Size, c.New.Size)
}

// DiffLayout lists what differs: the size of the whole first, then the fields of
// OLD in their order, then those that NEW has besides. What lies inside an inserted,
// removed or retyped field is not listed, nor that it moved along with the field
// around it. Fields named _ are told apart by their number.
func DiffLayout(old, new Struct) []Change {
	var list []Change
	if old.Size != new.Size {
		list = append(list, Change{Resized, "", Field{Type: old.Name, Size: old.Size}, Field{Type: new.Name, Size: new.Size}})
	}
	oldFields, oldOrder := byName(old)
	newFields, newOrder := byName(new)
	closed := make(map[string]bool) // nothing inside of these is listed
	shift := make(map[string]int64) // by how much the containing field moved
	for _, name := range oldOrder {
		if inside(name, closed) {
			continue
		}
		o, n := oldFields[name], newFields[name]
		if _, ok := newFields[name]; !ok {
			closed[name] = true
			list = append(list, Change{Removed, name, o, Field{}})
			continue
		}
		shift[name] = n.Offset - o.Offset
		if shift[name] != shift[around(name)] {
			list = append(list, Change{Shifted, name, o, n})
		}
		switch {
		case o.Type != n.Type || o.Kind != n.Kind:
			closed[name] = true
			list = append(list, Change{Retyped, name, o, n})
		case o.Size != n.Size:
			list = append(list, Change{Resized, name, o, n})
		}
	}
	for _, name := range newOrder {
		if _, ok := oldFields[name]; !ok && !inside(name, closed) {
			closed[name] = true
			list = append(list, Change{Inserted, name, Field{}, newFields[name]})
		}
	}
	return list
}

// byName indexes the fields and returns their names in order.
func byName(s Struct) (map[string]Field, []string) {
	fields := make(map[string]Field, len(s.Fields))
	var order []string
	seen := make(map[string]int)
	for _, f := range s.Fields {
		name := f.Name
		if seen[f.Name]++; seen[f.Name] > 1 {
			name = fmt.Sprintf("%s#%d", f.Name, seen[f.Name])
		}
		fields[name] = f
		order = append(order, name)
	}
	return fields, order
}

// around names the field that contains another, "" for none.
func around(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	return strings.TrimRight(name[:i], "[]")
}

// inside reports whether a field lies in one of a set.
func inside(name string, set map[string]bool) bool {
	for name = around(name); name != ""; name = around(name) {
		if set[name] {
			return true
		}
	}
	return false
}
