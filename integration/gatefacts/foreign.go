package gatefacts

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/module"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
)

// foreign says why findings are not of the source that NEW was built from, as far as
// what the go command recorded tells: their packages are of none of its modules, or a
// dependency has another version.
func foreign(list []*finding.Finding, b *gate.Build) string {
	if b.Main == "" {
		return "" // other build systems record no modules, which build/modules says
	}
	seen := make(map[string]bool) // by package and folder
	known, first := false, ""
	for _, f := range list {
		key := f.Package + "\x00" + path.Dir(f.Posn.File)
		if seen[key] {
			continue
		}
		seen[key] = true
		name, version, ok := moduleOf(f.Package, b)
		switch {
		case !ok && first == "":
			first = f.Package
		case ok:
			known = true
			if other := otherVersion(f.Posn.File, name, version); other != "" {
				return fmt.Sprintf("the finding at %s is of version %s of %s, and NEW has %s: check the source that NEW is built from", place(f), other, name, version)
			}
		}
	}
	if !known && first != "" {
		return fmt.Sprintf("no finding is of a module that NEW is built from; the first is of package %s, and NEW is %s", first, b.Path)
	}
	return ""
}

// moduleOf finds the module of a package, and the path and version under which its
// source lies in the module cache.
func moduleOf(pkg string, b *gate.Build) (name, version string, ok bool) {
	if pkg == "main" || pkg == "command-line-arguments" {
		return b.Main, "", true // files were named, and no package
	}
	for at := pkg; at != "."; at = path.Dir(at) {
		if at == b.Main {
			return at, b.MainVersion, true
		}
		if text, ok := b.Modules[at]; ok {
			if _, replacement, replaced := strings.Cut(text, " => "); replaced {
				at, text, _ = strings.Cut(replacement, " ")
			}
			return at, text, true
		}
		if at == "/" {
			break
		}
	}
	return "", "", false
}

// otherVersion returns the version of a module in the name of a file in the module
// cache (go help mod, MODULE@VERSION), when it is not the one that is wanted.
func otherVersion(file, name, version string) string {
	escaped, err := module.EscapePath(name)
	if err != nil || version == "" {
		return "" // a folder that replaces a module
	}
	_, rest, ok := strings.Cut(file, "/"+escaped+"@")
	if !ok {
		return ""
	}
	found, _, _ := strings.Cut(rest, "/")
	if wanted, err := module.EscapeVersion(version); err != nil || found == wanted {
		return ""
	}
	return found
}
