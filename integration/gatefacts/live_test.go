//go:build linux

package gatefacts_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	httppprof "net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/gatefacts"
)

// TestMain is also the service that is looked at.
func TestMain(m *testing.M) {
	if folder := os.Getenv("HOTVET_GATE_SERVICE"); folder != "" {
		if err := serve(folder, os.Getenv("HOTVET_GATE_BROKEN") != ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve listens, and, when it is to be broken, holds a file without a name and code of
// a library that was replaced. It ends with its standard input.
func serve(folder string, broken bool) error {
	l, err := net.Listen("unix", filepath.Join(folder, "socket"))
	if err != nil {
		return err
	}
	defer l.Close()
	if broken {
		file, err := os.Create(filepath.Join(folder, "journal"))
		if err != nil {
			return err
		}
		defer file.Close()
		library := filepath.Join(folder, "lib.so")
		if err := os.WriteFile(library, make([]byte, os.Getpagesize()), 0o700); err != nil {
			return err
		}
		code, err := os.Open(library)
		if err != nil {
			return err
		}
		defer code.Close()
		if _, err := syscall.Mmap(int(code.Fd()), 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_EXEC, syscall.MAP_PRIVATE); err != nil {
			return err
		}
		if err := os.Remove(library); err != nil {
			return err
		}
		if err := os.Remove(file.Name()); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// service starts this test as a service.
func service(t *testing.T, broken string) (pid int, folder string) {
	t.Helper()
	folder = t.TempDir()
	cmd := exec.Command(executable(t))
	cmd.Env = append(os.Environ(), "HOTVET_GATE_SERVICE="+folder, "HOTVET_GATE_BROKEN="+broken)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the service says %q, error %v", line, err)
	}
	return cmd.Process.Pid, folder
}

func executable(t *testing.T) string {
	t.Helper()
	name, err := os.Executable()
	must(t, err)
	return name
}

// judge decides with the default policy on this test's own binary.
func judge(t *testing.T, o gatefacts.Options) map[string]finding.Row {
	t.Helper()
	if o.Old == "" {
		o.Old, o.New = executable(t), executable(t)
	}
	o.Time = time.Now()
	f, err := gatefacts.Read(context.Background(), o)
	must(t, err)
	p, err := gate.ParsePolicy(gate.DefaultPolicy())
	must(t, err)
	rows := make(map[string]finding.Row)
	for _, row := range gate.Decide(f, p).Rows {
		rows[row.Check] = row
	}
	return rows
}

func wantRow(t *testing.T, rows map[string]finding.Row, check, result, reason string) {
	t.Helper()
	if row := rows[check]; row.Result != result || !strings.Contains(row.Reason, reason) {
		t.Errorf("%s: %s (%s), want %s (%s)", check, row.Result, row.Reason, result, reason)
	}
}

func TestProcess(t *testing.T) {
	pid, folder := service(t, "")
	rows := judge(t, gatefacts.Options{PID: pid})
	wantRow(t, rows, "live/process", finding.Pass, fmt.Sprintf("process %d runs OLD", pid))
	wantRow(t, rows, "live/libraries", finding.Pass, "")
	wantRow(t, rows, "live/files", finding.Pass, "0 files")
	wantRow(t, rows, "live/listeners", finding.Pass, "unix:"+filepath.Join(folder, "socket"))

	// A copy under another name is the same program; another program is not.
	other := filepath.Join(folder, "copy")
	data, err := os.ReadFile(executable(t))
	must(t, err)
	must(t, os.WriteFile(other, data, 0o700))
	rows = judge(t, gatefacts.Options{PID: pid, Old: other, New: other})
	wantRow(t, rows, "live/process", finding.Pass, "runs OLD")
	at := bytes.LastIndex(data, []byte("\x00main.main\x00"))
	if at < 0 {
		t.Fatal("the test binary has no symbol main.main")
	}
	data[at+1] = 'n'
	must(t, os.WriteFile(other, data, 0o700))
	rows = judge(t, gatefacts.Options{PID: pid, Old: other, New: other})
	wantRow(t, rows, "live/process", finding.Fail, "does not run OLD")
}

func TestBrokenProcess(t *testing.T) {
	pid, _ := service(t, "yes")
	rows := judge(t, gatefacts.Options{PID: pid})
	wantRow(t, rows, "live/libraries", finding.Fail, "lib.so")
	wantRow(t, rows, "live/files", finding.Fail, "journal")
}

func TestNoProcess(t *testing.T) {
	_, err := gatefacts.Read(context.Background(), gatefacts.Options{Old: executable(t), New: executable(t), PID: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "no process") {
		t.Errorf("error %v", err)
	}
}

func server(t *testing.T, handlers map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range handlers {
		mux.HandleFunc(path, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func handlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{"/debug/pprof/": httppprof.Index, "/debug/pprof/profile": httppprof.Profile, "/debug/pprof/trace": httppprof.Trace}
}

// TestPprof asks the real handlers, which show this process.
func TestPprof(t *testing.T) {
	address := server(t, handlers()) + "/debug/pprof"
	ask := func() map[string]finding.Row { return judge(t, gatefacts.Options{Pprof: address}) }
	rows := ask()
	for _, check := range []string{"live/pprof", "live/callbacks", "live/c", "live/threads", "live/profile"} {
		wantRow(t, rows, check, finding.Pass, "")
	}

	must(t, pprof.StartCPUProfile(io.Discard))
	rows = ask()
	pprof.StopCPUProfile()
	wantRow(t, rows, "live/profile", finding.Fail, "a CPU profile is being taken")

	done := make(chan error, 1)
	go func() {
		resp, err := http.Get(address + "/trace?seconds=1")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		done <- err
	}()
	for rows = ask(); rows["live/profile"].Result == finding.Pass; rows = ask() {
		select {
		case err := <-done:
			t.Fatalf("the trace ended unseen: %v", err)
		default:
		}
	}
	wantRow(t, rows, "live/profile", finding.Fail, "an execution trace is being taken")
	must(t, <-done)

	ready, release := make(chan bool), make(chan bool)
	go func() {
		runtime.LockOSThread()
		close(ready)
		<-release
		runtime.UnlockOSThread()
	}()
	<-ready
	rows = ask()
	close(release)
	wantRow(t, rows, "live/threads", finding.Fail, "1 goroutine locked to a thread")
}

// TestPprofTrouble holds that no answer and an empty one deny.
func TestPprofTrouble(t *testing.T) {
	elsewhere := server(t, handlers())
	const dump = "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n"
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	for name, test := range map[string]struct {
		handlers map[string]http.HandlerFunc
		want     string
	}{
		"absent":  {nil, "404"},
		"empty":   {map[string]http.HandlerFunc{"/goroutine": answer(""), "/heap": answer("")}, "no goroutine"},
		"no heap": {map[string]http.HandlerFunc{"/goroutine": answer(dump), "/heap": answer("")}, "heap: empty file"},
		"text":    {map[string]http.HandlerFunc{"/goroutine": answer("hello"), "/heap": answer("")}, "no goroutine"},
		"redirect": {map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+"/debug/pprof"+r.URL.Path+"?"+r.URL.RawQuery, http.StatusFound)
		}}, "redirects to another host"},
		"endless redirect": {map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}}, "without an end"},
		"endless": {map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
			block := bytes.Repeat([]byte("x\n"), 1<<19)
			for {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}}, "more than 67108864 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			rows := judge(t, gatefacts.Options{Pprof: server(t, test.handlers)})
			wantRow(t, rows, "live/pprof", finding.Fail, test.want)
		})
	}
}

// TestPassword: what is kept in the audit log has no password of a URL.
func TestPassword(t *testing.T) {
	for _, served := range []map[string]http.HandlerFunc{handlers(), nil} {
		address := strings.Replace(server(t, served), "http://", "http://me:secret@", 1)
		for _, row := range judge(t, gatefacts.Options{Pprof: address, Health: address + "/healthz"}) {
			if strings.Contains(row.Reason, "secret") {
				t.Errorf("%s: %s", row.Check, row.Reason)
			}
		}
	}
}

func TestHealth(t *testing.T) {
	pid, _ := service(t, "")
	self, err := gatefacts.Read(context.Background(), gatefacts.Options{Old: executable(t), New: executable(t)})
	must(t, err)
	if len(self.Old.BuildIDs) == 0 {
		t.Fatal("the test binary has no build id")
	}
	type parts []map[string]any
	answer := map[string]any{}
	address := server(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}})
	for _, test := range []struct {
		answer                map[string]any
		check, result, reason string
	}{
		{map[string]any{"score": 90, "time": time.Now(), "pid": pid, "build_id": self.Old.BuildIDs[0]}, "health/score", finding.Pass, "score 90"},
		{map[string]any{"score": 90, "time": time.Now(), "pid": pid, "build_id": self.Old.BuildIDs[0]}, "health/process", finding.Pass, "from OLD"},
		{map[string]any{"score": 90, "time": time.Now(), "gnu_build_id": "00ff"}, "health/process", finding.Fail, "which is not OLD"},
		{map[string]any{"score": 90, "time": time.Now(), "pid": pid + 1}, "health/process", finding.Fail, "answered, not"},
		{map[string]any{"score": 60, "time": time.Now(), "parts": parts{{"name": "gc", "score": 60, "reason": "40 % of the CPU"}, {"name": "goroutines", "score": nil}}}, "health/score", finding.Fail, "worst is gc, 60 (40 % of the CPU)"},
		{map[string]any{"score": 90, "time": time.Now().Add(-time.Minute)}, "health/fresh", finding.Fail, "allows 10s"},
		{map[string]any{"time": time.Now()}, "health/score", finding.Unknown, "no score"},
		{map[string]any{"score": "good"}, "health/score", finding.Unknown, "not an answer"},
	} {
		answer = test.answer
		rows := judge(t, gatefacts.Options{Health: address, PID: pid})
		wantRow(t, rows, test.check, test.result, test.reason)
	}
	rows := judge(t, gatefacts.Options{Health: server(t, nil)})
	wantRow(t, rows, "health/score", finding.Unknown, "404")
}

func TestProfiles(t *testing.T) {
	folder := t.TempDir()
	heap, empty := filepath.Join(folder, "heap"), filepath.Join(folder, "empty")
	file, err := os.Create(heap)
	must(t, err)
	must(t, pprof.Lookup("heap").WriteTo(file, 0))
	must(t, file.Close())
	must(t, os.WriteFile(empty, nil, 0o600))
	rows := judge(t, gatefacts.Options{Profiles: [2]string{heap, empty}})
	wantRow(t, rows, "profile/old", finding.Pass, "different stacks")
	wantRow(t, rows, "profile/new", finding.Fail, "empty file: the profile was never stopped")
	rows = judge(t, gatefacts.Options{Profiles: [2]string{folder, heap}})
	wantRow(t, rows, "profile/old", finding.Fail, "not a regular file")
	rows = judge(t, gatefacts.Options{Profiles: [2]string{heap, heap}})
	wantRow(t, rows, "profile/gap", finding.Unknown, "")
}
