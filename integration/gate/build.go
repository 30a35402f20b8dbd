package gate

import (
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
	c.source()
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

// program reports whether NEW is an executable: nothing else replaces a process.
func (c *checks) program() bool {
	if !c.New.Program {
		c.fail("build/program", "NEW cannot be executed: it is linked with -buildmode=%s", orNone(c.New.Build.Settings["-buildmode"]))
		return false
	}
	c.pass("build/program", "NEW is an executable")
	return true
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
		c.pass("build/go", "%s", new)
	case c.Findings != nil && len(c.Findings.Mirrors) > 0:
		c.fail("build/go", "%s became %s, and private layouts of the run time are copied at %s", old, new, some(c.Findings.Mirrors))
	case rule == "same" || rule == "patch" && minor(old) != minor(new):
		c.fail("build/go", "%s became %s: the policy says go_version: %s", old, new, rule)
	default:
		c.pass("build/go", "%s became %s", old, new)
	}
}

// minor cuts the patch release: go1.26.8 is go1.26.
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// source says what NEW was made of.
func (c *checks) source() {
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
	var changed []string
	old, new := c.Old.Build.Settings, c.New.Build.Settings
	for _, key := range keys {
		if old[key] != new[key] {
			changed = append(changed, fmt.Sprintf("%s %s became %s", key, orNone(old[key]), orNone(new[key])))
		}
	}
	c.changed(word, check, changed)
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

// hidden names the side whose flags -trimpath has removed.
func (c *checks) hidden() string {
	for _, side := range []struct {
		name string
		file *File
	}{{"OLD", &c.Old}, {"NEW", &c.New}} {
		if side.file.Build.Settings["-trimpath"] == "true" {
			return side.name
		}
	}
	return ""
}

// cgoFlags compares the flags for the C compiler and linker. They are not recorded
// under -trimpath (cmd/go/internal/load/pkg.go, setBuildInfo).
func (c *checks) cgoFlags() {
	const check = "build/cgoflags"
	without := func(f *File) bool {
		return f.Build.Settings["CGO_ENABLED"] == "0" || f.Cgo.Unknown == "" && !f.Cgo.Value
	}
	if without(&c.Old) || without(&c.New) {
		c.pass(check, "there is no C in both, so that no flags can be compared")
		return
	}
	if side := c.hidden(); side != "" {
		c.unknown(check, "-trimpath keeps CGO_CFLAGS and its like out of %s: build without it", side)
		return
	}
	c.setting("cgoflags", check, "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS")
}

// flags compares those for the compiler, assembler and linker. Variables that -X
// stamps differ from release to release, and -s and -w only remove what other checks
// then miss.
func (c *checks) flags() {
	const check = "build/flags"
	old, new := c.Old.Build.Settings, c.New.Build.Settings
	if side := c.hidden(); side != "" {
		c.unknown(check, "-trimpath keeps -ldflags out of %s: build without it", side)
		return
	}
	var list []string
	for _, key := range []string{"-gcflags", "-asmflags"} {
		if old[key] != new[key] {
			list = append(list, fmt.Sprintf("%s %s became %s", key, orNone(old[key]), orNone(new[key])))
		}
	}
	a, b := linkFlags(old["-ldflags"]), linkFlags(new["-ldflags"])
	if a != b {
		list = append(list, fmt.Sprintf("-ldflags %s became %s", orNone(a), orNone(b)))
	}
	c.changed("flags", check, list)
}

// linkFlags leaves out -X, -s and -w.
func linkFlags(text string) string {
	var kept []string
	words := fields(text)
	for i := 0; i < len(words); i++ {
		name, _, assigned := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(words[i], "-"), "-"), "=")
		switch {
		case !strings.HasPrefix(words[i], "-"):
			kept = append(kept, words[i])
		case name == "X":
			if !assigned {
				i++ // the next word is the definition
			}
		case name == "s" || name == "w":
		default:
			kept = append(kept, words[i])
		}
	}
	return strings.Join(kept, " ")
}

// fields splits flags at spaces outside of quotes, as the go command joins them
// (cmd/internal/quoted: a word is quoted as a whole, by ' or ").
func fields(text string) []string {
	var words []string
	for text = strings.TrimLeft(text, " \t\r\n"); text != ""; text = strings.TrimLeft(text, " \t\r\n") {
		if quote := text[0]; quote == '"' || quote == '\'' {
			word, rest, ok := strings.Cut(text[1:], string(quote))
			if ok {
				words, text = append(words, word), rest
				continue
			}
		}
		end := strings.IndexAny(text, " \t\r\n")
		if end < 0 {
			end = len(text)
		}
		words, text = append(words, text[:end]), text[end:]
	}
	return words
}
