package confirm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hotvet/hotvet/integration/process"
)

// Sheltered calls f with an environment, made of env, for go commands: what they put
// into temporary folders is removed when f returns, and what of them still runs is
// ended, also when this process is killed. temp is as in [Options].
func Sheltered(temp string, env []string, f func(env []string) error) (err error) {
	run, err := newRun(temp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	if env, err = goEnv(run, env); err != nil {
		return err
	}
	return f(env)
}

// newRun makes a run whose folder has room for the probe's socket.
func newRun(temp string) (*process.Run, error) {
	run, err := process.NewRun(temp)
	if err != nil {
		return nil, fmt.Errorf("no folder for the run can be made: %w: set TMPDIR to a folder that can be written to", err)
	}
	if err := checkSocket(filepath.Join(run.Folder(), socketName)); err != nil {
		return nil, errors.Join(err, run.Close())
	}
	return run, nil
}

// goEnv returns the environment of go commands that belong to a run. They and their
// compilers keep temporary files, which the go command leaves behind when it is
// killed, and also when it is interrupted while it loads packages.
func goEnv(run *process.Run, env []string) ([]string, error) {
	folder := filepath.Join(run.Folder(), "go-tmp")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	return append(slices.Clone(env), run.Mark(), "TMPDIR="+folder), nil
}
