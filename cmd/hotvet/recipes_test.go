package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestRecipes runs what the recipes for hooks and pipelines say, as far as that can
// be done without the service: with a new finding, without one, and with a package
// that cannot be analyzed.
func TestRecipes(t *testing.T) {
	for _, tool := range []string{"bash", "git", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s", tool)
		}
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "hotvet"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	recipes, err := filepath.Abs("recipes")
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []struct {
		name, source string
		status       int // of hotvet
	}{
		{"clean", "package main\n\nfunc main() {}\n", 0},
		{"finding", lossySource, 3},
		{"broken", "package main\n\nfunc main() { undefined() }\n", 1},
	} {
		t.Run(state.name, func(t *testing.T) {
			r := recipe{t: t, dir: t.TempDir(), env: append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))}
			r.write("go.mod", "module example.test/ci\n\ngo 1.26\n")
			r.write("main.go", "package main\n\nfunc main() {}\n")
			r.want("baseline", 0, "make -s -f "+filepath.Join(recipes, "Makefile")+" hotvet-baseline")
			r.write("main.go", state.source)
			r.want("hook", state.status, filepath.Join(recipes, "pre-commit"))
			// make has its own status for a command that fails.
			r.want("make", map[bool]int{true: 0, false: 2}[state.status == 0], "make -s -f "+filepath.Join(recipes, "Makefile")+" hotvet")
			r.want("github", state.status, githubScript(t, filepath.Join(recipes, "github.yml")))
			r.want("gitlab", state.status, gitlabScript(t, filepath.Join(recipes, "gitlab.yml")))
		})
	}
}

const lossySource = `package main

import (
	"os"
	"runtime/pprof"
)

func main() {
	f, err := os.Create("cpu.pprof")
	if err != nil {
		return
	}
	pprof.StartCPUProfile(f)
	defer pprof.StopCPUProfile()
	work()
	os.Exit(1)
}

func work() { select {} }
`

// A recipe is run in a folder with a module.
type recipe struct {
	t   *testing.T
	dir string
	env []string
}

func (r *recipe) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// want runs a script by bash, which must end with the status.
func (r *recipe) want(name string, status int, script string) {
	r.t.Helper()
	cmd := exec.Command("bash", "-e", "-c", script)
	cmd.Dir, cmd.Env = r.dir, append(r.env, "GITHUB_OUTPUT="+filepath.Join(r.dir, "output"))
	out, err := cmd.CombinedOutput()
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		r.t.Fatal(err)
	}
	if got != status {
		r.t.Errorf("%s: exit status %d, want %d\n%s", name, got, status, out)
	}
}

// githubScript joins the commands of the job, but for the installation. What the
// service puts in the place of an expression bash reads from its own variable.
func githubScript(t *testing.T, path string) string {
	var file struct {
		Jobs struct {
			Hotvet struct {
				Steps []struct {
					Name, Run string
				}
			}
		}
	}
	readYAML(t, path, &file)
	var lines []string
	for _, step := range file.Jobs.Hotvet.Steps {
		if step.Run != "" && step.Name != "install" {
			lines = append(lines, strings.ReplaceAll(step.Run, "${{ steps.check.outputs.status }}", "$status"))
		}
	}
	if len(lines) != 2 {
		t.Fatalf("%s has %d commands", path, len(lines))
	}
	return strings.Join(lines, "\n")
}

// gitlabScript joins the commands of the job.
func gitlabScript(t *testing.T, path string) string {
	var file struct {
		Hotvet struct {
			Script []string
		}
	}
	readYAML(t, path, &file)
	if len(file.Hotvet.Script) == 0 {
		t.Fatalf("%s has no script", path)
	}
	return strings.Join(file.Hotvet.Script, "\n")
}

func readYAML(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}
