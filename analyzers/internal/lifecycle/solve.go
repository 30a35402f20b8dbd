package lifecycle

import (
	"go/ast"
	"go/types"
)

// effective are the verbs of functions that take part in effects. A package in
// which none of them, and no function with a fact, is named has no effects.
var effective = map[string]bool{
	"starts": true, "stops": true, "stopsby": true, "sets": true, "drains": true, "serves": true,
	"replaces": true, "restarts": true, "exits": true, "catches": true, "catchesctx": true,
}

// relevant reports whether anything in the package can have an effect.
func (p *Package) relevant() bool {
	seen := make(map[*types.Func]bool)
	for _, obj := range p.pass.TypesInfo.Uses {
		fn, ok := obj.(*types.Func)
		if !ok || seen[fn] || fn.Pkg() == p.pass.Pkg {
			continue
		}
		seen[fn] = true
		for _, role := range Roles(fn) {
			if effective[role.Verb] {
				return true
			}
		}
		if p.factOf(fn) != nil {
			return true
		}
	}
	return p.importsPprof() != nil
}

// factOf returns what the package of fn exported about it, or nil.
func (p *Package) factOf(fn *types.Func) *funcFact {
	p.factsMu.Lock()
	defer p.factsMu.Unlock()
	if fact, ok := p.facts[fn]; ok {
		return fact
	}
	fact := new(funcFact)
	if fn.Pkg() == nil || fn.Pkg() == p.pass.Pkg || !p.pass.ImportObjectFact(fn, fact) {
		fact = nil
	}
	p.facts[fn] = fact
	return fact
}

// maxRounds bounds the fixed point; a cycle of the call graph needs as many
// rounds as the chain of resources and ends is high.
const maxRounds = 32

// computeEffects computes the effects of all functions from those of their
// callees, callees first, until they no longer change. Only functions whose
// callees changed are computed again.
func (p *Package) computeEffects() {
	p.Funcs()
	order, callers := p.bottomUp()
	dirty := make(map[*Func]bool, len(order))
	for _, f := range order {
		dirty[f] = true
	}
	for range maxRounds {
		if len(dirty) == 0 {
			return
		}
		for _, f := range order {
			if !dirty[f] {
				continue
			}
			delete(dirty, f)
			e := p.flow(f)
			if old, ok := p.effects[f]; ok && sameEffects(old, e) || !ok && e == noEffects {
				continue
			}
			p.effects[f] = e
			for _, caller := range callers[f] {
				dirty[caller] = true
			}
		}
	}
}

// bottomUp returns the functions of the package, callees before callers but for
// cycles, and for each the functions whose effects depend on it.
func (p *Package) bottomUp() (order []*Func, callers map[*Func][]*Func) {
	callers = make(map[*Func][]*Func)
	seen := make(map[*Func]bool, len(p.funcs))
	var visit func(f *Func)
	visit = func(f *Func) {
		seen[f] = true
		for _, g := range p.dependsOn(f) {
			callers[g] = append(callers[g], f)
			if !seen[g] {
				visit(g)
			}
		}
		order = append(order, f)
	}
	for _, f := range p.funcs {
		if !seen[f] {
			visit(f)
		}
	}
	return order, callers
}

// dependsOn returns the functions whose effects those of f are made of.
func (p *Package) dependsOn(f *Func) []*Func {
	var list []*Func
	for _, c := range f.Calls {
		list = append(list, c.Funcs...)
		for _, fn := range c.Named {
			list = append(list, p.implementations(fn)...)
		}
		for _, arg := range c.Expr.Args {
			list = append(list, p.values.funcsOf(arg)...)
		}
		for _, made := range p.madeBy(c) {
			list = append(list, made.Funcs...)
		}
	}
	for _, result := range p.values.returns[f] {
		for _, e := range result {
			list = append(list, p.values.funcsOf(e)...)
		}
	}
	if f.Type().Results.NumFields() > 0 {
		ast.Inspect(f.Body(), func(n ast.Node) bool {
			if stmt, ok := n.(*ast.ReturnStmt); ok {
				list = append(list, p.methodsOf(stmt)...)
			}
			_, isLit := n.(*ast.FuncLit)
			return !isLit
		})
	}
	return list
}

func sameEffects(a, b *Effects) bool {
	if a.Stops != b.Stops || a.Leaves != b.Leaves || a.Failed != b.Failed || a.Hands != b.Hands ||
		a.Serves != b.Serves || a.Blocks != b.Blocks || a.Params != b.Params || a.Forever != b.Forever ||
		len(a.Open) != len(b.Open) || len(a.Served) != len(b.Served) || len(a.Rates) != len(b.Rates) ||
		len(a.Starts) != len(b.Starts) || len(a.Sets) != len(b.Sets) || len(a.Hits) != len(b.Hits) || len(a.Leaks) != len(b.Leaks) {
		return false
	}
	for i := range a.Ends {
		x, y := a.Ends[i], b.Ends[i]
		if x.Reached != y.Reached || x.Always != y.Always || x.Bare != y.Bare || x.Guards != y.Guards {
			return false
		}
	}
	return true
}
