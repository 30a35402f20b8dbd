package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ioSyncName is the variable of package syscall that every read acquires and
// every write releases under the race detector.
const ioSyncName = "ioSync"

// ioSyncUses is what is known of syscall_unix.go, from its source in Go 1.26:
// which call of internal/race each function makes on ioSync. Nothing else in
// syscall or internal/poll uses it on a unix: sockets, writev, splice and
// copy_file_range have no such edge. golang.org/x/sys/unix has an ioSync of its
// own, which lies in the module cache and stays.
var ioSyncUses = map[string]string{
	"Read":     "Acquire",
	"Pread":    "Acquire",
	"Write":    "ReleaseMerge",
	"Pwrite":   "ReleaseMerge",
	"Sendfile": "ReleaseMerge",
}

// ioSyncSystems are the values of GOOS for which the race detector exists and
// package syscall is made of syscall_unix.go (internal/platform/supported.go).
var ioSyncSystems = []string{"darwin", "freebsd", "linux", "netbsd", "openbsd"}

// goSettings is what the go command says about itself.
type goSettings struct {
	GOROOT, GOVERSION, GOMODCACHE      string
	GOOS, GOARCH, GOHOSTOS, GOHOSTARCH string
	CC, CGO_ENABLED                    string
	GOMOD, GOWORK                      string
}

// settings asks the go command that would build in dir with env: which toolchain
// runs depends on both.
func settings(ctx context.Context, dir string, env []string) (*goSettings, error) {
	cmd := goCommand(ctx, dir, env, "env", "-json")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go env in %s: %w\n%s", dir, err, strings.TrimSpace(string(exit.Stderr)))
		}
		return nil, fmt.Errorf("go env in %s: %w", dir, err)
	}
	s := new(goSettings)
	if err := json.Unmarshal(out, s); err != nil {
		return nil, fmt.Errorf("go env in %s: %w", dir, err)
	}
	return s, nil
}

// IOSyncOverlay returns the overlay under which input and output no longer order
// memory accesses for the race detector. Go's own package syscall makes every
// write happen before every later read of any file, so that a server which reads
// its configuration and logs hides its races on that configuration.
//
// The other side of it: a program that hands data over through a pipe or a file
// alone has a report under this overlay, so a report counts only when it is about
// the analysed variable.
//
// The replacement is made from the source of the toolchain that builds in dir
// with env, nil for the environment of this process. It is an error when that
// source is not of the known shape.
func IOSyncOverlay(ctx context.Context, dir string, env []string) (map[string][]byte, error) {
	s, err := settings(ctx, dir, env)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(ioSyncSystems, s.GOOS) {
		return nil, fmt.Errorf("%s for %s: how package syscall orders input and output there is not known", s.GOVERSION, s.GOOS)
	}
	file := filepath.Join(s.GOROOT, "src", "syscall", "syscall_unix.go")
	// The go command refuses to replace what is below its module cache, which is
	// where it puts toolchains that it downloads.
	if below(s.GOMODCACHE, file) {
		return nil, fmt.Errorf("%s lies in the module cache (%s), where the go command replaces no file: install that toolchain outside and set GOTOOLCHAIN=local", s.GOVERSION, s.GOROOT)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("source of %s: %w", s.GOVERSION, err)
	}
	out, err := removeIOSync(file, src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.GOVERSION, err)
	}
	return map[string][]byte{file: out}, nil
}

// removeIOSync returns src without its statements on ioSync. No line moves, since
// reports have frames in this file.
func removeIOSync(name string, src []byte) ([]byte, error) {
	p, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	var cuts []change
	known, used := 0, 0 // mentions of ioSync: those understood, and all
	found := make(map[string]string)
	for _, decl := range p.ast.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			known += declaresVar(decl, ioSyncName)
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			stmt, ok := n.(*ast.ExprStmt)
			if !ok {
				return true
			}
			if call := ioSyncCall(stmt.X); call != "" && f.Recv == nil {
				known++
				found[f.Name.Name] += call // a second call in one function is not known
				cuts = append(cuts, change{p.file.Offset(stmt.Pos()), p.file.Offset(stmt.End()), ""})
			}
			return true
		})
	}
	ast.Inspect(p.ast, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == ioSyncName {
			used++
		}
		return true
	})
	switch {
	case !maps.Equal(found, ioSyncUses):
		return nil, fmt.Errorf("%s: calls on %s are %v, want %v: this version is not known", name, ioSyncName, found, ioSyncUses)
	case known != used || known != len(ioSyncUses)+1:
		return nil, fmt.Errorf("%s: %d of %d mentions of %s are known: this version is not", name, known, used, ioSyncName)
	}
	return changed(src, cuts), nil
}

// ioSyncCall returns F when x is race.F(unsafe.Pointer(&ioSync)), else nothing.
func ioSyncCall(x ast.Expr) string {
	call, ok := x.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return ""
	}
	pointer, ok := call.Args[0].(*ast.CallExpr)
	if !ok || len(pointer.Args) != 1 || selector(pointer.Fun) != "unsafe.Pointer" {
		return ""
	}
	address, ok := pointer.Args[0].(*ast.UnaryExpr)
	if !ok || address.Op != token.AND {
		return ""
	}
	if v, ok := address.X.(*ast.Ident); !ok || v.Name != ioSyncName {
		return ""
	}
	f, ok := strings.CutPrefix(selector(call.Fun), "race.")
	if !ok {
		return ""
	}
	return f
}

// selector returns "x.y" when that is what e is, else nothing.
func selector(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}

// declaresVar counts how often d declares the variable name without a value.
func declaresVar(d ast.Decl, name string) int {
	n := 0
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.VAR {
		return 0
	}
	for _, spec := range g.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if ok && len(v.Names) == 1 && v.Names[0].Name == name && len(v.Values) == 0 {
			n++
		}
	}
	return n
}

// below reports whether file is in folder or a folder below it.
func below(folder, file string) bool {
	if folder == "" {
		return false
	}
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}
