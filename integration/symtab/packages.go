package symtab

import (
	"cmp"
	"slices"
	"strings"
)

// A PackageMoves says what becomes of one package's code in NEW.
type PackageMoves struct {
	Package string // "" for functions that belong to none
	Old     int    // functions in OLD
	Stayed  int    // as in Moves
	Moved   int
	Removed int
	Added   int
	Bytes   Bytes
}

// Bytes counts each byte of OLD's code by what NEW says of its address. In contrast
// to PCs nothing is sampled.
type Bytes struct {
	Code    uint64 // all
	Shifted uint64 // the same function, which begins elsewhere
	Other   uint64 // another function
	Nowhere uint64 // no function
}

// Wrong is the share of the bytes, 0 to 1, that do not name the function they named
// in OLD.
func (b Bytes) Wrong() float64 {
	if b.Code == 0 {
		return 0
	}
	return float64(b.Other+b.Nowhere) / float64(b.Code)
}

// Packages splits up what Compare counts. The package with most wrong bytes is first.
// The tables must be of one machine.
func Packages(old, new *Table) []PackageMoves {
	all := make(map[string]*PackageMoves)
	of := func(name string) *PackageMoves {
		pkg := PackageOf(name)
		if all[pkg] == nil {
			all[pkg] = &PackageMoves{Package: pkg}
		}
		return all[pkg]
	}
	names := indexNames(new.Funcs)
	inOld := make([]bool, len(new.Funcs)) // names of NEW, at the first of each
	next := 0                             // the first function of NEW that ends behind the current one's entry
	for _, f := range old.Funcs {
		p := of(f.Name)
		p.Old++
		g, ok := new.Lookup(f.Entry)
		first, known := names.find(f.Name)
		if known {
			inOld[first] = true
		}
		switch {
		case ok && g.Entry == f.Entry && g.Name == f.Name:
			p.Stayed++
		case known:
			p.Moved++
		default:
			p.Removed++
		}
		for next < len(new.Funcs) && new.Funcs[next].End <= f.Entry {
			next++
		}
		p.Bytes.cover(f, new.Funcs[next:])
	}
	for i, f := range new.Funcs {
		if !inOld[names.first[i]] {
			of(f.Name).Added++
		}
	}
	list := make([]PackageMoves, 0, len(all))
	for _, p := range all {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b PackageMoves) int {
		return cmp.Or(
			cmp.Compare(b.Bytes.Other+b.Bytes.Nowhere, a.Bytes.Other+a.Bytes.Nowhere),
			cmp.Compare(b.Moved+b.Removed+b.Added, a.Moved+a.Removed+a.Added),
			cmp.Compare(a.Package, b.Package))
	})
	return list
}

// cover adds the bytes of f, given the functions of NEW that do not end before it.
func (b *Bytes) cover(f Func, new []Func) {
	b.Code += f.End - f.Entry
	at := f.Entry
	for _, g := range new {
		if g.Entry >= f.End {
			break
		}
		if g.Entry > at {
			b.Nowhere += g.Entry - at
		}
		from, to := max(at, g.Entry), min(f.End, g.End)
		if to <= from {
			continue
		}
		switch {
		case g.Name != f.Name:
			b.Other += to - from
		case g.Entry != f.Entry:
			b.Shifted += to - from
		}
		at = to
	}
	b.Nowhere += f.End - at
}

// PackageOf returns the import path of the package that a function of the Go line
// table belongs to. It is "" for what the compiler and linker made outside of any.
// debug/gosym has this too, but takes go.uber.org/zap for the compiler's unless it is
// told the version of Go, which its tables do not say.
func PackageOf(name string) string {
	if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") {
		return ""
	}
	name, _, _ = strings.Cut(name, "[") // type arguments have paths of their own
	path := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[path:], '.')
	if dot < 0 {
		return ""
	}
	return unescape(name[:path+dot])
}

// Printed spells a function's name as stack traces and profiles do: [...] stands for
// all type arguments.
func Printed(name string) string { return printed(name) }
