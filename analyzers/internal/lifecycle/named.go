package lifecycle

import (
	"go/ast"
	"go/types"
)

// namedEffects returns the effects of a function without a body here, called by
// c: those of the model, else those of its fact.
func (p *Package) namedEffects(c *Call, fn *types.Func) *Effects {
	roles := Roles(fn)
	if len(roles) == 0 {
		if r := p.handedStop(c); r != 0 {
			return &Effects{Stops: r}
		}
		if fact := p.factOf(fn); fact != nil {
			return fact.effects(c)
		}
		return noEffects
	}
	e := new(Effects)
	for _, role := range roles {
		switch role.Verb {
		case "starts":
			if r := resourceOf(role.Object); r != 0 {
				e.Leaves |= r
				e.Starts = append(e.Starts, &Start{r, c})
			}
		case "stops", "drains":
			e.Stops |= resourceOf(role.Object)
		case "stopsby":
			e.Hands |= started(roles)
		case "sets":
			e.Sets = append(e.Sets, c)
		case "serves":
			e.Serves, e.Blocks = true, true
		case "waits":
			e.Blocks = true
		case "replaces":
			// Exec returns when it fails, so it is reached but not always the end.
			e.Ends[Replaced] = End{Reached: true, Bare: allResources, Via: c}
		case "exits":
			e.Ends[Exited] = End{Reached: true, Always: true, Bare: allResources, Via: c}
		}
	}
	return e
}

// handedStop returns the resources that c stops because it calls the result, or
// a method without arguments of the result, of a function that hands out the
// stop of what it started.
func (p *Package) handedStop(c *Call) Resource {
	var handed Resource
	for _, made := range p.madeBy(c) {
		handed |= p.hands(made)
	}
	return handed
}

// madeBy returns the calls whose result c calls, or calls a method without
// arguments of.
func (p *Package) madeBy(c *Call) []*Call {
	fun := ast.Unparen(c.Expr.Fun)
	if sel, ok := fun.(*ast.SelectorExpr); ok && len(c.Expr.Args) == 0 {
		if s := p.pass.TypesInfo.Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			fun = ast.Unparen(sel.X)
		}
	}
	if expr, ok := fun.(*ast.CallExpr); ok {
		if call := p.calls[expr]; call != nil {
			return []*Call{call}
		}
		return nil
	}
	var list []*Call
	if obj := p.values.object(fun); obj != nil {
		for _, expr := range p.values.calls[obj] {
			if call := p.calls[expr]; call != nil {
				list = append(list, call)
			}
		}
	}
	return list
}

// hands returns the resources whose stop the result of c is.
func (p *Package) hands(c *Call) Resource {
	var r Resource
	for _, f := range c.Funcs {
		r |= p.Effects(f).Hands
	}
	for _, fn := range c.Named {
		for _, role := range Roles(fn) {
			if role.Verb == "stopsby" {
				r |= started(Roles(fn))
			}
		}
		if fact := p.factOf(fn); fact != nil {
			r |= fact.Hands
		}
	}
	return r
}
