//go:build linux

package gatefacts_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/gatefacts"
	"github.com/hotvet/hotvet/integration/symtab"
)

var update = flag.Bool("update", false, "rewrite testdata/gate/pairs.md, and with -releases=all releases.md")

// A pair is one update.
type pair struct {
	change   string
	old, new string // variants, or text, folder
	asked    string // "cast": a finding names main.state; "policy": the policy does; "address": addresses leave
	deny     []string
	recipe   string // what the hash of nm's third column says
	wrong    bool   // the recipe approves what must not happen
	named    bool   // so does a comparison of the functions' names
}

var pairs = []pair{
	{change: "the same file", old: "base", new: "base", recipe: "allow"},
	{change: "function body", old: "base", new: "body", recipe: "allow"},
	{change: "function body, code addresses persisted", old: "base", new: "body", asked: "address", deny: []string{"symbols/moves"}, recipe: "allow", wrong: true, named: true},
	{change: "constant", old: "base", new: "constant", recipe: "allow"},
	{change: "field inserted, cast from file bytes", old: "base", new: "field", asked: "cast", deny: []string{"layout/main.state"}, recipe: "allow", wrong: true, named: true},
	{change: "field inserted, type in no outside bytes", old: "base", new: "field", recipe: "allow"},
	{change: "field retyped, named by the policy", old: "base", new: "retyped", asked: "policy", deny: []string{"layout/main.state"}, recipe: "allow", wrong: true, named: true},
	{change: "import added", old: "base", new: "import", recipe: "deny"},
	{change: "import added, code addresses persisted", old: "base", new: "import", asked: "address", deny: []string{"symbols/moves"}, recipe: "deny", named: true},
	{change: "version stamped with -X", old: "base", new: "stamped", recipe: "deny"},
	{change: "-ldflags=-s -w", old: "base", new: "nodebug", recipe: "deny"},
	{change: "-ldflags=-s -w, type cast", old: "base", new: "nodebug", asked: "cast", deny: []string{"layout/main.state"}, recipe: "deny", named: true},
	{change: "both stripped, function body", old: "strip", new: "stripbody", recipe: "allow"},
	{change: "both stripped, function body, code addresses persisted", old: "strip", new: "stripbody", asked: "address", deny: []string{"symbols/moves"}, recipe: "allow", wrong: true, named: true},
	{change: "both stripped, another program", old: "strip", new: "stripother", deny: []string{"build/path"}, recipe: "allow", wrong: true, named: true},
	{change: "strip, type cast", old: "base", new: "strip", asked: "cast", deny: []string{"layout/main.state"}, recipe: "deny", named: true},
	{change: "another program of the same source", old: "base", new: "other", deny: []string{"build/path"}, recipe: "allow", wrong: true, named: true},
	{change: "-buildmode=pie", old: "base", new: "pie", deny: []string{"build/mode"}, recipe: "deny", named: true},
	{change: "-trimpath", old: "base", new: "trimpath", deny: []string{"build/flags"}, recipe: "deny", named: true},
	{change: "both -trimpath, function body", old: "trimpath", new: "trimbody", recipe: "allow"},
	{change: "both -trimpath, -ldflags=-T", old: "trimpath", new: "trimaddress", deny: []string{"build/flags"}, recipe: "allow", wrong: true, named: true},
	{change: "both -trimpath, C of the program", old: "trimcgo", new: "trimcgobody", deny: []string{"build/cgoflags"}, recipe: "deny", named: true},
	{change: "both -trimpath, C of package net alone", old: "trimnet", new: "trimnetbody", recipe: "allow"},
	{change: "both -trimpath, -ldflags=-linkmode=external", old: "trimnet", new: "trimnetlinker", deny: []string{"build/flags", "build/cgoflags"}, recipe: "deny"},
	{change: "-tags", old: "base", new: "tags", deny: []string{"build/tags"}, recipe: "allow", wrong: true, named: true},
	{change: "-gcflags=-N -l", old: "base", new: "gcflags", deny: []string{"build/flags"}, recipe: "deny", named: true},
	{change: "GOARCH=arm64", old: "base", new: "arm64", deny: []string{"build/goarch", "build/host", "symbols/moves"}, recipe: "deny"},
	{change: "GOOS=darwin", old: "base", new: "darwin", deny: []string{"file/new"}, recipe: "deny"},
	{change: "permission to execute lost", old: "base", new: "nopermission", deny: []string{"build/program"}, recipe: "allow", wrong: true, named: true},
	{change: "-race", old: "base", new: "race", deny: []string{"build/instrumentation", "cgo/enabled"}, recipe: "deny"},
	{change: "cgo off to on", old: "nocgo", new: "plain", deny: []string{"cgo/enabled"}, recipe: "deny"},
	{change: "cgo on to off", old: "plain", new: "nocgo", deny: []string{"cgo/enabled"}, recipe: "deny"},
	{change: "CGO_CFLAGS", old: "cgo", new: "cgoflags", deny: []string{"build/cgoflags"}, recipe: "deny", named: true},
	{change: "export removed", old: "cgo", new: "noexport", deny: []string{"cgo/exports"}, recipe: "deny"},
	{change: "export retyped", old: "cgo", new: "retypedexport", deny: []string{"cgo/signatures"}, recipe: "deny", named: true},
	{change: "export added", old: "cgo", new: "moreexport", recipe: "deny"},
	{change: "shared library that this host lacks", old: "plain", new: "library", deny: []string{"cgo/libraries"}, recipe: "deny", named: true},
	{change: "shared library that this host has", old: "libraryhere", new: "libraryhere", recipe: "allow"},
	{change: "shared library without the version", old: "libraryhere", new: "version", deny: []string{"cgo/libraries"}, recipe: "deny", named: true},
	{change: "ELF symbol renamed", old: "base", new: "renamed", deny: []string{"symbols/new"}, recipe: "deny", named: true},
	{change: "corrupted file", old: "base", new: "corrupt", deny: []string{"file/new"}, recipe: "allow", wrong: true},
	{change: "truncated file", old: "base", new: "truncated", deny: []string{"file/new"}, recipe: "deny"},
	{change: "text file", old: "base", new: "text", deny: []string{"file/new"}, recipe: "deny"},
	{change: "text file, OLD stripped", old: "strip", new: "text", deny: []string{"file/new"}, recipe: "allow", wrong: true},
	{change: "a folder, OLD stripped", old: "strip", new: "folder", deny: []string{"file/new"}, recipe: "allow", wrong: true},
	{change: "a plugin", old: "base", new: "plugin", deny: []string{"build/program"}, recipe: "deny"},
}

// recipe is nm -n FILE | awk '{print $3}' | sha256sum: awk prints the third field, or
// nothing, and only the last command's exit status counts.
func recipe(file string) string {
	out, _ := exec.Command("nm", "-n", file).Output()
	h := sha256.New()
	for line := range strings.Lines(string(out)) {
		field := strings.Fields(line)
		name := ""
		if len(field) > 2 {
			name = field[2]
		}
		fmt.Fprintln(h, name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sameNames reports whether every function of one binary is in the other by name, as
// a comparison of symbol lists sees it. Packages of C have a hash in their names, which
// such a comparison leaves out, or it would approve nothing.
func sameNames(old, new string) bool {
	a, err := symtab.Open(old)
	if err != nil {
		return false
	}
	b, err := symtab.Open(new)
	if err != nil {
		return false
	}
	names := make(map[string]bool)
	for _, f := range b.Funcs {
		names[cgoHash.ReplaceAllString(f.Name, "")] = true
	}
	for _, f := range a.Funcs {
		if !names[cgoHash.ReplaceAllString(f.Name, "")] {
			return false
		}
	}
	return true
}

var cgoHash = regexp.MustCompile(`_[0-9a-f]{12}_`)

const pairPolicy = "version: 1\nallow_unknown:\n  - {check: build/source, reason: the tests build outside of a repository, expires: 2026-12-31}\n"

// decide judges one pair.
func decide(t *testing.T, p pair, files map[string]string) *finding.Decision {
	t.Helper()
	text := pairPolicy
	o := gatefacts.Options{
		Old: files[p.old], New: files[p.new], Given: true, Dir: filepath.Dir(files[p.old]),
		Time: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
	}
	switch p.asked {
	case "cast":
		o.Findings = append(o.Findings, at("structcast", "structcast/file", "return (*state)", 9, "(*state)(unsafe.Pointer(&data[0]))"))
	case "address":
		o.Findings = append(o.Findings, at("addrpersist", "addrpersist/code", "return n + limit", 2, "return"))
	case "policy":
		text += "layout: {types: [main.state]}\n"
		o.Types = []string{"main.state"}
	}
	policy, err := gate.ParsePolicy([]byte(text))
	must(t, err)
	facts, err := gatefacts.Read(context.Background(), o)
	must(t, err)
	return gate.Decide(facts, policy)
}

// at is a finding at a line of the service.
func at(analyzer, category, line string, column int, span string) *finding.Finding {
	n := 1 + strings.Count(serviceGo[:strings.Index(serviceGo, line)], "\n")
	posn := finding.Position{File: "main.go", Line: n, Column: column}
	end := posn
	end.Column += len(span)
	return &finding.Finding{ID: category, Analyzer: analyzer, Category: category, Package: "example.test/svc", Posn: posn, End: end}
}

// TestPairs builds every update and holds the decision, beside what the recipe of
// hashing nm's names says. The table is kept in testdata/gate/pairs.md.
func TestPairs(t *testing.T) {
	for _, tool := range []string{"gcc", "nm", "strip"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is needed to make the binaries: %v", tool, err)
		}
	}
	files := build(t)
	table := new(strings.Builder)
	table.WriteString(pairsHead)
	wrong, byName := 0, 0
	for _, p := range pairs {
		d := decide(t, p, files)
		want := finding.Allow
		if len(p.deny) > 0 {
			want = finding.Deny
		}
		var deny []string
		for _, row := range d.Rows {
			if row.Result == finding.Fail || row.Result == finding.Unknown && row.Check != "build/source" {
				deny = append(deny, row.Check)
			}
		}
		slices.Sort(deny)
		if wantDeny := slices.Sorted(slices.Values(p.deny)); d.Result != want || !slices.Equal(deny, wantDeny) {
			t.Errorf("%s: %s by %q, want %s by %q\n%v", p.change, d.Result, deny, want, wantDeny, d.Rows)
		}
		said := finding.Deny
		if recipe(files[p.old]) == recipe(files[p.new]) {
			said = finding.Allow
		}
		if said != p.recipe {
			t.Errorf("%s: the recipe says %s, want %s", p.change, said, p.recipe)
		}
		if isWrong := said == finding.Allow && d.Result == finding.Deny; isWrong != p.wrong {
			t.Errorf("%s: the recipe approves what the gate denies: %v, want %v", p.change, isWrong, p.wrong)
		}
		names := finding.Deny
		if sameNames(files[p.old], files[p.new]) {
			names = finding.Allow
		}
		if isWrong := names == finding.Allow && d.Result == finding.Deny; isWrong != p.named {
			t.Errorf("%s: the names approve what the gate denies: %v, want %v", p.change, isWrong, p.named)
		}
		if p.wrong {
			wrong++
		}
		if p.named {
			byName++
		}
		fmt.Fprintf(table, "| %s | %s | %s | %s | %s | %s |\n", p.change, asked(p.asked), d.Result, reasons(d, files), mark(said, d.Result), mark(names, d.Result))
	}
	fmt.Fprintf(table, "\nOf %d updates, the recipe approves %d that are denied, and a comparison by name %d.\n", len(pairs), wrong, byName)
	compare(t, filepath.Join("..", "..", "testdata", "gate", "pairs.md"), table.String())
}

const pairsHead = `# What the gate says of an update, and what a hash of names says

Made by the test TestPairs in integration/gatefacts, which builds every pair from source
(go test ./integration/gatefacts -run TestPairs -update). The recipe is
` + "`nm -n FILE | awk '{print $3}' | sha256sum`" + `, and it allows when both hashes are equal.
By name means: allow when every function of OLD is in NEW by its name. Numbers in reasons, which a new toolchain changes, are N.

| change | asked with | gate | denied because | recipe | by name |
|---|---|---|---|---|---|
`

func asked(how string) string {
	return map[string]string{"": "", "cast": "a structcast finding", "address": "an addrpersist finding", "policy": "layout: types"}[how]
}

// mark tells when the recipe is wrong.
func mark(said, decision string) string {
	switch {
	case said == decision:
		return said
	case said == finding.Allow:
		return "**allow**, wrong"
	}
	return "deny, needlessly"
}

var digits = regexp.MustCompile(`\b(0x[0-9a-f]+|\d+(\.\d+)?)\b`)

// reasons tells the rows that deny, without what differs between machines.
func reasons(d *finding.Decision, files map[string]string) string {
	var list []string
	for _, row := range d.Rows {
		if row.Result == finding.Pass || row.Check == "build/source" {
			continue
		}
		reason := row.Reason
		for name, file := range files {
			reason = strings.ReplaceAll(reason, file, name)
			reason = strings.ReplaceAll(reason, filepath.Join(filepath.Dir(file), "lib"), "lib")
		}
		if strings.HasPrefix(row.Check, "symbols/") || strings.HasPrefix(row.Check, "file/") {
			reason = digits.ReplaceAllString(reason, "N")
		}
		list = append(list, fmt.Sprintf("%s %s: %s", row.Check, map[string]string{finding.Fail: "fails", finding.Unknown: "is unknown"}[row.Result], reason))
	}
	return strings.ReplaceAll(strings.Join(list, "<br>"), "|", `\|`)
}

// compare holds a text against a file that is kept.
func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o666))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if string(want) != got {
		t.Errorf("%s is stale; -update rewrites it. Got:\n%s", path, got)
	}
}
