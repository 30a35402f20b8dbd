package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A Target is a main package that can be instrumented.
type Target struct {
	ImportPath string
	Dir        string   // absolute
	Module     string   // path of its module
	ModuleDir  string   // absolute
	Files      []string // its Go files, absolute
	Packages   []string // import paths of the packages of its module that it is made of, sorted
}

// FindTarget looks up the one main package that pattern names, seen from dir with
// the environment env and build tags. It refuses what an overlay cannot change: a package outside
// the main modules.
func FindTarget(ctx context.Context, dir string, env, tags []string, pattern string) (*Target, error) {
	cfg := &packages.Config{
		Context: ctx,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedModule |
			packages.NeedImports | packages.NeedDeps,
		Dir: dir,
		Env: env,
	}
	if len(tags) > 0 { // an empty flag would override one in GOFLAGS
		cfg.BuildFlags = []string{"-tags=" + strings.Join(tags, ",")}
	}
	if strings.HasSuffix(pattern, ".go") {
		return nil, fmt.Errorf("%s is a file: name the folder of the package, such as ./cmd/server", pattern)
	}
	list, err := packages.Load(cfg, pattern)
	if err != nil {
		// What the go command wrote says it all.
		if _, said, ok := strings.Cut(err.Error(), ": stderr: "); ok && strings.TrimSpace(said) != "" {
			return nil, fmt.Errorf("%s: %s", pattern, strings.TrimSpace(said))
		}
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("%s names %d packages, want one main package", pattern, len(list))
	}
	p := list[0]
	if len(p.Errors) > 0 {
		return nil, fmt.Errorf("%s: %s", pattern, strings.TrimPrefix(p.Errors[0].Error(), "-: "))
	}
	switch {
	case p.Name != "main":
		return nil, fmt.Errorf("%s is package %s, not a program", p.PkgPath, p.Name)
	case p.Module == nil || !p.Module.Main:
		return nil, fmt.Errorf("%s is not in the main module, so it cannot be instrumented", p.PkgPath)
	case len(p.GoFiles) == 0:
		return nil, fmt.Errorf("%s has no Go files for this platform", p.PkgPath)
	}
	return &Target{
		ImportPath: p.PkgPath,
		Dir:        filepath.Dir(p.GoFiles[0]),
		Module:     p.Module.Path,
		ModuleDir:  p.Module.Dir,
		Files:      p.GoFiles,
		Packages:   ownPackages(p),
	}, nil
}

// CheckHost reports why programs of dir cannot be built by a go command with the
// environment env and then be run on this machine.
func CheckHost(ctx context.Context, dir string, env []string) error {
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("the go command is not found: add its folder to PATH: %w", err)
	}
	s, err := settings(ctx, dir, env)
	switch {
	case err != nil:
		return err
	case (s.GOMOD == "" || s.GOMOD == os.DevNull) && (s.GOWORK == "" || s.GOWORK == "off"):
		return fmt.Errorf("%s is in no module: there is no go.mod in it or in a folder above", dir)
	case s.GOOS != s.GOHOSTOS:
		return fmt.Errorf("GOOS is %s, and programs for that do not run on %s: unset it", s.GOOS, s.GOHOSTOS)
	}
	return nil
}

// ownPackages returns the packages of p's module that p is made of.
func ownPackages(p *packages.Package) []string {
	var own []string
	packages.Visit([]*packages.Package{p}, nil, func(q *packages.Package) {
		if q.Module != nil && q.Module.Path == p.Module.Path {
			own = append(own, q.PkgPath)
		}
	})
	slices.Sort(own)
	return own
}

// Owns reports whether file, an absolute path, belongs to the target's module and
// may therefore be replaced by an overlay.
func (t *Target) Owns(file string) bool {
	rel, err := filepath.Rel(t.ModuleDir, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return false
	}
	return !strings.HasPrefix(filepath.ToSlash(rel), "vendor/")
}
