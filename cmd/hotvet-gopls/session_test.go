package main

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/drivers/lsp"
)

const goMod = "module example.test/served\n\ngo 1.26\n"

// served is a program whose profile is lost when it executes its next version.
// In it are letters of one, two, three and four bytes, which the protocol counts
// in other units than Go.
const served = `package main

import (
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

func main() {
	f, _ := os.Create("cpu.pprof")
	if err := pprof.StartCPUProfile(f); err != nil {
		println("ä€𝄞", err.Error())
	}
	defer pprof.StopCPUProfile()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR2)
	<-c
	_ = "ä€𝄞"; syscall.Exec(os.Args[0], os.Args, os.Environ())
}
`

// TestSession edits a program: findings come with all that an editor shows, go
// away with the fix, and come back with the hazard.
func TestSession(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": goMod, "main.go": strings.Replace(served, `_ = "ä€𝄞"; `, "", 1)})
	c, _ := edit(t, "hotvet", dir, nil)
	file := open(t, c, filepath.Join(dir, "main.go"))
	d := of(await(t, c, file, has("profilestop/exec")), "profilestop/exec")[0]
	checkDiagnostic(t, d)

	fixes, err := c.Fixes(t.Context(), file, d)
	if err != nil {
		t.Fatal(err)
	}
	if len(fixes) != 1 || fixes[0].Kind != "quickfix" {
		t.Fatalf("fixes are %+v, want one quick fix", fixes)
	}
	if err := c.Apply(fixes[0]); err != nil {
		t.Fatal(err)
	}
	await(t, c, file, func(list []lsp.Diagnostic) bool { return !has("profilestop/exec")(list) })
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	checkFixed(t, file)
	goBuild(t, dir)

	change(t, c, file, "\tpprof.StopCPUProfile()\n\tsyscall", "\tsyscall")
	await(t, c, file, has("profilestop/exec"))
}

func checkDiagnostic(t *testing.T, d lsp.Diagnostic) {
	t.Helper()
	if d.Severity != lsp.Error || d.Source != "profilestop" || d.Message == "" {
		t.Errorf("severity %d, source %q, message %q", d.Severity, d.Source, d.Message)
	}
	if d.CodeDescription == nil || d.CodeDescription.Href != "https://pkg.go.dev/github.com/hotvet/hotvet/analyzers/profilestop" {
		t.Errorf("link is %+v", d.CodeDescription)
	}
	if line := d.Range.Start.Line + 1; line != 12 || d.Range.End == d.Range.Start {
		t.Errorf("range is %+v, want the start of the profile", d.Range)
	}
	if len(d.RelatedInformation) == 0 {
		t.Fatal("no other ends")
	}
	for _, r := range d.RelatedInformation {
		if line := r.Location.Range.Start.Line + 1; line != 19 || r.Message == "" {
			t.Errorf("other end is %+v, want line 19 with a message", r)
		}
	}
}

// checkFixed holds that the saved file stops the profile and is formatted.
func checkFixed(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\tpprof.StopCPUProfile()\n\tsyscall.Exec(") {
		t.Errorf("the profile is not stopped:\n%s", text)
	}
	if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
		t.Errorf("the fixed file is not formatted (%v):\n%s", err, text)
	}
}

// TestColumns holds that an edit behind letters of several bytes is in the right
// place.
func TestColumns(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": goMod, "main.go": served})
	c, _ := edit(t, "hotvet", dir, nil)
	file := open(t, c, filepath.Join(dir, "main.go"))
	d := of(await(t, c, file, has("profilestop/exec")), "profilestop/exec")[0]
	fixes, err := c.Fixes(t.Context(), file, d)
	if err != nil || len(fixes) != 1 {
		t.Fatalf("%d fixes, %v", len(fixes), err)
	}
	if err := c.Apply(fixes[0]); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(c.Text(file), "\t_ = \"ä€𝄞\"; pprof.StopCPUProfile()\n") {
		t.Errorf("the edit is in another place:\n%s", c.Text(file))
	}
}

// TestCgo does in a file with cgo what no other driver can: mend it.
func TestCgo(t *testing.T) {
	needC(t)
	text := strings.Replace(served, "package main\n", "package main\n\n// static int three(void) { return 3; }\nimport \"C\"\n", 1)
	text = strings.Replace(text, `_ = "ä€𝄞"; `, "println(C.three())\n\t", 1)
	dir := write(t, map[string]string{"go.mod": goMod, "main.go": text})
	c, _ := edit(t, "hotvet", dir, nil)
	file := open(t, c, filepath.Join(dir, "main.go"))
	d := of(await(t, c, file, has("profilestop/exec")), "profilestop/exec")[0]
	if len(d.RelatedInformation) == 0 {
		t.Error("no other ends")
	}
	fixes, err := c.Fixes(t.Context(), file, d)
	if err != nil || len(fixes) != 1 {
		t.Fatalf("%d fixes, %v", len(fixes), err)
	}
	if err := c.Apply(fixes[0]); err != nil {
		t.Fatal(err)
	}
	await(t, c, file, func(list []lsp.Diagnostic) bool { return !has("profilestop/exec")(list) })
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	checkFixed(t, file)
	goBuild(t, dir)
}

// TestUnsavedDependency holds that what one open file says of its functions is
// known in another package before anything is saved.
func TestUnsavedDependency(t *testing.T) {
	main := strings.Replace(served, `_ = "ä€𝄞"; syscall.Exec(os.Args[0], os.Args, os.Environ())`, "next.Version()", 1)
	main = strings.Replace(main, "import (\n", "import (\n\t\"example.test/served/next\"\n", 1)
	dir := write(t, map[string]string{
		"go.mod":       goMod,
		"main.go":      main,
		"next/next.go": "package next\n\nimport (\n\t\"os\"\n\t\"syscall\"\n)\n\n// Version replaces the process.\nfunc Version() error { return syscall.Exec(os.Args[0], os.Args, os.Environ()) }\n",
	})
	c, _ := edit(t, "hotvet", dir, nil)
	file := open(t, c, filepath.Join(dir, "main.go"))
	next := open(t, c, filepath.Join(dir, "next", "next.go"))
	await(t, c, file, has("profilestop/exec"))
	change(t, c, next, "syscall.Exec(os.Args[0], os.Args, os.Environ())", "syscall.Access(os.Args[0], 0)")
	await(t, c, file, func(list []lsp.Diagnostic) bool { return !has("profilestop/exec")(list) })
	change(t, c, next, "syscall.Access(os.Args[0], 0)", "syscall.Exec(os.Args[0], os.Args, os.Environ())")
	await(t, c, file, has("profilestop/exec"))
}

// TestPanic holds that an analyzer with a defect takes nothing else along: the
// server answers, the suite finds, edits count, and the defect is told.
func TestPanic(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": goMod, "main.go": served})
	c, stderr := edit(t, "panics", dir, nil)
	file := open(t, c, filepath.Join(dir, "main.go"))
	await(t, c, file, has("profilestop/exec"))
	change(t, c, file, "syscall.Exec(", "pprof.StopCPUProfile()\n\tsyscall.Exec(")
	await(t, c, file, func(list []lsp.Diagnostic) bool { return !has("profilestop/exec")(list) })
	change(t, c, file, "<-c\n", "<-c\n\tvar unused int\n")
	await(t, c, file, func(list []lsp.Diagnostic) bool {
		for _, d := range list {
			if strings.Contains(d.Message, "declared and not used") {
				return true
			}
		}
		return false
	})
	if text := stderr.String(); !strings.Contains(text, "analyzer defect panicked on package example.test/served: assignment to entry in nil map") || !strings.Contains(text, "main_test.go:") {
		t.Errorf("the defect and its place are not told:\n%s", text)
	}
}
