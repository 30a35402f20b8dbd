package gatefacts

import (
	"testing"

	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/symtab"
)

// TestDependencies: only an export of one dependency, which changed, may go.
func TestDependencies(t *testing.T) {
	img := func(modules map[string]string, functions ...string) *image {
		img := &image{file: gate.File{Build: gate.Build{Main: "example.com/svc", Modules: modules}}, table: new(symtab.Table)}
		for _, name := range functions {
			img.table.Funcs = append(img.table.Funcs, symtab.Func{Name: name})
		}
		return img
	}
	old := img(map[string]string{"example.com/dep": "v1.0.0", "example.com/dep/v2": "v2.0.0", "example.com/kept": "v1.0.0", "example.com": "v0.1.0"},
		"main.goMain", "example.com/svc/inner.goInner", "example.com/dep/log.goOne", "example.com/dep/v2.(*T).goTwo",
		"example.com/kept.goKept", "example.com/dep.goBoth", "main.goBoth", "_cgoexp_0123456789ab_goOne", "example.com/deputy.goDeputy")
	new := img(map[string]string{"example.com/dep": "v1.0.1", "example.com/kept": "v1.0.0", "example.com": "v0.1.0"})
	exports := make(map[string]string)
	for name, want := range map[string]string{
		"goMain":   "",
		"goInner":  "",
		"goOne":    "example.com/dep v1.0.0 became v1.0.1",
		"goTwo":    "example.com/dep/v2 v2.0.0 was dropped",
		"goKept":   "",
		"goBoth":   "",
		"goDeputy": "",
		"goNobody": "",
	} {
		exports[name] = "_cgoexp_0123456789ab_" + name
		if got := newVersion(dependencies(old, exports)[name], old, new); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		// A binary that names no dependency proves nothing.
		if got := newVersion(dependencies(old, exports)[name], old, img(nil)); got != "" {
			t.Errorf("%s, without modules: %q", name, got)
		}
	}
}
