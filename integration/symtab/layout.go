package symtab

import (
	"debug/dwarf"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// attrGoKind is the linker's attribute that holds the reflect.Kind of a type
// (cmd/internal/dwarf/dwarf.go, DW_AT_go_kind).
const attrGoKind dwarf.Attr = 0x2900

// Limits of one struct's description.
const (
	maxFields     = 1 << 16
	maxDepth      = 32      // of structs in structs, and of typedefs
	maxCandidates = 1 << 16 // occurrences of its name, which also ends those of other types
)

// A Struct is the layout of a struct type, in bytes.
type Struct struct {
	Name   string
	Size   int64
	Fields []Field
}

// A Field is a field of a struct, or of a struct in it: "Header.Seq" is a field of
// the field Header, "Slots[].ID" one of the elements of the array Slots. The field
// that contains others stands before them.
type Field struct {
	Name   string
	Type   string       // as Go spells it, with the full path of its package
	Kind   reflect.Kind // of the type beneath its name
	Offset int64        // from the start of the whole struct; of the first element in an array
	Size   int64
}

// Layout reads the layout of one type; see Types.Layout.
func Layout(path, name string) (Struct, error) {
	t, err := OpenTypes(path)
	if err != nil {
		return Struct{}, err
	}
	defer t.Close()
	return t.Layout(name)
}

// Layout returns the layout of the struct type of this full name: main.counters,
// example.com/mod/pkg.T, or an instance of a generic type as in
// main.Pair[int32,example.com/mod/pkg.T]. The linker drops types that the program
// does not use.
func (t *Types) Layout(name string) (s Struct, err error) {
	defer contain(&err)
	e, err := t.find(name)
	if err != nil {
		return Struct{}, fmt.Errorf("layout of %s in %s: %w", shorten(name), t.path, err)
	}
	s = Struct{Name: name, Size: intOf(e, dwarf.AttrByteSize)}
	if err := t.fields(&s, e, "", 0, 0); err != nil {
		return Struct{}, fmt.Errorf("layout of %s in %s: %w", shorten(name), t.path, err)
	}
	return s, nil
}

// entry reads the entry at an offset, and reads on until it is there.
func (t *Types) entry(off dwarf.Offset) (*dwarf.Entry, error) {
	for uint64(off) >= uint64(len(t.info.data)) {
		if err := t.more(); err == io.EOF {
			return nil, errors.New("damaged DWARF: a type lies outside of the section")
		} else if err != nil {
			return nil, err
		}
	}
	r := t.data.Reader()
	r.Seek(off)
	e, err := r.Next()
	if err != nil {
		return nil, fmt.Errorf("damaged DWARF: %w", err)
	}
	if e == nil {
		return nil, errors.New("damaged DWARF: no entry where a type should be")
	}
	return e, nil
}

// fields appends the fields of the struct e, which lies base bytes behind the start
// of the outermost.
func (t *Types) fields(s *Struct, e *dwarf.Entry, prefix string, base int64, depth int) error {
	if depth > maxDepth {
		return errors.New("damaged DWARF: a struct contains itself")
	}
	if !e.Children {
		return nil
	}
	r := t.data.Reader()
	r.Seek(e.Offset)
	if _, err := r.Next(); err != nil {
		return fmt.Errorf("damaged DWARF: %w", err)
	}
	for {
		m, err := r.Next()
		if err != nil {
			return fmt.Errorf("damaged DWARF: %w", err)
		}
		if m == nil || m.Tag == 0 {
			return nil
		}
		r.SkipChildren()
		if m.Tag != dwarf.TagMember {
			continue
		}
		if len(s.Fields) >= maxFields {
			return fmt.Errorf("more than %d fields", maxFields)
		}
		if err := t.field(s, m, prefix, base, depth); err != nil {
			return err
		}
	}
}

// field appends one member and, where it holds structs, their members.
func (t *Types) field(s *Struct, m *dwarf.Entry, prefix string, base int64, depth int) error {
	off, ok := m.Val(dwarf.AttrType).(dwarf.Offset)
	if !ok {
		return errors.New("damaged DWARF: a field has no type")
	}
	typ, name, err := t.resolve(off)
	if err != nil {
		return err
	}
	member, _ := m.Val(dwarf.AttrName).(string)
	f := Field{
		Name:   prefix + member,
		Type:   name,
		Kind:   kindOf(typ),
		Offset: base + intOf(m, dwarf.AttrDataMemberLoc),
		Size:   t.size(typ),
	}
	s.Fields = append(s.Fields, f)
	inner := f.Name + "."
	for range maxDepth {
		if kindOf(typ) != reflect.Array {
			break
		}
		elem, ok := typ.Val(dwarf.AttrType).(dwarf.Offset)
		if !ok {
			return errors.New("damaged DWARF: an array has no element type")
		}
		if typ, _, err = t.resolve(elem); err != nil {
			return err
		}
		inner = strings.TrimSuffix(inner, ".") + "[]."
	}
	if kindOf(typ) != reflect.Struct {
		return nil
	}
	return t.fields(s, typ, inner, f.Offset, depth+1)
}

// resolve follows typedefs to the entry that has the size of a type. The name is
// that of the first.
func (t *Types) resolve(off dwarf.Offset) (*dwarf.Entry, string, error) {
	name := ""
	for range maxDepth {
		e, err := t.entry(off)
		if err != nil {
			return nil, "", err
		}
		if name == "" {
			name, _ = e.Val(dwarf.AttrName).(string)
		}
		next, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
		// A map or channel is a typedef of a pointer, with a kind of its own.
		if e.Tag != dwarf.TagTypedef || !ok || kindOf(e) != reflect.Invalid {
			return e, unescape(name), nil
		}
		off = next
	}
	return nil, "", errors.New("damaged DWARF: a type is defined by itself")
}

// size is the size of a type in bytes. Go's pointer-like types have no size of
// their own in DWARF.
func (t *Types) size(e *dwarf.Entry) int64 {
	if n, ok := e.Val(dwarf.AttrByteSize).(int64); ok {
		return n
	}
	return t.word
}

// kindOf returns the reflect.Kind that the linker noted for a type.
func kindOf(e *dwarf.Entry) reflect.Kind {
	n, _ := e.Val(attrGoKind).(int64)
	if n < 0 || n > int64(reflect.UnsafePointer) {
		return reflect.Invalid
	}
	return reflect.Kind(n)
}

// intOf returns a number, 0 when the entry has none.
func intOf(e *dwarf.Entry, attr dwarf.Attr) int64 {
	n, _ := e.Val(attr).(int64)
	return n
}

// String gives the layout as one would look it up: "56 bytes: Shard uint32 @0 ...".
func (s Struct) String() string {
	var b strings.Builder
	b.WriteString(strconv.FormatInt(s.Size, 10) + " bytes:")
	for _, f := range s.Fields {
		fmt.Fprintf(&b, " %s %s @%d", f.Name, f.Type, f.Offset)
	}
	return b.String()
}
