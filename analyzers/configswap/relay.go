package configswap

import (
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// A relay is state of an import as a package keeps it: in a field of its own
// objects, or as the import's package state. The calls that replace and read it
// are the accesses, so that a function which only passes a reload on gets a fact
// too.
type relay struct {
	cell *access.Cell
	with conflict // what the import's fact tells of the two
}

// relays returns the state of imports that the package both replaces and reads.
func (c *checker) relays() []relay {
	if len(c.foreign) == 0 {
		return nil
	}
	x := c.crossing()
	var list []relay
	for fn, fact := range c.foreign {
		for _, with := range fact.Conflicts {
			var reads []*access.Access
			for reader, calls := range x.calls {
				if reader.Pkg() == fn.Pkg() && short(reader) == with.Reader {
					reads = append(reads, x.uses(calls, with, access.Read)...)
				}
			}
			if len(reads) == 0 {
				continue
			}
			writes := slices.DeleteFunc(x.uses(x.calls[fn], with, access.Replace), func(w *access.Access) bool {
				return x.told[crossed{fn, w.Cell}] // here, where the reload is
			})
			list = append(list, joined(with, writes, reads)...)
		}
	}
	return list
}

// uses returns the calls as accesses to the objects that they are called on.
func (x *crossing) uses(calls []*lifecycle.Call, with conflict, op access.Op) (list []*access.Access) {
	for _, call := range calls {
		if call.Mode != lifecycle.Plain {
			continue
		}
		if a := x.use(call, with, call.Expr, receiverOf(call.Expr.Fun), op); a != nil {
			list = append(list, a)
		}
	}
	return list
}

// joined returns a relay for each object that is both replaced and read. The
// cells are its own: another conflict over the same object has other accesses.
func joined(with conflict, writes, reads []*access.Access) (list []relay) {
	for _, w := range writes {
		if slices.ContainsFunc(list, func(r relay) bool { return r.cell.Var == w.Cell.Var }) {
			continue
		}
		cell := &access.Cell{Var: w.Cell.Var, Owner: w.Cell.Owner}
		for _, a := range slices.Concat(writes, reads) {
			if a.Cell.Var == cell.Var {
				cell.Accesses = append(cell.Accesses, a)
			}
		}
		if slices.ContainsFunc(cell.Accesses, func(a *access.Access) bool { return a.Op == access.Read }) {
			list = append(list, relay{cell, with})
		}
	}
	return list
}

// passedOn returns the conflict as callers of this package have it: w and r stand
// for calls into an import.
func (with conflict) passedOn(in, out door) conflict {
	with.Reader = short(out.entry.Obj)
	with.Global = in.path == global
	with.Runs = with.Runs || out.runs
	return with
}
