package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/finding"
)

// terminal opens a pseudo terminal, see pts(4). What is written to it is read
// until it is closed, by the function that is returned.
func terminal(t *testing.T) (tty *os.File, written func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan string, 1)
	go func() {
		var buf bytes.Buffer
		_, _ = io.Copy(&buf, master) // EIO is how a terminal ends
		master.Close()
		all <- buf.String()
	}()
	return tty, func() string {
		tty.Close()
		return <-all
	}
}

// work is a command that takes the time and tells of three steps. The clock is
// not the real one.
func work(t *testing.T, stderr io.Writer, takes time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		p := (&invocation{stderr: stderr}).progress()
		p.show(&finding.Progress{Message: "building the program"})
		time.Sleep(takes / 2)
		p.show(&finding.Progress{Message: "running \x1b[31mit\n", Done: 3, Total: 10})
		time.Sleep(takes / 2)
		p.done()
	})
}

// TestProgressIsDrawn holds that who waits at a terminal sees what for, and that
// nothing of it stays.
func TestProgressIsDrawn(t *testing.T) {
	tty, written := terminal(t)
	work(t, tty, 10*time.Second)
	out := written()
	for _, want := range []string{"hotvet: building the program", "hotvet: running  [31mit ", "3/10"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
	if strings.Contains(out, "\n") || strings.Contains(out, "\x1b[31m") {
		t.Errorf("a message leaves its line: %q", out)
	}
	lines := strings.Split(out, "\r")
	if last := lines[len(lines)-1]; strings.TrimSpace(last) != "" {
		t.Errorf("%q is left on the terminal", last)
	}
}

// TestProgressOfSteps holds that a bar that is full makes room for the next.
func TestProgressOfSteps(t *testing.T) {
	tty, written := terminal(t)
	synctest.Test(t, func(t *testing.T) {
		p := (&invocation{stderr: tty}).progress()
		for _, step := range []string{"first", "second"} {
			for i := range 3 {
				p.show(&finding.Progress{Message: step, Done: i, Total: 2})
				time.Sleep(3 * time.Second)
			}
		}
		p.done()
	})
	out := written()
	for _, want := range []string{"first", "second", "1/2"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
}

// TestProgressIsNotDrawn holds that a quick command draws nothing, and that
// nothing is drawn where nobody looks.
func TestProgressIsNotDrawn(t *testing.T) {
	tty, written := terminal(t)
	work(t, tty, drawAfter-time.Millisecond)
	if out := written(); out != "" {
		t.Errorf("drawn before its time: %q", out)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	work(t, file, time.Minute)
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("drawn into a file: %v, %v", info, err)
	}
	var buf bytes.Buffer
	work(t, &buf, time.Minute)
	if buf.Len() != 0 {
		t.Errorf("drawn into a buffer: %q", &buf)
	}
}

// TestSpinner holds that packages are counted.
func TestSpinner(t *testing.T) {
	tty, written := terminal(t)
	synctest.Test(t, func(t *testing.T) {
		s := (&invocation{stderr: tty}).spin("go vet")
		for range 7 {
			s.step()
		}
		time.Sleep(3 * time.Second)
		s.done()
	})
	if out := written(); !strings.Contains(out, "hotvet: go vet, packages done") || !strings.Contains(out, "(7/-") {
		t.Errorf("the packages are not counted: %q", out)
	}
}
