package drivers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/drivers/lsp"
)

// gopls is hotvet-gopls in a session of an editor: every file is opened, the
// diagnostics are awaited, and fixes are chosen one by one.
type gopls struct {
	site  *Site
	tool  string
	cache string
}

func (*gopls) Name() string { return "gopls" }

func (g *gopls) Available(ctx context.Context) (err error) {
	if g.tool, err = g.site.Nested(ctx, "hotvet-gopls"); err != nil {
		return err
	}
	g.cache, err = g.site.Folder("gopls-cache")
	return err
}

// session starts an editor in dir. The server's own cache is apart from the
// user's, so that the first session has nothing to read there.
func (g *gopls) session(ctx context.Context, dir string) (*lsp.Client, error) {
	cmd := exec.CommandContext(ctx, g.tool)
	cmd.Dir = dir
	cmd.Env = Env("GOPLSCACHE="+g.cache, "PWD="+dir)
	// Pulled diagnostics come when they are complete. The server publishes them
	// all the same, for which it need not wait as for a person who types.
	return lsp.Start(ctx, cmd, map[string]any{"pullDiagnostics": true, "diagnosticsDelay": "0s"})
}

func (g *gopls) Findings(ctx context.Context, dir string) (list []Finding, err error) {
	c, err := g.session(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	files, err := openAll(c, dir)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		pulled, err := suiteDiagnostics(ctx, c, file)
		if err != nil {
			return nil, err
		}
		if err := published(ctx, c, file, pulled); err != nil {
			return nil, err
		}
		for _, d := range pulled {
			f, err := findingOf(dir, file, d)
			if err != nil {
				return nil, err
			}
			list = append(list, f)
		}
	}
	return Tidy(list), nil
}

// openAll opens the Go files of a module that the go command sees.
func openAll(c *lsp.Client, dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		base := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != dir && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")):
			return filepath.SkipDir
		case !entry.IsDir() && strings.HasSuffix(base, ".go"):
			files = append(files, name)
			return c.Open(name)
		}
		return nil
	})
	return files, err
}

// suiteDiagnostics returns the diagnostics of the suite about a file. What does
// not compile is not analyzed, and an error.
func suiteDiagnostics(ctx context.Context, c *lsp.Client, file string) ([]lsp.Diagnostic, error) {
	all, err := c.Pull(ctx, file)
	if err != nil {
		return nil, err
	}
	var own []lsp.Diagnostic
	for _, d := range all {
		switch {
		case ofSuite(d):
			own = append(own, d)
		case d.Severity == lsp.Error:
			return nil, fmt.Errorf("%s:%d: %s (%s)", file, d.Range.Start.Line+1, d.Message, d.Source)
		}
	}
	return own, nil
}

// ofSuite reports whether an analyzer of the suite says d: it alone has
// categories that begin with the name of the analyzer.
func ofSuite(d lsp.Diagnostic) bool {
	code, ok := d.Code.(string)
	return ok && d.Source != "" && strings.HasPrefix(code, d.Source+"/")
}

// published waits until an editor that only listens has as many diagnostics of
// the suite about a file as one that asks.
func published(ctx context.Context, c *lsp.Client, file string, pulled []lsp.Diagnostic) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	_, err := c.Wait(ctx, file, func(list []lsp.Diagnostic) bool {
		n := 0
		for _, d := range list {
			if ofSuite(d) {
				n++
			}
		}
		return n == len(pulled)
	})
	if err != nil {
		return fmt.Errorf("gopls publishes other diagnostics than it gives when asked: %w", err)
	}
	return nil
}

func findingOf(dir, file string, d lsp.Diagnostic) (Finding, error) {
	f := Finding{
		End:      End{File: Within(dir, file), Line: d.Range.Start.Line + 1, Message: d.Message},
		Category: d.Code.(string),
	}
	for _, r := range d.RelatedInformation {
		other, err := lsp.File(r.Location.URI)
		if err != nil {
			return f, err
		}
		f.Related = append(f.Related, End{File: Within(dir, other), Line: r.Location.Range.Start.Line + 1, Message: r.Message})
	}
	return f, nil
}

// Fix takes the first offer for each diagnostic, as long as there is one: each
// fix moves what is below it.
func (g *gopls) Fix(ctx context.Context, dir string) (err error) {
	c, err := g.session(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	files, err := openAll(c, dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := fixAll(ctx, c, file); err != nil {
			return err
		}
	}
	return c.Save()
}

// fixAll applies fixes to a file until none is offered.
func fixAll(ctx context.Context, c *lsp.Client, file string) error {
	list, err := suiteDiagnostics(ctx, c, file)
	if err != nil {
		return err
	}
	// A fix ends its finding, so that this many rounds are enough.
	for range len(list) {
		offer, err := firstFix(ctx, c, file, list)
		if err != nil || offer == nil {
			return err
		}
		if err := c.Apply(*offer); err != nil {
			return err
		}
		if list, err = suiteDiagnostics(ctx, c, file); err != nil {
			return err
		}
	}
	return nil
}

func firstFix(ctx context.Context, c *lsp.Client, file string, list []lsp.Diagnostic) (*lsp.CodeAction, error) {
	for _, d := range list {
		offers, err := c.Fixes(ctx, file, d)
		if err != nil {
			return nil, err
		}
		if len(offers) > 0 {
			return &offers[0], nil
		}
	}
	return nil, nil
}
