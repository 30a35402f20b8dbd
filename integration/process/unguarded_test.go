//go:build linux

package process

import (
	"syscall"
	"testing"
)

func TestChildDiesWithUs(t *testing.T) {
	dir := t.TempDir()
	p, err := Start(spec(dir, "runner"))
	if err != nil {
		t.Fatal(err)
	}
	child := await(t, dir, "child")
	t.Cleanup(func() { syscall.Kill(child, syscall.SIGKILL) })
	p.Signal(syscall.SIGKILL)
	if got := p.Exit(); got.Signal != syscall.SIGKILL {
		t.Errorf("got %v", got)
	}
	eventually(t, "the child outlives a killed parent", func() bool { return !alive(child) })
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
