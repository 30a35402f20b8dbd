package symtab

import (
	"fmt"
)

// samples is how many addresses of OLD's code Moves asks about, besides the
// entries. At 5 % their share is known to within 0.15 points.
const samples = 100_000

// Moves says what becomes of OLD's code addresses in NEW.
type Moves struct {
	Old, New int // functions
	Stayed   int // functions of OLD whose entry is the entry of the same name in NEW
	Moved    int // functions of OLD whose name is elsewhere in NEW
	Removed  int // functions of OLD whose name is not in NEW
	Added    int // functions of NEW whose name is not in OLD

	Entries PCs // the entries of all functions of OLD
	Code    PCs // addresses of OLD's code at equal distances: what a stored or sampled PC is like

	Examples []Move // the first that moved or were removed, by address
}

// PCs counts what NEW says about addresses of OLD.
type PCs struct {
	Asked   int
	Other   int // it names another function
	Nowhere int // there is no function
	Shifted int // it names the same function, which begins elsewhere: another instruction
}

// Wrong is the share of addresses, 0 to 1, that do not name the function they
// named in OLD.
func (p PCs) Wrong() float64 {
	if p.Asked == 0 {
		return 0
	}
	return float64(p.Other+p.Nowhere) / float64(p.Asked)
}

// A Move is a function of OLD that is not where it was.
type Move struct {
	Name string
	Old  uint64
	New  uint64 // the first of that name, 0 when there is none
}

// Compare follows the code addresses of one binary in another for the same machine.
// It says nothing of a changed body or a changed struct, which need not move anything.
func Compare(old, new *Table) (Moves, error) {
	if old.Machine != new.Machine {
		return Moves{}, fmt.Errorf("cannot compare %s (%s) with %s (%s): they are for different machines",
			old.Path, old.Machine, new.Path, new.Machine)
	}
	m := Moves{Old: len(old.Funcs), New: len(new.Funcs)}
	names := indexNames(new.Funcs)
	known := make([]bool, len(new.Funcs)) // names of NEW that OLD has, at the first of each
	there := follower{table: new}
	for _, f := range old.Funcs {
		at, ok := there.lookup(f.Entry)
		m.Entries.count(f, new.Funcs, at, ok)
		if ok && new.Funcs[at].Entry == f.Entry && new.Funcs[at].Name == f.Name {
			known[names.first[at]] = true
			m.Stayed++
			continue
		}
		move := Move{Name: f.Name, Old: f.Entry}
		if first, ok := names.find(f.Name); ok {
			known[first] = true
			move.New = new.Funcs[first].Entry
			m.Moved++
		} else {
			m.Removed++
		}
		if len(m.Examples) < maxExamples {
			m.Examples = append(m.Examples, move)
		}
	}
	for _, first := range names.first {
		if !known[first] {
			m.Added++
		}
	}
	m.Code = sample(old, new)
	return m, nil
}

// count counts what NEW says of an address inside the function f of OLD: the function
// at a place, or none.
func (p *PCs) count(f Func, new []Func, place int, ok bool) {
	p.Asked++
	switch {
	case !ok:
		p.Nowhere++
	case new[place].Name != f.Name:
		p.Other++
	case new[place].Entry != f.Entry:
		p.Shifted++
	}
}

// sample asks about addresses at equal distances over all functions of OLD.
func sample(old, new *Table) PCs {
	var p PCs
	there := follower{table: new}
	for f, pc := range old.spread(samples) {
		at, ok := there.lookup(pc)
		p.count(f, new.Funcs, at, ok)
	}
	return p
}

// spread yields about n addresses at equal distances over the functions. The
// distance is odd: code is aligned, and an even one could meet only some kinds of
// place.
func (t *Table) spread(n uint64) func(yield func(Func, uint64) bool) {
	var size uint64
	for _, f := range t.Funcs {
		size += f.End - f.Entry
	}
	step := size/n | 1
	return func(yield func(Func, uint64) bool) {
		var next uint64 // distance from the current function's entry
		for _, f := range t.Funcs {
			length := f.End - f.Entry
			for ; next < length; next += step {
				if !yield(f, f.Entry+next) {
					return
				}
			}
			next -= length
		}
	}
}

// A Rename is what one address of OLD is called in each binary.
type Rename struct {
	PC       uint64
	Old, New string // "" where there is no function
}

// Names looks addresses of OLD up in both binaries.
func Names(old, new *Table, pcs []uint64) []Rename {
	list := make([]Rename, len(pcs))
	for i, pc := range pcs {
		list[i] = Rename{pc, old.Name(pc), new.Name(pc)}
	}
	return list
}
