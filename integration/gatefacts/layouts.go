package gatefacts

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/symtab"
)

// layouts compares every type that the options or a finding of structcast names.
func (o *Options) layouts(old, new *image) []gate.Layout {
	named := make(map[string]string) // who names each type
	var order []string
	name := func(typ, who string) {
		if named[typ] == "" {
			named[typ] = who
			order = append(order, typ)
		}
	}
	for _, typ := range o.Types {
		name(typ, "the policy")
	}
	var list []gate.Layout
	read := make(sources)
	for _, f := range o.Findings {
		if f.Analyzer != "structcast" {
			continue
		}
		found, err := read.castTypes(o.Dir, f)
		for _, typ := range found {
			name(typ, f.Category+" at "+place(f))
		}
		if err != nil {
			list = append(list, gate.Layout{
				Why:     place(f),
				Changes: gate.Missing[[]string](fmt.Sprintf("which type is cast is not known: %v; name it in the policy under layout: types, and allow this unknown", err)),
			})
		}
	}
	return append(list, compareLayouts(old, new, order, named)...)
}

func compareLayouts(old, new *image, order []string, named map[string]string) []gate.Layout {
	if len(order) == 0 {
		return nil
	}
	var oldLayouts, newLayouts []layout
	var oldErr, newErr error
	// Nearly all of the time goes into uncompressing the types.
	atOnce(func() { oldLayouts, oldErr = layoutsOf(old, order) }, func() { newLayouts, newErr = layoutsOf(new, order) })
	list := make([]gate.Layout, len(order))
	for i, typ := range order {
		l := gate.Layout{Type: typ, Why: named[typ]}
		if err := errors.Join(oldErr, newErr); err != nil {
			l.Changes = gate.Missing[[]string](strings.ReplaceAll(err.Error(), "\n", "; ") + "; build without -s and -w, and do not strip")
		} else {
			l.Changes, l.Text = compareLayout(oldLayouts[i], newLayouts[i])
		}
		list[i] = l
	}
	return list
}

// A layout is what a binary says of one type.
type layout struct {
	symtab.Struct
	err error
}

// layoutsOf reads the layouts of types of these names.
func layoutsOf(img *image, names []string) ([]layout, error) {
	types, err := img.types()
	if err != nil {
		return nil, err
	}
	list := make([]layout, len(names))
	for i, name := range names {
		list[i].Struct, list[i].err = types.Layout(name)
	}
	return list, nil
}

func compareLayout(old, new layout) (gate.Fact[[]string], string) {
	if err := cmp.Or(old.err, new.err); err != nil {
		return gate.Missing[[]string](err.Error()), ""
	}
	var changes []string
	for _, c := range symtab.DiffLayout(old.Struct, new.Struct) {
		changes = append(changes, c.String())
	}
	return gate.Known(changes), fmt.Sprintf("%d bytes, %d fields", new.Size, len(new.Fields))
}
