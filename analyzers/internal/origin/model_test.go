//go:build linux

package origin

import (
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	_ "golang.org/x/sys/unix" // the table names its functions
	"golang.org/x/tools/go/packages"
)

// TestModelResolves looks up each name of the table that is of the standard
// library or of golang.org/x/sys, with the places that its line speaks of.
func TestModelResolves(t *testing.T) {
	pkgs, windows := importAll(t, "linux"), importAll(t, "windows")
	resolved := 0
	for name, r := range rows() {
		path, recv, member := split(name)
		if !resolvable(path) {
			continue
		}
		obj := find(pkgs[path], recv, member)
		if obj == nil {
			obj = find(windows[path], recv, member)
		}
		if obj == nil {
			t.Errorf("%s: there is no such object", name)
			continue
		}
		resolved++
		if fn, ok := obj.(*types.Func); ok {
			checkPlaces(t, fn, r)
		}
	}
	if resolved < 100 {
		t.Errorf("resolved %d names", resolved)
	}
}

func resolvable(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return path != "C" && !strings.Contains(first, ".") || strings.HasPrefix(path, "golang.org/x/sys/")
}

// importAll loads the packages of the table that can be.
func importAll(t *testing.T, goos string) map[string]*types.Package {
	t.Helper()
	paths := make(map[string]bool)
	for name := range rows() {
		path, _, _ := split(name)
		if resolvable(path) && (strings.HasSuffix(path, "/windows") || strings.HasSuffix(path, "/unix")) == (strings.HasSuffix(path, "/"+family(goos))) {
			paths[path] = true
		}
	}
	conf := &packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
		Env: append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")}
	list, err := packages.Load(conf, slices.Collect(maps.Keys(paths))...)
	if err != nil {
		t.Fatal(err)
	}
	pkgs := make(map[string]*types.Package)
	for _, p := range list {
		for _, err := range p.Errors {
			t.Error(err)
		}
		pkgs[p.PkgPath] = p.Types
	}
	return pkgs
}

// family is the package of golang.org/x/sys for a system.
func family(goos string) string {
	if goos == "windows" {
		return goos
	}
	return "unix"
}

// split cuts a name of the table into package, receiver or struct, and member.
func split(name string) (path, recv, member string) {
	name = strings.NewReplacer("(", "", ")", "", "*", "").Replace(name)
	slash := strings.LastIndex(name, "/") + 1
	parts := strings.Split(name[slash:], ".")
	path = name[:slash] + parts[0]
	if len(parts) == 3 {
		return path, parts[1], parts[2]
	}
	return path, "", parts[1]
}

func find(pkg *types.Package, recv, member string) types.Object {
	if pkg == nil {
		return nil
	}
	if recv == "" {
		return pkg.Scope().Lookup(member)
	}
	tn := pkg.Scope().Lookup(recv)
	if tn == nil {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(tn.Type(), true, pkg, member)
	return obj
}

func checkPlaces(t *testing.T, fn *types.Func, r *row) {
	t.Helper()
	if fn.FullName() != r.name {
		t.Errorf("%s: its full name is %s", r.name, fn.FullName())
	}
	sig := fn.Signature()
	for _, p := range []place{r.out, r.from, r.path, r.flags} {
		switch p.what {
		case "result":
			if p.index >= sig.Results().Len() {
				t.Errorf("%s: there is no result %d", r.name, p.index)
			}
		case "arg":
			if p.index >= sig.Params().Len() {
				t.Errorf("%s: there is no argument %d", r.name, p.index)
			}
		case "recv":
			if sig.Recv() == nil {
				t.Errorf("%s: there is no receiver", r.name)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, line := range []string{
		"os.ReadFile file",
		"os.ReadFile sponge result0",
		"os.ReadFile read result0",
		"os.ReadFile file result",
		"os.ReadFile file result0 from=x",
		"os.ReadFile file result0 size=arg0",
		"os.ReadFile file result0\nos.ReadFile file result0",
	} {
		if _, err := parse(line); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
}

func TestSourceNames(t *testing.T) {
	names := SourceNames()
	for _, want := range []string{"os.Open", "os.ReadFile", "syscall.Mmap", "net.Dial", "golang.org/x/sys/unix.SysvShmAttach", "syscall.Socket"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is no source", want)
		}
	}
	for _, wrong := range []string{"io.ReadAll", "bufio.NewReader", "(*os.File).Read", "os.WriteFile", "syscall.Read", "os.CreateTemp", "os.Stdin"} {
		if slices.Contains(names, wrong) {
			t.Errorf("%s is a source", wrong)
		}
	}
}
