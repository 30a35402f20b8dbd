package confirm

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// probeSource is put into the program as <module>/internal/hotvetprobe. It is a
// package here too, so that it is compiled and vetted with the rest.
//
//go:embed probe/*.go
var probeSource embed.FS

const (
	probeName = "hotvetprobe"
	// tracePart is the file of the probe that links the execution tracer into a
	// program. It is left out where no trace is looked at.
	tracePart = "trace.go"
)

// A marking says which places of findings are counted, and where.
type marking struct {
	sites map[place]int
	trace bool      // traces are looked at
	casts *castPlan // what is put around casts, nil when none is looked at
}

// A place is that of a finding (end -1) or its end'th related place, by indexes.
type place struct{ finding, end int }

// site returns the number of the counters of a place, -1 when it is not counted:
// it is in a dependency, outside every function, or one too many.
func (m *marking) site(i, end int) int {
	if n, ok := m.sites[place{i, end}]; ok {
		return n
	}
	return -1
}

// instrument returns the overlay that adds the probe to the target and changes it
// for those findings whose experiment is of the trial. more returns what else is put
// into files, by absolute path, once the places of findings have numbers.
func instrument(t *build.Target, dir string, trial Trial, findings []*finding.Finding, more func(*marking) (map[string][]build.Text, error)) (overlay map[string][]byte, m *marking, err error) {
	folder := filepath.Join(t.ModuleDir, "internal", probeName)
	if _, err := os.Stat(folder); err == nil {
		return nil, nil, fmt.Errorf("%s exists: the probe has no room in this module", folder)
	}
	path := t.Module + "/internal/" + probeName
	m = &marking{sites: make(map[place]int)}
	overlay = make(map[string][]byte)
	files := m.plan(t, dir, trial, findings)
	if err := addMain(t, path, files); err != nil {
		return nil, nil, err
	}
	texts, err := more(m)
	if err != nil {
		return nil, nil, err
	}
	for file, list := range texts {
		files[file] = append(files[file], plannedSite{build.Site{Line: 1, Column: 1, Texts: list}, place{-1, -1}})
	}
	for file, sites := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		var possible []build.Site
		for _, s := range sites {
			ok, err := build.Insertable(file, src, s.Site)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				possible = append(possible, s.Site)
			} else {
				delete(m.sites, s.place)
			}
		}
		if len(possible) == 0 {
			continue
		}
		overlay[file], err = build.Insert(file, src, importName(possible)+" "+strconv.Quote(path), possible)
		if err != nil {
			return nil, nil, err
		}
	}
	return overlay, m, m.addProbe(overlay, folder)
}

// importName returns the name by which a file imports the probe: none when it does
// not use it.
func importName(sites []build.Site) string {
	for _, s := range sites {
		if len(s.Texts) == 0 || slices.ContainsFunc(s.Texts, func(t build.Text) bool { return strings.Contains(t.Text, probeName+".") }) {
			return probeName
		}
	}
	return "_"
}

// A plannedSite is a change for a place.
type plannedSite struct {
	build.Site
	place place
}

// plan returns the changes to each file.
func (m *marking) plan(t *build.Target, dir string, trial Trial, findings []*finding.Finding) map[string][]plannedSite {
	files := make(map[string][]plannedSite)
	for i, f := range findings {
		e, ok := experimentFor(f, trial)
		if !ok {
			continue
		}
		m.trace = m.trace || f.Category == "profilestop/trace" || f.Category == "profilestop/exit"
		for end := -1; end < len(f.Related); end++ {
			posn, behind := f.Posn, f.End
			if end >= 0 {
				posn, behind = f.Related[end].Posn, finding.Position{}
			}
			file := filepath.FromSlash(posn.File)
			if !filepath.IsAbs(file) {
				file = filepath.Join(dir, file)
			}
			if !t.Owns(file) || filepath.Ext(file) != ".go" || len(m.sites) >= maxSites {
				continue
			}
			site := len(m.sites)
			s := build.Site{Line: posn.Line, Column: posn.Column, EndLine: behind.Line, EndColumn: behind.Column}
			first := site
			if end >= 0 {
				first = m.site(i, -1)
			}
			e.put(f, &s, site, first, end)
			m.sites[place{i, end}] = site
			files[file] = append(files[file], plannedSite{s, place{i, end}})
		}
	}
	return files
}

// addMain has the probe told when the program's main is reached.
func addMain(t *build.Target, probePath string, files map[string][]plannedSite) error {
	for _, file := range t.Files {
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		line, column, ok := build.FuncAt(file, src, "main")
		if ok {
			files[file] = append(files[file], plannedSite{
				build.Site{Line: line, Column: column, Body: probeName + ".Main()"},
				place{-1, -1},
			})
			return nil
		}
	}
	return fmt.Errorf("%s has no main function in its Go files", t.ImportPath)
}

// addProbe adds the probe's own files.
func (m *marking) addProbe(overlay map[string][]byte, folder string) error {
	return fs.WalkDir(probeSource, "probe", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(name) == tracePart && !m.trace {
			return err
		}
		data, err := probeSource.ReadFile(name)
		overlay[filepath.Join(folder, filepath.Base(name))] = data
		return err
	})
}

// markUpdated has the probe say that its image is of the new build.
func markUpdated(overlay map[string][]byte, t *build.Target) {
	overlay[filepath.Join(t.ModuleDir, "internal", probeName, "build.go")] =
		[]byte("package " + probeName + "\n\nconst updated = true\n")
}
