package judged

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/internal/modcopy"
)

var (
	which = flag.String("modules", "small", "modules to check: small, all, none, or paths separated by commas")
	work  = flag.String("work", "", "folder for the copies of modules, kept; default a temporary one")
)

// modules are checked whole. The large ones compile their dependencies for
// minutes and are left to -modules=all.
var modules = []struct {
	path, version string
	large         bool
}{
	{"github.com/mattn/go-sqlite3", "v1.14.53", false},
	{"github.com/cilium/ebpf", "v0.22.0", false},
	{"github.com/caddyserver/caddy/v2", "v2.11.9", true},
	{"github.com/minio/minio", "v0.0.0-20260212201848-7aac2a2c5b7c", true},
	{"github.com/prometheus/prometheus", "v0.316.0", true},
	{"github.com/modern-go/reflect2", "v1.0.2", false},
	{"github.com/hanwen/go-fuse/v2", "v2.12.1", false},
	{"github.com/btcsuite/btcd", "v0.26.2", true},
	{"github.com/oauth2-proxy/oauth2-proxy/v7", "v7.15.6", true},
}

func read(t *testing.T) []Finding {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "judged.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := Parse(f)
	if err != nil {
		t.Fatalf("judged.tsv: %v", err)
	}
	return list
}

// TestPrecision holds the promise of the README: of what hotvet finds in whole
// modules that nobody here wrote, at least four of five are true.
func TestPrecision(t *testing.T) {
	list := read(t)
	good := 0
	for _, f := range list {
		if f.True {
			good++
		}
	}
	if 5*good < 4*len(list) {
		t.Errorf("%d of %d judged findings are true, want at least 80 %%", good, len(list))
	}
	t.Logf("%d of %d judged findings are true", good, len(list))
}

func TestParseRejects(t *testing.T) {
	for name, text := range map[string]string{
		"header":  "module\tfile\n",
		"columns": header + "\nm\tv1\tf.go\t1\n",
		"line":    header + "\nm\tv1\tf.go\tx\ta/b\ttrue\twhy\n",
		"verdict": header + "\nm\tv1\tf.go\t1\ta/b\tmaybe\twhy\n",
		"reason":  header + "\nm\tv1\tf.go\t1\ta/b\ttrue\t\n",
	} {
		if _, err := Parse(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestModules compares what hotvet finds now with what was judged.
func TestModules(t *testing.T) {
	judged := read(t)
	tool := filepath.Join(t.TempDir(), "hotvet")
	if out, err := exec.Command("go", "build", "-o", tool, "github.com/hotvet/hotvet/cmd/hotvet").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	dir := *work
	if dir == "" {
		dir = t.TempDir()
	}
	for _, m := range modules {
		t.Run(m.path, func(t *testing.T) {
			switch {
			case *which == "all", *which == "small" && !m.large, slices.Contains(strings.Split(*which, ","), m.path):
			default:
				t.Skipf("not among -modules=%s", *which)
			}
			copied, err := modcopy.Copy(t.Context(), dir, m.path, m.version)
			if err != nil {
				t.Skipf("module is missing: %v", err)
			}
			var want []Site
			for _, f := range judged {
				if f.Module == m.path && f.Version == m.version {
					want = append(want, f.Site())
				}
			}
			got := run(t, tool, copied)
			for _, s := range got {
				if !slices.Contains(want, s) {
					t.Errorf("new finding, judge it: %v", s)
				}
			}
			for _, s := range want {
				if !slices.Contains(got, s) {
					t.Errorf("lost: %v", s)
				}
			}
		})
	}
}

// run returns what hotvet finds in the module at dir.
func run(t *testing.T, tool, dir string) []Site {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool, "-format", "json", "./...")
	cmd.Dir, cmd.Env = dir, modcopy.Env()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	// Packages of such a module may not build here (another system, a missing C
	// library); the rest is compared all the same.
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && (exit.ExitCode() == 3 || exit.ExitCode() == 1)) {
		t.Fatalf("%s: %v\n%s", tool, err, stderr.String())
	}
	if stderr.Len() > 0 {
		t.Logf("%s", stderr.String())
	}
	var sites []Site
	messages, err := finding.ReadAll(strings.NewReader(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	for _, msg := range messages {
		if f := msg.Finding; f != nil {
			sites = append(sites, Site{filepath.ToSlash(f.Posn.File), f.Posn.Line, f.Category})
		}
	}
	return sites
}
