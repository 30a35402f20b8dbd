//go:build linux

package process

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// envRole makes the test binary play a program to be run, and envDir is the folder
// of its test.
const (
	envRole = "PROCESS_TEST_ROLE"
	envDir  = "PROCESS_TEST_DIR"
)

// roles are the programs that the tests run. Each gets the folder of the test.
var roles = map[string]func(dir string){
	"sleep":  func(string) { select {} },
	"exit":   func(string) { fmt.Println("gives up"); os.Exit(7) },
	"crash":  func(string) { shell("kill -ABRT $$") },
	"deaf":   func(dir string) { signal.Ignore(syscall.SIGTERM); leave(dir, "ready", os.Getpid()); select {} },
	"flood":  func(string) { flood() },
	"large":  func(string) { large() },
	"family": family,
	"orphan": orphan,
	"tribe":  tribe,
	"bare":   bare,
	"serve":  serve,
	"litter": litter,
	"hunger": hunger,
	"speak":  speak,
	"spoil":  spoil,
	"zombie": zombie,
	"between": func(dir string) {
		leave(dir, "between", os.Getpid())
		unwaited(dir, "inner")
		select {}
	},
	"tool": tool,
}

func TestMain(m *testing.M) {
	GuardMain()
	if play, ok := roles[os.Getenv(envRole)]; ok {
		// A sleeping program must not end as a deadlock.
		go func() {
			for {
				time.Sleep(time.Hour)
			}
		}()
		play(os.Getenv(envDir))
		return
	}
	goleak.VerifyTestMain(m)
}

func spec(dir, role string) Spec {
	return Spec{
		Path: "/proc/self/exe",
		// Without it each end takes a second under the race detector.
		Env: append(os.Environ(), "GORACE=atexit_sleep_ms=0", envRole+"="+role, envDir+"="+dir),
		Dir: dir,
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// shell replaces the role by a script.
func shell(script string) {
	must(syscall.Exec("/bin/sh", []string{"sh", "-c", script}, os.Environ()))
}

// leave writes a number into a file of dir, whole at once.
func leave(dir, name string, n int) {
	path := filepath.Join(dir, name)
	must(os.WriteFile(path+".new", []byte(strconv.Itoa(n)), 0o600))
	must(os.Rename(path+".new", path))
}

// await returns the number in a file of dir as soon as it is there.
func await(t *testing.T, dir, name string) int {
	t.Helper()
	n := 0
	eventually(t, name+" does not appear", func() bool {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(data) == 0 {
			return false
		}
		if n, err = strconv.Atoi(strings.TrimSpace(string(data))); err != nil {
			t.Fatal(err)
		}
		return true
	})
	return n
}

// eventually waits until f is true. It waits long, for a busy machine.
func eventually(t *testing.T, fails string, f func() bool) {
	t.Helper()
	for range 3000 {
		if f() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(fails)
}

// alive reports whether a process exists that has not ended.
func alive(pid int) bool {
	info, err := readInfo(pid)
	return err == nil && !info.Ended()
}

// floodSize is how much flood writes, in bytes.
const floodSize = 1 << 30

func flood() {
	chunk := bytes.Repeat([]byte("a line of a log that nobody reads\n"), 1<<11)
	for written := 0; written < floodSize; written += len(chunk) {
		os.Stdout.Write(chunk)
	}
	fmt.Println("the last line")
}

// large writes a file without end and says what became of that.
func large() {
	file, err := os.Create("large")
	must(err)
	for err == nil {
		_, err = file.Write(make([]byte, 1000))
	}
	fmt.Println(err)
}

// sleeper starts a process that does nothing, and leaves its id.
func sleeper(dir, name string, change func(*exec.Cmd)) {
	cmd := exec.Command("/bin/sleep", "1000")
	change(cmd)
	must(cmd.Start())
	leave(dir, name, cmd.Process.Pid)
}

func noEnv(cmd *exec.Cmd) { cmd.Env = []string{} }

func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// family starts a child that only its session ties to it: its environment is empty.
func family(dir string) {
	sleeper(dir, "child", noEnv)
	select {}
}

// orphan starts a child that leaves the session and holds on to the output, and
// ends, as a daemon does.
func orphan(dir string) {
	sleeper(dir, "child", func(cmd *exec.Cmd) {
		ownSession(cmd)
		cmd.Stdout = os.Stdout
	})
}

// bare starts a daemon with nothing that ties it to who started it, and ends.
func bare(dir string) {
	sleeper(dir, "child", func(cmd *exec.Cmd) {
		ownSession(cmd)
		noEnv(cmd)
	})
}

// tribe is all of these at once: a child, one in another session, and a daemon
// whose parent, in between, has ended.
func tribe(dir string) {
	sleeper(dir, "first", noEnv)
	sleeper(dir, "second", ownSession)
	between := exec.Command("/proc/self/exe")
	between.Env = []string{envRole + "=bare", envDir + "=" + dir}
	must(between.Run())
	leave(dir, "tribe", os.Getpid())
	select {}
}

func serve(dir string) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	_, err = net.Listen("unix", "rel.sock")
	must(err)
	_, err = net.Listen("tcp", ":0")
	must(err)
	written, err := os.Create(filepath.Join(dir, "written"))
	must(err)
	fmt.Fprint(written, "four")
	_, err = os.Open(filepath.Join(dir, "written"))
	must(err)
	leave(dir, "port", tcp.Addr().(*net.TCPAddr).Port)
	select {}
}

// litter leaves files that resist removal.
func litter(string) {
	must(os.MkdirAll("locked/inner", 0o700))
	must(os.WriteFile("locked/inner/file", nil, 0o400))
	must(os.Chmod("locked/inner", 0o500))
	must(os.Chmod("locked", 0o500))
	must(os.Symlink("/", "root"))
}

// hunger uses memory and gives it back.
func hunger(string) {
	block := make([]byte, 200<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	must(syscall.Exec("/bin/true", []string{"true"}, nil))
}

// speak ends and leaves a child that writes when it is told to.
func speak(dir string) {
	fmt.Println("parent")
	child := exec.Command("/bin/sh", "-c", `while ! [ -e go ]; do sleep 0.01; done; echo child; echo $? > status; mv status said`)
	child.Dir = dir
	child.Stdout = os.Stdout
	must(child.Start())
}

// spoil kills the guard, its parent.
func spoil(dir string) {
	sleeper(dir, "child", ownSession)
	leave(dir, "parent", os.Getppid())
	must(syscall.Kill(os.Getppid(), syscall.SIGKILL))
	select {}
}

// zombie has a child that has ended and for which it does not wait, and a child
// that has such a child.
func zombie(dir string) {
	between := exec.Command("/proc/self/exe")
	between.Env = append(os.Environ(), envRole+"=between")
	must(between.Start())
	unwaited(dir, "zombie")
	select {}
}

// unwaited starts a process that ends, and does not wait for it.
func unwaited(dir, name string) {
	cmd := exec.Command("/bin/true")
	must(cmd.Start())
	leave(dir, name, cmd.Process.Pid)
}
