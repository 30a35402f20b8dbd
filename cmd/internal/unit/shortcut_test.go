package unit

import (
	"os"
	"path/filepath"
	"testing"
)

// newShortcut returns the short cut for fixed lists.
func newShortcut(functions, imports []string) *Shortcut {
	return NewShortcut(func() ([]string, []string) { return functions, imports })
}

func TestShortcut(t *testing.T) {
	s := newShortcut([]string{"os.Exit", "(*net/http.Server).Shutdown", "gopkg.in/run.v1.Group", "os.ProcAttr.Files", "(net.Listener).Close", "(*example.org/up/v2.Upgrader).Upgrade"}, []string{"unsafe"})
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	none := write("none.vetx", magic)
	some := filepath.Join(dir, "some.vetx")
	if err := writeFacts(some, factFile{"q": {"Begin End", []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home.vetx")
	if err := writeFacts(home, factFile{"example.org/up/v2": {}}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text    string
		path    string // import path of the package
		imports []string
		vetx    string
		applies bool
	}{
		"nothing":            {text: "package p; func F() {}", applies: true},
		"name, no import":    {text: "package p; func Exit() {}", imports: []string{"fmt"}, applies: true},
		"name":               {text: "package p; var f = os.Exit", imports: []string{"os"}},
		"of another":         {text: "package p; func f() { process.Exit(1) }", imports: []string{"os"}, applies: true},
		"renamed in a group": {text: "package p; import ( \"fmt\"; process \"os\" ); func f() { process.Exit(1) }", imports: []string{"os"}},
		"renamed import":     {text: "package p; import o `os`; func f() { o.Exit(1) }", imports: []string{"os"}},
		"dot import":         {text: "package p; import . `os`; func f() { Exit(1) }", imports: []string{"os"}},
		"no dot":             {text: "package p; func f() { Exit(1) }", imports: []string{"os"}, applies: true},
		"dot on its line":    {text: "package p; func f() { x.\n\t\tShutdown(1) }"},
		"behind a string":    {text: "package p; func f() { g(\"\\\"//\", '\"', `\\`); s.Shutdown() }"},
		"behind a comment":   {text: "package p /* it's \" */; func f() { s./* odd */Shutdown() }"},
		"in a string":        {text: "package p; const c = \"a.Shutdown\" + `b.Shutdown`", applies: true},
		"field of a literal": {text: "package p; var a = A{Files: nil}"},
		"longer name":        {text: "package p; func f() { o.Exits(1); _Exit() }", imports: []string{"os"}, applies: true},
		"method":             {text: "package p; func f(s S) { s.Shutdown(nil) }"},
		"method in reach":    {text: "package p; func f(u U) { u.Upgrade() }", vetx: home},
		"method out of it":   {text: "package p; func f(u U) { u.Upgrade() }", vetx: none, applies: true},
		"interface method":   {text: "package p; func f(c C) { c.Close() }"},
		"field":              {text: "package p; func f(a A) { a.Files = nil }"},
		"path with a dot":    {text: "package p; func f() { run.Group() }", imports: []string{"gopkg.in/run.v1"}},
		"in itself":          {text: "package os; func Exit() {}", path: "os"},
		"import":             {text: "package p", imports: []string{"unsafe"}},
		"facts passed on":    {text: "package p; func f() { q.Other() }", vetx: some, applies: true},
		"facts of imports":   {text: "package p; func f() { q.End() }", vetx: some},
		"no facts":           {text: "package p", vetx: none, applies: true},
		"letters after it":   {text: "package p; var é Exité", imports: []string{"os"}, applies: true},
		"at the end":         {text: "package p; os.Exit", imports: []string{"os"}},
		"vendored":           {text: "package p; run.Group()", imports: []string{"gopkg.in/run.v1"}},
		"empty":              {text: "", applies: true},
		"name in a comment":  {text: "package p // os.Exit", imports: []string{"os"}, applies: true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := &Config{
				ModulePath: "example.test", ModuleVersion: "v1.0.0",
				ImportPath: test.path,
				GoFiles:    []string{write("p.go", test.text)},
				ImportMap:  make(map[string]string),
			}
			for _, path := range test.imports {
				cfg.ImportMap[path] = path
			}
			if test.vetx != "" {
				cfg.PackageVetx = map[string]string{"q": test.vetx}
			}
			facts, got, err := s.Facts(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.applies {
				t.Errorf("applies: %v, want %v", got, test.applies)
			}
			if want := test.vetx == some; got && want != (facts["q"].names == "Begin End") {
				t.Errorf("facts %v are passed on", facts)
			}
		})
	}
}

// TestStandard tells the standard library from packages without a module that
// merely lie in a folder named src.
func TestStandard(t *testing.T) {
	for name, test := range map[string]struct {
		cfg  Config
		want bool
	}{
		"std":       {Config{Dir: "/go/src/net/http", goroot: "/go"}, true},
		"vendored":  {Config{Dir: "/go/src/vendor/golang.org/x/net", goroot: "/go"}, true},
		"GOPATH":    {Config{Dir: "/home/src/net/http", goroot: "/go"}, false},
		"other":     {Config{Dir: "/go/srcs/net", goroot: "/go"}, false},
		"module":    {Config{Dir: "/go/src/net/http", ModulePath: "m", goroot: "/go"}, false},
		"no GOROOT": {Config{Dir: "/src/net/http"}, false},
	} {
		if got := test.cfg.standard(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestShortcutErrors(t *testing.T) {
	s := newShortcut([]string{"os.Exit"}, nil)
	for name, cfg := range map[string]*Config{
		"file":  {ModulePath: "m", ModuleVersion: "v1.0.0", GoFiles: []string{"missing.go"}},
		"facts": {ModulePath: "m", ModuleVersion: "v1.0.0", PackageVetx: map[string]string{"q": "missing.vetx"}},
	} {
		if _, _, err := s.Facts(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var none *Shortcut
	if _, ok, err := none.Facts(&Config{}); ok || err != nil {
		t.Errorf("nil short cut applies: %v, %v", ok, err)
	}
	if _, ok, err := newShortcut(nil, nil).Facts(&Config{ModulePath: "m"}); ok || err != nil {
		t.Errorf("short cut without names applies: %v, %v", ok, err)
	}
}

// TestHome passes on through a package without facts that a package with known
// methods is within reach.
func TestHome(t *testing.T) {
	s := newShortcut([]string{"(*example.org/up/v2.Upgrader).Upgrade"}, nil)
	dir := t.TempDir()
	file := filepath.Join(dir, "p.go")
	if err := os.WriteFile(file, []byte("package up"), 0o666); err != nil {
		t.Fatal(err)
	}
	vetx := make(map[string]string)
	for _, path := range []string{"example.org/up/v2", "example.org/wrapper"} {
		cfg := &Config{ModulePath: "example.org", ModuleVersion: "v1.0.0", ImportPath: path, GoFiles: []string{file}, PackageVetx: vetx}
		facts, ok, err := s.Facts(cfg)
		if err != nil || !ok {
			t.Fatalf("%s: %v %v", path, ok, err)
		}
		if _, led := facts["example.org/up/v2"]; !led {
			t.Errorf("%s does not lead to the package of the method", path)
		}
		out := filepath.Join(dir, filepath.Base(path))
		if err := writeFacts(out, facts); err != nil {
			t.Fatal(err)
		}
		vetx = map[string]string{path: out}
	}
}
