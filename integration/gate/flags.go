package gate

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// hidden names the sides whose flags -trimpath has removed: OLD, NEW or both.
func (c *checks) hidden() string {
	old, new := c.Old.Build.Settings["-trimpath"] == "true", c.New.Build.Settings["-trimpath"] == "true"
	switch {
	case old && new:
		return "both"
	case old:
		return "OLD"
	case new:
		return "NEW"
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
	side := c.hidden()
	switch {
	case without(&c.Old) || without(&c.New):
		c.pass(check, "OLD or NEW has no C, so that there are no flags to compare")
	case side == "":
		c.setting("cgoflags", check, "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS")
	case c.Old.StandardC && c.New.StandardC:
		c.pass(check, "-trimpath keeps CGO_CFLAGS and its like out of %s, and no C but that of the standard library is linked in", side)
	default:
		c.unknown(check, "-trimpath keeps CGO_CFLAGS and its like out of %s: build both without it, or allow this unknown in the policy", side)
	}
}

// flags compares those for the compiler, assembler and linker. What -trimpath hides of both is judged by what the linker made of it.
func (c *checks) flags() {
	const check = "build/flags"
	old, new := c.Old.Build.Settings, c.New.Build.Settings
	var list []string
	for _, key := range []string{"-gcflags", "-asmflags"} {
		list = append(list, change(key, plainPaths(old[key]), plainPaths(new[key]))...)
	}
	switch side := c.hidden(); {
	case side == "":
		list = append(list, change("-ldflags", linkFlags(old["-ldflags"]), linkFlags(new["-ldflags"]))...)
	case side == "both" && c.Old.Linked.Unknown+c.New.Linked.Unknown == "" && len(c.Old.Linked.Value) > 0:
		for _, key := range slices.Sorted(maps.Keys(c.Old.Linked.Value)) {
			list = append(list, change(key, c.Old.Linked.Value[key], c.New.Linked.Value[key])...)
		}
		if len(list) == 0 {
			c.pass(check, "-trimpath keeps -ldflags out of both, which are linked and loaded alike")
			return
		}
	case side == "both":
		c.unknown(check, "-trimpath keeps -ldflags out of both: %s", cmp.Or(c.Old.Linked.Unknown, c.New.Linked.Unknown, "how they are linked is not known"))
		return
	case len(list) == 0:
		c.unknown(check, "-trimpath keeps -ldflags out of %s: build both with it, or both without", side)
		return
	}
	c.changed("flags", check, list)
}

// cutPath is the flag that the compiler and assembler cut from the paths they record.
var cutPath = regexp.MustCompile(`-trimpath=[^ "']*`)

// plainPaths leaves out which folder is cut: it is another one for every build that
// has a folder of its own.
func plainPaths(text string) string { return cutPath.ReplaceAllString(text, "-trimpath") }

// harmless are flags of the linker that change no code: stamps, build ids, which
// packagers make anew for each build, and what debuggers read. True for those that
// take a value.
var harmless = map[string]bool{"X": true, "B": true, "buildid": true, "s": false, "w": false, "compressdwarf": false, "v": false}

// linkFlags leaves out what is harmless.
func linkFlags(text string) string {
	var kept []string
	words := fields(text)
	for i := 0; i < len(words); i++ {
		name, _, assigned := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(words[i], "-"), "-"), "=")
		takesValue, ok := harmless[name]
		switch {
		case !strings.HasPrefix(words[i], "-") || !ok:
			kept = append(kept, words[i])
		case takesValue && !assigned:
			i++ // the next word is the value
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
