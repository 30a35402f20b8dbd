// Package gatefacts collects what package gate decides on: from two binaries, from
// the findings of the source, from a running process, from its profiles and its
// health. It opens only files and addresses that its caller names.
package gatefacts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/symtab"
)

// Options name the inputs. Those that are empty are not asked for.
type Options struct {
	Old, New string // files
	Types    []string
	Findings []*finding.Finding
	Given    bool   // a stream was given, with or without findings
	Dir      string // that the files of the findings are relative to
	Env      []string
	PID      int
	Pprof    string // URL of the folder that net/http/pprof serves
	Health   string // URL
	Profiles [2]string
	After    bool
	Time     time.Time
}

// Read collects the facts. A binary that cannot be read is a fact; a file that does
// not exist is an error, as is a pid of no process.
func Read(ctx context.Context, o Options) (*gate.Facts, error) {
	for _, name := range []string{o.Old, o.New} {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	f := &gate.Facts{Time: o.Time, After: o.After}
	old, new := readBinaries(o.Old, o.New)
	f.Old, f.New = old.file, new.file
	f.Findings = o.findings()
	f.Same = sameContent(o.Old, o.New)
	if f.Old.Problem == "" && f.New.Problem == "" {
		var rest sync.WaitGroup
		rest.Go(func() { f.Symbols = moves(old.table, new.table) })
		f.Exports = exports(old, new, f.Same)
		f.Layouts = o.layouts(old, new)
		f.Libraries = libraries(o.New, o.environment())
		rest.Wait()
	}
	old.close()
	new.close()
	if err := o.live(ctx, f); err != nil {
		return nil, err
	}
	return f, nil
}

// live collects what a service and its files say.
func (o *Options) live(ctx context.Context, f *gate.Facts) error {
	if o.PID != 0 {
		p, err := readProcess(o.PID, &f.Old, &f.New)
		if err != nil {
			return err
		}
		f.Process = p
	}
	if o.Pprof != "" {
		f.Pprof = askPprof(ctx, o.Pprof)
	}
	if o.Health != "" {
		h := askHealth(ctx, o.Health)
		f.Health = &h
	}
	if o.Profiles[0] != "" {
		f.Profiles = readProfiles(o.Profiles[0], o.Profiles[1])
	}
	return nil
}

// environment returns the variables that the loader of NEW sees: those of the
// running process, which an exec hands on, where they can be read.
func (o *Options) environment() []string {
	if o.PID != 0 {
		if env, err := processEnv(o.PID); err == nil {
			return env
		}
	}
	return o.Env
}

// findings picks out what the core asks about.
func (o *Options) findings() *gate.Findings {
	if !o.Given {
		return nil
	}
	f := new(gate.Findings)
	for _, x := range o.Findings {
		switch {
		case x.Analyzer == "addrpersist":
			f.Addresses = append(f.Addresses, place(x))
		case x.Category == "structcast/mirror":
			f.Mirrors = append(f.Mirrors, place(x))
		}
	}
	return f
}

func place(f *finding.Finding) string { return fmt.Sprintf("%s:%d", f.Posn.File, f.Posn.Line) }

func moves(old, new *symtab.Table) gate.Fact[gate.Symbols] {
	m, err := symtab.Compare(old, new)
	if err != nil {
		return gate.Missing[gate.Symbols](err.Error())
	}
	return gate.Known(gate.Symbols{
		Functions: m.Old,
		Moved:     m.Moved,
		Removed:   m.Removed,
		Added:     m.Added,
		Wrong:     m.Code.Wrong(),
	})
}
