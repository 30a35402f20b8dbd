package gate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// levels are the settings that raise what a processor must have, by GOARCH (go help
// environment).
var levels = map[string]string{
	"386": "GO386", "amd64": "GOAMD64", "arm": "GOARM", "arm64": "GOARM64", "mips": "GOMIPS", "mipsle": "GOMIPS",
	"mips64": "GOMIPS64", "mips64le": "GOMIPS64", "ppc64": "GOPPC64", "ppc64le": "GOPPC64", "riscv64": "GORISCV64", "wasm": "GOWASM",
}

// build compares what the go command recorded.
func (c *checks) build() {
	if c.Same {
		c.pass("build", "OLD and NEW are the same file")
		return
	}
	c.identity()
	c.goVersion()
	c.revision()
	c.modules()
	for _, side := range []*File{&c.Old, &c.New} {
		if len(side.Build.Settings) == 0 {
			c.unknown("build/settings", "%s records no settings: it was not linked by the go command", side.Path)
			return
		}
	}
	// Have: settings on both sides, where one that is absent has its default.
	c.target()
	c.cgoFlags()
	c.setting("tags", "build/tags", "-tags")
	c.setting("instrumentation", "build/instrumentation", "-race", "-msan", "-asan", "-cover")
	c.setting("buildmode", "build/mode", "-buildmode")
	c.setting("experiment", "build/experiment", "GOEXPERIMENT", "GOFIPS140", "-compiler")
	c.flags()
}

// identity: another program does not take over the state of this one.
func (c *checks) identity() {
	old, new := c.Old.Build.Path, c.New.Build.Path
	switch {
	case old == "" || new == "":
		c.unknown("build/path", "the main package is not recorded")
	case old != new:
		c.fail("build/path", "another program: main package %s became %s", old, new)
	default:
		c.pass("build/path", "main package %s", new)
	}
}

func (c *checks) goVersion() {
	old, new := c.Old.Build.Go, c.New.Build.Go
	rule := c.policy.Build.GoVersion
	switch {
	case old == "" || new == "":
		c.unknown("build/go", "the version of the toolchain is not recorded")
	case old == new:
		c.pass("build/go", "%s%s", new, c.runtimeDefaults())
	case c.Findings != nil && len(c.Findings.Mirrors) > 0:
		c.fail("build/go", "%s became %s, and private layouts of the run time are copied at %s", old, new, some(c.Findings.Mirrors))
	case rule == "same" || rule == "patch" && minor(old) != minor(new):
		c.fail("build/go", "%s became %s: the policy says go_version: %s", old, new, rule)
	default:
		c.pass("build/go", "%s became %s%s", old, new, c.runtimeDefaults())
	}
}

// runtimeDefaults tells which GODEBUG settings came or went with the go line of
// go.mod. It is no reason to deny, and the first place to look when NEW behaves in
// another way with the same code (go.dev/doc/godebug).
func (c *checks) runtimeDefaults() string {
	list := func(f *File) []string {
		return strings.FieldsFunc(f.Build.Settings["DefaultGODEBUG"], func(r rune) bool { return r == ',' })
	}
	old, new := list(&c.Old), list(&c.New)
	var changed []string
	for _, setting := range old {
		if !slices.Contains(new, setting) {
			changed = append(changed, setting+" went")
		}
	}
	for _, setting := range new {
		if !slices.Contains(old, setting) {
			changed = append(changed, setting+" came")
		}
	}
	if len(changed) == 0 {
		return ""
	}
	return "; defaults of GODEBUG changed: " + some(changed)
}

// minor cuts the patch release: go1.26.8 is go1.26.
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// revision says what NEW was made of.
func (c *checks) revision() {
	b := c.New.Build
	revision, modified := b.Settings["vcs.revision"], b.Settings["vcs.modified"]
	from := func(b Build) string {
		if r := b.Settings["vcs.revision"]; r != "" {
			return fmt.Sprintf("revision %.12s", r)
		}
		if b.MainSum != "" {
			return b.Main + " " + b.MainVersion
		}
		return "an unknown source"
	}
	switch {
	case modified == "true" && !c.policy.Build.Modified:
		c.fail("build/source", "NEW was built from revision %.12s with changes that are not committed: nobody can tell what it holds", revision)
	case revision == "" && b.MainSum == "":
		c.unknown("build/source", "NEW names neither a revision nor a module version: build it inside its repository, with -buildvcs=true")
	case c.Old.Build.Main == b.Main && c.Old.Build.MainSum != "" && b.MainSum != "" && revision == "":
		c.pass("build/source", "%s %s became %s", b.Main, c.Old.Build.MainVersion, b.MainVersion)
	default:
		c.pass("build/source", "%s became %s", from(c.Old.Build), from(b))
	}
}

// modules lists what changed among the dependencies. A change is what releases are
// made of, so that it denies nothing by itself.
func (c *checks) modules() {
	old, new := c.Old.Build.Modules, c.New.Build.Modules
	if c.Old.Build.Main == "" || c.New.Build.Main == "" {
		c.unknown("build/modules", "the main module is not recorded")
		return
	}
	var list []string
	for _, path := range slices.Sorted(maps.Keys(old)) {
		switch v, ok := new[path]; {
		case !ok:
			list = append(list, path+" was dropped")
		case v != old[path]:
			list = append(list, fmt.Sprintf("%s %s became %s", path, old[path], v))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(new)) {
		if _, ok := old[path]; !ok {
			list = append(list, fmt.Sprintf("%s %s is new", path, new[path]))
		}
	}
	if len(list) == 0 {
		c.pass("build/modules", "%s, the same", plural(len(new), "module"))
		return
	}
	c.pass("build/modules", "%d of %s changed: %s", len(list), plural(len(new), "module"), some(list))
}

// target compares system, architecture and its level.
func (c *checks) target() {
	old, new := c.Old.Build.Settings, c.New.Build.Settings
	for _, key := range []string{"GOOS", "GOARCH"} {
		check := "build/" + strings.ToLower(key)
		switch {
		case old[key] == "" || new[key] == "":
			c.unknown(check, "%s is not recorded", key)
		case old[key] != new[key]:
			c.fail(check, "%s became %s", old[key], new[key])
		default:
			c.pass(check, "%s", new[key])
		}
	}
	if key := levels[new["GOARCH"]]; key != "" && old["GOARCH"] == new["GOARCH"] {
		c.setting("level", "build/level", key)
	}
}

// setting compares settings of which a policy names all by one word.
func (c *checks) setting(word, check string, keys ...string) {
	var changed, both []string
	old, new := c.Old.Build.Settings, c.New.Build.Settings
	for _, key := range keys {
		changed = append(changed, change(key, old[key], new[key])...)
		if new[key] != "" {
			both = append(both, key+" "+new[key])
		}
	}
	if len(changed) == 0 {
		c.pass(check, "%s in both", cmp.Or(strings.Join(both, ", "), "no "+strings.Join(keys, ", ")))
		return
	}
	c.changed(word, check, changed)
}

// change tells how a value differs, if it does.
func change(key, old, new string) []string {
	if old == new {
		return nil
	}
	return []string{fmt.Sprintf("%s %s became %s", key, orNone(old), orNone(new))}
}

// changed judges a list of differences.
func (c *checks) changed(word, check string, list []string) {
	switch {
	case len(list) == 0:
		c.pass(check, "the same")
	case c.policy.mayChange(word):
		c.pass(check, "%s; the policy lets it change", some(list))
	default:
		c.fail(check, "%s", some(list))
	}
}

func orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}
