//go:build linux

package main

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// TestDemo is the whole way that the README promises: the four hazards of the demo
// are found and confirmed; its mended twin has none, and the first is refuted when
// it is assumed.
func TestDemo(t *testing.T) {
	hotvet := filepath.Join(t.TempDir(), "hotvet")
	if out, err := exec.Command("go", "build", "-o", hotvet, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{"profilestop/exec confirmed", "structcast/file confirmed"}
	if goEnv(t, "CGO_ENABLED")[0] == "CGO_ENABLED=1" {
		want = append(want, "cgoexport/panic confirmed", "configswap/pointer confirmed")
	} else {
		want = append(want, "configswap/pointer unreached") // no race detector
	}
	slices.Sort(want)
	for _, test := range []struct {
		args   []string
		status int
		want   []string
	}{
		{[]string{"./testdata/demo"}, 3, want},
		{[]string{"./testdata/demo/fixed"}, 0, nil},
		{[]string{"-force", "profilestop/exec", "./testdata/demo/fixed"}, 0, []string{"profilestop/exec refuted"}},
	} {
		got, status := judged(t, hotvet, test.args)
		if status != test.status || !slices.Equal(got, test.want) {
			t.Errorf("%s: exit status %d and %q, want %d and %q", strings.Join(test.args, " "), status, got, test.status, test.want)
		}
	}
}

// judged runs confirm and returns the category and the verdict of each finding,
// sorted.
func judged(t *testing.T, hotvet string, args []string) (list []string, status int) {
	t.Helper()
	cmd := exec.Command(hotvet, append([]string{"confirm", "-C", filepath.Join("..", ".."), "-format", "json"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	messages, err := finding.ReadAll(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	category := make(map[string]string)
	for _, m := range messages {
		if m.Finding != nil {
			category[m.Finding.ID] = m.Finding.Category
		}
		if m.Verdict != nil {
			list = append(list, category[m.Verdict.Finding]+" "+m.Verdict.Result)
		}
	}
	slices.Sort(list)
	return list, status
}
