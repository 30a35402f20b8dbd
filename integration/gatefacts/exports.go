package gatefacts

import (
	"bytes"
	"cmp"
	"debug/dwarf"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/symtab"
)

// exportPrefix begins the name of the Go function that unpacks the arguments of an
// //export: a hash of the package follows, and the exported name (cmd/cgo/out.go,
// writeExports).
const exportPrefix = "_cgoexp_"

// exported returns the wrapper's name by exported name. Both are in the Go line
// table, which strip leaves.
func exported(t *symtab.Table) map[string]string {
	list := make(map[string]string)
	for _, f := range t.Funcs {
		rest, ok := strings.CutPrefix(f.Name, exportPrefix)
		if !ok {
			continue
		}
		if _, name, ok := strings.Cut(rest, "_"); ok && name != "" {
			list[name] = f.Name
		}
	}
	return list
}

// exports compares the functions that C may call.
func exports(old, new *image, same bool) gate.Fact[gate.ExportChange] {
	a, b := exported(old.table), exported(new.table)
	v := gate.ExportChange{Old: len(a), New: len(b)}
	owners := dependencies(old, a)
	var both []string
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[name]; ok {
			both = append(both, name)
		} else if moved := newVersion(owners[name], old, new); moved != "" {
			v.Replaced = append(v.Replaced, fmt.Sprintf("%s went with its dependency: %s", name, moved))
		} else {
			v.Removed = append(v.Removed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[name]; !ok {
			v.Added = append(v.Added, name)
		}
	}
	if len(both) == 0 || same {
		return gate.Known(v)
	}
	var oldTypes, newTypes map[string]string
	var oldErr, newErr error
	atOnce(func() { oldTypes, oldErr = signatures(old, a) }, func() { newTypes, newErr = signatures(new, b) })
	if err := cmp.Or(oldErr, newErr); err != nil {
		v.Types = gate.Missing[string](err.Error())
		return gate.Known(v)
	}
	for _, name := range both {
		x, y := oldTypes[name], newTypes[name]
		switch {
		case x == "" || y == "":
			v.Types = gate.Missing[string]("DWARF does not describe callback " + name)
		case x != y && newVersion(owners[name], old, new) != "":
			v.Replaced = append(v.Replaced, fmt.Sprintf("%s changed its type with its dependency: %s", name, newVersion(owners[name], old, new)))
		case x != y:
			v.Retyped = append(v.Retyped, fmt.Sprintf("callback %s changed from (%s) to (%s)", name, x, y))
		}
	}
	return gate.Known(v)
}

// dependencies tells of which dependency each export is. One of the main module, or
// whose function is not found in one module, is of none.
func dependencies(img *image, exports map[string]string) map[string]string {
	owners := make(map[string]string)
	if len(exports) == 0 {
		return owners
	}
	for _, f := range img.table.Funcs {
		name := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
		if exports[name] == "" || len(name) == len(f.Name) {
			continue
		}
		owner := img.moduleOf(f.Name)
		if before, ok := owners[name]; ok && before != owner {
			owner = ""
		}
		owners[name] = owner
	}
	return owners
}

// moduleOf returns the path of the dependency that a function is of, "" for none.
func (img *image) moduleOf(function string) string {
	longest := ""
	for path := range img.file.Build.Modules {
		if len(path) > len(longest) && (strings.HasPrefix(function, path+"/") || strings.HasPrefix(function, path+".")) {
			longest = path
		}
	}
	if main := img.file.Build.Main; len(main) > len(longest) && strings.HasPrefix(function, main) {
		return ""
	}
	return longest
}

// newVersion tells how a dependency changed between the binaries, "" when it did not.
func newVersion(module string, old, new *image) string {
	before, ok := old.file.Build.Modules[module]
	after, kept := new.file.Build.Modules[module]
	switch {
	case !ok || kept && before == after || len(new.file.Build.Modules) == 0:
		return ""
	case !kept:
		return fmt.Sprintf("%s %s was dropped", module, before)
	}
	return fmt.Sprintf("%s %s became %s", module, before, after)
}

// signatures reads parameters and results of the exports: the wrapper takes a
// pointer to a struct of them all, p0, p1, ..., r0, ...
func signatures(img *image, exports map[string]string) (list map[string]string, err error) {
	types, err := img.types()
	if err != nil {
		return nil, err
	}
	var d debug
	if d.data, d.info, err = types.DWARF(); err != nil { // it refuses what debug/dwarf would believe
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged DWARF in %s: %v", img.file.Path, p)
		}
	}()
	list = make(map[string]string)
	for name, wrapper := range exports {
		if list[name], err = d.signature(wrapper); err != nil {
			return nil, fmt.Errorf("signature of %s in %s: %w", name, img.file.Path, err)
		}
	}
	return list, nil
}

// debug is the part of the DWARF data that describes types and functions.
type debug struct {
	data *dwarf.Data
	info []byte
}

// signature returns the fields of the struct that the wrapper takes, or "" when the
// wrapper is not described. The linker writes the names of functions in place, as
// the first attribute behind the code of the abbreviation.
func (d *debug) signature(wrapper string) (string, error) {
	want := append([]byte(wrapper), 0)
	for at := 0; ; at++ {
		n := bytes.Index(d.info[at:], want)
		if n < 0 {
			return "", nil
		}
		at += n
		for _, code := range []int{1, 2} { // bytes of the abbreviation's code
			e := d.entry(dwarf.Offset(at - code))
			if e == nil || e.Tag != dwarf.TagSubprogram || !e.Children {
				continue
			}
			if name, _ := e.Val(dwarf.AttrName).(string); name == wrapper {
				return d.parameters(e)
			}
		}
	}
}

func (d *debug) entry(off dwarf.Offset) *dwarf.Entry {
	if off < 0 {
		return nil
	}
	r := d.data.Reader()
	r.Seek(off)
	e, err := r.Next()
	if err != nil {
		return nil
	}
	return e
}

// children calls f for each entry directly below e.
func (d *debug) children(e *dwarf.Entry, f func(*dwarf.Entry) (more bool)) error {
	const most = 1 << 16
	r := d.data.Reader()
	r.Seek(e.Offset)
	if _, err := r.Next(); err != nil {
		return err
	}
	for range most {
		c, err := r.Next()
		if err != nil {
			return err
		}
		if c == nil || c.Tag == 0 || !f(c) {
			return nil
		}
		r.SkipChildren()
	}
	return fmt.Errorf("more than %d entries in one", most)
}

// parameters describes the struct behind the wrapper's parameter.
func (d *debug) parameters(wrapper *dwarf.Entry) (text string, err error) {
	var pointer *dwarf.Entry
	err = d.children(wrapper, func(c *dwarf.Entry) bool {
		if c.Tag == dwarf.TagFormalParameter {
			pointer = d.typeOf(c)
		}
		return pointer == nil
	})
	if err != nil || pointer == nil || pointer.Tag != dwarf.TagPointerType {
		return "", errors.Join(err, errors.New("the wrapper takes no pointer"))
	}
	args := d.typeOf(pointer)
	if args == nil || args.Tag != dwarf.TagStructType {
		return "", errors.New("the wrapper takes no struct")
	}
	var list []string
	err = d.children(args, func(c *dwarf.Entry) bool {
		if name, _ := c.Val(dwarf.AttrName).(string); c.Tag == dwarf.TagMember && name != "_" {
			list = append(list, name+" "+d.describe(c))
		}
		return true
	})
	return cmp.Or(strings.Join(list, ", "), "nothing"), err
}

func (d *debug) typeOf(e *dwarf.Entry) *dwarf.Entry {
	off, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
	if !ok {
		return nil
	}
	return d.entry(off)
}

// describe spells the type of a field: its name, and what lies beneath the names
// that cgo makes of C's, which stay while the C type changes.
func (d *debug) describe(field *dwarf.Entry) string {
	const depth = 16
	first, last := "", ""
	e := field
	for range depth {
		if e = d.typeOf(e); e == nil {
			break
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		first, last = cmp.Or(first, name), name
		if size, ok := e.Val(dwarf.AttrByteSize).(int64); ok {
			return fmt.Sprintf("%s: %s, %d bytes", first, last, size)
		}
		if e.Tag != dwarf.TagTypedef {
			break
		}
	}
	if first == last {
		return first
	}
	return first + ": " + last
}
