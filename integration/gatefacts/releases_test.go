//go:build linux

package gatefacts_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

var (
	which = flag.String("releases", "", "servers whose releases are built and judged: all, or `names` separated by commas")
	work  = flag.String("keep", "", "`folder` for their sources and binaries, kept; default a temporary one")
)

// A release is an update of a published server. What both sides are built with is
// what stands in args and env; extra is what only NEW's build has.
type release struct {
	server   string
	module   string
	pkg      string // main package, below the module
	old, new string // versions
	how      string // one of ways
	env      []string
	args     []string
	lost     bool     // NEW is built without env and args
	vet      bool     // the gate is given what hotvet finds in the source of NEW
	deny     []string // checks that fail or are unknown
}

// How a server is built.
const (
	install = "go install" // MODULE@VERSION
	require = "require"    // in an empty module that requires it, with its replacements
	copied  = "copy"       // in a copy of its source
)

const (
	prometheus = "github.com/prometheus/prometheus"
	caddy      = "github.com/caddyserver/caddy/v2"
	nats       = "github.com/nats-io/nats-server/v2"
	kine       = "github.com/k3s-io/kine"
)

var releases = []release{
	{server: "prometheus", module: prometheus, pkg: "cmd/prometheus", old: "v0.48.0", new: "v0.48.1", how: require},
	{server: "prometheus", module: prometheus, pkg: "cmd/prometheus", old: "v0.48.1", new: "v0.49.1", how: require},
	{server: "prometheus", module: prometheus, pkg: "cmd/prometheus", old: "v0.48.1", new: "v0.49.1", how: copied, deny: []string{"build/source"}},
	{server: "caddy", module: caddy, pkg: "cmd/caddy", old: "v2.11.4", new: "v2.11.9", how: install},
	{server: "nats-server", module: nats, old: "v2.12.0", new: "v2.12.1", how: install, vet: true},
	{server: "nats-server", module: nats, old: "v2.12.1", new: "v2.15.2", how: install, vet: true},
	{server: "nats-server", module: nats, old: "v2.12.1", new: "v2.15.2", how: install, env: []string{"CGO_ENABLED=0"}, args: []string{"-trimpath", "-ldflags=-s -w"}},
	{server: "nats-server", module: nats, old: "v2.12.1", new: "v2.15.2", how: install, env: []string{"CGO_ENABLED=0"}, args: []string{"-trimpath", "-ldflags=-s -w"}, lost: true, deny: []string{"cgo/enabled", "build/flags"}},
	{server: "coredns", module: "github.com/coredns/coredns", old: "v1.14.7", new: "v1.15.0", how: install},
	{server: "etcd", module: "go.etcd.io/etcd/server/v3", old: "v3.7.2", new: "v3.7.3", how: require},
	{server: "kine", module: kine, old: "v0.17.4", new: "v0.17.5", how: install},
	{server: "kine", module: kine, old: "v0.17.4", new: "v0.17.5", how: install, args: []string{"-tags=sqlite_omit_load_extension"}, lost: true, deny: []string{"build/tags"}},
}

const releasesHead = `# What the gate says of published releases

Made by the test TestReleases in integration/gatefacts, which builds two releases of each
server from its module and runs hotvet gate on both binaries, where "findings" has a
number with -findings of the newer one's source. It downloads and compiles for a long time:

    go test ./integration/gatefacts -run TestReleases -timeout 0 -releases=all -update

Built with "go install" means MODULE@VERSION. "require" is a module of its own that
requires the server, with the replacements of the server's go.mod, for which go install
refuses it. "copy" is go build in a copy of the source, which records neither version nor
revision. The recipe is ` + "`nm -n FILE | awk '{print $3}' | sha256sum`" + `. Times, in seconds, are those
of the gate and of the recipe on both files, the median of five.

| server | update | built | size | changed, and no reason to deny | findings | gate | denied because | recipe | gate s | recipe s |
|---|---|---|---|---|---|---|---|---|---|---|
`

// cells returns the cells of the row that stand before it is built.
func (r release) cells() []string {
	built := []string{r.how}
	if flags := strings.Join(append(slices.Clone(r.env), r.args...), " "); flags != "" && r.lost {
		built = append(built, "OLD with "+flags+", NEW without")
	} else if flags != "" {
		built = append(built, flags)
	}
	return []string{r.server, r.old + " to " + r.new, strings.Join(built, "; ")}
}

// want is the decision that the row must have.
func (r release) want() string {
	if len(r.deny) > 0 {
		return finding.Deny
	}
	return finding.Allow
}

// TestReleases builds and judges the releases, when asked for.
func TestReleases(t *testing.T) {
	if *which == "" {
		t.Skip("builds large servers from the network: -releases=all, or names of servers")
	}
	if *update && *which != "all" {
		t.Fatal("-update needs -releases=all: the table has every server")
	}
	dir := *work
	if dir == "" {
		dir = t.TempDir()
	}
	dir, err := filepath.Abs(dir)
	must(t, err)
	tool := filepath.Join(t.TempDir(), "hotvet")
	if out, err := exec.Command("go", "build", "-o", tool, "github.com/hotvet/hotvet/cmd/hotvet").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	table := new(strings.Builder)
	table.WriteString(releasesHead)
	for i, r := range releases {
		if *which != "all" && !slices.Contains(strings.Split(*which, ","), r.server) {
			continue
		}
		row := r.judge(t, tool, dir)
		t.Logf("%s", row)
		table.WriteString(row)
		if last := i+1 == len(releases) || releases[i+1].server != r.server; last && *work == "" {
			must(t, os.RemoveAll(filepath.Join(dir, r.server))) // 100 MB each
		}
	}
	if *update && !t.Failed() {
		must(t, os.WriteFile(releasesFile, []byte(table.String()), 0o666))
	}
}

var releasesFile = filepath.Join("..", "..", "testdata", "gate", "releases.md")

// judge returns the row of one update.
func (r release) judge(t *testing.T, tool, dir string) string {
	t.Helper()
	env, args := r.env, r.args
	old := r.build(t, dir, r.old, env, args)
	if r.lost {
		env, args = nil, nil
	}
	new := r.build(t, dir, r.new, env, args)
	gateArgs, count := []string{old, new}, ""
	if r.vet {
		var stream, source string
		stream, source, count = r.findings(t, tool, dir)
		gateArgs = append(gateArgs, "-C", source, "-findings", stream)
	}
	d := runGate(t, tool, gateArgs...)
	var deny, reasons []string
	for _, row := range d.Rows {
		if row.Result != finding.Pass {
			deny = append(deny, row.Check)
			reasons = append(reasons, row.Check+": "+row.Reason)
		}
	}
	if d.Result != r.want() || !slices.Equal(deny, r.deny) {
		t.Errorf("%s: %s by %q, want %s by %q\n%v", r.cells(), d.Result, deny, r.want(), r.deny, d.Rows)
	}
	said := finding.Deny
	if recipe(old) == recipe(new) {
		said = finding.Allow
	}
	info, err := os.Stat(new)
	must(t, err)
	cells := append(r.cells(), fmt.Sprintf("%d MB", info.Size()/1e6), changed(d), count, d.Result,
		strings.ReplaceAll(strings.Join(reasons, "<br>"), "|", `\|`), mark(said, d.Result),
		seconds(t, tool, append([]string{"gate"}, gateArgs...)...),
		seconds(t, "sh", "-c", `for f; do nm -n "$f" | awk '{print $3}' | sha256sum; done`, "sh", old, new))
	return "| " + strings.Join(cells, " | ") + " |\n"
}

var (
	modulesChanged = regexp.MustCompile(`^\d+ of \d+ modules`)
	functionsMoved = regexp.MustCompile(`^(\d+) of (\d+) functions`)
)

// changed tells what is part of every release, from the rows that pass.
func changed(d *finding.Decision) string {
	var list []string
	for _, row := range d.Rows {
		if n := modulesChanged.FindString(row.Reason); row.Check == "build/modules" && n != "" {
			list = append(list, n)
		}
		if n := functionsMoved.FindString(row.Reason); row.Check == "symbols/moves" && n != "" {
			list = append(list, n+" moved")
		}
	}
	return cmp.Or(strings.Join(list, ", "), "nothing")
}

// TestReleasesTable holds that the table that is kept has the releases and decisions
// that TestReleases would hold it to.
func TestReleasesTable(t *testing.T) {
	data, err := os.ReadFile(releasesFile)
	must(t, err)
	body, ok := strings.CutPrefix(string(data), releasesHead)
	if !ok {
		t.Fatal("releases.md has another head: make it again")
	}
	lines := slices.Collect(strings.Lines(body))
	if len(lines) != len(releases) {
		t.Fatalf("%d rows for %d updates: make releases.md again", len(lines), len(releases))
	}
	for i, r := range releases {
		cells := strings.Split(strings.Trim(strings.TrimSpace(lines[i]), "|"), " | ")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		if len(cells) != 11 {
			t.Errorf("row %d has %d cells, want 11", i+1, len(cells))
			continue
		}
		if !slices.Equal(cells[:3], r.cells()) {
			t.Errorf("row %d is of %q, want %q", i+1, cells[:3], r.cells())
		}
		var deny []string
		for _, reason := range strings.Split(cells[7], "<br>") {
			if check, _, ok := strings.Cut(reason, ": "); ok {
				deny = append(deny, check)
			}
		}
		if cells[6] != r.want() || !slices.Equal(deny, r.deny) {
			t.Errorf("row %d: %s by %q, want %s by %q", i+1, cells[6], deny, r.want(), r.deny)
		}
	}
}
