package unit

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/hotvet/hotvet/cmd/internal/fix"
	"github.com/hotvet/hotvet/integration/finding"
)

// writeFixes answers "go vet -fix": the fixed files go into the archive, from
// which the go command copies them once the build is over, or with -diff the
// changes go to stdout.
func writeFixes(cfg *Config, onlyDiff bool, tree Tree, stdout, stderr io.Writer) error {
	var (
		fixes []finding.Fix
		errs  []error
	)
	for _, analyzer := range slices.Sorted(maps.Keys(tree[cfg.ID])) {
		r := tree[cfg.ID][analyzer]
		if r.Err != "" {
			errs = append(errs, errors.New(r.Err))
		}
		for _, d := range r.Diagnostics {
			if len(d.SuggestedFixes) > 0 {
				fixes = append(fixes, d.SuggestedFixes[0].Finding())
			}
		}
	}
	plan := fix.Make(fixes, os.ReadFile)
	for _, line := range plan.Skipped {
		fmt.Fprintf(stderr, "hotvet: %s\n", line)
	}
	for _, line := range plan.Broken {
		errs = append(errs, errors.New(line))
	}
	if onlyDiff {
		_, err := stdout.Write(plan.Diff())
		return errors.Join(append(errs, err)...)
	}
	if cfg.FixArchive != "" {
		errs = append(errs, archive(cfg.FixArchive, cfg.ID, plan.New))
	}
	return errors.Join(errs...)
}

func archive(name, id string, files map[string][]byte) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	zw := zip.NewWriter(f)
	if err := zw.SetComment(id); err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		w, err := zw.Create(file)
		if err != nil {
			return err
		}
		if _, err := w.Write(files[file]); err != nil {
			return err
		}
	}
	return zw.Close()
}

// Finding returns the fix in the form of the message stream.
func (f SuggestedFix) Finding() finding.Fix {
	out := finding.Fix{Message: f.Message}
	for _, e := range f.Edits {
		out.Edits = append(out.Edits, finding.Edit{File: e.Filename, Start: e.Start, End: e.End, New: e.New})
	}
	return out
}
