package configswap

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// A door is a function by which callers outside the package come to an access.
type door struct {
	entry *lifecycle.Func
	root  *lifecycle.Root
	path  string // how the object is reached from the receiver of entry, or global
	runs  bool   // the access goes on while and after entry runs
}

// global is the path of state that is the package's own.
const global = "package"

// doors knows the ways from outside to each access.
//
// Method: from each function that callers outside can name, calls are followed
// in the package, with the paths that lead from the receiver to the variables of
// each function on the way. An access counts when its object is reached by such
// a path, or is a variable of the package: two accesses with the same path, by
// methods of one object, are then to the same state.
type doors struct {
	c     *checker
	in    map[*lifecycle.Func][]*access.Access
	roots map[*lifecycle.Func][]*lifecycle.Root // by the function that registers or starts them
	of    map[*access.Access][]door

	root   *lifecycle.Root
	seen   map[step]bool
	visits int
}

// step is one function on the way from an entry.
type step struct {
	f     *lifecycle.Func
	paths string
	how   running
}

// running is how code runs when its entry is called.
type running int

const (
	during  running = iota // before the entry returns
	started                // on a goroutine that the entry starts
	onwards                // again and again, until the service ends
)

// paths maps variables of a function to the paths of what they hold.
type paths map[types.Object]string

// maxVisits bounds the functions that are looked at for one entry; an entry
// from which more is reached is a whole program, not an accessor.
const maxVisits = 100

func newDoors(c *checker, cells []*access.Cell) *doors {
	d := &doors{
		c:     c,
		in:    make(map[*lifecycle.Func][]*access.Access),
		roots: make(map[*lifecycle.Func][]*lifecycle.Root),
		of:    make(map[*access.Access][]door),
	}
	for _, cell := range cells {
		for _, a := range cell.Accesses {
			d.in[a.In] = append(d.in[a.In], a)
		}
	}
	for _, r := range c.life.Roots() {
		if r.In != nil && (r.Kind == lifecycle.Goroutine || r.Kind == lifecycle.Handler) {
			d.roots[r.In] = append(d.roots[r.In], r)
		}
	}
	for _, r := range c.life.Roots() {
		f := r.Entry
		if r.Kind != lifecycle.Exported && r.Kind != lifecycle.Handler || r.In != nil || f.Obj == nil || !f.Obj.Exported() || c.life.InTest(f.Pos()) {
			continue
		}
		d.root, d.seen, d.visits = r, make(map[step]bool), 0
		env := make(paths)
		if recv := f.Decl.Recv; recv != nil {
			for _, name := range recv.List[0].Names {
				env[c.pass.TypesInfo.Defs[name]] = "receiver"
			}
		}
		d.walk(f, env, during)
	}
	return d
}

// walk records the accesses of f and of what it calls.
func (d *doors) walk(f *lifecycle.Func, env paths, how running) {
	s := step{f, env.String(), how}
	if d.seen[s] || d.visits > maxVisits {
		return
	}
	d.seen[s] = true
	d.visits++
	for _, a := range d.in[f] {
		if path, ok := d.pathOf(a, env); ok && d.at(f, a.Node, how) != started {
			d.add(a, door{d.root.Entry, d.root, path, d.at(f, a.Node, how) == onwards})
		}
	}
	for _, call := range f.Calls {
		if call.Mode == lifecycle.Go {
			continue // among the roots
		}
		for _, g := range d.c.life.Runs(call) {
			d.walk(g, d.bind(call.Expr, g, env), d.at(f, call.Expr, how))
		}
	}
	for _, r := range d.roots[f] {
		next := started
		if r.Kind == lifecycle.Handler {
			next = onwards
		}
		if site, ok := r.Site.(*ast.CallExpr); ok {
			d.walk(r.Entry, d.bindRoot(site, r.Entry, env), next)
		}
	}
}

func (d *doors) add(a *access.Access, way door) {
	if !slices.Contains(d.of[a], way) {
		d.of[a] = append(d.of[a], way)
	}
}

// at returns how the code of f at n runs, when f runs as how says.
func (d *doors) at(f *lifecycle.Func, n ast.Node, how running) running {
	if t := f.TriggerAt(n.Pos()); t != nil && t.Loop {
		if t.Kind == lifecycle.Message {
			return how // who wrote may have sent it, and waits
		}
		return onwards
	}
	if how != started {
		return how
	}
	switch loop := d.c.state.EndlessLoop(f, n.Pos()).(type) {
	case *ast.ForStmt:
		if loop.Cond == nil {
			return onwards
		}
	case *ast.RangeStmt:
		return onwards
	}
	return how
}

// pathOf returns the path of the state that a touches.
func (d *doors) pathOf(a *access.Access, env paths) (string, bool) {
	switch a.Cell.Owner {
	case access.PackageVar:
		return global, true
	case access.Field:
		return d.path(a.Base, env)
	}
	return "", false
}

// path returns the path of what e denotes.
func (d *doors) path(e ast.Expr, env paths) (string, bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		path, ok := env[d.c.pass.TypesInfo.ObjectOf(e)]
		return path, ok
	case *ast.StarExpr:
		return d.path(e.X, env)
	case *ast.UnaryExpr:
		return d.path(e.X, env)
	case *ast.SelectorExpr:
		sel := d.c.pass.TypesInfo.Selections[e]
		if sel == nil || sel.Kind() != types.FieldVal {
			return "", false
		}
		path, ok := d.path(e.X, env)
		return path + "." + e.Sel.Name, ok
	}
	return "", false
}

// bind returns the paths of the variables of g, which call runs in a function
// with the paths env.
func (d *doors) bind(call *ast.CallExpr, g *lifecycle.Func, env paths) paths {
	if g.Lit != nil {
		return env // it sees the variables of the function around it
	}
	next := make(paths)
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		d.bindReceiver(sel, g, env, next)
	}
	i := 0
	for _, field := range g.Type().Params.List {
		for _, name := range field.Names {
			if i < len(call.Args) {
				if path, ok := d.path(call.Args[i], env); ok {
					next[d.c.pass.TypesInfo.Defs[name]] = path
				}
			}
			i++
		}
	}
	return next
}

// bindReceiver sets the path of the receiver of g, selected by sel.
func (d *doors) bindReceiver(sel *ast.SelectorExpr, g *lifecycle.Func, env, next paths) {
	path, ok := d.path(sel.X, env)
	if !ok || g.Decl == nil || g.Decl.Recv == nil {
		return
	}
	for _, name := range g.Decl.Recv.List[0].Names {
		next[d.c.pass.TypesInfo.Defs[name]] = path
	}
}

// bindRoot returns the paths of the variables of g, which site starts or
// registers: it is what a go statement calls, or a method among the arguments.
func (d *doors) bindRoot(site *ast.CallExpr, g *lifecycle.Func, env paths) paths {
	if g.Lit != nil {
		return env
	}
	if call := d.c.life.CallAt(site); call != nil && slices.Contains(call.Funcs, g) {
		return d.bind(site, g, env)
	}
	next := make(paths)
	for _, arg := range site.Args {
		if sel, ok := ast.Unparen(arg).(*ast.SelectorExpr); ok && d.c.pass.TypesInfo.Uses[sel.Sel] == g.Obj {
			d.bindReceiver(sel, g, env, next)
		}
	}
	return next
}

// String is the same for the same paths.
func (p paths) String() string {
	list := make([]string, 0, len(p))
	for obj, path := range p {
		list = append(list, obj.Name()+"="+path)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
