package symplot

import (
	"fmt"

	"github.com/hotvet/hotvet/integration/symtab"
)

// What NEW says of an address of OLD.
const (
	Same    = "same"    // the same function at the same place
	Shifted = "shifted" // the same function, but another instruction of it
	Other   = "other"   // another function
	Nowhere = "nowhere" // no function
	Unknown = "unknown" // the address could not be found in OLD
)

// Addresses say what became of the addresses of a record. Each is counted once.
type Addresses struct {
	Source  string    `json:"source"`
	Kind    string    `json:"kind"`
	Found   int       `json:"found"` // in OLD: the sum of the next four
	Same    int       `json:"same"`
	Shifted int       `json:"shifted"`
	Other   int       `json:"other"`
	Nowhere int       `json:"nowhere"`
	Unknown int       `json:"unknown"`
	Foreign int       `json:"foreign"` // of the unknown: those that contradict OLD
	List    []Address `json:"list"`    // in the order of the record
}

// Wrong is the share of the addresses found, 0 to 1, that do not name in NEW the
// function that they name in OLD.
func (a *Addresses) Wrong() float64 {
	if a.Found == 0 {
		return 0
	}
	return float64(a.Other+a.Nowhere) / float64(a.Found)
}

// An Address is one address of a record.
type Address struct {
	PC      Hex    `json:"address"` // as in the file OLD; as in the record when unknown
	Old     string `json:"old"`     // "" when unknown
	New     string `json:"new"`     // "" when there is no function or OLD's is unknown
	Result  string `json:"result"`
	Problem string `json:"problem,omitempty"` // why it is unknown
	// Foreign is set when the record contradicts OLD: it, or this part of it, was
	// taken from another build.
	Foreign bool `json:"foreign,omitempty"`
}

// trouble is why an address cannot be found in OLD.
type trouble struct {
	text    string
	foreign bool
}

func (t trouble) at(pc uint64) Address {
	return Address{PC: Hex(pc), Result: Unknown, Problem: t.text, Foreign: t.foreign}
}

// locator finds the mentions of a record in OLD.
type locator struct {
	old  *symtab.Table
	by   map[string][]symtab.Func // by the name that the run-time prints
	bias uint64                   // what the loader added
}

// follow finds the addresses of a record in OLD and asks NEW about them.
func follow(rec *Record, old, new *symtab.Table) (*Addresses, error) {
	l := &locator{old: old, by: make(map[string][]symtab.Func)}
	for _, f := range old.Funcs {
		name := symtab.Printed(f.Name)
		l.by[name] = append(l.by[name], f)
	}
	l.findBias(rec.list)
	a := &Addresses{Source: rec.Source, Kind: rec.Kind}
	seen := make(map[Address]bool)
	for _, m := range rec.list {
		if m.hint {
			continue
		}
		one := l.ask(m, new)
		if seen[one] {
			continue
		}
		seen[one] = true
		a.List = append(a.List, one)
		a.count(one)
	}
	if a.Found == 0 {
		return nil, fmt.Errorf("none of the %d addresses in %s belongs to %s: the first, %#x: %s",
			len(a.List), rec.Source, old.Path, uint64(a.List[0].PC), a.List[0].Problem)
	}
	return a, nil
}

func (a *Addresses) count(one Address) {
	switch one.Result {
	case Unknown:
		a.Unknown++
		if one.Foreign {
			a.Foreign++
		}
		return
	case Same:
		a.Same++
	case Shifted:
		a.Shifted++
	case Other:
		a.Other++
	case Nowhere:
		a.Nowhere++
	}
	a.Found++
}

// ask says what became of one address.
func (l *locator) ask(m mention, new *symtab.Table) Address {
	pc, bad := l.locate(m)
	if bad.text != "" {
		return bad.at(pc)
	}
	at := pc
	if m.back && at > 0 {
		at-- // the last byte of the call: what returns to pc may be the end of its function
	}
	f, ok := l.old.Lookup(at)
	if !ok {
		bad.text = "no Go function of OLD is there"
		if l.old.Contents().PIE && l.bias == 0 && !m.mapped {
			bad.text += "; OLD is position-independent, and the record does not say where it was loaded"
		}
		return bad.at(pc)
	}
	if m.name != "" && !m.framed && symtab.Printed(f.Name) != symtab.Printed(m.name) {
		return trouble{fmt.Sprintf("the record calls it %s, OLD %s", cut(m.name), cut(f.Name)), true}.at(pc)
	}
	one := Address{PC: Hex(pc), Old: shown(f.Name), Result: Nowhere}
	if g, ok := new.Lookup(at); ok {
		one.New = shown(g.Name)
		switch {
		case g.Name != f.Name:
			one.Result = Other
		case g.Entry != f.Entry:
			one.Result = Shifted
		default:
			one.Result = Same
		}
	}
	return one
}

// locate returns the address in the file OLD, or why it is not known.
func (l *locator) locate(m mention) (uint64, trouble) {
	if m.framed {
		return l.frame(m)
	}
	if !m.mapped {
		return m.pc - l.bias, trouble{}
	}
	if m.name == "" && !m.main {
		return m.pc, trouble{"it is in a library", false}
	}
	if id := l.old.Contents().BuildID; m.main && m.build != "" && id != "" && m.build != id {
		return m.pc, trouble{"it is in a file with the build id " + cut(m.build) + ", OLD has " + id, true}
	}
	pc, ok := l.old.FileAddress(m.pc, m.start, m.file)
	if !ok {
		return m.pc, trouble{"the record does not say where OLD was loaded", false}
	}
	return pc, trouble{}
}

// frame finds a function by the name and the offset that were printed. Several have
// the same when they differ by type arguments only, or one is a wrapper of another.
func (l *locator) frame(m mention) (uint64, trouble) {
	var fit []symtab.Func
	for _, f := range l.by[m.name] {
		if m.offset <= f.End-f.Entry {
			fit = append(fit, f)
		}
		if m.pc != 0 && m.pc-m.offset-l.bias == f.Entry {
			return f.Entry + m.offset, trouble{}
		}
	}
	switch {
	case len(l.by[m.name]) == 0:
		return m.pc, trouble{"OLD has no function " + cut(m.name), false} // it may be a plugin's
	case len(fit) == 0:
		return m.pc, trouble{fmt.Sprintf("%s is shorter than %#x bytes in OLD", cut(m.name), m.offset), true}
	case m.pc != 0:
		return m.pc, trouble{cut(m.name) + " is elsewhere in OLD", true}
	case len(fit) > 1:
		return m.pc, trouble{fmt.Sprintf("%d functions of OLD are printed as %s", len(fit), cut(m.name)), false}
	}
	return fit[0].Entry + m.offset, trouble{}
}

// findBias finds where a position-independent OLD was loaded: by the mentions that
// tell both an address and a place in a function. The loader moves whole pages, and
// inlined functions make some mentions misleading, so that the most frequent counts.
func (l *locator) findBias(list []mention) {
	const page = 4096
	if !l.old.Contents().PIE {
		return
	}
	votes := make(map[uint64]int)
	for _, m := range list {
		if m.pc == 0 || !m.framed && !m.hint {
			continue
		}
		for _, f := range l.by[m.name] {
			if bias := m.pc - m.offset - f.Entry; bias%page == 0 {
				votes[bias]++
			}
		}
	}
	best := 0
	for bias, n := range votes {
		if n > best || n == best && bias < l.bias {
			best, l.bias = n, bias
		}
	}
}
