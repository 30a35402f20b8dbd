package lifecycle

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

var updateSignaturesFlag = flag.Bool("update-signatures", false, "rewrite testdata/signatures.txt from the module cache")

func TestModelIsLargeAndSorted(t *testing.T) {
	if n := len(Names()); n < 180 {
		t.Errorf("the model has %d functions, want at least 180", n)
	}
	previous := ""
	for i, line := range strings.Split(modelText, "\n") {
		name, _, _ := strings.Cut(line, " ")
		if line == "" || line[0] == '#' {
			previous = ""
			continue
		}
		if name <= previous {
			t.Errorf("line %d: %s comes after %s", i+1, name, previous)
		}
		previous = name
	}
}

// TestModelDocumentsVerbs compares the verbs that the parser knows with those
// that the head of the file explains and with those that are in use.
func TestModelDocumentsVerbs(t *testing.T) {
	head, _, _ := strings.Cut(modelText, "\n\n")
	documented := make(map[string]bool)
	for line := range strings.Lines(head) {
		rest, ok := strings.CutPrefix(line, "#   ")
		for _, word := range strings.Fields(rest) {
			verb, _, object := strings.Cut(word, ":")
			if modelVerbs()[verb] == nil || !ok {
				break // the explanation begins
			}
			documented[verb] = true
			ok = object || rest[len(verb)] == ' '
		}
	}
	used := make(map[string]bool)
	for _, roles := range model() {
		for _, r := range roles {
			used[r.Verb] = true
		}
	}
	for verb := range modelVerbs() {
		if !documented[verb] {
			t.Errorf("verb %s is not explained in the head of model.txt", verb)
		}
		if !used[verb] {
			t.Errorf("verb %s is not used", verb)
		}
	}
}

func TestParseModelErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"os.Exit", "model line 1: os.Exit has no role"},
		{"# head\n\nos.Exit leaves", `model line 3: os.Exit: unknown verb "leaves"`},
		{"os.Exit exits:now", `model line 1: os.Exit: "exits:now" does not fit verb exits`},
		{"os.Exit exits:", `model line 1: os.Exit: "exits:" does not fit verb exits`},
		{"a.B goes", `model line 1: a.B: "goes" does not fit verb goes`},
		{"a.B goes:arg", `model line 1: a.B: "goes:arg" does not fit verb goes`},
		{"a.B actor:arg0", `model line 1: a.B: "actor:arg0" does not fit verb actor`},
		{"Exit exits", `model line 1: "Exit" is not a full name`},
		{"(*net/http.Server.Serve exits", `model line 1: "(*net/http.Server.Serve" is not a full name`},
		{"(a.B[T]).C exits", `model line 1: "(a.B[T]).C" is not a full name`},
		{" os.Exit exits", `model line 1: "" is not a full name`},
		{"os.Exit  exits", `model line 1: os.Exit: unknown verb ""`},
		{"os.Exit exits\nos.Exit exits", "model line 2: os.Exit is listed twice"},
		{"os.Exit exits exits", "model line 1: os.Exit: role exits is listed twice"},
	} {
		table, err := parseModel(test.text)
		if err == nil || err.Error() != test.want {
			t.Errorf("parseModel(%q) = %v, %v, want error %q", test.text, table, err, test.want)
		}
	}
}

func FuzzParseModel(f *testing.F) {
	f.Add("# head\nos.Exit exits\n(*net/http.Server).Shutdown drains:http\n")
	f.Add("a.B goes:arg0 waits\r\n")
	f.Add("(*a.B).C actor:arg0,arg1 x")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := parseModel(text)
		if err != nil {
			if table != nil || !strings.HasPrefix(err.Error(), "model line ") {
				t.Fatalf("parseModel(%q) = %v, %v", text, table, err)
			}
			return
		}
		// What was accepted can be written again and read back.
		var b strings.Builder
		for name, roles := range table {
			b.WriteString(name)
			for _, r := range roles {
				b.WriteString(" " + r.String())
			}
			b.WriteString("\n")
		}
		again, err := parseModel(b.String())
		if err != nil || !maps.EqualFunc(table, again, slices.Equal) {
			t.Fatalf("parseModel(%q): read back as %v, %v", text, again, err)
		}
	})
}

// TestRoles asks for functions in the forms that a type checker meets them in.
func TestRoles(t *testing.T) {
	const source = `package p

import ("net/http"; "slices"; "sync/atomic")

type server struct{ http.Server }

func f(s *server, h http.Handler, p *atomic.Pointer[int]) {
	s.Shutdown(nil)
	h.ServeHTTP(nil, nil)
	p.Load()
	slices.SortFunc([]int{}, func(a, b int) int { return a - b })
	error(nil).Error()
	println()
}`
	pkgs := loadExported(t, "net/http", "slices", "sync/atomic")
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{Importer: mapImporter(pkgs)}
	if _, err := conf.Check("p", fset, []*ast.File{file}, info); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for id, obj := range info.Uses {
		if fn, ok := obj.(*types.Func); ok {
			got[id.Name] = fmt.Sprint(Roles(fn))
		}
	}
	want := map[string]string{
		"Shutdown":  "[drains:http]",
		"ServeHTTP": "[request]",
		"Load":      "[loads:recv]",
		"SortFunc":  "[calls:arg1]",
		"Error":     "[]",
	}
	if !maps.Equal(got, want) {
		t.Errorf("roles = %v, want %v", got, want)
	}
	if Roles(nil) != nil {
		t.Error("Roles(nil) is not nil")
	}
}

// TestModelStandard resolves every listed function of the standard library, and
// those of golang.org/x that the toolchain carries a copy of, and checks that
// the parameters its roles name are of a kind that fits.
func TestModelStandard(t *testing.T) {
	carried := map[string]string{
		"golang.org/x/sys/unix":      "cmd/vendor/golang.org/x/sys/unix",
		"golang.org/x/sync/errgroup": "cmd/vendor/golang.org/x/sync/errgroup",
	}
	var paths []string
	for path := range modelPackages() {
		if !isLibrary(path) {
			paths = append(paths, path)
		}
	}
	pkgs := loadExported(t, slices.AppendSeq(paths, maps.Values(carried))...)
	resolved := 0
	for _, name := range Names() {
		path := modelPath(name)
		from := path
		if copied, ok := carried[path]; ok {
			from = copied
		} else if isLibrary(path) {
			continue
		}
		fn, err := lookupListed(pkgs[from], name)
		if err != nil {
			t.Error(err)
			continue
		}
		// The copies also show that vendored paths are seen through.
		if got := Roles(fn); !slices.Equal(got, model()[name]) {
			t.Errorf("Roles(%s) = %v, want %v", fn.FullName(), got, model()[name])
		}
		for _, err := range checkRoles(name, paramKinds(fn.Signature())) {
			t.Error(err)
		}
		resolved++
	}
	if resolved < 150 {
		t.Errorf("resolved %d functions, want at least 150", resolved)
	}
}

// TestModelLibraries resolves every listed function of a library against
// testdata/signatures.txt, which says what the library declares.
func TestModelLibraries(t *testing.T) {
	if *updateSignaturesFlag {
		updateSignatures(t)
	}
	declared := readSignatures(t)
	for _, name := range Names() {
		if !isLibrary(modelPath(name)) {
			continue
		}
		sig, ok := declared[name]
		if !ok {
			t.Errorf("%s is not in %s; run go test -update-signatures", name, signaturesFile)
			continue
		}
		for _, err := range checkRoles(name, sig.kinds) {
			t.Error(err)
		}
		delete(declared, name)
	}
	for name := range declared {
		t.Errorf("%s: %s is not in the model", signaturesFile, name)
	}
}

// TestSignaturesMatchModules compares testdata/signatures.txt with the modules
// themselves, those that are in the module cache.
func TestSignaturesMatchModules(t *testing.T) {
	declared := readSignatures(t)
	std := standardImports(t, declared)
	byModule := make(map[string][]string)
	for name, sig := range declared {
		byModule[sig.module] = append(byModule[sig.module], name)
	}
	for _, module := range slices.Sorted(maps.Keys(byModule)) {
		t.Run(module, func(t *testing.T) {
			dir := moduleDir(module)
			if dir == "" {
				t.Skip("the module is not in the module cache")
			}
			got, err := moduleKinds(module, dir, byModule[module], std)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range byModule[module] {
				if !slices.Equal(got[name], declared[name].kinds) {
					t.Errorf("%s has parameters %v, %s says %v", name, got[name], signaturesFile, declared[name].kinds)
				}
			}
		})
	}
}

func isLibrary(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// loadExported returns the type information of packages of the toolchain.
func loadExported(t *testing.T, paths ...string) map[string]*types.Package {
	t.Helper()
	list, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	if packages.PrintErrors(list) > 0 {
		t.Fatal("packages do not load")
	}
	pkgs := make(map[string]*types.Package)
	for _, p := range list {
		pkgs[p.PkgPath] = p.Types
	}
	return pkgs
}

// lookupListed finds the function or method of pkg that the model calls name.
func lookupListed(pkg *types.Package, name string) (*types.Func, error) {
	if pkg == nil {
		return nil, fmt.Errorf("%s: no such package", name)
	}
	rest := strings.Replace(name, modelPath(name)+".", "", 1)
	recv, method, isMethod := strings.Cut(rest, ").")
	if !isMethod {
		if fn, ok := pkg.Scope().Lookup(rest).(*types.Func); ok {
			return fn, nil
		}
		return nil, fmt.Errorf("%s: no such function", name)
	}
	typeName := strings.TrimLeft(recv, "(*")
	obj := pkg.Scope().Lookup(typeName)
	if obj == nil {
		return nil, fmt.Errorf("%s: no such type", name)
	}
	sel, _, _ := types.LookupFieldOrMethod(types.NewPointer(obj.Type()), true, pkg, method)
	if types.IsInterface(obj.Type()) {
		sel, _, _ = types.LookupFieldOrMethod(obj.Type(), true, pkg, method)
	}
	fn, ok := sel.(*types.Func)
	if !ok {
		return nil, fmt.Errorf("%s: no such method", name)
	}
	// A promoted method, or one with the other kind of receiver, has another name.
	got := types.TypeString(fn.Origin().Signature().Recv().Type(), func(*types.Package) string { return "" })
	got, _, _ = strings.Cut(got, "[")
	if got != strings.TrimPrefix(recv, "(") {
		return nil, fmt.Errorf("%s: the receiver is %s", name, got)
	}
	return fn, nil
}

// paramKinds returns the kind of each parameter, the last with "..." before it
// when it is variadic.
func paramKinds(sig *types.Signature) []string {
	kinds := []string{}
	for i := range sig.Params().Len() {
		typ, prefix := sig.Params().At(i).Type(), ""
		if sig.Variadic() && i == sig.Params().Len()-1 {
			typ, prefix = typ.(*types.Slice).Elem(), "..."
		}
		kinds = append(kinds, prefix+paramKind(typ))
	}
	return kinds
}

var errorInterface = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// paramKind tells apart the types that roles can name.
func paramKind(typ types.Type) string {
	switch u := typ.Underlying().(type) {
	case *types.Signature:
		return "func"
	case *types.Chan:
		return "chan"
	case *types.Pointer:
		return "pointer"
	case *types.Interface:
		_, param := typ.(*types.TypeParam)
		if !param && u.NumMethods() == 1 && !types.Implements(typ, errorInterface) {
			return "interface:" + u.Method(0).Name()
		}
	}
	return "other"
}

// checkRoles checks that the parameters which the roles of name refer to exist
// and are of a fitting kind: channels for signals, pointers for atomics,
// functions (or interfaces of one method) for the rest.
func checkRoles(name string, kinds []string) []error {
	var errs []error
	for _, role := range model()[name] {
		for arg := range strings.SplitSeq(role.Object, ",") {
			digits, ok := strings.CutPrefix(arg, "arg")
			if !ok {
				continue
			}
			index, err := strconv.Atoi(digits)
			if err != nil || index >= len(kinds) {
				errs = append(errs, fmt.Errorf("%s %s: there is no such parameter", name, role))
				continue
			}
			want := []string{"func", "interface"}
			switch role.Verb {
			case "catches", "uncatches":
				want = []string{"chan"}
			case "publishes", "loads":
				want = []string{"pointer"}
			}
			kind, _, _ := strings.Cut(strings.TrimPrefix(kinds[index], "..."), ":")
			if !slices.Contains(want, kind) {
				errs = append(errs, fmt.Errorf("%s %s: the parameter is of kind %s", name, role, kinds[index]))
			}
		}
	}
	return errs
}
