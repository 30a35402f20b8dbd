package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/cmd/internal/fix"
	"github.com/hotvet/hotvet/integration/finding"
)

// mend applies the first fix of each finding, or prints what that would change.
// Findings whose fix went in are no longer among those of c.
func (inv *invocation) mend(opt *checkOptions, c *checked) error {
	foreign, err := inv.foreign(opt, c)
	if err != nil {
		return err
	}
	var (
		fixes []finding.Fix
		fixed = make(map[int]*finding.Finding) // by index in fixes
	)
	for _, f := range c.findings {
		if f.Suppressed || len(f.Fixes) == 0 {
			continue
		}
		if at := slices.IndexFunc(f.Fixes[0].Edits, func(e finding.Edit) bool { return foreign(opt.path(e.File)) }); at >= 0 {
			inv.say("%s: fix %q is skipped: the file is not yours", f.Posn, f.Fixes[0].Message)
			continue
		}
		fixed[len(fixes)] = f
		fixes = append(fixes, f.Fixes[0])
	}
	plan := fix.Make(fixes, func(name string) ([]byte, error) { return os.ReadFile(opt.path(name)) })
	for _, line := range plan.Skipped {
		inv.say("%s", line)
	}
	c.errors = append(c.errors, plan.Broken...)
	for _, line := range plan.Broken {
		inv.say("%s", line)
	}
	if opt.diff {
		_, err := inv.stdout.Write(plan.Diff())
		return err
	}
	for name, text := range plan.New {
		if err := replace(opt.path(name), text); err != nil {
			return err
		}
	}
	done := make(map[*finding.Finding]bool)
	for i, f := range fixed {
		if plan.Done[i] {
			done[f] = true
		}
	}
	c.findings = slices.DeleteFunc(c.findings, func(f *finding.Finding) bool { return done[f] })
	if len(done) > 0 {
		inv.say("%s fixed in %s", count(len(done), "finding"), count(len(plan.New), "file"))
	}
	return nil
}

// replace writes a file beside the old one and renames it, so that no half
// written source is left behind, and keeps its mode.
func replace(name string, text []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".hotvet-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(text)
	err = errors.Join(err, tmp.Chmod(info.Mode().Perm()), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: fix is not written", name), err, os.Remove(tmp.Name()))
	}
	return nil
}

// foreign returns a function that tells files of the toolchain, the module
// cache, the build cache and vendored modules from the user's own.
func (inv *invocation) foreign(opt *checkOptions, c *checked) (func(string) bool, error) {
	if !slices.ContainsFunc(c.findings, func(f *finding.Finding) bool { return len(f.Fixes) > 0 }) {
		return func(string) bool { return true }, nil
	}
	out, err := inv.goCommand(opt, []string{"env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE"}).Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var roots map[string]string
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&roots); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	return func(name string) bool {
		for _, root := range roots {
			if rel, err := filepath.Rel(root, name); err == nil && filepath.IsLocal(rel) {
				return true
			}
		}
		return strings.Contains(filepath.ToSlash(name), "/vendor/")
	}, nil
}
