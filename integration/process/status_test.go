//go:build linux

package process

import (
	"os"
	"slices"
	"syscall"
	"testing"
)

// A part of what the kernel writes for a Go program under nohup.
const statusText = "Name:\tserver\nUmask:\t0022\nState:\tS (sleeping)\nUid:\t1000\t1001\t1000\t1000\n" +
	"VmHWM:\t    1708 kB\nVmRSS:\t    1604 kB\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000200\n" +
	"SigBlk:\t8000000040000000\nSigIgn:\t0000000000000001\nSigCgt:\tfffffffd7fc1feff\n"

func TestParseSignals(t *testing.T) {
	d, err := parseSignals(parseStatus(statusText))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		set  SignalSet
		want []string
	}{
		{d.Ignored, []string{"SIGHUP"}},
		{d.Blocked, []string{"SIGSYS", "SIGRT64"}},
		{d.Pending, []string{"SIGUSR1"}},
		{0, nil},
	} {
		if got := test.set.Names(); !slices.Equal(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	if d.Caught.Has(syscall.SIGKILL) || !d.Caught.Has(syscall.SIGHUP) || !d.Caught.Has(64) || d.Caught.Has(0) || d.Caught.Has(65) {
		t.Errorf("caught are %q", d.Caught.Names())
	}
	for _, text := range []string{"", "SigBlk:\t0\nSigIgn:\t0\nSigCgt:\t0\n", "SigBlk:\t0\nSigIgn:\tg\nSigCgt:\t0\nShdPnd:\t0\n"} {
		if d, err := parseSignals(parseStatus(text)); err == nil {
			t.Errorf("%q: got %+v", text, d)
		}
	}
}

func TestParseMemoryAndOwner(t *testing.T) {
	fields := parseStatus(statusText)
	if m, err := parseMemory(fields); err != nil || m != (MemoryUse{Now: 1604 << 10, Peak: 1708 << 10}) {
		t.Errorf("got %+v, %v", m, err)
	}
	if uid, err := parseOwner(fields); err != nil || uid != 1001 {
		t.Errorf("got %d, %v", uid, err)
	}
	for _, text := range []string{
		"Name:\tzombie\n",
		"VmHWM:\t 1 kB\nVmRSS:\t x kB\nUid:\t1\n",
		"VmHWM:\t 1\nVmRSS:\t 1 kB\nUid:\t1 x 1 1\n",
		"VmHWM:\t 9223372036854775807 kB\nVmRSS:\t 1 kB\n",
	} {
		if m, err := parseMemory(parseStatus(text)); err == nil {
			t.Errorf("%q: got %+v", text, m)
		}
		if uid, err := parseOwner(parseStatus(text)); err == nil {
			t.Errorf("%q: got %d", text, uid)
		}
	}
}

func TestSignalsAndMemory(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "deaf")
	await(t, dir, "ready")
	d, err := Signals(p.PID())
	if err != nil || !d.Ignored.Has(syscall.SIGTERM) || !d.Caught.Has(syscall.SIGUSR2) || d.Ignored.Has(syscall.SIGUSR2) {
		t.Errorf("ignored are %q, %v", d.Ignored.Names(), err)
	}
	m, err := Memory(p.PID())
	if err != nil || m.Now < 1<<20 || m.Peak < m.Now || m.Peak > 1<<30 {
		t.Errorf("got %+v, %v", m, err)
	}
	p.Close()
	if _, err := Memory(p.PID()); !os.IsNotExist(err) {
		t.Errorf("got %v for a process that is gone", err)
	}
}
