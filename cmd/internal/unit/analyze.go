package unit

import (
	"encoding/gob"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/gcexportdata"
)

// A result is what the analyzers say about one package.
type result struct {
	tree Tree
}

// analyze parses, type-checks and analyzes a package, and writes its facts.
func (t *Tool) analyze(cfg *Config, opt *options) (*result, error) {
	p, err := load(cfg)
	if err != nil {
		return nil, err
	}
	r := &runner{cfg: cfg, unit: p, actions: make(map[*analysis.Analyzer]*action)}
	if r.facts, err = newFactStore(p.pkg, cfg.PackageVetx); err != nil {
		return nil, err
	}
	roots := slices.DeleteFunc(slices.Clone(t.Analyzers), func(a *analysis.Analyzer) bool {
		// Everything has to be registered: facts of a disabled analyzer may
		// stand in the files of imports.
		usesFacts := r.plan(a)
		return cfg.VetxOnly && !usesFacts
	})
	if !cfg.VetxOnly {
		for _, a := range t.Extra {
			r.plan(a)
		}
		roots = opt.choose(roots, t.Extra)
	}
	r.execAll(roots)

	// The package is in the tree without findings too: it has been analyzed.
	res := &result{tree: Tree{cfg.ID: {}}}
	for _, a := range roots {
		act := r.actions[a]
		if cfg.VetxOnly && act.err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, act.err)
		}
		diags := act.diagnostics
		if !opt.tests {
			diags = slices.DeleteFunc(diags, func(d analysis.Diagnostic) bool {
				return isTest(p.fset.Position(d.Pos).Filename)
			})
		}
		res.tree.Add(p.fset, cfg.ID, a.Name, diags, act.err)
	}
	return res, r.facts.write(cfg.VetxOutput, t.Shortcut.isHome(cfg.ImportPath))
}

// choose returns the analyzers that the flags leave: those named, if any is;
// else all but those named with =false. Of the extra ones, those named count.
func (opt *options) choose(list, extra []*analysis.Analyzer) []*analysis.Analyzer {
	positive := false
	for _, a := range list {
		positive = positive || opt.enabled[a.Name]
	}
	chosen := slices.DeleteFunc(slices.Clone(list), func(a *analysis.Analyzer) bool {
		on, set := opt.enabled[a.Name]
		return positive && !on || set && !on
	})
	for _, a := range extra {
		if opt.enabled[a.Name] {
			chosen = append(chosen, a)
		}
	}
	return chosen
}

// A checked is a type-checked package.
type checked struct {
	fset  *token.FileSet
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
	sizes types.Sizes
}

func load(cfg *Config) (*checked, error) {
	p := &checked{fset: token.NewFileSet(), sizes: types.SizesFor("gc", build.Default.GOARCH)}
	for _, name := range cfg.GoFiles {
		f, err := parser.ParseFile(p.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	p.info = &types.Info{
		Types:        make(map[ast.Expr]types.TypeAndValue),
		Defs:         make(map[*ast.Ident]types.Object),
		Uses:         make(map[*ast.Ident]types.Object),
		Implicits:    make(map[ast.Node]types.Object),
		Instances:    make(map[*ast.Ident]types.Instance),
		Scopes:       make(map[ast.Node]*types.Scope),
		Selections:   make(map[*ast.SelectorExpr]*types.Selection),
		FileVersions: make(map[*ast.File]string),
	}
	conf := &types.Config{
		Importer:  &exportImporter{cfg: cfg, fset: p.fset, imports: make(map[string]*types.Package)},
		Sizes:     p.sizes,
		GoVersion: cfg.GoVersion,
	}
	var list []error
	conf.Error = func(err error) {
		if len(list) < maxErrors {
			list = append(list, err)
		}
	}
	p.pkg, _ = conf.Check(cfg.ImportPath, p.fset, p.files, p.info)
	return p, errors.Join(list...)
}

// maxErrors is how many type errors of a package are told; more help nobody.
const maxErrors = 10

// An exportImporter reads the types of imports from the compiler's output.
type exportImporter struct {
	cfg     *Config
	fset    *token.FileSet
	imports map[string]*types.Package
}

func (imp *exportImporter) Import(importPath string) (*types.Package, error) {
	path, ok := imp.cfg.ImportMap[importPath]
	switch {
	case !ok:
		return nil, fmt.Errorf("cannot resolve import %q", importPath)
	case path == "unsafe":
		return types.Unsafe, nil
	}
	if pkg, ok := imp.imports[path]; ok && pkg.Complete() {
		return pkg, nil
	}
	name, ok := imp.cfg.PackageFile[path]
	if !ok {
		return nil, fmt.Errorf("the go command gives no export data of %q, as Go 1.26 does", path)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("export data of %q: %w", path, err)
	}
	return gcexportdata.Read(r, imp.fset, imp.imports, path)
}

// An action is one analyzer run on the package.
type action struct {
	once        sync.Once
	usesFacts   bool // itself or by what it requires
	result      any
	err         error
	diagnostics []analysis.Diagnostic
}

type runner struct {
	cfg     *Config
	unit    *checked
	facts   *factStore
	actions map[*analysis.Analyzer]*action
}

// plan creates the actions of a and what it requires and registers their facts.
func (r *runner) plan(a *analysis.Analyzer) (usesFacts bool) {
	if act, ok := r.actions[a]; ok {
		return act.usesFacts
	}
	act := new(action)
	r.actions[a] = act
	for _, f := range a.FactTypes {
		gob.Register(f)
		act.usesFacts = true
	}
	for _, req := range a.Requires {
		if r.plan(req) {
			act.usesFacts = true
		}
	}
	return act.usesFacts
}

func (r *runner) execAll(list []*analysis.Analyzer) {
	var wg sync.WaitGroup
	for _, a := range list {
		wg.Go(func() { r.exec(a) })
	}
	wg.Wait()
}

func (r *runner) exec(a *analysis.Analyzer) *action {
	act := r.actions[a]
	act.once.Do(func() {
		r.execAll(a.Requires)
		inputs := make(map[*analysis.Analyzer]any)
		for _, req := range a.Requires {
			if err := r.actions[req].err; err != nil {
				act.err = fmt.Errorf("%s: %w", req.Name, err)
				return
			}
			inputs[req] = r.actions[req].result
		}
		pass := r.pass(a, act, inputs)
		act.result, act.err = run(a, pass)
		if act.err == nil && act.result != nil && reflect.TypeOf(act.result) != a.ResultType {
			act.err = fmt.Errorf("result is %T, not %v", act.result, a.ResultType)
		}
	})
	return act
}

// run turns a panic into an error: one broken analyzer must not hide what the
// others found, and is no finding either.
func run(a *analysis.Analyzer, pass *analysis.Pass) (result any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("analyzer %s panicked on package %s: %v\n%s", a.Name, pass.Pkg.Path(), v, debug.Stack())
		}
	}()
	return a.Run(pass)
}

func (r *runner) pass(a *analysis.Analyzer, act *action, inputs map[*analysis.Analyzer]any) *analysis.Pass {
	module := r.cfg.Module
	if module == nil && r.cfg.ModulePath != "" {
		module = &analysis.Module{Path: r.cfg.ModulePath, Version: r.cfg.ModuleVersion, GoVersion: r.cfg.GoVersion}
	}
	return &analysis.Pass{
		Analyzer:          a,
		Fset:              r.unit.fset,
		Files:             r.unit.files,
		OtherFiles:        r.cfg.NonGoFiles,
		IgnoredFiles:      r.cfg.IgnoredFiles,
		Pkg:               r.unit.pkg,
		TypesInfo:         r.unit.info,
		TypesSizes:        r.unit.sizes,
		ResultOf:          inputs,
		Module:            module,
		ReadFile:          r.readFile,
		Report:            func(d analysis.Diagnostic) { act.diagnostics = append(act.diagnostics, SafeFixes(r.unit.fset, d)) },
		ImportObjectFact:  r.facts.importObject,
		ExportObjectFact:  r.facts.exportObject,
		ImportPackageFact: func(pkg *types.Package, f analysis.Fact) bool { return r.facts.get(pkg, nil, f) },
		ExportPackageFact: func(f analysis.Fact) { r.facts.set(nil, f) },
		AllObjectFacts:    func() []analysis.ObjectFact { return r.facts.allObjects(a.FactTypes) },
		AllPackageFacts:   func() []analysis.PackageFact { return r.facts.allPackages(a.FactTypes) },
	}
}

// readFile reads a file of the package, and no other, so that the go command
// knows all that a result depends on.
func (r *runner) readFile(name string) ([]byte, error) {
	name = filepath.Clean(name)
	for _, list := range [][]string{r.cfg.GoFiles, r.cfg.NonGoFiles, r.cfg.IgnoredFiles} {
		for _, f := range list {
			if filepath.Clean(f) == name {
				return os.ReadFile(name)
			}
		}
	}
	return nil, fmt.Errorf("%s is not a file of package %s", name, r.cfg.ImportPath)
}
