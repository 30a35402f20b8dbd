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
	Given    bool     // a stream was given, with or without findings
	Gaps     []string // why there may be findings that the stream does not have
	Dir      string   // that the files of the findings are relative to
	Env      []string
	PID      int
	Pprof    string // URL of the folder that net/http/pprof serves
	Health   string // URL
	Profiles [2]string
	After    bool
	Hash     bool // the binaries, for a record of what was judged
	Time     time.Time
}

// Read collects the facts. A binary that cannot be read is a fact; a file that does
// not exist is an error, as is a pid of no process.
func Read(ctx context.Context, o Options) (*gate.Facts, error) {
	var before [2]os.FileInfo
	for i, name := range []string{o.Old, o.New} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		before[i] = info // nil when it cannot be read, which readBinary says
	}
	f := &gate.Facts{Time: o.Time, After: o.After}
	old, new := readBinaries(o.Old, o.New)
	f.Old, f.New = old.file, new.file
	f.Findings = o.findings(&f.New.Build)
	f.Same = sameContent(o.Old, o.New)
	if f.Old.Problem == "" && f.New.Problem == "" {
		var rest sync.WaitGroup
		rest.Go(func() { f.Symbols = moves(old.table, new.table) })
		f.Exports = exports(old, new, f.Same)
		f.Layouts = o.layouts(old, new)
		f.Host = host(new, o.PID != 0)
		f.Libraries = o.libraries()
		rest.Wait()
	}
	if o.Hash {
		f.Old.SHA256, f.New.SHA256 = hashFile(o.Old), hashFile(o.New)
	}
	old.close()
	new.close()
	if err := o.live(ctx, f); err != nil {
		return nil, err
	}
	for i, file := range []*gate.File{&f.Old, &f.New} {
		if file.Problem == "" {
			file.Problem = changed(before[i], file.Path)
		}
	}
	return f, nil
}

// changed says that a file is not what it was: what was read of it may be of two
// files. A deploy that copies while the gate reads makes that happen.
func changed(before os.FileInfo, path string) string {
	now, err := os.Stat(path)
	if err == nil && os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime()) {
		return ""
	}
	return fmt.Sprintf("%s was replaced or changed while it was read: ask again when it is in place", path)
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

// libraries asks what the loader of this host does with NEW, if NEW runs on what this
// process sees as the host.
func (o *Options) libraries() gate.Fact[gate.Libraries] {
	got := libraries(o.New, o.environment())
	if o.PID == 0 || got.Unknown != "" || got.Value.Static {
		return got
	}
	if err := sameRoot(o.PID); err != nil {
		return gate.Missing[gate.Libraries](err.Error())
	}
	return got
}

// findings picks out what the core asks about.
func (o *Options) findings(b *gate.Build) *gate.Findings {
	if !o.Given {
		return nil
	}
	f := &gate.Findings{Count: len(o.Findings), Gaps: o.Gaps, Foreign: foreign(o.Findings, b)}
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
