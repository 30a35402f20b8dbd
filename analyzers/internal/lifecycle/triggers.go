package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// TriggerKind is what a reaction waits for.
type TriggerKind int

// The kinds of triggers.
const (
	Message   TriggerKind = iota // any other channel
	Signal                       // a channel of os.Signal, or a signal context
	FileEvent                    // a channel of file-system events
	Tick                         // a channel of time.Time
)

// Trigger is a receive, and the statements that run in answer to it.
type Trigger struct {
	Kind    TriggerKind
	Recv    ast.Node  // the receive, or the comparison of a received signal
	From    token.Pos // first position of the answer
	To      token.Pos // end of the answer
	Loop    bool      // the receive stands in a loop: the answer runs many times
	Signals []string  // names of the signals that lead here ("SIGHUP"); nil if not known
}

// Pos and End make a Trigger an [analysis.Range].
func (t *Trigger) Pos() token.Pos { return t.Recv.Pos() }

// End is the end of the receive.
func (t *Trigger) End() token.Pos { return t.Recv.End() }

// TriggerAt returns the innermost trigger of f whose answer covers pos, or nil.
func (f *Func) TriggerAt(pos token.Pos) *Trigger {
	var found *Trigger
	for _, t := range f.Triggers { // outermost first
		if t.From <= pos && pos < t.To {
			found = t
		}
	}
	return found
}

// triggerFinder walks one function.
type triggerFinder struct {
	info     *types.Info
	notified *notified
	list     []*Trigger
	loops    []ast.Node
}

func (p *Package) triggersOf(f *Func, signals *notified) []*Trigger {
	w := &triggerFinder{info: p.pass.TypesInfo, notified: signals}
	w.walk(f.Body())
	slices.SortStableFunc(w.list, func(a, b *Trigger) int { return int(a.From - b.From) })
	return w.list
}

func (w *triggerFinder) walk(n ast.Node) {
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt, *ast.RangeStmt:
			if m == n {
				return true // entered below
			}
			if r, ok := m.(*ast.RangeStmt); ok && chanElem(w.info.TypeOf(r.X)) != nil {
				w.add(r.X, r.X, r.Body.Lbrace, r.Body.End(), true)
			}
			w.loops = append(w.loops, m)
			w.walk(m)
			w.loops = w.loops[:len(w.loops)-1]
			return false
		case *ast.CommClause:
			if recv := received(m.Comm); recv != nil {
				w.add(recv, recv.X, m.Colon, m.End(), len(w.loops) > 0)
			}
		case *ast.BlockStmt:
			w.statements(m.List, m.End())
		case *ast.CaseClause:
			w.statements(m.Body, m.End())
		case *ast.SwitchStmt:
			w.switchOnSignal(m)
		case *ast.IfStmt:
			if name, ok := w.equalsSignal(m.Cond); ok {
				w.list = append(w.list, &Trigger{Kind: Signal, Recv: m.Cond, From: m.Body.Lbrace, To: m.Body.End(), Loop: len(w.loops) > 0, Signals: []string{name}})
			}
		}
		return true
	})
}

// statements adds the receives that stand as statements in a list: what follows
// them answers.
func (w *triggerFinder) statements(list []ast.Stmt, end token.Pos) {
	for _, s := range list {
		if recv := received(s); recv != nil {
			w.add(recv, recv.X, s.End(), end, len(w.loops) > 0)
		}
	}
}

// received returns the receive that a simple statement consists of, or nil.
func received(s ast.Stmt) *ast.UnaryExpr {
	var e ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		if len(s.Rhs) == 1 {
			e = s.Rhs[0]
		}
	}
	if e == nil {
		return nil
	}
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		return u
	}
	return nil
}

func (w *triggerFinder) add(recv ast.Node, ch ast.Expr, from, to token.Pos, loop bool) {
	t := &Trigger{Recv: recv, From: from, To: to, Loop: loop}
	switch elem := chanElem(w.info.TypeOf(ch)); {
	case elem == nil:
		return
	case isNamed(elem, "os", "Signal"):
		t.Kind, t.Signals = Signal, w.notified.of(ObjectOf(w.info, ch))
	case isNamed(elem, "time", "Time"):
		t.Kind = Tick
	case isNamed(elem, "github.com/fsnotify/fsnotify", "Event"):
		t.Kind = FileEvent
	default:
		if names, ok := w.notified.context(w.info, ch); ok {
			t.Kind, t.Signals = Signal, names
		}
	}
	w.list = append(w.list, t)
}

// switchOnSignal adds the cases of a switch over a received signal.
func (w *triggerFinder) switchOnSignal(s *ast.SwitchStmt) {
	if s.Tag == nil || !isNamed(w.info.TypeOf(s.Tag), "os", "Signal") {
		return
	}
	if recv, ok := ast.Unparen(s.Tag).(*ast.UnaryExpr); ok && recv.Op == token.ARROW {
		// The default clause, and the cases of signals without a known name.
		w.add(recv, recv.X, s.Body.Lbrace, s.Body.End(), len(w.loops) > 0)
	}
	for _, stmt := range s.Body.List {
		clause := stmt.(*ast.CaseClause)
		var names []string
		for _, e := range clause.List {
			if name, ok := SignalName(w.info, e); ok {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			w.list = append(w.list, &Trigger{Kind: Signal, Recv: clause.List[0], From: clause.Colon, To: clause.End(), Loop: len(w.loops) > 0, Signals: names})
		}
	}
}

// equalsSignal reports whether cond compares an os.Signal with a named signal.
func (w *triggerFinder) equalsSignal(cond ast.Expr) (name string, ok bool) {
	b, isBinary := ast.Unparen(cond).(*ast.BinaryExpr)
	if !isBinary || b.Op != token.EQL || !isNamed(w.info.TypeOf(b.X), "os", "Signal") {
		return "", false
	}
	return SignalName(w.info, b.Y)
}

// SignalName returns the name of the signal that e denotes, such as "SIGHUP";
// os.Interrupt and os.Kill count as the signals they stand for.
func SignalName(info *types.Info, e ast.Expr) (string, bool) {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	case *ast.CallExpr: // a conversion such as os.Signal(syscall.SIGHUP)
		if tv := info.Types[e.Fun]; tv.IsType() && len(e.Args) == 1 {
			return SignalName(info, e.Args[0])
		}
	}
	if id == nil {
		return "", false
	}
	obj := info.ObjectOf(id)
	if obj == nil || obj.Pkg() == nil {
		return "", false
	}
	switch obj.Pkg().Path() {
	case "os":
		switch obj.Name() {
		case "Interrupt":
			return "SIGINT", true
		case "Kill":
			return "SIGKILL", true
		}
	case "syscall", "golang.org/x/sys/unix", "golang.org/x/sys/windows":
		if isNamed(obj.Type(), "syscall", "Signal") {
			return obj.Name(), true
		}
	}
	return "", false
}

// Signals returns the names of all signals that the package asks for.
func (p *Package) Signals() []string {
	p.Funcs()
	return p.signals.all
}

// NotifyOf returns the call of signal.Notify or NotifyContext that asks for the
// named signal, or nil.
func (p *Package) NotifyOf(name string) *Call {
	p.Funcs()
	return p.signals.calls[name]
}

// notified tells which signals a channel or context of the package gets.
type notified struct {
	byChan map[types.Object][]string
	byCtx  map[types.Object][]string
	calls  map[string]*Call // a call that asks for the signal
	all    []string         // every signal that any channel gets
}

// notified collects the calls of signal.Notify and signal.NotifyContext.
func (p *Package) notified() *notified {
	n := &notified{byChan: make(map[types.Object][]string), byCtx: make(map[types.Object][]string), calls: make(map[string]*Call)}
	for _, f := range p.funcs {
		for _, c := range f.Calls {
			if c.Static == nil || c.Static.Pkg() == nil || c.Static.Pkg().Path() != "os/signal" || len(c.Expr.Args) == 0 {
				continue
			}
			var names []string
			for _, arg := range c.Expr.Args[1:] {
				if name, ok := SignalName(p.pass.TypesInfo, arg); ok {
					names = append(names, name)
				}
			}
			switch c.Static.Name() {
			case "Notify":
				if obj := ObjectOf(p.pass.TypesInfo, c.Expr.Args[0]); obj != nil {
					n.byChan[obj] = append(n.byChan[obj], names...)
				}
			case "NotifyContext":
				if obj := p.assignedTo(f, c.Expr); obj != nil {
					n.byCtx[obj] = append(n.byCtx[obj], names...)
				}
			default:
				continue
			}
			n.all = append(n.all, names...)
			for _, name := range names {
				n.calls[name] = c
			}
		}
	}
	return n
}

// assignedTo returns the variable that takes the first result of call in f.
func (p *Package) assignedTo(f *Func, call *ast.CallExpr) types.Object {
	var obj types.Object
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Rhs) == 1 && ast.Unparen(a.Rhs[0]) == call {
			obj = ObjectOf(p.pass.TypesInfo, a.Lhs[0])
		}
		return obj == nil
	})
	return obj
}

// of returns the signals of the channel obj; those of the whole package when
// nothing is known of obj itself, as when it came through a parameter.
func (n *notified) of(obj types.Object) []string {
	if names, ok := n.byChan[obj]; ok {
		return names
	}
	return n.all
}

// context returns the signals of the context whose Done channel ch is.
func (n *notified) context(info *types.Info, ch ast.Expr) ([]string, bool) {
	call, ok := ast.Unparen(ch).(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Done" {
		return nil, false
	}
	names, ok := n.byCtx[ObjectOf(info, sel.X)]
	return names, ok
}

func chanElem(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	if ch, ok := t.Underlying().(*types.Chan); ok {
		return ch.Elem()
	}
	return nil
}

// isNamed reports whether t is the named type path.name.
func isNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	obj := named.Obj()
	return obj.Name() == name && obj.Pkg() != nil && obj.Pkg().Path() == path
}
