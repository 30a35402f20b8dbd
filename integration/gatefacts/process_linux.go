package gatefacts

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/process"
)

// readProcess reads what the kernel says of a process.
func readProcess(pid int, old, new *gate.File) (*gate.Process, error) {
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
		return nil, fmt.Errorf("no process %d", pid)
	}
	p := &gate.Process{PID: pid}
	p.Runs = runs(pid, old, new)
	p.Libraries = replaced(pid)
	p.Files = orphans(pid)
	p.Listeners = listeners(pid)
	return p, nil
}

// runs compares the program of the process with both files. The link leads to the
// program also when its file was replaced.
func runs(pid int, old, new *gate.File) gate.Fact[string] {
	exe := fmt.Sprintf("/proc/%d/exe", pid)
	running, err := os.Stat(exe)
	if err != nil {
		return gate.Missing[string](fmt.Sprintf("cannot see what it runs: %v", err))
	}
	file, err := os.Open(exe)
	if err != nil {
		return gate.Missing[string](fmt.Sprintf("cannot read what it runs: %v", err))
	}
	defer file.Close()
	is := func(f *gate.File) bool {
		info, err := os.Stat(f.Path)
		return err == nil && os.SameFile(info, running) || sameContent(exe, f.Path)
	}
	switch isOld, isNew := is(old), is(new); {
	case isOld && isNew:
		return gate.Known("both")
	case isOld:
		return gate.Known("old")
	case isNew:
		return gate.Known("new")
	}
	return gate.Known("other")
}

// replaced lists libraries whose file is gone or another one. The program itself is
// expected to be replaced.
func replaced(pid int) gate.Fact[[]string] {
	list, err := process.Mappings(pid)
	if err != nil {
		return gate.Missing[[]string](err.Error())
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return gate.Missing[[]string](err.Error())
	}
	var found []string
	for _, m := range list {
		if m.Executable && m.Deleted && m.Path != strings.TrimSuffix(exe, " (deleted)") {
			found = append(found, m.Path)
		}
	}
	return gate.Known(found)
}

// orphans lists files without a name that exec closes although they were written to.
func orphans(pid int) gate.Fact[[]string] {
	list, err := process.FDs(pid)
	if err != nil {
		return gate.Missing[[]string](err.Error())
	}
	var found []string
	for _, f := range list {
		if f.Kind == process.KindFile && f.Deleted && f.Writable() && f.CloseOnExec() {
			found = append(found, fmt.Sprintf("%d: %s", f.Num, f.Target))
		}
	}
	return gate.Known(found)
}

func listeners(pid int) gate.Fact[[]string] {
	list, err := process.Listeners(pid)
	if err != nil {
		return gate.Missing[[]string](err.Error())
	}
	found := []string{}
	for _, a := range list {
		found = append(found, a.String())
	}
	slices.Sort(found)
	return gate.Known(slices.Compact(found))
}

// sameRoot reports an error when the process sees other files than this one, as in a
// container: the libraries that NEW finds there are others.
func sameRoot(pid int) error {
	// The link leads through the mount namespace of the process.
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/root", pid))
	if err != nil {
		return fmt.Errorf("cannot see which files process %d sees: %w", pid, err)
	}
	ours, err := os.Stat("/")
	if err != nil {
		return err
	}
	if !os.SameFile(ours, theirs) {
		return fmt.Errorf("process %d has another root, as in a container: run the gate there, where NEW finds its libraries", pid)
	}
	return nil
}

// processEnv returns the variables that the process was started with.
func processEnv(pid int) ([]string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return nil, err
	}
	var env []string
	for kv := range bytes.SplitSeq(data, []byte{0}) {
		env = append(env, string(kv))
	}
	return env, nil
}
