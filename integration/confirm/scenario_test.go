//go:build linux

package confirm

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
)

const svc = "integration/confirm/testdata/svc"

// runSvc runs svc in a mode and judges the two places that start a profile.
func runSvc(t *testing.T, mode string, change func(*Options)) (*Result, error) {
	t.Helper()
	dir := root(t)
	o := options(t, dir, "./"+svc)
	o.Scenario.Args = []string{mode}
	if change != nil {
		change(&o)
	}
	start := at(t, dir, svc+"/main.go", "pprof.StartCPUProfile(f); err", "profilestop/exec")
	request := at(t, dir, svc+"/main.go", "pprof.StartCPUProfile(f) // on request", "profilestop/exec")
	request.ID += "-request"
	return Run(t.Context(), o, []*finding.Finding{start, request})
}

func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		mode, path     string
		start, request string // verdicts on the two places
		says           string // regular expression
	}{
		{"forgets", "/", finding.Confirmed, finding.Unreached, `cpu.pprof has 0 bytes(?s:.*)never came to this place`},
		{"stops", "/", finding.Refuted, finding.Unreached, `cpu.pprof has \d+ bytes after the restart and is a whole`},
		{"twice", "/", finding.Refuted, finding.Unreached, `whole CPU profile`},
		{"gigabyte", "/", finding.Confirmed, finding.Unreached, `ITIMER_PROF is armed`},
		{"flood", "/", finding.Confirmed, finding.Unreached, `ITIMER_PROF is armed`},
		{"child", "/", finding.Unreached, finding.Unreached, `started a child instead of replacing itself`},
		{"raw", "/", finding.Unreached, finding.Unreached, `never came to this place`},
		{"plain", "/profile", finding.Unreached, finding.Confirmed, `asked.pprof has 0 bytes`},
	} {
		t.Run(test.mode, func(t *testing.T) {
			r, err := runSvc(t, test.mode, func(o *Options) { o.Scenario.Load = []Request{{URL: test.path}} })
			if err != nil {
				t.Fatal(err)
			}
			text := describe(r)
			if strings.Contains(text, "access.log") {
				t.Errorf("a log that is empty is taken for the profile:\n%s", text)
			}
			if r.Verdicts[0].Result != test.start || r.Verdicts[1].Result != test.request || !regexp.MustCompile(test.says).MatchString(text) {
				t.Errorf("want %s, %s and %q, got\n%s", test.start, test.request, test.says, text)
			}
		})
	}
}

func TestTroubles(t *testing.T) {
	for _, test := range []struct{ mode, says, verdict, hint string }{
		{"exit", `does not serve: the program ended with exit status 1; its output(?s:.*)cannot open the database`, finding.Unreached, ""},
		{"silent", `does not serve within 3s; it wrote nothing`, finding.Unreached, "it was not seen to listen: -timeout gives it more time"},
		{"open", `listens on tcp:.*which other machines can reach`, finding.Unreached, ""},
		{"fills", `does not serve: the program ended with exit status 1(?s:.*)file too large`, finding.Unreached, ""},
		{"port", `does not serve: the program ended with exit status 1(?s:.*)address already in use`, finding.Unreached, ""},
		{"deaf", `does not replace itself within 3s`, finding.Unreached, "-restart SIGNAL"},
		{"dies", `does not serve after the restart: the program ended with exit status 2(?s:.*)the new release is broken`, finding.Confirmed, ""},
	} {
		t.Run(test.mode, func(t *testing.T) {
			r, err := runSvc(t, test.mode, func(o *Options) {
				switch test.mode {
				case "fills":
					o.Scenario.Limits.File = 4 << 20
				case "port":
					l, err := net.Listen("tcp", "127.0.0.1:0")
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { l.Close() })
					o.Scenario.Args = append(o.Scenario.Args, l.Addr().String())
				}
				if strings.Contains(test.says, "within 3s") {
					o.Scenario.Limits.Ready, o.Scenario.Limits.Step = Duration(3*time.Second), Duration(3*time.Second)
				}
			})
			if err == nil || !regexp.MustCompile(test.says).MatchString(err.Error()) {
				t.Errorf("got error %v, want %q", err, test.says)
			}
			if hint := Hint(err); !strings.HasPrefix(hint, test.hint) || (hint == "") != (test.hint == "") {
				t.Errorf("got hint %q, want %q", hint, test.hint)
			}
			if r == nil || r.Verdicts[0].Result != test.verdict || r.Verdicts[1].Result != finding.Unreached {
				t.Errorf("want %s, got\n%s", test.verdict, describe(r))
			}
		})
	}
}

// TestNothingIsLeft looks for a daemon that left the session and for the server,
// which ignores SIGTERM.
func TestNothingIsLeft(t *testing.T) {
	before := sleepers(t)
	if _, err := runSvc(t, "daemon", func(o *Options) { o.Scenario.Limits.Step = Duration(5 * time.Second) }); err != nil {
		t.Fatal(err)
	}
	for pid := range sleepers(t) {
		if !before[pid] {
			t.Errorf("process %d is left", pid)
		}
	}
}

// sleepers returns the processes that run "sleep 1000".
func sleepers(t *testing.T) map[int]bool {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[int]bool)
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || string(line) != "sleep\x001000\x00" {
			continue // ended meanwhile, or another
		}
		pid, err := strconv.Atoi(strings.Split(file, "/")[2])
		if err != nil {
			t.Fatal(err)
		}
		found[pid] = true
	}
	return found
}

func TestInterrupted(t *testing.T) {
	dir := root(t)
	o := options(t, dir, "./"+svc)
	o.Scenario.Args = []string{"silent"}
	o.Scenario.Limits.Ready = Duration(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Progress = func(what string, _ *finding.Event) {
		if what == "starting the program (plain)" {
			time.AfterFunc(200*time.Millisecond, cancel)
		}
	}
	began := time.Now()
	r, err := Run(ctx, o, []*finding.Finding{at(t, dir, svc+"/main.go", "pprof.StartCPUProfile(f); err", "profilestop/exec")})
	if r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", r, err)
	}
	if time.Since(began) > 20*time.Second {
		t.Errorf("it took %v to end", time.Since(began))
	}
}

// TestTimerKills runs a program whose new image dies of the timer before Go, and
// the probe in it, begins.
func TestTimerKills(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler, and only an image with C code dies that reliably")
	}
	dir := root(t)
	r, err := Run(t.Context(), options(t, dir, "./integration/confirm/testdata/slowstart"), []*finding.Finding{
		at(t, dir, "integration/confirm/testdata/slowstart/main.go", "pprof.StartCPUProfile", "profilestop/exec"),
	})
	if err != nil {
		t.Fatal(err)
	}
	text := describe(r)
	if r.Verdicts[0].Result != finding.Confirmed ||
		!strings.Contains(text, "SIGPROF killed the new image before") || !strings.Contains(text, "cpu.pprof has 0 bytes") {
		t.Errorf("got\n%s", text)
	}
}

// TestOldModule runs a program whose module is of an older language version than
// the probe is written in.
func TestOldModule(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.test/old\n\ngo 1.18\n",
		"main.go": "package main\n\nimport (\n\t\"os\"\n\t\"runtime/pprof\"\n)\n\nfunc main() {\n\tf, _ := os.Create(\"cpu.pprof\")\n" +
			"\tpprof.StartCPUProfile(f)\n\tos.Exit(0)\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := options(t, dir, ".")
	o.Scenario = &Scenario{Ends: true}
	o.Scenario.Defaults("", "")
	r, err := Run(t.Context(), o, []*finding.Finding{at(t, dir, "main.go", "pprof.StartCPUProfile", "profilestop/exit")})
	if err != nil || r.Verdicts[0].Result != finding.Confirmed {
		t.Errorf("got %v\n%s", err, describe(r))
	}
}

func TestDoesNotBuild(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.test/broken\n\ngo 1.26\n",
		"main.go": "package main\n\nfunc main() { undefined() }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Run(t.Context(), options(t, dir, "."), []*finding.Finding{at(t, dir, "main.go", "undefined", "profilestop/exec")})
	if err == nil || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("got %v", err)
	}
	if r == nil || r.Verdicts[0].Result != finding.Unreached {
		t.Errorf("got\n%s", describe(r))
	}
}
