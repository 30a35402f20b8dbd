package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotvet/hotvet/integration/process"

	"github.com/hotvet/hotvet/cmd/internal/cli"
)

// TestMain also makes the commands that scripts run: hotvet itself, toyvet with
// analyzers made for these tests, and panicvet with one that panics.
func TestMain(m *testing.M) {
	process.GuardMain()
	testscript.Main(m, map[string]func(){
		"hotvet":    main,
		"toyvet":    func() { runProgram(toyProgram(lost, crash)) },
		"panicvet":  func() { runProgram(toyProgram(lost, panics)) },
		"fullvet":   func() { runProgram(withoutShortcut(program())) },
		"auditvet":  func() { runProgram(audited(program())) },
		"cacheprog": cacheProg,
		// A driver for GOPACKAGESDRIVER that was asked and leaves the work to
		// the go command, and one that fails.
		"nothandled": func() {
			if err := os.WriteFile("asked", nil, 0o666); err != nil {
				os.Exit(1)
			}
			fmt.Println(`{"NotHandled": true}`)
		},
		"failing": func() {
			fmt.Fprintln(os.Stderr, "failing on purpose")
			os.Exit(1)
		},
	})
}

func runProgram(p *cli.Program) {
	os.Exit(cli.Status(p.Run(context.Background(), os.Environ(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

// TestScripts runs testdata/script/*.txtar without network, with the caches of
// the test itself, so that the standard library is not compiled again.
func TestScripts(t *testing.T) {
	keep := goEnv(t, "GOCACHE", "GOMODCACHE", "GOROOT")
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, keep...)
			env.Vars = append(env.Vars, "GOPROXY=off", "GOFLAGS=", "GOTOOLCHAIN=local", "GOTELEMETRY=off", "GOWORK=off", "GONOSUMDB=*", "HOME="+env.WorkDir+"/home")
			for _, name := range []string{"hotvet", "toyvet", "panicvet"} {
				env.Setenv(strings.ToUpper(name), lookPath(env.Getenv("PATH"), name))
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status": status,
			"lines":  lines,
		},
	})
}

func goEnv(t *testing.T, names ...string) (list []string) {
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		list = append(list, names[i]+"="+value)
	}
	return list
}

func lookPath(path, name string) string {
	for _, dir := range filepath.SplitList(path) {
		if file := filepath.Join(dir, name); exists(file) {
			return file
		}
	}
	return ""
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// status CODE COMMAND... runs a command, which must end with the exit status.
// The output can be matched as after exec.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status code command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit status %d, want %s\n%s%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// lines N FILE appends N lines of statements and a closing brace to a file.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	var n int
	if _, err := fmt.Sscan(args[0], &n); err != nil {
		ts.Fatalf("lines: %v", err)
	}
	f, err := os.OpenFile(ts.MkAbs(args[1]), os.O_APPEND|os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteString(strings.Repeat("\tn++\n", n) + "}\n")
	ts.Check(err)
	ts.Check(f.Close())
}
