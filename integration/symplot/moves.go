package symplot

import "github.com/hotvet/hotvet/integration/symtab"

// Moves say what becomes of OLD's functions and addresses.
type Moves struct {
	Old      int    `json:"old"`     // functions
	New      int    `json:"new"`     // functions
	Stayed   int    `json:"stayed"`  // the same name at the same address
	Moved    int    `json:"moved"`   // the name is elsewhere
	Removed  int    `json:"removed"` // the name is not in NEW
	Added    int    `json:"added"`   // the name is not in OLD
	Code     Code   `json:"code"`
	Examples []Move `json:"examples,omitempty"` // the first that moved or went, by address
}

// Code counts the bytes of OLD's functions by what NEW says of their addresses.
type Code struct {
	Bytes   uint64  `json:"bytes"`
	Shifted uint64  `json:"shifted"` // the same function, which begins elsewhere
	Other   uint64  `json:"other"`   // another function
	Nowhere uint64  `json:"nowhere"` // no function
	Wrong   float64 `json:"wrong"`   // share of other and nowhere, 0 to 1
}

// A Move is a function of OLD that is not where it was.
type Move struct {
	Name string `json:"name"`
	Old  Hex    `json:"old"`
	New  Hex    `json:"new,omitempty"` // absent when it is gone
	Then string `json:"then"`          // the function of NEW at the old entry, "" for none
}

// A Package is the part of one package in Moves.
type Package struct {
	Name    string `json:"name"` // "" for functions that belong to none
	Old     int    `json:"old"`
	Stayed  int    `json:"stayed"`
	Moved   int    `json:"moved"`
	Removed int    `json:"removed"`
	Added   int    `json:"added"`
	Code    Code   `json:"code"`
}

func packages(old, new *symtab.Table) []Package {
	var list []Package
	for _, p := range symtab.Packages(old, new) {
		list = append(list, Package{p.Package, p.Old, p.Stayed, p.Moved, p.Removed, p.Added,
			Code{p.Bytes.Code, p.Bytes.Shifted, p.Bytes.Other, p.Bytes.Nowhere, p.Bytes.Wrong()}})
	}
	return list
}

// moves sums up. The shares are exact: each byte of OLD's code is asked about, not
// the sample that symtab.Compare takes.
func moves(m symtab.Moves, list []Package) *Moves {
	s := &Moves{Old: m.Old, New: m.New, Stayed: m.Stayed, Moved: m.Moved, Removed: m.Removed, Added: m.Added}
	for _, p := range list {
		s.Code.Bytes += p.Code.Bytes
		s.Code.Shifted += p.Code.Shifted
		s.Code.Other += p.Code.Other
		s.Code.Nowhere += p.Code.Nowhere
	}
	if s.Code.Bytes > 0 {
		s.Code.Wrong = float64(s.Code.Other+s.Code.Nowhere) / float64(s.Code.Bytes)
	}
	return s
}

// examples names what is at the old entries now.
func examples(list []symtab.Move, new *symtab.Table) []Move {
	var out []Move
	for _, e := range list {
		out = append(out, Move{e.Name, Hex(e.Old), Hex(e.New), new.Name(e.Old)})
	}
	return out
}

// changed reports whether anything of the package is not where it was.
func (p *Package) changed() bool { return p.Moved+p.Removed+p.Added > 0 }
