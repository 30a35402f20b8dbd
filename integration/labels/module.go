package main

import (
	"context"
	"encoding/json"
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goEnv is the environment of every go command that runs in a copy: a module by
// itself, whose go.mod may be completed, and never another toolchain.
func goEnv(extra ...string) []string {
	return append(os.Environ(), append([]string{"GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local"}, extra...)...)
}

func runGo(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, goEnv()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("go %s: %v: %s", strings.Join(args, " "), err, firstLine(stderr.String()))
	}
	return out, nil
}

// moduleCopy returns a writable copy of a module under work, made unless it is
// already there. A copy is only moved to its name once it is complete.
func moduleCopy(ctx context.Context, work, module, version string) (string, error) {
	dir := filepath.Join(work, strings.ReplaceAll(module, "/", "_")+"@"+version)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	out, err := runGo(ctx, work, "mod", "download", "-json", module+"@"+version)
	if err != nil {
		return "", err
	}
	var download struct{ Dir string }
	if err := json.Unmarshal(out, &download); err != nil {
		return "", fmt.Errorf("go mod download: %w", err)
	}
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	// The files of the cache are read-only; those that CopyFS makes are not.
	if err := os.CopyFS(partial, os.DirFS(download.Dir)); err != nil {
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

// setting is what a file needs to be part of a build on this machine.
type setting struct {
	tags string // separated by commas
	goos string // "" for the host's; cgo is off for any other
}

func (s setting) env() []string {
	if s.goos == "" {
		return nil
	}
	return []string{"GOOS=" + s.goos, "CGO_ENABLED=0"}
}

func (s setting) String() string {
	var parts []string
	if s.goos != "" {
		parts = append(parts, "GOOS="+s.goos)
	}
	if s.tags != "" {
		parts = append(parts, "-tags="+s.tags)
	}
	return strings.Join(parts, " ")
}

// settingFor finds the smallest change to the host's build under which file is
// built, as the go command judges its name and its //go:build line: none, then
// tags that the line names, then another system that name or line names. ok is
// false when there is none.
func settingFor(file string) (s setting, ok bool, err error) {
	words, err := buildWords(file)
	if err != nil {
		return setting{}, false, err
	}
	var tags []string
	systems := []string{""}
	for _, w := range words {
		switch {
		case knownOS[w]:
			systems = append(systems, w)
		case !isImplied(w):
			tags = append(tags, w)
		}
	}
	for _, goos := range systems {
		for _, subset := range subsets(tags) {
			s := setting{tags: strings.Join(subset, ","), goos: goos}
			if ok, err := s.builds(file); ok || err != nil {
				return s, ok, err
			}
		}
	}
	return setting{}, false, nil
}

func (s setting) builds(file string) (bool, error) {
	ctx := build.Default
	if s.tags != "" {
		ctx.BuildTags = strings.Split(s.tags, ",")
	}
	if s.goos != "" {
		ctx.GOOS, ctx.CgoEnabled = s.goos, false
	}
	return ctx.MatchFile(filepath.Dir(file), filepath.Base(file))
}

// subsets returns the subsets of the words, small ones first; of more than six
// words, only those of at most one, because a line that needs more is unheard of.
func subsets(words []string) [][]string {
	list := [][]string{nil}
	for size := 1; size <= len(words); size++ {
		for mask := 1; len(words) <= 6 && mask < 1<<len(words); mask++ {
			var subset []string
			for i, w := range words {
				if mask&(1<<i) != 0 {
					subset = append(subset, w)
				}
			}
			if len(subset) == size {
				list = append(list, subset)
			}
		}
	}
	if len(words) > 6 {
		for _, w := range words {
			list = append(list, []string{w})
		}
	}
	return list
}
