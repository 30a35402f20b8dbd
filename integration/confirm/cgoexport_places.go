package confirm

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// complete returns the findings, and adds to some of cgoexport the related places
// that only a look at the sources tells: where the export is whose calls a restart
// in another package cuts, and where Go has an exit handler of C registered.
func complete(t *build.Target, dir string, findings []*finding.Finding) []*finding.Finding {
	list := slices.Clone(findings)
	for i, f := range list {
		var more []finding.Related
		switch f.Category {
		case "cgoexport/drain":
			more = exportCalled(t, f)
		case "cgoexport/atexit":
			more = registrations(t, dir, f)
		case "cgoexport/signal":
			more = handled(dir, f)
		case "cgoexport/ctor":
			more = namedExport(dir, f)
		}
		if len(more) > 0 {
			g := *f
			g.Related = append(slices.Clone(f.Related), more...)
			list[i] = &g
		}
	}
	return list
}

// calledByThreads is what the analyzer says of the dependency of a restart.
var calledByThreads = regexp.MustCompile(`^(\w+)\.(\w+) is called by threads of C$`)

// exportCalled finds the export of another package of the module by its name.
func exportCalled(t *build.Target, f *finding.Finding) (list []finding.Related) {
	for _, r := range f.Related {
		m := calledByThreads.FindStringSubmatch(r.Message)
		if m == nil {
			continue
		}
		for _, folder := range ownFolders(t) {
			for _, p := range exports(folder, m[1], m[2]) {
				list = append(list, finding.Related{Posn: p, Message: relatedExport})
			}
		}
	}
	if len(list) != 1 {
		return nil // none, or it is not known which
	}
	return list
}

// ownFolders returns the folders of the target's packages in its module.
func ownFolders(t *build.Target) (list []string) {
	for _, p := range t.Packages {
		rel := strings.TrimPrefix(strings.TrimPrefix(p, t.Module), "/")
		list = append(list, filepath.Join(t.ModuleDir, filepath.FromSlash(rel)))
	}
	return list
}

// exports returns the places of the functions exported as name in the package pkg
// in a folder.
func exports(folder, pkg, name string) (list []finding.Position) {
	eachFile(folder, func(fset *token.FileSet, f *ast.File) {
		if f.Name.Name != pkg {
			return
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Doc != nil && fn.Body != nil && fn.Name.Name == name && isExport(fn) {
				list = append(list, position(fset, fn.Name.Pos()))
			}
		}
	})
	return list
}

func isExport(fn *ast.FuncDecl) bool {
	return slices.ContainsFunc(fn.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//export ") })
}

func position(fset *token.FileSet, pos token.Pos) finding.Position {
	p := fset.PositionFor(pos, false)
	return finding.Position{File: p.Filename, Line: p.Line, Column: p.Column}
}

// eachFile parses the Go files of a folder. What does not parse is passed over: the
// build says what is wrong with it.
func eachFile(folder string, visit func(*token.FileSet, *ast.File)) {
	names, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range names {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil && !strings.HasSuffix(name, "_test.go") {
			visit(fset, f)
		}
	}
}

// relatedHandler is what the analyzer says of the call of atexit(3).
const relatedHandler = "the handler is registered here"

// registrations returns where Go calls the function of C that registers the
// handler. There is none when that function may not come to it.
func registrations(t *build.Target, dir string, f *finding.Finding) (list []finding.Related) {
	end := endOf(f, relatedHandler)
	if end < 0 {
		return nil
	}
	file := absolute(dir, f.Related[end].Posn.File)
	name := always(file, f.Related[end].Posn.Line)
	if name == "" {
		return nil
	}
	eachFile(filepath.Dir(file), func(fset *token.FileSet, src *ast.File) {
		ast.Inspect(src, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != name {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "C" {
				list = append(list, finding.Related{Posn: position(fset, sel.Pos()), Message: relatedRegister})
			}
			return true
		})
	})
	return list
}

func absolute(dir, file string) string {
	file = filepath.FromSlash(file)
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	return file
}

var (
	// cFunction is the head of a function of C that begins a line.
	cFunction = regexp.MustCompile(`^[A-Za-z_][\w\s*]*?\b(\w+)\s*\([^;{}]*\)\s*\{?\s*$`)
	// cBranch is what may keep a function of C from coming to its next line.
	cBranch = regexp.MustCompile(`\b(if|else|for|while|do|switch|case|goto|return|exit|abort)\b|#|\?|&&|\|\|`)
)

// always returns the name of the function of C around a line that it comes to
// whenever it is called, empty when that is not plain to see.
func always(file string, line int) string {
	if path.Ext(filepath.ToSlash(file)) != ".c" {
		return ""
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(data), "\n")
	if line < 1 || line > len(lines) || cBranch.MatchString(lines[line-1]) {
		return ""
	}
	for i := line - 2; i >= 0; i-- {
		if m := cFunction.FindStringSubmatch(lines[i]); m != nil && !cBranch.MatchString(lines[i]) {
			return m[1]
		}
		if cBranch.MatchString(lines[i]) || strings.HasPrefix(lines[i], "}") {
			return ""
		}
	}
	return ""
}

// relatedInstalled is what the analyzer says of the place where C installs a
// handler, and relatedSignal is before the name of the signal.
const (
	relatedInstalled = "the handler is installed here"
	relatedSignal    = "the handler is for "
)

var signalCall = regexp.MustCompile(`\b(?:sigaction|signal|sigset|bsd_signal)\s*\(\s*(SIG[A-Z0-9]+)\b`)

// raisable are the signals that a service may be sent without being meant to end.
var raisable = []string{"SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGALRM", "SIGIO", "SIGURG"}

// handled tells for which signals the handler of a finding is, if the function that
// installs it says so, from that place on.
func handled(dir string, f *finding.Finding) (list []finding.Related) {
	end := endOf(f, relatedInstalled)
	if end < 0 {
		return nil
	}
	data, err := os.ReadFile(absolute(dir, f.Related[end].Posn.File))
	lines := strings.Split(string(data), "\n")
	line := f.Related[end].Posn.Line
	if err != nil || line < 1 || line > len(lines) {
		return nil
	}
	for _, text := range lines[line-1:] {
		for _, m := range signalCall.FindAllStringSubmatch(text, -1) {
			if slices.Contains(raisable, m[1]) {
				list = append(list, finding.Related{Posn: f.Related[end].Posn, Message: relatedSignal + m[1]})
			}
		}
		if strings.HasPrefix(text, "}") {
			break
		}
	}
	return list
}

// signalsOf returns the signals for which C has handlers that call exports.
func signalsOf(findings []*finding.Finding) (names []string) {
	for _, f := range findings {
		for _, r := range f.Related {
			name, ok := strings.CutPrefix(r.Message, relatedSignal)
			if ok && f.Category == "cgoexport/signal" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// namedExport tells the name of the export that a finding is on.
func namedExport(dir string, f *finding.Finding) (list []finding.Related) {
	file := absolute(dir, f.Posn.File)
	eachFile(filepath.Dir(file), func(fset *token.FileSet, src *ast.File) {
		for _, d := range src.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Doc == nil || !isExport(fn) {
				continue
			}
			if p := position(fset, fn.Name.Pos()); p.File == file && p.Line == f.Posn.Line {
				list = append(list, finding.Related{Posn: f.Posn, Message: relatedNamed + fn.Name.Name})
			}
		}
	})
	return list
}
