package cli

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/hotvet/hotvet/cmd/internal/unit"
)

// goPackages runs the analyzers in this process on what go/packages loads, from
// GOPACKAGESDRIVER if there is one. Nothing is cached.
func (inv *invocation) goPackages(opt *checkOptions, patterns []string) (*loaded, error) {
	spin := inv.spin("go/packages")
	defer spin.done()
	list, err := packages.Load(&packages.Config{
		Mode:       packages.LoadAllSyntax | packages.NeedModule,
		Context:    inv.ctx,
		Dir:        opt.dir,
		Env:        slices.Concat(inv.env, opt.env, []string{"PWD=" + opt.dir}),
		BuildFlags: opt.buildFlags(),
		Tests:      true,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	list = withoutTwins(list)
	res := new(loaded)
	packages.Visit(list, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			res.errors = append(res.errors, e.Error())
		}
	})
	res.errors = unique(res.errors)
	if len(list) == 0 {
		res.errors = append(res.errors, "no packages to check")
		return res, nil
	}
	analyzers := inv.program.analyzers()
	guard(analyzers)
	graph, err := checker.Analyze(analyzers, list, nil)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if !p.IllTyped {
			res.trees = append(res.trees, unit.Tree{p.ID: {}})
			spin.step()
		}
	}
	for _, act := range graph.Roots {
		if !act.Package.IllTyped { // its errors are among the messages already
			res.trees = append(res.trees, opt.tree(act))
		}
	}
	return res, nil
}

// tree returns what one analyzer said about one package, as the go command
// would pass it on.
func (opt *checkOptions) tree(act *checker.Action) unit.Tree {
	fset := act.Package.Fset
	diags := slices.DeleteFunc(slices.Clone(act.Diagnostics), func(d analysis.Diagnostic) bool {
		return !opt.tests && strings.HasSuffix(fset.Position(d.Pos).Filename, "_test.go")
	})
	for i, d := range diags {
		diags[i] = unit.SafeFixes(fset, d)
	}
	t := make(unit.Tree)
	t.Add(fset, act.Package.ID, act.Analyzer.Name, diags, act.Err)
	return t
}

// withoutTwins drops the synthetic mains of tests, and packages whose test
// variant, which has all their files, is in the list too.
func withoutTwins(list []*packages.Package) []*packages.Package {
	variant := make(map[string]bool)
	for _, p := range list {
		if path, _, ok := strings.Cut(p.ID, " ["); ok {
			variant[path] = true
		}
	}
	return slices.DeleteFunc(list, func(p *packages.Package) bool {
		return variant[p.ID] || strings.HasSuffix(p.ID, ".test") && p.Name == "main" || len(p.CompiledGoFiles) == 0 && len(p.Errors) == 0
	})
}

// guard makes a panic of an analyzer an error of its package. The checker calls
// Run on goroutines of its own, so that nothing else can catch it.
func guard(list []*analysis.Analyzer) {
	seen := make(map[*analysis.Analyzer]bool)
	var visit func(*analysis.Analyzer)
	visit = func(a *analysis.Analyzer) {
		if seen[a] {
			return
		}
		seen[a] = true
		run := a.Run
		a.Run = func(pass *analysis.Pass) (result any, err error) {
			defer func() {
				if v := recover(); v != nil {
					err = fmt.Errorf("analyzer %s panicked on package %s: %v\n%s", a.Name, pass.Pkg.Path(), v, debug.Stack())
				}
			}()
			return run(pass)
		}
		for _, req := range a.Requires {
			visit(req)
		}
	}
	for _, a := range list {
		visit(a)
	}
}
