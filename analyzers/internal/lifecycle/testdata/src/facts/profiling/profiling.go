// Package profiling starts and stops profiles in the ways that callers in other
// packages must know of.
package profiling

import (
	"errors"
	"os"
	"runtime/pprof"
	"runtime/trace"
)

func Start(f *os.File) error { // want Start:"lifecycle: leaves cpuprofile"
	return pprof.StartCPUProfile(f)
}

func StartBoth(f, g *os.File) error { // want StartBoth:"lifecycle: leaves cpuprofile, leaves trace, fails with cpuprofile"
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	if err := trace.Start(g); err != nil {
		return errors.Join(errors.New("trace"), err)
	}
	return nil
}

func Stop() { // want Stop:"lifecycle: stops cpuprofile"
	pprof.StopCPUProfile()
}

func StopIf(on bool) { // want StopIf:"lifecycle: stops cpuprofile"
	if on {
		pprof.StopCPUProfile()
	}
}

func Around(f *os.File, work func()) error { // want Around:"lifecycle: stops cpuprofile"
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	work()
	return nil
}

func Begin(f *os.File) func() { // want Begin:"lifecycle: leaves cpuprofile, hands cpuprofile"
	pprof.StartCPUProfile(f)
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}
}

func StopFunc() func() { // want StopFunc:"lifecycle: hands cpuprofile"
	return pprof.StopCPUProfile
}

type Session struct{ file *os.File }

func Open(f *os.File) *Session { // want Open:"lifecycle: leaves cpuprofile, hands cpuprofile"
	pprof.StartCPUProfile(f)
	return &Session{f}
}

func (s *Session) Close() { // want Close:"lifecycle: stops cpuprofile"
	pprof.StopCPUProfile()
	s.file.Close()
}

func (s *Session) Name() string { return s.file.Name() }
