package confirm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/symtab"
)

// newVersion returns the binary of the user's new version of the program, with the
// probe in it. Places of findings are not counted there: they are of the old source.
func (r *runner) newVersion(ctx context.Context) (string, error) {
	if r.newBuild == nil {
		r.Progress("building the new version", nil)
		folder, err := build.Checkout(ctx, r.Target.ModuleDir, r.New, filepath.Join(r.run.Folder(), "new"))
		if err != nil {
			return "", fmt.Errorf("new version: %w", err)
		}
		target, err := build.FindTarget(ctx, folder, r.goEnv, r.Tags, r.Target.ImportPath)
		if err != nil {
			return "", fmt.Errorf("new version: %w", err)
		}
		overlay, _, err := instrument(target, folder, Plain, nil, func(*marking) (map[string][]build.Text, error) { return nil, nil })
		if err != nil {
			return "", fmt.Errorf("new version: %w", err)
		}
		markUpdated(overlay, target)
		builder := build.NewBuilder(r.run.Folder(), folder, r.goEnv)
		r.newBuild = func(ctx context.Context) (string, error) {
			return builder.Build(ctx, build.Spec{Package: target.ImportPath, Tags: r.Tags, Overlay: overlay})
		}
	}
	return r.newBuild(ctx)
}

// compareLayouts adds to confirmed casts whether the user's new version, if there is
// one, lays out the struct otherwise than the old build. It is not run on what the
// old one left: at which of its places it should be watched is not known. That the
// program trusts foreign bytes is shown by the field that hotvet inserts; whether
// this very update is hit by it is seen in the layouts.
func (r *runner) compareLayouts(ctx context.Context, plan *castPlan, oldBuild string) error {
	var list []int
	for _, i := range slices.Sorted(maps.Keys(plan.of)) {
		if r.opinions[i].result == finding.Confirmed && experiments[r.findings[i].Category].trial == Update && plan.of[i].structType >= 0 {
			list = append(list, i)
		}
	}
	if r.New == "" || len(list) == 0 {
		return nil
	}
	newBuild, err := r.newVersion(ctx)
	if err != nil {
		return err
	}
	before, oldErr := symtab.OpenTypes(oldBuild)
	after, newErr := symtab.OpenTypes(newBuild)
	for _, i := range list {
		o := unknownLayout(errors.Join(oldErr, newErr))
		if oldErr == nil && newErr == nil {
			o = compareLayout(before, after, plan.structs[plan.of[i].structType])
		}
		r.opinions[i].evidence = append(r.opinions[i].evidence, o)
	}
	return nil
}

func unknownLayout(err error) *finding.Evidence {
	text := strings.ReplaceAll(fmt.Sprint(err), "\n", "; ")
	return evidence("new-layout", map[string]string{"error": text}, "whether the new version lays it out otherwise is not known: %s", text)
}

// compareLayout tells how two builds lay out one struct.
func compareLayout(before, after *symtab.Types, s *structType) *finding.Evidence {
	name := s.object.Pkg().Path()
	if s.object.Pkg().Name() == "main" {
		name = "main" // as the linker calls it
	}
	name += "." + s.object.Name()
	was, oldErr := before.Layout(name)
	is, newErr := after.Layout(name)
	if err := errors.Join(oldErr, newErr); err != nil {
		return unknownLayout(err)
	}
	changes := []string{}
	for _, c := range symtab.DiffLayout(was, is) {
		changes = append(changes, c.String())
	}
	data := map[string]any{"old": was.Size, "new": is.Size, "changes": changes}
	if len(changes) == 0 {
		return evidence("new-layout", data, "the new version lays out %s as the old one does: this update is not hit", s.name)
	}
	return evidence("new-layout", data, "the new version lays out %s otherwise, this update is hit: %s", s.name, strings.Join(changes, "; "))
}
