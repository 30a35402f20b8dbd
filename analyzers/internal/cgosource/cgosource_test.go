package cgosource_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/corpus"
)

// asProcessed loads a folder as the go command shows it to analyzers, with the
// files that cmd/cgo made.
func asProcessed(t *testing.T, dir string) *analysis.Pass {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedName | packages.NeedImports | packages.NeedExportFile,
		Dir:  dir,
	}, ".")
	if err != nil {
		t.Fatal(err)
	}
	pkg := pkgs[0]
	if len(pkg.Errors) > 0 {
		t.Fatal(pkg.Errors)
	}
	return &analysis.Pass{Fset: pkg.Fset, Files: pkg.Syntax, Pkg: pkg.Types, TypesInfo: pkg.TypesInfo}
}

// asWritten loads a folder as editors show it, without what cmd/cgo makes.
func asWritten(t *testing.T, dir string) *analysis.Pass {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Defs: make(map[*ast.Ident]types.Object), Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{FakeImportC: true, Importer: importer.Default()}
	pkg, err := conf.Check("main", fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	return &analysis.Pass{Fset: fset, Files: files, Pkg: pkg, TypesInfo: info}
}

// TestBothViews holds that the cgo part of a package is the same in both.
func TestBothViews(t *testing.T) {
	dir := filepath.Join(corpus.Dir(t), "cgoexport", "hazard", "drainpointer")
	for name, load := range map[string]func(*testing.T, string) *analysis.Pass{"processed": asProcessed, "raw": asWritten} {
		t.Run(name, func(t *testing.T) {
			p := cgosource.Load(load(t, dir))
			if p == nil || len(p.Exports) != 1 || p.Exports[0].Name != "onSample" || p.Exports[0].Func.Name() != "onSample" {
				t.Fatalf("exports = %+v, want onSample alone", p)
			}
			if p.Raw() != (name == "raw") {
				t.Errorf("Raw() = %v", p.Raw())
			}
			var called []string
			for _, c := range p.Calls {
				called = append(called, c.Name)
			}
			for _, want := range []string{"sampler_subscribe", "sampler_start"} {
				if !slices.Contains(called, want) {
					t.Errorf("calls = %v, want %s among them", called, want)
				}
			}
			roots := p.C.ThreadRoots()
			if len(roots) != 1 || roots[0].Name != "sample_loop" {
				t.Fatalf("thread roots = %+v, want sample_loop", roots)
			}
			if r := p.C.Reach("sample_loop"); len(r) != 1 || r[0].Entry != "onSample" {
				t.Errorf("sample_loop reaches %+v, want onSample", r)
			}
		})
	}
}

// TestHanded holds that addresses are found behind conversions and behind the
// wrappers that cmd/cgo puts around calls with pointers.
func TestHanded(t *testing.T) {
	dir := writeProgram(t)
	for name, load := range map[string]func(*testing.T, string) *analysis.Pass{"processed": asProcessed, "raw": asWritten} {
		t.Run(name, func(t *testing.T) {
			p := cgosource.Load(load(t, dir))
			calls := p.Handed("goCallback")
			if len(calls) != 1 || calls[0].Name != "install" || calls[0].In == nil || calls[0].In.Name.Name != "main" {
				t.Fatalf("handed by %+v, want install in main", calls)
			}
			if r := p.C.Reach("fire"); len(r) != 1 || r[0].Entry != "goCallback" {
				t.Errorf("fire reaches %+v, want goCallback", r)
			}
		})
	}
}

// TestPositions holds that positions in preambles and C files are those of the
// files that the user wrote.
func TestPositions(t *testing.T) {
	dir := writeProgram(t)
	pass := asProcessed(t, dir)
	p := cgosource.Load(pass)
	for fn, want := range map[string]string{"install": "main.go:8", "fire": "fire.c:3"} {
		f := p.C.Func(fn)
		if f == nil {
			t.Fatalf("no C function %s", fn)
		}
		at, ok := p.Range(f, f.Off, len(fn))
		if !ok {
			t.Fatalf("no position for %s", fn)
		}
		posn := pass.Fset.Position(at.Pos())
		posn.Column = 0
		posn.Filename = filepath.Base(posn.Filename)
		if posn.String() != want {
			t.Errorf("%s is at %s, want %s", fn, posn, want)
		}
	}
}

// TestRawFile holds that the original of a processed file can be had, with
// positions that are offsets of the original.
func TestRawFile(t *testing.T) {
	dir := writeProgram(t)
	pass := asProcessed(t, dir)
	src, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range pass.Files {
		if !cgosource.ImportsC(pass.Fset, f) || filepath.Base(pass.Fset.Position(f.Package).Filename) != "main.go" {
			continue
		}
		raw, ok := cgosource.RawFile(pass, f)
		if !ok {
			t.Fatal("the original cannot be read")
		}
		for _, decl := range f.Decls {
			fd, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			orig, ok := cgosource.RawDecl(pass, raw, fd)
			if !ok {
				t.Fatalf("no original of %s", fd.Name.Name)
			}
			off := pass.Fset.PositionFor(orig.Pos(), false).Offset
			if !strings.HasPrefix(string(src[off:]), "func "+fd.Name.Name) {
				t.Errorf("offset %d is not at func %s", off, fd.Name.Name)
			}
		}
		if text := cgosource.Preamble(pass.Fset, f); !strings.Contains(text, "static void install(") {
			t.Errorf("preamble = %q", text)
		}
		return
	}
	t.Fatal("main.go is not among the files")
}

// TestUnreadableFolder holds that a folder that is not there costs nothing but
// what its C files would have told.
func TestUnreadableFolder(t *testing.T) {
	dir := writeProgram(t)
	pass := asProcessed(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	p := cgosource.Load(pass)
	if p == nil || p.Export("goCallback") == nil || p.C.Func("install") == nil {
		t.Error("what the Go files say is lost with the folder")
	}
	if p.C.Func("fire") != nil {
		t.Error("a C file was read from a folder that is gone")
	}
}

func TestWithoutExports(t *testing.T) {
	if p := cgosource.Load(&analysis.Pass{Fset: token.NewFileSet()}); p != nil {
		t.Errorf("Load of an empty package = %+v, want nil", p)
	}
}

func writeProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.test\n\ngo 1.26\n",
		"main.go": `package main

/*
typedef void (*callback)(void *, int);

extern callback saved;
void fire(void);
static void install(callback f, void *data) { saved = f; }
void goCallback(void *, int);
*/
import "C"

import "unsafe"

var number C.int

func main() {
	C.install((*[0]byte)(C.goCallback), unsafe.Pointer(&number))
	C.fire()
}
`,
		"export.go":    "package main\n\nimport \"C\"\n\nimport \"unsafe\"\n\n//export goCallback\nfunc goCallback(data unsafe.Pointer, n C.int) {}\n",
		"fire.c":       "typedef void (*callback)(void *, int);\ncallback saved;\nvoid fire(void) { saved(0, 1); }\n",
		"fire_plan9.c": "void fire(void) { elsewhere(); }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
