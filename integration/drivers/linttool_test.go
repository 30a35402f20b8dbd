package drivers_test

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/drivers"
)

// problem is how VS Code's Go extension reads a line of a linter, see runTool in
// extension/src/util.ts of golang/vscode-go: file, line, column, message. A line
// that begins with a tab goes with the one before it.
var problem = regexp.MustCompile(`^([^:]*: )?((.:)?[^:]*):(\d+)(:(\d+)?)?:(?:\w+:)? (.*)$`)

// TestLinterOfEditor runs hotvet as that extension runs a linter: in the folder of
// the package, with the flags from the settings and nothing else. The extension
// drops everything when a linter that fails writes to standard error.
func TestLinterOfEditor(t *testing.T) {
	if testing.Short() {
		t.Skip("builds hotvet")
	}
	site := &drivers.Site{Root: filepath.Join("..", ".."), Work: t.TempDir()}
	hotvet, err := site.Hotvet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = drivers.Run(t.Context(), filepath.Join("..", "..", "testdata", "hazards", "profilestop", "hazard", "upgradeloop"), nil, hotvet, "check")
	exit := new(drivers.ExitError)
	if !errors.As(err, &exit) || exit.Code != 3 || len(exit.Stderr) > 0 {
		t.Fatalf("error is %v, want exit status 3 and an empty standard error", err)
	}
	problems := 0
	for line := range strings.Lines(string(exit.Stdout)) {
		line = strings.TrimSuffix(line, "\n")
		if problems > 0 && strings.HasPrefix(line, "\t") {
			continue
		}
		m := problem.FindStringSubmatch(line)
		if m == nil || m[2] != "main.go" || m[4] != "25" || !strings.Contains(m[7], "(profilestop/exec)") {
			t.Errorf("the editor reads %q of %q", m, line)
		}
		problems++
	}
	if problems != 1 {
		t.Errorf("%d problems, want 1:\n%s", problems, exit.Stdout)
	}
}
