package confirm

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// probeSource is put into the program as <module>/internal/hotvetprobe. It is a
// package here too, so that it is compiled and vetted with the rest.
//
//go:embed probe/probe.go
var probeSource []byte

const (
	probeName = "hotvetprobe"
	// maxSites is MaxSites of the probe.
	maxSites = 1024
)

// instrument returns the overlay that adds the probe to the target and counts the
// places of the findings. marked has the findings, by index, that are counted; the
// place of another is in a dependency, outside every function, or is one too many.
func instrument(t *build.Target, dir string, findings []*finding.Finding) (overlay map[string][]byte, marked map[int]bool, err error) {
	folder := filepath.Join(t.ModuleDir, "internal", probeName)
	if _, err := os.Stat(folder); err == nil {
		return nil, nil, fmt.Errorf("%s exists: the probe has no room in this module", folder)
	}
	path := t.Module + "/internal/" + probeName
	overlay = map[string][]byte{
		filepath.Join(folder, "probe.go"):          probeSource,
		filepath.Join(t.Dir, probeName+"_main.go"): fmt.Appendf(nil, "package main\n\nimport _ %q\n", path),
	}
	marked = make(map[int]bool)
	sites := make(map[string][]indexedSite)
	for i, f := range findings {
		file := filepath.FromSlash(f.Posn.File)
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		if _, ok := judges[f.Category]; ok && t.Owns(file) && i < maxSites {
			sites[file] = append(sites[file], indexedSite{i, f.Posn})
		}
	}
	for file, list := range sites {
		src, counted, err := mark(file, path, list)
		if err != nil {
			return nil, nil, err
		}
		overlay[file] = src
		for _, i := range counted {
			marked[i] = true
		}
	}
	return overlay, marked, nil
}

// An indexedSite is the place of the i-th finding.
type indexedSite struct {
	i    int
	posn finding.Position
}

// mark returns the content of file with a counter before each site, and which of
// the sites got one.
func mark(file, probePath string, list []indexedSite) (src []byte, counted []int, err error) {
	src, err = os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	var sites []build.Site
	for _, s := range list {
		site := build.Site{Line: s.posn.Line, Column: s.posn.Column, Statement: fmt.Sprintf("%s.Hit(%d)", probeName, s.i),
			Wrap: &build.Wrap{
				Path:   "runtime/pprof",
				Func:   "StartCPUProfile",
				Before: fmt.Sprintf("%s.Writer(%d, ", probeName, s.i),
			},
		}
		ok, err := build.Insertable(file, src, site)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			sites = append(sites, site)
			counted = append(counted, s.i)
		}
	}
	if len(sites) == 0 {
		return src, nil, nil
	}
	src, err = build.Insert(file, src, probeName+" "+strconv.Quote(probePath), sites)
	return src, counted, err
}
