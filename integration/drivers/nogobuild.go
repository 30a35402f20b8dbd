package drivers

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// nogoSources are the files that rules_go compiles into each nogo program: the
// target nogo_srcs in its go/tools/builders/BUILD.bazel.
var nogoSources = []string{
	"constants.go", "env.go", "flags.go", "nogo_fix.go", "nogo_goversions_go118.go", "nogo_goversions_go121.go",
	"nogo_goversions_go122.go", "nogo_main.go", "nogo_version.go", "nolint.go",
}

// nogoGenerator are those that write the last file of the program.
var nogoGenerator = []string{"flags.go", "generate_nogo_main.go"}

// nogoProgram builds the nogo program in the way of rules_go's nogo rule, from its
// sources in the module cache, and returns its path.
func nogoProgram(ctx context.Context, s *Site, analyzers []string) (string, error) {
	dir := filepath.Join(s.Root, "integration", "nogo")
	out, err := Run(ctx, dir, nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/bazelbuild/rules_go")
	rules := strings.TrimSpace(string(out))
	if err == nil && rules != "" {
		_, err = Run(ctx, dir, nil, "go", "list", "-deps", "-f", "", ".")
	}
	if rules == "" || err != nil && strings.Contains(err.Error(), "module lookup disabled") {
		return "", &Missing{What: "a module that nogo is made of", How: `run "go mod download" in integration/nogo once, with network`}
	} else if err != nil {
		return "", err
	}
	builders := filepath.Join(rules, "go", "tools", "builders")

	generator := filepath.Join(s.Work, "nogo-generate")
	if err := buildOver(ctx, s, generator, filepath.Join(dir, "generate"), overlay(builders, nogoGenerator)); err != nil {
		return "", err
	}
	generated := filepath.Join(s.Work, "nogo-generated.go")
	args := []string{"-output", generated, "-config", filepath.Join(dir, "nogo_config.json")}
	for _, path := range analyzers {
		args = append(args, "-analyzer_importpath", path)
	}
	if _, err := Run(ctx, dir, nil, generator, args...); err != nil {
		return "", err
	}
	files := overlay(builders, nogoSources)
	files["nogo_generated.go"] = generated
	program := filepath.Join(s.Work, "nogo")
	return program, buildOver(ctx, s, program, dir, files)
}

// overlay names the files of a folder by what they are to be called in another.
func overlay(folder string, names []string) map[string]string {
	files := make(map[string]string, len(names))
	for _, name := range names {
		files[name] = filepath.Join(folder, name)
	}
	return files
}

// buildOver builds the program in the folder dir as if the files were in it.
func buildOver(ctx context.Context, s *Site, program, dir string, files map[string]string) error {
	replace := make(map[string]string, len(files))
	for name, file := range files {
		replace[filepath.Join(dir, name)] = file
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	list := program + "-overlay.json"
	if err := os.WriteFile(list, data, 0o666); err != nil {
		return err
	}
	_, err = Run(ctx, dir, nil, "go", "build", "-overlay", list, "-o", program, ".")
	return err
}

// suite returns the import paths of the analyzers: the folders of analyzers that
// hold a package of hotvet's own module.
func (s *Site) suite(ctx context.Context) ([]string, error) {
	out, err := Run(ctx, s.Root, nil, "go", "list", "-f", "{{.ImportPath}}", "./analyzers/...")
	if err != nil {
		return nil, err
	}
	var list []string
	for path := range strings.Lines(string(out)) {
		path = strings.TrimSpace(path)
		if _, name, ok := strings.Cut(path, "/analyzers/"); ok && !strings.Contains(name, "/") {
			list = append(list, path)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no package of an analyzer in %s", filepath.Join(s.Root, "analyzers"))
	}
	return list, nil
}
