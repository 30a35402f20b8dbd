package analyzers_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hotvet/hotvet"

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestImportDirection holds the one direction of imports: analyzers stand on
// their internal packages alone, and nothing stands on cmd.
func TestImportDirection(t *testing.T) {
	leaf := make(map[string]bool) // packages of single analyzers
	all := list(t)
	for _, p := range all {
		rest, ok := strings.CutPrefix(p.ImportPath, module+"/analyzers/")
		if ok && !strings.Contains(rest, "/") && rest != "internal" {
			leaf[p.ImportPath] = true
		}
	}
	for _, p := range all {
		isAnalyzer := strings.HasPrefix(p.ImportPath, module+"/analyzers")
		for _, imp := range p.Imports {
			switch {
			case strings.HasPrefix(imp, module+"/cmd") && !strings.HasPrefix(p.ImportPath, module+"/cmd"):
				t.Errorf("%s imports %s: cmd wires, nothing imports it", p.ImportPath, imp)
			case isAnalyzer && strings.HasPrefix(imp, module+"/integration"):
				t.Errorf("%s imports %s: analyzers do not know the harness", p.ImportPath, imp)
			case leaf[imp] && isAnalyzer && p.ImportPath != module+"/analyzers" && p.ImportPath != module+"/analyzers/golangci":
				t.Errorf("%s imports %s: an analyzer never imports another", p.ImportPath, imp)
			}
		}
		if leaf[p.ImportPath] && p.ImportPath != module+"/analyzers/golangci" && slices.Contains(p.Imports, "os/exec") {
			t.Errorf("%s imports os/exec", p.ImportPath)
		}
		if p.ImportPath == module+"/integration/gate" {
			for _, bad := range []string{"os", "net", "os/exec", "net/http"} {
				if slices.Contains(p.Imports, bad) {
					t.Errorf("the gate imports %s, but does no I/O", bad)
				}
			}
		}
	}
}
