// Package modcopy makes writable copies of published modules, to vet them as a
// user would vet a module of their own.
package modcopy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Env is the environment for a go command in a copy: the module stands by
// itself, its go.mod may be completed, and no other toolchain is fetched.
func Env(extra ...string) []string {
	return append(os.Environ(), append([]string{"GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local"}, extra...)...)
}

// Copy returns the folder of a writable copy of module@version under the folder
// work. A copy that an earlier call made is returned as it is; one that was
// interrupted is made again. A module without a go.mod gets one.
func Copy(ctx context.Context, work, module, version string) (string, error) {
	dir := filepath.Join(work, strings.ReplaceAll(module, "/", "_")+"@"+version)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(work, 0o777); err != nil {
		return "", err
	}
	source, err := download(ctx, work, module+"@"+version)
	if err != nil {
		return "", err
	}
	// Only what is complete gets the final name.
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	// The files of the cache are read-only; those that CopyFS makes are not.
	if err := os.CopyFS(partial, os.DirFS(source)); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(partial, "go.mod")); err != nil {
		if _, err := runGo(ctx, partial, "mod", "init", module); err != nil {
			return "", err
		}
		if _, err := runGo(ctx, partial, "mod", "tidy"); err != nil {
			return "", err
		}
	}
	return dir, os.Rename(partial, dir)
}

// download returns the folder of a module in the module cache.
func download(ctx context.Context, dir, module string) (string, error) {
	out, err := runGo(ctx, dir, "mod", "download", "-json", module)
	var answer struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &answer); jsonErr == nil && answer.Error != "" {
		return "", fmt.Errorf("go mod download: %s", answer.Error)
	}
	if err == nil && answer.Dir == "" {
		err = errors.New("go mod download gave no folder")
	}
	return answer.Dir, err
}

func runGo(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, Env()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, FirstLine(stderr.String()))
	}
	return out, nil
}

// FirstLine returns the first line of a go command's messages that says
// something: no package heading, no progress.
func FirstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "go: downloading") {
			return line
		}
	}
	return "no message"
}
