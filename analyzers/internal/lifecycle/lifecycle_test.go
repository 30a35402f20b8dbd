package lifecycle

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"
)

// exports finds the export data of the standard packages that tests import.
var exports = sync.OnceValues(func() (map[string]string, error) {
	cfg := &packages.Config{Mode: packages.NeedName | packages.NeedExportFile | packages.NeedImports | packages.NeedDeps}
	roots, err := packages.Load(cfg, "os", "os/signal", "syscall", "context", "sync", "time", "net/http", "runtime/pprof", "slices")
	files := make(map[string]string)
	packages.Visit(roots, nil, func(p *packages.Package) { files[p.PkgPath] = p.ExportFile })
	return files, err
})

// analyze runs the engine over one file of source, which needs no import facts.
func analyze(t testing.TB, src string) *Package {
	t.Helper()
	files, err := exports()
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "main.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})}
	info := &types.Info{
		Types: make(map[ast.Expr]types.TypeAndValue), Defs: make(map[*ast.Ident]types.Object),
		Uses: make(map[*ast.Ident]types.Object), Selections: make(map[*ast.SelectorExpr]*types.Selection),
		Implicits: make(map[ast.Node]types.Object), Instances: make(map[*ast.Ident]types.Instance),
		Scopes: make(map[ast.Node]*types.Scope),
	}
	pkg, err := conf.Check("example.test/main", fset, []*ast.File{file}, info)
	if err != nil {
		t.Fatal(err)
	}
	result, err := run(&analysis.Pass{
		Analyzer: Analyzer, Fset: fset, Files: []*ast.File{file}, Pkg: pkg, TypesInfo: info,
		ImportObjectFact:  func(types.Object, analysis.Fact) bool { return false },
		ExportObjectFact:  func(types.Object, analysis.Fact) {},
		ExportPackageFact: func(analysis.Fact) {},
		AllObjectFacts:    func() []analysis.ObjectFact { return nil },
		AllPackageFacts:   func() []analysis.PackageFact { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return result.(*Package)
}

// contextsOf tells the contexts of the declared function name, sorted.
func contextsOf(p *Package, name string) string {
	kinds := [...]string{"main", "init", "goroutine", "handler", "reload", "exported", "callback"}
	triggers := [...]string{"message", "signal", "file event", "tick"}
	var words []string
	for _, f := range p.Funcs() {
		if f.Obj == nil || f.Obj.Name() != name {
			continue
		}
		for _, c := range p.Contexts(f) {
			word := kinds[c.Root.Kind]
			if c.Root.Many {
				word += "s"
			}
			if c.Trigger != nil {
				word += " on " + triggers[c.Trigger.Kind]
				if len(c.Trigger.Signals) > 0 {
					word += " " + strings.Join(c.Trigger.Signals, ",")
				}
			}
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), "; ")
}

const header = `package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"
)

var _ = context.Background
var _ = http.StatusOK
var _ = os.Exit
var _ = signal.Notify
var _ = slices.Sort[[]int]
var _ sync.Mutex
var _ = syscall.SIGHUP
var _ = time.Second

func target() {}

`

// TestContexts asks how target comes to run.
func TestContexts(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"called", `func main() { step() }; func step() { target() }`, "main"},
		{"uncalled", `func main() {}`, "callback"},
		{"goroutine", `func main() { go target() }`, "goroutine"},
		{"goroutines in a loop", `func main() { for range 3 { go func() { target() }() } }`, "goroutines"},
		{"method value", `type s struct{}
			func (s) run() { target() }
			func main() { f := s{}.run; go f() }`, "goroutine"},
		{"handler", `func main() { http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { target() }) }`, "handlers"},
		{"handler method", `type s struct{}
			func (s *s) ServeHTTP(w http.ResponseWriter, r *http.Request) { target() }
			func main() { http.Handle("/", &s{}) }`, "handlers"},
		{"called by a known function", `func main() { slices.IndexFunc([]int{1}, func(int) bool { target(); return true }) }`, "main"},
		{"wait group", `func main() { var g sync.WaitGroup; g.Go(target); g.Wait() }`, "goroutine"},
		{"once", `var once sync.Once
			func main() { once.Do(target) }`, "main"},
		{"after a signal", `func main() {
				c := make(chan os.Signal, 1)
				signal.Notify(c, syscall.SIGHUP)
				<-c
				target()
			}`, "main on signal SIGHUP"},
		{"one case of a switch over signals", `func main() {
				c := make(chan os.Signal, 1)
				signal.Notify(c, syscall.SIGHUP, syscall.SIGUSR2, syscall.SIGTERM)
				for s := range c {
					switch s {
					case syscall.SIGTERM:
						return
					case syscall.SIGHUP, syscall.SIGUSR2:
						target()
					}
				}
			}`, "main on signal SIGHUP,SIGUSR2"},
		{"if on a signal", `func main() {
				c := make(chan os.Signal, 1)
				signal.Notify(c, os.Interrupt, syscall.SIGUSR1)
				if s := <-c; s == syscall.SIGUSR1 { target() }
			}`, "main on signal SIGUSR1"},
		{"signal context", `func main() {
				ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
				defer stop()
				go func() { <-ctx.Done(); target() }()
			}`, "goroutine on signal SIGINT"},
		{"ticker in a select", `func main() {
				tick := time.NewTicker(time.Second)
				quit := make(chan bool)
				for {
					select {
					case <-tick.C:
						target()
					case <-quit:
						return
					}
				}
			}`, "main on tick"},
		{"channel of work", `func main() {
				work := make(chan int)
				go func() { for range work { target() } }()
			}`, "goroutine on message"},
		{"table of functions", `type row struct { name string; run func() }
			var table = []row{{"a", nil}, {name: "b", run: target}}
			func main() { for _, r := range table { r.run() } }`, "main"},
		{"map of functions", `var table = map[os.Signal]func(){syscall.SIGHUP: target}
			func main() { table[syscall.SIGHUP]() }`, "main"},
		{"channel of functions", `func main() {
				c := make(chan func(), 1)
				c <- target
				f := <-c
				f()
			}`, "main on message"},
		{"returned function", `func make1() func() { return target }
			func main() { make1()() }`, "main"},
		{"parameter", `func apply(f func()) { f() }
			func main() { apply(target) }`, "main"},
		{"variadic parameter", `func apply(list ...func()) { for _, f := range list { f() } }
			func main() { apply(nil, target) }`, "main"},
		{"generic function", `func apply[T any](x T, f func(T)) { f(x) }
			func main() { apply(1, func(int) { target() }) }`, "main"},
		{"one implementation", `type doer interface{ do() }
			type a struct{}
			func (*a) do() { target() }
			func main() { var d doer = &a{}; d.do() }`, "main"},
		{"two implementations", `type doer interface{ do() }
			type a struct{}
			func (a) do() { target() }
			type b struct{}
			func (b) do() {}
			func main() { var d doer = a{}; d.do() }`, "callback"},
		{"deferred", `func main() { defer target() }`, "main"},
		{"init", `func init() { target() }
			func main() {}`, "init"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := contextsOf(analyze(t, header+test.src), "target"); got != test.want {
				t.Errorf("target runs under %q, want %q", got, test.want)
			}
		})
	}
}

// valuesOf tells the functions that the first argument of probe may hold.
func valuesOf(p *Package) string {
	var names []string
	for _, f := range p.Funcs() {
		for _, c := range f.Calls {
			if c.Static == nil || c.Static.Name() != "probe" {
				continue
			}
			funcs, named := p.ValuesOf(c.Expr.Args[0])
			for _, g := range funcs {
				names = append(names, g.String())
			}
			for _, fn := range named {
				names = append(names, fn.FullName())
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestValues(t *testing.T) {
	const decls = header + "func probe(func()) {}\nfunc a() {}\nfunc b() {}\nfunc c() {}\n"
	tests := []struct{ name, src, want string }{
		{"all assignments", `func main() { f := a; if len(os.Args) > 1 { f = b }; probe(f) }`, "a b"},
		{"another package's", `var f = time.Now().Local; func main() { probe(func() { f() }); _ = sync.OnceFunc }`, "func literal"},
		{"cycle of variables", `var f, g, h func()
			func main() { f = g; g = h; h = f; h = a; probe(f); probe2(g) }
			func probe2(func()) {}`, "a"},
		{"cycle entered elsewhere", `var f, g, h func()
			func main() { g = h; h = g; h = b; g = a; f = g; probe2(h); probe(f) }
			func probe2(func()) {}`, "a b"},
		{"recursive result", `func next(n int) func() { if n == 0 { return c }; return next(n-1) }
			func main() { probe(next(3)) }`, "c"},
		{"second result", `func two() (func(), func()) { return a, b }
			func main() { _, f := two(); probe(f) }`, "b"},
		{"named result", `func one() (f func()) { f = b; return }
			func main() { probe(one()) }`, "b"},
		{"field of a generic type", `type box[T any] struct{ f func() }
			func main() { x := box[int]{f: a}; y := &box[string]{}; y.f = b; probe(x.f) }`, "a b"},
		{"appended", `func main() { var list []func(); list = append(list, a, b); probe(list[0]) }`, "a b"},
		{"slice of a slice", `func main() { x := []func(){a}; y := append(x, c); for _, f := range y { probe(f) } }`, "a c"},
		{"conversion", `type hook func()
			func main() { h := hook(a); probe(func() { h() }); probe2(h) }
			func probe2(hook) {}`, "func literal"},
		{"struct that embeds the interface", `type doer interface{ do() }
			type wrap struct{ doer }
			func main() { var d doer = wrap{}; probe(d.do) }`, "(example.test/main.doer).do"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := valuesOf(analyze(t, decls+test.src)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Values that refer to each other many times over must not multiply.
func TestValuesAreLinear(t *testing.T) {
	var src strings.Builder
	src.WriteString(header + "func probe(func()) {}\nfunc main() { probe(v0()) }\n")
	const depth = 400
	for i := range depth {
		fmt.Fprintf(&src, "var w%d = []func(){w%d[0], w%d[1], v%d()}\n", i, i+1, i+1, i+1)
		fmt.Fprintf(&src, "func v%d() func() { if len(os.Args) > 1 { return w%d[0] }; if len(os.Args) > 2 { return v%d() }; return v%d() }\n", i, i, i+1, i+1)
	}
	fmt.Fprintf(&src, "var w%d []func()\nfunc v%d() func() { return target }\n", depth, depth)
	if got := valuesOf(analyze(t, src.String())); got != "target" {
		t.Errorf("got %q, want target", got)
	}
}

// Analyzers that require the engine run at the same time on one package; the
// race detector watches this test in the long run of the tests.
func TestConcurrentQueries(t *testing.T) {
	p := analyze(t, header+`
		type row struct{ run func() }
		var table = []row{{func() { target() }}, {stop}}
		func stop() { os.Exit(1) }
		func pick(n int) func() { if n == 0 { return stop }; return pick(n - 1) }
		func main() {
			for _, r := range table { r.run() }
			pick(3)()
			http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { target() })
			go pick(1)()
		}`)
	ask := func() string {
		var b strings.Builder
		for _, f := range p.Funcs() {
			fmt.Fprintln(&b, f, len(p.Contexts(f)), p.Effects(f).Ends[Exited].Reached)
			for _, c := range f.Calls {
				funcs, named := p.ValuesOf(c.Expr.Fun)
				fmt.Fprintln(&b, len(funcs), len(named), p.CallEffects(c).Ends[Exited], p.Runs(c))
			}
		}
		fmt.Fprintln(&b, len(p.Roots()), p.Signals(), p.Catches())
		return b.String()
	}
	answers := make([]string, 8)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = ask() })
	}
	wg.Wait()
	for _, answer := range answers[1:] {
		if answer != answers[0] {
			t.Fatalf("answers differ:\n%s\n%s", answers[0], answer)
		}
	}
}
