package profilestop

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// maxRelated bounds the ends that one finding names.
const maxRelated = 4

// lossKey names a finding: where something starts, and how it is lost.
type lossKey struct {
	start    token.Pos
	resource lifecycle.Resource
	end      lifecycle.EndKind
}

// loss is a start with the ends that lose it.
type loss struct {
	lossKey
	call    *lifecycle.Call
	related []analysis.RelatedInformation
	message string // overrides the usual one
}

func (c *checker) loss(s *lifecycle.Start, end lifecycle.EndKind) *loss {
	key := lossKey{s.Call.Pos(), s.Resource, end}
	l := c.losses[key]
	if l == nil {
		l = &loss{lossKey: key, call: s.Call}
		c.losses[key] = l
		c.order = append(c.order, l)
	}
	return l
}

// add tells the end call of a loss, and the place from which it is reached.
func (l *loss) add(c *checker, via *lifecycle.Call, end lifecycle.EndKind) {
	chain := c.chain(via, end)
	deep := chain[len(chain)-1]
	text := [...]string{lifecycle.Replaced: "the process is replaced here without a stop", lifecycle.Exited: "the process exits here, deferred calls do not run"}[end]
	if l.relate(report.Related(deep, text)) && deep != via {
		l.relate(report.Related(via, "which is reached from here"))
	}
}

// relate adds r unless there are enough, or one at the same place.
func (l *loss) relate(r analysis.RelatedInformation) bool {
	if len(l.related) >= maxRelated {
		return false
	}
	for _, have := range l.related {
		if have.Pos == r.Pos {
			return false
		}
	}
	l.related = append(l.related, r)
	return true
}

// chain follows a call that ends the process to the call in this package that
// does it, which comes last.
func (c *checker) chain(call *lifecycle.Call, end lifecycle.EndKind) []*lifecycle.Call {
	list := []*lifecycle.Call{call}
	seen := map[*lifecycle.Call]bool{call: true}
	for {
		via := c.next(list[len(list)-1], end)
		if via == nil || seen[via] {
			return list
		}
		seen[via] = true
		list = append(list, via)
	}
}

// next returns the call by which a callee of call, or a function that call
// passes on, ends the process; nil when it is call itself.
func (c *checker) next(call *lifecycle.Call, end lifecycle.EndKind) *lifecycle.Call {
	for _, f := range call.Funcs {
		if via := c.pkg.Effects(f).Ends[end].Via; via != nil {
			return via
		}
	}
	for _, arg := range call.Expr.Args {
		if t := c.pass.TypesInfo.TypeOf(arg); t == nil || !isFunc(t) {
			continue
		}
		funcs, _ := c.pkg.ValuesOf(arg)
		for _, f := range funcs {
			if via := c.pkg.Effects(f).Ends[end].Via; via != nil {
				return via
			}
		}
	}
	return nil
}

func isFunc(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// receiver returns the named type that f is a method of, or nil.
func receiver(f *lifecycle.Func) *types.TypeName {
	if f.Obj == nil || f.Obj.Signature().Recv() == nil {
		return nil
	}
	t := f.Obj.Signature().Recv().Type()
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj()
	}
	return nil
}

// report reports one loss. A trace that ends with the process is told like a
// profile: both files are cut.
func (c *checker) report(l *loss) {
	f := report.Finding{Node: l.call, Related: l.related}
	switch {
	case l.resource == lifecycle.Trace && l.end == lifecycle.Replaced:
		f.Kind, f.Message = "trace", "execution trace is cut when the process is replaced"
	case l.resource == lifecycle.Trace:
		f.Kind, f.Message = "exit", "execution trace is cut when the process exits without a stop"
	case l.end == lifecycle.Replaced:
		f.Kind, f.Message = "exec", "cpu profile is lost and its timer outlives the replaced process"
	default:
		f.Kind, f.Message = "exit", "cpu profile is lost when the process exits without a stop"
	}
	if l.message != "" && len(l.related) == 0 {
		f.Message = l.message
	}
	if l.end == lifecycle.Replaced {
		f.Fixes = c.stopBefore(l)
	}
	c.rep.Report(f)
}
