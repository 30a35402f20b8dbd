package lifecycle

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const signaturesFile = "testdata/signatures.txt"

type librarySignature struct {
	module string // path@version, or path@commit where no proxy serves the module
	kinds  []string
}

// readSignatures reads testdata/signatures.txt: under each line "# path@version"
// the functions of the model that the module declares, with the kinds of their
// parameters.
func readSignatures(t *testing.T) map[string]librarySignature {
	t.Helper()
	data, err := os.ReadFile(signaturesFile)
	if err != nil {
		t.Fatal(err)
	}
	declared := make(map[string]librarySignature)
	module := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			if strings.Contains(rest, "@") {
				module = rest
			}
			continue
		}
		if words := strings.Fields(line); len(words) > 0 {
			declared[words[0]] = librarySignature{module, words[1:]}
		}
	}
	return declared
}

var moduleCache = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
})

// moduleDir returns the folder of path@version in the module cache, or "".
func moduleDir(module string) string {
	dir := filepath.Join(moduleCache(), module)
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

// moduleKinds type-checks the packages of a module that declare the named
// functions and returns the kinds of their parameters. Other modules are taken
// as empty, so that nothing else need be in the cache.
func moduleKinds(module, dir string, names []string, std types.Importer) (map[string][]string, error) {
	kinds := make(map[string][]string)
	checked := make(map[string]*types.Package)
	modulePath, _, _ := strings.Cut(module, "@")
	for _, name := range names {
		path := modelPath(name)
		if checked[path] == nil {
			pkg, err := checkFolder(path, filepath.Join(dir, strings.TrimPrefix(path, modulePath)), std)
			if err != nil {
				return nil, err
			}
			checked[path] = pkg
		}
		fn, err := lookupListed(checked[path], name)
		if err != nil {
			return nil, err
		}
		kinds[name] = paramKinds(fn.Signature())
	}
	return kinds, nil
}

// standardImports imports the packages of the standard library that the packages
// of the model import, as far as their modules are in the cache.
func standardImports(t *testing.T, declared map[string]librarySignature) types.Importer {
	t.Helper()
	folders := make(map[string]bool)
	for name, sig := range declared {
		modulePath, _, _ := strings.Cut(sig.module, "@")
		if dir := moduleDir(sig.module); dir != "" {
			folders[filepath.Join(dir, strings.TrimPrefix(modelPath(name), modulePath))] = true
		}
	}
	std := map[string]bool{"net/http": true}
	for folder := range folders {
		found, err := build.ImportDir(folder, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found.Imports {
			if !isLibrary(path) && path != "C" && path != "unsafe" {
				std[path] = true
			}
		}
	}
	return mapImporter(loadExported(t, slices.Collect(maps.Keys(std))...))
}

func checkFolder(path, dir string, std types.Importer) (*types.Package, error) {
	found, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Concat(found.GoFiles, found.CgoFiles) {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: std, FakeImportC: true, IgnoreFuncBodies: true, Error: func(error) {}}
	pkg, _ := conf.Check(path, fset, files, nil) // names of other modules do not resolve
	return pkg, nil
}

// mapImporter imports the packages it holds, and an empty one for any other
// path.
type mapImporter map[string]*types.Package

func (m mapImporter) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if pkg := m[path]; pkg != nil {
		return pkg, nil
	}
	pkg := types.NewPackage(path, filepath.Base(path))
	pkg.MarkComplete()
	return pkg, nil
}

// updateSignatures rewrites the sections of testdata/signatures.txt whose module
// is in the module cache: what the model lists of it, as the module declares it.
func updateSignatures(t *testing.T) {
	t.Helper()
	data, err := os.ReadFile(signaturesFile)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(data), "\n\n")
	sections := strings.Split(strings.TrimSpace(body), "\n\n")
	listed := make(map[string]librarySignature)
	for _, section := range sections {
		title, _, _ := strings.Cut(section, "\n")
		module := strings.TrimPrefix(title, "# ")
		modulePath, _, _ := strings.Cut(module, "@")
		for _, name := range Names() {
			path := modelPath(name)
			// Of nested modules, the innermost has the package.
			if (path == modulePath || strings.HasPrefix(path, modulePath+"/")) && len(module) > len(listed[name].module) {
				listed[name] = librarySignature{module: module}
			}
		}
	}
	std := standardImports(t, listed)
	for i, section := range sections {
		title, _, _ := strings.Cut(section, "\n")
		module := strings.TrimPrefix(title, "# ")
		dir := moduleDir(module)
		if dir == "" {
			continue
		}
		names := slices.DeleteFunc(Names(), func(name string) bool { return listed[name].module != module })
		kinds, err := moduleKinds(module, dir, names, std)
		if err != nil {
			t.Fatal(err)
		}
		lines := []string{title}
		for _, name := range names {
			lines = append(lines, strings.Join(append([]string{name}, kinds[name]...), " "))
		}
		sections[i] = strings.Join(lines, "\n")
	}
	text := head + "\n\n" + strings.Join(sections, "\n\n") + "\n"
	if err := os.WriteFile(signaturesFile, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
