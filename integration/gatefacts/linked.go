package gatefacts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/symtab"
)

// linked looks in the file for what the go command does not record under -trimpath.
func (img *image) linked() {
	if img.file.Build.Settings["-trimpath"] != "true" {
		return
	}
	o, err := readObject(img.file.Path)
	if err != nil {
		img.file.Linked = gate.Missing[map[string]string](fmt.Sprintf("cannot read how %s is loaded: %v", img.file.Path, err))
		return
	}
	img.file.Linked = gate.Known(o.traits())
	img.file.StandardC = !o.host && !slices.ContainsFunc(img.table.Funcs, ownC)
}

// traits are what the flags of a linker change in how a file is loaded, in words. What
// -X, -s and -w change is not among them.
func (o *object) traits() map[string]string {
	t := map[string]string{
		"linker":       "Go's",
		"loader":       o.interp,
		"run path":     strings.Join(append(slices.Clone(o.rpath), o.runpath...), ":"),
		"load address": fmt.Sprintf("%#x", o.lowest),
		"stack":        o.stack.String(),
		"relro":        fmt.Sprint(o.relro),
		"binding":      "lazy",
	}
	if o.host {
		t["linker"] = "the C compiler's"
	}
	if o.now {
		t["binding"] = "at the start"
	}
	return t
}

// standardC are the packages whose C code Go's linker links by itself; any other makes
// it call that of the C compiler, if no flag forbids it (cmd/link/internal/ld/lib.go,
// internalpkg).
var standardC = []string{
	"crypto/internal/boring", "crypto/internal/boring/syso", "crypto/x509", "net", "os/user", "runtime/cgo",
	"runtime/race", "runtime/race/internal/amd64v1", "runtime/race/internal/amd64v3", "runtime/msan", "runtime/asan",
}

// ownC reports whether a function calls C for a package that is not among those.
func ownC(f symtab.Func) bool {
	pkg, _, ok := strings.Cut(f.Name, "._Cfunc_")
	return ok && !slices.Contains(standardC, pkg)
}
