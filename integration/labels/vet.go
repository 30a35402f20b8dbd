package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotvet/hotvet/integration/internal/modcopy"
)

// point is a line of a file; file is slash-separated within the module.
type point struct {
	file string
	line int
}

// finding is what an analyzer reported: its position, then the related ones.
type finding struct {
	analyzer string
	category string
	message  string
	points   []point
}

// site is what scoring needs to know about one label.
type site struct {
	from, to  int // lines of the function around the line; both 0 if there is none
	setting   setting
	notLoaded string // why the file is not part of the build, or ""
	findings  []finding
}

// unit is one run of go vet: the labels (by index) of one package under one
// setting.
type unit struct {
	dir     string // copy of the module
	pkg     string // folder of the package within it, slash-separated
	setting setting
	labels  []int
}

// vetAll vets the packages of the labels and returns a site for each label.
func vetAll(ctx context.Context, labels []label, work, tool string, progress io.Writer) ([]site, error) {
	sites := make([]site, len(labels))
	var units []*unit
	byKey := make(map[unitKey]*unit)
	for i, l := range labels {
		dir, err := modcopy.Copy(ctx, work, l.Module, l.Version)
		if err != nil {
			return nil, err
		}
		if sites[i], err = locate(l, filepath.Join(dir, filepath.FromSlash(l.File))); err != nil {
			return nil, err
		}
		if sites[i].notLoaded != "" {
			continue
		}
		key := unitKey{dir, path.Dir(l.File), sites[i].setting}
		u := byKey[key]
		if u == nil {
			u = &unit{dir: dir, pkg: key.pkg, setting: key.setting}
			byKey[key] = u
			units = append(units, u)
		}
		u.labels = append(u.labels, i)
	}
	for n, u := range units {
		fmt.Fprintf(progress, "labels: vet %d/%d: %s\n", n+1, len(units), strings.TrimSpace(fmt.Sprint(path.Join(filepath.Base(u.dir), u.pkg), " ", u.setting)))
		findings, notLoaded, err := u.vet(ctx, tool, labels)
		if err != nil {
			return nil, err
		}
		for _, i := range u.labels {
			sites[i].findings, sites[i].notLoaded = findings, notLoaded
		}
	}
	return sites, nil
}

type unitKey struct {
	dir, pkg string
	setting  setting
}

// vet runs the vettool over the package of u. A package that does not load is
// no error: its labels are neither hit nor missed.
func (u *unit) vet(ctx context.Context, tool string, labels []label) (findings []finding, notLoaded string, err error) {
	if err := u.dropTests(labels); err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, "go", "vet", "-vettool="+tool, "-json", "-tags="+u.setting.tags, "./"+u.pkg)
	cmd.Dir, cmd.Env = u.dir, modcopy.Env(u.setting.env()...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		// With -json findings do not make go vet fail: what does is a package
		// that cannot be loaded, unless go vet did not run at all.
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
			return nil, "", err
		}
		return nil, "go vet: " + modcopy.FirstLine(stderr.String()), nil
	}
	findings, err = parseVet(stdout.Bytes(), u.dir)
	if err != nil {
		return nil, "", fmt.Errorf("go vet -json ./%s in %s: %w", u.pkg, u.dir, err)
	}
	return findings, "", nil
}

// dropTests deletes the tests of the package: they bring dependencies that the
// labelled lines do not need, and those of some published modules do not load
// because files they need are not part of the module.
func (u *unit) dropTests(labels []label) error {
	for _, i := range u.labels {
		if strings.HasSuffix(labels[i].File, "_test.go") {
			return nil
		}
	}
	tests, err := filepath.Glob(filepath.Join(u.dir, filepath.FromSlash(u.pkg), "*_test.go"))
	if err != nil {
		return err
	}
	for _, test := range tests {
		if err := os.Remove(test); err != nil {
			return err
		}
	}
	return nil
}

type vetDiagnostic struct {
	Category string `json:"category"`
	Posn     string `json:"posn"`
	Message  string `json:"message"`
	Related  []struct {
		Posn string `json:"posn"`
	} `json:"related"`
}

// parseVet reads what go vet -json prints: one object for each package, package
// -> analyzer -> findings or {"error": ...}. dir is the folder of the module;
// positions outside of it keep their absolute file.
func parseVet(out []byte, dir string) ([]finding, error) {
	var findings []finding
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var tree map[string]map[string]json.RawMessage
		if err := dec.Decode(&tree); err == io.EOF {
			return findings, nil
		} else if err != nil {
			return nil, err
		}
		for pkg, analyzers := range tree {
			for analyzer, raw := range analyzers {
				var list []vetDiagnostic
				if err := json.Unmarshal(raw, &list); err != nil {
					return nil, fmt.Errorf("%s failed on %s: %s", analyzer, pkg, raw)
				}
				for _, d := range list {
					f, err := d.finding(analyzer, dir)
					if err != nil {
						return nil, err
					}
					findings = append(findings, f)
				}
			}
		}
	}
}

func (d vetDiagnostic) finding(analyzer, dir string) (finding, error) {
	f := finding{analyzer: analyzer, category: d.Category, message: d.Message}
	posns := []string{d.Posn}
	for _, r := range d.Related {
		posns = append(posns, r.Posn)
	}
	for _, posn := range posns {
		p, err := parsePosn(posn, dir)
		if err != nil {
			return finding{}, err
		}
		f.points = append(f.points, p)
	}
	return f, nil
}

// parsePosn reads file:line:column, or file:line.
func parsePosn(posn, dir string) (point, error) {
	file, rest := posn, ""
	var numbers []int
	for range 2 {
		i := strings.LastIndexByte(file, ':')
		if i < 0 {
			break
		}
		n, err := strconv.Atoi(file[i+1:])
		if err != nil {
			break
		}
		numbers = append(numbers, n)
		file, rest = file[:i], file[i:]
	}
	if rest == "" {
		return point{}, fmt.Errorf("%q is not a position", posn)
	}
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
		file = rel
	}
	return point{filepath.ToSlash(file), numbers[len(numbers)-1]}, nil
}
