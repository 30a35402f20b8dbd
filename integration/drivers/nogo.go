package drivers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// nogo is the program that Bazel runs beside the compiler, once for each package.
// Bazel itself is not needed: what its rules give to the program is made of what
// the go command knows. nogo has no facts about the standard library and leaves
// most fields of a pass nil; it prints analyzer and message, and nothing else of a
// finding.
type nogo struct {
	site *Site
	tool string
}

func (*nogo) Name() string { return "nogo" }

func (n *nogo) Available(ctx context.Context) error {
	if _, err := exec.LookPath("patch"); err != nil {
		return &Missing{What: "the program patch", How: "install the package of that name"}
	}
	analyzers, err := n.site.suite(ctx)
	if err != nil {
		return err
	}
	n.tool, err = nogoProgram(ctx, n.site, analyzers)
	return err
}

// nogoViolation is the exit status of nogo for findings (constants.go in
// rules_go's go/tools/builders).
const nogoViolation = 3

func (n *nogo) Findings(ctx context.Context, dir string) ([]Finding, error) {
	var list []Finding
	err := n.analyze(ctx, dir, func(output, _ []byte) error {
		found, err := nogoFindings(dir, output)
		list = append(list, found...)
		return err
	})
	return Tidy(list), err
}

// Fix applies the patches that nogo writes, as its documentation says.
func (n *nogo) Fix(ctx context.Context, dir string) error {
	return n.analyze(ctx, dir, func(_, patch []byte) error {
		if len(patch) == 0 {
			return nil
		}
		name := filepath.Join(n.site.Work, "nogo.patch")
		if err := os.WriteFile(name, patch, 0o666); err != nil {
			return err
		}
		if _, err := Run(ctx, dir, nil, "patch", "-p1", "--no-backup-if-mismatch", "-i", name); err != nil {
			return err
		}
		for _, m := range patchedFile.FindAllSubmatch(patch, -1) {
			if _, err := Run(ctx, dir, nil, "gofmt", "-w", string(m[1])); err != nil {
				return err
			}
		}
		return nil
	})
}

var patchedFile = regexp.MustCompile(`(?m)^\+\+\+ b/(\S+)`)

// listed is what the go command says about a package.
type listed struct {
	ImportPath      string
	Dir             string
	Export          string
	Standard        bool
	CompiledGoFiles []string
	Imports         []string
	ImportMap       map[string]string
	Module          struct{ Main bool }
}

// analyze runs nogo on each package of the module, those that it imports first,
// and gives what it prints and the patch to see.
func (n *nogo) analyze(ctx context.Context, dir string, see func(output, patch []byte) error) error {
	out, err := Run(ctx, dir, nil, "go", "list", "-deps", "-export", "-compiled", "-json", "./...")
	if err != nil {
		return err
	}
	b := &bazel{driver: n, dir: dir, packages: make(map[string]*listed)}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(listed)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("go list: %w", err)
		}
		b.packages[p.ImportPath] = p
		if p.Standard || len(p.CompiledGoFiles) == 0 {
			continue
		}
		output, patch, err := b.run(ctx, p)
		if err == nil {
			err = see(output, patch)
		}
		if err != nil {
			return fmt.Errorf("package %s: %w", p.ImportPath, err)
		}
	}
}

// bazel makes what Bazel's actions make, see nogo.go in rules_go's
// go/tools/builders.
type bazel struct {
	driver   *nogo
	dir      string
	packages map[string]*listed // those that nogo was run on, and the standard library
}

// run runs nogo on a package.
func (b *bazel) run(ctx context.Context, p *listed) (output, patch []byte, err error) {
	work, err := os.MkdirTemp(b.driver.site.Work, "nogo-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(work)
	config, facts := b.imports(p)
	importcfg := filepath.Join(work, "importcfg")
	if err := os.WriteFile(importcfg, []byte(config), 0o666); err != nil {
		return nil, nil, err
	}
	args := []string{"-p", p.ImportPath, "-go_version", strings.TrimPrefix(runtime.Version(), "go"), "-fix_dir", work, "-importcfg", importcfg, "-x", b.facts(p.ImportPath)}
	args = append(args, facts...)
	if !p.Module.Main {
		args = append(args, "-facts_only") // as for all that is not of the workspace
	}
	sources, made, err := b.sources(p, work)
	if err != nil {
		return nil, nil, err
	}
	for _, file := range made {
		args = append(args, "-ignore", file)
	}
	// nogo takes the sizes of types from GOARCH, which Bazel's rules set.
	_, err = Run(ctx, b.dir, []string{"GOARCH=" + runtime.GOARCH}, b.driver.tool, append(args, sources...)...)
	exit := new(ExitError)
	switch {
	case err == nil:
		return nil, nil, nil
	case !errors.As(err, &exit) || exit.Code != nogoViolation:
		return nil, nil, err
	}
	patch, err = os.ReadFile(filepath.Join(work, "nogo.patch"))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	// What cgo made names the original relative to the working folder, and nogo
	// prints that joined to the folder of what cgo made.
	return bytes.ReplaceAll(exit.Stderr, []byte("\n"+work+"/"), []byte("\n")), patch, err
}

// facts names the file with the facts about a package.
func (b *bazel) facts(path string) string {
	return filepath.Join(b.driver.site.Work, "nogo-facts-"+strings.ReplaceAll(path, "/", "-"))
}

// imports returns the importcfg file for the direct imports of a package, and the
// flags that name the facts about those that are no part of the standard library.
func (b *bazel) imports(p *listed) (config string, flags []string) {
	var text strings.Builder
	for _, path := range p.Imports {
		dep := b.packages[path]
		if dep == nil || dep.Export == "" {
			continue // unsafe and C have no export data
		}
		fmt.Fprintf(&text, "packagefile %s=%s\n", path, dep.Export)
		if !dep.Standard {
			flags = append(flags, "-fact", path+"="+b.facts(path))
		}
	}
	for from, to := range p.ImportMap {
		fmt.Fprintf(&text, "importmap %s=%s\n", from, to)
	}
	return text.String(), flags
}

// sources returns the files to analyze, relative to the module's folder as in
// Bazel's sandbox, and those among them that cgo made. These are copies in which
// the line directives are relative too: Bazel lets cgo trim the path.
func (b *bazel) sources(p *listed, work string) (all, made []string, err error) {
	for _, name := range p.CompiledGoFiles {
		if !filepath.IsAbs(name) {
			all = append(all, Within(b.dir, filepath.Join(p.Dir, name)))
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		data = bytes.ReplaceAll(data, []byte("//line "+b.dir+string(filepath.Separator)), []byte("//line "))
		file := filepath.Join(work, strconv.Itoa(len(all))+".go")
		if err := os.WriteFile(file, data, 0o666); err != nil {
			return nil, nil, err
		}
		all, made = append(all, file), append(made, file)
	}
	return all, made, nil
}

var nogoLine = regexp.MustCompile(`^(.+?:\d+:\d+): (.*) \((\w+)\)$`)

// nogoFindings reads "file:line:column: message (analyzer)", one a line after the
// heading.
func nogoFindings(dir string, output []byte) ([]Finding, error) {
	var list []Finding
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	for _, line := range slices.Delete(lines, 0, 1) {
		m := nogoLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("nogo prints %q, which is not file:line:column: message (analyzer)", line)
		}
		at, err := endAt(dir, m[1], m[2])
		if err != nil {
			return nil, fmt.Errorf("nogo: %w", err)
		}
		list = append(list, Finding{End: at, Category: m[3]})
	}
	return list, nil
}
