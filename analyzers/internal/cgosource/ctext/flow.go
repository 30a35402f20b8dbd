package ctext

import (
	"slices"
	"strconv"
)

// A Program joins the units of one package and follows the addresses of
// functions through it.
//
// Method: names are places. A parameter is a place of its function, every other
// variable or member is one place for the whole package under its last name; an
// assignment, an initializer, a call's argument joins places. Insensitive to
// flow and to instances, so the set of functions that a place may hold is too
// large rather than too small, except for what macros and other libraries do.
type Program struct {
	funcs map[string]*Func
	// entry holds the names that stand for code outside C: the Go exports.
	entry map[string]bool
	// from lists, for a place, the places and functions whose value it takes.
	from   map[string][]string
	protos map[string][]*Func
	order  []*Func
	// outside are the calls of C functions from other languages that pass a
	// function.
	outside []Call
}

// NewProgram joins units; entries are the functions that other languages
// define.
func NewProgram(units []*Unit, entries []string) *Program {
	p := &Program{
		funcs:  make(map[string]*Func),
		entry:  make(map[string]bool),
		from:   make(map[string][]string),
		protos: make(map[string][]*Func),
	}
	for _, e := range entries {
		p.entry[e] = true
	}
	for _, u := range units {
		for _, f := range u.Funcs {
			if p.funcs[f.Name] == nil {
				p.funcs[f.Name] = f
				p.order = append(p.order, f)
			}
		}
		for _, f := range u.Protos {
			p.protos[f.Name] = append(p.protos[f.Name], f)
		}
	}
	// Attributes may stand on the declaration alone.
	for name, list := range p.protos {
		if f := p.funcs[name]; f != nil {
			for _, proto := range list {
				f.Ctor, f.Dtor = f.Ctor || proto.Ctor, f.Dtor || proto.Dtor
			}
		}
	}
	for _, u := range units {
		p.joinAssigns(nil, u.Inits)
	}
	for _, f := range p.order {
		p.joinAssigns(f, f.Assigns)
		for _, c := range f.Calls {
			p.joinCall(f, c)
		}
	}
	return p
}

// Func returns the definition of a C function, or nil.
func (p *Program) Func(name string) *Func { return p.funcs[name] }

// Protos returns the declarations of a function, and its definition if there
// is one.
func (p *Program) Protos(name string) []*Func {
	list := slices.Clone(p.protos[name])
	if f := p.funcs[name]; f != nil {
		list = append(list, f)
	}
	return list
}

// Funcs returns all definitions, in the order of the units.
func (p *Program) Funcs() []*Func { return p.order }

// Pass tells that a caller outside C passes the function named value as
// argument i of the C function named callee.
func (p *Program) Pass(callee string, i int, value string) {
	call := Call{Callee: callee, Args: make([]string, i+1)}
	call.Args[i] = value
	p.outside = append(p.outside, call)
	p.join(place(p.funcs[callee], callee, i), value)
}

// Store tells that a caller outside C stores the function named value in the
// member of that name.
func (p *Program) Store(member, value string) { p.join("."+member, value) }

func (p *Program) join(to, from string) {
	if to != "" && from != "" && to != from && !slices.Contains(p.from[to], from) {
		p.from[to] = append(p.from[to], from)
	}
}

func (p *Program) joinAssigns(f *Func, list []Assign) {
	for _, a := range list {
		if !a.Null {
			p.join(p.resolve(f, a.To), p.resolve(f, a.From))
		}
	}
}

// joinCall binds arguments to parameters. The argument of a new thread goes to
// its start routine.
func (p *Program) joinCall(f *Func, c Call) {
	if start, ok := threads[c.Callee]; ok && start.arg < len(c.Args) && start.routine < len(c.Args) {
		for _, routine := range p.Values(f, c.Args[start.routine]) {
			p.join(place(p.funcs[routine], routine, 0), p.resolve(f, c.Args[start.arg]))
		}
		return
	}
	callee := p.funcs[c.Callee]
	if callee == nil {
		return
	}
	for i, arg := range c.Args {
		p.join(place(callee, c.Callee, i), p.resolve(f, arg))
	}
}

// place is the name of parameter i of a function.
func place(f *Func, name string, i int) string {
	if f == nil || i >= len(f.Params) || f.Params[i].Name == "" {
		return name + "#" + strconv.Itoa(i)
	}
	return name + "#" + f.Params[i].Name
}

// resolve turns a name in the text of f into a place or a function.
func (p *Program) resolve(f *Func, name string) string {
	if f != nil {
		for _, prm := range f.Params {
			if prm.Name == name && name != "" {
				return f.Name + "#" + name
			}
		}
	}
	return name
}

// Values returns the functions that name may stand for in the text of f; f is
// nil for text outside functions.
func (p *Program) Values(f *Func, name string) []string {
	var found []string
	seen := make(map[string]bool)
	var visit func(string)
	visit = func(n string) {
		if n == "" || seen[n] {
			return
		}
		seen[n] = true
		if p.funcs[n] != nil || p.entry[n] {
			found = append(found, n)
			return
		}
		for _, from := range p.from[n] {
			visit(from)
		}
	}
	visit(p.resolve(f, name))
	return found
}

// Targets returns the functions that a call in f may enter.
func (p *Program) Targets(f *Func, c Call) []string { return p.Values(f, c.Callee) }

// Reach returns the entries that the named function may call, in the order
// found, with one call that leads there. A root that is an entry itself is
// reached by no call.
func (p *Program) Reach(root string) []Reached {
	var out []Reached
	seen := map[string]bool{root: true}
	if p.entry[root] {
		return []Reached{{Entry: root}}
	}
	queue := []string{root}
	for len(queue) > 0 {
		f := p.funcs[queue[0]]
		queue = queue[1:]
		if f == nil {
			continue
		}
		for _, c := range f.Calls {
			for _, t := range p.Targets(f, c) {
				if seen[t] {
					continue
				}
				seen[t] = true
				if p.entry[t] {
					out = append(out, Reached{Entry: t, In: f, Call: c})
				} else {
					queue = append(queue, t)
				}
			}
		}
	}
	return out
}

// Reached is an entry that C calls in a function.
type Reached struct {
	Entry string
	In    *Func // nil when the root is the entry itself
	Call  Call
}

// Calls reports whether the named function, or one it calls, calls a function
// for which match holds.
func (p *Program) Calls(root string, match func(Call) bool) bool {
	seen := make(map[string]bool)
	var visit func(string) bool
	visit = func(name string) bool {
		f := p.funcs[name]
		if f == nil || seen[name] {
			return false
		}
		seen[name] = true
		for _, c := range f.Calls {
			if match(c) || slices.ContainsFunc(p.Targets(f, c), visit) {
				return true
			}
		}
		return false
	}
	return visit(root)
}
