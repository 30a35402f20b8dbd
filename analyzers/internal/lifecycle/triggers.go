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
